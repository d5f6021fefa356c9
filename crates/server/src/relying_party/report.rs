//! Hops of a sign-in, and how each check of them went.

pub mod fit;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::behaviour::{Behaviour, UserinfoCall};

/// A step of a sign-in that can be looked at by itself.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HopKind {
    /// The provider's metadata and keys.
    Discovery,
    /// The authorization request.
    AuthorizationRequest,
    /// The answer at the redirect URI.
    AuthorizationResponse,
    /// The token request.
    TokenRequest,
    /// The token response.
    TokenResponse,
    /// The ID token, decoded and checked.
    IdToken,
    /// The access token, as far as it can be read.
    AccessToken,
    /// The answer of userinfo.
    Userinfo,
    /// The answer of introspection.
    Introspection,
    /// A refresh.
    Refresh,
    /// What the vendor needs to be told.
    Expectations,
}

impl HopKind {
    const ALL: [Self; 11] = [
        Self::Discovery,
        Self::AuthorizationRequest,
        Self::AuthorizationResponse,
        Self::TokenRequest,
        Self::TokenResponse,
        Self::IdToken,
        Self::AccessToken,
        Self::Userinfo,
        Self::Introspection,
        Self::Refresh,
        Self::Expectations,
    ];

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Discovery => "Discovery document and keys",
            Self::AuthorizationRequest => "Authorization request",
            Self::AuthorizationResponse => "Answer at the redirect URI",
            Self::TokenRequest => "Token request",
            Self::TokenResponse => "Token response",
            Self::IdToken => "ID token",
            Self::AccessToken => "Access token",
            Self::Userinfo => "Userinfo",
            Self::Introspection => "Introspection",
            Self::Refresh => "Refresh",
            Self::Expectations => "What the vendor needs",
        }
    }

    /// A stable word, for ids and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::AuthorizationRequest => "authorization-request",
            Self::AuthorizationResponse => "authorization-response",
            Self::TokenRequest => "token-request",
            Self::TokenResponse => "token-response",
            Self::IdToken => "id-token",
            Self::AccessToken => "access-token",
            Self::Userinfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Refresh => "refresh",
            Self::Expectations => "expectations",
        }
    }
}

/// How something went; the worst of several is the greatest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was not come to.
    NotReached,
    /// As it should.
    Passed,
    /// It works, and may surprise.
    Warned,
    /// Not as it should.
    Failed,
}

impl Outcome {
    /// A stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotReached => "not-reached",
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// How it went.
    pub outcome: Outcome,
    /// What was found; if it failed, also what was expected and how to mend it.
    pub text: String,
}

/// A hop with its checks and its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// Which.
    pub kind: HopKind,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// What was sent, secrets masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sent: String,
    /// What came back, or what was decoded, tokens masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub received: String,
}

impl Hop {
    /// A hop of which nothing is known yet.
    pub fn new(kind: HopKind) -> Self {
        Self { kind, checks: Vec::new(), sent: String::new(), received: String::new() }
    }

    fn check(mut self, outcome: Outcome, text: impl Into<String>) -> Self {
        self.checks.push(Check { outcome, text: text.into() });
        self
    }

    /// Something is as it should be.
    #[must_use]
    pub fn passed(self, text: impl Into<String>) -> Self {
        self.check(Outcome::Passed, text)
    }

    /// Something works and may surprise.
    #[must_use]
    pub fn warned(self, text: impl Into<String>) -> Self {
        self.check(Outcome::Warned, text)
    }

    /// Something is not as it should be.
    #[must_use]
    pub fn failed(self, text: impl Into<String>) -> Self {
        self.check(Outcome::Failed, text)
    }

    /// `good` if it holds, else `bad` as a failure.
    #[must_use]
    pub fn expect(self, holds: bool, good: impl Into<String>, bad: impl Into<String>) -> Self {
        if holds { self.passed(good) } else { self.failed(bad) }
    }

    /// `good` if it holds, else `bad` as a warning.
    #[must_use]
    pub fn prefer(self, holds: bool, good: impl Into<String>, bad: impl Into<String>) -> Self {
        if holds { self.passed(good) } else { self.warned(bad) }
    }

    /// The message that was sent.
    #[must_use]
    pub fn sent(mut self, text: impl Into<String>) -> Self {
        self.sent = fit::recorded(text.into());
        self
    }

    /// The message that came, or what was decoded.
    #[must_use]
    pub fn received(mut self, text: impl Into<String>) -> Self {
        self.received = fit::recorded(text.into());
        self
    }

    /// The worst of its checks.
    pub fn outcome(&self) -> Outcome {
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::NotReached)
    }
}

/// The worst of some hops.
pub fn worst(hops: &[Hop]) -> Outcome {
    hops.iter().map(Hop::outcome).max().unwrap_or(Outcome::NotReached)
}

/// All hops that this behaviour has, those that were not come to as well.
pub(super) fn complete(mut hops: Vec<Hop>, behaviour: &Behaviour) -> Vec<Hop> {
    for kind in HopKind::ALL {
        let never = match kind {
            HopKind::Userinfo => behaviour.userinfo == UserinfoCall::None,
            HopKind::Introspection => !behaviour.introspects,
            // Whether there is one to use is known once tokens came.
            HopKind::Refresh => true,
            _ => false,
        };
        if !never && hops.iter().all(|hop| hop.kind != kind) {
            hops.push(Hop::new(kind));
        }
    }
    hops.sort_by_key(|hop| hop.kind);
    fit::fitted(hops)
}
