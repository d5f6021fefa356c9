//! Which tables a database has, of which columns, in an order in which rows can be inserted.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::connection::Db;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Integer,
    Text,
    /// As hexadecimal digits.
    Blob,
    /// As 0 or 1.
    Boolean,
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Whether its rows refer to others of its own.
    pub(super) refers_to_itself: bool,
    refers_to: Vec<String>,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    one: String,
    #[diesel(sql_type = Text)]
    two: String,
    #[diesel(sql_type = Text)]
    three: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS one, c.name AS two, c.type AS three
    FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
    ORDER BY m.name, c.cid";
const SQLITE_REFERENCES: &str = "SELECT m.name AS one, f.\"table\" AS two, '' AS three
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text AS one, column_name::text AS two,
    data_type::text AS three FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_diesel%'
    ORDER BY table_name, ordinal_position";
const POSTGRES_REFERENCES: &str = "SELECT r.relname::text AS one, f.relname::text AS two, '' AS three
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
    WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace";

/// The tables, those that others refer to first.
pub(super) fn all(db: &mut Db) -> Result<Vec<Table>, StoreError> {
    let (columns, references): (Vec<Words>, Vec<Words>) = match db {
        Db::Sqlite(db) => (
            diesel::sql_query(SQLITE_COLUMNS).load(db)?,
            diesel::sql_query(SQLITE_REFERENCES).load(db)?,
        ),
        Db::Postgres(db) => (
            diesel::sql_query(POSTGRES_COLUMNS).load(db)?,
            diesel::sql_query(POSTGRES_REFERENCES).load(db)?,
        ),
    };
    let mut tables: Vec<Table> = Vec::new();
    for Words { one: table, two: name, three: declared } in columns {
        let column = Column { kind: kind(&table, &name, &declared)?, name };
        match tables.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns.push(column),
            None => tables.push(Table {
                name: table,
                columns: vec![column],
                refers_to_itself: false,
                refers_to: Vec::new(),
            }),
        }
    }
    for Words { one: table, two: other, .. } in references {
        match tables.iter_mut().find(|known| known.name == table) {
            Some(table) if table.name == other => table.refers_to_itself = true,
            Some(table) => table.refers_to.push(other),
            None => {}
        }
    }
    Ok(in_order(tables))
}

fn kind(table: &str, name: &str, declared: &str) -> Result<Kind, StoreError> {
    match declared.to_ascii_lowercase().as_str() {
        "bigint" | "integer" | "smallint" => Ok(Kind::Integer),
        "text" => Ok(Kind::Text),
        "blob" | "bytea" => Ok(Kind::Blob),
        "boolean" => Ok(Kind::Boolean),
        other => Err(StoreError::Schema(format!(
            "column {name} of table {table} is {other}, which a backup does not know"
        ))),
    }
}

/// A table comes after those that it refers to.
fn in_order(mut waiting: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = |table: &Table| {
            table.refers_to.iter().all(|other| ordered.iter().any(|done| done.name == *other))
        };
        // No schema of ours goes in a circle; if one did, its rows would be refused when restored.
        let next = waiting.iter().position(ready).unwrap_or(0);
        ordered.push(waiting.remove(next));
    }
    ordered
}

/// A name within quotation marks; names are our own and hold none.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
