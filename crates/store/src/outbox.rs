//! The outbox: what must be delivered, kept until it is.
//!
//! A message is written in the transaction of what it tells of, claimed by one node for a time (the
//! lease), and tried again later when it failed. It is delivered at least once. A secret in its
//! payload must be sealed; whoever has delivered it leaves nothing of it behind.

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{OrgId, OutboxId};

use crate::connection::Db;
use crate::rows::{RowName, json, maybe_moment, moment};
use crate::schema::outbox;
use crate::{Store, StoreError, Transaction};

/// A message that waits for delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The row.
    pub id: OutboxId,
    /// The organization it belongs to.
    pub org: OrgId,
    /// What it is, as a stable word: `mail`, `backchannel_logout`.
    pub kind: String,
    /// What its delivery needs.
    pub payload: serde_json::Value,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is to be tried next.
    pub due_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// It failed, and is tried again then.
    Again(Timestamp, String),
    /// It failed for good.
    GivenUp(String),
}

/// How the queue of one kind of message stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Messages that wait.
    pub waiting: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// The try that failed last, of all that are still known.
    pub last_failure: Option<Failure>,
}

/// A try that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub error: String,
    /// Whether it is not tried again.
    pub given_up: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct MessageRow {
    id: i64,
    org_id: i64,
    kind: String,
    payload: String,
    attempts: i64,
    due_at: i64,
    created_at: i64,
    last_error: Option<String>,
}

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let name = RowName { table: "outbox", id: &row.id };
        Ok(Self {
            id: OutboxId(row.id),
            org: OrgId(row.org_id),
            payload: name.json("payload", &row.payload)?,
            attempts: u32::try_from(row.attempts)
                .map_err(|_| name.corrupt("attempts", format!("{} is no count", row.attempts)))?,
            kind: row.kind,
            due_at: moment(row.due_at),
            created_at: moment(row.created_at),
            last_error: row.last_error,
        })
    }
}

/// The messages of a kind that are due at a moment, longest due first.
macro_rules! due {
    ($kind:expr, $now:expr) => {
        outbox::table
            .filter(outbox::kind.eq($kind))
            .filter(outbox::done_at.is_null())
            .filter(outbox::due_at.le($now.as_millis()))
            .order((outbox::due_at, outbox::id))
    };
}

impl Store {
    /// The newest messages of a kind, waiting or not.
    pub async fn messages(
        &self,
        kind: &'static str,
        limit: i64,
    ) -> Result<Vec<Message>, StoreError> {
        self.scan(move |db| {
            let rows = outbox::table
                .filter(outbox::kind.eq(kind))
                .order(outbox::id.desc())
                .limit(limit)
                .select(MessageRow::as_select())
                .load(db)?;
            rows.into_iter().map(Message::try_from).collect()
        })
        .await
    }

    /// The message of this id.
    pub async fn message(&self, id: OutboxId) -> Result<Option<Message>, StoreError> {
        self.read(move |db| {
            let row =
                outbox::table.find(id.0).select(MessageRow::as_select()).first(db).optional()?;
            row.map(Message::try_from).transpose()
        })
        .await
    }

    /// Takes up to `limit` messages of a kind that are due. Until `now + lease` nobody else gets
    /// them.
    pub async fn claim_messages(
        &self,
        kind: &'static str,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let waiting = self
            .scan(move |db| {
                let due = due!(kind, now).select(outbox::id).first::<i64>(db);
                Ok(due.optional()?.is_some())
            })
            .await?;
        if !waiting {
            return Ok(Vec::new());
        }
        self.write(move |tx| claim(tx.db, kind, now, lease, limit)).await
    }

    /// Notes how a try went, with the lines of the event log that tell of it. What is over keeps
    /// `leaving` of its payload. `false`, and nothing noted, when the lease had ended and somebody
    /// else has tried meanwhile.
    pub async fn message_tried(
        &self,
        message: &Message,
        outcome: Outcome,
        leaving: Option<serde_json::Value>,
        events: Vec<Event>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (id, attempts) = (message.id.0, i64::from(message.attempts));
        let (due, done, error) = match outcome {
            Outcome::Delivered => (at, Some(at), None),
            Outcome::Again(then, error) => (then, None, Some(error)),
            Outcome::GivenUp(error) => (at, Some(at), Some(error)),
        };
        let failed = error.is_some().then_some(at);
        let leaving = leaving.map(|rest| json("message", &rest)).transpose()?;
        self.write(move |tx| {
            let mine = outbox::table
                .filter(outbox::id.eq(id))
                .filter(outbox::attempts.eq(attempts))
                .filter(outbox::done_at.is_null());
            let noted = diesel::update(mine)
                .set((
                    outbox::due_at.eq(due.as_millis()),
                    outbox::done_at.eq(done.map(Timestamp::as_millis)),
                    outbox::failed_at.eq(failed.map(Timestamp::as_millis)),
                    outbox::last_error.eq(error),
                ))
                .execute(tx.db)?;
            if noted == 0 {
                return Ok(false);
            }
            if let Some(rest) = leaving {
                diesel::update(outbox::table.find(id))
                    .set(outbox::payload.eq(rest))
                    .execute(tx.db)?;
            }
            tx.record(events)?;
            Ok(true)
        })
        .await
    }

    /// How the queue of a kind stands.
    pub async fn queue(&self, kind: &'static str) -> Result<Queue, StoreError> {
        self.scan(move |db| {
            let waiting =
                outbox::table.filter(outbox::kind.eq(kind)).filter(outbox::done_at.is_null());
            let (count, oldest): (i64, Option<i64>) = waiting
                .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::created_at)))
                .first(db)?;
            let failed: Option<(Option<i64>, Option<String>, Option<i64>)> = outbox::table
                .filter(outbox::kind.eq(kind))
                .filter(outbox::failed_at.is_not_null())
                .order(outbox::failed_at.desc())
                .select((outbox::failed_at, outbox::last_error, outbox::done_at))
                .first(db)
                .optional()?;
            Ok(Queue {
                waiting: count,
                oldest: maybe_moment(oldest),
                last_failure: failed.map(|(at, error, done)| Failure {
                    at: moment(at.unwrap_or_default()),
                    error: error.unwrap_or_default(),
                    given_up: done.is_some(),
                }),
            })
        })
        .await
    }
}

impl Transaction<'_> {
    /// Writes a message, to be delivered once the transaction has committed.
    pub fn enqueue(&mut self, message: &Message) -> Result<(), StoreError> {
        diesel::insert_into(outbox::table)
            .values((
                outbox::id.eq(message.id.0),
                outbox::org_id.eq(message.org.0),
                outbox::kind.eq(&message.kind),
                outbox::payload.eq(json("message", &message.payload)?),
                outbox::attempts.eq(i64::from(message.attempts)),
                outbox::due_at.eq(message.due_at.as_millis()),
                outbox::created_at.eq(message.created_at.as_millis()),
            ))
            .execute(self.db)?;
        Ok(())
    }

    /// The messages of a kind, delivered ones among them: the master key was changed, and what they
    /// carry is to be sealed anew.
    pub fn messages(&mut self, kind: &str) -> Result<Vec<Message>, StoreError> {
        let rows = outbox::table
            .filter(outbox::kind.eq(kind))
            .select(MessageRow::as_select())
            .load(self.db)?;
        rows.into_iter().map(Message::try_from).collect()
    }

    /// Replaces what a message carries.
    pub fn replace_payload(
        &mut self,
        id: OutboxId,
        payload: &serde_json::Value,
    ) -> Result<(), StoreError> {
        diesel::update(outbox::table.find(id.0))
            .set(outbox::payload.eq(json("message", payload)?))
            .execute(self.db)?;
        Ok(())
    }
}

fn claim(
    db: &mut Db,
    kind: &str,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let due = due!(kind, now).limit(i64::from(limit));
    let rows: Vec<MessageRow> = match db {
        // The transaction has the file to itself.
        Db::Sqlite(db) => due.select(MessageRow::as_select()).load(db)?,
        Db::Postgres(db) => {
            due.select(MessageRow::as_select()).for_update().skip_locked().load(db)?
        }
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    diesel::update(outbox::table.filter(outbox::id.eq_any(&ids)))
        .set((
            outbox::due_at.eq(now.plus(lease).as_millis()),
            outbox::attempts.eq(outbox::attempts + 1),
        ))
        .execute(db)?;
    rows.into_iter()
        .map(|row| {
            let mut message = Message::try_from(row)?;
            message.attempts = message.attempts.saturating_add(1);
            message.due_at = now.plus(lease);
            Ok(message)
        })
        .collect()
}
