//! Encrypted tokens (RFC 7516) on josekit.
//!
//! Offered: RSA-OAEP-256, ECDH-ES, ECDH-ES+A256KW and `dir`, with A256GCM or A128CBC-HS256. Not
//! offered, so that no input can select them: RSA1_5 (padding oracles), PBES2 (`p2c` makes the
//! sender choose our CPU time) and compression. josekit inflates `zip: DEF` without a bound, so a
//! header that has `zip` is refused before anything is decrypted (trap T2).
//!
//! josekit manages the keys; the content itself is encrypted by `jwe/content.rs`, which says why.
//! Content keys and nonces come from OpenSSL's generator.

mod content;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::LazyLock;

use josekit::jwe::{JweContext, JweDecrypter, JweEncrypter, JweHeader};
use josekit::jwk::Jwk;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::b64;
use crate::header::present;

/// The longest encrypted token read.
pub const MAX_TOKEN: usize = 64 * 1024;

/// How the content key reaches the reader (RFC 7518 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyManagement {
    /// RSAES OAEP using SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Ephemeral-static Diffie-Hellman, used directly.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// Ephemeral-static Diffie-Hellman, wrapping a content key.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256kw,
    /// A shared key, used directly.
    #[serde(rename = "dir")]
    Dir,
}

impl KeyManagement {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA256kw => "ECDH-ES+A256KW",
            Self::Dir => "dir",
        }
    }
}

/// How the content is encrypted (RFC 7518 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ContentEncryption {
    /// AES-GCM with a 256-bit key.
    #[serde(rename = "A256GCM")]
    A256gcm,
    /// AES-CBC and HMAC-SHA-256, 128 bits each: the default of OIDC Registration §2.
    #[serde(rename = "A128CBC-HS256")]
    A128cbcHs256,
}

impl ContentEncryption {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A256gcm => "A256GCM",
            Self::A128cbcHs256 => "A128CBC-HS256",
        }
    }
}

/// Why a token was not encrypted or decrypted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// The key does not go with the algorithm.
    #[error("the key cannot be used with {0}; check its kty, crv, use and alg")]
    Key(&'static str),
    /// A `dir` key of another length.
    #[error("a shared key for {enc} has 32 bytes, not {found}", enc = enc.as_str())]
    DirectLength {
        /// What it would encrypt with.
        enc: ContentEncryption,
        /// The bytes given.
        found: usize,
    },
    /// The library failed to encrypt.
    #[error("the token could not be encrypted")]
    Encryption,
    /// Longer than [`MAX_TOKEN`].
    #[error("the encrypted token has {0} bytes; at most {MAX_TOKEN} are read")]
    TooLong(usize),
    /// Not five base64url parts with a JSON header.
    #[error("not an encrypted token in compact form: {0}")]
    Malformed(&'static str),
    /// A header that is refused rather than ignored.
    #[error("the encrypted token has a {0:?} header, which is not accepted")]
    ForbiddenHeader(&'static str),
    /// Another algorithm than the key is for.
    #[error("the encrypted token uses {found:?}, expected {expected:?}")]
    Algorithm {
        /// What came.
        found: String,
        /// What the key is for.
        expected: String,
    },
    /// The content does not open with this key.
    #[error("the encrypted token does not open with this key")]
    Decryption,
    /// The content is not a signed token where one is needed (invariant I29).
    #[error("the encrypted token holds no signed token, which is required here")]
    NotNested,
}

/// A key that tokens are encrypted to. Built once a client key, then shared.
pub struct Encrypter {
    inner: Box<dyn JweEncrypter>,
    enc: ContentEncryption,
}

impl Encrypter {
    /// Encrypts to a client's public JWK.
    pub fn from_jwk(
        jwk: &Map<String, Value>,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Result<Self, JweError> {
        let wrong = |_| JweError::Key(alg.as_str());
        let jwk = Jwk::from_map(jwk.clone()).map_err(wrong)?;
        let inner: Box<dyn JweEncrypter> = match alg {
            KeyManagement::RsaOaep256 => {
                Box::new(josekit::jwe::RSA_OAEP_256.encrypter_from_jwk(&jwk).map_err(wrong)?)
            }
            KeyManagement::EcdhEs => {
                Box::new(josekit::jwe::ECDH_ES.encrypter_from_jwk(&jwk).map_err(wrong)?)
            }
            KeyManagement::EcdhEsA256kw => {
                Box::new(josekit::jwe::ECDH_ES_A256KW.encrypter_from_jwk(&jwk).map_err(wrong)?)
            }
            KeyManagement::Dir => {
                Box::new(josekit::jwe::Dir.encrypter_from_jwk(&jwk).map_err(wrong)?)
            }
        };
        Ok(Self { inner, enc })
    }

    /// Encrypts with a shared key of 32 bytes.
    pub fn direct(key: &[u8], enc: ContentEncryption) -> Result<Self, JweError> {
        if key.len() != 32 {
            return Err(JweError::DirectLength { enc, found: key.len() });
        }
        let inner =
            josekit::jwe::Dir.encrypter_from_bytes(key).map_err(|_| JweError::Key("dir"))?;
        Ok(Self { inner: Box::new(inner), enc })
    }

    /// Encrypts content of no declared type.
    pub fn encrypt(&self, plain: &[u8]) -> Result<String, JweError> {
        self.write(plain, None)
    }

    /// Encrypts a token that was signed first (RFC 7519 §11.2).
    pub fn encrypt_signed(&self, jwt: &str) -> Result<String, JweError> {
        self.write(jwt.as_bytes(), Some("JWT"))
    }

    fn write(&self, plain: &[u8], content_type: Option<&str>) -> Result<String, JweError> {
        let mut header = JweHeader::new();
        header.set_content_encryption(self.enc.as_str());
        if let Some(content_type) = content_type {
            header.set_content_type(content_type);
        }
        CONTEXT.serialize_compact(plain, &header, &*self.inner).map_err(|_| JweError::Encryption)
    }
}

impl fmt::Debug for Encrypter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encrypter({} {})", self.inner.algorithm().name(), self.enc.as_str())
    }
}

/// A key that opens tokens encrypted to us.
pub struct Decrypter {
    inner: Box<dyn JweDecrypter>,
    alg: KeyManagement,
}

impl Decrypter {
    /// Opens with a private JWK.
    pub fn from_jwk(jwk: &Map<String, Value>, alg: KeyManagement) -> Result<Self, JweError> {
        let wrong = |_| JweError::Key(alg.as_str());
        let jwk = Jwk::from_map(jwk.clone()).map_err(wrong)?;
        let inner: Box<dyn JweDecrypter> = match alg {
            KeyManagement::RsaOaep256 => {
                Box::new(josekit::jwe::RSA_OAEP_256.decrypter_from_jwk(&jwk).map_err(wrong)?)
            }
            KeyManagement::EcdhEs => {
                Box::new(josekit::jwe::ECDH_ES.decrypter_from_jwk(&jwk).map_err(wrong)?)
            }
            KeyManagement::EcdhEsA256kw => {
                Box::new(josekit::jwe::ECDH_ES_A256KW.decrypter_from_jwk(&jwk).map_err(wrong)?)
            }
            KeyManagement::Dir => {
                Box::new(josekit::jwe::Dir.decrypter_from_jwk(&jwk).map_err(wrong)?)
            }
        };
        Ok(Self { inner, alg })
    }

    /// Opens with a private key in PKCS#8, for the asymmetric algorithms.
    pub fn from_pkcs8(der: &[u8], alg: KeyManagement) -> Result<Self, JweError> {
        let wrong = |_| JweError::Key(alg.as_str());
        let inner: Box<dyn JweDecrypter> = match alg {
            KeyManagement::RsaOaep256 => {
                Box::new(josekit::jwe::RSA_OAEP_256.decrypter_from_der(der).map_err(wrong)?)
            }
            KeyManagement::EcdhEs => {
                Box::new(josekit::jwe::ECDH_ES.decrypter_from_der(der).map_err(wrong)?)
            }
            KeyManagement::EcdhEsA256kw => {
                Box::new(josekit::jwe::ECDH_ES_A256KW.decrypter_from_der(der).map_err(wrong)?)
            }
            KeyManagement::Dir => return Err(JweError::Key("dir")),
        };
        Ok(Self { inner, alg })
    }

    /// Opens with a shared key of 32 bytes.
    pub fn direct(key: &[u8]) -> Result<Self, JweError> {
        let inner =
            josekit::jwe::Dir.decrypter_from_bytes(key).map_err(|_| JweError::Key("dir"))?;
        Ok(Self { inner: Box::new(inner), alg: KeyManagement::Dir })
    }

    /// The content of an encrypted token.
    pub fn decrypt(&self, token: &str) -> Result<Zeroizing<Vec<u8>>, JweError> {
        self.read(token).map(|(content, _)| content)
    }

    /// The signed token inside an encrypted one. A bare JSON object inside is refused: encryption
    /// says nothing about who wrote it.
    pub fn decrypt_signed(&self, token: &str) -> Result<String, JweError> {
        let (content, content_type) = self.read(token)?;
        if !content_type.is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")) {
            return Err(JweError::NotNested);
        }
        let text = std::str::from_utf8(&content).map_err(|_| JweError::NotNested)?;
        if text.split('.').count() != 3 {
            return Err(JweError::NotNested);
        }
        Ok(text.to_owned())
    }

    fn read(&self, token: &str) -> Result<(Zeroizing<Vec<u8>>, Option<String>), JweError> {
        if token.len() > MAX_TOKEN {
            return Err(JweError::TooLong(token.len()));
        }
        let header = Header::read(token)?;
        header.refuse_forbidden()?;
        if header.alg != self.alg.as_str() {
            let found = header.alg.chars().take(32).collect();
            return Err(JweError::Algorithm { found, expected: self.alg.as_str().to_owned() });
        }
        let offered = [ContentEncryption::A256gcm, ContentEncryption::A128cbcHs256];
        if !offered.iter().any(|enc| enc.as_str() == header.enc) {
            let found = header.enc.chars().take(32).collect();
            let expected = "A256GCM or A128CBC-HS256".to_owned();
            return Err(JweError::Algorithm { found, expected });
        }
        self.check_key_length(token)?;
        let (content, _) =
            CONTEXT.deserialize_compact(token, &*self.inner).map_err(|_| JweError::Decryption)?;
        Ok((Zeroizing::new(content), header.cty))
    }
}

impl Decrypter {
    /// The length the encrypted key must have. josekit's key unwrapping subtracts from it
    /// unchecked, and panics when it is short.
    fn check_key_length(&self, token: &str) -> Result<(), JweError> {
        let key = token.split('.').nth(1).and_then(b64::from_url);
        let length =
            key.ok_or(JweError::Malformed("the key is not base64url without padding"))?.len();
        let fits = match self.alg {
            KeyManagement::Dir | KeyManagement::EcdhEs => length == 0,
            // RFC 3394 §2.2.1: the content key and one block of eight.
            KeyManagement::EcdhEsA256kw => length == content::KEY + 8,
            KeyManagement::RsaOaep256 => (256..=1024).contains(&length),
        };
        if fits { Ok(()) } else { Err(JweError::Decryption) }
    }
}

impl fmt::Debug for Decrypter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decrypter({}, ..)", self.alg.as_str())
    }
}

/// Knows no compression (the header was refused before, this is the second lock), and our content
/// encryption only.
static CONTEXT: LazyLock<JweContext> = LazyLock::new(|| {
    let mut context = JweContext::new();
    context.remove_compression("DEF");
    for foreign in ["A128GCM", "A192GCM", "A192CBC-HS384", "A256CBC-HS512"] {
        context.remove_content_encryption(foreign);
    }
    for enc in [ContentEncryption::A256gcm, ContentEncryption::A128cbcHs256] {
        context.remove_content_encryption(enc.as_str());
        context.add_content_encryption(Box::new(enc));
    }
    context
});

/// The header members that matter (RFC 7516 §4.1). Typed, so that a repeated one is refused.
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    cty: Option<String>,
    #[serde(default, deserialize_with = "present")]
    zip: bool,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    jku: bool,
    #[serde(default, deserialize_with = "present")]
    jwk: bool,
    #[serde(default, deserialize_with = "present")]
    x5u: bool,
    #[serde(default, deserialize_with = "present")]
    p2c: bool,
}

impl Header {
    fn read(token: &str) -> Result<Self, JweError> {
        let parts: Vec<&str> = token.split('.').take(6).collect();
        let [header, _, _, _, _] = parts.as_slice() else {
            return Err(JweError::Malformed("expected five parts joined by dots"));
        };
        let json = b64::from_url(header)
            .ok_or(JweError::Malformed("the header is not base64url without padding"))?;
        serde_json::from_slice(&json)
            .map_err(|_| JweError::Malformed("the header is not a JSON object with alg and enc"))
    }

    fn refuse_forbidden(&self) -> Result<(), JweError> {
        let forbidden = [
            ("zip", self.zip),
            ("crit", self.crit),
            ("jku", self.jku),
            ("jwk", self.jwk),
            ("x5u", self.x5u),
            ("p2c", self.p2c),
        ];
        match forbidden.into_iter().find(|(_, present)| *present) {
            Some((name, _)) => Err(JweError::ForbiddenHeader(name)),
            None => Ok(()),
        }
    }
}
