use proptest::prelude::*;

use super::*;
use crate::fixtures::*;

fn word(pairs: &[(&str, &str)]) -> (String, &'static str) {
    let reason = TokenRequest::parse(&params(pairs)).expect_err("a refusal was expected");
    (reason.word(), reason.wire().code.as_str())
}

#[test]
fn rfc6749_5_2_each_misdeed_has_its_error() {
    let code = [("grant_type", "authorization_code")];
    assert_eq!(word(&[]), ("missing_parameter".to_owned(), "invalid_request"));
    assert_eq!(word(&code), ("missing_parameter".to_owned(), "invalid_request"));
    assert_eq!(
        word(&[("grant_type", "refresh_token")]),
        ("missing_parameter".to_owned(), "invalid_request")
    );
    for unsupported in ["password", "implicit", "AUTHORIZATION_CODE", "urn:x"] {
        assert_eq!(
            word(&[("grant_type", unsupported)]),
            ("grant_type_unsupported".to_owned(), "unsupported_grant_type")
        );
    }
    let twice = [("grant_type", "authorization_code"), ("code", "a"), ("code", "a")];
    assert_eq!(word(&twice), ("repeated_parameter".to_owned(), "invalid_request"));
    let scope = [("grant_type", "client_credentials"), ("scope", "a\"b")];
    assert_eq!(word(&scope), ("scope_malformed".to_owned(), "invalid_scope"));
}

#[test]
fn rfc6749_3_3_scope_is_read_where_it_may_narrow() {
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let own = [("grant_type", "client_credentials")];
    let read = |pairs: &[(&str, &str)], scope: &str| {
        let sent = [pairs, &[("scope", scope)]].concat();
        match TokenRequest::parse(&params(&sent)) {
            Ok(TokenRequest::RefreshToken(RefreshRequest { scope, .. })) => scope,
            Ok(TokenRequest::ClientCredentials { scope }) => scope,
            other => panic!("{other:?}"),
        }
    };
    for pairs in [&refresh[..], &own] {
        assert_eq!(read(pairs, "email openid"), Some(Scope::of(["openid", "email"])));
        assert_eq!(read(pairs, ""), None);
        assert_eq!(read(pairs, " "), None, "no word is as good as none sent");
    }
}

/// OmniAuth and WordPress send `scope` when they exchange a code.
#[test]
fn vendors_9_scope_in_a_code_exchange_is_ignored_even_when_malformed() {
    let request = TokenRequest::parse(&params(&[
        ("grant_type", "authorization_code"),
        ("code", &code().text()),
        ("scope", "openid,email \""),
    ]));
    assert!(matches!(request, Ok(TokenRequest::AuthorizationCode(_))));
}

#[test]
fn a_text_that_we_never_made_is_no_code_and_no_token() {
    let parse = |text: &str| {
        TokenRequest::parse(&params(&[("grant_type", "authorization_code"), ("code", text)]))
    };
    let read = |text: &str| match parse(text) {
        Ok(TokenRequest::AuthorizationCode(request)) => request.code.is_some(),
        other => panic!("{other:?}"),
    };
    assert!(read(&code().text()));
    assert!(!read("abc"));
    // I15: a value of one purpose is meaningless for another.
    assert!(!read(&refresh_token(1).text()));
    // CVE-2026-27840: a shortened value is no value.
    assert!(!read(&code().text()[..50]));
}

#[test]
fn i17_a_request_shows_no_secret() {
    let request = TokenRequest::parse(&params(&[
        ("grant_type", "authorization_code"),
        ("code", &code().text()),
        ("code_verifier", VERIFIER),
    ]));
    let shown = format!("{request:?}");
    assert!(!shown.contains(&code().text()) && !shown.contains(VERIFIER));
}

fn issuance(echo_scope: bool) -> Issuance {
    Issuance {
        scope: Scope::of(["openid", "email"]),
        id_token: true,
        refresh_token_until: None,
        access_token_lifetime: Duration::from_secs(300),
        echo_scope,
    }
}

#[test]
fn as_76_the_response_has_these_members_and_no_null() {
    let body = |body: Map<String, Value>| Value::Object(body);
    assert_eq!(
        body(issuance(false).response("at", None, None)),
        json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300 })
    );
    assert_eq!(
        body(issuance(true).response("at", Some("rt"), Some("idt"))),
        json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300,
                "refresh_token": "rt", "id_token": "idt", "scope": "email openid" })
    );
}

#[test]
fn rfc6749_3_3_there_is_no_empty_scope_to_tell() {
    let issuance = Issuance { scope: Scope::default(), ..issuance(true) };
    assert!(!issuance.response("at", None, None).contains_key("scope"));
}

proptest! {
    #[test]
    fn any_form_is_read_or_refused_without_panic(
        grant in prop_oneof!["authorization_code", "refresh_token", "client_credentials", ".*"],
        pairs in proptest::collection::vec(("code|scope|refresh_token|code_verifier", "\\PC{0,80}"), 0..5),
    ) {
        let mut all = vec![("grant_type", grant.as_str())];
        all.extend(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        all.retain(|(_, value)| !value.contains('\0'));
        let _ = TokenRequest::parse(&params(&all));
    }
}
