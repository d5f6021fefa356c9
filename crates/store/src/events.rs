//! The event log.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{ClientId, EventId, OrderedIds, OrgId, Subject};

use crate::authorizations::case_code;
use crate::connection::{Db, on_either};
use crate::rows::{RowName, json, moment};
use crate::schema::events;
use crate::{Store, StoreError, Transaction};

/// Which events a search returns, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Only those after this one.
    pub after: Option<EventId>,
    /// Only those since this moment.
    pub since: Option<Timestamp>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those of this attempt.
    pub case_code: Option<CaseCode>,
    /// Only those that concern this client.
    pub client: Option<ClientId>,
    /// Only those that concern this user.
    pub subject: Option<Subject>,
    /// How many at most; the newest ones, unless `after` or `since` names a beginning.
    pub limit: u32,
}

/// Lines in one statement.
const ROWS: usize = 1000;
/// No answer has more events.
const MOST: u32 = 1000;
/// The steps of one attempt lie this near each other at most.
const ATTEMPT: std::time::Duration = std::time::Duration::from_secs(3600);

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
    /// Searches an organization's event log.
    pub async fn events(&self, org: OrgId, query: EventQuery) -> Result<Vec<Event>, StoreError> {
        self.scan(move |db| search(db, org, &query)).await
    }

    /// What was done to a user, and the user's sessions, newest first; not what tokens were issued.
    pub async fn events_about(
        &self,
        org: OrgId,
        subject: Subject,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.scan(move |db| {
            // Spelled as in the index, so that it is used.
            let kinds = "substr(kind, 1, 5) IN ('user.', 'sessi', 'conse', 'link.')";
            let rows = events::table
                .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(kinds))
                .filter(events::subject.eq(&subject.0))
                .filter(events::org_id.eq(org.0))
                .order(events::id.desc())
                .limit(i64::from(limit.clamp(1, MOST)))
                .select(EventRow::as_select())
                .load(db)?;
            rows.into_iter().map(Event::try_from).collect()
        })
        .await
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

fn search(db: &mut Db, org: OrgId, query: &EventQuery) -> Result<Vec<Event>, StoreError> {
    let mut lines = events::table
        .filter(events::org_id.eq(org.0))
        .limit(i64::from(query.limit.clamp(1, MOST)))
        .select(EventRow::as_select())
        .into_boxed();
    if let Some(after) = query.after {
        lines = lines.filter(events::id.gt(after.0));
    }
    if let Some(since) = query.since {
        lines = lines.filter(events::id.ge(OrderedIds::first_at(since)));
    }
    if let Some(kind) = &query.kind {
        lines = lines.filter(events::kind.eq(kind.clone()));
    }
    if let Some(client) = &query.client {
        lines = lines.filter(events::client_id.eq(client.0.clone()));
    }
    if let Some(subject) = &query.subject {
        lines = lines.filter(events::subject.eq(subject.0.clone()));
    }
    if let Some(code) = query.case_code {
        lines = lines.filter(events::case_code.eq(i64::from(code.bits())));
        if let Some((first, last)) = attempt(db, org, code)? {
            lines = lines
                .filter(events::id.ge(OrderedIds::first_at(first.minus(ATTEMPT))))
                .filter(events::id.lt(OrderedIds::first_at(last.plus(ATTEMPT))));
        }
    }
    let from_the_start = query.after.is_some() || query.since.is_some();
    lines =
        if from_the_start { lines.order(events::id.asc()) } else { lines.order(events::id.desc()) };
    let mut found: Vec<EventRow> = lines.load(db)?;
    if !from_the_start {
        found.reverse();
    }
    found.into_iter().map(Event::try_from).collect()
}

/// When the indexed lines of an attempt were written: the first and the last.
fn attempt(
    db: &mut Db,
    org: OrgId,
    code: CaseCode,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let times: Vec<i64> = events::table
        .filter(events::case_code.eq(i64::from(code.bits())))
        .filter(events::outcome.gt(SUCCESS))
        .filter(events::org_id.eq(org.0))
        .select(events::at)
        .load(db)?;
    let bounds = times.iter().min().zip(times.iter().max());
    Ok(bounds.map(|(first, last)| (moment(*first), moment(*last))))
}
