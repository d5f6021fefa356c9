//! Keyed digests of machine-made secrets.
//!
//! A client secret that we generated has 256 random bits, so guessing is hopeless and a slow hash
//! would only cap the token endpoint. It is kept as HMAC-SHA-256 under a key that is itself sealed:
//! a stolen database yields nothing to compare candidates against.
//!
//! Each use has its own domain, so that a value made for one purpose never equals a value made for
//! another, whatever the inputs.

use std::fmt;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, Zeroizing};

use crate::b64;

/// What starts every generated client id.
pub const CLIENT_ID_PREFIX: &str = "vci_";

/// What starts every generated client secret, so that secret scanners find a leak.
pub const CLIENT_SECRET_PREFIX: &str = "vcs_";

/// The key of all keyed digests of an installation.
#[derive(Clone)]
pub struct DigestKey(hmac::Key);

impl DigestKey {
    /// Takes the key's bytes, and wipes them.
    pub fn new(mut bytes: [u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        bytes.zeroize();
        Self(key)
    }

    /// The stored form of a client secret.
    pub fn client_secret(&self, secret: &str) -> [u8; 32] {
        self.mac("client-secret", "", secret.as_bytes())
    }

    /// A secret value that anyone holding this key can make again from the same label and input.
    pub fn derive(&self, label: &str, input: &[u8]) -> [u8; 32] {
        self.mac("derive", label, input)
    }

    /// The CSRF token of a session.
    pub fn csrf_token(&self, session: &[u8]) -> String {
        b64::url(self.mac("csrf", "", session))
    }

    /// Whether `token` is the session's CSRF token, in constant time.
    pub fn is_csrf_token(&self, session: &[u8], token: &str) -> bool {
        self.csrf_token(session).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// Each part is preceded by its length: no two different triples give the same message.
    fn mac(&self, domain: &str, label: &str, input: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [b"vestibule", domain.as_bytes(), label.as_bytes(), input] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(..)")
    }
}

/// HMAC-SHA-256 of a message in parts, in hexadecimal: what a receiver of ours checks.
pub fn hmac_sha256_hex(secret: &[u8], message: &[&[u8]]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    message.iter().for_each(|part| context.update(part));
    context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new client id: only `[A-Za-z0-9_-]`, safe in a URL and in a Basic header as it stands.
pub fn client_id(random: [u8; 32]) -> String {
    format!("{CLIENT_ID_PREFIX}{}", b64::url(random))
}

/// A new client secret of 256 bits: only `[A-Za-z0-9_-]`, so that a client that forgets the
/// form-encoding of RFC 6749 §2.3.1 still sends the same bytes.
pub fn client_secret(random: Zeroizing<[u8; 32]>) -> Zeroizing<String> {
    prefixed_secret(CLIENT_SECRET_PREFIX, random)
}

/// A secret of 256 bits behind the prefix of its kind.
pub fn prefixed_secret(prefix: &str, random: Zeroizing<[u8; 32]>) -> Zeroizing<String> {
    let mut secret = Zeroizing::new(String::with_capacity(prefix.len() + 43));
    secret.push_str(prefix);
    b64::url_onto(&random[..], &mut secret);
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> DigestKey {
        DigestKey::new([7; 32])
    }

    #[test]
    fn i16_a_client_secret_is_stored_as_a_keyed_digest() {
        let stored = key().client_secret("vcs_secret");
        assert_eq!(key().client_secret("vcs_secret"), stored);
        assert_ne!(key().client_secret("vcs_secreT"), stored);
        assert_ne!(DigestKey::new([8; 32]).client_secret("vcs_secret"), stored);
    }

    #[test]
    fn rfc4231_4_3_test_case_2() {
        let made = hmac_sha256_hex(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(made, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn i15_no_two_purposes_share_a_value() {
        let key = key();
        let csrf = b64::from_url(&key.csrf_token(b"x")).expect("base64url");
        let values = [
            key.client_secret("x").to_vec(),
            key.derive("", b"x").to_vec(),
            key.derive("x", b"").to_vec(),
            key.derive("client-secret", b"x").to_vec(),
            csrf,
        ];
        for (at, value) in values.iter().enumerate() {
            assert!(!values[..at].contains(value), "value {at} repeats an earlier one");
        }
    }

    #[test]
    fn i19_a_csrf_token_belongs_to_its_session() {
        let token = key().csrf_token(b"session one");
        assert!(key().is_csrf_token(b"session one", &token));
        assert!(!key().is_csrf_token(b"session two", &token));
        assert!(!key().is_csrf_token(b"session one", &token[..42]));
        assert!(!key().is_csrf_token(b"session one", ""));
    }

    #[test]
    fn generated_ids_and_secrets_need_no_encoding_anywhere() {
        for byte in 0..=255 {
            let id = client_id([byte; 32]);
            let secret = client_secret(Zeroizing::new([byte; 32]));
            for text in [id.as_str(), secret.as_str()] {
                assert_eq!(text.len(), 47);
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
            }
        }
    }

    #[test]
    fn i17_debug_shows_nothing() {
        assert_eq!(format!("{:?}", key()), "DigestKey(..)");
    }
}
