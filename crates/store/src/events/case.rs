//! The lines of one attempt.
//!
//! A case code is random, and only lines that went wrong are indexed by it. The rest of an attempt
//! lies near them in time, which is the order of the ids. An attempt that went well throughout is
//! looked for among the newest lines, as far back as one search may look.

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{EventId, OrderedIds, OrgId};

use super::{EventQuery, EventRow, MOST, is_wrong, lines};
use crate::connection::Db;
use crate::rows::moment;
use crate::schema::events;
use crate::{Store, StoreError};

/// The steps of one sign-in lie this near each other.
const NEAR: Duration = Duration::from_secs(30 * 60);
/// No attempt has more lines that went wrong and are shown.
const MOST_WRONG: i64 = 200;
/// Lines looked at in one step back.
const STEP: i64 = 50_000;
/// Steps back before an attempt without any refusal counts as not found.
const STEPS: usize = 20;

impl Store {
    /// The lines of an attempt, oldest first; none when there is no such attempt. `near` is a line
    /// that is known to belong to it.
    pub async fn case_events(
        &self,
        org: OrgId,
        code: CaseCode,
        near: Option<EventId>,
    ) -> Result<Vec<Event>, StoreError> {
        self.scan(move |db| {
            let query = EventQuery { limit: MOST, ..EventQuery::default() };
            let near = near.map(|id| OrderedIds::moment_of(id.0));
            let windows = windows(db, org, code, near)?;
            of_windows(db, org, code, &query, windows)
        })
        .await
    }
}

/// The lines of an attempt that a query means as well, oldest first.
pub(super) fn search(
    db: &mut Db,
    org: OrgId,
    code: CaseCode,
    query: &EventQuery,
) -> Result<Vec<Event>, StoreError> {
    let windows = windows(db, org, code, None)?;
    of_windows(db, org, code, query, windows)
}

type Window = (Timestamp, Timestamp);

fn of_windows(
    db: &mut Db,
    org: OrgId,
    code: CaseCode,
    query: &EventQuery,
    windows: Vec<Window>,
) -> Result<Vec<Event>, StoreError> {
    let mut found = Vec::new();
    for (from, to) in windows {
        let rows: Vec<EventRow> = lines(org, query)
            .filter(events::case_code.eq(bits(code)))
            .filter(events::id.ge(OrderedIds::first_at(from)))
            .filter(events::id.lt(OrderedIds::first_at(to)))
            .order(events::id.asc())
            .limit(i64::from(query.limit.clamp(1, MOST)))
            .select(EventRow::as_select())
            .load(db)?;
        found.extend(rows);
    }
    found.into_iter().map(Event::try_from).collect()
}

/// The spans of time that hold the attempt's lines: around each line that went wrong, or around the
/// one that is known.
fn windows(
    db: &mut Db,
    org: OrgId,
    code: CaseCode,
    near: Option<Timestamp>,
) -> Result<Vec<Window>, StoreError> {
    let wrong: Vec<i64> = events::table
        .filter(events::case_code.eq(bits(code)))
        .filter(is_wrong())
        .filter(events::org_id.eq(org.0))
        .limit(MOST_WRONG)
        .select(events::at)
        .load(db)?;
    let mut times: Vec<Timestamp> = wrong.into_iter().map(moment).chain(near).collect();
    if times.is_empty() {
        times.extend(look_back(db, org, code)?);
    }
    times.sort_unstable();
    let mut windows: Vec<Window> = Vec::new();
    for at in times {
        let (from, to) = (at.minus(NEAR), at.plus(NEAR));
        match windows.last_mut() {
            Some(last) if last.1 >= from => last.1 = to,
            _ => windows.push((from, to)),
        }
    }
    Ok(windows)
}

/// The newest line of an attempt that nothing is indexed of.
fn look_back(db: &mut Db, org: OrgId, code: CaseCode) -> Result<Option<Timestamp>, StoreError> {
    let mut end = i64::MAX;
    for _ in 0..STEPS {
        let start: Option<i64> = events::table
            .filter(events::id.lt(end))
            .order(events::id.desc())
            .offset(STEP - 1)
            .limit(1)
            .select(events::id)
            .first(db)
            .optional()?;
        let found: Option<i64> = events::table
            .filter(events::id.lt(end))
            .filter(events::id.ge(start.unwrap_or(0)))
            .filter(events::case_code.eq(bits(code)))
            .filter(events::org_id.eq(org.0))
            .order(events::id.desc())
            .select(events::at)
            .first(db)
            .optional()?;
        match (found, start) {
            (Some(at), _) => return Ok(Some(moment(at))),
            (None, Some(start)) => end = start,
            (None, None) => return Ok(None),
        }
    }
    Ok(None)
}

fn bits(code: CaseCode) -> i64 {
    i64::from(code.bits())
}
