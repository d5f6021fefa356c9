//! What is searched for, as people write it: in a form, in a URL, on the command line.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::ids::{ClientId, Subject};
use vestibule_protocol::params::Params;
use vestibule_store::events::{EventQuery, OutcomeFilter};

use crate::config::units;
use crate::services::{FieldFault, ServiceFault};

/// Which lines of the event log; empty texts filter nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this client.
    pub client: String,
    /// Of this user, by `sub`.
    pub subject: String,
    /// Of this kind, such as `token.refused`, or family, such as `token`.
    pub kind: String,
    /// `success` or `wrong`.
    pub outcome: String,
    /// Refused for this reason, such as `redirect_uri_mismatch`.
    pub reason: String,
    /// Since then: `24h` (that long ago), `2026-11-21`, or RFC 3339.
    pub since: String,
    /// Until then, written alike.
    pub until: String,
    /// Of this attempt.
    pub case: String,
}

/// The names of the filters, in forms and URLs.
const NAMES: [&str; 8] =
    ["client", "subject", "kind", "outcome", "reason", "since", "until", "case"];
/// Longest text of a filter, in bytes.
const MAX_BYTES: usize = 256;

impl EventFilter {
    /// What a form or a URL says.
    pub fn of(params: &Params) -> Self {
        let text = |name: &str| params.one(name).unwrap_or_default().trim().to_owned();
        Self {
            client: text("client"),
            subject: text("subject"),
            kind: text("kind"),
            outcome: text("outcome"),
            reason: text("reason"),
            since: text("since"),
            until: text("until"),
            case: text("case"),
        }
    }

    /// Name and text of each filter, also of the empty ones.
    pub fn pairs(&self) -> [(&'static str, &str); 8] {
        let texts = [
            &self.client,
            &self.subject,
            &self.kind,
            &self.outcome,
            &self.reason,
            &self.since,
            &self.until,
            &self.case,
        ];
        let mut texts = texts.into_iter();
        NAMES.map(|name| (name, texts.next().map_or("", String::as_str)))
    }

    /// The query that it means at `now`.
    pub(crate) fn query(&self, now: Timestamp) -> Result<EventQuery, ServiceFault> {
        let mut faults = Vec::new();
        for (name, text) in self.pairs() {
            if text.len() > MAX_BYTES {
                let problem = format!("it has {} bytes; at most {MAX_BYTES} are read", text.len());
                faults.push(FieldFault::new(name, problem));
            }
        }
        let mut read = |name: &str, fault: String| faults.push(FieldFault::new(name, fault));
        let since = moment(&self.since, now).map_err(|fault| read("since", fault));
        let until = moment(&self.until, now).map_err(|fault| read("until", fault));
        let outcome = outcome(&self.outcome).map_err(|fault| read("outcome", fault));
        let case_code = case(&self.case).map_err(|fault| read("case", fault));
        let kind = kind(&self.kind).map_err(|fault| read("kind", fault));
        let (Ok(since), Ok(until), Ok(outcome), Ok(case_code), Ok(kind)) =
            (since, until, outcome, case_code, kind)
        else {
            return Err(ServiceFault::Invalid(faults));
        };
        if !faults.is_empty() {
            return Err(ServiceFault::Invalid(faults));
        }
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        Ok(EventQuery {
            since,
            until,
            outcome,
            case_code,
            kind,
            reason: given(&self.reason),
            client: given(&self.client).map(ClientId),
            subject: given(&self.subject).map(Subject),
            ..EventQuery::default()
        })
    }
}

fn case(text: &str) -> Result<Option<CaseCode>, String> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|fault| format!("{fault}")),
    }
}

/// A word of the log. On SQLite the beginning of one would be found whatever its case, and on
/// PostgreSQL would not.
fn kind(text: &str) -> Result<Option<String>, String> {
    let of_a_word = |byte: u8| byte.is_ascii_lowercase() || b"._".contains(&byte);
    match text {
        "" => Ok(None),
        text if text.bytes().all(of_a_word) => Ok(Some(text.to_owned())),
        _ => Err("write it as the log does, such as token.refused, or token for all of its family"
            .to_owned()),
    }
}

fn outcome(text: &str) -> Result<Option<OutcomeFilter>, String> {
    match text {
        "" => Ok(None),
        "success" => Ok(Some(OutcomeFilter::Success)),
        "wrong" => Ok(Some(OutcomeFilter::Wrong)),
        _ => Err("it must be success or wrong".to_owned()),
    }
}

fn moment(text: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(span) = units::span::parse(text) {
        return Ok(Some(now.minus(span)));
    }
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    let at = OffsetDateTime::parse(&whole, &Rfc3339).map_err(|_| {
        "write how long ago (24h, 7d), a day (2026-11-21), or a moment (2026-11-21T10:00:00Z)"
            .to_owned()
    })?;
    Ok(Some(Timestamp::from_seconds(at.unix_timestamp())))
}
