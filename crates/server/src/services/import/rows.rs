//! The rows of a file, read in chunks: each by itself, and beside those before it.

use std::collections::HashMap;
use std::io::{BufReader, Read};

use sha2::{Digest as _, Sha256};
use vestibule_keys::password::FirebaseProject;

use super::report::RowReport;
use super::row::{self, Record, Wanted};
use super::{CHUNK, Format, Options, columns, csv, jsonl, source};
use crate::services::{FieldFault, ServiceFault};

/// Most rows of a file.
const MAX_ROWS: u64 = 2_000_000;

/// What some rows want, or why one is refused.
pub(super) type Chunk = Vec<Result<Wanted, RowReport>>;

/// The rows of a file that are still to be done.
pub(super) struct Rows<'a, R: Read> {
    records: Records<R>,
    firebase: Option<&'a FirebaseProject>,
    seen: Seen,
    /// How many were read.
    number: u64,
    /// How many an earlier run has done.
    done_before: u64,
}

impl<'a, R: Read> Rows<'a, R> {
    /// The rows behind those that an earlier run has done.
    pub(super) fn behind(
        done_before: u64,
        file: R,
        options: &'a Options,
    ) -> Result<Self, ServiceFault> {
        let records = Records::open(BufReader::new(file), options.format)?;
        let firebase = options.firebase.as_ref();
        Ok(Self { records, firebase, seen: Seen::default(), number: 0, done_before })
    }

    /// The next rows; an empty chunk is behind the last one. Rows that an earlier run has done are read
    /// again for their keys alone.
    pub(super) fn chunk(&mut self) -> Result<Chunk, ServiceFault> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK
            && let Some(record) = self.records.next(self.number + 1)?
        {
            self.number += 1;
            if self.number > MAX_ROWS {
                return Err(too_many());
            }
            let wanted = row::read(record, self.firebase);
            let wanted = wanted.and_then(|wanted| self.seen.first(self.number, wanted));
            if self.number > self.done_before {
                chunk.push(wanted);
            }
        }
        Ok(chunk)
    }
}

fn too_many() -> ServiceFault {
    ServiceFault::invalid("file", format!("it has more than {MAX_ROWS} rows; split it"))
}

/// The records of a file, whichever way it is written.
enum Records<R: Read> {
    Csv(csv::Csv<BufReader<R>>, columns::Header),
    Jsonl(jsonl::Lines<BufReader<R>>),
}

impl<R: Read> Records<R> {
    fn open(source: BufReader<R>, format: Format) -> Result<Self, ServiceFault> {
        match format {
            Format::Csv => {
                let mut csv = csv::Csv::new(source).map_err(source::unreadable)?;
                let first = csv.record().map_err(source::unreadable)?;
                let header = first.ok_or_else(|| {
                    ServiceFault::invalid("file", "it is empty; its first line names the columns")
                })?;
                let header = columns::Header::read(&header).map_err(ServiceFault::Invalid)?;
                Ok(Self::Csv(csv, header))
            }
            Format::Jsonl => {
                Ok(Self::Jsonl(jsonl::Lines::new(source).map_err(source::unreadable)?))
            }
        }
    }

    fn next(&mut self, number: u64) -> Result<Option<Record>, ServiceFault> {
        let read = match self {
            Self::Csv(csv, header) => {
                let record = csv.record().map_err(source::unreadable)?;
                record.map(|record| header.record(number, record))
            }
            Self::Jsonl(lines) => lines.record(number).map_err(source::unreadable)?,
        };
        Ok(read)
    }
}

/// The keys of the rows that were read, so that no two rows of a file are about one user.
#[derive(Default)]
struct Seen(HashMap<[u8; 16], u64>);

impl Seen {
    /// The row, unless one before it has one of its keys.
    fn first(&mut self, number: u64, wanted: Wanted) -> Result<Wanted, RowReport> {
        let keys = wanted.keys();
        let mut faults = Vec::new();
        for (column, key) in &keys {
            if let Some(earlier) = self.0.get(&Self::digest(column, key)) {
                let problem = format!("row {earlier} has the same; only that one counts");
                faults.push(FieldFault::new(*column, problem));
            }
        }
        if !faults.is_empty() {
            return Err(wanted.refused(faults));
        }
        for (column, key) in &keys {
            self.0.insert(Self::digest(column, key), number);
        }
        Ok(wanted)
    }

    /// Half a SHA-256: a file of millions of rows fits into memory, and nobody can make two alike.
    fn digest(column: &str, key: &str) -> [u8; 16] {
        let whole =
            Sha256::new().chain_update(column).chain_update([0]).chain_update(key).finalize();
        let mut half = [0; 16];
        half.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        half
    }
}
