//! `[locales]`: the language of the pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Locales {
    /// The language when neither the app nor the browser asks for one we have (BCP 47).
    pub default: String,
}

impl Default for Locales {
    fn default() -> Self {
        Self { default: "en".to_owned() }
    }
}
