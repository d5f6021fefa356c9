//! Ordinary transactions: everything that is not hot.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::StoreError;
use crate::connection::Db;

/// An open transaction. Its methods live in the rooms of the tables they write; it commits when the
/// closure given to [`crate::Store::write`] returns `Ok`, and else leaves nothing behind.
pub struct Transaction<'a> {
    pub(crate) db: &'a mut Db,
}

/// Does `work`; a panic is an error of this work and of nothing else (invariant I33). The threads of
/// a store outlive what is handed to them.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::Database("work on the database panicked".to_owned())))
}

/// Runs `work` in a transaction of its own. It is taken back when nobody waits for it any more: whoever
/// was told to try again does so.
pub(crate) fn run<T>(
    db: &mut Db,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    nobody_waits: impl FnOnce() -> bool,
) -> Result<T, StoreError> {
    db.begin()?;
    let worked = caught(|| work(&mut Transaction { db: &mut *db }));
    let worked = if nobody_waits() { worked.and(Err(StoreError::Closed)) } else { worked };
    match worked {
        // A commit that fails is ambiguous: it may have reached the disk. Nobody is told "done".
        Ok(value) => match db.commit() {
            Ok(()) => Ok(value),
            Err(error) => {
                db.roll_back();
                Err(error.into_unavailable())
            }
        },
        Err(error) => {
            if db.roll_back() {
                Err(error)
            } else {
                Err(error.into_unavailable())
            }
        }
    }
}
