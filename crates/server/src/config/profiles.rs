//! `[profiles]`: vendor profiles beyond those that come with the program.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Vendor profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Profiles {
    /// A folder of profiles that add to the built-in ones, or replace them by name.
    #[schemars(extend("format" = "path"))]
    pub folder: Option<PathBuf>,
}
