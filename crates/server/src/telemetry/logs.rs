//! Log lines: JSON, or pretty on a terminal; RFC 3339 times in UTC; secrets cut out.

use std::io::{self, Write};

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{DefaultFields, Format, Json, JsonFields};
use tracing_subscriber::registry::LookupSpan;
use vestibule_keys::digest::CLIENT_SECRET_PREFIX;
use vestibule_protocol::opaque;

use super::LogTo;
use crate::services::webhooks;

/// Reads `telemetry.log_level`.
pub fn filter(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(directives)
}

type JsonLines<S> = tracing_subscriber::fmt::Layer<S, JsonFields, Format<Json>, Redacting>;
type PrettyLines<S> = tracing_subscriber::fmt::Layer<S, DefaultFields, Format, Redacting>;

/// One JSON object a line, fields at its top level.
pub fn json<S>(to: LogTo) -> JsonLines<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(Redacting(to))
}

/// Lines for people.
pub fn pretty<S>(to: LogTo, colours: bool) -> PrettyLines<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_ansi(colours)
        .with_target(false)
        .with_writer(Redacting(to))
}

/// Writes lines after cutting out what looks like one of our secrets.
#[derive(Clone, Copy, Debug)]
pub struct Redacting(LogTo);

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        *self
    }
}

impl Write for Redacting {
    /// The formatter hands over a whole line at once, so no secret is split between two calls.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let clean = redact(&text);
        match self.0 {
            LogTo::Stdout => io::stdout().lock().write_all(clean.as_bytes())?,
            LogTo::Stderr => io::stderr().lock().write_all(clean.as_bytes())?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0 {
            LogTo::Stdout => io::stdout().flush(),
            LogTo::Stderr => io::stderr().flush(),
        }
    }
}

/// What our secrets begin with, beside opaque values: secrets of clients and webhooks, signed tokens.
const OTHER_MARKS: [&str; 3] = [CLIENT_SECRET_PREFIX, webhooks::PREFIX, "eyJ"];
/// Fewest characters after a mark that make it a secret and not a word about one.
const LONG: usize = 16;

/// A text without what looks like a secret; its mark stays, so that one sees what was there.
pub fn redact(text: &str) -> std::borrow::Cow<'_, str> {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((mark, start)) = first_mark(rest) {
        let (before, from) = rest.split_at(start + mark.len());
        let length = from
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            .count();
        let (value, after) = from.split_at(length);
        clean.push_str(before);
        clean.push_str(if length >= LONG { "…" } else { value });
        rest = after;
    }
    if clean.is_empty() {
        return text.into();
    }
    clean.push_str(rest);
    clean.into()
}

fn first_mark(text: &str) -> Option<(&'static str, usize)> {
    let marks = opaque::PREFIXES.iter().chain(&OTHER_MARKS);
    marks.filter_map(|mark| text.find(mark).map(|at| (*mark, at))).min_by_key(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p8_tokens_and_secrets_are_cut_out_of_lines() {
        for (line, clean) in [
            ("code vbc_AAAAAAAAAAAAAAAAAAAAAAAA was refused", "code vbc_… was refused"),
            (
                "a=\"vcs_0123456789abcdef0123\",b=\"eyJhbGciOiJSUzI1NiJ9.e30.sig\"",
                "a=\"vcs_…\",b=\"eyJ…\"",
            ),
            ("the prefix vbc_ alone", "the prefix vbc_ alone"),
            ("nothing here", "nothing here"),
        ] {
            assert_eq!(redact(line), clean);
        }
        const LOGGING: &str = include_str!("../../../../docs/logging.md");
        for mark in opaque::PREFIXES.iter().chain(&OTHER_MARKS) {
            let line = format!("came: {mark}0123456789abcdef0123.");
            assert_eq!(redact(&line), format!("came: {mark}…"));
            assert!(LOGGING.contains(&format!("| `{mark}` |")), "docs/logging.md: {mark}");
        }
    }

    #[test]
    fn log_levels_are_judged() {
        assert!(filter("info,vestibule=debug").is_ok());
        assert!(filter("vestibule=loudly").is_err());
    }
}
