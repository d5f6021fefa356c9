//! `[events]`: how long the event log remembers.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;

/// The event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Events {
    /// How long a line is kept.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub retention: Duration,
}

impl Default for Events {
    fn default() -> Self {
        Self { retention: Duration::from_secs(90 * 24 * 3600) }
    }
}
