//! Checking ID tokens: the signature by the published key set, and the claims.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The provider's RSA keys by `kid`.
#[derive(Default)]
pub struct Keys(BTreeMap<String, RsaPublicKeyComponents<Vec<u8>>>);

impl Keys {
    /// Reads a key set.
    pub fn read(set: &Value) -> Result<Self, String> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or("a key set without keys")?;
        let mut read = Self::default();
        for key in keys {
            if let (Some(kid), Some(n), Some(e)) =
                (text(key, "kid"), text(key, "n"), text(key, "e"))
            {
                let key = RsaPublicKeyComponents { n: decode(n)?, e: decode(e)? };
                read.0.insert(kid.to_owned(), key);
            }
        }
        Ok(read)
    }

    /// The claims of a token with a good RS256 signature.
    pub fn verify(&self, token: &str) -> Result<Value, String> {
        let (signed, signature) =
            token.rsplit_once('.').ok_or("an ID token without a signature")?;
        let (header, claims) = signed.split_once('.').ok_or("an ID token without claims")?;
        let header = json(header)?;
        if text(&header, "alg") != Some("RS256") {
            return Err(format!("the ID token is signed with {header}, expected RS256"));
        }
        let kid = text(&header, "kid").unwrap_or_default();
        let key = self.0.get(kid).ok_or_else(|| format!("key {kid:?} is not published"))?;
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature)?)
            .map_err(|_| "the signature of the ID token is wrong".to_owned())?;
        json(claims)
    }
}

/// A text member.
pub fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// A text member that must be there and not empty.
pub fn required<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    let value = text(object, name).filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("no {name} in {object}"))
}

fn json(part: &str) -> Result<Value, String> {
    serde_json::from_slice(&decode(part)?).map_err(|error| error.to_string())
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD.decode(text).map_err(|error| format!("{text}: {error}"))
}
