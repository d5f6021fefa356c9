//! How far a long piece of work has come that is done in several transactions: each writes its
//! checkpoint together with what it did, so that the work goes on where it stopped.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::OrgId;

use crate::connection::on_either;
use crate::rows::moment;
use crate::schema::checkpoints;
use crate::{Store, StoreError, Transaction};

/// Checkpoints that were not moved for so long are forgotten.
const KEPT_SECONDS: u64 = 30 * 86_400;

/// How far a piece of work has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many steps are done.
    pub position: i64,
    /// What the work wants to know of them, as it wrote it.
    pub state: String,
    /// When it was moved.
    pub updated_at: Timestamp,
}

impl Store {
    /// The checkpoint of this name, if the work was begun and did not end.
    pub async fn checkpoint(
        &self,
        org: OrgId,
        name: String,
    ) -> Result<Option<Checkpoint>, StoreError> {
        self.read(move |db| {
            let found = checkpoints::table
                .find((org.0, &name))
                .select((checkpoints::position, checkpoints::state, checkpoints::updated_at))
                .get_result::<(i64, String, i64)>(db)
                .optional()?;
            Ok(found.map(|(position, state, at)| Checkpoint {
                position,
                state,
                updated_at: moment(at),
            }))
        })
        .await
    }
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = checkpoints)]
struct CheckpointRow<'a> {
    org_id: i64,
    name: &'a str,
    position: i64,
    state: &'a str,
    updated_at: i64,
}

impl Transaction<'_> {
    /// Moves a checkpoint.
    pub fn set_checkpoint(
        &mut self,
        org: OrgId,
        name: &str,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let row = CheckpointRow {
            org_id: org.0,
            name,
            position: checkpoint.position,
            state: &checkpoint.state,
            updated_at: checkpoint.updated_at.as_millis(),
        };
        let db = &mut *self.db;
        let key = (checkpoints::org_id, checkpoints::name);
        let insert = diesel::insert_into(checkpoints::table).values(&row);
        on_either!(db => insert.on_conflict(key).do_update().set(&row).execute(db))?;
        Ok(())
    }

    /// Forgets a checkpoint, and those that nobody has moved for a month.
    pub fn remove_checkpoint(
        &mut self,
        org: OrgId,
        name: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let forgotten = at.minus(std::time::Duration::from_secs(KEPT_SECONDS)).as_millis();
        diesel::delete(checkpoints::table.find((org.0, name))).execute(self.db)?;
        diesel::delete(checkpoints::table.filter(checkpoints::updated_at.lt(forgotten)))
            .execute(self.db)?;
        Ok(())
    }
}
