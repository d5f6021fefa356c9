//! All that is wrong with a profile's text, each fault with its line.
//!
//! The parser stops at the first value that does not fit. So a value that does not fit is recorded,
//! taken out, and the rest is read again; what is whole is then held against [`sense`].

mod sense;

use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};
use vestibule_protocol::client::ClientSettings;

use super::{MAX_FILE, Profile, ProfileFault};
use crate::bounded;
use crate::config::catalogue::nearest;

/// More faults than anybody reads at once.
const MAX_FAULTS: usize = 100;

/// Something wrong with a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckFault {
    /// In which line, where one line is to blame.
    pub line: Option<usize>,
    /// Which value, as `table.key`.
    pub key: String,
    /// What is wrong and how to mend it.
    pub problem: String,
}

impl fmt::Display for CheckFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)
    }
}

/// Reads and checks a file. The error is of a file that cannot be read at all.
pub fn file(path: &Path) -> Result<(Option<Profile>, Vec<CheckFault>), ProfileFault> {
    let fault = |problem: String| ProfileFault::File { file: path.display().to_string(), problem };
    let text = bounded::text(path, MAX_FILE).map_err(|error| fault(error.to_string()))?;
    let (profile, mut faults) = text_faults(&text);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if let Some(profile) = profile.as_ref().filter(|profile| profile.name != stem) {
        faults.push(CheckFault {
            line: None,
            key: "name".to_owned(),
            problem: format!(
                "the file is called {stem}.toml and the profile {:?}; give both one name",
                profile.name
            ),
        });
    }
    Ok((profile, faults))
}

/// The profile as far as it can be read, and all that is wrong with it.
pub fn text_faults(text: &str) -> (Option<Profile>, Vec<CheckFault>) {
    let document = Document::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let faults = errors.iter().take(MAX_FAULTS).map(|error| document.fault("", error));
        return (None, faults.collect());
    }
    let mut faults = Vec::new();
    let profile = read::<Profile>(&document, "", table.clone(), &mut faults);
    let Some(profile) = profile else { return (None, faults) };
    if let Some(client) = client_of(&table) {
        read::<ClientSettings>(&document, "client.", client, &mut faults);
    }
    // What came of a text with holes would be blamed for what is missing.
    if faults.is_empty() {
        let found = sense::faults(&profile).into_iter();
        faults.extend(
            found
                .take(MAX_FAULTS)
                .map(|fault| CheckFault { line: document.line_of(&table, &fault.key), ..fault }),
        );
    }
    faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
    (Some(profile), faults)
}

/// The client's settings as they are written, without its name.
fn client_of<'i>(table: &Spanned<DeTable<'i>>) -> Option<Spanned<DeTable<'i>>> {
    let client = table.get_ref().get("client")?;
    let mut settings = client.get_ref().as_table()?.clone();
    settings.remove("name");
    Some(Spanned::new(client.span(), settings))
}

/// Reads a value, taking out and recording whatever does not fit.
fn read<T: DeserializeOwned>(
    document: &Document<'_>,
    prefix: &str,
    mut table: Spanned<DeTable<'_>>,
    faults: &mut Vec<CheckFault>,
) -> Option<T> {
    for _ in 0..MAX_FAULTS {
        let error = match T::deserialize(Deserializer::from(table.clone())) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let path = error.span().and_then(|span| take_out(table.get_mut(), &span));
        let key = path.as_deref().map(|path| format!("{prefix}{path}")).unwrap_or_default();
        if !is_echo(&key, &error, faults) {
            faults.push(document.fault(&key, &error));
        }
        path?;
    }
    None
}

/// Whether a value is missing only because it was taken out.
fn is_echo(key: &str, error: &toml::de::Error, faults: &[CheckFault]) -> bool {
    let missing = error.message().strip_prefix("missing field `");
    let missing = missing.and_then(|rest| rest.split('`').next());
    missing.is_some_and(|field| faults.iter().any(|fault| fault.key == format!("{key}.{field}")))
}

/// Takes out the key or value that stands at `span`, the innermost first, and tells its path.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let inside = table.iter_mut().find_map(|(key, value)| {
        take_out_of_value(value.get_mut(), span).map(|rest| format!("{}{rest}", key.get_ref()))
    });
    if inside.is_some() {
        return inside;
    }
    let (key, _) =
        table.iter().find(|(key, value)| key.span() == *span || value.span() == *span)?;
    let key = key.get_ref().to_string();
    table.remove(key.as_str());
    Some(key)
}

fn take_out_of_value(value: &mut DeValue<'_>, span: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => take_out(table, span).map(|rest| format!(".{rest}")),
        DeValue::Array(items) => {
            let inside = items.iter_mut().enumerate().find_map(|(index, item)| {
                let rest = take_out_of_value(item.get_mut(), span)?;
                Some(format!(".{}{rest}", index + 1))
            });
            if inside.is_some() {
                return inside;
            }
            let index = items.iter().position(|item| item.span() == *span)?;
            let kept = items.iter().enumerate().filter(|(at, _)| *at != index);
            *items = kept.map(|(_, item)| item.clone()).collect();
            Some(format!(".{}", index + 1))
        }
        _ => None,
    }
}

/// A text whose lines are counted.
struct Document<'a>(&'a str);

impl<'a> Document<'a> {
    fn new(text: &'a str) -> Self {
        Self(text)
    }

    fn line(&self, at: usize) -> usize {
        self.0.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    fn fault(&self, key: &str, error: &toml::de::Error) -> CheckFault {
        CheckFault {
            line: error.span().map(|span| self.line(span.start)),
            key: key.to_owned(),
            problem: with_suggestion(error.message()),
        }
    }

    /// The line of a path such as `variable.2.example`, or of as much of it as there is.
    fn line_of(&self, table: &Spanned<DeTable<'_>>, path: &str) -> Option<usize> {
        let mut parts = path.split('.');
        let (key, mut value) = table.get_ref().get_key_value(parts.next()?)?;
        let mut at = key.span().start;
        for part in parts {
            match value.get_ref() {
                DeValue::Table(inner) => match inner.get_key_value(part) {
                    Some((key, found)) => (at, value) = (key.span().start, found),
                    None => break,
                },
                DeValue::Array(items) => {
                    let index = part.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                    match index.and_then(|index| items.get(index)) {
                        Some(item) => (at, value) = (item.span().start, item),
                        None => break,
                    }
                }
                _ => break,
            }
        }
        Some(self.line(at))
    }
}

/// The parser's words, with the known word that may be meant by an unknown one. They name both in
/// backquotes, the unknown one first.
fn with_suggestion(message: &str) -> String {
    let message = message.trim();
    if !message.starts_with("unknown ") {
        return message.to_owned();
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next().unwrap_or_default();
    match nearest(unknown, words) {
        Some(meant) => format!("{message}; did you mean `{meant}`?"),
        None => message.to_owned(),
    }
}
