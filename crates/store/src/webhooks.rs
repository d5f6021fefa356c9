//! Webhooks: where events are told, and what is still to be told.
//!
//! Nothing of this is written with the events themselves: a feeder reads the log behind the writers.
//! Ids are drawn before their transaction commits, so a line may appear behind the newest one that
//! was read; the log is therefore read again from `closed`, which stays behind by as much as a
//! transaction may take, and the key of a delivery keeps what was found twice from being told twice.

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{EventId, OrderedIds, OrgId, WebhookId};

use crate::connection::{Db, on_either};
use crate::events::EventRow;
use crate::rows::{ACTIVE, RowName, maybe_millis, maybe_moment, moment, status_code};
use crate::schema::{events, webhook_deliveries, webhooks};
use crate::{Store, StoreError, Transaction};

/// An address that events are told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The row.
    pub id: WebhookId,
    /// Whose events: one organization's; the root's webhooks hear of every organization.
    pub org: OrgId,
    /// What it is for; no two of an organization have the same.
    pub label: String,
    /// Where to.
    pub url: String,
    /// Which kinds of event, as the beginnings of their words; none means all.
    pub kinds: Vec<String>,
    /// Whether it is told anything.
    pub status: Status,
    /// Until when deliveries are also signed with the secret before the present one.
    pub previous_ends_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// Whether it wants to hear of this kind of event.
    pub fn wants(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|wanted| kind.starts_with(wanted.as_str()))
    }
}

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To which webhook.
    pub webhook: WebhookId,
    /// Which event.
    pub event: EventId,
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

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = webhooks)]
struct WebhookRow {
    id: i64,
    org_id: i64,
    label: String,
    url: String,
    kinds: String,
    status: i16,
    closed: i64,
    seen: i64,
    fed_at: i64,
    created_at: i64,
    updated_at: i64,
    previous_ends_at: Option<i64>,
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

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        let name = RowName { table: "webhooks", id: &row.id };
        Ok(Self {
            id: WebhookId(row.id),
            org: OrgId(row.org_id),
            status: name.status(row.status)?,
            kinds: row.kinds.split_ascii_whitespace().map(str::to_owned).collect(),
            label: row.label,
            url: row.url,
            previous_ends_at: maybe_moment(row.previous_ends_at),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        })
    }
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            webhook: WebhookId(row.webhook_id),
            event: EventId(row.event_id),
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            due_at: moment(row.due_at),
            done_at: maybe_moment(row.done_at),
            failed_at: maybe_moment(row.failed_at),
            last_answer: row.last_answer,
        }
    }
}

/// Lines that are read at a time.
const WINDOW: i64 = 500;
/// How many times in a row, for each webhook.
const WINDOWS: usize = 20;
/// How much later than its id a line may appear: no transaction takes longer.
pub const SETTLED_AFTER: Duration = Duration::from_secs(60);
/// Two looks at the log lie this far apart at least, whatever the number of nodes.
const PAUSE: Duration = Duration::from_millis(900);
/// Only every so often is the log read again from where all is settled.
const REREAD_EVERY: Duration = Duration::from_secs(15);

impl Store {
    /// The webhooks of an organization, oldest first.
    pub async fn webhooks(&self, org: OrgId) -> Result<Vec<Webhook>, StoreError> {
        self.scan(move |db| {
            let rows = webhooks::table
                .filter(webhooks::org_id.eq(org.0))
                .order(webhooks::id)
                .select(WebhookRow::as_select())
                .load(db)?;
            rows.into_iter().map(Webhook::try_from).collect()
        })
        .await
    }

    /// The newest deliveries to a webhook.
    pub async fn deliveries(
        &self,
        webhook: WebhookId,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<DeliveryRow> = webhook_deliveries::table
                .filter(webhook_deliveries::webhook_id.eq(webhook.0))
                .order(webhook_deliveries::event_id.desc())
                .limit(i64::from(limit))
                .select(DeliveryRow::as_select())
                .load(db)?;
            Ok(rows.into_iter().map(Delivery::from).collect())
        })
        .await
    }

    /// Looks for lines of the log that active webhooks have not been told, and queues them. Tells
    /// how many it queued.
    pub async fn feed_webhooks(&self, now: Timestamp) -> Result<usize, StoreError> {
        let active = self.scan(active).await?;
        let mut queued = 0;
        for (webhook, place) in active {
            let due = now.as_millis() - place.fed_at >= PAUSE.as_millis() as i64;
            if due {
                queued += self.write(move |tx| feed(tx.db, &webhook, place, now)).await?;
            }
        }
        Ok(queued)
    }

    /// Takes up to `limit` deliveries that are due, with their webhook and their event. Until
    /// `now + lease` nobody else gets them.
    pub async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<(Delivery, Webhook, Option<Event>)>, StoreError> {
        let waiting = self.scan(move |db| Ok(!due(db, now, 1)?.is_empty())).await?;
        if !waiting {
            return Ok(Vec::new());
        }
        self.write(move |tx| claim(tx.db, now, lease, limit)).await
    }

    /// Notes how a try went.
    pub async fn delivery_tried(
        &self,
        delivery: &Delivery,
        outcome: Outcome,
        answer: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (webhook, event) = (delivery.webhook.0, delivery.event.0);
        let (due, done, failed) = match outcome {
            Outcome::Taken => (at, Some(at), None),
            Outcome::Again(then) => (then, None, None),
            Outcome::GivenUp => (at, None, Some(at)),
        };
        self.write(move |tx| {
            diesel::update(webhook_deliveries::table.find((webhook, event)))
                .set((
                    webhook_deliveries::due_at.eq(due.as_millis()),
                    webhook_deliveries::done_at.eq(done.map(Timestamp::as_millis)),
                    webhook_deliveries::failed_at.eq(failed.map(Timestamp::as_millis)),
                    webhook_deliveries::last_answer.eq(Some(&answer)),
                ))
                .execute(tx.db)?;
            Ok(())
        })
        .await
    }

    /// The webhooks of every organization whose secret before the present one has ended, and is still
    /// kept.
    pub async fn outlived_webhook_secrets(
        &self,
        now: Timestamp,
    ) -> Result<Vec<WebhookId>, StoreError> {
        self.scan(move |db| {
            let ended: Vec<i64> = webhooks::table
                .filter(webhooks::previous_ends_at.le(now.as_millis()))
                .order(webhooks::id)
                .select(webhooks::id)
                .load(db)?;
            Ok(ended.into_iter().map(WebhookId).collect())
        })
        .await
    }

    /// Removes up to `limit` deliveries that ended before `before`.
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
    /// Adds a webhook; it is told what happens from now on.
    pub fn insert_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError> {
        diesel::insert_into(webhooks::table)
            .values(WebhookRow {
                id: webhook.id.0,
                org_id: webhook.org.0,
                label: webhook.label.clone(),
                url: webhook.url.clone(),
                kinds: webhook.kinds.join(" "),
                status: status_code(webhook.status),
                closed: OrderedIds::first_at(webhook.created_at),
                seen: OrderedIds::first_at(webhook.created_at),
                fed_at: 0,
                created_at: webhook.created_at.as_millis(),
                updated_at: webhook.updated_at.as_millis(),
                previous_ends_at: maybe_millis(webhook.previous_ends_at),
            })
            .execute(self.db)
            .map_err(|error| taken(error, webhook))?;
        Ok(())
    }

    /// Changes a webhook, if nobody changed it since it was read: its `updated_at` is its version.
    /// Returns the new one. A webhook that was switched off misses what happened meanwhile.
    pub fn update_webhook(
        &mut self,
        webhook: &Webhook,
        at: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let read = webhook.updated_at.as_millis();
        let now = at.as_millis().max(read + 1);
        let was = webhooks::table.find(webhook.id.0).filter(webhooks::org_id.eq(webhook.org.0));
        let was: Option<i16> = was.select(webhooks::status).get_result(self.db).optional()?;
        let was = was.ok_or(StoreError::NotFound { what: "webhook" })?;
        let wakes = was != ACTIVE && webhook.status == Status::Active;
        let changed = diesel::update(webhooks::table.find(webhook.id.0))
            .filter(webhooks::updated_at.eq(read))
            .set((
                webhooks::label.eq(&webhook.label),
                webhooks::url.eq(&webhook.url),
                webhooks::kinds.eq(webhook.kinds.join(" ")),
                webhooks::status.eq(status_code(webhook.status)),
                webhooks::previous_ends_at.eq(maybe_millis(webhook.previous_ends_at)),
                webhooks::updated_at.eq(now),
                wakes.then(|| webhooks::closed.eq(OrderedIds::first_at(moment(now)))),
                wakes.then(|| webhooks::seen.eq(OrderedIds::first_at(moment(now)))),
            ))
            .execute(self.db)
            .map_err(|error| taken(error, webhook))?;
        if changed == 0 {
            return Err(StoreError::Stale { what: "webhook" });
        }
        Ok(moment(now))
    }

    /// Removes a webhook with all that was to be told to it, if nobody changed it since it was read.
    pub fn remove_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError> {
        let removed = diesel::delete(webhooks::table)
            .filter(webhooks::org_id.eq(webhook.org.0))
            .filter(webhooks::id.eq(webhook.id.0))
            .filter(webhooks::updated_at.eq(webhook.updated_at.as_millis()))
            .execute(self.db)?;
        if removed == 1 { Ok(()) } else { Err(StoreError::Stale { what: "webhook" }) }
    }

    /// Notes that the secret before the present one is kept no more, if it has ended by `now`; whether
    /// it had.
    pub fn forget_previous_secret(
        &mut self,
        webhook: WebhookId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = diesel::update(webhooks::table.find(webhook.0))
            .filter(webhooks::previous_ends_at.le(now.as_millis()))
            .set(webhooks::previous_ends_at.eq(None::<i64>))
            .execute(self.db)?;
        Ok(ended == 1)
    }

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

/// Another webhook of the organization has the label.
fn taken(error: diesel::result::Error, webhook: &Webhook) -> StoreError {
    crate::error::conflict(error, "webhook", &webhook.label)
}

/// How far a webhook has come.
#[derive(Clone, Copy)]
struct Place {
    closed: i64,
    seen: i64,
    fed_at: i64,
}

fn active(db: &mut Db) -> Result<Vec<(Webhook, Place)>, StoreError> {
    let rows: Vec<WebhookRow> = webhooks::table
        .filter(webhooks::status.eq(ACTIVE))
        .order(webhooks::id)
        .select(WebhookRow::as_select())
        .load(db)?;
    rows.into_iter()
        .map(|row| {
            let place = Place { closed: row.closed, seen: row.seen, fed_at: row.fed_at };
            Ok((Webhook::try_from(row)?, place))
        })
        .collect()
}

fn feed(db: &mut Db, webhook: &Webhook, place: Place, now: Timestamp) -> Result<usize, StoreError> {
    let mine = diesel::update(webhooks::table.find(webhook.id.0))
        .filter(webhooks::fed_at.eq(place.fed_at))
        .set(webhooks::fed_at.eq(now.as_millis()))
        .execute(db)?;
    if mine == 0 {
        return Ok(0);
    }
    // Most looks begin where the last one ended; now and then one begins where all is settled.
    let every = REREAD_EVERY.as_millis() as i64;
    let rereads = now.as_millis() / every != place.fed_at / every;
    let mut reached = if rereads { place.closed } else { place.seen };
    let (mut queued, mut more) = (0, true);
    for _ in 0..WINDOWS {
        let look = queue(db, webhook, reached, now)?;
        queued += look.queued;
        reached = look.last.unwrap_or(reached);
        more = look.full;
        if !more {
            break;
        }
    }
    let settled = OrderedIds::first_at(now.minus(SETTLED_AFTER));
    let closed = match (rereads, more) {
        (false, _) => place.closed,
        (true, true) => reached.min(settled),
        (true, false) => settled,
    };
    diesel::update(webhooks::table.find(webhook.id.0))
        .set((
            webhooks::seen.eq(reached.max(place.seen)),
            webhooks::closed.eq(closed.max(place.closed)),
        ))
        .execute(db)?;
    Ok(queued)
}

/// One look at the log.
struct Look {
    queued: usize,
    last: Option<i64>,
    full: bool,
}

/// Queues what is wanted of the lines after `after`.
fn queue(db: &mut Db, webhook: &Webhook, after: i64, now: Timestamp) -> Result<Look, StoreError> {
    let mut lines = events::table
        .filter(events::id.gt(after))
        .order(events::id)
        .limit(WINDOW)
        .select((events::id, events::kind))
        .into_boxed();
    if webhook.org != OrgId::ROOT {
        lines = lines.filter(events::org_id.eq(webhook.org.0));
    }
    let lines: Vec<(i64, String)> = lines.load(db)?;
    let mut queued = 0;
    for (event, _) in lines.iter().filter(|(_, kind)| webhook.wants(kind)) {
        let insert = diesel::insert_into(webhook_deliveries::table).values((
            webhook_deliveries::webhook_id.eq(webhook.id.0),
            webhook_deliveries::event_id.eq(*event),
            webhook_deliveries::attempts.eq(0_i64),
            webhook_deliveries::due_at.eq(now.as_millis()),
        ));
        queued += on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
    }
    let full = i64::try_from(lines.len()).is_ok_and(|length| length == WINDOW);
    Ok(Look { queued, last: lines.last().map(|(id, _)| *id), full })
}

fn due(db: &mut Db, now: Timestamp, limit: u32) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(webhook_deliveries::table
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
    limit: u32,
) -> Result<Vec<(Delivery, Webhook, Option<Event>)>, StoreError> {
    let mut claimed = Vec::new();
    for (webhook, event) in due(db, now, limit)? {
        // Whoever moves the moment it is due has it; another node's statement then finds nothing.
        let taken = diesel::update(webhook_deliveries::table.find((webhook, event)))
            .filter(webhook_deliveries::due_at.le(now.as_millis()))
            .filter(webhook_deliveries::done_at.is_null())
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
        claimed.push((delivery.into(), Webhook::try_from(row)?, line));
    }
    Ok(claimed)
}
