//! `[events]`: how long the event log remembers.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;

/// The event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Events {
    /// How long a line is kept: what was refused, and what administrators did.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub retention: Duration,
    /// How long a line of a sign-in or a token request that went well is kept; there are many of
    /// these. Never longer than `retention`.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub success_retention: Duration,
}

impl Default for Events {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self { retention: day * 400, success_retention: day * 90 }
    }
}
