//! Backups: every row of every table, as lines of JSON, out of one snapshot and into an empty
//! database.
//!
//! The file is the same whichever database it came from, so that a backup is also the way from SQLite
//! to PostgreSQL. Its first line says which migrations the rows belong to, its last how many there
//! are and what the lines before it hash to. Secrets are in it as they are in the database: as
//! digests, or sealed under a master key that is not in it.

mod dump;
mod load;
mod tables;

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vestibule_protocol::Timestamp;

use crate::rows::hex;
use crate::{Store, StoreError};
use tables::Column;

/// The version of the file's form.
const FORM: u32 = 1;
/// Longest line that is read: one row.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// The first line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the file's form.
    pub vestibule_backup: u32,
    /// When it was made, in milliseconds since 1970.
    pub made_at: i64,
    /// Which database it came from.
    pub from: String,
    /// Which master key its secrets are sealed under.
    pub sealed_under: String,
    /// The migrations of its schema.
    pub migrations: Vec<String>,
}

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Rows by table, in the order of the file.
    pub tables: Vec<(String, u64)>,
}

impl Contents {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// The line in front of a table's rows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableLine {
    table: String,
    columns: Vec<Column>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: bool,
    rows: u64,
    sha256: String,
}

/// Why a backup was not made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("the backup could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// Something that we did not write, or not so.
    #[error("line {line} of the backup: {problem}")]
    Form {
        /// Which line, counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that does not end, or was changed.
    #[error("the backup is damaged: {0}; take another one")]
    Damaged(String),
    /// A schema that this version does not know.
    #[error(
        "the backup has migration {0}, which this version does not know; restore it with a newer version"
    )]
    Newer(String),
    /// A database that holds something already.
    #[error(
        "the database is not empty: it has {0}; restore into a new one, and point database.url at it"
    )]
    NotEmpty(String),
}

impl From<diesel::result::Error> for BackupError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Writes every row into `out`, as they stood at one moment. Blocks.
    pub fn back_up(
        &self,
        out: &mut dyn Write,
        sealed_under: &str,
        now: Timestamp,
    ) -> Result<Contents, BackupError> {
        let header = Header {
            vestibule_backup: FORM,
            made_at: now.as_millis(),
            from: format!("{:?}", self.backend()).to_lowercase(),
            sealed_under: sealed_under.to_owned(),
            migrations: self.migration_status()?.applied,
        };
        dump::all(&mut self.connect_alone()?, &header, out)
    }

    /// Fills this empty database with the rows of a backup, in one transaction. Its schema is first
    /// brought to where the backup's is, and then up to this version. Blocks.
    pub fn restore(&self, input: &mut dyn BufRead) -> Result<(Header, Contents), BackupError> {
        let mut reader = Reader::new(input);
        let header = reader.header()?;
        let status = self.migration_status()?;
        let known: Vec<&String> = status.applied.iter().chain(&status.pending).collect();
        if let Some(newer) = header.migrations.iter().find(|name| !known.contains(name)) {
            return Err(BackupError::Newer(newer.clone()));
        }
        if status.applied.is_empty() {
            self.migrate_only(&header.migrations)?;
        } else if let Some(occupied) = load::occupied(&mut self.connect_alone()?)? {
            return Err(BackupError::NotEmpty(occupied));
        } else {
            self.revert_all()?;
            self.migrate_only(&header.migrations)?;
        }
        let contents = load::all(&mut self.connect_alone()?, &mut reader)?;
        self.migrate()?;
        Ok((header, contents))
    }
}

/// Reads a backup to its end without a database: whether it is whole. Blocks.
pub fn verify(input: &mut dyn BufRead) -> Result<(Header, Contents), BackupError> {
    let mut reader = Reader::new(input);
    let header = reader.header()?;
    let mut contents = Contents::default();
    while let Some(table) = reader.table()? {
        let mut rows = 0;
        while reader.row(table.columns.len())?.is_some() {
            rows += 1;
        }
        contents.tables.push((table.table, rows));
    }
    Ok((header, contents))
}

/// Reads a backup line by line and hashes what it reads.
struct Reader<'a> {
    input: &'a mut dyn BufRead,
    digest: Sha256,
    line: u64,
    rows: u64,
    /// A line that was read and belongs to what comes next.
    ahead: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, digest: Sha256::new(), line: 0, rows: 0, ahead: None }
    }

    fn form(&self, problem: impl ToString) -> BackupError {
        BackupError::Form { line: self.line, problem: problem.to_string() }
    }

    /// The next line with its line end; the end of a file is damage, since the last line says so.
    fn next(&mut self) -> Result<String, BackupError> {
        let mut line = Vec::new();
        let mut bounded = std::io::Read::take(&mut *self.input, LONGEST_LINE as u64);
        bounded.read_until(b'\n', &mut line)?;
        self.line += 1;
        match line.last() {
            None => Err(BackupError::Damaged("it ends too early".to_owned())),
            Some(b'\n') => String::from_utf8(line).map_err(|error| self.form(error)),
            Some(_) => Err(BackupError::Damaged("it ends within a line".to_owned())),
        }
    }

    fn header(&mut self) -> Result<Header, BackupError> {
        let line = self.next()?;
        self.digest.update(line.as_bytes());
        let header: Header = serde_json::from_str(&line)
            .map_err(|error| self.form(format_args!("this is no backup of Vestibule: {error}")))?;
        match header.vestibule_backup {
            FORM => Ok(header),
            other => Err(self.form(format_args!("form {other} is unknown to this version"))),
        }
    }

    /// The next table, or nothing when the file ended as it should.
    fn table(&mut self) -> Result<Option<TableLine>, BackupError> {
        let line = match self.ahead.take() {
            Some(line) => line,
            None => self.next()?,
        };
        if !line.starts_with("{\"end\"") {
            self.digest.update(line.as_bytes());
            return serde_json::from_str(&line).map(Some).map_err(|error| self.form(error));
        }
        let end: EndLine = serde_json::from_str(&line).map_err(|error| self.form(error))?;
        if end.sha256 != hex(&std::mem::take(&mut self.digest).finalize()) || end.rows != self.rows
        {
            return Err(BackupError::Damaged("its lines are not those that were written".into()));
        }
        match self.input.fill_buf()? {
            [] => Ok(None),
            _ => Err(BackupError::Damaged("something follows its last line".to_owned())),
        }
    }

    /// The next row of a table of so many columns, as it stands; nothing at the table's end.
    fn row(&mut self, columns: usize) -> Result<Option<String>, BackupError> {
        let line = self.next()?;
        if !line.starts_with('[') {
            self.ahead = Some(line);
            return Ok(None);
        }
        self.digest.update(line.as_bytes());
        let values: Vec<serde::de::IgnoredAny> =
            serde_json::from_str(&line).map_err(|error| self.form(error))?;
        if values.len() != columns {
            let count = values.len();
            return Err(self.form(format_args!("{count} values for {columns} columns")));
        }
        self.rows += 1;
        Ok(Some(line))
    }
}
