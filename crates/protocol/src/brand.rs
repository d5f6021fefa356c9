//! What the pages of a sign-in wear: a logo and a colour, of a client or of an organization.
//!
//! Both come from administrators, and are still judged as if a stranger had sent them: a logo is
//! taken apart before it is kept, and a colour that people could not read is not taken.

pub mod accent;
pub mod image;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use accent::Accent;

/// The beginning of the text of a [`LogoDigest`].
const ALGORITHM: &str = "sha256:";

/// A picture that is kept, by the SHA-256 of its bytes: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct LogoDigest([u8; 32]);

impl LogoDigest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its hexadecimal digits alone.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The digest of these hexadecimal digits.
    pub fn of_hex(digits: &str) -> Option<Self> {
        let pairs = digits.as_bytes().chunks_exact(2);
        if digits.len() != 64 || digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let mut digest = [0; 32];
        for (place, pair) in digest.iter_mut().zip(pairs) {
            *place = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        // `from_str_radix` takes a plus sign.
        let found = Self(digest);
        (found.hex() == digits).then_some(found)
    }
}

impl From<[u8; 32]> for LogoDigest {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for LogoDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.hex())
    }
}

impl fmt::Debug for LogoDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is no [`LogoDigest`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected sha256: and 64 hexadecimal digits, as a logo that is kept is called; a new picture is \
     uploaded"
)]
pub struct NoLogoDigest;

impl FromStr for LogoDigest {
    type Err = NoLogoDigest;

    fn from_str(text: &str) -> Result<Self, NoLogoDigest> {
        text.strip_prefix(ALGORITHM).and_then(Self::of_hex).ok_or(NoLogoDigest)
    }
}

impl TryFrom<String> for LogoDigest {
    type Error = NoLogoDigest;

    fn try_from(text: String) -> Result<Self, NoLogoDigest> {
        text.parse()
    }
}

impl From<LogoDigest> for String {
    fn from(digest: LogoDigest) -> Self {
        digest.to_string()
    }
}

/// The brand of an organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// Its logo.
    pub logo: Option<LogoDigest>,
    /// Its colour.
    pub accent: Option<Accent>,
}

impl Brand {
    /// With what is missing taken from another one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { logo: self.logo.or(other.logo), accent: self.accent.or(other.accent) }
    }
}

#[cfg(test)]
mod tests;
