use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::alg::KeyType;
use crate::signing::SigningKey;

const NOW: i64 = 1_800_000_000_000;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(KeyType::P256, Alg::ES256).expect("P-256"));

fn expect() -> Expect<'static> {
    Expect {
        typ: Typ::Exactly("at+jwt"),
        issuer: "https://id.example",
        audience: Audience::AnyOf(&["api", "other"]),
        allow_expired: false,
        now_ms: NOW,
        leeway_ms: 10_000,
    }
}

fn header() -> Value {
    json!({ "typ": "at+jwt", "alg": "ES256", "kid": KEY.kid() })
}

fn claims() -> Value {
    json!({ "iss": "https://id.example", "aud": "api", "exp": NOW / 1000 + 300, "iat": NOW / 1000 })
}

/// A token of any header and payload, properly signed.
fn signed(header: &str, payload: &str) -> String {
    let message = format!("{}.{}", b64::url(header), b64::url(payload));
    let signature = KEY.sign_bytes(message.as_bytes()).expect("signed");
    format!("{message}.{}", b64::url(signature))
}

fn read(token: &str, expect: &Expect<'_>) -> Result<Verified, VerifyError> {
    verify(token, expect, |kid| match kid {
        Some(kid) if kid == KEY.kid() => Ok(KEY.verifying_key()),
        Some(kid) => Err(VerifyError::UnknownKid(kid.to_owned())),
        None => Err(VerifyError::NoKid),
    })
}

fn with(mut value: Value, name: &str, member: Value) -> String {
    value[name] = member;
    value.to_string()
}

fn without(mut value: Value, name: &str) -> String {
    value.as_object_mut().expect("object").remove(name);
    value.to_string()
}

#[test]
fn i29_a_good_token_is_read() {
    let token = signed(&header().to_string(), &claims().to_string());
    let verified = read(&token, &expect()).expect("good");
    assert_eq!(verified.alg, Alg::ES256);
    assert_eq!(verified.kid.as_deref(), Some(KEY.kid()));
    assert_eq!(verified.text("iss"), Some("https://id.example"));
    assert_eq!(verified.audience(), ["api"]);
}

#[test]
fn i29_headers_that_change_the_meaning_are_refused() {
    for name in ["crit", "zip", "jku", "jwk", "x5u", "b64"] {
        for value in [json!(null), json!(["exp"]), json!("https://evil.example"), json!(true)] {
            let token = signed(&with(header(), name, value.clone()), &claims().to_string());
            let refused = read(&token, &expect()).expect_err(name);
            assert_eq!(refused, VerifyError::ForbiddenHeader(name), "{name}: {value}");
        }
    }
    let token = signed(&with(header(), "x5t", json!("abc")), &claims().to_string());
    assert!(read(&token, &expect()).is_ok(), "x5t is never read");
}

#[test]
fn i29_the_algorithm_is_the_keys_never_the_headers() {
    for none in ["none", "None", "NONE", "nOnE"] {
        let head = with(header(), "alg", json!(none));
        let unsigned = format!("{}.{}.", b64::url(head), b64::url(claims().to_string()));
        assert_eq!(read(&unsigned, &expect()), Err(VerifyError::Unsigned), "{none}");
    }
    for alg in ["HS256", "RS256", "ES384", "es256", "EdDSA", ""] {
        let token = signed(&with(header(), "alg", json!(alg)), &claims().to_string());
        let expected = VerifyError::Alg { found: alg.into(), expected: Alg::ES256 };
        assert_eq!(read(&token, &expect()), Err(expected), "{alg}");
    }
}

#[test]
fn rfc8725_3_11_the_type_must_be_the_expected_one() {
    let typed = |typ: Value| signed(&with(header(), "typ", typ), &claims().to_string());
    let untyped = signed(&without(header(), "typ"), &claims().to_string());
    let optional = Expect { typ: Typ::AbsentOr("at+jwt"), ..expect() };
    assert!(read(&typed(json!("application/AT+JWT")), &expect()).is_ok());
    assert!(read(&untyped, &optional).is_ok());
    assert!(matches!(read(&untyped, &expect()), Err(VerifyError::Typ { found: None, .. })));
    for typ in ["JWT", "logout+jwt", "", "at+jwt "] {
        for expect in [expect(), optional] {
            let refused = read(&typed(json!(typ)), &expect).expect_err(typ);
            assert!(matches!(refused, VerifyError::Typ { .. }), "{typ}: {refused}");
        }
    }
}

#[test]
fn t2_issuer_audience_and_expiry_must_be_present_and_right() {
    let audience = |found: &[&str]| VerifyError::Audience {
        found: found.iter().map(|v| (*v).to_owned()).collect(),
        expected: vec!["api".into(), "other".into()],
    };
    let shape = VerifyError::ClaimShape("aud", "string or an array of strings");
    let second = NOW / 1000;
    let cases = [
        (without(claims(), "iss"), VerifyError::MissingClaim("iss")),
        (without(claims(), "aud"), VerifyError::MissingClaim("aud")),
        (without(claims(), "exp"), VerifyError::MissingClaim("exp")),
        (with(claims(), "iss", json!(null)), VerifyError::ClaimShape("iss", "string")),
        (with(claims(), "aud", json!(null)), shape.clone()),
        (with(claims(), "aud", json!([])), shape.clone()),
        (with(claims(), "aud", json!(["api", 1])), shape),
        (with(claims(), "aud", json!("API")), audience(&["API"])),
        (with(claims(), "aud", json!(["a", "b"])), audience(&["a", "b"])),
        (with(claims(), "exp", json!("soon")), VerifyError::ClaimShape("exp", "number")),
        (with(claims(), "exp", json!(null)), VerifyError::ClaimShape("exp", "number")),
        (with(claims(), "exp", json!(second - 10)), VerifyError::Expired(10)),
        (with(claims(), "nbf", json!(second + 11)), VerifyError::NotYet("nbf", 11)),
        (with(claims(), "iat", json!(second + 60)), VerifyError::NotYet("iat", 60)),
        (with(claims(), "iat", json!("now")), VerifyError::ClaimShape("iat", "number")),
    ];
    for (payload, expected) in cases {
        let token = signed(&header().to_string(), &payload);
        assert_eq!(read(&token, &expect()), Err(expected), "{payload}");
    }
    for issuer in ["https://id.example/", "HTTPS://id.example", "https://id.example.evil"] {
        let token = signed(&header().to_string(), &with(claims(), "iss", json!(issuer)));
        let refused = read(&token, &expect()).expect_err(issuer);
        assert!(matches!(refused, VerifyError::Issuer { .. }), "{issuer}");
    }
}

#[test]
fn rfc7519_4_1_times_have_a_leeway_and_may_have_fractions() {
    let second = NOW / 1000;
    let good = [
        with(claims(), "exp", json!(second - 9)),
        with(claims(), "exp", json!(second as f64 + 0.5)),
        with(claims(), "exp", json!(1e300)),
        with(claims(), "nbf", json!(second + 10)),
        with(claims(), "aud", json!(["x", "other"])),
    ];
    for payload in good {
        let token = signed(&header().to_string(), &payload);
        assert!(read(&token, &expect()).is_ok(), "{payload}");
    }
    let long_ago = signed(&header().to_string(), &with(claims(), "exp", json!(-1e300)));
    assert!(matches!(read(&long_ago, &expect()), Err(VerifyError::Expired(_))));
}

#[test]
fn an_id_token_hint_may_have_expired_but_is_checked_otherwise() {
    let hint = Expect { allow_expired: true, audience: Audience::Present, ..expect() };
    let old = with(claims(), "exp", json!(1));
    assert!(read(&signed(&header().to_string(), &old), &hint).is_ok());
    for (name, missing) in [("exp", without(claims(), "exp")), ("aud", without(claims(), "aud"))] {
        let refused = read(&signed(&header().to_string(), &missing), &hint).expect_err(name);
        assert_eq!(refused, VerifyError::MissingClaim(name));
    }
}

#[test]
fn the_key_must_be_named_and_known() {
    let unnamed = signed(&without(header(), "kid"), &claims().to_string());
    assert_eq!(read(&unnamed, &expect()), Err(VerifyError::NoKid));
    let stranger = signed(&with(header(), "kid", json!("x")), &claims().to_string());
    assert_eq!(read(&stranger, &expect()), Err(VerifyError::UnknownKid("x".into())));
}

#[test]
fn every_changed_byte_breaks_the_token() {
    let token = signed(&header().to_string(), &claims().to_string());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert!(read(&changed, &expect()).is_err(), "byte {at}");
    }
    let whole: Vec<&str> = token.split('.').collect();
    for cut in [format!("{}.{}.", whole[0], whole[1]), format!("{token}=="), format!("{token}AA")] {
        assert!(read(&cut, &expect()).is_err(), "{cut}");
    }
}

#[test]
fn repeated_header_members_are_refused() {
    for head in [
        format!(r#"{{"typ":"at+jwt","alg":"ES256","alg":"ES256","kid":"{}"}}"#, KEY.kid()),
        format!(r#"{{"typ":"at+jwt","typ":"JWT","alg":"ES256","kid":"{}"}}"#, KEY.kid()),
        format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"x","kid":"{}"}}"#, KEY.kid()),
    ] {
        let refused = read(&signed(&head, &claims().to_string()), &expect()).expect_err(&head);
        assert!(matches!(refused, VerifyError::Malformed(_)), "{refused}");
    }
}

#[test]
fn i28_a_token_is_bounded_before_it_is_read() {
    let long = "a".repeat(MAX_TOKEN + 1);
    assert_eq!(read(&long, &expect()), Err(VerifyError::TooLong(MAX_TOKEN + 1)));
    for text in ["", ".", "..", "...", "a.b.c.d", "a.b", "{}..", "bnVsbA..", "W10..", "e30.."] {
        let refused = read(text, &expect()).expect_err(text);
        assert!(matches!(refused, VerifyError::Malformed(_)), "{text}: {refused}");
    }
    let good = signed(&header().to_string(), &claims().to_string());
    let (short, _) = good.rsplit_once('.').expect("three parts");
    for text in [short.to_owned(), format!("{good}."), format!("{good}.AAAA")] {
        let parts = VerifyError::Malformed("expected three parts joined by dots");
        assert_eq!(read(&text, &expect()), Err(parts));
    }
    for payload in ["", "null", "[]", "1", "{"] {
        let token = signed(&header().to_string(), payload);
        let refused = read(&token, &expect()).expect_err(payload);
        assert!(matches!(refused, VerifyError::Malformed(_)), "{payload}: {refused}");
    }
}

#[test]
fn a_client_key_is_bound_to_its_kind_use_and_algorithm() {
    let public = KEY.public_jwk().clone();
    let edited = |name: &str, value: Value| {
        let mut jwk = public.clone();
        jwk.insert(name.to_owned(), value);
        VerifyingKey::from_jwk(&jwk, Alg::ES256).expect_err("refused")
    };
    assert_eq!(edited("use", json!("enc")), JwkError::Use("enc".into()));
    assert!(matches!(edited("alg", json!("ES384")), JwkError::Bound { .. }));
    assert!(matches!(edited("kty", json!("RSA")), JwkError::Kind { .. }));
    assert!(matches!(edited("crv", json!("P-384")), JwkError::Kind { .. }));
    assert_eq!(edited("x", json!(1)), JwkError::Missing("x"));
    assert_eq!(edited("x", json!("+")), JwkError::Encoding("x"));
    assert_eq!(edited("x", json!("AAAA")), JwkError::Invalid(Alg::ES256));
    let origin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(edited("x", json!(origin)), JwkError::Invalid(Alg::ES256), "off the curve");
    // RFC 7518 §6.2.1.2: a byte that changes sides leaves the same bytes, and another key's reading.
    let side = |name: &str| b64::from_url(public[name].as_str().expect("text")).expect("base64url");
    let (x, y) = (side("x"), side("y"));
    let mut moved = public.clone();
    moved.insert("x".to_owned(), json!(b64::url(&x[..31])));
    moved.insert("y".to_owned(), json!(b64::url([&x[31..], &y].concat())));
    let moved = VerifyingKey::from_jwk(&moved, Alg::ES256).expect_err("not of full length");
    assert_eq!(moved, JwkError::Invalid(Alg::ES256));
    let taken = VerifyingKey::from_jwk(&public, Alg::ES256).expect("a public key");
    assert_eq!((taken.kid(), taken.alg()), (Some(KEY.kid()), Alg::ES256));
    let rsa = json!({ "kty": "RSA", "n": "", "e": "AQAB" });
    let rsa = VerifyingKey::from_jwk(rsa.as_object().expect("object"), Alg::RS256);
    assert_eq!(rsa.expect_err("empty"), JwkError::Invalid(Alg::RS256));
}

proptest! {
    #[test]
    fn i28_no_text_makes_the_verifier_panic(text in "[A-Za-z0-9_.-]{0,200}|\\PC{0,50}") {
        prop_assert!(read(&text, &expect()).is_err());
    }

    #[test]
    fn i28_no_header_makes_the_verifier_panic(head in "\\{\"alg\":\"ES256\",\\PC{0,60}\\}", body in "\\PC{0,60}") {
        prop_assert!(read(&signed(&head, &body), &expect()).is_err());
    }
}
