use super::*;
use crate::fixtures::*;

const AFTER: &str = "https://rp.example/bye?from=clinic";

fn registered() -> Client {
    let mut client = client();
    client.settings.post_logout_redirect_uris = vec![AFTER.to_owned()];
    client
}

fn hint(sid: Option<&str>) -> Hint {
    Hint::Ours { client: client().client_id, subject: user().subject, sid: sid.map(str::to_owned) }
}

/// Decides as the endpoint does, for a browser that is signed in.
fn decided(pairs: &[(&str, &str)], hint: &Hint) -> Result<LogoutStep, Reason> {
    let request = LogoutRequest::parse(&params(pairs))?;
    let subject = user().subject;
    let present = Present { subject: &subject, sid: "sid_9" };
    let client = registered();
    let known = request.client_id(hint)?.filter(|id| *id == client.client_id);
    decide(&request, hint, known.map(|_| &client), Some(present))
}

fn word(pairs: &[(&str, &str)], hint: &Hint) -> String {
    decided(pairs, hint).expect_err("a refusal was expected").word()
}

#[test]
fn as_106_a_hint_of_the_present_session_logs_out_and_redirects_with_state() {
    let pairs = [("post_logout_redirect_uri", AFTER), ("state", "a b&c")];
    let expected = Afterwards::Redirect(format!("{AFTER}&state=a%20b%26c"));
    assert_eq!(decided(&pairs, &hint(Some("sid_9"))), Ok(LogoutStep::Done(expected.clone())));
    assert_eq!(decided(&pairs, &hint(None)), Ok(LogoutStep::Done(expected)));
}

#[test]
fn as_107_the_uri_is_compared_exactly_and_never_redirected_to_otherwise() {
    for uri in [
        "https://rp.example/bye",
        "https://rp.example/bye?from=clinic&x=y",
        "https://rp.example/bye/?from=clinic",
        "https://evil.example/",
    ] {
        let pairs = [("post_logout_redirect_uri", uri)];
        assert_eq!(word(&pairs, &hint(None)), "logout_redirect_mismatch", "{uri}");
    }
    let pairs = [("post_logout_redirect_uri", AFTER)];
    assert_eq!(word(&pairs, &Hint::Absent), "logout_redirect_without_client");
    let unknown = [("post_logout_redirect_uri", AFTER), ("client_id", "nobody")];
    assert_eq!(word(&unknown, &Hint::Absent), "logout_client_unknown");
}

#[test]
fn as_107_a_disabled_client_redirects_nowhere() {
    let client = Client { status: Status::Disabled, ..registered() };
    let request = LogoutRequest::parse(&params(&[("post_logout_redirect_uri", AFTER)])).unwrap();
    let refused = decide(&request, &hint(None), Some(&client), None);
    assert!(matches!(refused, Err(Reason::LogoutClientUnknown { .. })));
}

#[test]
fn as_107_only_the_client_that_is_named_says_where_to_go() {
    let other = Client { client_id: ClientId("healthie".to_owned()), ..registered() };
    let request = LogoutRequest::parse(&params(&[("post_logout_redirect_uri", AFTER)])).unwrap();
    let refused = decide(&request, &hint(None), Some(&other), None);
    assert!(matches!(refused, Err(Reason::LogoutClientUnknown { .. })));
}

#[test]
fn as_108_a_foreign_hint_is_refused_and_client_id_must_agree() {
    assert_eq!(word(&[], &Hint::Unusable), "logout_hint_unusable");
    let contradicting = [("client_id", "healthie")];
    assert_eq!(word(&contradicting, &hint(None)), "logout_client_contradiction");
    assert!(decided(&[("client_id", "unomed")], &hint(None)).is_ok());
}

#[test]
fn as_109_without_parameters_the_user_is_asked_and_told() {
    assert_eq!(decided(&[], &Hint::Absent), Ok(LogoutStep::Confirm(Afterwards::Show)));
    let nobody = decide(&LogoutRequest::default(), &Hint::Absent, None, None);
    assert_eq!(nobody, Ok(LogoutStep::Done(Afterwards::Show)));
}

/// Anybody can link here; only a hint that names the session ends it without a question.
#[test]
fn rp_initiated_logout_2_a_hint_of_another_session_or_user_asks() {
    let pairs = [("post_logout_redirect_uri", AFTER)];
    let asked = Ok(LogoutStep::Confirm(Afterwards::Redirect(AFTER.to_owned())));
    assert_eq!(decided(&pairs, &hint(Some("another"))), asked);
    let other = Hint::Ours {
        client: client().client_id,
        subject: Subject("u_other".to_owned()),
        sid: None,
    };
    assert_eq!(decided(&pairs, &other), asked);
    let by_client_id = [("post_logout_redirect_uri", AFTER), ("client_id", "unomed")];
    assert_eq!(decided(&by_client_id, &Hint::Absent), asked);
}

#[test]
fn as_110_the_redirect_adds_only_state_and_only_if_sent() {
    let step = decided(&[("post_logout_redirect_uri", AFTER)], &hint(None));
    assert_eq!(step, Ok(LogoutStep::Done(Afterwards::Redirect(AFTER.to_owned()))));
}

#[test]
fn i28_repeated_and_boundless_parameters_are_refused() {
    let twice = [("post_logout_redirect_uri", AFTER), ("post_logout_redirect_uri", AFTER)];
    assert_eq!(word(&twice, &hint(None)), "repeated_parameter");
    let long = "s".repeat(MAX_STATE_BYTES + 1);
    assert_eq!(word(&[("state", &long)], &hint(None)), "parameter_too_long");
    assert!(decided(&[("state", &long[1..])], &hint(None)).is_ok(), "all that the bound allows");
}
