//! Opaque values: codes, tokens, session ids and one-time links.
//!
//! A value reads `prefix` + base64url(8 bytes of ordered row id ‖ 32 random bytes). The row is found
//! by id and the SHA-256 of the secret is compared in constant time, so the store never holds a
//! value that could be presented. Each purpose is its own Rust type, its own prefix (secret
//! scanners find leaks by it) and its own table.

use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What an opaque value is good for.
pub trait Purpose {
    /// What the value's text starts with.
    const PREFIX: &'static str;
}

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}
        impl Purpose for $name {
            const PREFIX: &'static str = $prefix;
        }
    )+
        /// What the values of every purpose begin with.
        pub const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

purposes! {
    /// An authorization code (RFC 6749 §1.3.1).
    Code = "vbc_",
    /// An access token, when it is opaque (RFC 6749 §1.4).
    AccessToken = "vba_",
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken = "vbr_",
    /// The value of the session cookie.
    SessionToken = "vbs_",
    /// A link that an operator hands to a person, good for one use.
    LinkToken = "vbl_",
    /// What names a trial of a client in its redirect URI.
    TrialToken = "vbx_",
    /// What an administrator's program presents to the administration API.
    ApiToken = "vbt_",
}

const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;
const VALUE_BYTES: usize = ID_BYTES + SECRET_BYTES;
/// 40 bytes in unpadded base64url.
const ENCODED_LENGTH: usize = 54;

/// An opaque value in the clear. It is not `Debug`, so it cannot slip into a log.
pub struct Opaque<P> {
    id: i64,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
    purpose: PhantomData<fn() -> P>,
}

impl<P: Purpose> Opaque<P> {
    /// The value of row `id` with fresh random bytes.
    pub fn new(id: i64, secret: [u8; SECRET_BYTES]) -> Self {
        Self { id, secret: Zeroizing::new(secret), purpose: PhantomData }
    }

    /// Reads what a peer presented; `None` for anything that we did not make for this purpose.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(P::PREFIX).filter(|rest| rest.len() == ENCODED_LENGTH)?;
        let mut bytes = Zeroizing::new([0u8; VALUE_BYTES]);
        let written = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()).ok()?;
        let (id, secret) = bytes.split_first_chunk::<ID_BYTES>()?;
        let id = i64::from_be_bytes(*id);
        let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
        (written == VALUE_BYTES && id > 0).then(|| Self::new(id, secret))
    }

    /// The row that the value names.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The text that is handed out.
    pub fn text(&self) -> String {
        let mut bytes = Zeroizing::new([0u8; VALUE_BYTES]);
        let (id, secret) = bytes.split_at_mut(ID_BYTES);
        id.copy_from_slice(&self.id.to_be_bytes());
        secret.copy_from_slice(self.secret.as_slice());
        let mut text = String::with_capacity(P::PREFIX.len() + ENCODED_LENGTH);
        text.push_str(P::PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        text
    }

    /// What the store keeps.
    pub fn digest(&self) -> Digest<P> {
        Digest::of(self.secret.as_slice())
    }

    /// The secret half, for deriving a value from it.
    pub fn secret(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }
}

/// The SHA-256 of an opaque value's secret, or of a whole signed token; compared in constant time.
pub struct Digest<P> {
    bytes: [u8; 32],
    purpose: PhantomData<fn() -> P>,
}

impl<P> Digest<P> {
    /// The digest of `secret`.
    pub fn of(secret: &[u8]) -> Self {
        Self::from_stored(Sha256::digest(secret).into())
    }

    /// A digest as the store keeps it.
    pub fn from_stored(bytes: [u8; 32]) -> Self {
        Self { bytes, purpose: PhantomData }
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl<P> PartialEq for Digest<P> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl<P> Eq for Digest<P> {}

impl<P> Clone for Digest<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Digest<P> {}

impl<P> std::fmt::Debug for Digest<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(…)")
    }
}

#[cfg(test)]
mod tests;
