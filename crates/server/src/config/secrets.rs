//! `[secrets]`: the master key, which seals what the database keeps.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// Keys that live outside the database. After loading, the values of the files stand in the fields
/// for values.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Secrets {
    /// The master key: 32 random bytes in base64url. `vestibule init` makes one.
    pub master_key: Option<Secret>,
    /// A file that holds the master key, instead of `master_key`.
    #[schemars(extend("format" = "path"))]
    pub master_key_file: Option<PathBuf>,
    /// The master key before this one, while what it sealed is being sealed anew.
    pub previous_master_key: Option<Secret>,
    /// A file that holds the previous master key, instead of `previous_master_key`.
    #[schemars(extend("format" = "path"))]
    pub previous_master_key_file: Option<PathBuf>,
}
