//! Private keys from outside: PEM and JWK.

use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, RsaKeyPair,
};
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use super::pair::Pair;
use super::{KeyError, SigningKey};
use crate::alg::{Alg, KeyType, UnknownAlg};
use crate::b64;

/// The largest key text read: an RSA-4096 key in PEM takes 3.3 KB.
const MAX_TEXT: usize = 16 * 1024;

/// Why a key text was not taken. No variant quotes key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The text is longer than any key.
    #[error("the key text has {0} bytes; at most {MAX_TEXT} are read")]
    TooLong(usize),
    /// No PEM block was found.
    #[error("no PEM block found: expected a line such as -----BEGIN PRIVATE KEY-----")]
    NotPem,
    /// A block that does not end, or whose content is not base64.
    #[error(
        "the PEM block {0:?} is damaged: its content is not base64, or its END line is missing"
    )]
    DamagedPem(String),
    /// The key is protected by a passphrase.
    #[error(
        "the key is encrypted with a passphrase; decrypt it first: openssl pkey -in key.pem -out plain.pem"
    )]
    Encrypted,
    /// Public material where a private key is needed.
    #[error("found {0:?} only, which holds no private key")]
    NotPrivate(String),
    /// The block parses as no supported key.
    #[error(
        "the PEM block {0:?} holds no supported key: use RSA 2048/3072/4096, P-256, P-384 or Ed25519"
    )]
    Unsupported(String),
    /// The JSON is not a JWK.
    #[error("not a JWK: {0}")]
    NotJwk(String),
    /// A member that this kind of private JWK needs is absent.
    #[error("the JWK has no {0:?} member; a private {1} key needs it")]
    Missing(&'static str, &'static str),
    /// A member is not base64url without padding.
    #[error("the JWK member {0:?} is not base64url without padding")]
    Encoding(&'static str),
    /// `kty` or `crv` names something else.
    #[error(
        "the JWK is of kty {kty:?} and crv {crv:?}: use RSA, EC with P-256 or P-384, or OKP with Ed25519"
    )]
    Kind {
        /// Its `kty`.
        kty: String,
        /// Its `crv`, or nothing.
        crv: String,
    },
    /// `use` says that the key is not for signatures.
    #[error("the JWK is meant for {0:?}; a signing key has \"use\": \"sig\" or none")]
    Use(String),
    /// The numbers do not form a key pair.
    #[error("the members of the JWK do not form a valid {0} key pair")]
    Inconsistent(&'static str),
    /// `alg` is unknown.
    #[error(transparent)]
    Alg(#[from] UnknownAlg),
    /// The algorithm asked for is not the one the JWK is bound to.
    #[error("the JWK is bound to {bound} and cannot be imported for {asked}")]
    Bound {
        /// The JWK's `alg`.
        bound: Alg,
        /// What was asked for.
        asked: Alg,
    },
    /// The key parsed, but cannot be used so.
    #[error(transparent)]
    Key(#[from] KeyError),
}

pub(super) fn from_pem(pem: &str, alg: Option<Alg>) -> Result<SigningKey, ImportError> {
    if pem.len() > MAX_TEXT {
        return Err(ImportError::TooLong(pem.len()));
    }
    let mut other = None;
    let mut rest = pem;
    // `openssl ecparam -genkey` writes EC PARAMETERS first: look at every block.
    while let Some((label, body, after)) = next_block(rest)? {
        rest = after;
        if label == "ENCRYPTED PRIVATE KEY" || body.contains("ENCRYPTED") {
            return Err(ImportError::Encrypted);
        }
        let Some(parse) = parser(label) else {
            other = Some(label);
            continue;
        };
        let text: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let der = b64::from_standard(&text)
            .map(Zeroizing::new)
            .ok_or_else(|| ImportError::DamagedPem(label.to_owned()))?;
        let pair = match parse(&der) {
            Err(KeyError::NotPkcs8) => Err(ImportError::Unsupported(label.to_owned())),
            other => other.map_err(ImportError::from),
        }?;
        let alg = alg.unwrap_or_else(|| pair.key_type().default_alg());
        return Ok(SigningKey::from_pair(pair, alg)?);
    }
    Err(other.map_or(ImportError::NotPem, |label| ImportError::NotPrivate(label.to_owned())))
}

/// A block's label and content, and the text behind it.
type Block<'a> = (&'a str, &'a str, &'a str);

fn next_block(text: &str) -> Result<Option<Block<'_>>, ImportError> {
    let Some((_, after)) = text.split_once("-----BEGIN ") else { return Ok(None) };
    let Some((label, after)) = after.split_once("-----") else { return Err(ImportError::NotPem) };
    // A mistyped label is quoted in the error; a key whose line breaks were lost must not be.
    if label.len() > 40 || label.contains('\n') {
        return Err(ImportError::NotPem);
    }
    let end = format!("-----END {label}-----");
    let Some((body, after)) = after.split_once(&end) else {
        return Err(ImportError::DamagedPem(label.to_owned()));
    };
    Ok(Some((label, body, after)))
}

type Parse = fn(&[u8]) -> Result<Pair, KeyError>;

fn parser(label: &str) -> Option<Parse> {
    match label {
        "PRIVATE KEY" => Some(Pair::from_pkcs8),
        "RSA PRIVATE KEY" => Some(|der| {
            RsaKeyPair::from_der(der).map_err(|_| KeyError::NotPkcs8).and_then(Pair::from_rsa)
        }),
        "EC PRIVATE KEY" => Some(|der| {
            let p384 = || EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, der);
            EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
                .map(|pair| Pair::Ec(pair, KeyType::P256))
                .or_else(|_| p384().map(|pair| Pair::Ec(pair, KeyType::P384)))
                .map_err(|_| KeyError::NotPkcs8)
        }),
        _ => None,
    }
}

/// A private JWK (RFC 7518 §6, RFC 8037 §2). Typed, so that a repeated member is refused; wiped
/// when dropped.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Drop for PrivateJwk {
    fn drop(&mut self) {
        for member in
            [&mut self.d, &mut self.p, &mut self.q, &mut self.dp, &mut self.dq, &mut self.qi]
        {
            member.zeroize();
        }
    }
}

pub(super) fn from_jwk(json: &str, alg: Option<Alg>) -> Result<SigningKey, ImportError> {
    if json.len() > MAX_TEXT {
        return Err(ImportError::TooLong(json.len()));
    }
    // The place says where it broke; the message itself may quote a value.
    let jwk: PrivateJwk = serde_json::from_str(json).map_err(|e| {
        ImportError::NotJwk(format!(
            "line {}, column {}: {:?} error",
            e.line(),
            e.column(),
            e.classify()
        ))
    })?;
    if let Some(usage) = jwk.usage.as_deref().filter(|usage| *usage != "sig") {
        return Err(ImportError::Use(usage.chars().take(16).collect()));
    }
    let bound = jwk.alg.as_deref().map(str::parse::<Alg>).transpose()?;
    if let (Some(bound), Some(asked)) = (bound, alg)
        && bound != asked
    {
        return Err(ImportError::Bound { bound, asked });
    }
    let pair = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => rsa(&jwk)?,
        ("EC", Some("P-256")) => ec(&jwk, KeyType::P256, &ECDSA_P256_SHA256_FIXED_SIGNING, 32)?,
        ("EC", Some("P-384")) => ec(&jwk, KeyType::P384, &ECDSA_P384_SHA384_FIXED_SIGNING, 48)?,
        ("OKP", Some("Ed25519")) => okp(&jwk)?,
        (kty, crv) => {
            let short = |text: &str| text.chars().take(16).collect();
            return Err(ImportError::Kind { kty: short(kty), crv: short(crv.unwrap_or_default()) });
        }
    };
    let alg = alg.or(bound).unwrap_or_else(|| pair.key_type().default_alg());
    let key = SigningKey::from_pair(pair, alg)?;
    match jwk.kid.as_deref() {
        Some(kid) => Ok(key.with_kid(kid)?),
        None => Ok(key),
    }
}

fn member(
    value: &Option<String>,
    name: &'static str,
    kind: &'static str,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let text = value.as_deref().ok_or(ImportError::Missing(name, kind))?;
    b64::from_url(text).map(Zeroizing::new).ok_or(ImportError::Encoding(name))
}

fn rsa(jwk: &PrivateJwk) -> Result<Pair, ImportError> {
    let part = |value, name| member(value, name, "RSA");
    // aws-lc wants the public numbers without leading zero octets, and some writers pad.
    let bare = |bytes: &[u8]| {
        bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>().into()
    };
    let components: KeyPairComponents<Zeroizing<Vec<u8>>> = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: bare(&part(&jwk.n, "n")?),
            e: bare(&part(&jwk.e, "e")?),
        },
        d: part(&jwk.d, "d")?,
        p: part(&jwk.p, "p")?,
        q: part(&jwk.q, "q")?,
        dP: part(&jwk.dp, "dp")?,
        dQ: part(&jwk.dq, "dq")?,
        qInv: part(&jwk.qi, "qi")?,
    };
    let pair =
        RsaKeyPair::from_components(&components).map_err(|_| ImportError::Inconsistent("RSA"))?;
    Ok(Pair::from_rsa(pair)?)
}

fn ec(
    jwk: &PrivateJwk,
    key_type: KeyType,
    alg: &'static EcdsaSigningAlgorithm,
    size: usize,
) -> Result<Pair, ImportError> {
    let part = |value, name| {
        member(value, name, "EC").and_then(|bytes| {
            // RFC 7518 §6.2.1.2: full length, whatever the leading octets.
            if bytes.len() == size { Ok(bytes) } else { Err(ImportError::Inconsistent("EC")) }
        })
    };
    let (d, x, y) = (part(&jwk.d, "d")?, part(&jwk.x, "x")?, part(&jwk.y, "y")?);
    let point = [&[4u8][..], x.as_slice(), y.as_slice()].concat();
    EcdsaKeyPair::from_private_key_and_public_key(alg, &d, &point)
        .map(|pair| Pair::Ec(pair, key_type))
        .map_err(|_| ImportError::Inconsistent("EC"))
}

fn okp(jwk: &PrivateJwk) -> Result<Pair, ImportError> {
    let (d, x) = (member(&jwk.d, "d", "OKP")?, member(&jwk.x, "x", "OKP")?);
    Ed25519KeyPair::from_seed_and_public_key(&d, &x)
        .map(Pair::Ed)
        .map_err(|_| ImportError::Inconsistent("OKP"))
}
