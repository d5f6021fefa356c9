//! Secret values of configuration: wiped from memory, blind to `Debug`, never written back.

use std::fmt;

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A secret text.
#[derive(Clone, JsonSchema)]
#[schemars(with = "String", extend("x-secret" = true))]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text, for the one place that uses it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("…")
    }
}

/// Where the database is; the URL may hold a password, which is never shown.
#[derive(Clone, JsonSchema)]
#[schemars(with = "String", extend("x-secret" = true))]
pub struct DatabaseUrl(SecretString);

impl DatabaseUrl {
    /// Wraps a database URL.
    pub fn new(url: String) -> Self {
        Self(SecretString::from(url))
    }

    /// The URL with its password, for opening the store.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_url(self.expose()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::new(text));
        }
        Err(serde::de::Error::custom(
            "a database URL begins with sqlite: or postgres://, such as \"sqlite:vestibule.db\" or \"postgres://vestibule@db/vestibule\"",
        ))
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Hides what may be a password: all of the user information after its first colon, and the whole
/// query, where libpq accepts `password=`. Of a text that is no URL it is not known where in it a
/// password would stand.
pub(crate) fn mask_url(url: &str) -> String {
    if !url.contains("://") && url.contains(['@', '=']) {
        return "…".to_owned();
    }
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, "?…"),
        None => (url, ""),
    };
    let masked = match (url.split_once("://"), url.rfind('@')) {
        (Some((scheme, rest)), Some(_)) => {
            let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
            match user.split_once(':') {
                Some((name, _)) => format!("{scheme}://{name}:…@{host}"),
                None => format!("{scheme}://{user}@{host}"),
            }
        }
        _ => url.to_owned(),
    };
    format!("{masked}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i17_secrets_show_in_no_debug_and_no_display() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "Secret(…)");
        for (url, shown) in [
            ("postgres://me:hunter2@db:5432/x", "postgres://me:…@db:5432/x"),
            ("postgres://me:hun@ter2@db/x", "postgres://me:…@db/x"),
            ("postgres://me@db/x?password=hunter2", "postgres://me@db/x?…"),
            ("sqlite:vestibule.db", "sqlite:vestibule.db"),
            ("postgres:me:hunter2@db/x", "…"),
            ("postgres//me:hunter2@db/x", "…"),
            ("host=db user=me password=hunter2", "…"),
            ("relay.example:587", "relay.example:587"),
        ] {
            assert_eq!(DatabaseUrl::new(url.into()).to_string(), shown);
        }
    }
}
