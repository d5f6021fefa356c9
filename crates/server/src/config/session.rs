//! `[session]`: how long a browser stays signed in.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;

/// Signed-in browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Session {
    /// After how long without use a session ends.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub idle: Duration,
    /// After how long a session ends whatever its use.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub absolute: Duration,
    /// How long a user has to finish a sign-in that an app has started.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub sign_in_within: Duration,
    /// How long a browser in which a user has signed in is known as trusted, so that strangers
    /// cannot lock its user out.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub trusted_device: Duration,
}

const HOUR: u64 = 3600;

impl Default for Session {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(HOUR),
            absolute: Duration::from_secs(24 * HOUR),
            sign_in_within: Duration::from_secs(HOUR / 2),
            trusted_device: Duration::from_secs(365 * 24 * HOUR),
        }
    }
}
