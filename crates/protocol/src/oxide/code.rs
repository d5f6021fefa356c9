use std::borrow::Cow;

use oxide_auth::code_grant::accesstoken::{
    AccessToken, Authorization, Error, Input, Output, Request,
};
use oxide_auth::code_grant::error::AccessTokenErrorType;
use oxide_auth::code_grant::extensions::Pkce;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::{grant, text};
use crate::fixtures::*;
use crate::opaque::Opaque;
use crate::token::CodeRequest;
use crate::token::authorization_code::{CodeFacts, Redemption, decide};

/// One exchange of a code, right or wrong in each way.
#[derive(Clone, Debug)]
struct Scene {
    by_its_client: bool,
    known: bool,
    live: bool,
    redirect_uri: Option<&'static str>,
    redirect_uri_was_sent: bool,
    challenge: Option<&'static str>,
    verifier: Option<&'static str>,
}

/// An exchange in which nothing is wrong.
const RIGHT: Scene = Scene {
    by_its_client: true,
    known: true,
    live: true,
    redirect_uri: Some(CALLBACK),
    redirect_uri_was_sent: true,
    challenge: Some(CHALLENGE),
    verifier: Some(VERIFIER),
};

const WRONG_VERIFIER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn client_id(scene: &Scene) -> &'static str {
    if scene.by_its_client { "unomed" } else { "healthie" }
}

impl Request for Scene {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some("code".into())
    }

    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(client_id(self).into())
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        text(self.redirect_uri)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("authorization_code".into())
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Their answer: the code is granted, or the error's kind.
fn theirs(scene: &Scene) -> Result<(), AccessTokenErrorType> {
    let mut machine = AccessToken::new(scene);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Recover { .. } => {
                let found = grant("openid profile email", "unomed", scene.live);
                Input::Recovered(scene.known.then_some(found))
            }
            Output::Extend { .. } => {
                let stored = Pkce::optional()
                    .challenge(Some("S256".into()), text(scene.challenge))
                    .expect("a challenge");
                let verified = Pkce::optional().verify(stored, text(scene.verifier));
                // What their own endpoint makes of a refusal by an extension.
                verified.map_err(|()| kind(Error::invalid()))?;
                Input::Extended { access_extensions: Default::default() }
            }
            Output::Issue { .. } => return Ok(()),
            Output::Err(error) => return Err(kind(*error)),
            Output::Ok(_) => unreachable!("nothing is issued"),
        };
    }
}

fn kind(mut error: Error) -> AccessTokenErrorType {
    error.description().expect("a description").kind()
}

/// Our answer: the code is granted, or the error's code.
fn ours(scene: &Scene) -> Result<(), &'static str> {
    let mut authorization = authorization();
    authorization.redirect_uri_was_sent = scene.redirect_uri_was_sent;
    authorization.code_challenge = scene.challenge.map(str::to_owned);
    if !scene.live {
        authorization.expires_at = ago(1);
    }
    let request = CodeRequest {
        code: Some(if scene.known { code() } else { Opaque::new(1, [0; 32]) }),
        redirect_uri: scene.redirect_uri.map(str::to_owned),
        code_verifier: scene.verifier.map(|verifier| Zeroizing::new(verifier.to_owned())),
    };
    let (user, session) = (user(), session());
    let facts = CodeFacts {
        authorization: &authorization,
        grant: None,
        user: Some(&user),
        session: Some(&session),
        organization: HOME,
    };
    let client = if scene.by_its_client { client() } else { other_client() };
    match decide(scene.known.then_some(&facts), &request, &client, NOW) {
        Redemption::Issue(_) => Ok(()),
        Redemption::Replayed { reason, .. }
        | Redemption::Spoil(reason)
        | Redemption::Refuse(reason) => Err(reason.wire().code.as_str()),
    }
}

fn scenes() -> impl Strategy<Value = Scene> {
    let other = "https://other.example/cb";
    (
        (any::<bool>(), any::<bool>(), any::<bool>()),
        prop_oneof![Just(CALLBACK), Just(CALLBACK), Just(other)],
        proptest::option::of(Just(CHALLENGE)),
        proptest::option::of(prop_oneof![Just(VERIFIER), Just(WRONG_VERIFIER)]),
    )
        .prop_map(|((by_its_client, known, live), uri, challenge, verifier)| Scene {
            by_its_client,
            known,
            live,
            redirect_uri: Some(uri),
            redirect_uri_was_sent: true,
            challenge,
            // The downgrade is a listed difference.
            verifier: verifier.filter(|_| challenge.is_some()),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn rfc6749_4_1_3_both_grant_the_same_exchanges(scene in scenes()) {
        let (theirs, ours) = (theirs(&scene), ours(&scene));
        prop_assert_eq!(theirs.is_ok(), ours.is_ok());
        if let (Err(theirs), Err(ours)) = (theirs, ours) {
            prop_assert_eq!(ours, "invalid_grant");
            let listed = !scene.known || theirs == AccessTokenErrorType::InvalidRequest;
            prop_assert!(listed || theirs == AccessTokenErrorType::InvalidGrant);
        }
    }
}

#[test]
fn both_grant_an_exchange_in_which_nothing_is_wrong() {
    assert_eq!((theirs(&RIGHT), ours(&RIGHT)), (Ok(()), Ok(())));
}

#[test]
fn rfc6749_5_2_an_unknown_code_is_invalid_grant() {
    let scene = Scene { known: false, ..RIGHT };
    assert_eq!(theirs(&scene), Err(AccessTokenErrorType::InvalidRequest));
    assert_eq!(ours(&scene), Err("invalid_grant"));
}

#[test]
fn rfc7636_4_6_a_failed_verification_is_invalid_grant() {
    for verifier in [None, Some(WRONG_VERIFIER)] {
        let scene = Scene { verifier, ..RIGHT };
        assert_eq!(theirs(&scene), Err(AccessTokenErrorType::InvalidRequest));
        assert_eq!(ours(&scene), Err("invalid_grant"));
    }
}

#[test]
fn i9_redirect_uris_are_not_normalised() {
    let normalised_alike = "HTTPS://API.unomed.example:443/accounts/x/../vendor_oauth2/callback/";
    let scene = Scene { redirect_uri: Some(normalised_alike), ..RIGHT };
    assert_eq!(theirs(&scene), Ok(()));
    assert_eq!(ours(&scene), Err("invalid_grant"));
}

#[test]
fn rfc6749_4_1_3_an_omitted_redirect_uri_stays_omitted() {
    let scene = Scene { redirect_uri: None, redirect_uri_was_sent: false, ..RIGHT };
    assert_eq!(theirs(&scene), Err(AccessTokenErrorType::InvalidRequest));
    assert_eq!(ours(&scene), Ok(()));
    let lost = Scene { redirect_uri: None, ..RIGHT };
    assert_eq!(ours(&lost), Err("invalid_grant"));
}

#[test]
fn i12_a_verifier_without_challenge_is_no_downgrade() {
    let scene = Scene { challenge: None, ..RIGHT };
    assert_eq!(theirs(&scene), Ok(()));
    assert_eq!(ours(&scene), Err("invalid_grant"));
}

#[test]
fn rfc7636_4_1_a_short_verifier_is_refused() {
    // SHA-256 of "short" in base64url.
    let challenge = "-bAHi131ltLqGQEMABu9AJ5lHeLFfo-341XzHrnT9zk";
    let scene = Scene { challenge: Some(challenge), verifier: Some("short"), ..RIGHT };
    assert_eq!(theirs(&scene), Ok(()));
    assert_eq!(ours(&scene), Err("invalid_grant"));
}
