//! Answers: for people, or with `--json` for programs.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;
use serde_json::Value;
use vestibule_protocol::identifiers::is_visible;

use super::fault::CliFault;

/// Where answers go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Console {
    /// For programs.
    pub json: bool,
    /// Whether colours may be used.
    pub colours: bool,
}

impl Console {
    /// A console of this form.
    pub(super) fn new(json: bool, colours: bool) -> Self {
        Self { json, colours: colours && !json }
    }

    /// Prints the answer of a command.
    pub(super) fn answer(&self, value: &Value, text: impl FnOnce() -> String) {
        if self.json {
            self.put(&format!("{value}\n"));
        } else {
            self.put(&format!("{}\n", text().trim_end_matches('\n')));
        }
    }

    /// Prints what went wrong, on standard error.
    pub(super) fn fault(&self, fault: &CliFault) {
        let line = if self.json { fault.to_json().to_string() } else { format!("error: {fault}") };
        // There is nowhere left to tell that this failed.
        let _untold = writeln!(std::io::stderr(), "{line}");
    }

    /// Writes to standard output. A reader that has gone (`| head`) ends the program quietly; whoever
    /// keeps the answer on a full disk would take a part of it for all.
    fn put(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) else { return };
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        self.fault(&CliFault::Refused(format!(
            "the answer could not be written to standard output: {error}; what was to be done is done"
        )));
        std::process::exit(1);
    }

    /// Something worth knowing that is not the answer.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            let _untold = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// A text that stands out.
    pub(super) fn strong(&self, text: &str) -> String {
        if self.colours { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Prints to standard output what is the same for people and programs.
pub(super) fn print(text: &str) {
    Console::new(false, false).put(text);
}

/// A text of strangers as it can be shown: what would steer the terminal or turn the writing direction
/// of what stands around it is a replacement character.
pub(super) fn harmless(text: &str) -> String {
    let shown = |c: char| if is_visible(c.encode_utf8(&mut [0; 4])) { c } else { '\u{fffd}' };
    text.chars().map(shown).collect()
}

/// The word by which a value of a closed set is written, in answers and in files.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Rows in columns, the first row being the heads.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Names and values, one pair a line.
pub(super) fn pairs(pairs: &[(&str, String)]) -> String {
    let rows: Vec<_> =
        pairs.iter().map(|(name, value)| vec![format!("  {name}"), value.clone()]).collect();
    table(&rows)
}

/// A moment as people read it, in UTC.
pub(super) fn moment(seconds: i64) -> String {
    use time::macros::format_description;
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_else(|| seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_strangers_steers_the_terminal() {
        assert_eq!(
            harmless("a\u{1b}[31m\u{9b}31m\u{202e}b\r\n"),
            "a\u{fffd}[31m\u{fffd}31m\u{fffd}b\u{fffd}\u{fffd}"
        );
        assert_eq!(harmless("Zoë 👩‍⚕️ ﻣﺮﺣﺒﺎ"), "Zoë 👩‍⚕️ ﻣﺮﺣﺒﺎ");
    }

    #[test]
    fn tables_are_aligned_and_moments_are_utc() {
        let rows = [vec!["a".to_owned(), "b".to_owned()], vec!["long".to_owned(), "c".to_owned()]];
        assert_eq!(table(&rows), "a     b\nlong  c\n");
        assert_eq!(moment(0), "1970-01-01 00:00:00Z");
    }
}
