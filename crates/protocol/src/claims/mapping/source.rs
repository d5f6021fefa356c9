//! Where a claim's value comes from.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::super::{is_standard_claim, value};
use super::releases;
use crate::scope::Scope;
use crate::user::User;

/// Longest text of a constant.
const MAX_TEXT: usize = 1024;
/// Most items of a constant list.
const MAX_ITEMS: usize = 50;
/// Longest name of an attribute of the installation's own, and longest beginning of a group's name.
const MAX_WORD: usize = 128;

/// Sets what is known of a user beside the claims apart from claims of the same name.
const BESIDE: &str = "user:";

/// What a claim tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Something that is known of the user; in files its word.
    Attribute(Attribute),
    /// The same for all users: a text, a number, true or false, or a list of them; in files
    /// `{ constant = … }`.
    Constant(Value),
}

/// Something that is known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// A standard claim (OIDC Core §5.1), by its name.
    Standard(String),
    /// A claim of the installation's own: `other.NAME`.
    Other(String),
    /// `sub`, for clients that read it under another name.
    Subject,
    /// `external_id`: what the user is called elsewhere.
    ExternalId,
    /// `account_type`.
    AccountType,
    /// `groups`: the names of the user's groups; `groups:PREFIX` those that begin so.
    Groups {
        /// The beginning; empty for all.
        prefix: String,
    },
}

impl Source {
    pub(super) fn attribute(&self) -> Option<&Attribute> {
        match self {
            Self::Attribute(attribute) => Some(attribute),
            Self::Constant(_) => None,
        }
    }

    pub(super) fn value(&self, user: &User) -> Option<Value> {
        match self {
            Self::Attribute(attribute) => attribute.value(user),
            Self::Constant(value) => Some(value.clone()),
        }
    }

    pub(super) fn judge(&self) -> Result<(), String> {
        match self {
            Self::Constant(Value::Array(items)) if items.len() <= MAX_ITEMS => {
                items.iter().try_for_each(judge_scalar)
            }
            Self::Constant(Value::Array(_)) => {
                Err(format!("a constant list has at most {MAX_ITEMS} items"))
            }
            Self::Constant(value) => judge_scalar(value),
            Self::Attribute(Attribute::Other(name) | Attribute::Groups { prefix: name }) => {
                match name.len() <= MAX_WORD && !name.chars().any(char::is_control) {
                    true => Ok(()),
                    false => {
                        Err(format!("a name has at most {MAX_WORD} bytes, all of them visible"))
                    }
                }
            }
            Self::Attribute(_) => Ok(()),
        }
    }
}

fn judge_scalar(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text.len() <= MAX_TEXT && !text.chars().any(char::is_control) => {
            Ok(())
        }
        Value::String(_) => {
            Err(format!("a constant text has at most {MAX_TEXT} bytes, all of them visible"))
        }
        Value::Bool(_) | Value::Number(_) => Ok(()),
        _ => Err("a constant is a text, a number, true, false, or a list of them".to_owned()),
    }
}

impl Attribute {
    /// Whether agreeing to the scope shares it already; who a user is goes with every sign-in.
    pub(super) fn is_within(&self, scope: &Scope) -> bool {
        match self {
            Self::Subject => true,
            Self::Standard(name) | Self::Other(name) => releases(scope, name),
            Self::ExternalId | Self::AccountType | Self::Groups { .. } => false,
        }
    }

    /// The word by which consents and terms remember it: a standard claim by its name, as if it had
    /// been asked for by the `claims` parameter, and anything else apart from all claims.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Standard(name) => name.clone(),
            beside => format!("{BESIDE}{beside}"),
        }
    }

    /// The attribute beside the standard claims that consents remember by this word.
    pub fn of_word(word: &str) -> Option<Self> {
        word.strip_prefix(BESIDE)?.parse().ok()
    }

    /// What it is for this user; nothing where there is no value (AS-92).
    pub fn value(&self, user: &User) -> Option<Value> {
        let text = |text: &Option<String>| {
            text.as_deref().filter(|text| !text.trim().is_empty()).map(|text| json!(text))
        };
        match self {
            Self::Standard(name) | Self::Other(name) => value(user, name),
            Self::Subject => Some(json!(user.subject)),
            Self::ExternalId => text(&user.external_id),
            Self::AccountType => text(&user.account_type),
            Self::Groups { prefix } => {
                let names: Vec<&str> = user
                    .groups
                    .iter()
                    .map(String::as_str)
                    .filter(|name| name.starts_with(prefix.as_str()))
                    .collect();
                (!names.is_empty()).then(|| json!(names))
            }
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(name) => f.write_str(name),
            Self::Other(name) => write!(f, "other.{name}"),
            Self::Subject => f.write_str("sub"),
            Self::ExternalId => f.write_str("external_id"),
            Self::AccountType => f.write_str("account_type"),
            Self::Groups { prefix } if prefix.is_empty() => f.write_str("groups"),
            Self::Groups { prefix } => write!(f, "groups:{prefix}"),
        }
    }
}

/// A word that names nothing that is known of users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is nothing that is known of a user; there are the standard claims (such as email), \
     other.NAME, sub, external_id, account_type, groups and groups:PREFIX, or a table {{ constant = … }}"
)]
pub struct UnknownAttribute(String);

impl FromStr for Attribute {
    type Err = UnknownAttribute;

    fn from_str(word: &str) -> Result<Self, UnknownAttribute> {
        let unknown = || UnknownAttribute(word.chars().take(80).collect());
        Ok(match word {
            "sub" => Self::Subject,
            "external_id" => Self::ExternalId,
            "account_type" => Self::AccountType,
            "groups" => Self::Groups { prefix: String::new() },
            name if is_standard_claim(name) => Self::Standard(name.to_owned()),
            other => match (other.strip_prefix("other."), other.strip_prefix("groups:")) {
                (Some(name), _) if !name.is_empty() && !is_standard_claim(name) => {
                    Self::Other(name.to_owned())
                }
                (_, Some(prefix)) if !prefix.is_empty() => {
                    Self::Groups { prefix: prefix.to_owned() }
                }
                _ => return Err(unknown()),
            },
        })
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Attribute(attribute) => to.collect_str(attribute),
            Self::Constant(value) => json!({ "constant": value }).serialize(to),
        }
    }
}

impl JsonSchema for Source {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("ClaimSource")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The word of an attribute, or a constant.",
            "oneOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "constant": true },
                    "required": ["constant"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match Value::deserialize(from)? {
            Value::String(word) => word.parse().map(Self::Attribute).map_err(D::Error::custom),
            Value::Object(mut members) if members.len() == 1 => members
                .remove("constant")
                .map(Self::Constant)
                .ok_or_else(|| D::Error::custom("expected { constant = … }")),
            _ => Err(D::Error::custom("expected the word of an attribute, or { constant = … }")),
        }
    }
}
