//! How much went wrong, and for whom: from the lines that went wrong alone.

use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{ClientId, EventId, OrderedIds, OrgId};

use super::is_wrong;
use crate::schema::events;
use crate::{Store, StoreError};

/// How often something was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureCount {
    /// Why, as a stable word; empty for a line without one.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// The newest line of it.
    pub newest: EventId,
}

/// How often a client was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailuresOfClient {
    /// Which; `None` for requests that name no client of ours.
    pub client: Option<ClientId>,
    /// How often.
    pub count: u64,
    /// The newest line of it.
    pub newest: EventId,
}

/// Rows of one table.
const MOST: usize = 20;

impl Store {
    /// What went wrong in an organization since a moment, the most frequent reason first.
    pub async fn failures_by_reason(
        &self,
        org: OrgId,
        since: Timestamp,
    ) -> Result<Vec<FailureCount>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<(Option<String>, i64, Option<i64>)> = events::table
                .filter(is_wrong())
                .filter(events::org_id.eq(org.0))
                .filter(events::id.ge(OrderedIds::first_at(since)))
                .group_by(events::reason)
                .select((events::reason, count_star(), max(events::id)))
                .load(db)?;
            let counts = rows.into_iter().map(|(reason, count, newest)| FailureCount {
                reason: reason.unwrap_or_default(),
                count: u64::try_from(count).unwrap_or(0),
                newest: EventId(newest.unwrap_or(0)),
            });
            Ok(most_frequent(counts.collect(), |it| (it.count, it.newest)))
        })
        .await
    }

    /// For which clients something went wrong in an organization since a moment, the most often
    /// refused first.
    pub async fn failures_by_client(
        &self,
        org: OrgId,
        since: Timestamp,
    ) -> Result<Vec<FailuresOfClient>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<(Option<String>, i64, Option<i64>)> = events::table
                .filter(is_wrong())
                .filter(events::org_id.eq(org.0))
                .filter(events::id.ge(OrderedIds::first_at(since)))
                .group_by(events::client_id)
                .select((events::client_id, count_star(), max(events::id)))
                .load(db)?;
            let counts = rows.into_iter().map(|(client, count, newest)| FailuresOfClient {
                client: client.map(ClientId),
                count: u64::try_from(count).unwrap_or(0),
                newest: EventId(newest.unwrap_or(0)),
            });
            Ok(most_frequent(counts.collect(), |it| (it.count, it.newest)))
        })
        .await
    }
}

fn most_frequent<T>(mut counts: Vec<T>, by: impl Fn(&T) -> (u64, EventId)) -> Vec<T> {
    counts.sort_by_key(|it| std::cmp::Reverse(by(it)));
    counts.truncate(MOST);
    counts
}
