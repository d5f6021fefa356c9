//! What a database knows of itself.

use diesel::prelude::*;

use crate::connection::Db;
use crate::schema::meta;
use crate::{Store, StoreError, Transaction};

/// The one row.
const ROW: i64 = 1;

impl Store {
    /// A number that grows with every change of a client or an organization. A node whose copy is
    /// of another number reads again.
    pub async fn change_counter(&self) -> Result<i64, StoreError> {
        self.read(|db| Ok(meta::table.find(ROW).select(meta::change_counter).get_result(db)?)).await
    }

    /// The issuer that was served from this database last.
    pub async fn issuer(&self) -> Result<Option<String>, StoreError> {
        self.read(|db| Ok(meta::table.find(ROW).select(meta::issuer).get_result(db)?)).await
    }
}

impl Transaction<'_> {
    /// Keeps the issuer that is served from this database.
    pub fn set_issuer(&mut self, issuer: &str) -> Result<(), StoreError> {
        diesel::update(meta::table.find(ROW)).set(meta::issuer.eq(issuer)).execute(self.db)?;
        Ok(())
    }
}

pub(crate) fn bump_change_counter(db: &mut Db) -> Result<(), StoreError> {
    diesel::update(meta::table.find(ROW))
        .set(meta::change_counter.eq(meta::change_counter + 1))
        .execute(db)?;
    Ok(())
}
