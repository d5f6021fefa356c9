//! The outbox: what must be delivered, kept until it is.
//!
//! A message is written in the transaction of what it tells of, claimed by one node for a time (the
//! lease), and tried again later when it failed. It is delivered at least once.

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{OrgId, OutboxId};

use crate::connection::Db;
use crate::rows::{RowName, json, moment};
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

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
const FIRST_PAUSE: Duration = Duration::from_secs(5);

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

    /// Takes up to `limit` messages that are due. Until `now + lease` nobody else gets them.
    pub async fn claim_messages(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        self.write(move |tx| claim(tx.db, now, lease, limit)).await
    }

    /// A message was delivered.
    pub async fn message_delivered(&self, id: OutboxId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| {
            diesel::update(outbox::table.find(id.0))
                .set(outbox::done_at.eq(at.as_millis()))
                .execute(tx.db)?;
            Ok(())
        })
        .await
    }

    /// A delivery failed; it is tried again after a pause that doubles, up to an hour.
    pub async fn message_failed(
        &self,
        message: &Message,
        error: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = message.id.0;
        let doublings = message.attempts.saturating_sub(1).min(16);
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        self.write(move |tx| {
            diesel::update(outbox::table.find(id))
                .set((outbox::due_at.eq(at.plus(pause).as_millis()), outbox::last_error.eq(error)))
                .execute(tx.db)?;
            Ok(())
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
}

fn claim(
    db: &mut Db,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let due = outbox::table
        .filter(outbox::done_at.is_null())
        .filter(outbox::due_at.le(now.as_millis()))
        .order((outbox::due_at, outbox::id))
        .limit(i64::from(limit));
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
