//! The event log.
//!
//! Lines of what succeeded have no index but their id, which is their time; so whatever is searched
//! for among them is searched for in bounded steps, newest first, and a page says how far it looked.

mod case;
mod counts;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{ClientId, EventId, OrderedIds, OrgId, Subject};

use crate::authorizations::case_code;
use crate::connection::{Db, on_either};
use crate::rows::{RowName, json, moment};
use crate::schema::{events, users};
use crate::{Store, StoreError, Transaction};

pub use counts::{FailureCount, Failures, FailuresOfClient};

/// Which events a search returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Only those after this one.
    pub after: Option<EventId>,
    /// Only those before this one.
    pub before: Option<EventId>,
    /// Only those since this moment.
    pub since: Option<Timestamp>,
    /// Only those until this moment.
    pub until: Option<Timestamp>,
    /// Only those of this kind (`authorize.refused`), or of this family (`authorize`).
    pub kind: Option<String>,
    /// Only those that went so.
    pub outcome: Option<OutcomeFilter>,
    /// Only those that were refused for this reason.
    pub reason: Option<String>,
    /// Only those of this attempt.
    pub case_code: Option<CaseCode>,
    /// Only those that concern this client.
    pub client: Option<ClientId>,
    /// Only those that concern this user: of a user of the organization also those that another
    /// organization's client was the occasion of.
    pub subject: Option<Subject>,
    /// How many at most; the newest ones, unless `after` or `since` names a beginning.
    pub limit: u32,
}

/// Lines in one statement: PostgreSQL takes 65535 values.
pub(crate) const ROWS: usize = 1000;

/// How something went, as far as a search tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeFilter {
    /// It was done.
    Success,
    /// It was refused, or failed on our side.
    Wrong,
}

/// A page of the event log, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPage {
    /// The lines.
    pub events: Vec<Event>,
    /// What to pass as [`EventQuery::before`] to go on; `None` when everything was looked at.
    pub next: Option<EventId>,
}

/// No answer has more events.
const MOST: u32 = 1000;
/// Lines that one page looks at, whatever it finds.
const STEP: i64 = 20_000;

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(crate) struct EventRow {
    id: i64,
    org_id: i64,
    at: i64,
    kind: String,
    outcome: i16,
    case_code: Option<i64>,
    client_id: Option<String>,
    subject: Option<String>,
    reason: Option<String>,
    facts: String,
}

const SUCCESS: i16 = 0;
const REFUSED: i16 = 1;
const FAILED: i16 = 2;

impl EventRow {
    pub(crate) fn new(event: &Event) -> Result<Self, StoreError> {
        Ok(Self {
            id: event.id.0,
            org_id: event.org.0,
            at: event.at.as_millis(),
            outcome: match event.outcome {
                EventOutcome::Success => SUCCESS,
                EventOutcome::Refused => REFUSED,
                EventOutcome::Failed => FAILED,
            },
            case_code: event.case_code.map(|code| i64::from(code.bits())),
            facts: json("event facts", &event.facts)?,
            kind: event.kind.clone(),
            client_id: event.client.as_ref().map(|client| client.0.clone()),
            subject: event.subject.as_ref().map(|subject| subject.0.clone()),
            reason: event.reason.clone(),
        })
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let name = RowName { table: "events", id: &row.id };
        Ok(Self {
            id: EventId(row.id),
            org: OrgId(row.org_id),
            at: moment(row.at),
            outcome: match row.outcome {
                SUCCESS => EventOutcome::Success,
                REFUSED => EventOutcome::Refused,
                FAILED => EventOutcome::Failed,
                other => return Err(name.corrupt("outcome", format!("{other} is unknown"))),
            },
            case_code: row.case_code.map(|bits| case_code(&name, bits)).transpose()?,
            facts: name.json("facts", &row.facts)?,
            kind: row.kind,
            client: row.client_id.map(ClientId),
            subject: row.subject.map(Subject),
            reason: row.reason,
        })
    }
}

impl Store {
    /// Searches an organization's event log; oldest first.
    pub async fn events(&self, org: OrgId, query: EventQuery) -> Result<Vec<Event>, StoreError> {
        self.scan(move |db| search(db, org, &query)).await
    }

    /// What was done to a user of the organization, and the user's sessions, newest first, whichever
    /// organization's client was the occasion; not what tokens were issued.
    pub async fn events_about(
        &self,
        org: OrgId,
        subject: Subject,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.scan(move |db| {
            let rows = events::table
                .filter(is_about_a_user())
                .filter(events::subject.eq(&subject.0))
                .filter(is_of(org, &subject))
                .order(events::id.desc())
                .limit(i64::from(limit.clamp(1, MOST)))
                .select(EventRow::as_select())
                .load(db)?;
            rows.into_iter().map(Event::try_from).collect()
        })
        .await
    }

    /// A page of an organization's event log, newest first. It looks at a bounded number of lines:
    /// a page may be empty and yet have a next one.
    pub async fn events_page(
        &self,
        org: OrgId,
        query: EventQuery,
    ) -> Result<EventPage, StoreError> {
        self.scan(move |db| page(db, org, &query)).await
    }
}

impl Transaction<'_> {
    /// Writes lines into the event log, in the transaction of the change they describe.
    pub fn record(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        let rows: Vec<EventRow> = events.iter().map(EventRow::new).collect::<Result<_, _>>()?;
        if let [row] = rows.as_slice() {
            return insert(self.db, row);
        }
        for rows in rows.chunks(ROWS) {
            let insert = diesel::insert_into(events::table).values(rows);
            let db = &mut *self.db;
            on_either!(db => insert.execute(db))?;
        }
        Ok(())
    }
}

pub(crate) fn insert(db: &mut Db, row: &EventRow) -> Result<(), StoreError> {
    diesel::insert_into(events::table).values(row).execute(db)?;
    Ok(())
}

/// That it tells what was done to a user or a session, spelled as in the index, so that it is used.
pub(crate) fn is_about_a_user() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>(
        "CASE substr(kind, 1, 5) WHEN 'user.' THEN 1 WHEN 'sessi' THEN 1 \
         WHEN 'conse' THEN 1 WHEN 'link.' THEN 1 ELSE 0 END = 1",
    )
}

/// That it did not succeed, written as the partial indexes have it.
fn is_wrong() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("outcome > 0")
}

/// Whether this is a user of this organization. It is asked once a statement, not once a line.
#[diesel::dsl::auto_type]
fn is_of<'a>(org: OrgId, subject: &'a Subject) -> _ {
    let wanted: &'a str = subject.0.as_str();
    let org: i64 = org.0;
    diesel::dsl::exists(
        users::table.filter(users::subject.eq(wanted)).filter(users::org_id.eq(org)),
    )
}

type Lines<'a> =
    diesel::helper_types::IntoBoxed<'a, events::table, <Db as diesel::Connection>::Backend>;

/// The lines that a query means, in no order.
fn lines(org: OrgId, query: &EventQuery) -> Lines<'_> {
    let mut lines = events::table.into_boxed();
    lines = match &query.subject {
        Some(subject) => lines.filter(events::org_id.eq(org.0).or(is_of(org, subject))),
        None => lines.filter(events::org_id.eq(org.0)),
    };
    if let Some(after) = query.after {
        lines = lines.filter(events::id.gt(after.0));
    }
    if let Some(before) = query.before {
        lines = lines.filter(events::id.lt(before.0));
    }
    if let Some(since) = query.since {
        lines = lines.filter(events::id.ge(OrderedIds::first_at(since)));
    }
    if let Some(until) = query.until {
        lines = lines.filter(events::id.lt(OrderedIds::first_at(until)));
    }
    if let Some(kind) = &query.kind {
        let family = format!("{kind}.%");
        lines = lines.filter(events::kind.eq(kind.clone()).or(events::kind.like(family)));
    }
    match query.outcome {
        Some(OutcomeFilter::Success) => lines = lines.filter(events::outcome.eq(SUCCESS)),
        Some(OutcomeFilter::Wrong) => lines = lines.filter(is_wrong()),
        None => {}
    }
    if let Some(reason) = &query.reason {
        lines = lines.filter(events::reason.eq(reason.clone()));
    }
    if let Some(client) = &query.client {
        lines = lines.filter(events::client_id.eq(client.0.clone()));
    }
    if let Some(subject) = &query.subject {
        lines = lines.filter(events::subject.eq(subject.0.clone()));
    }
    lines
}

fn search(db: &mut Db, org: OrgId, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
    let limit = i64::from(query.limit.clamp(1, MOST));
    if let Some(code) = query.case_code {
        return case::search(db, org, code, query);
    }
    let lines = lines(org, query).limit(limit).select(EventRow::as_select());
    let from_the_start = query.after.is_some() || query.since.is_some();
    let mut found: Vec<EventRow> = match from_the_start {
        true => lines.order(events::id.asc()).load(db)?,
        false => lines.order(events::id.desc()).load(db)?,
    };
    if !from_the_start {
        found.reverse();
    }
    found.into_iter().map(Event::try_from).collect()
}

fn page(db: &mut Db, org: OrgId, query: &EventQuery) -> Result<EventPage, StoreError> {
    if let Some(code) = query.case_code {
        let mut events = case::search(db, org, code, query)?;
        events.reverse();
        return Ok(EventPage { events, next: None });
    }
    let size = usize::try_from(query.limit.clamp(1, MOST)).unwrap_or(usize::MAX);
    let looked_to = reach(db, query)?;
    let mut wanted = lines(org, query)
        .order(events::id.desc())
        .limit(i64::try_from(size).unwrap_or(i64::MAX) + 1)
        .select(EventRow::as_select());
    if let Some(id) = looked_to {
        wanted = wanted.filter(events::id.ge(id));
    }
    let mut found: Vec<EventRow> = wanted.load(db)?;
    let more = found.len() > size;
    found.truncate(size);
    let next = if more { found.last().map(|row| row.id) } else { looked_to };
    let events = found.into_iter().map(Event::try_from).collect::<Result<_, _>>()?;
    Ok(EventPage { events, next: next.map(EventId) })
}

/// Where a page stops looking: the id of the last of [`STEP`] candidates, if there are so many.
fn reach(db: &mut Db, query: &EventQuery) -> Result<Option<i64>, StoreError> {
    let mut candidates = events::table
        .order(events::id.desc())
        .offset(STEP - 1)
        .limit(1)
        .select(events::id)
        .into_boxed();
    let before = query.before.map(|id| id.0).into_iter();
    let until = query.until.map(OrderedIds::first_at).into_iter();
    if let Some(end) = before.chain(until).min() {
        candidates = candidates.filter(events::id.lt(end));
    }
    if let Some(since) = query.since {
        candidates = candidates.filter(events::id.ge(OrderedIds::first_at(since)));
    }
    if query.outcome == Some(OutcomeFilter::Wrong) {
        candidates = candidates.filter(is_wrong());
        if let Some(client) = &query.client {
            candidates = candidates.filter(events::client_id.eq(client.0.clone()));
        }
    }
    Ok(candidates.first(db).optional()?)
}
