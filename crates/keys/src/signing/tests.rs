use std::sync::LazyLock;

use josekit::jwk::Jwk;
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::ed::{EdCurve, EdKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{self, JwsVerifier};
use serde_json::json;

use super::*;
use crate::b64;

const RFC8037_A1: &str = r#"{"kty":"OKP","crv":"Ed25519",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(2048).expect("RSA"));

/// Each algorithm with a key of it.
fn every_key() -> Vec<SigningKey> {
    let rsa = SigningKey::generate(KeyType::Rsa2048, Alg::RS256).expect("RSA");
    let der = rsa.to_pkcs8().expect("PKCS#8");
    Alg::ALL
        .into_iter()
        .map(|alg| match alg.default_key_type() {
            KeyType::Rsa2048 => SigningKey::from_pkcs8(&der, alg).expect("RSA"),
            key_type => SigningKey::generate(key_type, alg).expect("generated"),
        })
        .collect()
}

fn josekit_verifier(alg: Alg, jwk: &Jwk) -> Box<dyn JwsVerifier> {
    match alg {
        Alg::RS256 => Box::new(jws::RS256.verifier_from_jwk(jwk).expect("jwk")),
        Alg::RS384 => Box::new(jws::RS384.verifier_from_jwk(jwk).expect("jwk")),
        Alg::RS512 => Box::new(jws::RS512.verifier_from_jwk(jwk).expect("jwk")),
        Alg::PS256 => Box::new(jws::PS256.verifier_from_jwk(jwk).expect("jwk")),
        Alg::PS384 => Box::new(jws::PS384.verifier_from_jwk(jwk).expect("jwk")),
        Alg::PS512 => Box::new(jws::PS512.verifier_from_jwk(jwk).expect("jwk")),
        Alg::ES256 => Box::new(jws::ES256.verifier_from_jwk(jwk).expect("jwk")),
        Alg::ES384 => Box::new(jws::ES384.verifier_from_jwk(jwk).expect("jwk")),
        Alg::EdDSA => Box::new(jws::EdDSA.verifier_from_jwk(jwk).expect("jwk")),
    }
}

fn josekit_signer(alg: Alg, der: &[u8]) -> Box<dyn JwsSigner> {
    match alg {
        Alg::RS256 => Box::new(jws::RS256.signer_from_der(der).expect("der")),
        Alg::RS384 => Box::new(jws::RS384.signer_from_der(der).expect("der")),
        Alg::RS512 => Box::new(jws::RS512.signer_from_der(der).expect("der")),
        Alg::PS256 | Alg::PS384 | Alg::PS512 => pss_signer(alg, der),
        Alg::ES256 => Box::new(jws::ES256.signer_from_der(der).expect("der")),
        Alg::ES384 => Box::new(jws::ES384.signer_from_der(der).expect("der")),
        Alg::EdDSA => Box::new(jws::EdDSA.signer_from_der(der).expect("der")),
    }
}

/// josekit reads a PSS key from an RSA JWK, not from plain RSA DER.
fn pss_signer(alg: Alg, der: &[u8]) -> Box<dyn JwsSigner> {
    let jwk = RsaKeyPair::from_der(der).expect("der").to_jwk_private_key();
    match alg {
        Alg::PS384 => Box::new(jws::PS384.signer_from_jwk(&jwk).expect("jwk")),
        Alg::PS512 => Box::new(jws::PS512.signer_from_jwk(&jwk).expect("jwk")),
        _ => Box::new(jws::PS256.signer_from_jwk(&jwk).expect("jwk")),
    }
}

#[test]
fn rfc7518_3_our_signatures_hold_for_openssl() {
    for key in every_key() {
        let jwk = Jwk::from_map(key.public_jwk().clone()).expect("jwk");
        let verifier = josekit_verifier(key.alg(), &jwk);
        let signature = key.sign_bytes(b"message").expect("signed");
        assert_eq!(signature.len(), key.signature_len(), "{}", key.alg());
        assert!(verifier.verify(b"message", &signature).is_ok(), "{}", key.alg());
        assert!(verifier.verify(b"massage", &signature).is_err(), "{}", key.alg());
    }
}

#[test]
fn rfc7518_3_openssl_signatures_hold_for_us() {
    for key in every_key() {
        let signer = josekit_signer(key.alg(), &key.to_pkcs8().expect("PKCS#8"));
        let signature = signer.sign(b"message").expect("signed");
        assert!(key.verifying_key().holds(b"message", &signature), "{}", key.alg());
        assert!(!key.verifying_key().holds(b"massage", &signature), "{}", key.alg());
    }
}

#[test]
fn rfc7515_a_whole_token_passes_between_the_libraries() {
    for key in every_key() {
        let header = jws::JwsHeader::new();
        let token = jws::serialize_compact(b"payload", &header, &key).expect("signed");
        let jwk = Jwk::from_map(key.public_jwk().clone()).expect("jwk");
        let verifier = josekit_verifier(key.alg(), &jwk);
        let (payload, header) = jws::deserialize_compact(&token, &*verifier).expect("holds");
        assert_eq!(payload, b"payload");
        assert_eq!(header.algorithm(), Some(key.alg().as_str()));
        assert_eq!(header.key_id(), Some(key.kid()));
    }
}

#[test]
fn rfc8037_a_the_published_example_gives_the_published_signature() {
    let key = SigningKey::from_jwk(RFC8037_A1, None).expect("the RFC's key");
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = key.sign_bytes(message).expect("signed");
    assert_eq!(
        b64::url(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn rfc7638_3_1_the_published_example_gives_the_published_thumbprint() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let mut members = Map::new();
    for (name, value) in [("e", "AQAB"), ("kty", "RSA"), ("n", n)] {
        members.insert(name.into(), value.into());
    }
    assert_eq!(pair::thumbprint(&members), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn as_14_a_public_jwk_holds_nothing_private() {
    for key in every_key() {
        let names: Vec<&str> = key.public_jwk().keys().map(String::as_str).collect();
        let expected: &[&str] = match key.key_type() {
            KeyType::P256 | KeyType::P384 => &["crv", "kty", "x", "y", "use", "alg", "kid"],
            KeyType::Ed25519 => &["crv", "kty", "x", "use", "alg", "kid"],
            KeyType::Rsa2048 | KeyType::Rsa3072 | KeyType::Rsa4096 => {
                &["e", "kty", "n", "use", "alg", "kid"]
            }
        };
        assert_eq!(names, expected);
        assert_eq!(key.public_jwk().get("use"), Some(&json!("sig")));
        assert_eq!(key.public_jwk().get("alg"), Some(&json!(key.alg().as_str())));
        assert_eq!(key.public_jwk().get("kid"), Some(&json!(key.kid())));
    }
}

#[test]
fn every_size_that_is_offered_can_be_made_and_kept() {
    for key_type in KeyType::ALL {
        let key = SigningKey::generate(key_type, key_type.default_alg()).expect("generated");
        assert_eq!(key.key_type(), key_type);
        let again = SigningKey::from_pkcs8(&key.to_pkcs8().expect("PKCS#8"), key.alg());
        let again = again.expect("read back");
        assert_eq!((again.kid(), again.key_type()), (key.kid(), key_type));
        let signature = again.sign_bytes(b"m").expect("signed");
        assert!(key.verifying_key().holds(b"m", &signature));
    }
}

#[test]
fn an_algorithm_must_go_with_its_key() {
    let cases = [
        (KeyType::P256, Alg::ES384),
        (KeyType::P384, Alg::ES256),
        (KeyType::Ed25519, Alg::RS256),
        (KeyType::Rsa2048, Alg::EdDSA),
    ];
    for (key_type, alg) in cases {
        let refused = SigningKey::generate(key_type, alg).expect_err("mismatch");
        assert_eq!(refused, KeyError::Mismatch { alg, key_type });
    }
    let text = KeyError::Mismatch { alg: Alg::ES384, key_type: KeyType::P256 }.to_string();
    assert_eq!(text, "ES384 cannot be used with a p256 key: it takes ES256");
}

#[test]
fn pem_in_every_common_form_is_imported() {
    let p256 = EcKeyPair::generate(EcCurve::P256).expect("P-256");
    let p384 = EcKeyPair::generate(EcCurve::P384).expect("P-384");
    let ed = EdKeyPair::generate(EdCurve::Ed25519).expect("Ed25519");
    let cases = [
        ("PKCS#8 RSA", RSA.to_pem_private_key(), Alg::RS256),
        ("PKCS#1 RSA", RSA.to_traditional_pem_private_key(), Alg::RS256),
        ("PKCS#8 P-256", p256.to_pem_private_key(), Alg::ES256),
        ("SEC1 P-256", p256.to_traditional_pem_private_key(), Alg::ES256),
        ("PKCS#8 P-384", p384.to_pem_private_key(), Alg::ES384),
        ("SEC1 P-384", p384.to_traditional_pem_private_key(), Alg::ES384),
        ("PKCS#8 Ed25519", ed.to_pem_private_key(), Alg::EdDSA),
    ];
    for (name, pem, alg) in cases {
        let pem = String::from_utf8(pem).expect("ASCII");
        let key = SigningKey::from_pem(&pem, None).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(key.alg(), alg, "{name}");
        let windows = format!("# my key\r\n{}", pem.replace('\n', "\r\n"));
        let again = SigningKey::from_pem(&windows, None).expect("CRLF and a comment");
        assert_eq!(again.kid(), key.kid(), "{name}");
    }
}

#[test]
fn openssl_ecparam_writes_parameters_before_the_key() {
    let p256 = EcKeyPair::generate(EcCurve::P256).expect("P-256");
    let key = String::from_utf8(p256.to_traditional_pem_private_key()).expect("ASCII");
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    assert!(SigningKey::from_pem(&format!("{parameters}{key}"), None).is_ok());
}

#[test]
fn an_imported_rsa_key_can_take_any_rsa_algorithm() {
    let pem = String::from_utf8(RSA.to_pem_private_key()).expect("ASCII");
    assert_eq!(SigningKey::from_pem(&pem, Some(Alg::PS256)).expect("PS256").alg(), Alg::PS256);
    let refused = SigningKey::from_pem(&pem, Some(Alg::ES256)).expect_err("RSA is not ES256");
    let mismatch = KeyError::Mismatch { alg: Alg::ES256, key_type: KeyType::Rsa2048 };
    assert_eq!(refused, ImportError::Key(mismatch));
}

#[test]
fn a_pem_that_cannot_serve_is_refused_with_the_remedy() {
    let small = RsaKeyPair::generate(1024).expect("RSA-1024").to_pem_private_key();
    let p521 = EcKeyPair::generate(EcCurve::P521).expect("P-521").to_pem_private_key();
    let block = |label: &str, body: &str| {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let legacy = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA";
    let label = |label: &str| label.to_owned();
    let cases = [
        (block("ENCRYPTED PRIVATE KEY", "AAAA"), ImportError::Encrypted),
        (block("RSA PRIVATE KEY", legacy), ImportError::Encrypted),
        (block("PUBLIC KEY", "AAAA"), ImportError::NotPrivate(label("PUBLIC KEY"))),
        (block("CERTIFICATE", "AAAA"), ImportError::NotPrivate(label("CERTIFICATE"))),
        (block("PRIVATE KEY", "AAAA"), ImportError::Unsupported(label("PRIVATE KEY"))),
        (block("PRIVATE KEY", "§§"), ImportError::DamagedPem(label("PRIVATE KEY"))),
        ("-----BEGIN PRIVATE KEY-----\nAAAA".into(), ImportError::DamagedPem(label("PRIVATE KEY"))),
        (String::from_utf8(small).unwrap(), ImportError::Unsupported(label("PRIVATE KEY"))),
        (String::from_utf8(p521).unwrap(), ImportError::Unsupported(label("PRIVATE KEY"))),
        ("hello".into(), ImportError::NotPem),
        (String::new(), ImportError::NotPem),
        ("x".repeat(16 * 1024 + 1), ImportError::TooLong(16 * 1024 + 1)),
    ];
    for (pem, expected) in cases {
        let shown = pem.chars().take(60).collect::<String>();
        assert_eq!(SigningKey::from_pem(&pem, None).expect_err(&shown), expected, "{shown}");
    }
    assert!(ImportError::Encrypted.to_string().contains("openssl pkey"));
}

#[test]
fn a_private_jwk_keeps_the_name_relying_parties_know() {
    let mut rsa = RSA.clone();
    rsa.set_key_id(Some("2019-key"));
    let p256 = EcKeyPair::generate(EcCurve::P256).expect("P-256");
    let p384 = EcKeyPair::generate(EcCurve::P384).expect("P-384");
    let ed = EdKeyPair::generate(EdCurve::Ed25519).expect("Ed25519");
    let cases = [
        (rsa.to_jwk_key_pair(), Alg::RS256),
        (p256.to_jwk_key_pair(), Alg::ES256),
        (p384.to_jwk_key_pair(), Alg::ES384),
        (ed.to_jwk_key_pair(), Alg::EdDSA),
    ];
    for (jwk, alg) in cases {
        let json = serde_json::to_string(jwk.as_ref()).expect("JSON");
        let key = SigningKey::from_jwk(&json, None).expect("imported");
        assert_eq!(key.alg(), alg);
        if let Some(kid) = jwk.key_id() {
            assert_eq!(key.kid(), kid);
        }
        let verifier = josekit_verifier(alg, &jwk.to_public_key().expect("public"));
        let signature = key.sign_bytes(b"m").expect("signed");
        assert!(verifier.verify(b"m", &signature).is_ok(), "{alg}");
    }
}

#[test]
fn a_jwk_that_cannot_serve_is_refused_with_the_reason() {
    let good: Map<String, Value> = serde_json::from_str(RFC8037_A1).expect("JSON");
    let with = |name: &str, value: Value| {
        let mut jwk = good.clone();
        jwk.insert(name.to_owned(), value);
        Value::Object(jwk).to_string()
    };
    let without = |name: &str| {
        let mut jwk = good.clone();
        jwk.remove(name);
        Value::Object(jwk).to_string()
    };
    let kind = |kty: &str, crv: &str| ImportError::Kind { kty: kty.into(), crv: crv.into() };
    let cases = [
        (without("d"), ImportError::Missing("d", "OKP")),
        (with("x", json!("A".repeat(43))), ImportError::Inconsistent("OKP")),
        (with("d", json!("nW+/")), ImportError::Encoding("d")),
        (with("crv", json!("Ed448")), kind("OKP", "Ed448")),
        (with("kty", json!("oct")), kind("oct", "Ed25519")),
        (with("use", json!("enc")), ImportError::Use("enc".into())),
        (with("alg", json!("HS256")), ImportError::Alg("HS256".parse::<Alg>().unwrap_err())),
        (with("kid", json!("a b")), ImportError::Key(KeyError::Kid("a b".into()))),
        (with("kid", json!("")), ImportError::Key(KeyError::Kid(String::new()))),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#.into(),
            ImportError::Missing("p", "RSA"),
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(SigningKey::from_jwk(&json, None).expect_err(&json), expected, "{json}");
    }
    let bound = with("alg", json!("EdDSA"));
    let refused = SigningKey::from_jwk(&bound, Some(Alg::RS256)).expect_err("bound");
    assert_eq!(refused, ImportError::Bound { bound: Alg::EdDSA, asked: Alg::RS256 });
    for text in ["", "[]", "{", r#"{"kty":"OKP","kty":"RSA"}"#] {
        assert!(matches!(SigningKey::from_jwk(text, None), Err(ImportError::NotJwk(_))), "{text}");
    }
}

#[test]
fn as_15_small_rsa_keys_are_not_accepted_for_verification() {
    let small = RsaKeyPair::generate(1024).expect("RSA-1024").to_jwk_public_key();
    let refused = VerifyingKey::from_jwk(small.as_ref(), Alg::RS256).expect_err("too small");
    assert_eq!(refused, crate::verify::JwkError::Invalid(Alg::RS256));
}

#[test]
fn i17_neither_debug_nor_errors_show_key_material() {
    let key = SigningKey::from_jwk(RFC8037_A1, None).expect("the RFC's key");
    assert_eq!(format!("{key:?}"), format!("SigningKey(EdDSA {}, ..)", key.kid()));
    let damaged = RFC8037_A1.replace("A\",", "A,");
    let refused = SigningKey::from_jwk(&damaged, None).expect_err("damaged");
    assert!(!refused.to_string().contains("nWGx"), "{refused}");
    let joined = "-----BEGIN PRIVATE KEY MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v_VpguoRK-----";
    let refused = SigningKey::from_pem(joined, None).expect_err("damaged");
    assert!(!refused.to_string().contains("MC4C"), "{refused}");
}
