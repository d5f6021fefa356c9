//! How much went wrong, and for whom: from the lines that went wrong alone.

use std::collections::BTreeMap;

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
/// Lines that are looked at at most, the newest first: under an attack there are millions.
const STEP: i64 = 10_000;

/// What went wrong lately in an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// By reason, the most frequent first.
    pub by_reason: Vec<FailureCount>,
    /// By client, the most often refused first.
    pub by_client: Vec<FailuresOfClient>,
    /// Whether there were more lines than are looked at, so that only the newest are counted.
    pub more: bool,
}

impl Store {
    /// What went wrong in an organization since a moment. Administrators' own trials of a client are
    /// no failures, and are left out.
    pub async fn failures(&self, org: OrgId, since: Timestamp) -> Result<Failures, StoreError> {
        self.scan(move |db| {
            let since = OrderedIds::first_at(since);
            let reach: Option<i64> = events::table
                .filter(is_wrong())
                .filter(events::id.ge(since))
                .order(events::id.desc())
                .offset(STEP - 1)
                .limit(1)
                .select(events::id)
                .first(db)
                .optional()?;
            let lines: Vec<Line> = events::table
                .filter(is_wrong())
                .filter(events::org_id.eq(org.0))
                .filter(events::id.ge(reach.unwrap_or(since)))
                .filter(events::facts.not_like(TRIAL))
                .select((events::id, events::reason, events::client_id))
                .load(db)?;
            Ok(Failures { more: reach.is_some(), ..counted(lines) })
        })
        .await
    }
}

/// The mark of a trial, as it stands in the facts of a line. A quotation mark inside a value is
/// preceded by a backslash, so nothing that somebody sent looks like it.
const TRIAL: &str = "%\"trial\":true%";

/// A line: its id, its reason, its client.
type Line = (i64, Option<String>, Option<String>);

fn counted(lines: Vec<Line>) -> Failures {
    let mut reasons: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    let mut clients: BTreeMap<Option<String>, (u64, i64)> = BTreeMap::new();
    for (id, reason, client) in lines {
        for (count, newest) in [
            reasons.entry(reason.unwrap_or_default()).or_default(),
            clients.entry(client).or_default(),
        ] {
            *count += 1;
            *newest = id.max(*newest);
        }
    }
    let by_reason = reasons.into_iter().map(|(reason, (count, newest))| FailureCount {
        reason,
        count,
        newest: EventId(newest),
    });
    let by_client = clients.into_iter().map(|(client, (count, newest))| FailuresOfClient {
        client: client.map(ClientId),
        count,
        newest: EventId(newest),
    });
    Failures {
        by_reason: most_frequent(by_reason.collect(), |it| (it.count, it.newest)),
        by_client: most_frequent(by_client.collect(), |it| (it.count, it.newest)),
        more: false,
    }
}

fn most_frequent<T>(mut counts: Vec<T>, by: impl Fn(&T) -> (u64, EventId)) -> Vec<T> {
    counts.sort_by_key(|it| std::cmp::Reverse(by(it)));
    counts.truncate(MOST);
    counts
}
