//! `[telemetry]`: logs and traces.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the server tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Telemetry {
    /// How log lines look: "json", "pretty", or "auto" (pretty on a terminal, else json).
    pub log_format: LogFormat,
    /// What is logged, as a level (error, warn, info, debug, trace) or as directives such as
    /// "info,vestibule=debug".
    pub log_level: String,
    /// Where traces are sent by OTLP over HTTP; without it none are made.
    pub otlp_endpoint: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Pretty on a terminal, else JSON.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Auto,
            log_level: "info,actix_server=warn,actix_http::h1=off".to_owned(),
            otlp_endpoint: None,
        }
    }
}
