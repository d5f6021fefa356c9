//! What declarative files manage.

use std::collections::BTreeMap;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;

use crate::rows::moment;
use crate::schema::managed_objects;
use crate::{Store, StoreError, Transaction};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// What kind of object a file states, by the word of its tables.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ManagedKind {$(
            $(#[$doc])*
            $name,
        )+}

        impl ManagedKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in files and rows.
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$name => $word),+}
            }
        }
    };
}

kinds! {
    /// An organization.
    Organization = "organization",
    /// A group of users.
    Group = "group",
    /// A client.
    Client = "client",
    /// A secret of a client.
    ClientSecret = "client_secret",
    /// A role that somebody holds.
    Admin = "admin",
    /// An address that events are told to.
    Webhook = "webhook",
}

/// The mark of an object that a file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// What it is.
    pub kind: ManagedKind,
    /// Its row.
    pub object: i64,
    /// The file that was applied to it last.
    pub file: String,
    /// When.
    pub applied_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = managed_objects)]
struct ManagedRow {
    kind: String,
    object_id: i64,
    file: String,
    applied_at: i64,
}

/// `None` for a kind that a newer version wrote: it is not ours to judge.
fn mark(row: ManagedRow) -> Option<Managed> {
    let kind = ManagedKind::ALL.iter().copied().find(|kind| kind.as_str() == row.kind)?;
    let applied_at = moment(row.applied_at);
    Some(Managed { kind, object: row.object_id, file: row.file, applied_at })
}

impl Store {
    /// The mark of an object, if a file states it.
    pub async fn managed(
        &self,
        kind: ManagedKind,
        object: i64,
    ) -> Result<Option<Managed>, StoreError> {
        self.read(move |db| {
            let found = managed_objects::table
                .find((kind.as_str(), object))
                .select(ManagedRow::as_select())
                .get_result(db)
                .optional()?;
            Ok(found.and_then(mark))
        })
        .await
    }

    /// The files that state these objects of one kind, by object.
    pub async fn files_of(
        &self,
        kind: ManagedKind,
        objects: Vec<i64>,
    ) -> Result<BTreeMap<i64, String>, StoreError> {
        self.read(move |db| {
            let rows: Vec<(i64, String)> = managed_objects::table
                .filter(managed_objects::kind.eq(kind.as_str()))
                .filter(managed_objects::object_id.eq_any(&objects))
                .select((managed_objects::object_id, managed_objects::file))
                .load(db)?;
            Ok(rows.into_iter().collect())
        })
        .await
    }

    /// All that a file states, by kind, oldest first.
    pub async fn managed_by(&self, file: String) -> Result<Vec<Managed>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<ManagedRow> = managed_objects::table
                .filter(managed_objects::file.eq(&file))
                .order((managed_objects::kind, managed_objects::object_id))
                .select(ManagedRow::as_select())
                .load(db)?;
            Ok(rows.into_iter().filter_map(mark).collect())
        })
        .await
    }
}

impl Transaction<'_> {
    /// Marks an object as stated by a file, whichever stated it before.
    pub fn mark_managed(&mut self, mark: &Managed) -> Result<(), StoreError> {
        let row = managed_objects::table.find((mark.kind.as_str(), mark.object));
        let changed = diesel::update(row)
            .set((
                managed_objects::file.eq(&mark.file),
                managed_objects::applied_at.eq(mark.applied_at.as_millis()),
            ))
            .execute(self.db)?;
        if changed == 1 {
            return Ok(());
        }
        diesel::insert_into(managed_objects::table)
            .values(ManagedRow {
                kind: mark.kind.as_str().to_owned(),
                object_id: mark.object,
                file: mark.file.clone(),
                applied_at: mark.applied_at.as_millis(),
            })
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "mark", &mark.file))?;
        Ok(())
    }

    /// Takes the mark of an object off, if it has one.
    pub fn unmark_managed(&mut self, kind: ManagedKind, object: i64) -> Result<(), StoreError> {
        diesel::delete(managed_objects::table.find((kind.as_str(), object))).execute(self.db)?;
        Ok(())
    }
}
