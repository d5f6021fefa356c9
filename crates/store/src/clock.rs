//! What the database takes for the present moment.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use vestibule_protocol::Timestamp;

use crate::connection::Db;
use crate::rows::moment;
use crate::{Store, StoreError};

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = BigInt)]
    millis: i64,
}

const SQLITE: &str = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS millis";
const POSTGRES: &str =
    "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS millis";

impl Store {
    /// The moment by the database's clock. No row is judged by it: every statement is given its moment.
    pub async fn database_time(&self) -> Result<Timestamp, StoreError> {
        self.scan(|db| {
            let now: Now = match db {
                Db::Sqlite(db) => diesel::sql_query(SQLITE).get_result(db)?,
                Db::Postgres(db) => diesel::sql_query(POSTGRES).get_result(db)?,
            };
            Ok(moment(now.millis))
        })
        .await
    }
}
