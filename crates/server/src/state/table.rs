//! A table of a document, read key by key, so that every fault is found and has its place.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::document::Place;
use crate::config::Fault;
use crate::config::catalogue::nearest;

/// One file while it is read, with the faults found so far.
pub(super) struct Source<'a> {
    /// The file, as it was named.
    pub file: Arc<str>,
    text: &'a str,
    /// What was found.
    pub faults: Vec<Fault>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: Arc<str>, text: &'a str) -> Self {
        Self { file, text, faults: Vec::new() }
    }

    /// Where the byte at `offset` stands.
    pub(super) fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        Place { file: Arc::clone(&self.file), line, column }
    }

    pub(super) fn fault(&mut self, key: &str, offset: usize, problem: impl Into<String>) {
        let place = self.place(offset);
        self.faults.push(fault(key, &place, problem));
    }

    /// The tables of a kind: `[[client]]`.
    pub(super) fn tables<'t>(
        &mut self,
        table: &'t DeTable<'t>,
        kind: &'static str,
        path: &str,
    ) -> Vec<Table<'t>> {
        let Some((_, value)) = find(table, kind) else { return Vec::new() };
        let path = if path.is_empty() { kind.to_owned() } else { format!("{path}.{kind}") };
        let Some(items) = value.get_ref().as_array() else {
            self.fault(&path, value.span().start, format!("expected tables; write [[{path}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => {
                    tables.push(Table { path: path.clone(), at: item.span().start, table });
                }
                None => {
                    self.fault(
                        &path,
                        item.span().start,
                        format!("expected tables; write [[{path}]]"),
                    );
                }
            }
        }
        tables
    }
}

/// A fault at a place.
pub(super) fn fault(key: &str, place: &Place, problem: impl Into<String>) -> Fault {
    Fault { key: key.to_owned(), origin: place.to_string(), came: None, problem: problem.into() }
}

/// One table of a document.
#[derive(Clone)]
pub(super) struct Table<'t> {
    /// What it is, for messages: `client.secret`.
    pub path: String,
    /// Where it begins.
    pub at: usize,
    /// Its keys.
    pub table: &'t DeTable<'t>,
}

impl<'t> Table<'t> {
    /// A key's full name, for messages.
    pub(super) fn key(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Where a key stands; a missing one, where its table begins.
    pub(super) fn at(&self, name: &str) -> usize {
        find(self.table, name).map_or(self.at, |(key, _)| key)
    }

    /// The value of a key.
    pub(super) fn value(&self, name: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        find(self.table, name).map(|(_, value)| value)
    }

    /// The value of a key in its type; a fault and `None` when it is not of that type.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        source: &mut Source<'_>,
        name: &str,
    ) -> Option<T> {
        let value = self.value(name)?;
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(read) => Some(read),
            Err(error) => {
                let at = error.span().map_or_else(|| value.span().start, |span| span.start);
                source.fault(&self.key(name), at, explain(error.message()));
                None
            }
        }
    }

    /// The table that a key holds: `secret.file = …`.
    pub(super) fn section(&self, source: &mut Source<'_>, name: &str) -> Option<Table<'t>> {
        let value = self.value(name)?;
        let path = self.key(name);
        match value.get_ref().as_table() {
            Some(table) => Some(Table { path, at: self.at(name), table }),
            None => {
                source.fault(
                    &path,
                    value.span().start,
                    format!("expected a table; write [{path}]"),
                );
                None
            }
        }
    }

    /// As [`Table::read`]; a missing key is a fault too.
    pub(super) fn require<T: DeserializeOwned>(
        &self,
        source: &mut Source<'_>,
        name: &str,
        what: &str,
    ) -> Option<T> {
        if self.value(name).is_none() {
            source.fault(&self.key(name), self.at, format!("is missing; {what}"));
        }
        self.read(source, name)
    }

    /// Faults for keys that are not among these.
    pub(super) fn only<'k>(
        &self,
        source: &mut Source<'_>,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if known.clone().any(|one| one == name) {
                continue;
            }
            let problem = match nearest(name, known.clone()) {
                Some(meant) => format!("there is no such key; did you mean {meant}?"),
                None => {
                    let all = known.clone().collect::<Vec<_>>().join(", ");
                    format!("there is no such key; there are {all}")
                }
            };
            source.fault(&self.key(&cut(name)), key.span().start, problem);
        }
    }
}

fn find<'t>(table: &'t DeTable<'t>, name: &str) -> Option<(usize, &'t Spanned<DeValue<'t>>)> {
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?;
    Some((key.span().start, value))
}

/// A fault's text as people read it, with what was probably meant among the words it lists.
pub(super) fn explain(message: &str) -> String {
    let line = message.lines().collect::<Vec<_>>().join(" ");
    let mut words = line.split('`').skip(1).step_by(2);
    let Some(came) = words.next().filter(|_| line.starts_with("unknown ")) else { return line };
    match nearest(came, words) {
        Some(meant) => format!("{line}; did you mean {meant}?"),
        None => line,
    }
}

/// A name as messages show it: not longer than one line.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
