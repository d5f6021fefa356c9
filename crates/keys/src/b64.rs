//! The two base64 alphabets of this crate, each strict about padding and trailing bits.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Encodes with the URL alphabet, no padding (RFC 7515 §2).
pub(crate) fn url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends with the URL alphabet, no padding.
pub(crate) fn url_onto(bytes: impl AsRef<[u8]>, text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Decodes the URL alphabet; padding and stray trailing bits are refused.
pub(crate) fn from_url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Encodes with the standard alphabet, no padding (PHC strings).
pub(crate) fn phc(bytes: impl AsRef<[u8]>) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

/// Decodes the standard alphabet without padding.
pub(crate) fn from_phc(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}

/// Decodes the standard alphabet with padding (PEM, Django).
pub(crate) fn from_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
