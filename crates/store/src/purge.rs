//! Removing what has expired, in chunks so small that nobody waits for them.
//!
//! A purge walks each table in the order of its ids, a window at a time, on a reader's connection,
//! and removes what it found in transactions of a few milliseconds. It begins anew at the end.

use std::time::Duration;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use parking_lot::Mutex;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::OrderedIds;

use crate::connection::Db;
use crate::schema::{
    access_tokens, authorizations, events, grants, idempotency_keys, links, outbox,
    pending_authorizations, refresh_tokens, sessions, single_use, throttles, trials,
};
use crate::{Store, StoreError};

/// What one purge did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many rows it removed.
    pub removed: usize,
    /// Whether so much was found that more is likely, or a table is not walked to its end yet: call again
    /// soon.
    pub more: bool,
}

impl Purged {
    /// Whether there was something to do, or may be at once.
    pub fn is_busy(self) -> bool {
        self.removed > 0 || self.more
    }
}

impl std::ops::AddAssign for Purged {
    fn add_assign(&mut self, other: Self) {
        self.removed += other.removed;
        self.more |= other.more;
    }
}

/// Rows looked at in one step.
const WINDOW: i64 = 5000;
/// Rows removed in one transaction.
const CHUNK: usize = 200;
/// What has ended is kept for a day: for "this link was used", and for clocks that disagree.
const KEPT: Duration = Duration::from_secs(86_400);

/// How far each table was walked, and how far the lines of what went well.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<[i64; 6]>, Mutex<i64>);

/// Tables that are walked; the number is the place of the cursor.
#[derive(Clone, Copy)]
enum Walked {
    Pending,
    AccessTokens,
    Grants,
    Authorizations,
    RefreshTokens,
    Sessions,
}

const WALKED: [Walked; 6] = [
    Walked::Pending,
    Walked::AccessTokens,
    Walked::Grants,
    Walked::Authorizations,
    Walked::RefreshTokens,
    Walked::Sessions,
];

impl Store {
    /// Removes what has expired: one step in each table.
    pub async fn purge_expired(&self, now: Timestamp) -> Result<Purged, StoreError> {
        let mut purged = Purged::default();
        for table in WALKED {
            let after = self.purge_cursors().0.lock().get(table as usize).copied().unwrap_or(0);
            let seen = self.scan(move |db| window(db, table, after, now)).await?;
            let full = i64::try_from(seen.len()).is_ok_and(|length| length == WINDOW);
            let next = if full { seen.last().map_or(0, |(id, _)| *id) } else { 0 };
            if let Some(cursor) = self.purge_cursors().0.lock().get_mut(table as usize) {
                *cursor = next;
            }
            let over: Vec<i64> =
                seen.into_iter().filter(|(_, over)| *over).map(|(id, _)| id).collect();
            purged.more |= full;
            for chunk in over.chunks(CHUNK) {
                let ids = chunk.to_vec();
                purged.removed += self.write(move |tx| remove(tx.db, table, &ids)).await?;
            }
        }
        let small = self.write(move |tx| remove_small(tx.db, now)).await?;
        purged.removed += small;
        purged.more |= small >= CHUNK;
        Ok(purged)
    }

    /// Removes the oldest events from before a moment: one chunk.
    pub async fn purge_events(&self, before: Timestamp) -> Result<Purged, StoreError> {
        let removed = self
            .write(move |tx| {
                let chunk = i64::try_from(CHUNK).unwrap_or(i64::MAX);
                let oldest: Vec<i64> = events::table
                    .filter(events::id.lt(OrderedIds::first_at(before)))
                    .order(events::id)
                    .limit(chunk)
                    .select(events::id)
                    .load(tx.db)?;
                let lines = events::table.filter(events::id.eq_any(&oldest));
                Ok(diesel::delete(lines).execute(tx.db)?)
            })
            .await?;
        Ok(Purged { removed, more: removed >= CHUNK })
    }
}

impl Store {
    /// Removes the lines of attempts that went well from before a moment: one step. What lies behind
    /// it was looked at, so it goes on from there, and begins anew only with the process.
    pub async fn purge_successes(&self, before: Timestamp) -> Result<Purged, StoreError> {
        let after = *self.purge_cursors().1.lock();
        let seen: Vec<(i64, bool)> = self
            .scan(move |db| {
                let over = events::outcome.eq(0).and(events::case_code.is_not_null());
                Ok(events::table
                    .filter(events::id.gt(after))
                    .filter(events::id.lt(OrderedIds::first_at(before)))
                    .order(events::id)
                    .limit(WINDOW)
                    .select((events::id, over))
                    .load(db)?)
            })
            .await?;
        let mut purged = Purged { removed: 0, more: seen.len() > CHUNK };
        let over: Vec<i64> = seen.iter().filter(|(_, over)| *over).map(|(id, _)| *id).collect();
        for chunk in over.chunks(CHUNK) {
            let ids = chunk.to_vec();
            let lines = move |tx: &mut crate::Transaction<'_>| {
                let lines = events::table.filter(events::id.eq_any(&ids));
                Ok(diesel::delete(lines).execute(tx.db)?)
            };
            purged.removed += self.write(lines).await?;
        }
        if let Some((last, _)) = seen.last() {
            *self.purge_cursors().1.lock() = *last;
        }
        Ok(purged)
    }
}

/// The next rows of a table, each with whether it is over.
fn window(
    db: &mut Db,
    table: Walked,
    after: i64,
    now: Timestamp,
) -> Result<Vec<(i64, bool)>, StoreError> {
    macro_rules! walk {
        ($table:ident, $over:expr) => {
            $table::table
                .filter($table::id.gt(after))
                .order($table::id)
                .limit(WINDOW)
                .select(($table::id, $over))
                .load(db)?
        };
    }
    let long_ago = now.minus(KEPT).as_millis();
    let now = now.as_millis();
    Ok(match table {
        Walked::Pending => {
            walk!(pending_authorizations, pending_authorizations::expires_at.lt(long_ago))
        }
        Walked::AccessTokens => walk!(access_tokens, access_tokens::expires_at.lt(now)),
        Walked::Grants => {
            let live = refresh_tokens::table
                .filter(refresh_tokens::grant_id.eq(grants::id))
                .filter(refresh_tokens::expires_at.gt(long_ago));
            walk!(grants, grants::ends_at.lt(long_ago).and(not(exists(live))))
        }
        // A redeemed code stays as long as its grant: a replay must find what to revoke.
        Walked::Authorizations => {
            let grown = grants::table.filter(grants::id.eq(authorizations::id));
            walk!(authorizations, authorizations::expires_at.lt(long_ago).and(not(exists(grown))))
        }
        // An expired generation is refused for its age; until then its reuse must be noticed.
        Walked::RefreshTokens => walk!(
            refresh_tokens,
            refresh_tokens::retired_at.is_not_null().and(refresh_tokens::expires_at.lt(long_ago))
        ),
        // A session stays as long as a grant that was made in it.
        Walked::Sessions => {
            let used = grants::table.filter(grants::session_id.eq(sessions::id));
            walk!(sessions, sessions::expires_at.lt(long_ago).and(not(exists(used))))
        }
    })
}

fn remove(db: &mut Db, table: Walked, ids: &[i64]) -> Result<usize, StoreError> {
    macro_rules! delete {
        ($table:ident) => {
            diesel::delete($table::table.filter($table::id.eq_any(ids))).execute(db)?
        };
    }
    Ok(match table {
        Walked::Pending => delete!(pending_authorizations),
        Walked::AccessTokens => delete!(access_tokens),
        Walked::Grants => {
            let tokens = refresh_tokens::table.filter(refresh_tokens::grant_id.eq_any(ids));
            diesel::delete(tokens).execute(db)? + delete!(authorizations) + delete!(grants)
        }
        Walked::Authorizations => delete!(authorizations),
        Walked::RefreshTokens => delete!(refresh_tokens),
        Walked::Sessions => delete!(sessions),
    })
}

/// Tables that are small, or have an index on the end of their rows.
fn remove_small(db: &mut Db, now: Timestamp) -> Result<usize, StoreError> {
    let chunk = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let long_ago = now.minus(KEPT).as_millis();
    let once: Vec<(String, Vec<u8>)> = single_use::table
        .filter(single_use::expires_at.lt(now.as_millis()))
        .limit(chunk)
        .select((single_use::purpose, single_use::digest))
        .load(db)?;
    let mut removed = 0;
    for key in &once {
        removed += diesel::delete(single_use::table.find((&key.0, &key.1))).execute(db)?;
    }
    let quiet: Vec<String> = throttles::table
        .filter(throttles::updated_at.lt(long_ago))
        .filter(throttles::blocked_until.lt(now.as_millis()))
        .limit(chunk)
        .select(throttles::name)
        .load(db)?;
    for name in &quiet {
        removed += diesel::delete(throttles::table.find(name)).execute(db)?;
    }
    let answered = idempotency_keys::table.filter(idempotency_keys::expires_at.lt(now.as_millis()));
    removed += diesel::delete(answered).execute(db)?;
    removed += diesel::delete(links::table.filter(links::expires_at.lt(long_ago))).execute(db)?;
    removed += diesel::delete(outbox::table.filter(outbox::done_at.lt(long_ago))).execute(db)?;
    removed += diesel::delete(trials::table.filter(trials::expires_at.lt(long_ago))).execute(db)?;
    Ok(removed)
}
