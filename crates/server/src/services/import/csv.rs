//! CSV (RFC 4180) as a stream: one row at a time, each cell within its bounds, whatever comes.

use std::io::{self, BufRead};

use super::{MAX_CELL, MAX_ROW};

/// Most cells of a row.
const MAX_CELLS: usize = 256;
/// What may stand between cells; the first that the first line has.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The rows of a file.
pub(super) struct Csv<R> {
    source: R,
    separator: u8,
    line: u64,
}

/// A row as it stands.
#[derive(Debug, Default)]
pub(super) struct RawRow {
    /// The line it begins in.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<Vec<u8>>,
    /// Why it cannot be used: the cell, counted from 0, and what is wrong.
    pub fault: Option<(usize, String)>,
}

/// Where a reader stands in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: the cell's end, or half of a doubled quote.
    QuoteSeen,
}

impl<R: BufRead> Csv<R> {
    /// Reads past a byte order mark, and finds out what separates the cells.
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let start = source.fill_buf()?;
        let marked = start.starts_with("\u{feff}".as_bytes());
        let first_line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let found = SEPARATORS.into_iter().find(|separator| first_line.contains(separator));
        let separator = found.unwrap_or(b',');
        source.consume(if marked { 3 } else { 0 });
        Ok(Self { source, separator, line: 1 })
    }

    /// The next row that is not blank; `None` at the end.
    pub(super) fn record(&mut self) -> io::Result<Option<RawRow>> {
        loop {
            let Some(row) = self.row()? else { return Ok(None) };
            if row.fault.is_some() || row.cells.iter().any(|cell| !cell.is_empty()) {
                return Ok(Some(row));
            }
        }
    }

    fn row(&mut self) -> io::Result<Option<RawRow>> {
        let mut row = Reading::new(self.line);
        let mut any = false;
        loop {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                return Ok(any.then(|| row.end_of_file()));
            }
            any = true;
            let mut used = 0;
            let mut ended = false;
            for byte in bytes {
                used += 1;
                self.line += u64::from(*byte == b'\n');
                if row.take(*byte, self.separator) {
                    ended = true;
                    break;
                }
            }
            self.source.consume(used);
            if ended {
                return Ok(Some(row.finish()));
            }
        }
    }
}

struct Reading {
    row: RawRow,
    cell: Vec<u8>,
    state: State,
    bytes: usize,
}

impl Reading {
    fn new(line: u64) -> Self {
        let row = RawRow { line, ..RawRow::default() };
        Self { row, cell: Vec::new(), state: State::CellStart, bytes: 0 }
    }

    /// Takes one byte; true when it ends the row.
    fn take(&mut self, byte: u8, separator: u8) -> bool {
        self.bytes += 1;
        if self.bytes > MAX_ROW {
            self.fault(format!("the row has more than {} KiB", MAX_ROW >> 10));
        }
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::QuoteSeen,
            (State::Quoted, _) => self.push(byte),
            (State::QuoteSeen, b'"') => {
                self.push(byte);
                self.state = State::Quoted;
            }
            (_, b'\n') => return true,
            (_, byte) if byte == separator => self.end_cell(),
            (State::CellStart, b'"') => self.state = State::Quoted,
            // The end of a line on Windows; in the middle of one it is part of the cell.
            (State::QuoteSeen, b'\r') => {}
            (State::QuoteSeen, _) => {
                self.fault("there is text behind the closing quote of a cell".to_owned());
            }
            (State::CellStart | State::Plain, _) => {
                self.push(byte);
                self.state = State::Plain;
            }
        }
        false
    }

    fn push(&mut self, byte: u8) {
        match self.cell.len() < MAX_CELL {
            true => self.cell.push(byte),
            false => self.fault(format!("the cell has more than {MAX_CELL} bytes")),
        }
    }

    /// The first fault is the one that is told.
    fn fault(&mut self, problem: String) {
        if self.row.fault.is_none() {
            self.row.fault = Some((self.row.cells.len(), problem));
        }
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        match self.row.cells.len() < MAX_CELLS {
            true => self.row.cells.push(cell),
            false => self.fault(format!("the row has more than {MAX_CELLS} cells")),
        }
        self.state = State::CellStart;
    }

    fn finish(mut self) -> RawRow {
        if self.state == State::Plain && self.cell.last() == Some(&b'\r') {
            self.cell.pop();
        }
        self.end_cell();
        self.row
    }

    fn end_of_file(mut self) -> RawRow {
        if self.state == State::Quoted {
            let line = self.row.line;
            self.fault(format!(
                "a quote that is opened in line {line} or after is never closed; nothing behind it was read"
            ));
        }
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        // A small buffer: every boundary falls somewhere in a cell.
        let source = io::BufReader::with_capacity(3, text.as_bytes());
        let mut csv = Csv { source, separator: b',', line: 1 };
        let mut rows = Vec::new();
        while let Some(row) = csv.record().unwrap() {
            assert_eq!(row.fault, None, "{text}");
            let text = |cell: &Vec<u8>| String::from_utf8(cell.clone()).unwrap();
            rows.push(row.cells.iter().map(text).collect());
        }
        rows
    }

    fn fault(text: &str) -> String {
        let mut csv = Csv::new(text.as_bytes()).unwrap();
        csv.record().unwrap().unwrap().fault.unwrap().1
    }

    #[test]
    fn rfc4180_cells_are_read_as_they_were_written() {
        let table: [(&str, &[&[&str]]); 8] = [
            ("a,b\r\nc,d\r\n", &[&["a", "b"], &["c", "d"]]),
            ("a,b\nc,d", &[&["a", "b"], &["c", "d"]]),
            ("\"a,1\",\"b\"\"q\"\n", &[&["a,1", "b\"q"]]),
            ("\"two\nlines\",x\r\n", &[&["two\nlines", "x"]]),
            ("a,,\n", &[&["a", "", ""]]),
            ("\n\r\n,,\na\n", &[&["a"]]),
            ("say \"hi\",x\n", &[&["say \"hi\"", "x"]]),
            ("=1+1,@x\n", &[&["=1+1", "@x"]]),
        ];
        for (text, expected) in table {
            // A line of nothing but separators is blank as well.
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn i28_what_is_no_row_is_told_and_bounded() {
        assert!(fault("a,\"never closed\nb,c\n").contains("never closed"));
        assert!(fault("\"a\"b,c\n").contains("behind the closing quote"));
        assert!(fault(&format!("a,{}\n", "x".repeat(1_000_000))).contains("more than 8192 bytes"));
        assert!(fault(&format!("{}\n", ",".repeat(1000))).contains("256 cells"));
        let long = format!("{}\n", "x,".repeat(100)).replace("x", &"y".repeat(8000));
        assert!(fault(&long).contains("256 KiB"));
    }

    #[test]
    fn the_separator_and_the_mark_are_found() {
        for (text, separator) in [("\u{feff}a;b\n", b';'), ("a\tb\n", b'\t'), ("a\n", b',')] {
            let mut csv = Csv::new(text.as_bytes()).unwrap();
            assert_eq!(csv.separator, separator, "{text}");
            assert_eq!(csv.record().unwrap().unwrap().cells[0], b"a", "{text}");
        }
    }
}
