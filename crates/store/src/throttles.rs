//! Counters of failures, and the delays they lead to.

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::UserId;

use crate::connection::Db;
use crate::rows::{RowName, hex, moment};
use crate::schema::throttles;
use crate::{Store, StoreError, Transaction};

/// Whom failures are counted against.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThrottleKey(String);

impl ThrottleKey {
    /// An account: one budget over all its names.
    pub fn account(user: UserId) -> Self {
        Self(format!("account:{}", user.0))
    }

    /// An account, from a device it has signed in on: strangers cannot use this budget up.
    pub fn trusted_device(user: UserId, device: [u8; 32]) -> Self {
        Self(format!("device:{}:{}", user.0, hex(&device)))
    }

    /// The range of the names of [`ThrottleKey::trusted_device`] of this user.
    pub(crate) fn devices_of(user: UserId) -> (String, String) {
        (format!("device:{}:", user.0), format!("device:{};", user.0))
    }

    /// Anything else: a stable word for what it is, and the SHA-256 of whom it is about.
    pub fn of(scope: &'static str, digest: [u8; 32]) -> Self {
        Self(format!("{scope}:{}", hex(&digest)))
    }
}

/// How many failures are free, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Failures in a window that cost nothing.
    pub free: u32,
    /// After how long without a failure the counting begins anew.
    pub window: Duration,
    /// The delay after the first failure that is not free; each further one doubles it.
    pub first_delay: Duration,
    /// The longest delay.
    pub longest_delay: Duration,
}

/// How a counter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Whom it is about.
    pub key: ThrottleKey,
    /// Failures since the window began.
    pub failures: u32,
    /// When counting began.
    pub window_began_at: Timestamp,
    /// Before this moment no attempt is looked at.
    pub blocked_until: Timestamp,
}

impl ThrottlePolicy {
    /// The counter after one more failure at `now`.
    ///
    /// The window is one of silence: whoever goes on failing is never forgiven by mere time.
    pub fn after_failure(
        &self,
        key: ThrottleKey,
        before: Option<(u32, Timestamp, Timestamp)>,
        now: Timestamp,
    ) -> Throttle {
        let going_on = before.filter(|(_, _, last)| now.since(*last) < self.window);
        let (failures, window_began_at) = match going_on {
            Some((failures, began, _)) => (failures.saturating_add(1), began),
            None => (1, now),
        };
        let costly = failures.saturating_sub(self.free);
        let blocked_until = match costly.checked_sub(1) {
            None => now,
            Some(doublings) => {
                let factor = 1u32.checked_shl(doublings.min(31)).unwrap_or(u32::MAX);
                now.plus(self.first_delay.saturating_mul(factor).min(self.longest_delay))
            }
        };
        Throttle { key, failures, window_began_at, blocked_until }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = throttles, primary_key(name), treat_none_as_default_value = false)]
struct ThrottleRow {
    name: String,
    failures: i64,
    window_began_at: i64,
    blocked_until: i64,
    updated_at: i64,
}

impl TryFrom<ThrottleRow> for Throttle {
    type Error = StoreError;

    fn try_from(row: ThrottleRow) -> Result<Self, StoreError> {
        let name = RowName { table: "throttles", id: &row.name };
        let failures = u32::try_from(row.failures)
            .map_err(|_| name.corrupt("failures", format!("{} is no count", row.failures)))?;
        Ok(Self {
            failures,
            window_began_at: moment(row.window_began_at),
            blocked_until: moment(row.blocked_until),
            key: ThrottleKey(row.name),
        })
    }
}

impl Store {
    /// The counters of these keys; a key without failures has none.
    pub async fn throttles(&self, keys: Vec<ThrottleKey>) -> Result<Vec<Throttle>, StoreError> {
        self.read(move |db| {
            let mut found = Vec::new();
            // A few keys, each by its primary key with a prepared statement.
            for key in &keys {
                let row = throttles::table
                    .find(&key.0)
                    .select(ThrottleRow::as_select())
                    .get_result(db)
                    .optional()?;
                if let Some(row) = row {
                    found.push(Throttle::try_from(row)?);
                }
            }
            Ok(found)
        })
        .await
    }
}

impl Transaction<'_> {
    /// Forgets the failures counted against a key.
    pub fn clear_throttle(&mut self, key: &ThrottleKey) -> Result<(), StoreError> {
        clear(self.db, key)
    }
}

pub(crate) fn clear(db: &mut Db, key: &ThrottleKey) -> Result<(), StoreError> {
    diesel::delete(throttles::table.find(&key.0)).execute(db)?;
    Ok(())
}

/// Counts a failure. Two nodes that count at once both count: the row is locked while it is read.
pub(crate) fn count(
    db: &mut Db,
    key: &ThrottleKey,
    policy: &ThrottlePolicy,
    now: Timestamp,
) -> Result<Throttle, StoreError> {
    let fresh = ThrottleRow {
        name: key.0.clone(),
        failures: 0,
        window_began_at: now.as_millis(),
        blocked_until: now.as_millis(),
        updated_at: now.as_millis(),
    };
    let insert = diesel::insert_into(throttles::table).values(&fresh);
    let row = match db {
        Db::Sqlite(db) => {
            insert.on_conflict_do_nothing().execute(db)?;
            throttles::table.find(&key.0).select(ThrottleRow::as_select()).get_result(db)?
        }
        // One statement finds or makes the row and locks it: between two, another node's sign-in
        // could clear it.
        Db::Postgres(db) => insert
            .on_conflict(throttles::name)
            .do_update()
            .set(throttles::failures.eq(throttles::failures))
            .returning(ThrottleRow::as_returning())
            .get_result(db)?,
    };
    let last = moment(row.updated_at);
    let before = Throttle::try_from(row)?;
    let before = (before.failures > 0).then_some((before.failures, before.window_began_at, last));
    let after = policy.after_failure(key.clone(), before, now);
    diesel::update(throttles::table.find(&key.0))
        .set(ThrottleRow {
            name: key.0.clone(),
            failures: i64::from(after.failures),
            window_began_at: after.window_began_at.as_millis(),
            blocked_until: after.blocked_until.as_millis(),
            updated_at: now.as_millis(),
        })
        .execute(db)?;
    Ok(after)
}
