//! Rows to be written: gathered while the guards are judged, then inserted table by table.

use diesel::prelude::*;

use crate::StoreError;
use crate::authorizations::{AuthorizationRow, PendingRow};
use crate::connection::Db;
use crate::events::{EventRow, ROWS};
use crate::grants::{AccessTokenRow, GrantRow, RefreshRow};
use crate::schema::{
    access_tokens, authorizations, events, grants, pending_authorizations, refresh_tokens, sessions,
};
use crate::sessions::SessionRow;

/// The new rows of one batch.
#[derive(Default)]
pub(super) struct Written {
    pub(super) pending: Vec<PendingRow>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) authorizations: Vec<AuthorizationRow>,
    pub(super) grants: Vec<GrantRow>,
    pub(super) refresh_tokens: Vec<RefreshRow>,
    pub(super) access_tokens: Vec<AccessTokenRow>,
    pub(super) events: Vec<EventRow>,
}

impl Written {
    /// Inserts everything: on SQLite row by row with a prepared statement, which costs no round
    /// trip; on PostgreSQL one statement a table.
    pub(super) fn flush(self, db: &mut Db) -> Result<(), StoreError> {
        match db {
            Db::Sqlite(db) => self.flush_sqlite(db)?,
            Db::Postgres(db) => self.flush_postgres(db)?,
        }
        Ok(())
    }

    fn flush_sqlite(&self, db: &mut SqliteConnection) -> QueryResult<()> {
        for row in &self.pending {
            diesel::insert_into(pending_authorizations::table).values(row).execute(db)?;
        }
        for row in &self.sessions {
            diesel::insert_into(sessions::table).values(row).execute(db)?;
        }
        for row in &self.authorizations {
            diesel::insert_into(authorizations::table).values(row).execute(db)?;
        }
        for row in &self.grants {
            diesel::insert_into(grants::table).values(row).execute(db)?;
        }
        for row in &self.refresh_tokens {
            diesel::insert_into(refresh_tokens::table).values(row).execute(db)?;
        }
        for row in &self.access_tokens {
            diesel::insert_into(access_tokens::table).values(row).execute(db)?;
        }
        for row in &self.events {
            diesel::insert_into(events::table).values(row).execute(db)?;
        }
        Ok(())
    }

    fn flush_postgres(&self, db: &mut PgConnection) -> QueryResult<()> {
        if !self.pending.is_empty() {
            let rows = &self.pending;
            diesel::insert_into(pending_authorizations::table).values(rows).execute(db)?;
        }
        if !self.sessions.is_empty() {
            diesel::insert_into(sessions::table).values(&self.sessions).execute(db)?;
        }
        if !self.authorizations.is_empty() {
            let rows = &self.authorizations;
            diesel::insert_into(authorizations::table).values(rows).execute(db)?;
        }
        if !self.grants.is_empty() {
            diesel::insert_into(grants::table).values(&self.grants).execute(db)?;
        }
        if !self.refresh_tokens.is_empty() {
            let rows = &self.refresh_tokens;
            diesel::insert_into(refresh_tokens::table).values(rows).execute(db)?;
        }
        if !self.access_tokens.is_empty() {
            let rows = &self.access_tokens;
            diesel::insert_into(access_tokens::table).values(rows).execute(db)?;
        }
        for rows in self.events.chunks(ROWS) {
            diesel::insert_into(events::table).values(rows).execute(db)?;
        }
        Ok(())
    }
}
