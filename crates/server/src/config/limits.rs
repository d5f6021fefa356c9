//! `[limits]`: bounds on what one request, one address or one guesser can take.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;

/// Bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// Largest form body.
    #[serde(with = "units::size")]
    #[schemars(with = "String")]
    pub form_body: usize,
    /// Largest JSON body.
    #[serde(with = "units::size")]
    #[schemars(with = "String")]
    pub json_body: usize,
    /// How long a peer may take to send a request's head.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub head_timeout: Duration,
    /// How long a peer may take to send a body.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub body_timeout: Duration,
    /// How long an idle connection is kept.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub keep_alive: Duration,
    /// How many connections one worker thread holds.
    #[schemars(range(min = 16, max = 1_000_000))]
    pub connections_per_worker: usize,
    /// How many connections one address holds (an IPv6 /64 counts as one); loopback and trusted
    /// proxies hold any number.
    #[schemars(range(min = 8, max = 1_000_000))]
    pub connections_per_address: usize,
    /// Sign-ins a minute from one address (an IPv6 /64 counts as one).
    pub sign_in_per_minute: NonZeroU32,
    /// Failed client authentications a minute from one address.
    pub client_failures_per_minute: NonZeroU32,
    /// Wrong passwords for one account that cost nothing but themselves.
    #[schemars(range(min = 1, max = 100))]
    pub account_free_failures: u32,
    /// After how long the count of wrong passwords starts afresh.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub account_window: Duration,
    /// The longest wait after repeated wrong passwords; it begins at one second and doubles.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub account_longest_delay: Duration,
    /// Wrong passwords in a row after which only a trusted browser or an admin helps.
    #[schemars(range(min = 10, max = 100))]
    pub account_hard_cap: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            form_body: 16 * 1024,
            json_body: 64 * 1024,
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
            connections_per_worker: 10_000,
            connections_per_address: 100,
            sign_in_per_minute: NonZeroU32::MIN.saturating_add(19),
            client_failures_per_minute: NonZeroU32::MIN.saturating_add(59),
            account_free_failures: 5,
            account_window: Duration::from_secs(15 * 60),
            account_longest_delay: Duration::from_secs(15 * 60),
            account_hard_cap: 100,
        }
    }
}
