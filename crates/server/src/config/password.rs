//! `[password]`: what a password must be, and what hashing one costs.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;

/// Passwords and their Argon2id hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Password {
    /// Fewest characters of a new password (NIST SP 800-63B: 15 where it is the only factor).
    #[schemars(range(min = 8, max = 128))]
    pub min_length: usize,
    /// Memory of one hash, in KiB.
    #[schemars(range(min = 7168, max = 262_144))]
    pub memory_kib: u32,
    /// Passes over that memory.
    #[schemars(range(min = 1, max = 10))]
    pub iterations: u32,
    /// Lanes of one hash.
    #[schemars(range(min = 1, max = 8))]
    pub parallelism: u32,
    /// How many hashes are computed at once; 0 means one per processor core.
    #[schemars(range(max = 256))]
    pub threads: usize,
    /// How many sign-ins may wait for a hash before more are answered 503.
    #[schemars(range(min = 1, max = 1024))]
    pub queue: usize,
    /// How long a sign-in may wait for its turn before it is answered 503.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub patience: Duration,
}

impl Default for Password {
    fn default() -> Self {
        Self {
            min_length: 15,
            memory_kib: 19 * 1024,
            iterations: 2,
            parallelism: 1,
            threads: 0,
            queue: 64,
            patience: Duration::from_secs(2),
        }
    }
}
