//! The written forms of password hashes, parsed into one closed type with bounds on every number.
//!
//! | scheme | forms |
//! |---|---|
//! | Argon2 | PHC `$argon2id$`, `$argon2i$`, `$argon2d$`; Django's `argon2$argon2id$…` |
//! | bcrypt | `$2a$`, `$2b$`, `$2y$`; Django's `bcrypt$$2b$…`, `bcrypt_sha256$$2b$…` |
//! | PBKDF2 | PHC and passlib `$pbkdf2-sha256$…`, `$pbkdf2-sha512$…`, `$pbkdf2$…`; Django's `pbkdf2_sha256$…`, `pbkdf2_sha1$…`; ASP.NET Identity 2 and 3 |
//! | scrypt | PHC and passlib `$scrypt$ln=…`; Django's `scrypt$…`; Firebase's, see [`foreign`] |
//!
//! bcrypt reads only the first 72 bytes of a password, whatever follows; Django's `bcrypt_sha256`
//! avoids that. Such a hash is replaced at the next sign-in, which uses the whole password.
//!
//! An imported hash carries its own cost, and whoever wrote the import file chose it: beyond these
//! bounds it is refused when it is imported, not when it hangs a sign-in.

pub(super) mod foreign;

use std::fmt;

use argon2::{Algorithm, Version};

use crate::b64;

/// The longest hash text read.
const MAX_TEXT: usize = 512;
/// Argon2: 256 MiB, 10 passes, 8 lanes.
pub(super) const MAX_ARGON2: (u32, u32, u32) = (256 * 1024, 10, 8);
/// bcrypt: 2^15 rounds, some 2 s.
const MAX_BCRYPT_COST: u32 = 15;
/// PBKDF2: twice what the strictest framework asks for.
const MAX_PBKDF2_ROUNDS: u32 = 2_500_000;
/// scrypt: bytes of memory, and bytes mixed in all.
const MAX_SCRYPT: (u64, u64) = (256 << 20, 1 << 30);

/// A family of password hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Argon2 (RFC 9106), any variant.
    Argon2,
    /// bcrypt.
    Bcrypt,
    /// PBKDF2 (RFC 8018 §5.2).
    Pbkdf2,
    /// scrypt (RFC 7914).
    Scrypt,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argon2 => "Argon2",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2 => "PBKDF2",
            Self::Scrypt => "scrypt",
        })
    }
}

/// Why a stored hash cannot be checked. No variant quotes the hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownScheme {
    /// No known prefix.
    #[error(
        "not a known password hash: expected Argon2, bcrypt ($2a$, $2b$, $2y$), PBKDF2 or scrypt, in the form of PHC, passlib, Django, ASP.NET Identity, Firebase or a Keycloak export"
    )]
    Unknown,
    /// A known prefix, and something else behind it.
    #[error("a {0} hash that is damaged: {1}")]
    Damaged(Scheme, &'static str),
    /// Its cost is more than any sign-in should pay.
    #[error("a {0} hash with parameters out of bounds: {1}")]
    Excessive(Scheme, &'static str),
}

/// Which scheme a hash is of; refuses what could not be checked at sign-in.
pub fn recognise(hash: &str) -> Result<Scheme, UnknownScheme> {
    Stored::parse(hash).map(|stored| match stored {
        Stored::Argon2(_) => Scheme::Argon2,
        Stored::Bcrypt { .. } => Scheme::Bcrypt,
        Stored::Pbkdf2 { .. } => Scheme::Pbkdf2,
        Stored::Scrypt { .. } | Stored::Firebase(_) => Scheme::Scrypt,
    })
}

/// A hash, ready to be compared with.
pub(super) enum Stored {
    Argon2(StoredArgon2),
    Bcrypt { hash: String, prehash: Prehash },
    Pbkdf2 { prf: Prf, rounds: u32, salt: Vec<u8>, hash: Vec<u8> },
    Scrypt { params: scrypt::Params, salt: Vec<u8>, hash: Vec<u8> },
    Firebase(foreign::Firebase),
}

pub(super) struct StoredArgon2 {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: argon2::Params,
    pub(super) pepper: Option<String>,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

/// What bcrypt is given.
pub(super) enum Prehash {
    /// The password.
    None,
    /// The hexadecimal SHA-256 of the password (Django's `bcrypt_sha256`).
    Sha256Hex,
}

#[derive(Clone, Copy)]
pub(super) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

impl Stored {
    pub(super) fn parse(text: &str) -> Result<Self, UnknownScheme> {
        if text.len() > MAX_TEXT || !text.is_ascii() {
            return Err(UnknownScheme::Unknown);
        }
        // Django writes `scheme$` and then its own form.
        if let Some(rest) = text.strip_prefix("bcrypt_sha256$") {
            return bcrypt(rest, Prehash::Sha256Hex);
        }
        if let Some(rest) = text.strip_prefix("bcrypt$") {
            return bcrypt(rest, Prehash::None);
        }
        if let Some(rest) = text.strip_prefix("argon2$") {
            return argon2(rest);
        }
        let fields: Vec<&str> = text.split('$').collect();
        match fields.as_slice() {
            ["", "2a" | "2b" | "2y", ..] => bcrypt(text, Prehash::None),
            ["", "argon2id" | "argon2i" | "argon2d", ..] => argon2(text.trim_start_matches('$')),
            ["", "pbkdf2-sha256", rest @ ..] => pbkdf2_phc(Prf::Sha256, rest),
            ["", "pbkdf2-sha512", rest @ ..] => pbkdf2_phc(Prf::Sha512, rest),
            ["", "pbkdf2", rest @ ..] => pbkdf2_phc(Prf::Sha1, rest),
            ["pbkdf2_sha256", rest @ ..] => pbkdf2_django(Prf::Sha256, rest),
            ["pbkdf2_sha1", rest @ ..] => pbkdf2_django(Prf::Sha1, rest),
            ["", "scrypt", rest @ ..] => scrypt_phc(rest),
            ["scrypt", rest @ ..] => scrypt_django(rest),
            ["", "firebase-scrypt", rest @ ..] => foreign::firebase(rest),
            [text] => foreign::aspnet(text),
            _ => Err(UnknownScheme::Unknown),
        }
    }
}

/// The value of `name` in `a=1,b=2`.
fn parameter<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    list.split(',')
        .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
        .map(|p| p.1)
}

/// Decimal digits alone: no sign, no blank.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A salt and a hash of lengths that are in use.
fn sound(salt: &[u8], hash: &[u8]) -> bool {
    (1..=64).contains(&salt.len()) && (10..=64).contains(&hash.len())
}

fn bcrypt(hash: &str, prehash: Prehash) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Bcrypt, what);
    let fields: Vec<&str> = hash.split('$').collect();
    let ["", "2a" | "2b" | "2y", cost, digest] = fields.as_slice() else {
        return Err(damaged("expected $2b$<cost>$<53 characters>"));
    };
    let digest_ok = digest.len() == 53
        && digest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte));
    let cost_number = number(cost).filter(|_| cost.len() == 2);
    let (Some(cost), true) = (cost_number, digest_ok) else {
        return Err(damaged("expected a cost of two digits and 53 characters of salt and digest"));
    };
    if !(4..=MAX_BCRYPT_COST).contains(&cost) {
        return Err(UnknownScheme::Excessive(Scheme::Bcrypt, "the cost must be 4 to 15"));
    }
    Ok(Stored::Bcrypt { hash: hash.to_owned(), prehash })
}

fn argon2(text: &str) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Argon2, what);
    let fields: Vec<&str> = text.split('$').collect();
    let (variant, version, list, salt, hash) = match fields.as_slice() {
        [variant, version, list, salt, hash] if version.starts_with("v=") => {
            (*variant, *version, *list, *salt, *hash)
        }
        // The first edition wrote no version and was 0x10.
        [variant, list, salt, hash] => (*variant, "v=16", *list, *salt, *hash),
        _ => return Err(damaged("expected $argon2id$v=19$m=…,t=…,p=…$salt$hash")),
    };
    let algorithm = variant.parse().map_err(|_| damaged("the variant is unknown"))?;
    let version = match version {
        "v=19" => Version::V0x13,
        "v=16" => Version::V0x10,
        _ => return Err(damaged("the version must be 19 or 16")),
    };
    let cost = |name| parameter(list, name).and_then(number);
    let (Some(m), Some(t), Some(p)) = (cost("m"), cost("t"), cost("p")) else {
        return Err(damaged("m, t and p must be numbers"));
    };
    if parameter(list, "data").is_some() {
        return Err(damaged("associated data is not supported"));
    }
    let (max_m, max_t, max_p) = MAX_ARGON2;
    if m > max_m || t > max_t || p > max_p {
        return Err(UnknownScheme::Excessive(Scheme::Argon2, "at most m=262144, t=10, p=8"));
    }
    let params = argon2::Params::new(m, t, p, None).map_err(|_| {
        UnknownScheme::Excessive(Scheme::Argon2, "m must be at least 8 times p, and t 1")
    })?;
    let bytes = |text| b64::from_phc(text).ok_or(damaged("salt and hash must be unpadded base64"));
    let (salt, hash) = (bytes(salt)?, bytes(hash)?);
    if salt.len() < 8 || !sound(&salt, &hash) {
        return Err(damaged("the salt must have 8 to 64 bytes and the hash 10 to 64"));
    }
    let pepper = parameter(list, "keyid").map(str::to_owned);
    Ok(Stored::Argon2(StoredArgon2 { algorithm, version, params, pepper, salt, hash }))
}

fn pbkdf2(prf: Prf, rounds: &str, salt: Vec<u8>, hash: Vec<u8>) -> Result<Stored, UnknownScheme> {
    let rounds = number(rounds)
        .ok_or(UnknownScheme::Damaged(Scheme::Pbkdf2, "the number of rounds is not a number"))?;
    pbkdf2_of(prf, rounds, salt, hash)
}

fn pbkdf2_of(prf: Prf, rounds: u32, salt: Vec<u8>, hash: Vec<u8>) -> Result<Stored, UnknownScheme> {
    if !(1..=MAX_PBKDF2_ROUNDS).contains(&rounds) {
        return Err(UnknownScheme::Excessive(Scheme::Pbkdf2, "1 to 2500000 rounds"));
    }
    if !sound(&salt, &hash) {
        return Err(UnknownScheme::Damaged(
            Scheme::Pbkdf2,
            "the salt must have 1 to 64 bytes and the hash 10 to 64",
        ));
    }
    Ok(Stored::Pbkdf2 { prf, rounds, salt, hash })
}

fn pbkdf2_phc(prf: Prf, fields: &[&str]) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Pbkdf2, what);
    let [list, salt, hash] = fields else {
        return Err(damaged("expected $pbkdf2-sha256$i=…$salt$hash"));
    };
    // passlib writes the bare number, and `.` for `+`.
    let rounds = parameter(list, "i").unwrap_or(list);
    let bytes = |text: &str| {
        b64::from_phc(&text.replace('.', "+"))
            .ok_or(damaged("salt and hash must be unpadded base64"))
    };
    pbkdf2(prf, rounds, bytes(salt)?, bytes(hash)?)
}

fn pbkdf2_django(prf: Prf, fields: &[&str]) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Pbkdf2, what);
    let [rounds, salt, hash] = fields else {
        return Err(damaged("expected pbkdf2_sha256$rounds$salt$hash"));
    };
    // Django uses the salt's characters as they stand.
    let hash = b64::from_standard(hash).ok_or(damaged("the hash must be padded base64"))?;
    pbkdf2(prf, rounds, salt.as_bytes().to_vec(), hash)
}

fn scrypt(
    log_n: Option<u8>,
    r: Option<u32>,
    p: Option<u32>,
    salt: Vec<u8>,
    hash: Vec<u8>,
) -> Result<Stored, UnknownScheme> {
    let (Some(log_n), Some(r), Some(p)) = (log_n, r, p) else {
        return Err(UnknownScheme::Damaged(
            Scheme::Scrypt,
            "N, r and p must be numbers, N a power of two",
        ));
    };
    let excessive =
        UnknownScheme::Excessive(Scheme::Scrypt, "at most 256 MiB, and 1 GiB mixed in all");
    let memory = 1u64
        .checked_shl(u32::from(log_n))
        .and_then(|n| n.checked_mul(128))
        .and_then(|bytes| bytes.checked_mul(u64::from(r)));
    let work = memory.and_then(|bytes| bytes.checked_mul(u64::from(p)));
    if memory.is_none_or(|memory| memory > MAX_SCRYPT.0)
        || work.is_none_or(|work| work > MAX_SCRYPT.1)
    {
        return Err(excessive);
    }
    if !sound(&salt, &hash) {
        return Err(UnknownScheme::Damaged(
            Scheme::Scrypt,
            "the salt must have 1 to 64 bytes and the hash 10 to 64",
        ));
    }
    let params = scrypt::Params::new(log_n, r, p, hash.len()).map_err(|_| excessive)?;
    Ok(Stored::Scrypt { params, salt, hash })
}

fn scrypt_phc(fields: &[&str]) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Scrypt, what);
    let [list, salt, hash] = fields else {
        return Err(damaged("expected $scrypt$ln=…,r=…,p=…$salt$hash"));
    };
    let cost = |name| parameter(list, name).and_then(number);
    let log_n = cost("ln").and_then(|log_n| u8::try_from(log_n).ok());
    let bytes = |text| b64::from_phc(text).ok_or(damaged("salt and hash must be unpadded base64"));
    scrypt(log_n, cost("r"), cost("p"), bytes(salt)?, bytes(hash)?)
}

fn scrypt_django(fields: &[&str]) -> Result<Stored, UnknownScheme> {
    let damaged = |what| UnknownScheme::Damaged(Scheme::Scrypt, what);
    let [n, salt, r, p, hash] = fields else {
        return Err(damaged("expected scrypt$N$salt$r$p$hash"));
    };
    let log_n = number(n)
        .filter(|n| n.is_power_of_two())
        .and_then(|n| u8::try_from(n.trailing_zeros()).ok());
    let hash = b64::from_standard(hash).ok_or(damaged("the hash must be padded base64"))?;
    scrypt(log_n, number(r), number(p), salt.as_bytes().to_vec(), hash)
}
