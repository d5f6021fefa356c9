//! `[database]`: where accounts are kept.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::DatabaseUrl;
use super::units;

/// The account store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Database {
    /// "sqlite:PATH" or "postgres://user:password@host/name".
    pub url: DatabaseUrl,
    /// A file that holds the URL, instead of `url`.
    #[schemars(extend("format" = "path"))]
    pub url_file: Option<PathBuf>,
    /// How many connections read; on PostgreSQL at least two, half of which searches leave alone.
    #[schemars(range(min = 1, max = 256))]
    pub readers: usize,
    /// How many writes may wait before more are answered 503.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue: usize,
    /// How long PostgreSQL may work on one statement.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub statement_timeout: Duration,
    /// Whether a PostgreSQL that can forget acknowledged changes (fsync or synchronous_commit off)
    /// is accepted. For tests only.
    pub allow_unsafe_durability: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::new("sqlite:vestibule.db".to_owned()),
            url_file: None,
            readers: 4,
            queue: 4096,
            statement_timeout: Duration::from_secs(10),
            allow_unsafe_durability: false,
        }
    }
}
