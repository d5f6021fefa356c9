//! `[branding]`: what the pages call the service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names that people read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Branding {
    /// The name of the service, as users know it.
    #[schemars(length(min = 1, max = 80))]
    pub name: String,
    /// Where users find help: an https URL or a mailto: address.
    pub support: Option<String>,
}

impl Default for Branding {
    fn default() -> Self {
        Self { name: "Vestibule".to_owned(), support: None }
    }
}
