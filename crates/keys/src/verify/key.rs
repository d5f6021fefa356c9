//! A public key that verifies with one algorithm: aws-lc behind josekit's `JwsVerifier`.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, EcdsaVerificationAlgorithm,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters,
};
use josekit::JoseError;
use josekit::jws::{JwsAlgorithm, JwsVerifier};
use serde_json::{Map, Value};

use crate::alg::Alg;
use crate::b64;

/// A public key, parsed once. Clones share it.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<Arc<str>>,
    alg: Alg,
    key: Arc<ParsedPublicKey>,
}

/// Why a public JWK was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A member is absent or not a string.
    #[error("the JWK has no string member {0:?}")]
    Missing(&'static str),
    /// A member is not base64url without padding.
    #[error("the JWK member {0:?} is not base64url without padding")]
    Encoding(&'static str),
    /// The key is of another kind than the algorithm takes.
    #[error("{alg} takes a JWK of {expected}, not of {found:?}")]
    Kind {
        /// The algorithm asked for.
        alg: Alg,
        /// The kind it takes.
        expected: &'static str,
        /// What the JWK says.
        found: String,
    },
    /// The JWK is bound to another algorithm.
    #[error("the JWK is bound to alg {found:?}, not {asked}")]
    Bound {
        /// Its `alg`.
        found: String,
        /// The algorithm asked for.
        asked: Alg,
    },
    /// The JWK is not for signatures.
    #[error("the JWK is meant for {0:?}; a signing key has \"use\": \"sig\" or none")]
    Use(String),
    /// The members form no valid public key: a point off its curve, an RSA key below 2048 bits.
    #[error(
        "the members of the JWK form no valid public key for {0} (RSA needs 2048 to 8192 bits)"
    )]
    Invalid(Alg),
}

impl VerifyingKey {
    /// Reads a public JWK (RFC 7517) for one algorithm. Private members, if any, are not read.
    pub fn from_jwk(jwk: &Map<String, Value>, alg: Alg) -> Result<Self, JwkError> {
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let short = |text: &str| text.chars().take(32).collect::<String>();
        if let Some(usage) = text("use").filter(|usage| *usage != "sig") {
            return Err(JwkError::Use(short(usage)));
        }
        if let Some(found) = text("alg").filter(|found| *found != alg.as_str()) {
            return Err(JwkError::Bound { found: short(found), asked: alg });
        }
        let (kty, crv, expected) = kind(alg);
        let found_kty = text("kty").ok_or(JwkError::Missing("kty"))?;
        let found_crv = text("crv");
        if found_kty != kty || (crv.is_some() && crv != found_crv) {
            let found = short(&format!("{found_kty} {}", found_crv.unwrap_or_default()));
            return Err(JwkError::Kind { alg, expected, found });
        }
        let key = parse(jwk, alg)?;
        Ok(Self { kid: text("kid").map(Arc::from), alg, key: Arc::new(key) })
    }

    /// The key's id, where it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What it verifies.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// Whether `signature` is this key's over `message`.
    pub fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({} {:?})", self.alg, self.kid)
    }
}

impl JwsVerifier for VerifyingKey {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &self.alg
    }

    /// None: which key a `kid` means was decided before, and a peer's only key may go unnamed.
    fn key_id(&self) -> Option<&str> {
        None
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        self.key.verify_sig(message, signature).map_err(|e| JoseError::InvalidSignature(e.into()))
    }

    fn box_clone(&self) -> Box<dyn JwsVerifier> {
        Box::new(self.clone())
    }
}

/// The `kty` and `crv` an algorithm takes, and both in words.
fn kind(alg: Alg) -> (&'static str, Option<&'static str>, &'static str) {
    match alg {
        Alg::ES256 => ("EC", Some("P-256"), "kty EC, crv P-256"),
        Alg::ES384 => ("EC", Some("P-384"), "kty EC, crv P-384"),
        Alg::EdDSA => ("OKP", Some("Ed25519"), "kty OKP, crv Ed25519"),
        Alg::RS256 | Alg::RS384 | Alg::RS512 | Alg::PS256 | Alg::PS384 | Alg::PS512 => {
            ("RSA", None, "kty RSA")
        }
    }
}

fn parse(jwk: &Map<String, Value>, alg: Alg) -> Result<ParsedPublicKey, JwkError> {
    let bytes = |name| {
        let text = jwk.get(name).and_then(Value::as_str).ok_or(JwkError::Missing(name))?;
        b64::from_url(text).ok_or(JwkError::Encoding(name))
    };
    let invalid = |_| JwkError::Invalid(alg);
    let ec = |algorithm: &'static EcdsaVerificationAlgorithm, size: usize| {
        let (x, y) = (bytes("x")?, bytes("y")?);
        // RFC 7518 §6.2.1.2: full length; a short coordinate would move the boundary.
        if x.len() != size || y.len() != size {
            return Err(JwkError::Invalid(alg));
        }
        ParsedPublicKey::new(algorithm, [&[4u8][..], &x, &y].concat()).map_err(invalid)
    };
    let rsa = |parameters: &'static RsaParameters| {
        let bare =
            |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        let components = PublicKeyComponents { n: bare(bytes("n")?), e: bare(bytes("e")?) };
        // aws-lc judges the size only when it verifies; a small key is refused at the door.
        if !(256..=1024).contains(&components.n.len()) {
            return Err(JwkError::Invalid(alg));
        }
        components.to_parsed_public_key(parameters).map_err(invalid)
    };
    match alg {
        Alg::RS256 => rsa(&RSA_PKCS1_2048_8192_SHA256),
        Alg::RS384 => rsa(&RSA_PKCS1_2048_8192_SHA384),
        Alg::RS512 => rsa(&RSA_PKCS1_2048_8192_SHA512),
        Alg::PS256 => rsa(&RSA_PSS_2048_8192_SHA256),
        Alg::PS384 => rsa(&RSA_PSS_2048_8192_SHA384),
        Alg::PS512 => rsa(&RSA_PSS_2048_8192_SHA512),
        Alg::ES256 => ec(&ECDSA_P256_SHA256_FIXED, 32),
        Alg::ES384 => ec(&ECDSA_P384_SHA384_FIXED, 48),
        Alg::EdDSA => ParsedPublicKey::new(&ED25519, bytes("x")?).map_err(invalid),
    }
}
