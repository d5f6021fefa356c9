//! JSON Lines: one object a line, each within its bounds.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::columns::Column;
use super::row::{Cell, Record};
use super::{MAX_CELL, MAX_ROW};
use crate::services::FieldFault;
use crate::services::texts::cut;

/// The rows of a file.
pub(super) struct Lines<R> {
    source: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads past a byte order mark.
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let marked = source.fill_buf()?.starts_with("\u{feff}".as_bytes());
        source.consume(if marked { 3 } else { 0 });
        Ok(Self { source, line: 0 })
    }

    /// The next line that is not blank; `None` at the end.
    pub(super) fn record(&mut self, number: u64) -> io::Result<Option<Record>> {
        loop {
            let Some(bytes) = self.bytes()? else { return Ok(None) };
            let blank = bytes.as_ref().is_ok_and(|bytes| bytes.trim_ascii().is_empty());
            if !blank {
                let cells = bytes.map_err(|fault| vec![fault]).and_then(|bytes| cells(&bytes));
                return Ok(Some(Record { number, line: self.line, cells }));
            }
        }
    }

    /// The next line, as long as it is not too long: then it is read past.
    fn bytes(&mut self) -> io::Result<Option<Result<Vec<u8>, FieldFault>>> {
        let (mut line, mut length, mut any) = (Vec::new(), 0, false);
        loop {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            any = true;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(bytes.len(), |end| end + 1);
            length += used;
            if length <= MAX_ROW {
                line.extend_from_slice(bytes.get(..used).unwrap_or_default());
            }
            self.source.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.line += u64::from(any);
        let too_long = || format!("it has more than {} KiB", MAX_ROW >> 10);
        Ok(any.then_some(match length > MAX_ROW {
            true => Err(FieldFault::new("row", too_long())),
            false => Ok(line),
        }))
    }
}

fn cells(bytes: &[u8]) -> Result<BTreeMap<Column, Cell>, Vec<FieldFault>> {
    let object: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
        let problem = format!("it is not a JSON object: {error}");
        vec![FieldFault::new("row", problem)]
    })?;
    let mut cells = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, value) in object {
        match value {
            Value::Object(members) if name == "address" || name == "claims" => {
                for (member, value) in members {
                    put(&mut cells, &mut faults, &format!("{name}.{member}"), value);
                }
            }
            value => put(&mut cells, &mut faults, &name, value),
        }
    }
    if faults.is_empty() { Ok(cells) } else { Err(faults) }
}

fn put(cells: &mut BTreeMap<Column, Cell>, faults: &mut Vec<FieldFault>, name: &str, value: Value) {
    let column = match Column::read(name) {
        Ok(column) => column,
        Err(fault) => return faults.push(fault),
    };
    let cell = match value {
        Value::Null => return,
        Value::String(text) => Cell::Text(text),
        Value::Bool(flag) => Cell::Text(flag.to_string()),
        Value::Number(number) => Cell::Text(number.to_string()),
        Value::Array(items) if column == Column::Groups => match texts(items) {
            Some(texts) => Cell::List(texts),
            None => return faults.push(FieldFault::new(name, "a list of texts is expected")),
        },
        // A credential of a Keycloak export.
        object @ Value::Object(_) if column == Column::PasswordHash => {
            Cell::Text(object.to_string())
        }
        Value::Array(_) | Value::Object(_) => {
            return faults.push(FieldFault::new(cut(name), "a text is expected, not a structure"));
        }
    };
    let length = match &cell {
        Cell::Text(text) => text.len(),
        Cell::List(texts) => texts.iter().map(String::len).sum(),
    };
    if length > MAX_CELL {
        return faults.push(FieldFault::new(name, format!("it has more than {MAX_CELL} bytes")));
    }
    if cells.insert(column, cell).is_some() {
        faults.push(FieldFault::new(name, "it is there twice, under two names"));
    }
}

fn texts(items: Vec<Value>) -> Option<Vec<String>> {
    let text = |item| match item {
        Value::String(text) => Some(text),
        _ => None,
    };
    items.into_iter().map(text).collect()
}
