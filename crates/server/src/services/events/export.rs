//! The event log as JSON Lines and as CSV.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::refusal::catalogue;

use super::{Act, EventFilter, MAX_LINES, Names, ServiceFault, page};

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// RFC 4180, with a head.
    Csv,
}

impl Format {
    /// The format of this word: `jsonl` or `csv`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "jsonl" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The word, which is the ending of a file as well.
    pub fn word(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What stands before the first line.
    pub fn head(self) -> &'static str {
        match self {
            Self::JsonLines => "",
            Self::Csv => "id,at,kind,outcome,case_code,client,subject,reason,catalogue,facts\r\n",
        }
    }

    /// One line. CSV has the columns that it always had; what clients are called is not among them.
    pub fn line(self, event: &Event, names: &Names) -> String {
        match self {
            Self::JsonLines => format!("{}\n", document(event, names)),
            Self::Csv => csv(event),
        }
    }
}

/// Hands out all lines that match, newest first, in chunks, until there are no more or `take` says
/// that it wants no more.
pub async fn write(
    act: Act<'_>,
    filter: &EventFilter,
    format: Format,
    mut take: impl AsyncFnMut(String) -> bool,
) -> Result<(), ServiceFault> {
    let mut before = None;
    let mut chunk = format.head().to_owned();
    loop {
        let found = page(act, filter, before, MAX_LINES).await?;
        let names = match format {
            Format::JsonLines => Names::of(act, &found.events).await?,
            Format::Csv => Names::none(act),
        };
        chunk.extend(found.events.iter().map(|event| format.line(event, &names)));
        if !chunk.is_empty() && !take(std::mem::take(&mut chunk)).await {
            return Ok(());
        }
        match found.next {
            Some(next) => before = Some(next),
            None => return Ok(()),
        }
    }
}

/// A line as programs read it.
pub fn document(event: &Event, names: &Names) -> Value {
    json!({
        "id": event.id.0.to_string(),
        "at": event.at.as_millis(),
        "kind": event.kind,
        "outcome": event.outcome,
        "case_code": event.case_code,
        "client": event.client,
        "client_name": names.client(event),
        "subject": event.subject,
        "reason": event.reason,
        "catalogue": code(event),
        "facts": event.facts,
    })
}

fn code(event: &Event) -> Option<&'static str> {
    event.reason.as_deref().and_then(catalogue::by_word).map(|entry| entry.code)
}

fn csv(event: &Event) -> String {
    let facts = if event.facts.is_null() { String::new() } else { event.facts.to_string() };
    let cells = [
        event.id.0.to_string(),
        moment(event.at),
        event.kind.clone(),
        word(event.outcome).to_owned(),
        event.case_code.map(|case| case.to_string()).unwrap_or_default(),
        event.client.as_ref().map(|client| client.0.clone()).unwrap_or_default(),
        event.subject.as_ref().map(|subject| subject.0.clone()).unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
        code(event).unwrap_or_default().to_owned(),
        facts,
    ];
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula: what begins like one is preceded by an
/// apostrophe, which spreadsheets read as "this is text".
fn cell(text: &str) -> String {
    let formula =
        text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// The stable word of an outcome.
pub fn word(outcome: EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Success => "success",
        EventOutcome::Refused => "refused",
        EventOutcome::Failed => "failed",
    }
}

/// A moment in RFC 3339.
pub fn moment(at: Timestamp) -> String {
    let nanos = i128::from(at.as_millis()) * 1_000_000;
    let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok();
    let written = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    written.unwrap_or_else(|| at.as_millis().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_breaks_its_row() {
        for (text, written) in [
            ("plain", "plain"),
            ("=1+1", "\"'=1+1\""),
            ("+49", "\"'+49\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =cmd|'/c calc'!A1", "\"'  =cmd|'/c calc'!A1\""),
            ("\t=1", "\"'\t=1\""),
            ("a,\"b\"\nc", "\"a,\"\"b\"\"\nc\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn a_moment_is_told_to_the_millisecond() {
        assert_eq!(moment(Timestamp::from_millis(1_795_233_000_250)), "2026-11-21T03:50:00.25Z");
    }
}
