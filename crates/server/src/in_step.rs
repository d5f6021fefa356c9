//! Whether this host's clock may be believed where what is done cannot be taken back.
//!
//! Rows are deleted and keys moved to their next phase by the clock of whichever node comes first. One
//! whose clock runs a year ahead would delete the event log and every session of all nodes. So such work
//! waits until this host and the database agree on the time; SQLite has the host's.

use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_store::{Backend, Store, StoreError};

use crate::clock::Clock;

/// How far the two may stand apart.
const TOLERANCE: Duration = Duration::from_secs(60);

/// Why work that cannot be taken back waits.
#[derive(Debug, thiserror::Error)]
pub enum OutOfStep {
    /// The clocks disagree.
    #[error(
        "this host's clock and the database's are {} s apart: nothing is deleted and no signing key \
         moves to its next phase until they agree; let both keep time by NTP", .0.as_secs()
    )]
    Apart(Duration),
    /// The database did not tell its time.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An error unless this host and the database agree on the time.
pub async fn require(store: &Store) -> Result<(), OutOfStep> {
    if store.backend() == Backend::Sqlite {
        return Ok(());
    }
    // The true time, also where a test has moved its own.
    judge(store.database_time().await?, Clock::system().now())
}

fn judge(told: Timestamp, now: Timestamp) -> Result<(), OutOfStep> {
    let apart = told.since(now).max(now.since(told));
    if apart > TOLERANCE { Err(OutOfStep::Apart(apart)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i31_a_clock_that_runs_ahead_or_behind_deletes_nothing() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let hour = Duration::from_secs(3600);
        for told in [now.plus(hour), now.minus(hour), now.plus(Duration::from_secs(61))] {
            let refused = judge(told, now).unwrap_err().to_string();
            assert!(refused.contains("nothing is deleted"), "{refused}");
        }
        for told in [now, now.plus(TOLERANCE), now.minus(TOLERANCE)] {
            assert!(judge(told, now).is_ok());
        }
    }
}
