//! The aws-lc key pairs, and what differs between their kinds.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::KeyError;
use crate::alg::{Alg, KeyType};
use crate::b64;

pub(super) enum Pair {
    Rsa(RsaKeyPair, KeyType),
    Ec(EcdsaKeyPair, KeyType),
    Ed(Ed25519KeyPair),
}

impl Pair {
    pub(super) fn generate(key_type: KeyType) -> Result<Self, KeyError> {
        let rsa = |size| RsaKeyPair::generate(size).map(|pair| Self::Rsa(pair, key_type));
        match key_type {
            KeyType::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyType::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyType::Rsa4096 => rsa(KeySize::Rsa4096),
            KeyType::P256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .map(|pair| Self::Ec(pair, key_type)),
            KeyType::P384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)
                .map(|pair| Self::Ec(pair, key_type)),
            KeyType::Ed25519 => Ed25519KeyPair::generate().map(Self::Ed),
        }
        .map_err(|_| KeyError::Generation(key_type))
    }

    /// The first kind that the bytes parse as: PKCS#8 names its algorithm, so at most one does.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Self::from_rsa(pair);
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return Ok(Self::Ec(pair, KeyType::P256));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der) {
            return Ok(Self::Ec(pair, KeyType::P384));
        }
        // Version 1 of the form carries no public key (RFC 8410 §7); there is nothing to check it
        // against, and OpenSSL writes that version.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map(Self::Ed)
            .map_err(|_| KeyError::NotPkcs8)
    }

    pub(super) fn from_rsa(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let key_type = match pair.public_modulus_len() {
            256 => KeyType::Rsa2048,
            384 => KeyType::Rsa3072,
            512 => KeyType::Rsa4096,
            bytes => return Err(KeyError::RsaSize(bytes * 8)),
        };
        Ok(Self::Rsa(pair, key_type))
    }

    pub(super) fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa(_, key_type) | Self::Ec(_, key_type) => *key_type,
            Self::Ed(_) => KeyType::Ed25519,
        }
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let unusable = |_: Unspecified| KeyError::Unusable(self.key_type());
        match self {
            Self::Rsa(pair, _) => {
                let der: Pkcs8V1Der<'static> = pair.as_der().map_err(unusable)?;
                Ok(Zeroizing::new(der.as_ref().to_vec()))
            }
            Self::Ec(pair, _) => {
                Ok(Zeroizing::new(pair.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec()))
            }
            Self::Ed(pair) => {
                Ok(Zeroizing::new(pair.to_pkcs8v1().map_err(unusable)?.as_ref().to_vec()))
            }
        }
    }

    pub(super) fn sign(&self, alg: Alg, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        // aws-lc draws from its own generator; the argument is for compatibility and is ignored.
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair, _) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(alg)?, &random, message, &mut signature)?;
                Ok(signature)
            }
            Self::Ec(pair, _) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Self::Ed(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }

    pub(super) fn signature_len(&self) -> usize {
        match self.key_type() {
            KeyType::Rsa2048 => 256,
            KeyType::Rsa3072 => 384,
            KeyType::Rsa4096 => 512,
            KeyType::P256 | KeyType::Ed25519 => 64,
            KeyType::P384 => 96,
        }
    }

    /// The members of the public JWK that the thumbprint covers (RFC 7638 §3.2).
    pub(super) fn public_members(&self) -> Result<Map<String, Value>, KeyError> {
        let unusable = || KeyError::Unusable(self.key_type());
        match self {
            Self::Rsa(pair, _) => {
                let (n, e) = rsa_public(pair.public_key().as_ref()).ok_or_else(unusable)?;
                Ok(members([("e", b64::url(e)), ("kty", "RSA".into()), ("n", b64::url(n))]))
            }
            Self::Ec(pair, key_type) => {
                let crv = if *key_type == KeyType::P256 { "P-256" } else { "P-384" };
                // SEC1 §2.3.3: 0x04, then both coordinates at full length.
                let point = pair.public_key().as_ref().get(1..).ok_or_else(unusable)?;
                let (x, y) = point.split_at_checked(point.len() / 2).ok_or_else(unusable)?;
                Ok(members([
                    ("crv", crv.into()),
                    ("kty", "EC".into()),
                    ("x", b64::url(x)),
                    ("y", b64::url(y)),
                ]))
            }
            Self::Ed(pair) => Ok(members([
                ("crv", "Ed25519".into()),
                ("kty", "OKP".into()),
                ("x", b64::url(pair.public_key())),
            ])),
        }
    }
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
///
/// Asking OpenSSL for them would be shorter, and would be its only use in a running server: some
/// 3 MiB of it stay resident after the first question.
fn rsa_public(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const INTEGER: u8 = 0x02;
    const SEQUENCE: u8 = 0x30;
    let (members, []) = element(SEQUENCE, der)? else { return None };
    let (n, members) = element(INTEGER, members)?;
    let (e, []) = element(INTEGER, members)? else { return None };
    Some((n.strip_prefix(&[0]).unwrap_or(n), e.strip_prefix(&[0]).unwrap_or(e)))
}

/// The content of the DER element at the front (X.690 §8.1), and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short @ ..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
            let digits = bytes.iter().map(|byte| usize::from(*byte));
            let length = digits
                .into_iter()
                .try_fold(0usize, |length, digit| length.checked_mul(256)?.checked_add(digit))?;
            (length, rest)
        }
    };
    if *found == tag { rest.split_at_checked(length) } else { None }
}

fn members<const N: usize>(members: [(&str, String); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// The JWK thumbprint (RFC 7638 §3): the required members alone, in lexicographic order, which is
/// the order [`Pair::public_members`] gives them in.
pub(super) fn thumbprint(members: &Map<String, Value>) -> String {
    let canonical = Value::Object(members.clone()).to_string();
    b64::url(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes()))
}

fn rsa_encoding(alg: Alg) -> Result<&'static dyn RsaEncoding, Unspecified> {
    match alg {
        Alg::RS256 => Ok(&RSA_PKCS1_SHA256),
        Alg::RS384 => Ok(&RSA_PKCS1_SHA384),
        Alg::RS512 => Ok(&RSA_PKCS1_SHA512),
        Alg::PS256 => Ok(&RSA_PSS_SHA256),
        Alg::PS384 => Ok(&RSA_PSS_SHA384),
        Alg::PS512 => Ok(&RSA_PSS_SHA512),
        Alg::ES256 | Alg::ES384 | Alg::EdDSA => Err(Unspecified),
    }
}
