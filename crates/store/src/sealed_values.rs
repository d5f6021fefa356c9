//! Small named secrets, sealed under the master key: the key of the keyed digests, for one.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;

use crate::connection::{Db, on_either};
use crate::schema::sealed_values;
use crate::{Store, StoreError, Transaction};

impl Store {
    /// The sealed value of this name.
    pub async fn sealed_value(
        &self,
        name: impl Into<String>,
    ) -> Result<Option<String>, StoreError> {
        let name = name.into();
        self.read(move |db| find(db, &name)).await
    }

    /// Every sealed value with its name.
    pub async fn sealed_values(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.scan(|db| {
            Ok(sealed_values::table
                .order(sealed_values::name)
                .select((sealed_values::name, sealed_values::sealed))
                .load(db)?)
        })
        .await
    }
}

impl Transaction<'_> {
    /// Every sealed value with its name, as this transaction sees it.
    pub fn sealed_values(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sealed_values::table
            .order(sealed_values::name)
            .select((sealed_values::name, sealed_values::sealed))
            .load(self.db)?)
    }

    /// Keeps `sealed` under this name unless there is one already, and returns what is kept: of two
    /// nodes that start together, both go on with the first one's.
    pub fn sealed_value_or_insert(
        &mut self,
        name: &'static str,
        sealed: &str,
        at: Timestamp,
    ) -> Result<String, StoreError> {
        let insert = diesel::insert_into(sealed_values::table).values((
            sealed_values::name.eq(name),
            sealed_values::sealed.eq(sealed),
            sealed_values::updated_at.eq(at.as_millis()),
        ));
        let db = &mut *self.db;
        on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
        find(self.db, name)?.ok_or(StoreError::NotFound { what: "sealed value" })
    }

    /// Keeps a new sealed value.
    pub fn insert_sealed_value(
        &mut self,
        name: &str,
        sealed: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        diesel::insert_into(sealed_values::table)
            .values((
                sealed_values::name.eq(name),
                sealed_values::sealed.eq(sealed),
                sealed_values::updated_at.eq(at.as_millis()),
            ))
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "sealed value", name))?;
        Ok(())
    }

    /// Forgets a sealed value.
    pub fn remove_sealed_value(&mut self, name: &str) -> Result<(), StoreError> {
        diesel::delete(sealed_values::table.find(name)).execute(self.db)?;
        Ok(())
    }

    /// Replaces a sealed value: the master key was changed.
    pub fn reseal_value(
        &mut self,
        name: &str,
        sealed: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(sealed_values::table.find(name))
            .set((sealed_values::sealed.eq(sealed), sealed_values::updated_at.eq(at.as_millis())))
            .execute(self.db)?;
        if changed == 0 { Err(StoreError::NotFound { what: "sealed value" }) } else { Ok(()) }
    }
}

fn find(db: &mut Db, name: &str) -> Result<Option<String>, StoreError> {
    Ok(sealed_values::table.find(name).select(sealed_values::sealed).get_result(db).optional()?)
}
