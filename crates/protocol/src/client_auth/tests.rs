use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::client::{AuthMethod, Client, SecretDigest, Status};
use crate::fixtures::*;
use crate::params::Params;
use crate::refusal::Reason;

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// The path of an endpoint: read, look up, judge.
fn authenticated(
    clients: &[Client],
    form: &[(&str, &str)],
    header: Option<&str>,
) -> Result<Authenticated, Reason> {
    let presented = present(&params(form), header)?;
    let found = presented
        .candidates()
        .find_map(|candidate| clients.iter().find(|client| client.client_id == candidate));
    authenticate(&presented, found, secret_digest, NOW)
}

fn word(result: Result<Authenticated, Reason>) -> String {
    let reason = result.expect_err("a refusal was expected");
    assert!(!format!("{reason:?}").contains(SECRET), "no reason holds a secret");
    reason.word()
}

#[test]
fn as_67_basic_and_post_lead_in_and_say_which_secret_it_was() {
    let header = basic("unomed", SECRET);
    let expected = |method| Ok(Authenticated { method, secret: Some(secret(1, "").id) });
    assert_eq!(authenticated(&[client()], &[], Some(&header)), expected(AuthMethodUsed::Basic));
    let lower = header.replacen("Basic", "basic", 1);
    assert_eq!(authenticated(&[client()], &[], Some(&lower)), expected(AuthMethodUsed::Basic));
    let form = [("client_id", "unomed"), ("client_secret", SECRET)];
    assert_eq!(authenticated(&[client()], &form, None), expected(AuthMethodUsed::Post));
}

/// Half of the libraries form-urlencode id and secret before base64, half do not.
#[test]
fn rfc6749_2_3_1_basic_is_read_decoded_and_raw() {
    let awkward = "p~a+b%25c d:e/ü";
    let mut client = client();
    client.client_id = ClientId("my client".to_owned());
    client.secrets = vec![secret(1, awkward)];
    let encode =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let clients = [client];
    for header in [
        basic("my client", awkward),
        basic(&encode("my client"), &encode(awkward)),
        basic("my%20client", &encode(awkward).replace('+', "%20")),
    ] {
        assert!(authenticated(&clients, &[], Some(&header)).is_ok(), "{header}");
    }
}

#[test]
fn as_67_a_client_uses_its_registered_method_and_no_other() {
    use AuthMethod as M;
    let header = basic("unomed", SECRET);
    let post = [("client_id", "unomed"), ("client_secret", SECRET)];
    let bare = [("client_id", "unomed")];
    // (registered, by header, by form, by id alone)
    let table = [
        (M::Basic, true, false, false),
        (M::Post, false, true, false),
        (M::BasicOrPost, true, true, false),
        (M::None, false, false, true),
    ];
    for (registered, by_header, by_form, alone) in table {
        let mut client = client();
        client.settings.auth_method = registered;
        let clients = [client];
        let outcomes = [
            (by_header, authenticated(&clients, &[], Some(&header))),
            (by_form, authenticated(&clients, &post, None)),
            (alone, authenticated(&clients, &bare, None)),
        ];
        for (allowed, outcome) in outcomes {
            assert_eq!(outcome.is_ok(), allowed, "{registered:?}: {outcome:?}");
            if !allowed {
                assert_eq!(word(outcome), "auth_method_not_registered");
            }
        }
    }
}

#[test]
fn a_public_client_may_send_basic_without_a_secret() {
    let outcome = authenticated(&[public_client()], &[], Some(&basic("unomed", "")));
    assert_eq!(outcome, Ok(Authenticated { method: AuthMethodUsed::None, secret: None }));
    let empty = [("client_id", "unomed"), ("client_secret", "")];
    assert!(authenticated(&[public_client()], &empty, None).is_ok());
}

#[test]
fn as_68_every_failure_is_the_same_invalid_client_with_a_challenge() {
    let disabled = Client { status: Status::Disabled, ..client() };
    let secretless = Client { secrets: Vec::new(), ..client() };
    let mut expired = client();
    expired.secrets[0].expires_at = Some(NOW);
    let mut revoked = client();
    revoked.secrets[0].revoked_at = Some(ago(10));
    let post = [("client_id", "unomed"), ("client_secret", SECRET)];
    let wrong = [("client_id", "unomed"), ("client_secret", "wrong")];
    let swapped = [("client_id", SECRET), ("client_secret", "unomed")];
    let unknown = [("client_id", "nobody"), ("client_secret", SECRET)];
    let assertion = [("client_id", "unomed"), ("client_assertion", "ey")];
    let kind = [post[0], post[1], ("client_assertion_type", "urn:x")];

    let cases = [
        ("client_auth_missing", authenticated(&[client()], &[], None)),
        ("authorization_scheme", authenticated(&[client()], &[], Some("Bearer abc"))),
        ("authorization_scheme", authenticated(&[client()], &[], Some(SECRET))),
        ("basic_not_base64", authenticated(&[client()], &[], Some("Basic %%%"))),
        ("basic_not_base64", authenticated(&[client()], &[], Some("Basic /w=="))),
        ("basic_not_base64", authenticated(&[client()], &[], Some(&basic("a\0b", "secret")))),
        ("basic_without_colon", authenticated(&[client()], &[], Some("Basic dW5vbWVk"))),
        ("client_auth_missing", authenticated(&[client()], &[], Some(&basic("", "x")))),
        ("basic_too_long", authenticated(&[client()], &[], Some(&basic(&"x".repeat(5000), "x")))),
        ("client_assertion_unsupported", authenticated(&[client()], &assertion, None)),
        ("client_assertion_unsupported", authenticated(&[client()], &kind, None)),
        ("auth_client_unknown", authenticated(&[client()], &unknown, None)),
        ("auth_client_disabled", authenticated(&[disabled], &post, None)),
        ("secret_none_registered", authenticated(&[secretless], &post, None)),
        ("secret_expired", authenticated(&[expired], &post, None)),
        ("secret_revoked", authenticated(&[revoked], &post, None)),
        ("secret_wrong", authenticated(&[client()], &wrong, None)),
        ("credentials_swapped", authenticated(&[client()], &swapped, None)),
    ];
    let mut heard = Vec::new();
    for (expected, outcome) in cases {
        heard.push(outcome.clone().expect_err(expected).wire());
        assert_eq!(word(outcome), expected);
    }
    heard.dedup();
    let [only] = heard.as_slice() else { panic!("the peer can tell failures apart: {heard:?}") };
    assert_eq!((only.code.as_str(), only.status), ("invalid_client", 401));
    let challenge = only.www_authenticate("clinic", None, "https://id.example").unwrap();
    assert!(challenge.starts_with("Basic realm="));
}

#[test]
fn rfc6749_2_3_credentials_in_two_places_are_an_invalid_request() {
    let header = basic("unomed", SECRET);
    let both = [("client_id", "unomed"), ("client_secret", SECRET)];
    let reason = authenticated(&[client()], &both, Some(&header)).unwrap_err();
    assert_eq!(reason, Reason::SeveralAuthMethods);
    assert_eq!((reason.wire().code.as_str(), reason.wire().status), ("invalid_request", 400));
    let twice = [("client_id", "unomed"), ("client_id", "unomed")];
    assert_eq!(word(authenticated(&[client()], &twice, None)), "repeated_parameter");
}

#[test]
fn as_71_client_id_beside_the_header_must_agree() {
    let header = basic("unomed", SECRET);
    assert!(authenticated(&[client()], &[("client_id", "unomed")], Some(&header)).is_ok());
    let contradicting = [("client_id", "healthie")];
    let outcome = authenticated(&[client(), other_client()], &contradicting, Some(&header));
    assert_eq!(outcome.as_ref().unwrap_err().wire().code.as_str(), "invalid_client");
    assert_eq!(word(outcome), "client_id_contradiction");
}

#[test]
fn several_secrets_live_at_once_during_a_rotation() {
    let mut client = client();
    client.secrets.push(secret(2, "the-new-one"));
    let form = |secret| [("client_id", "unomed"), ("client_secret", secret)];
    let clients = [client];
    assert_eq!(authenticated(&clients, &form(SECRET), None).unwrap().secret.unwrap().0, 1);
    assert_eq!(authenticated(&clients, &form("the-new-one"), None).unwrap().secret.unwrap().0, 2);
    let [mut client] = clients;
    client.secrets[0].expires_at = Some(later(1));
    assert!(authenticated(&[client], &form(SECRET), None).is_ok(), "the old one until it ends");
}

#[test]
fn the_operator_reads_what_spoils_a_wrong_secret() {
    let diagnosis = |secret: &str| {
        let form = [("client_id", "unomed"), ("client_secret", secret)];
        match authenticated(&[client()], &form, None) {
            Err(Reason::SecretWrong { diagnosis, .. }) => diagnosis,
            other => panic!("{other:?}"),
        }
    };
    let with_line_break = diagnosis(&format!("{SECRET}\n"));
    assert!(with_line_break.surrounding_white_space && with_line_break.matches_when_trimmed);
    let escaped = diagnosis(&SECRET.replace('_', "%5F"));
    assert!(escaped.matches_when_decoded && !escaped.matches_when_trimmed);
    let other = diagnosis("something else");
    assert_eq!(other, SecretDiagnosis { length: 14, ..SecretDiagnosis::default() });
}

/// CVE class "existing and unknown are distinguishable": the same digests are computed.
#[test]
fn i23_an_unknown_client_costs_a_digest_as_well() {
    let count = std::cell::Cell::new(0);
    let counting = |secret: &str| -> SecretDigest {
        count.set(count.get() + 1);
        secret_digest(secret)
    };
    let form = [("client_id", "nobody"), ("client_secret", "x")];
    let presented = present(&params(&form), None).unwrap();
    assert!(authenticate(&presented, None, counting, NOW).is_err());
    assert_eq!(count.get(), 1);
}

/// A secret that stands in the header by itself is not told for its scheme.
#[test]
fn i17_a_scheme_is_told_only_before_something() {
    let told = |header: &str| match authenticated(&[client()], &[], Some(header)) {
        Err(Reason::AuthorizationScheme { scheme }) => scheme,
        other => panic!("{other:?}"),
    };
    assert_eq!(told("Bearer abc"), "Bearer");
    assert_eq!(told("s3cret"), "none");
    assert_eq!(told(" s3cret "), "none");
}

#[test]
fn i17_an_unknown_id_that_may_be_a_secret_is_not_kept_whole() {
    let form = [("client_id", SECRET), ("client_secret", "x")];
    let reason = authenticated(&[client()], &form, None).unwrap_err();
    assert!(!serde_json::to_string(&reason).unwrap().contains(SECRET));
}

proptest! {
    #[test]
    fn any_header_is_read_or_refused_without_panic(header in "\\PC{0,80}", bytes: Vec<u8>) {
        let _ = present(&Params::default(), Some(&header));
        let encoded = format!("Basic {}", STANDARD.encode(bytes));
        let _ = authenticated(&[client()], &[], Some(&encoded));
    }
}
