//! One signing key: an aws-lc key pair behind josekit's `JwsSigner`.
//!
//! A key signs with exactly one algorithm, which its public JWK names (RFC 7517 §4.4), so that a
//! verifier never has to choose. Its `kid` is its RFC 7638 thumbprint unless it was imported under
//! a name that relying parties already know.
//!
//! A [`SigningKey`] is parsed once and cheap to clone; parsing one per signature would cost three
//! to nineteen signatures. Generation draws its randomness inside aws-lc, which offers no other
//! door; RSA takes some 50 ms at 2048 bits and up to seconds at 4096, so call it off the hot path.

mod import;
mod pair;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use josekit::JoseError;
use josekit::jws::{JwsAlgorithm, JwsSigner};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::alg::{Alg, KeyType};
use crate::verify::VerifyingKey;
use pair::Pair;

pub use import::ImportError;

/// The longest `kid` taken from outside.
const MAX_KID: usize = 128;

/// A private key that signs with one algorithm. Clones share it.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    kid: String,
    alg: Alg,
    pair: Pair,
    public: Map<String, Value>,
    verifying: VerifyingKey,
}

/// Why a key could not be made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The algorithm does not go with the key.
    #[error("{alg} cannot be used with a {key_type} key: it takes {expected}", expected = names(*key_type))]
    Mismatch {
        /// What was asked for.
        alg: Alg,
        /// What the key is.
        key_type: KeyType,
    },
    /// The library could not make the key.
    #[error("the {0} key could not be generated: the cryptographic library gave no reason")]
    Generation(KeyType),
    /// The library could not write or read back a key it had accepted.
    #[error("the {0} key was refused by the cryptographic library; make a new one")]
    Unusable(KeyType),
    /// The bytes are not a PKCS#8 key of a supported type.
    #[error(
        "not a PKCS#8 private key of a supported type (RSA 2048/3072/4096, P-256, P-384, Ed25519)"
    )]
    NotPkcs8,
    /// An RSA key of a size that is not offered.
    #[error("an RSA key of {0} bits is not supported: use 2048, 3072 or 4096")]
    RsaSize(usize),
    /// A `kid` that cannot stand in a header.
    #[error("the kid {0:?} is not usable: it must be 1 to {MAX_KID} visible ASCII characters")]
    Kid(String),
    /// Signing failed inside the library.
    #[error("the cryptographic library could not sign with key {0}")]
    Signature(String),
}

fn names(key_type: KeyType) -> String {
    key_type.algs().iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(", ")
}

impl SigningKey {
    /// Makes a new key.
    pub fn generate(key_type: KeyType, alg: Alg) -> Result<Self, KeyError> {
        if !alg.fits(key_type) {
            return Err(KeyError::Mismatch { alg, key_type });
        }
        Self::from_pair(Pair::generate(key_type)?, alg)
    }

    /// Reads a key from PKCS#8 DER (RFC 5208): the form in which keys are sealed and stored.
    pub fn from_pkcs8(der: &[u8], alg: Alg) -> Result<Self, KeyError> {
        Self::from_pair(Pair::from_pkcs8(der)?, alg)
    }

    /// Reads a key from PEM: PKCS#8, SEC1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    /// Without `alg` the key takes the usual algorithm of its type.
    pub fn from_pem(pem: &str, alg: Option<Alg>) -> Result<Self, ImportError> {
        import::from_pem(pem, alg)
    }

    /// Reads a key from a private JWK (RFC 7517), keeping its `kid` and `alg` when it has them.
    pub fn from_jwk(json: &str, alg: Option<Alg>) -> Result<Self, ImportError> {
        import::from_jwk(json, alg)
    }

    fn from_pair(pair: Pair, alg: Alg) -> Result<Self, KeyError> {
        let key_type = pair.key_type();
        if !alg.fits(key_type) {
            return Err(KeyError::Mismatch { alg, key_type });
        }
        let members = pair.public_members()?;
        let kid = pair::thumbprint(&members);
        Self::assemble(pair, alg, members, kid)
    }

    fn assemble(
        pair: Pair,
        alg: Alg,
        mut public: Map<String, Value>,
        kid: String,
    ) -> Result<Self, KeyError> {
        for (name, value) in [("use", "sig"), ("alg", alg.as_str()), ("kid", &kid)] {
            public.insert(name.to_owned(), Value::from(value));
        }
        let verifying = VerifyingKey::from_jwk(&public, alg)
            .map_err(|_| KeyError::Unusable(pair.key_type()))?;
        Ok(Self(Arc::new(Inner { kid, alg, pair, public, verifying })))
    }

    /// The same key under another `kid`.
    pub fn with_kid(&self, kid: &str) -> Result<Self, KeyError> {
        if kid.is_empty() || kid.len() > MAX_KID || !kid.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(KeyError::Kid(kid.chars().take(MAX_KID).collect()));
        }
        let pair = Pair::from_pkcs8(&self.to_pkcs8()?)?;
        Self::assemble(pair, self.0.alg, self.0.public.clone(), kid.to_owned())
    }

    /// The key's id (RFC 7517 §4.5).
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// What it signs with.
    pub fn alg(&self) -> Alg {
        self.0.alg
    }

    /// What it is.
    pub fn key_type(&self) -> KeyType {
        self.0.pair.key_type()
    }

    /// Its public JWK with `kid`, `use` and `alg` (RFC 7517 §4).
    pub fn public_jwk(&self) -> &Map<String, Value> {
        &self.0.public
    }

    /// Its public half, ready to verify.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.0.verifying
    }

    /// The private key as PKCS#8 DER, to be sealed.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.0.pair.to_pkcs8()
    }

    /// Signs a message: the JWS signature bytes (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
    pub fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.0.pair.sign(self.0.alg, message).map_err(|_| KeyError::Signature(self.0.kid.clone()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {}, ..)", self.0.alg, self.0.kid)
    }
}

impl JwsSigner for SigningKey {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &self.0.alg
    }

    fn key_id(&self) -> Option<&str> {
        Some(&self.0.kid)
    }

    fn signature_len(&self) -> usize {
        self.0.pair.signature_len()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        self.sign_bytes(message).map_err(|e| JoseError::InvalidSignature(e.into()))
    }

    fn box_clone(&self) -> Box<dyn JwsSigner> {
        Box::new(self.clone())
    }
}
