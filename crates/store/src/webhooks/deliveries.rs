//! What is told to whom, and how it went.

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{EventId, OrderedIds, WebhookId};

use super::{Webhook, WebhookRow};
use crate::connection::Db;
use crate::events::EventRow;
use crate::rows::{maybe_moment, moment};
use crate::schema::{events, webhook_deliveries, webhooks};
use crate::{Store, StoreError, Transaction};

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To which webhook.
    pub webhook: WebhookId,
    /// Which event.
    pub event: EventId,
    /// What kind of event; none once the log no longer has it.
    pub kind: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When it was taken.
    pub done_at: Option<Timestamp>,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
    /// What the receiver said last.
    pub last_answer: Option<String>,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Taken,
    /// It is tried again then.
    Again(Timestamp),
    /// It is given up.
    GivenUp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
struct DeliveryRow {
    webhook_id: i64,
    event_id: i64,
    attempts: i64,
    due_at: i64,
    done_at: Option<i64>,
    failed_at: Option<i64>,
    last_answer: Option<String>,
}

impl DeliveryRow {
    fn delivery(self, kind: Option<String>) -> Delivery {
        Delivery {
            webhook: WebhookId(self.webhook_id),
            event: EventId(self.event_id),
            kind,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            due_at: moment(self.due_at),
            done_at: maybe_moment(self.done_at),
            failed_at: maybe_moment(self.failed_at),
            last_answer: self.last_answer,
        }
    }
}

impl Store {
    /// The newest deliveries to a webhook.
    pub async fn deliveries(
        &self,
        webhook: WebhookId,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<(DeliveryRow, Option<String>)> = webhook_deliveries::table
                .left_join(events::table.on(events::id.eq(webhook_deliveries::event_id)))
                .filter(webhook_deliveries::webhook_id.eq(webhook.0))
                .order(webhook_deliveries::event_id.desc())
                .limit(i64::from(limit))
                .select((DeliveryRow::as_select(), events::kind.nullable()))
                .load(db)?;
            Ok(rows.into_iter().map(|(row, kind)| row.delivery(kind)).collect())
        })
        .await
    }

    /// Takes up to `limit` deliveries that are due, with their webhook and their event. Until
    /// `now + lease` nobody else gets them. Webhooks that rest are passed over.
    pub async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
        resting: Vec<WebhookId>,
    ) -> Result<Vec<(Delivery, Webhook, Option<Event>)>, StoreError> {
        // Passing over much is left to a reader: the writer finds what it takes by its key.
        let due = self.scan(move |db| due(db, now, limit, &resting)).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |tx| claim(tx.db, now, lease, due)).await
    }

    /// Notes how a try went; `false` if the delivery is no longer this claim's: somebody else claimed
    /// it since, or it was queued again.
    pub async fn delivery_tried(
        &self,
        delivery: &Delivery,
        outcome: Outcome,
        answer: String,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (webhook, event) = (delivery.webhook.0, delivery.event.0);
        let (attempts, leased) = (i64::from(delivery.attempts), delivery.due_at.as_millis());
        let (due, done, failed) = match outcome {
            Outcome::Taken => (at, Some(at), None),
            Outcome::Again(then) => (then, None, None),
            Outcome::GivenUp => (at, None, Some(at)),
        };
        self.write(move |tx| {
            let noted = diesel::update(webhook_deliveries::table.find((webhook, event)))
                .filter(webhook_deliveries::attempts.eq(attempts))
                .filter(webhook_deliveries::due_at.eq(leased))
                .filter(webhook_deliveries::done_at.is_null())
                .filter(webhook_deliveries::failed_at.is_null())
                .set((
                    webhook_deliveries::due_at.eq(due.as_millis()),
                    webhook_deliveries::done_at.eq(done.map(Timestamp::as_millis)),
                    webhook_deliveries::failed_at.eq(failed.map(Timestamp::as_millis)),
                    webhook_deliveries::last_answer.eq(Some(&answer)),
                ))
                .execute(tx.db)?;
            Ok(noted == 1)
        })
        .await
    }

    /// Removes up to `limit` deliveries of what happened before `before`, whatever became of them.
    pub async fn purge_deliveries(
        &self,
        before: Timestamp,
        limit: i64,
    ) -> Result<usize, StoreError> {
        let last = OrderedIds::first_at(before);
        let over: Vec<(i64, i64)> = self
            .scan(move |db| {
                Ok(webhook_deliveries::table
                    .filter(webhook_deliveries::event_id.lt(last))
                    .limit(limit)
                    .select((webhook_deliveries::webhook_id, webhook_deliveries::event_id))
                    .load(db)?)
            })
            .await?;
        if over.is_empty() {
            return Ok(0);
        }
        self.write(move |tx| {
            let mut removed = 0;
            for key in over {
                removed += diesel::delete(webhook_deliveries::table.find(key)).execute(tx.db)?;
            }
            Ok(removed)
        })
        .await
    }
}

impl Transaction<'_> {
    /// Queues deliveries again, whatever became of them: one event, or all since a moment. Tells
    /// how many.
    pub fn replay_deliveries(
        &mut self,
        webhook: WebhookId,
        event: Option<EventId>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut again = diesel::update(webhook_deliveries::table)
            .filter(webhook_deliveries::webhook_id.eq(webhook.0))
            .set((
                webhook_deliveries::attempts.eq(0),
                webhook_deliveries::due_at.eq(now.as_millis()),
                webhook_deliveries::done_at.eq(None::<i64>),
                webhook_deliveries::failed_at.eq(None::<i64>),
            ))
            .into_boxed();
        again = match event {
            Some(event) => again.filter(webhook_deliveries::event_id.eq(event.0)),
            None => again.filter(webhook_deliveries::event_id.ge(OrderedIds::first_at(since))),
        };
        Ok(again.execute(self.db)?)
    }
}

fn due(
    db: &mut Db,
    now: Timestamp,
    limit: u32,
    resting: &[WebhookId],
) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.ne_all(resting.iter().map(|webhook| webhook.0)))
        .filter(webhook_deliveries::done_at.is_null())
        .filter(webhook_deliveries::failed_at.is_null())
        .filter(webhook_deliveries::due_at.le(now.as_millis()))
        .order(webhook_deliveries::due_at)
        .limit(i64::from(limit))
        .select((webhook_deliveries::webhook_id, webhook_deliveries::event_id))
        .load(db)?)
}

fn claim(
    db: &mut Db,
    now: Timestamp,
    lease: Duration,
    due: Vec<(i64, i64)>,
) -> Result<Vec<(Delivery, Webhook, Option<Event>)>, StoreError> {
    let mut claimed = Vec::new();
    for (webhook, event) in due {
        // Whoever moves the moment it is due has it; another node's statement then finds nothing.
        let taken = diesel::update(webhook_deliveries::table.find((webhook, event)))
            .filter(webhook_deliveries::due_at.le(now.as_millis()))
            .filter(webhook_deliveries::done_at.is_null())
            .filter(webhook_deliveries::failed_at.is_null())
            .set((
                webhook_deliveries::due_at.eq(now.plus(lease).as_millis()),
                webhook_deliveries::attempts.eq(webhook_deliveries::attempts + 1),
            ))
            .execute(db)?;
        if taken == 0 {
            continue;
        }
        let delivery: DeliveryRow = webhook_deliveries::table
            .find((webhook, event))
            .select(DeliveryRow::as_select())
            .get_result(db)?;
        let row: WebhookRow =
            webhooks::table.find(webhook).select(WebhookRow::as_select()).get_result(db)?;
        let line: Option<EventRow> =
            events::table.find(event).select(EventRow::as_select()).get_result(db).optional()?;
        let line = line.map(Event::try_from).transpose()?;
        let delivery = delivery.delivery(line.as_ref().map(|line| line.kind.clone()));
        claimed.push((delivery, Webhook::try_from(row)?, line));
    }
    Ok(claimed)
}
