//! Rows out of a database.

use std::io::Write;

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest as _, Sha256};

use super::tables::{self, Kind, Table, quoted};
use super::{BackupError, Contents, EndLine, Header, TableLine};
use crate::connection::Db;
use crate::rows::hex;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Writes to a file and hashes what it writes.
struct Writer<'a> {
    out: &'a mut dyn Write,
    digest: Sha256,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) -> Result<(), BackupError> {
        for part in [text.as_bytes(), b"\n"] {
            self.digest.update(part);
            self.out.write_all(part)?;
        }
        Ok(())
    }

    fn json(&mut self, value: &impl serde::Serialize) -> Result<(), BackupError> {
        let text = serde_json::to_string(value).map_err(std::io::Error::other)?;
        self.line(&text)
    }
}

/// Every row, as all of them stood when the first was read.
pub(super) fn all(
    db: &mut Db,
    header: &Header,
    out: &mut dyn Write,
) -> Result<Contents, BackupError> {
    match db {
        Db::Sqlite(db) => db.batch_execute("BEGIN")?,
        Db::Postgres(db) => db.batch_execute(
            "SET statement_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )?,
    }
    let mut writer = Writer { out, digest: Sha256::new() };
    writer.json(header)?;
    let mut contents = Contents::default();
    for table in tables::all(db)? {
        let name = table.name.clone();
        writer.json(&TableLine { table: name.clone(), columns: table.columns.clone() })?;
        let rows = rows(db, &table, &mut writer)?;
        contents.tables.push((name, rows));
    }
    db.batch_execute("COMMIT")?;
    let sha256 = hex(&writer.digest.clone().finalize());
    writer.json(&EndLine { end: true, rows: contents.rows(), sha256 })?;
    writer.out.flush()?;
    Ok(contents)
}

/// Row by row: no table is held in memory.
fn rows(db: &mut Db, table: &Table, writer: &mut Writer<'_>) -> Result<u64, BackupError> {
    let mut count = 0;
    let mut write = |line: QueryResult<Line>| -> Result<(), BackupError> {
        count += 1;
        // PostgreSQL breaks no line, but writes a blank after each comma.
        writer.line(&line?.line)
    };
    match db {
        Db::Sqlite(db) => {
            let query = diesel::sql_query(sqlite(table));
            query.load_iter::<Line, DefaultLoadingMode>(db)?.try_for_each(&mut write)?;
        }
        Db::Postgres(db) => {
            let query = diesel::sql_query(postgres(table));
            query.load_iter::<Line, PgRowByRowLoadingMode>(db)?.try_for_each(&mut write)?;
        }
    }
    Ok(count)
}

/// Rows go back in the order of the file, and what a row refers to has a smaller number. Without an
/// order PostgreSQL puts what was changed last at the end.
fn order(table: &Table) -> &'static str {
    if table.refers_to_itself { " ORDER BY \"id\"" } else { "" }
}

fn sqlite(table: &Table) -> String {
    let values = table.columns.iter().map(|column| match column.kind {
        Kind::Blob => format!("lower(hex({0}))", quoted(&column.name)),
        _ => quoted(&column.name),
    });
    let values: Vec<String> = values.collect();
    let (values, name, order) = (values.join(", "), quoted(&table.name), order(table));
    format!("SELECT json_array({values}) AS line FROM {name}{order}")
}

fn postgres(table: &Table) -> String {
    let values = table.columns.iter().map(|column| match column.kind {
        Kind::Blob => format!("encode({}, 'hex')", quoted(&column.name)),
        Kind::Boolean => format!("{}::int", quoted(&column.name)),
        Kind::Integer | Kind::Text => quoted(&column.name),
    });
    let values: Vec<String> = values.collect();
    let (values, name, order) = (values.join(", "), quoted(&table.name), order(table));
    format!("SELECT json_build_array({values})::text AS line FROM {name}{order}")
}
