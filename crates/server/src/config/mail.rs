//! `[mail]`: the relay that outgoing mail is handed to.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use super::secret::Secret;
use super::units;

/// Outgoing mail. Without `url` there is none: links are shown to whoever asked for them, and
/// handed over by hand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Mail {
    /// The relay: "smtps://relay.example" (TLS from the start, port 465) or "smtp://relay.example"
    /// (STARTTLS, port 587). TLS is required; a relay on loopback alone is spoken to in clear.
    pub url: Option<RelayUrl>,
    /// The name to sign in with at the relay; without one nobody signs in.
    pub username: Option<String>,
    /// The password that goes with it.
    pub password: Option<Secret>,
    /// A file that holds the password, instead of `password`.
    #[schemars(extend("format" = "path"))]
    pub password_file: Option<PathBuf>,
    /// The sender: "no-reply@clinic.example" or "Lakeside Clinic <no-reply@clinic.example>".
    /// Without a name the one of `branding.name` is shown.
    #[serde(with = "units::mailbox")]
    #[schemars(with = "Option<String>")]
    pub from: Option<Mailbox>,
    /// Where answers go, when not to the sender.
    #[serde(with = "units::mailbox")]
    #[schemars(with = "Option<String>")]
    pub reply_to: Option<Mailbox>,
    /// How long the relay may take for one mail, from connecting to its acceptance.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// Certificates (PEM) that are trusted as the relay's beside those of the system: of an
    /// authority of your own.
    #[schemars(extend("format" = "path"))]
    pub ca_file: Option<PathBuf>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            url: None,
            username: None,
            password: None,
            password_file: None,
            from: None,
            reply_to: None,
            timeout: Duration::from_secs(30),
            ca_file: None,
        }
    }
}

/// How a relay is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3.3).
    Implicit,
    /// TLS by STARTTLS (RFC 3207), or not at all.
    StartTls,
    /// In clear: on loopback.
    Clear,
}

/// Where a relay is.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String", extend("x-secret" = true))]
pub struct RelayUrl {
    /// How it is spoken to.
    pub security: Security,
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

const EXAMPLE: &str =
    "a relay is written \"smtps://relay.example\" or \"smtp://relay.example:587\"";

impl FromStr for RelayUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{error}; {EXAMPLE}"))?;
        let secure = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(EXAMPLE.to_owned()),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "leave name and password out of the URL; they go into mail.username and mail.password_file"
                    .to_owned(),
            );
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("the URL ends after the port; {EXAMPLE}"));
        }
        // A scheme that the URL standard does not know leaves its host as it was typed.
        let host = url.host_str().map(|host| host.trim_matches(['[', ']'])).unwrap_or_default();
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let parsed = Host::parse(&bracketed).map_err(|error| format!("{error}; {EXAMPLE}"))?;
        let security = match (secure, is_loopback(&parsed)) {
            (true, _) => Security::Implicit,
            (false, true) => Security::Clear,
            (false, false) => Security::StartTls,
        };
        let port = url.port().unwrap_or(if secure { 465 } else { 587 });
        let host = match parsed {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Ok(Self { security, host, port })
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Implicit { "smtps" } else { "smtp" };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl<'de> Deserialize<'de> for RelayUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for RelayUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_spoken_to_in_clear_on_loopback_alone() {
        for (text, security, shown) in [
            ("smtps://relay.example", Security::Implicit, "smtps://relay.example:465"),
            ("smtp://relay.example/", Security::StartTls, "smtp://relay.example:587"),
            ("smtp://10.0.0.5:25", Security::StartTls, "smtp://10.0.0.5:25"),
            ("smtp://localhost:25", Security::Clear, "smtp://localhost:25"),
            ("smtp://[::1]:2525", Security::Clear, "smtp://[::1]:2525"),
            ("smtp://127.0.0.1", Security::Clear, "smtp://127.0.0.1:587"),
            ("smtp://LOCALHOST:25", Security::Clear, "smtp://localhost:25"),
            (
                "smtp://localhost.evil.example",
                Security::StartTls,
                "smtp://localhost.evil.example:587",
            ),
            ("smtps://localhost", Security::Implicit, "smtps://localhost:465"),
        ] {
            let relay: RelayUrl = text.parse().unwrap();
            assert_eq!((relay.security, relay.to_string().as_str()), (security, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_relay_is_told_without_its_password() {
        for text in [
            "relay.example",
            "https://relay.example",
            "smtp://",
            "smtp://me:hunter2@relay.example",
            "smtps://me@relay.example",
            "smtp://relay.example/path",
            "smtp://relay.example?tls=none",
            "smtp://a b",
        ] {
            let told = text.parse::<RelayUrl>().unwrap_err();
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
