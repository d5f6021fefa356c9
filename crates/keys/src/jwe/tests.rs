use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::json;

use super::*;
use crate::alg::{Alg, KeyType};
use crate::lifecycle::KeyRecord;
use crate::ring::{KeyRing, RingKey};
use crate::signing::SigningKey;

const SHARED: [u8; 32] = [5; 32];
const ENCRYPTIONS: [ContentEncryption; 2] =
    [ContentEncryption::A256gcm, ContentEncryption::A128cbcHs256];

/// Each key management with both halves of a key.
fn pairs(enc: ContentEncryption) -> Vec<(KeyManagement, Encrypter, Decrypter)> {
    let rsa = RsaKeyPair::generate(2048).expect("RSA");
    let ec = EcKeyPair::generate(EcCurve::P256).expect("P-256");
    let both = |alg, public: Jwk, private: Jwk| {
        let encrypter = Encrypter::from_jwk(public.as_ref(), alg, enc).expect("public");
        (alg, encrypter, Decrypter::from_jwk(private.as_ref(), alg).expect("private"))
    };
    vec![
        both(KeyManagement::RsaOaep256, rsa.to_jwk_public_key(), rsa.to_jwk_key_pair()),
        both(KeyManagement::EcdhEs, ec.to_jwk_public_key(), ec.to_jwk_key_pair()),
        both(KeyManagement::EcdhEsA256kw, ec.to_jwk_public_key(), ec.to_jwk_key_pair()),
        (
            KeyManagement::Dir,
            Encrypter::direct(&SHARED, enc).expect("32 bytes"),
            Decrypter::direct(&SHARED).expect("32 bytes"),
        ),
    ]
}

/// A token with any header, encrypted under [`SHARED`] by josekit itself.
fn crafted(edit: impl Fn(&mut JweHeader), content: &[u8]) -> String {
    let mut header = JweHeader::new();
    header.set_content_encryption("A256GCM");
    edit(&mut header);
    let encrypter = josekit::jwe::Dir.encrypter_from_bytes(SHARED).expect("32 bytes");
    josekit::jwe::serialize_compact(content, &header, &encrypter).expect("encrypted")
}

#[test]
fn rfc7516_every_offered_pair_opens_what_it_closed() {
    for enc in ENCRYPTIONS {
        for (alg, encrypter, decrypter) in pairs(enc) {
            let token = encrypter.encrypt(b"content").expect("encrypted");
            let header = b64::from_url(token.split('.').next().expect("header")).expect("base64");
            let header: Value = serde_json::from_slice(&header).expect("JSON");
            assert_eq!(header["alg"], alg.as_str());
            assert_eq!(header["enc"], enc.as_str());
            assert_eq!(&decrypter.decrypt(&token).expect("opened")[..], b"content");
        }
    }
}

#[test]
fn rfc7519_11_2_signed_then_encrypted_comes_back_and_still_holds() {
    let key = SigningKey::generate(KeyType::P256, Alg::ES256).expect("P-256");
    let record = KeyRecord {
        kid: key.kid().to_owned(),
        alg: Alg::ES256,
        published_at: 0,
        signing_at: Some(0),
        retired_at: None,
        removed_at: None,
    };
    let ring = KeyRing::new(vec![RingKey { record, key: key.clone() }]).expect("ring");
    let token = ring.sign(Alg::ES256, "JWT", &json!({ "sub": "a" })).expect("signed");
    for (_, encrypter, decrypter) in pairs(ContentEncryption::A256gcm) {
        let nested = encrypter.encrypt_signed(&token).expect("encrypted");
        assert_eq!(decrypter.decrypt_signed(&nested).expect("opened"), token);
    }
}

#[test]
fn i29_an_encrypted_token_must_hold_a_signed_one_where_that_is_required() {
    let decrypter = Decrypter::direct(&SHARED).expect("32 bytes");
    let jwt = |header: &mut JweHeader| header.set_content_type("JWT");
    let cases = [
        crafted(|_| {}, b"a.b.c"),
        crafted(jwt, br#"{"iss":"evil"}"#),
        crafted(jwt, b"a.b.c.d.e"),
        crafted(jwt, b"\xff.\xff.\xff"),
        crafted(|header| header.set_content_type("json"), b"a.b.c"),
    ];
    for token in cases {
        assert_eq!(decrypter.decrypt_signed(&token), Err(JweError::NotNested));
    }
}

#[test]
fn t2_a_compressed_token_is_refused_before_it_is_opened() {
    let bomb = crafted(|header| header.set_compression("DEF"), &vec![0; 1 << 20]);
    assert!(bomb.len() < 4096, "josekit did compress it");
    let decrypter = Decrypter::direct(&SHARED).expect("32 bytes");
    assert_eq!(decrypter.decrypt(&bomb).err(), Some(JweError::ForbiddenHeader("zip")));
    let stranger = Decrypter::direct(&[6; 32]).expect("32 bytes");
    assert_eq!(stranger.decrypt(&bomb).err(), Some(JweError::ForbiddenHeader("zip")));
}

#[test]
fn i29_headers_that_bring_keys_or_conditions_are_refused() {
    let decrypter = Decrypter::direct(&SHARED).expect("32 bytes");
    for name in ["crit", "jku", "jwk", "x5u", "p2c", "zip"] {
        for value in ["null", "1", "[\"a\"]", "{}"] {
            let header = format!(r#"{{"alg":"dir","enc":"A256GCM","{name}":{value}}}"#);
            let token = format!("{}...AAAA.AAAA", b64::url(header));
            let refused = decrypter.decrypt(&token).err();
            assert_eq!(refused, Some(JweError::ForbiddenHeader(name)), "{name}: {value}");
        }
    }
}

#[test]
fn the_algorithm_is_the_keys_never_the_headers() {
    let decrypter = Decrypter::direct(&SHARED).expect("32 bytes");
    for (alg, enc) in [
        ("PBES2-HS256+A128KW", "A256GCM"),
        ("RSA1_5", "A256GCM"),
        ("ECDH-ES", "A256GCM"),
        ("dir", "A128GCM"),
        ("dir", "none"),
    ] {
        let header = json!({ "alg": alg, "enc": enc }).to_string();
        let token = format!("{}...AAAA.AAAA", b64::url(header));
        let refused = decrypter.decrypt(&token).expect_err(alg);
        assert!(matches!(refused, JweError::Algorithm { .. }), "{alg} {enc}: {refused}");
    }
}

#[test]
fn a_changed_or_foreign_token_does_not_open() {
    for enc in ENCRYPTIONS {
        for ((alg, encrypter, decrypter), (_, _, other)) in pairs(enc).into_iter().zip(pairs(enc)) {
            let token = encrypter.encrypt(b"content").expect("encrypted");
            if alg != KeyManagement::Dir {
                assert_eq!(other.decrypt(&token).err(), Some(JweError::Decryption), "{alg:?}");
            }
            for at in 0..5 {
                for replacement in ["", "A", "AA", "AAAA", "_-8", "=", "é"] {
                    let mut parts: Vec<&str> = token.split('.').collect();
                    if parts[at] == replacement {
                        continue;
                    }
                    parts[at] = replacement;
                    assert!(
                        decrypter.decrypt(&parts.join(".")).is_err(),
                        "{alg:?} {at} {replacement}"
                    );
                }
            }
        }
    }
}

#[test]
fn rfc7518_5_content_passes_between_the_libraries() {
    for enc in ENCRYPTIONS {
        let ours = Encrypter::direct(&SHARED, enc).expect("32 bytes");
        let decrypter = josekit::jwe::Dir.decrypter_from_bytes(SHARED).expect("32 bytes");
        for length in [0, 1, 15, 16, 17, 1000] {
            let content = vec![7; length];
            let token = ours.encrypt(&content).expect("encrypted");
            let (read, _) = josekit::jwe::deserialize_compact(&token, &decrypter).expect("opened");
            assert_eq!(read, content, "{enc:?}, {length} bytes");
            let token = crafted(|header| header.set_content_encryption(enc.as_str()), &content);
            let read = Decrypter::direct(&SHARED).expect("32 bytes").decrypt(&token);
            assert_eq!(read.expect("opened").to_vec(), content, "{enc:?}, {length} bytes");
        }
    }
}

#[test]
fn rfc7518_5_3_a_shortened_tag_is_no_tag() {
    for enc in ENCRYPTIONS {
        let token = Encrypter::direct(&SHARED, enc).expect("32 bytes").encrypt(b"content");
        let token = token.expect("encrypted");
        let (rest, tag) = token.rsplit_once('.').expect("five parts");
        let tag = b64::from_url(tag).expect("base64");
        for length in 0..16 {
            let cut = format!("{rest}.{}", b64::url(&tag[..length]));
            let read = Decrypter::direct(&SHARED).expect("32 bytes").decrypt(&cut);
            assert_eq!(read.err(), Some(JweError::Decryption), "{enc:?}, {length} bytes");
        }
    }
}

#[test]
fn i28_no_length_of_any_part_makes_the_reader_panic() {
    for enc in ENCRYPTIONS {
        for (alg, encrypter, decrypter) in pairs(enc) {
            let token = encrypter.encrypt(b"content").expect("encrypted");
            let parts: Vec<&str> = token.split('.').collect();
            for at in 1..5 {
                for length in (0..50).chain([255, 256, 257, 512]) {
                    let other = b64::url(vec![0; length]);
                    let mut parts = parts.clone();
                    if parts[at].len() == other.len() && parts[at].is_empty() {
                        continue;
                    }
                    parts[at] = &other;
                    assert!(decrypter.decrypt(&parts.join(".")).is_err(), "{alg:?} {at} {length}");
                }
            }
        }
    }
}

#[test]
fn i28_a_token_is_bounded_before_it_is_read() {
    let decrypter = Decrypter::direct(&SHARED).expect("32 bytes");
    let long = "a".repeat(MAX_TOKEN + 1);
    assert_eq!(decrypter.decrypt(&long).err(), Some(JweError::TooLong(MAX_TOKEN + 1)));
    for text in ["", "....", "a.b.c", "a.b.c.d.e.f", "e30....", "bnVsbA...."] {
        let refused = decrypter.decrypt(text).expect_err(text);
        assert!(matches!(refused, JweError::Malformed(_)), "{text}: {refused}");
    }
}

#[test]
fn a_key_must_go_with_its_algorithm() {
    let rsa = RsaKeyPair::generate(2048).expect("RSA").to_jwk_public_key();
    let enc = ContentEncryption::A256gcm;
    for alg in [KeyManagement::EcdhEs, KeyManagement::EcdhEsA256kw, KeyManagement::Dir] {
        let refused = Encrypter::from_jwk(rsa.as_ref(), alg, enc).expect_err("mismatch");
        assert_eq!(refused, JweError::Key(alg.as_str()));
    }
    let short = Encrypter::direct(&[0; 16], enc).expect_err("short");
    assert_eq!(short, JweError::DirectLength { enc, found: 16 });
    let sig = SigningKey::generate(KeyType::P256, Alg::ES256).expect("P-256");
    assert!(Encrypter::from_jwk(sig.public_jwk(), KeyManagement::EcdhEs, enc).is_err());
}
