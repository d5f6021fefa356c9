//! The closed sets of words of an authorization request.

use serde::{Deserialize, Serialize};

/// How the answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// By an auto-submitted form.
    FormPost,
}

/// `prompt` (OIDC Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the specification's")]
pub enum Prompt {
    None,
    Login,
    Consent,
    SelectAccount,
}

/// `display` (OIDC Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the specification's")]
pub enum Display {
    Page,
    Popup,
    Touch,
    Wap,
}

impl ResponseMode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The word on the wire.
    pub fn value(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    pub(super) fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.value() == value)
    }
}

impl Prompt {
    /// All values.
    pub const ALL: [Self; 4] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];

    /// The word on the wire.
    pub fn value(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }

    pub(super) fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| prompt.value() == value)
    }
}

impl Display {
    /// All values.
    pub const ALL: [Self; 4] = [Self::Page, Self::Popup, Self::Touch, Self::Wap];

    /// The word on the wire.
    pub fn value(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
            Self::Wap => "wap",
        }
    }

    pub(super) fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|display| display.value() == value)
    }
}
