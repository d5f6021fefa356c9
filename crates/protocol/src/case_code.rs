//! Case codes: short, speakable names for one attempt, such as `7FK-2QD`.
//!
//! All steps of an attempt are recorded under its code, so that a user, a vendor's developer and an
//! admin can talk about the same thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digits and letters that are not mistaken for one another when read aloud or copied.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 6;

/// A case code: 30 bits, written as two groups of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseCode(u32);

/// A text that is no case code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case code is six letters and digits, such as 7FK-2QD")]
pub struct InvalidCaseCode;

impl CaseCode {
    /// The code of these random bits; the lowest 30 count.
    pub fn from_random(bits: u32) -> Self {
        Self(bits & ((1 << 30) - 1))
    }

    /// The 30 bits.
    pub fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Display for CaseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for position in 0..LENGTH {
            if position == LENGTH / 2 {
                f.write_str("-")?;
            }
            let index = (self.0 >> (5 * (LENGTH - 1 - position))) & 31;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl FromStr for CaseCode {
    type Err = InvalidCaseCode;

    /// Reads a code as people type it: any case, with or without the dash, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, InvalidCaseCode> {
        let mut bits = 0u32;
        let mut letters = 0;
        for letter in text.trim().bytes().filter(|b| !matches!(b, b'-' | b' ')) {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let index =
                ALPHABET.iter().position(|known| *known == letter).ok_or(InvalidCaseCode)?;
            letters += 1;
            if letters > LENGTH {
                return Err(InvalidCaseCode);
            }
            bits = (bits << 5) | u32::try_from(index).map_err(|_| InvalidCaseCode)?;
        }
        if letters == LENGTH { Ok(Self(bits)) } else { Err(InvalidCaseCode) }
    }
}

impl Serialize for CaseCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
