//! Signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1) and the keys they take.
//!
//! The list is closed on purpose: `none`, HMAC, secp256k1, Ed448 and the curves above P-384 have
//! no variant, so no input can select them.

use std::fmt;
use std::str::FromStr;

use josekit::jws::JwsAlgorithm;
use serde::{Deserialize, Serialize};

/// A JWS algorithm that we sign with and accept (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 using SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 using SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 using SHA-512.
    RS512,
    /// RSASSA-PSS using SHA-256.
    PS256,
    /// RSASSA-PSS using SHA-384.
    PS384,
    /// RSASSA-PSS using SHA-512.
    PS512,
    /// ECDSA using P-256 and SHA-256.
    ES256,
    /// ECDSA using P-384 and SHA-384.
    ES384,
    /// EdDSA, here always Ed25519 (RFC 8037 §3.1).
    EdDSA,
}

/// The text names no algorithm that we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown signature algorithm {0:?}: use one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA"
)]
pub struct UnknownAlg(pub String);

impl Alg {
    /// Every algorithm.
    pub const ALL: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The registered name (RFC 7518 §3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The key a new key of this algorithm is made as.
    pub const fn default_key_type(self) -> KeyType {
        match self {
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => {
                KeyType::Rsa2048
            }
            Self::ES256 => KeyType::P256,
            Self::ES384 => KeyType::P384,
            Self::EdDSA => KeyType::Ed25519,
        }
    }

    /// Whether a key of this type can sign with this algorithm.
    pub fn fits(self, key_type: KeyType) -> bool {
        key_type.algs().contains(&self)
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Alg {
    type Err = UnknownAlg;

    fn from_str(text: &str) -> Result<Self, UnknownAlg> {
        Self::ALL
            .into_iter()
            .find(|alg| alg.as_str() == text)
            .ok_or_else(|| UnknownAlg(text.chars().take(32).collect()))
    }
}

impl JwsAlgorithm for Alg {
    fn name(&self) -> &str {
        self.as_str()
    }

    fn box_clone(&self) -> Box<dyn JwsAlgorithm> {
        Box::new(*self)
    }
}

/// A kind and size of key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

/// The text names no key type that we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key type {0:?}: use one of rsa2048, rsa3072, rsa4096, p256, p384, ed25519")]
pub struct UnknownKeyType(pub String);

impl KeyType {
    /// Every key type.
    pub const ALL: [Self; 6] =
        [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::P256, Self::P384, Self::Ed25519];

    /// The name used in configuration and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The algorithm of such a key where nobody names one.
    pub const fn default_alg(self) -> Alg {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => Alg::RS256,
            Self::P256 => Alg::ES256,
            Self::P384 => Alg::ES384,
            Self::Ed25519 => Alg::EdDSA,
        }
    }

    /// The algorithms such a key can sign with.
    pub const fn algs(self) -> &'static [Alg] {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => {
                &[Alg::RS256, Alg::RS384, Alg::RS512, Alg::PS256, Alg::PS384, Alg::PS512]
            }
            Self::P256 => &[Alg::ES256],
            Self::P384 => &[Alg::ES384],
            Self::Ed25519 => &[Alg::EdDSA],
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyType {
    type Err = UnknownKeyType;

    fn from_str(text: &str) -> Result<Self, UnknownKeyType> {
        Self::ALL
            .into_iter()
            .find(|key_type| key_type.as_str() == text)
            .ok_or_else(|| UnknownKeyType(text.chars().take(32).collect()))
    }
}
