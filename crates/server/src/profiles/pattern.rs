//! What the value of a variable may look like.
//!
//! A value lands in a redirect URI, which decides where codes go. So no pattern that may stand
//! inside a URI admits a character that could change whose URI it is; a value that is a URI itself
//! stands alone.

use serde::{Deserialize, Serialize};
use vestibule_protocol::redirect_uri;

/// The longest value.
const MAX_BYTES: usize = redirect_uri::MAX_BYTES;
/// The longest DNS name, and the longest label of one (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;
/// What ends a host, a path or a URI, or hides which of them it is in.
const DELIMITERS: [char; 7] = ['/', '\\', '@', '#', '?', ':', '%'];

/// The pattern of a variable, by its name or as a bracket expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Pattern {
    /// `host`: a DNS name in lower case, with a port if need be.
    Host,
    /// `label`: one part of a DNS name in lower case.
    Label,
    /// `segment`: one part of a path.
    Segment,
    /// `uuid`: RFC 9562, in lower case.
    Uuid,
    /// `uri`: a whole redirect URI.
    Uri,
    /// `app-uri`: a whole redirect URI, which may have an app's own scheme.
    AppUri,
    /// A bracket expression such as `[a-z0-9-]+`: ranges and single letters, a dash last.
    Letters(String),
}

impl Pattern {
    /// Whether the value may stand inside a URI without changing whose it is.
    pub fn is_confined(&self) -> bool {
        match self {
            Self::Host | Self::Label | Self::Segment | Self::Uuid => true,
            Self::Uri | Self::AppUri => false,
            Self::Letters(class) => {
                let opens = |letter: char| in_class(class, letter);
                !DELIMITERS.into_iter().any(opens) && !(0..=b' ').any(|b| opens(char::from(b)))
            }
        }
    }

    /// Whether a value fits.
    pub fn fits(&self, value: &str) -> bool {
        if value.is_empty() || value.len() > MAX_BYTES {
            return false;
        }
        match self {
            Self::Host => is_host(value),
            Self::Label => is_label(value),
            Self::Segment => is_segment(value),
            Self::Uuid => is_uuid(value),
            Self::Uri => redirect_uri::validate(value, false).is_ok(),
            Self::AppUri => redirect_uri::validate(value, true).is_ok(),
            Self::Letters(class) => value.chars().all(|letter| in_class(class, letter)),
        }
    }

    /// What fits, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Host => {
                "a host name in lower case, without https:// and without a path".to_owned()
            }
            Self::Label => "lower-case letters, digits and dashes".to_owned(),
            Self::Segment => "letters, digits, dots, dashes and underscores".to_owned(),
            Self::Uuid => "a UUID in lower case".to_owned(),
            Self::Uri => "a whole https URI without a fragment".to_owned(),
            Self::AppUri => {
                "a whole URI: https, http on this machine, or an app's own scheme".to_owned()
            }
            Self::Letters(class) => class.clone(),
        }
    }
}

/// A pattern that is neither a known name nor a bracket expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no pattern; expected host, label, segment, uuid, uri, app-uri, or letters such as [a-z0-9-]+"
)]
pub struct NoPattern(String);

impl TryFrom<String> for Pattern {
    type Error = NoPattern;

    fn try_from(text: String) -> Result<Self, NoPattern> {
        match text.as_str() {
            "host" => Ok(Self::Host),
            "label" => Ok(Self::Label),
            "segment" => Ok(Self::Segment),
            "uuid" => Ok(Self::Uuid),
            "uri" => Ok(Self::Uri),
            "app-uri" => Ok(Self::AppUri),
            class if inner(class).is_some_and(|inner| !inner.is_empty()) => Ok(Self::Letters(text)),
            _ => Err(NoPattern(text.chars().take(80).collect())),
        }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        match pattern {
            Pattern::Host => "host".to_owned(),
            Pattern::Label => "label".to_owned(),
            Pattern::Segment => "segment".to_owned(),
            Pattern::Uuid => "uuid".to_owned(),
            Pattern::Uri => "uri".to_owned(),
            Pattern::AppUri => "app-uri".to_owned(),
            Pattern::Letters(class) => class,
        }
    }
}

fn is_host(value: &str) -> bool {
    let (name, port) = match value.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (value, None),
    };
    let port_fits = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit())
            && !port.starts_with('0')
            && port.parse::<u16>().is_ok()
    });
    port_fits && name.len() <= MAX_HOST && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_segment(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && !matches!(value, "." | "..")
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

fn inner(pattern: &str) -> Option<&str> {
    pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix("]+"))
}

fn in_class(pattern: &str, letter: char) -> bool {
    let mut rest = inner(pattern).unwrap_or_default().chars();
    while let Some(first) = rest.next() {
        let mut ahead = rest.clone();
        if ahead.next() == Some('-')
            && let Some(last) = ahead.next()
        {
            if (first..=last).contains(&letter) {
                return true;
            }
            rest = ahead;
        } else if first == letter {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn values_fit_their_patterns() {
        let rows: &[(&str, &[&str], &[&str])] = &[
            (
                "host",
                &["git.example.com", "localhost", "git.example.com:8443", "xn--bcher-kva.example"],
                &[
                    "",
                    "Git.example.com",
                    "git.example.com/evil",
                    "user@evil.example",
                    "git.example.com#",
                    "git.example.com?x",
                    "https://git.example.com",
                    "a..b",
                    ".a",
                    "-a.example",
                    "a.example:",
                    "a.example:0",
                    "a.example:99999",
                    "a.example:+1",
                    "a:1:2",
                    "bücher.example",
                    "a b",
                    "a\\b",
                    "a%2fb",
                ],
            ),
            ("label", &["acme", "acme-2"], &["Acme", "a.b", "a_b", "-a", "a/b", "ä"]),
            (
                "segment",
                &["00D3_a.B", "my-realm"],
                &[".", "..", "a/b", "a?b", "a#b", "a%2e", "a b"],
            ),
            (
                "uuid",
                &["3f2b0c9d-8e7a-4f5b-8c3d-2e1f0a9b8c7d"],
                &[
                    "3F2B0C9D-8e7a-4f5b-8c3d-2e1f0a9b8c7d",
                    "3f2b0c9d",
                    "3f2b0c9d8e7a4f5b8c3d2e1f0a9b8c7d",
                ],
            ),
            (
                "uri",
                &["https://app.example/cb?x=1", "http://localhost:3000/cb"],
                &[
                    "http://app.example/cb",
                    "app.example/cb",
                    "com.example.app:/cb",
                    "https://a.example/#x",
                ],
            ),
            (
                "app-uri",
                &["com.example.app:/cb", "https://app.example/cb"],
                &["javascript:alert(1)", "x"],
            ),
            ("[a-z0-9-]+", &["acme-2", "-"], &["Acme", "a.b", ""]),
        ];
        for (name, fitting, others) in rows {
            for value in *fitting {
                assert!(pattern(name).fits(value), "{name}: {value:?}");
            }
            for value in *others {
                assert!(!pattern(name).fits(value), "{name}: {value:?}");
            }
        }
    }

    #[test]
    fn i9_only_confined_patterns_may_stand_inside_a_uri() {
        for name in ["host", "label", "segment", "uuid", "[a-z0-9-]+", "[A-Za-z0-9._~-]+"] {
            assert!(pattern(name).is_confined(), "{name}");
        }
        for name in [
            "uri", "app-uri", "[!-~]+", "[a-z/]+", "[a-z@]+", "[a-z#]+", "[a-z?]+", "[a-z%]+",
            "[ -z]+",
        ] {
            assert!(!pattern(name).is_confined(), "{name}");
        }
    }

    #[test]
    fn a_pattern_is_a_known_name_or_letters() {
        for text in ["", "hosts", "[]+", "[a-z]", ".*", "[a-z]*"] {
            assert!(Pattern::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        for text in ["host", "label", "segment", "uuid", "uri", "app-uri", "[a-z]+"] {
            assert_eq!(String::from(pattern(text)), text);
        }
    }
}
