//! Urlencoded parameters, of a query or of a form, bounded and strict.
//!
//! Everything later reads parameters through [`Params::one`], so "sent without a value" and
//! "omitted" are the same thing everywhere (RFC 6749 §3.1), and a value is never read twice.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode;
use serde::Serialize;
use zeroize::Zeroize as _;

/// The largest number of parameters of one request.
pub const MAX_PARAMETERS: usize = 100;
/// The largest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 8 * 1024;
/// The largest name, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// The parameters of one request in the order they came. `Debug` shows names only, and the values
/// are wiped when it is dropped: among them are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// Why bytes are not readable parameters. Positions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are explained by the messages")]
pub enum ParamsError {
    /// More parameters than anyone needs.
    #[error("more than {limit} parameters were sent; send each needed parameter once")]
    TooMany { limit: usize },
    /// A name beyond the bound.
    #[error("the name of parameter {position} is longer than {limit} bytes")]
    NameTooLong { position: usize, limit: usize },
    /// A value beyond the bound.
    #[error("the value of parameter {position} has {length} bytes; at most {limit} are read")]
    ValueTooLong { position: usize, length: usize, limit: usize },
    /// A `%` that begins no escape.
    #[error("parameter {position} has a % without two hexadecimal digits; write % itself as %25")]
    BrokenEscape { position: usize },
    /// Bytes that are no text.
    #[error("parameter {position} is not UTF-8 after decoding")]
    NotUtf8 { position: usize },
    /// A zero byte.
    #[error("parameter {position} holds a zero byte")]
    ZeroByte { position: usize },
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` bytes (RFC 6749 appendix B).
    pub fn parse(bytes: &[u8]) -> Result<Self, ParamsError> {
        let mut params = Self::default();
        let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        for (index, pair) in pairs.enumerate() {
            let position = index + 1;
            if position > MAX_PARAMETERS {
                return Err(ParamsError::TooMany { limit: MAX_PARAMETERS });
            }
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(equals) => {
                    let (name, rest) = pair.split_at(equals);
                    (name, rest.split_first().map_or(rest, |(_, value)| value))
                }
                None => (pair, [].as_slice()),
            };
            let name = decode(name, position)?;
            let value = decode(value, position)?;
            params.0.push((name, value));
            params.within_bounds(position)?;
        }
        Ok(params)
    }

    fn within_bounds(&self, position: usize) -> Result<(), ParamsError> {
        let Some((name, value)) = self.0.last() else { return Ok(()) };
        if name.len() > MAX_NAME_BYTES {
            return Err(ParamsError::NameTooLong { position, limit: MAX_NAME_BYTES });
        }
        if value.len() > MAX_VALUE_BYTES {
            let length = value.len();
            return Err(ParamsError::ValueTooLong { position, length, limit: MAX_VALUE_BYTES });
        }
        Ok(())
    }

    /// The value of `name`; `None` when it was omitted or sent without a value. Of a repeated
    /// parameter it is the first value; [`Self::repeated`] finds those.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// The first of `known` that was sent more than once (RFC 6749 §3.1 and §3.2). Unknown
    /// parameters are ignored and may repeat: RFC 8707 `resource` does.
    pub fn repeated(&self, known: &[&'static str]) -> Option<&'static str> {
        known.iter().copied().find(|name| self.values(name).nth(1).is_some())
    }

    /// Whether `name` was sent more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.values(name).nth(1).is_some()
    }

    /// Every parameter in the order they came, for readers that refuse what they do not know.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All values of `name` in the order they came, for the forms that have several.
    pub fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

fn decode(bytes: &[u8], position: usize) -> Result<String, ParamsError> {
    if bytes.iter().all(|byte| is_plain(*byte)) {
        return String::from_utf8(bytes.to_vec()).map_err(|_| ParamsError::NotUtf8 { position });
    }
    let mut rest = bytes;
    while let Some(percent) = rest.iter().position(|byte| *byte == b'%') {
        let escape = rest.get(percent + 1..percent + 3).unwrap_or_default();
        if escape.len() != 2 || !escape.iter().all(u8::is_ascii_hexdigit) {
            return Err(ParamsError::BrokenEscape { position });
        }
        rest = rest.get(percent + 3..).unwrap_or_default();
    }
    let spaced: Vec<u8> =
        bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let text = percent_decode(&spaced)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| ParamsError::NotUtf8 { position })?;
    if text.contains('\0') { Err(ParamsError::ZeroByte { position }) } else { Ok(text) }
}

/// Whether the byte stands for itself, which those of names, ids and secrets all do.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'%' && byte != b'+'
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Drop for Params {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

#[cfg(test)]
mod tests;
