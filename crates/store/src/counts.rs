//! How much there is, counted within bounds: a page that shows it costs the same with a million rows.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use vestibule_protocol::Timestamp;

use crate::connection::{Db, on_either};
use crate::statement::statement;
use crate::{Store, StoreError};

/// Rows that are counted at most, entries of an index.
const MOST: i64 = 100_000;
/// Sessions that are looked at at most, the newest first.
const MOST_SESSIONS: i64 = 20_000;

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many were counted.
    pub number: i64,
    /// Whether counting stopped there, so that there may be more.
    pub more: bool,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// User accounts.
    pub users: Count,
    /// Clients.
    pub clients: Count,
    /// Sessions that have neither ended nor expired.
    pub sessions: Count,
    /// Messages that wait for delivery.
    pub messages: Count,
}

statement! {
    /// How many users there are.
    CountUsers { limit: BigInt as i64 } -> BigInt =
        "SELECT count(*) FROM (SELECT 1 FROM users LIMIT ", [limit: BigInt], ") AS counted"
}

statement! {
    /// How many clients there are.
    CountClients { limit: BigInt as i64 } -> BigInt =
        "SELECT count(*) FROM (SELECT 1 FROM clients LIMIT ", [limit: BigInt], ") AS counted"
}

statement! {
    /// How many messages wait.
    CountMessages { limit: BigInt as i64 } -> BigInt =
        "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE done_at IS NULL LIMIT ",
        [limit: BigInt], ") AS counted"
}

statement! {
    /// How many of the newest sessions there are.
    CountSessions { limit: BigInt as i64 } -> BigInt =
        "SELECT count(*) FROM (SELECT 1 FROM sessions LIMIT ", [limit: BigInt], ") AS counted"
}

statement! {
    /// How many of the newest sessions go on.
    CountLiveSessions { limit: BigInt as i64, now: BigInt as i64 } -> BigInt =
        "SELECT count(*) FROM (SELECT ended_at, expires_at FROM sessions ORDER BY id DESC LIMIT ",
        [limit: BigInt], ") AS newest WHERE ended_at IS NULL AND expires_at > ", [now: BigInt], ""
}

impl Store {
    /// Counts what there is, each up to a bound.
    pub async fn counts(&self, now: Timestamp) -> Result<Counts, StoreError> {
        self.scan(move |db| {
            let probe = MOST + 1;
            Ok(Counts {
                users: bounded(on_either!(db => CountUsers::new(probe).get_result(db))?, MOST),
                clients: bounded(on_either!(db => CountClients::new(probe).get_result(db))?, MOST),
                messages: bounded(
                    on_either!(db => CountMessages::new(probe).get_result(db))?,
                    MOST,
                ),
                sessions: sessions(db, now)?,
            })
        })
        .await
    }
}

/// Nothing indexes which sessions go on: the newest are looked at, of which nearly all that go on
/// are.
fn sessions(db: &mut Db, now: Timestamp) -> Result<Count, StoreError> {
    let all: i64 = on_either!(db => CountSessions::new(MOST_SESSIONS + 1).get_result(db))?;
    let now = now.as_millis();
    let number = on_either!(db => CountLiveSessions::new(MOST_SESSIONS, now).get_result(db))?;
    Ok(Count { number, more: all > MOST_SESSIONS })
}

fn bounded(counted: i64, most: i64) -> Count {
    Count { number: counted.min(most), more: counted > most }
}
