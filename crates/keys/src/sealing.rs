//! Secrets at rest: sealed under a master key that is kept outside the database (invariant I16).
//!
//! A sealed text reads `v1.<master>.<context>.<salt><ciphertext><tag>`, the last three parts in
//! base64url: which master key opens it, a keyed digest of what it was sealed for, and the rest.
//! AES-256-GCM under a key derived for this one text; the version, the master key's id and the
//! context are authenticated with it, so a text moved to another row or another purpose does not
//! open. JWE `dir` would hold the same bytes with a longer header and no place for the context.
//!
//! The salt is a keyed digest of the caller's random bytes, the context and the plain text. With
//! good random bytes it is random; should they ever repeat, two different secrets still get
//! different keys, where plain AES-GCM with a repeated nonce would give both away.
//!
//! To change the master key, put the new one first and the old one behind ([`Masters`]), and pass
//! every sealed row through [`Masters::reseal`]; then the old one can go.

mod file;
#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::b64;

pub use file::MasterFileError;

/// The longest plain text sealed: an RSA-4096 key in PKCS#8 takes 2.4 KB.
pub const MAX_PLAIN: usize = 64 * 1024;

const VERSION: &str = "v1";
const SALT: usize = 32;
const TAG: usize = 16;

/// A key that seals other secrets: 32 bytes, written as 43 characters of base64url.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

/// Why a text is not a master key. The text itself is never quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Nothing there.
    #[error(
        "the master key is empty; make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='"
    )]
    Empty,
    /// Not base64url.
    #[error(
        "the master key is not base64url (A-Z a-z 0-9 - _): it must be 43 characters that stand for 32 bytes"
    )]
    NotBase64,
    /// Another length.
    #[error("the master key stands for {0} bytes, expected 32 (43 characters of base64url)")]
    Length(usize),
    /// All bytes alike: a placeholder.
    #[error("the master key is a placeholder (every byte is the same); make a random one")]
    Placeholder,
}

impl MasterKey {
    /// A master key of these random bytes.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"vestibule master key id");
        context.update(&bytes[..]);
        // 48 bits of a digest over 256 random ones: enough to tell keys apart, useless to guess.
        let id = b64::url(context.finish().as_ref().iter().copied().take(6).collect::<Vec<_>>());
        Self { bytes, id }
    }

    /// Reads the text form; white space around it, and base64 padding, are tolerated.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim().trim_end_matches('=');
        if text.is_empty() {
            return Err(MasterKeyError::Empty);
        }
        let bytes = b64::from_url(text).map(Zeroizing::new).ok_or(MasterKeyError::NotBase64)?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| MasterKeyError::Length(bytes.len()))?;
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(MasterKeyError::Placeholder);
        }
        Ok(Self::new(bytes))
    }

    /// The text form, for its file and nowhere else.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(b64::url(&self.bytes[..]))
    }

    /// Which master key this is; safe to show.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn derive(&self, purpose: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut context =
            hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.bytes[..]));
        for part in [b"vestibule seal", purpose.as_bytes()].iter().chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut derived = Zeroizing::new([0; 32]);
        derived.copy_from_slice(context.sign().as_ref());
        derived
    }

    /// What the text says of its context: a keyed digest, cut to 9 bytes. It only makes the error
    /// precise; the whole context is authenticated with the ciphertext.
    fn context_tag(&self, context: &str) -> String {
        let tag = self.derive("context", &[context.as_bytes()]);
        b64::url(tag.iter().copied().take(9).collect::<Vec<_>>())
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, ..)", self.id)
    }
}

/// Why a secret was not sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// More than is ever sealed.
    #[error("{0} bytes are too many to seal; at most {MAX_PLAIN} are")]
    TooLong(usize),
    /// Not a sealed text.
    #[error("not a sealed secret: expected v1.<master>.<context>.<content>")]
    Malformed,
    /// Sealed under a master key that is not here.
    #[error("sealed under master key {needed}, but only {present} given; add the earlier master key as a previous one", present = present.join(", "))]
    UnknownMaster {
        /// The key it needs.
        needed: String,
        /// The keys there are.
        present: Vec<String>,
    },
    /// Sealed for another place or purpose.
    #[error("the secret was sealed for something else than {0:?}; its row was changed or moved")]
    WrongContext(String),
    /// The content was changed after it was sealed.
    #[error("the sealed secret was altered: its authentication does not hold")]
    Tampered,
    /// The library failed.
    #[error("the cryptographic library could not seal")]
    Library,
}

/// The master key in use, and earlier ones that may still be needed to open.
#[derive(Clone, Debug)]
pub struct Masters {
    current: MasterKey,
    previous: Vec<MasterKey>,
}

impl Masters {
    /// Seals with `current`, opens with any.
    pub fn new(current: MasterKey, previous: Vec<MasterKey>) -> Self {
        Self { current, previous }
    }

    /// The id of the key that seals.
    pub fn current_id(&self) -> &str {
        self.current.id()
    }

    /// Seals `plain` for one place and purpose, such as `signing-key/<kid>`. `random` is 32 fresh
    /// random bytes.
    pub fn seal(&self, plain: &[u8], context: &str, random: [u8; 32]) -> Result<String, SealError> {
        if plain.len() > MAX_PLAIN {
            return Err(SealError::TooLong(plain.len()));
        }
        let master = &self.current;
        let tag = master.context_tag(context);
        let salt = master.derive("salt", &[&random, context.as_bytes(), plain]);
        let mut content = Vec::with_capacity(SALT + plain.len() + TAG);
        content.extend_from_slice(&salt[..]);
        // Encrypted in place: the copy of the plain text is overwritten, not freed.
        let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + TAG));
        body.extend_from_slice(plain);
        content_key(master, &salt[..])
            .ok_or(SealError::Library)?
            .seal_in_place_append_tag(nonce(), aad(master, context), &mut *body)
            .map_err(|_| SealError::Library)?;
        content.extend_from_slice(&body);
        Ok(format!("{VERSION}.{}.{tag}.{}", master.id, b64::url(content)))
    }

    /// Opens what was sealed for exactly this place and purpose.
    pub fn open(&self, sealed: &str, context: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let parts = Parts::read(sealed)?;
        let master = self.find(parts.master)?;
        let tag = master.context_tag(context);
        if !bool::from(tag.as_bytes().ct_eq(parts.context.as_bytes())) {
            return Err(SealError::WrongContext(context.to_owned()));
        }
        let (salt, body) = parts.content.split_at_checked(SALT).ok_or(SealError::Malformed)?;
        let mut body = Zeroizing::new(body.to_vec());
        let key = content_key(master, salt).ok_or(SealError::Library)?;
        let length = key
            .open_in_place(nonce(), aad(master, context), &mut body)
            .map_err(|_| SealError::Tampered)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// The same secret under the current master key, or nothing when it is there already.
    pub fn reseal(
        &self,
        sealed: &str,
        context: &str,
        random: [u8; 32],
    ) -> Result<Option<String>, SealError> {
        let plain = self.open(sealed, context)?;
        if Parts::read(sealed)?.master == self.current.id {
            return Ok(None);
        }
        self.seal(&plain, context, random).map(Some)
    }

    fn find(&self, id: &str) -> Result<&MasterKey, SealError> {
        let all = || std::iter::once(&self.current).chain(&self.previous);
        all().find(|master| master.id == id).ok_or_else(|| SealError::UnknownMaster {
            needed: id.to_owned(),
            present: all().map(|master| master.id.clone()).collect(),
        })
    }
}

struct Parts<'a> {
    master: &'a str,
    context: &'a str,
    content: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn read(sealed: &'a str) -> Result<Self, SealError> {
        if sealed.len() > MAX_PLAIN * 4 / 3 + 256 {
            return Err(SealError::Malformed);
        }
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(master), Some(context), Some(content), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealError::Malformed);
        };
        let content = b64::from_url(content).ok_or(SealError::Malformed)?;
        if master.len() != 8 || context.len() != 12 || content.len() < SALT + TAG {
            return Err(SealError::Malformed);
        }
        Ok(Self { master, context, content })
    }
}

fn content_key(master: &MasterKey, salt: &[u8]) -> Option<LessSafeKey> {
    let bytes = master.derive("content", &[salt]);
    UnboundKey::new(&AES_256_GCM, &bytes[..]).ok().map(LessSafeKey::new)
}

/// Fixed: every text has its own key, which encrypts once.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn aad(master: &MasterKey, context: &str) -> Aad<String> {
    Aad::from(format!("{VERSION}.{}.{context}", master.id))
}
