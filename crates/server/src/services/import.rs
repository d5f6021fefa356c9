//! Users from a file: CSV or JSON Lines, created and updated by their external id or email address.
//!
//! | room | owns |
//! |---|---|
//! | [`source`] | the whole file before anything is done: its size, its encoding, its digest |
//! | `import/csv.rs`, `import/jsonl.rs` | rows out of bytes, each within its bounds |
//! | [`columns`] | which columns there are |
//! | `import/row.rs` | what one row wants |
//! | `import/rows.rs` | the rows in chunks, none about the user of one before |
//! | `import/chunk.rs` | what becomes of some hundred rows, and writing that |
//! | [`report`] | what became of each row |
//!
//! A row is done whole or not at all, and rows are done in chunks, one transaction each, which also
//! moves a checkpoint that is kept under the digest of the file: an import that was broken off goes
//! on where it stopped, and one that is run again changes nothing.

mod chunk;
pub mod columns;
mod csv;
mod jsonl;
pub mod report;
mod row;
mod rows;
pub mod source;
#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom};

use serde_json::{Value, json};
use vestibule_keys::password::FirebaseProject;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_store::checkpoints::Checkpoint;

use self::chunk::Chunks;
use self::report::{Counts, RowOutcome, RowReport};
use self::rows::Rows;
use super::users::welcome;
use super::{About, Act, FieldFault, ServiceFault, mail};

/// Rows in one transaction: few, so that sign-ins beside it hardly wait.
const CHUNK: usize = 250;
/// Longest row, in bytes.
const MAX_ROW: usize = 256 * 1024;
/// Longest cell, in bytes.
const MAX_CELL: usize = 8 * 1024;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a line of column names; semicolons and tabs do as well as commas.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// A stable word, and how the names of its files end.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/jsonl; charset=utf-8",
        }
    }

    /// The format that the end of a file's name tells.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        match end.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// How a file is imported.
#[derive(Debug)]
pub struct Options {
    /// How it is written.
    pub format: Format,
    /// Whether nothing is written, and only told what would be.
    pub dry_run: bool,
    /// The parameters of Firebase hashes, if the file has such.
    pub firebase: Option<FirebaseProject>,
    /// Whether new users without a password are invited by mail.
    pub invite: bool,
}

/// A file that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its SHA-256, in hexadecimal.
    pub file: String,
    /// How many rows came to what.
    pub counts: Counts,
}

/// How far the import of the file of this SHA-256 has come, and when its latest rows were written;
/// nothing when none is unfinished.
pub async fn progress(
    act: Act<'_>,
    file: &str,
) -> Result<Option<(Counts, Timestamp)>, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let found = act.core.store.checkpoint(act.org, checkpoint(file)).await?;
    Ok(found.map(|found| (Counts::kept(&found.state), found.updated_at)))
}

fn checkpoint(file: &str) -> String {
    format!("import:{file}")
}

/// Imports a file. `told` hears of each row, in order; rows that an earlier run has done are counted
/// and not told again.
pub async fn run(
    act: Act<'_>,
    mut file: impl Read + Seek,
    options: &Options,
    mut told: impl FnMut(&RowReport, &Counts),
) -> Result<Imported, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    if options.invite && !welcome::mail_is_there(act.core) {
        return Err(mail::off());
    }
    let digest = source::inspect(&mut file)?;
    file.seek(SeekFrom::Start(0)).map_err(source::unreadable)?;
    let name = checkpoint(&digest);
    let mut counts = Counts::default();
    if !options.dry_run
        && let Some(begun) = act.core.store.checkpoint(act.org, name.clone()).await?
    {
        counts = Counts::resumed(&begun.state);
    }
    let mut rows = Rows::behind(counts.rows, file, options)?;
    let mut chunks = Chunks::new(act, options).await?;
    loop {
        let chunk = rows.chunk()?;
        if chunk.is_empty() {
            break;
        }
        let before = counts;
        let save = |reports: &[RowReport]| {
            let counts = before.with(reports);
            let (position, state) = (counts.position(), counts.state());
            Checkpoint { position, state, updated_at: act.core.clock.now() }
        };
        for report in chunks.process(chunk, &name, save).await? {
            counts.add(&report);
            told(&report, &counts);
        }
    }
    if !options.dry_run {
        finish(act.resumed(), name, &digest, counts).await?;
    }
    Ok(Imported { file: digest, counts })
}

async fn finish(
    act: Act<'_>,
    name: String,
    digest: &str,
    counts: Counts,
) -> Result<(), ServiceFault> {
    let after = json!({ "file": digest, "counts": counts });
    let event = act.event("users.imported", About::Installation, Value::Null, after);
    let (org, now) = (act.org, act.now);
    let written = act.core.store.write(move |tx| {
        tx.remove_checkpoint(org, &name, now)?;
        tx.record(vec![event])
    });
    Ok(written.await?)
}

impl RowReport {
    /// A row that was not done.
    fn of_faults(number: u64, line: u64, user: String, faults: Vec<FieldFault>) -> Self {
        Self { row: number, line, outcome: RowOutcome::Refused, user, faults, notes: Vec::new() }
    }
}
