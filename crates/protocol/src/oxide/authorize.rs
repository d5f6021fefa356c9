use std::borrow::Cow;

use oxide_auth::code_grant::authorization::{Authorization, Error, Input, Output, Request};
use oxide_auth::code_grant::error::AuthorizationErrorType;
use oxide_auth::primitives::registrar::{
    BoundClient, ExactUrl, IgnoreLocalPortUrl, PreGrant, RegisteredUrl,
};
use proptest::prelude::*;

use super::text;
use crate::authorize::request::{IdTokenHint, client_id, destination, read};
use crate::fixtures::*;
use crate::params::Params;
use crate::redirect_uri;
use crate::refusal::Reason;
use crate::scope::Scope;

/// The parameters of one authorization request.
#[derive(Clone, Debug)]
struct Sent {
    client_id: Option<&'static str>,
    redirect_uri: Option<&'static str>,
    response_type: Option<&'static str>,
    scope: &'static str,
}

/// A request in which nothing is wrong.
const RIGHT: Sent = Sent {
    client_id: Some("unomed"),
    redirect_uri: Some(CALLBACK),
    response_type: Some("code"),
    scope: "openid email",
};

impl Request for Sent {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        text(self.client_id)
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        text(Some(self.scope))
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        text(self.redirect_uri)
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        text(self.response_type)
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// The user may be asked to grant this.
    Asked(Scope),
    /// An error for the user.
    Shown,
    /// An error for the client.
    Redirected(&'static str),
}

fn theirs(sent: &Sent) -> Outcome {
    let registered = RegisteredUrl::Exact(ExactUrl::new(CALLBACK.to_owned()).expect("a URL"));
    let mut machine = Authorization::new(sent);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind { client_id, redirect_uri } => {
                let matching = redirect_uri.is_none_or(|sent| registered == sent);
                if client_id != "unomed" || !matching {
                    return Outcome::Shown;
                }
                let bound_client = BoundClient {
                    client_id: client_id.into(),
                    redirect_uri: Cow::Owned(registered.clone()),
                };
                Input::Bound { request: sent, bound_client }
            }
            Output::Extend => Input::Extended(Default::default()),
            Output::Negotiate { scope, .. } => {
                let pre_grant = PreGrant {
                    client_id: "unomed".to_owned(),
                    redirect_uri: registered.clone(),
                    scope: scope.expect("a scope was sent"),
                };
                Input::Negotiated { pre_grant, state: None }
            }
            Output::Ok { pre_grant, .. } => {
                return Outcome::Asked(Scope::of(pre_grant.scope.iter()));
            }
            Output::Err(mut error) => {
                if matches!(error, Error::Ignore) {
                    return Outcome::Shown;
                }
                let kind = error.description().expect("a description").kind();
                return Outcome::Redirected(match kind {
                    AuthorizationErrorType::UnsupportedResponseType => "unsupported_response_type",
                    AuthorizationErrorType::InvalidScope => "invalid_scope",
                    other => panic!("{other:?}"),
                });
            }
        };
    }
}

fn ours(sent: &Sent) -> Outcome {
    let client = client();
    let identified = |params: &Params| {
        let id = client_id(params)?;
        if id != client.client_id {
            return Err(Reason::ClientUnknown { client_id: id.0 });
        }
        destination(params, &client)
    };
    let pairs = [
        ("client_id", sent.client_id),
        ("redirect_uri", sent.redirect_uri),
        ("response_type", sent.response_type),
        ("scope", Some(sent.scope)),
    ];
    let pairs: Vec<(&str, &str)> =
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let params = params(&pairs);
    let Ok(destination) = identified(&params) else { return Outcome::Shown };
    match read(&params, &client, destination, IdTokenHint::Absent) {
        Ok(request) => Outcome::Asked(request.scope),
        Err(reason) => Outcome::Redirected(reason.wire().code.as_str()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn rfc6749_4_1_1_both_show_redirect_and_ask_alike(
        client_id in proptest::option::of(prop_oneof![Just("unomed"), Just("nobody")]),
        redirect_uri in proptest::option::of(prop_oneof![
            Just(CALLBACK), Just("https://evil.example/"), Just("not a URL"),
        ]),
        // A missing one is a listed difference.
        response_type in prop_oneof![Just("code"), Just("token"), Just("CODE")],
        scope in prop_oneof![Just("openid"), Just("email openid"), Just("a\\b"), Just("\"")],
    ) {
        let sent = Sent { client_id, redirect_uri, response_type: Some(response_type), scope };
        prop_assert_eq!(theirs(&sent), ours(&sent));
    }
}

#[test]
fn both_ask_when_nothing_is_wrong() {
    let asked = Outcome::Asked(Scope::of(["openid", "email"]));
    assert_eq!((theirs(&RIGHT), ours(&RIGHT)), (asked.clone(), asked));
}

#[test]
fn as_26_a_missing_response_type_is_invalid_request() {
    let sent = Sent { response_type: None, ..RIGHT };
    assert_eq!(theirs(&sent), Outcome::Redirected("unsupported_response_type"));
    assert_eq!(ours(&sent), Outcome::Redirected("invalid_request"));
}

#[test]
fn rfc6749_3_1_2_no_fragment_is_ever_registered() {
    let uri = "https://rp.example/cb#fragment";
    assert!(ExactUrl::new(uri.to_owned()).is_ok());
    assert!(redirect_uri::validate(uri, false).is_err());
}

#[test]
fn rfc8252_7_3_the_port_of_literals_and_not_of_names() {
    let theirs = |registered: &str, received: &str| {
        let registered = IgnoreLocalPortUrl::new(registered.to_owned()).expect("a URL");
        let received = ExactUrl::new(received.to_owned()).expect("a URL");
        RegisteredUrl::IgnorePortOnLocalhost(registered) == received
    };
    let ours = |registered: &str, received: &str| {
        redirect_uri::matches(received, &[registered.to_owned()], true)
    };
    let name = ("http://localhost/cb", "http://localhost:51004/cb");
    assert_eq!((theirs(name.0, name.1), ours(name.0, name.1)), (true, false));
    let literal = ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb");
    assert_eq!((theirs(literal.0, literal.1), ours(literal.0, literal.1)), (false, true));
}
