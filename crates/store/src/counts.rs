//! Counts, for the metrics.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;

use crate::schema::{clients, outbox, sessions, users};
use crate::{Store, StoreError};

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// User accounts.
    pub users: i64,
    /// Clients.
    pub clients: i64,
    /// Sessions that have neither ended nor expired.
    pub sessions: i64,
    /// Messages that wait for delivery.
    pub messages: i64,
}

impl Store {
    /// Counts what the metrics show. A scan: not for every request.
    pub async fn counts(&self, now: Timestamp) -> Result<Counts, StoreError> {
        self.scan(move |db| {
            Ok(Counts {
                users: users::table.count().get_result(db)?,
                clients: clients::table.count().get_result(db)?,
                sessions: sessions::table
                    .filter(sessions::ended_at.is_null())
                    .filter(sessions::expires_at.gt(now.as_millis()))
                    .count()
                    .get_result(db)?,
                messages: outbox::table.filter(outbox::done_at.is_null()).count().get_result(db)?,
            })
        })
        .await
    }
}
