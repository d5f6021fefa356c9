//! The event log's vocabulary: what happened, to whom, with which result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::case_code::CaseCode;
use crate::ids::{ClientId, EventId, OrgId, Subject};

/// A line of the event log. It never holds a secret, a code or a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The row; ordered by time.
    pub id: EventId,
    /// The organization it belongs to.
    pub org: OrgId,
    /// When.
    pub at: Timestamp,
    /// What, as a dotted word: `authorize.refused`, `token.issued`, `session.started`.
    pub kind: String,
    /// How it went.
    pub outcome: EventOutcome,
    /// The attempt it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_code: Option<CaseCode>,
    /// The client concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// The user concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Why, as a stable word, when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The compared facts.
    #[serde(skip_serializing_if = "serde_json::Value::is_null", default)]
    pub facts: serde_json::Value,
}

/// How something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// It was done.
    Success,
    /// It was refused.
    Refused,
    /// It failed on our side.
    Failed,
}
