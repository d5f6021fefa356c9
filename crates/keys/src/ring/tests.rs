use std::sync::LazyLock;

use josekit::jwk::Jwk;
use josekit::{jws, jwt};
use serde_json::{Value, json};

use super::*;
use crate::alg::KeyType;
use crate::verify::{Audience, Typ};

static RSA: LazyLock<SigningKey> = LazyLock::new(|| make(KeyType::Rsa2048, Alg::RS256));

fn make(key_type: KeyType, alg: Alg) -> SigningKey {
    SigningKey::generate(key_type, alg).expect("generated")
}

fn entry(key: &SigningKey, phase: Phase) -> RingKey {
    let reached = |from: Phase| (phase >= from).then_some(0);
    let record = KeyRecord {
        kid: key.kid().to_owned(),
        alg: key.alg(),
        published_at: 0,
        signing_at: reached(Phase::Signing),
        retired_at: reached(Phase::Retired),
        removed_at: reached(Phase::Removed),
    };
    RingKey { record, key: key.clone() }
}

fn expect(typ: &str) -> Expect<'_> {
    Expect {
        typ: Typ::Exactly(typ),
        issuer: "https://id.example",
        audience: Audience::AnyOf(&["api"]),
        allow_expired: false,
        now_ms: 0,
        leeway_ms: 0,
    }
}

fn claims() -> Value {
    json!({ "iss": "https://id.example", "aud": "api", "exp": 60, "sub": "müller" })
}

#[test]
fn as_84_a_token_says_type_algorithm_and_key_and_holds_for_openssl() {
    let ring = KeyRing::new(vec![entry(&RSA, Phase::Signing)]).expect("ring");
    for typ in ["JWT", "at+jwt", "oauth-authz-req+jwt"] {
        let token = ring.sign(Alg::RS256, typ, &claims()).expect("signed");
        let jwk = Jwk::from_map(RSA.public_jwk().clone()).expect("jwk");
        let verifier = jws::RS256.verifier_from_jwk(&jwk).expect("verifier");
        let (payload, header) = jwt::decode_with_verifier(&token, &verifier).expect("holds");
        let header: &dyn josekit::JoseHeader = &header;
        assert_eq!(header.claim("typ"), Some(&json!(typ)));
        assert_eq!(header.claim("alg"), Some(&json!("RS256")));
        assert_eq!(header.claim("kid"), Some(&json!(RSA.kid())));
        assert_eq!(payload.subject(), Some("müller"));
        assert_eq!(ring.verify(&token, &expect(typ)).expect("ours").text("sub"), Some("müller"));
    }
}

#[test]
fn i7_only_a_signing_key_signs() {
    for phase in [Phase::Published, Phase::Retired, Phase::Removed] {
        let ring = KeyRing::new(vec![entry(&RSA, phase)]).expect("ring");
        let refused = ring.sign(Alg::RS256, "JWT", &claims()).expect_err("no signer");
        assert!(matches!(refused, SignError::NoSigner(Alg::RS256)), "{phase:?}");
        assert_eq!(ring.algs(), []);
        assert_eq!(ring.signing_kid(Alg::RS256), None);
    }
}

#[test]
fn as_14_the_key_set_holds_what_is_published_the_signer_first() {
    let keys: Vec<SigningKey> = (0..4).map(|_| make(KeyType::P256, Alg::ES256)).collect();
    let phases = [Phase::Retired, Phase::Removed, Phase::Published, Phase::Signing];
    let entries = keys.iter().zip(phases).map(|(key, phase)| entry(key, phase)).collect();
    let ring = KeyRing::new(entries).expect("ring");
    let jwks: Value = serde_json::from_slice(&ring.jwks()).expect("JSON");
    let kids: Vec<&str> =
        jwks["keys"].as_array().expect("keys").iter().map(|k| k["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [keys[3].kid(), keys[2].kid(), keys[0].kid()]);
    assert!(!String::from_utf8_lossy(&ring.jwks()).contains("\"d\""));
}

#[test]
fn as_16_tokens_of_a_retired_key_hold_until_it_is_removed() {
    let (old, new) = (make(KeyType::P256, Alg::ES256), make(KeyType::P256, Alg::ES256));
    let ring = KeyRing::new(vec![entry(&old, Phase::Signing)]).expect("ring");
    let token = ring.sign(Alg::ES256, "JWT", &claims()).expect("signed");

    ring.replace(vec![entry(&old, Phase::Retired), entry(&new, Phase::Signing)]).expect("replaced");
    assert_eq!(ring.signing_kid(Alg::ES256).as_deref(), Some(new.kid()));
    assert!(ring.verify(&token, &expect("JWT")).is_ok());

    ring.replace(vec![entry(&old, Phase::Removed), entry(&new, Phase::Signing)]).expect("replaced");
    let refused = ring.verify(&token, &expect("JWT")).expect_err("removed");
    assert_eq!(refused, VerifyError::UnknownKid(old.kid().to_owned()));
}

#[test]
fn as_14_two_keys_of_one_name_are_refused_and_the_ring_stays() {
    let other = make(KeyType::P256, Alg::ES256).with_kid(RSA.kid()).expect("named");
    let ring = KeyRing::new(vec![entry(&RSA, Phase::Signing)]).expect("ring");
    let refused = ring.replace(vec![entry(&RSA, Phase::Retired), entry(&other, Phase::Signing)]);
    assert_eq!(refused, Err(RingError::DuplicateKid(RSA.kid().to_owned())));
    assert!(ring.sign(Alg::RS256, "JWT", &claims()).is_ok());
}

#[test]
fn a_row_that_holds_another_key_is_refused() {
    let other = make(KeyType::P256, Alg::ES256);
    let swapped = RingKey { record: entry(&RSA, Phase::Signing).record, key: other };
    assert!(matches!(KeyRing::new(vec![swapped]), Err(RingError::Mismatch { .. })));
}

#[test]
fn i29_a_token_signed_for_one_purpose_serves_no_other() {
    let ring = KeyRing::new(vec![entry(&RSA, Phase::Signing)]).expect("ring");
    let access = ring.sign(Alg::RS256, "at+jwt", &claims()).expect("signed");
    let refused = ring.verify(&access, &expect("JWT")).expect_err("not an ID token");
    assert!(matches!(refused, VerifyError::Typ { .. }));
}

#[test]
fn signing_goes_on_while_keys_are_replaced() {
    let ring = KeyRing::new(vec![entry(&RSA, Phase::Signing)]).expect("ring");
    let next = make(KeyType::Rsa2048, Alg::RS256);
    std::thread::scope(|scope| {
        let signers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let token = ring.sign(Alg::RS256, "JWT", &claims()).expect("a signer");
                        ring.verify(&token, &expect("JWT")).expect("both are published");
                    }
                })
            })
            .collect();
        for turn in 0..50 {
            let (one, two) = if turn % 2 == 0 {
                (Phase::Retired, Phase::Signing)
            } else {
                (Phase::Signing, Phase::Published)
            };
            ring.replace(vec![entry(&RSA, one), entry(&next, two)]).expect("replaced");
        }
        for signer in signers {
            signer.join().expect("no failure");
        }
    });
}
