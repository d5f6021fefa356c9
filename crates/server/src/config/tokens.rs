//! `[tokens]`: the lifetimes that new clients begin with.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::client::{Lifetimes, RefreshPolicy};

use super::units;

/// What a client has that was registered without lifetimes of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Tokens {
    /// An authorization code.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub code: Duration,
    /// An access token.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub access_token: Duration,
    /// An ID token.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub id_token: Duration,
    /// A refresh token that is not used.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub refresh_idle: Duration,
    /// A refresh token, whatever its use.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub refresh_absolute: Duration,
    /// How long a rotated refresh token still yields the same successor.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub refresh_grace: Duration,
}

impl Tokens {
    /// The lifetimes of a new client.
    pub fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            code_seconds: self.code.as_secs(),
            access_token_seconds: self.access_token.as_secs(),
            id_token_seconds: self.id_token.as_secs(),
        }
    }

    /// The refresh policy of a new client.
    pub fn refresh(&self) -> RefreshPolicy {
        RefreshPolicy {
            rotate: None,
            grace_seconds: self.refresh_grace.as_secs(),
            idle_seconds: self.refresh_idle.as_secs(),
            absolute_seconds: self.refresh_absolute.as_secs(),
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        let lifetimes = Lifetimes::default();
        let refresh = RefreshPolicy::default();
        Self {
            code: Duration::from_secs(lifetimes.code_seconds),
            access_token: Duration::from_secs(lifetimes.access_token_seconds),
            id_token: Duration::from_secs(lifetimes.id_token_seconds),
            refresh_idle: Duration::from_secs(refresh.idle_seconds),
            refresh_absolute: Duration::from_secs(refresh.absolute_seconds),
            refresh_grace: Duration::from_secs(refresh.grace_seconds),
        }
    }
}
