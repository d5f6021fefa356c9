//! Redirect URIs: which may be registered, which match, and how two of them differ.
//!
//! Matching compares bytes (RFC 9700 §2.1). Every published attack on matching lived in the
//! difference between two URL parsers, so the match has no parser. The sole exception is the port of
//! an http loopback IP literal of a native client (RFC 8252 §7.3), cut out by hand. The rules hold
//! for `post_logout_redirect_uri` as well.
//!
//! How two of them differ is told for people, never used to match: [`difference`] names the classes,
//! [`alignment`] shows the places.

pub mod alignment;
pub mod difference;

use serde::Serialize;
use url::{Host, Url};

pub use alignment::{Segment, align, visible};
pub use difference::{Difference, difference, differences, nearest};

/// The longest URI that is registered or compared, in bytes.
pub const MAX_BYTES: usize = 2048;

/// Whether `received` may be used where `registered` ones are (invariant I9).
pub fn matches(received: &str, registered: &[String], native: bool) -> bool {
    registered
        .iter()
        .any(|known| known == received || (native && matches_but_for_port(received, known)))
}

fn matches_but_for_port(received: &str, registered: &str) -> bool {
    match (split_loopback(received), split_loopback(registered)) {
        (Some((host, rest)), Some((known_host, known_rest))) => {
            host == known_host && rest == known_rest
        }
        _ => false,
    }
}

/// An http URI of a loopback IP literal, without its port: what stands before it and after it.
/// The name `localhost` is no literal: it may resolve to anything (RFC 8252 §8.3).
fn split_loopback(uri: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|h| uri.starts_with(h))?;
    let after = uri.strip_prefix(host)?;
    let rest = match after.strip_prefix(':') {
        Some(port_and_rest) => {
            let digits = port_and_rest.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = port_and_rest.split_at(digits);
            port.parse::<u16>().ok().filter(|port| *port != 0)?;
            rest
        }
        None => after,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Why a URI cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RedirectUriFault {
    /// It is no absolute URI.
    #[error(
        "it is not an absolute URI; write it in full, such as https://app.example.com/callback"
    )]
    NotAbsolute,
    /// Longer than [`MAX_BYTES`].
    #[error("it has {0} bytes; at most 2048 can be registered")]
    TooLong(usize),
    /// White space, control or non-ASCII characters, quotes, backslashes.
    #[error("it holds the character {0:?}, which a URI must percent-encode")]
    ForbiddenCharacter(char),
    /// RFC 6749 §3.1.2 allows none.
    #[error("it has a fragment (#…), which redirect URIs must not have")]
    Fragment,
    /// A `*` in the host or path is never expanded.
    #[error("it holds *; wildcards are never expanded, register each URI in full")]
    Wildcard,
    /// `user@` hides the real host.
    #[error("it has a user name before the host (user@host); remove it")]
    UserInfo,
    /// `.` and `..` segments are read differently by different programs.
    #[error("its path holds . or .. segments; write the path that they lead to")]
    DotSegments,
    /// http is for loopback addresses only.
    #[error("http is allowed for localhost, 127.0.0.1 and [::1] only; use https")]
    InsecureHttp,
    /// An app's scheme, but the client is not registered as native.
    #[error("the scheme {0} is for native apps; register the client as native, or use https")]
    CustomScheme(String),
    /// A scheme that a browser would run or open.
    #[error("the scheme {0} is never allowed")]
    DangerousScheme(String),
}

const DANGEROUS_SCHEMES: [&str; 14] = [
    "javascript",
    "data",
    "file",
    "vbscript",
    "about",
    "blob",
    "filesystem",
    "view-source",
    "ftp",
    "ws",
    "wss",
    "mailto",
    "tel",
    "chrome",
];

/// Judges a URI that is to be registered.
pub fn validate(uri: &str, native: bool) -> Result<(), RedirectUriFault> {
    check_characters(uri)?;
    let parsed = Url::parse(uri).map_err(|_| RedirectUriFault::NotAbsolute)?;
    let scheme = parsed.scheme();
    if DANGEROUS_SCHEMES.contains(&scheme) {
        return Err(RedirectUriFault::DangerousScheme(scheme.to_owned()));
    }
    if uri.contains('#') {
        return Err(RedirectUriFault::Fragment);
    }
    if scheme != "https" && scheme != "http" {
        return if native {
            Ok(())
        } else {
            Err(RedirectUriFault::CustomScheme(scheme.to_owned()))
        };
    }
    // The parser repairs what browsers repair ("https:host", "https:///host"); we register only
    // what needs no repair, so that the bytes mean the same to everyone.
    let rest = uri.get(scheme.len()..).and_then(|rest| rest.strip_prefix("://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    if authority.is_empty() || !uri.starts_with(scheme) {
        return Err(RedirectUriFault::NotAbsolute);
    }
    if authority.contains('@') {
        return Err(RedirectUriFault::UserInfo);
    }
    if uri.split('?').next().unwrap_or_default().contains('*') {
        return Err(RedirectUriFault::Wildcard);
    }
    if has_dot_segments(uri) {
        return Err(RedirectUriFault::DotSegments);
    }
    if scheme == "http" && !is_loopback(&parsed) {
        return Err(RedirectUriFault::InsecureHttp);
    }
    Ok(())
}

fn check_characters(uri: &str) -> Result<(), RedirectUriFault> {
    if uri.len() > MAX_BYTES {
        return Err(RedirectUriFault::TooLong(uri.len()));
    }
    let forbidden = |c: &char| {
        !c.is_ascii_graphic() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    match uri.chars().find(forbidden) {
        Some(character) => Err(RedirectUriFault::ForbiddenCharacter(character)),
        None => Ok(()),
    }
}

fn has_dot_segments(uri: &str) -> bool {
    let path = uri.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    path.split(['/', ';']).any(|segment| segment == "." || segment == "..")
}

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
