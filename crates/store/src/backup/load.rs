//! Rows into an empty database.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::tables::{self, Kind, Table, quoted};
use super::{BackupError, Contents, Reader, TableLine};
use crate::StoreError;
use crate::connection::Db;

/// Rows of one statement.
const CHUNK: usize = 500;
/// Bytes of one statement.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What stands in the way of a restore: rows that somebody made.
pub(super) fn occupied(db: &mut Db) -> Result<Option<String>, StoreError> {
    for table in ["users", "clients", "sessions"] {
        let query = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"));
        let found: Count = match db {
            Db::Sqlite(db) => query.get_result(db)?,
            Db::Postgres(db) => query.get_result(db)?,
        };
        if found.count > 0 {
            return Ok(Some(format!("{} {table}", found.count)));
        }
    }
    Ok(None)
}

/// Puts all rows in, or none.
pub(super) fn all(db: &mut Db, reader: &mut Reader<'_>) -> Result<Contents, BackupError> {
    if let Db::Postgres(db) = db {
        db.batch_execute("SET statement_timeout = 0")?;
    }
    db.begin()?;
    let filled = fill(db, reader);
    match filled {
        Ok(contents) => {
            db.commit()?;
            Ok(contents)
        }
        Err(error) => {
            db.roll_back();
            Err(error)
        }
    }
}

fn fill(db: &mut Db, reader: &mut Reader<'_>) -> Result<Contents, BackupError> {
    let known = tables::all(db)?;
    // What the migrations put in comes with the backup again.
    for table in known.iter().rev() {
        db.batch_execute(&format!("DELETE FROM {}", quoted(&table.name)))?;
    }
    let mut contents = Contents::default();
    while let Some(line) = reader.table()? {
        let table = matching(&known, &line, reader)?;
        let rows = rows(db, table, &line, reader)?;
        contents.tables.push((line.table, rows));
    }
    Ok(contents)
}

/// The table that a line names, if it has those columns: names in the file become part of
/// statements only when the schema has them.
fn matching<'a>(
    known: &'a [Table],
    line: &TableLine,
    reader: &Reader<'_>,
) -> Result<&'a Table, BackupError> {
    let found = known.iter().find(|table| table.name == line.table);
    let table = found.ok_or_else(|| reader.form(format_args!("no table {:?}", line.table)))?;
    let mut columns = line.columns.clone();
    let mut expected = table.columns.clone();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    match columns == expected {
        true => Ok(table),
        false => Err(reader.form(format_args!("table {} has other columns", line.table))),
    }
}

fn rows(
    db: &mut Db,
    table: &Table,
    line: &TableLine,
    reader: &mut Reader<'_>,
) -> Result<u64, BackupError> {
    let statement = match db {
        Db::Sqlite(_) => sqlite(table, line),
        Db::Postgres(_) => postgres(table, line),
    };
    let (mut chunk, mut waiting, mut count) = (String::new(), 0, 0);
    loop {
        let row = reader.row(line.columns.len())?;
        if let Some(row) = &row {
            chunk.push(if waiting == 0 { '[' } else { ',' });
            chunk.push_str(row.trim_end());
            waiting += 1;
            count += 1;
        }
        let full = waiting >= CHUNK || chunk.len() >= CHUNK_BYTES;
        if waiting > 0 && (full || row.is_none()) {
            chunk.push(']');
            let insert = diesel::sql_query(&statement).bind::<Text, _>(&chunk);
            match db {
                Db::Sqlite(db) => insert.execute(db)?,
                Db::Postgres(db) => insert.execute(db)?,
            };
            chunk.clear();
            waiting = 0;
        }
        if row.is_none() {
            return Ok(count);
        }
    }
}

fn names(line: &TableLine) -> String {
    line.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
}

fn sqlite(table: &Table, line: &TableLine) -> String {
    let values = line.columns.iter().enumerate().map(|(index, column)| {
        let value = format!("json_extract(value, '$[{index}]')");
        match column.kind {
            Kind::Blob => format!("unhex({value})"),
            _ => value,
        }
    });
    let values: Vec<String> = values.collect();
    let (name, names, values) = (quoted(&table.name), names(line), values.join(", "));
    format!("INSERT INTO {name} ({names}) SELECT {values} FROM json_each(?)")
}

fn postgres(table: &Table, line: &TableLine) -> String {
    let values = line.columns.iter().enumerate().map(|(index, column)| {
        let value = format!("(value->>{index})");
        match column.kind {
            Kind::Integer => format!("{value}::bigint"),
            Kind::Text => value,
            Kind::Blob => format!("decode({value}, 'hex')"),
            Kind::Boolean => format!("({value}::int = 1)"),
        }
    });
    let values: Vec<String> = values.collect();
    let (name, names, values) = (quoted(&table.name), names(line), values.join(", "));
    format!("INSERT INTO {name} ({names}) SELECT {values} FROM json_array_elements($1::json)")
}
