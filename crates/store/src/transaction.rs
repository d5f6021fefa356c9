//! Ordinary transactions: everything that is not hot.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::StoreError;
use crate::connection::Db;

/// An open transaction. Its methods live in the rooms of the tables they write; it commits when the
/// closure given to [`crate::Store::write`] returns `Ok`, and else leaves nothing behind.
pub struct Transaction<'a> {
    pub(crate) db: &'a mut Db,
}

/// Runs `work` in a transaction of its own.
pub(crate) fn run<T>(
    db: &mut Db,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    db.begin()?;
    let worked = catch_unwind(AssertUnwindSafe(|| work(&mut Transaction { db: &mut *db })));
    let outcome = match worked {
        Ok(outcome) => outcome,
        Err(_) => Err(StoreError::Database("a transaction's work panicked".to_owned())),
    };
    match outcome {
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
