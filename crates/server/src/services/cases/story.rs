//! Lines of the event log in words.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::EventId;
use vestibule_protocol::refusal::catalogue;

use super::Reader;
use crate::services::events::export;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The line of the event log.
    #[serde(serialize_with = "as_text")]
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The line's kind.
    pub kind: String,
    /// What happened, in a sentence.
    pub title: String,
    /// How it went.
    pub outcome: EventOutcome,
    /// Why, as a stable word, when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The catalogue's code of that reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<&'static str>,
    /// What was compared, or done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

impl Step {
    /// When, to the second, as people of any place read it alike.
    pub fn time(&self) -> String {
        clock(self.at)
    }

    /// Whether it did not succeed.
    pub fn is_wrong(&self) -> bool {
        self.outcome != EventOutcome::Success
    }

    /// How it went, in a word.
    pub fn word(&self) -> &'static str {
        export::word(self.outcome)
    }
}

/// A moment to the second.
pub fn clock(at: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    OffsetDateTime::from_unix_timestamp(at.as_seconds())
        .ok()
        .and_then(|moment| moment.format(&format).ok())
        .unwrap_or_else(|| at.as_seconds().to_string())
}

/// An id is longer than the numbers that JSON readers keep exactly.
pub(super) fn as_text<S: serde::Serializer>(id: &EventId, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&id.0)
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The value, as text.
    pub value: String,
}

/// The facts that a vendor may see of its own case: what it sent, and what of its own registration it
/// was compared with. Nothing about the user but `sub`, nothing about other clients.
const FOR_VENDORS: &[&str] = &[
    "as_asked",
    "created_at",
    "difference",
    "during",
    "error",
    "expected",
    "expired_at",
    "fault",
    "form",
    "generation",
    "grant_type",
    "granted",
    "header",
    "id_token",
    "label",
    "late_by_seconds",
    "length",
    "limit",
    "limit_seconds",
    "media_type",
    "method",
    "nearest",
    "now",
    "parameter",
    "received",
    "redeemed_at",
    "redirect_uri",
    "refresh_token",
    "registered",
    "required",
    "retired_at",
    "retry_after_seconds",
    "revoked_at",
    "scheme",
    "scope",
    "secret_in_url",
    "status",
    "used",
    "wanted",
    "what",
];

/// A line in words.
pub(super) fn step(event: &Event, reader: Reader) -> Step {
    Step {
        id: event.id,
        at: event.at,
        kind: event.kind.clone(),
        title: title(event),
        outcome: event.outcome,
        reason: event.reason.clone(),
        catalogue: event.reason.as_deref().and_then(catalogue::by_word).map(|entry| entry.code),
        facts: facts(&event.facts, reader),
    }
}

/// What a line says happened.
pub(crate) fn title(event: &Event) -> String {
    let grant = event.facts.get("grant_type").and_then(Value::as_str);
    let text = match (event.kind.as_str(), grant) {
        ("authorize.waiting", _) => "The app sent the user here, and the sign-in page was shown",
        ("authorize.approved", _) => "The user finished, and the app was sent a code",
        ("authorize.refused", _) => "The sign-in was refused, and the app was told why",
        ("authorize.shown", _) => {
            "The request was refused on an error page, without going back to the app"
        }
        ("session.started", _) => "The user signed in",
        ("session.refused", _) => "A sign-in was tried and not accepted",
        ("session.ended", _) => "The user signed out",
        ("token.issued", Some("authorization_code")) => "The app exchanged its code for tokens",
        ("token.issued", Some("refresh_token")) => "The app refreshed its tokens",
        ("token.issued", Some("client_credentials")) => "The app got a token of its own",
        ("token.issued", _) => "The app got tokens",
        ("token.refused", _) => "The app asked for tokens and was refused",
        ("token.revoked", _) => "The app gave tokens back",
        ("userinfo.refused", _) => "The app asked for the user's data and was refused",
        ("introspect.refused", _) => "The app asked about a token and was refused",
        ("revoke.refused", _) => "The app tried to give a token back and was refused",
        ("logout.shown", _) => "A sign-out request was refused on an error page",
        ("discovery.refused", _) => "A library looked for a discovery document where there is none",
        ("request.refused", _) => "An endpoint was called by the wrong method",
        (kind, _) => return kind.replace(['.', '_'], " "),
    };
    text.to_owned()
}

/// Facts as named texts, in the order of the line.
pub(crate) fn facts(facts: &Value, reader: Reader) -> Vec<Fact> {
    let Some(facts) = facts.as_object() else { return Vec::new() };
    let shown = facts.iter().filter(|(name, value)| {
        *name != "hints"
            && !value.is_null()
            && (reader == Reader::Admin || FOR_VENDORS.contains(&name.as_str()))
    });
    let fact = |(name, value): (&String, &Value)| Fact {
        name: name.replace('_', " "),
        value: text(name, value),
    };
    shown.map(fact).collect()
}

fn text(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(millis) if name.ends_with("_at") || name == "now" || name == "not_before" => {
            match millis.as_i64() {
                Some(millis) => export::moment(Timestamp::from_millis(millis)),
                None => millis.to_string(),
            }
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
