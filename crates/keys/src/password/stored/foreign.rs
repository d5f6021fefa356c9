//! Hashes of other identity services, whose forms say less than they need.
//!
//! | from | form |
//! |---|---|
//! | ASP.NET Identity | base64 of a marker, the parameters and the hash: kept as it is |
//! | Keycloak | two JSON objects, `credentialData` and `secretData`: rewritten by [`from_keycloak`] |
//! | Firebase | a user's hash and salt, a project's parameters: rewritten by [`FirebaseProject::hash`] |
//!
//! A Firebase hash is an encryption of the project's signer key under a key from the password; so
//! the signer key has to stand with each hash, as it stands with them in the export.

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Prf, Scheme, Stored, UnknownScheme, number, parameter};
use crate::b64;

/// ASP.NET Identity 2: PBKDF2 with HMAC-SHA-1, as the framework fixed it.
const ASPNET_V2_ROUNDS: u32 = 1000;
/// Firebase: the bytes of scrypt's output, of which the first half is the key.
const FIREBASE_OUTPUT: usize = 64;
/// Longest JSON of a credential.
const MAX_JSON: usize = 4096;

/// A Firebase hash: its scrypt, and what the derived key has to encrypt to what.
pub(in crate::password) struct Firebase {
    params: scrypt::Params,
    salt: Vec<u8>,
    signer: Zeroizing<Vec<u8>>,
    hash: Vec<u8>,
}

impl Firebase {
    pub(in crate::password) fn matches(&self, password: &str) -> bool {
        let mut derived = Zeroizing::new([0; FIREBASE_OUTPUT]);
        let done = scrypt::scrypt(password.as_bytes(), &self.salt, &self.params, &mut derived[..]);
        let Some(key) = derived.get(..32).filter(|_| done.is_ok()) else { return false };
        let Ok(key) = UnboundCipherKey::new(&AES_256, key).and_then(EncryptingKey::ctr) else {
            return false;
        };
        let mut computed = Zeroizing::new(self.signer.to_vec());
        let zero = EncryptionContext::Iv128(FixedLength::from([0; 16]));
        key.less_safe_encrypt(&mut computed, zero).is_ok()
            && computed.as_slice().ct_eq(&self.hash).into()
    }
}

pub(super) fn firebase(fields: &[&str]) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Scrypt, what);
    let [list, salt, signer, hash] = fields else {
        return Err(damaged("expected $firebase-scrypt$ln=…,r=…,p=1$salt$signer key$hash"));
    };
    let bytes = |text| b64::from_phc(text).ok_or(damaged("its parts must be unpadded base64"));
    let (salt, signer, hash) = (bytes(salt)?, bytes(signer)?, bytes(hash)?);
    if signer.len() != hash.len() {
        return Err(damaged("the hash must be as long as the signer key"));
    }
    let cost = |name| parameter(list, name).and_then(number);
    let log_n = cost("ln").and_then(|log_n| u8::try_from(log_n).ok());
    // The bounds are those of any scrypt.
    match super::scrypt(log_n, cost("r"), cost("p"), salt, hash)? {
        Stored::Scrypt { params, salt, hash } => {
            let (log_n, r, p) = (params.log_n(), params.r(), params.p());
            let params = scrypt::Params::new(log_n, r, p, FIREBASE_OUTPUT)
                .map_err(|_| damaged("its parameters contradict each other"))?;
            Ok(Stored::Firebase(Firebase { params, salt, signer: Zeroizing::new(signer), hash }))
        }
        other => Ok(other),
    }
}

/// The password hash parameters of a Firebase project, as its console shows them.
pub struct FirebaseProject {
    signer: Zeroizing<Vec<u8>>,
    separator: Vec<u8>,
    rounds: u32,
    memory: u32,
}

impl std::fmt::Debug for FirebaseProject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirebaseProject").field("rounds", &self.rounds).finish_non_exhaustive()
    }
}

impl FirebaseProject {
    /// `base64_signer_key`, `base64_salt_separator`, `rounds` and `mem_cost`.
    pub fn new(
        signer: &str,
        separator: &str,
        rounds: u32,
        memory: u32,
    ) -> Result<Self, UnknownScheme> {
        let damaged = |what| UnknownScheme::Damaged(Scheme::Scrypt, what);
        let signer = either(signer)
            .filter(|key| (16..=64).contains(&key.len()))
            .ok_or(damaged("base64_signer_key must be base64 of 16 to 64 bytes"))?;
        let separator = either(separator)
            .filter(|bytes| bytes.len() <= 16)
            .ok_or(damaged("base64_salt_separator must be base64 of at most 16 bytes"))?;
        Ok(Self { signer: Zeroizing::new(signer), separator, rounds, memory })
    }

    /// A user's `passwordHash` and `salt` in the form that is kept.
    pub fn hash(&self, hash: &str, salt: &str) -> Result<String, UnknownScheme> {
        let damaged = |what| UnknownScheme::Damaged(Scheme::Scrypt, what);
        let hash = either(hash).ok_or(damaged("passwordHash must be base64"))?;
        let mut salt = either(salt).ok_or(damaged("salt must be base64"))?;
        salt.extend_from_slice(&self.separator);
        let text = format!(
            "$firebase-scrypt$ln={},r={},p=1${}${}${}",
            self.memory,
            self.rounds,
            b64::phc(&salt),
            b64::phc(&*self.signer),
            b64::phc(&hash)
        );
        Stored::parse(&text).map(|_| text)
    }
}

/// ASP.NET Identity: 0x00 and version 2's fixed parameters, or 0x01 and version 3's own.
pub(super) fn aspnet(text: &str) -> Result<Stored, UnknownScheme> {
    let bytes = b64::from_standard(text).ok_or(UnknownScheme::Unknown)?;
    match bytes.split_first() {
        Some((0, rest)) if rest.len() == 48 => {
            let (salt, hash) = rest.split_at(16);
            super::pbkdf2_of(Prf::Sha1, ASPNET_V2_ROUNDS, salt.to_vec(), hash.to_vec())
        }
        Some((1, rest)) => aspnet_v3(rest),
        _ => Err(UnknownScheme::Unknown),
    }
}

fn aspnet_v3(rest: &[u8]) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Pbkdf2, what);
    let word = |place: usize| {
        let bytes: [u8; 4] = rest.get(place * 4..place * 4 + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let (Some(prf), Some(rounds), Some(length)) = (word(0), word(1), word(2)) else {
        return Err(UnknownScheme::Unknown);
    };
    let prf = match prf {
        0 => Prf::Sha1,
        1 => Prf::Sha256,
        2 => Prf::Sha512,
        _ => return Err(damaged("the marker names no known function")),
    };
    let body = rest.get(12..).unwrap_or_default();
    let parts = usize::try_from(length).ok().and_then(|length| body.split_at_checked(length));
    let (salt, hash) = parts.ok_or(damaged("the salt is cut off"))?;
    super::pbkdf2_of(prf, rounds, salt.to_vec(), hash.to_vec())
}

/// A password credential of a Keycloak export (`{"credentialData": …, "secretData": …}`, each an
/// object or its text) in the form that is kept.
pub fn from_keycloak(credential: &str) -> Result<String, UnknownScheme> {
    if credential.len() > MAX_JSON {
        return Err(UnknownScheme::Unknown);
    }
    let whole: Value = serde_json::from_str(credential).map_err(|_| UnknownScheme::Unknown)?;
    let part = |name: &str| match whole.get(name) {
        Some(Value::String(text)) => serde_json::from_str::<Value>(text).ok(),
        Some(object @ Value::Object(_)) => Some(object.clone()),
        _ => None,
    };
    let (Some(data), Some(secret)) = (part("credentialData"), part("secretData")) else {
        return Err(UnknownScheme::Unknown);
    };
    let algorithm = data.get("algorithm").and_then(Value::as_str).unwrap_or_default();
    let scheme = if algorithm == "argon2" { Scheme::Argon2 } else { Scheme::Pbkdf2 };
    let bytes = |name: &str| {
        let text = secret.get(name).and_then(Value::as_str).and_then(either);
        text.ok_or(UnknownScheme::Damaged(scheme, "secretData must have value and salt in base64"))
    };
    let (salt, hash) = (b64::phc(bytes("salt")?), b64::phc(bytes("value")?));
    let rounds = data.get("hashIterations").and_then(Value::as_u64);
    let rounds = rounds.ok_or(UnknownScheme::Damaged(scheme, "hashIterations must be a number"))?;
    let text = match algorithm {
        "pbkdf2" => format!("$pbkdf2$i={rounds}${salt}${hash}"),
        "pbkdf2-sha256" => format!("$pbkdf2-sha256$i={rounds}${salt}${hash}"),
        "pbkdf2-sha512" => format!("$pbkdf2-sha512$i={rounds}${salt}${hash}"),
        "argon2" => keycloak_argon2(&data, rounds, &salt, &hash),
        _ => return Err(UnknownScheme::Unknown),
    };
    Stored::parse(&text).map(|_| text)
}

/// Keycloak writes each additional parameter as a list of one text.
fn keycloak_argon2(data: &Value, passes: u64, salt: &str, hash: &str) -> String {
    let parameter = |name: &str, usual: &str| {
        let value = data.get("additionalParameters").and_then(|all| all.get(name));
        let value = value.and_then(|list| list.get(0).unwrap_or(list).as_str());
        value.unwrap_or(usual).to_owned()
    };
    let variant = format!("argon2{}", parameter("type", "id"));
    let version = if parameter("version", "1.3") == "1.0" { 16 } else { 19 };
    let (memory, lanes) = (parameter("memory", "7168"), parameter("parallelism", "1"));
    format!("${variant}$v={version}$m={memory},t={passes},p={lanes}${salt}${hash}")
}

/// Base64 with either alphabet, padded or not: exports differ.
fn either(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    b64::from_phc(&text)
}
