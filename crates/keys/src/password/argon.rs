//! Hashing and checking: Argon2id for what is new, whatever it was for what is old.

use std::fmt;
use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Block, Version};
use aws_lc_rs::{digest, pbkdf2};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::stored::{MAX_ARGON2, Prehash, Prf, Stored, StoredArgon2};
use super::{PoolError, Verdict};
use crate::b64;

/// Bytes of hash that a new password gets.
const OUTPUT: usize = 32;

/// What a new hash costs (RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Params {
    /// 19 MiB, two passes, one lane: the OWASP minimum, 52 hashes a second on two cores.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// The parameters are outside their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Argon2 with m={}, t={}, p={} is out of bounds: memory 7168 to 262144 KiB, passes 1 to 10, lanes 1 to 8", .0.memory_kib, .0.passes, .0.lanes)]
pub struct ParamsError(pub Params);

/// A secret mixed into every password hash, named by a short id that is stored with the hash.
#[derive(Clone)]
pub struct Pepper {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl Pepper {
    /// A pepper of these bytes. Its id is a short digest of them.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"vestibule pepper id");
        context.update(&key[..]);
        // Hexadecimal: a PHC parameter value may not hold base64url's underscore.
        let id =
            context.finish().as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { id, key }
    }

    /// Which pepper this is; stored with every hash made with it.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({}, ..)", self.id)
    }
}

/// Knows how new hashes are made. Each thread has a clone, and its own memory.
#[derive(Clone)]
pub(super) struct Hasher {
    params: argon2::Params,
    pepper: Option<Pepper>,
    previous: Vec<Pepper>,
}

impl Hasher {
    pub(super) fn new(
        params: Params,
        pepper: Option<Pepper>,
        previous: Vec<Pepper>,
    ) -> Result<Self, ParamsError> {
        let Params { memory_kib, passes, lanes } = params;
        let (max_memory, max_passes, max_lanes) = MAX_ARGON2;
        let bounded = (7 * 1024..=max_memory).contains(&memory_kib)
            && (1..=max_passes).contains(&passes)
            && (1..=max_lanes).contains(&lanes);
        if !bounded {
            return Err(ParamsError(params));
        }
        let params = argon2::Params::new(memory_kib, passes, lanes, Some(OUTPUT))
            .map_err(|_| ParamsError(params))?;
        Ok(Self { params, pepper, previous })
    }

    /// A stored form that no password was hashed to, costing what a real one costs.
    pub(super) fn dummy(&self) -> String {
        self.written(&[0; 16], &[0; OUTPUT])
    }

    pub(super) fn hash(
        &self,
        password: &str,
        salt: [u8; 16],
        memory: &mut Vec<Block>,
    ) -> Result<String, PoolError> {
        let argon2 = StoredArgon2 {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: self.params.clone(),
            pepper: self.pepper.as_ref().map(|pepper| pepper.id.clone()),
            salt: salt.to_vec(),
            hash: vec![0; OUTPUT],
        };
        let hash = self.argon2(&argon2, password, memory)?;
        Ok(self.written(&salt, &hash))
    }

    pub(super) fn verify(
        &self,
        stored: &str,
        password: &str,
        memory: &mut Vec<Block>,
    ) -> Result<Verdict, PoolError> {
        let stored = Stored::parse(stored)?;
        let matches = match &stored {
            Stored::Argon2(argon2) => {
                let hash = self.argon2(argon2, password, memory)?;
                hash.ct_eq(&argon2.hash).into()
            }
            Stored::Bcrypt { hash, prehash } => is_bcrypt(password, hash, prehash),
            Stored::Pbkdf2 { prf, rounds, salt, hash } => {
                is_pbkdf2(password, *prf, *rounds, salt, hash)
            }
            Stored::Scrypt { params, salt, hash } => is_scrypt(password, params, salt, hash),
            Stored::Firebase(firebase) => firebase.matches(password),
        };
        if !matches {
            return Ok(Verdict::Differs);
        }
        match stored {
            Stored::Argon2(argon2) if self.is_current(&argon2) => Ok(Verdict::Matches),
            _ => Ok(Verdict::MatchesNeedsRehash),
        }
    }

    /// Argon2 with any parameters, in the thread's own memory, which is made at the first hash and
    /// fits a new one. A hash that needs more gets some for itself, freed afterwards: one import
    /// must not make every thread grow for good.
    fn argon2(
        &self,
        stored: &StoredArgon2,
        password: &str,
        memory: &mut Vec<Block>,
    ) -> Result<Zeroizing<Vec<u8>>, PoolError> {
        let pepper = stored.pepper.as_deref().map(|id| self.pepper(id)).transpose()?;
        let secret = pepper.map_or(&[][..], |pepper| &pepper.key[..]);
        let mut hash = Zeroizing::new(vec![0; stored.hash.len()]);
        // Neither call fails: the parameters are checked and the pepper has 32 bytes. Should one
        // fail all the same, the request does, and nobody is let in.
        let argon2 = Argon2::new_with_secret(
            secret,
            stored.algorithm,
            stored.version,
            stored.params.clone(),
        )
        .map_err(|_| PoolError::Stopped)?;
        let (password, needed) = (password.as_bytes(), stored.params.block_count());
        let own = self.params.block_count();
        if memory.len() != own {
            *memory = vec![Block::new(); own];
        }
        match memory.get_mut(..needed) {
            Some(memory) => {
                argon2.hash_password_into_with_memory(password, &stored.salt, &mut hash, memory)
            }
            None => argon2.hash_password_into(password, &stored.salt, &mut hash),
        }
        .map_err(|_| PoolError::Stopped)?;
        Ok(hash)
    }

    fn pepper(&self, id: &str) -> Result<&Pepper, PoolError> {
        self.pepper
            .iter()
            .chain(&self.previous)
            .find(|pepper| pepper.id == id)
            .ok_or_else(|| PoolError::UnknownPepper(id.to_owned()))
    }

    fn is_current(&self, stored: &StoredArgon2) -> bool {
        stored.algorithm == Algorithm::Argon2id
            && stored.version == Version::V0x13
            && stored.params.m_cost() == self.params.m_cost()
            && stored.params.t_cost() == self.params.t_cost()
            && stored.params.p_cost() == self.params.p_cost()
            && stored.pepper.as_deref() == self.pepper.as_ref().map(Pepper::id)
            && stored.hash.len() == OUTPUT
    }

    /// The PHC string; `keyid` names the pepper.
    fn written(&self, salt: &[u8], hash: &[u8]) -> String {
        let (m, t, p) = (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        let pepper = match &self.pepper {
            Some(pepper) => format!(",keyid={}", pepper.id),
            None => String::new(),
        };
        let (salt, hash) = (b64::phc(salt), b64::phc(hash));
        format!("$argon2id$v=19$m={m},t={t},p={p}{pepper}${salt}${hash}")
    }
}

fn is_bcrypt(password: &str, hash: &str, prehash: &Prehash) -> bool {
    let input = match prehash {
        Prehash::None => Zeroizing::new(password.as_bytes().to_vec()),
        Prehash::Sha256Hex => {
            let digest = digest::digest(&digest::SHA256, password.as_bytes());
            let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            Zeroizing::new(hex.into_bytes())
        }
    };
    bcrypt::verify(&input[..], hash).unwrap_or(false)
}

fn is_pbkdf2(password: &str, prf: Prf, rounds: u32, salt: &[u8], hash: &[u8]) -> bool {
    let algorithm = match prf {
        Prf::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Prf::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Prf::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
    };
    // Parsing refused zero; and zero rounds match nothing.
    let Some(rounds) = NonZeroU32::new(rounds) else { return false };
    pbkdf2::verify(algorithm, rounds, salt, password.as_bytes(), hash).is_ok()
}

fn is_scrypt(password: &str, params: &scrypt::Params, salt: &[u8], hash: &[u8]) -> bool {
    let mut computed = Zeroizing::new(vec![0; hash.len()]);
    scrypt::scrypt(password.as_bytes(), salt, params, &mut computed).is_ok()
        && computed.ct_eq(hash).into()
}
