//! Finding what webhooks have not been told.
//!
//! Nothing of this is written with the events themselves: a feeder reads the log behind the writers.
//! Ids are drawn before their transaction commits, so a line may appear behind the newest one that
//! was read; the log is therefore read again from `closed`, which stays behind by as much as a
//! transaction may take, and the key of a delivery keeps what was found twice from being told twice.

#[cfg(test)]
mod tests;

use std::time::Duration;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{OrderedIds, OrgId};

use super::{Webhook, WebhookRow};
use crate::connection::{Db, on_either};
use crate::rows::{ACTIVE, moment};
use crate::schema::{events, webhook_deliveries, webhooks};
use crate::{Store, StoreError};

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
/// How far the place where all is settled may fall behind while a webhook has nothing to be told. Each
/// look passes over what other organizations do meanwhile.
const FALLS_BEHIND: Duration = Duration::from_secs(60);

impl Store {
    /// Looks for lines of the log that active webhooks have not been told, and queues them. Tells
    /// how many it queued.
    pub async fn feed_webhooks(&self, now: Timestamp) -> Result<usize, StoreError> {
        let waiting = self.scan(move |db| waiting(db, now)).await?;
        let mut queued = 0;
        for (webhook, place) in waiting {
            queued += self.write(move |tx| feed(tx.db, &webhook, place, now)).await?;
        }
        Ok(queued)
    }
}

/// How far a webhook has come.
#[derive(Clone, Copy)]
struct Place {
    closed: i64,
    seen: i64,
    fed_at: i64,
}

impl Place {
    /// Whether it is time to look again. A clock that was set back does not put it off.
    fn is_due(self, now: Timestamp) -> bool {
        now.since(moment(self.fed_at)) >= PAUSE || now < moment(self.fed_at)
    }

    /// Most looks begin where the last one ended; now and then one begins where all is settled.
    fn rereads(self, now: Timestamp) -> bool {
        let every = REREAD_EVERY.as_millis() as i64;
        now.as_millis() / every != self.fed_at / every
    }

    /// Up to where all is settled; what a clock noted that ran ahead, here or on another node, hides no
    /// line from one that goes right.
    fn settled(self, now: Timestamp) -> i64 {
        if self.closed > ahead(now) { settled(now) } else { self.closed }
    }

    /// The line behind which the next look begins.
    fn begins(self, now: Timestamp) -> i64 {
        match self.rereads(now) || self.seen > ahead(now) {
            true => self.settled(now),
            false => self.seen,
        }
    }

    fn falls_behind(self, now: Timestamp) -> bool {
        self.closed < settled(now.minus(FALLS_BEHIND))
    }
}

/// No line before this one appears any more.
fn settled(now: Timestamp) -> i64 {
    OrderedIds::first_at(now.minus(SETTLED_AFTER))
}

/// No clock that goes right has drawn this line yet.
fn ahead(now: Timestamp) -> i64 {
    OrderedIds::first_at(now.plus(SETTLED_AFTER))
}

/// Active webhooks that may have something to be told, or that fall behind. Else nothing is written: a
/// look that found nothing would cost a trip to the disk each second.
fn waiting(db: &mut Db, now: Timestamp) -> Result<Vec<(Webhook, Place)>, StoreError> {
    let mut waiting = Vec::new();
    for (webhook, place) in active(db)? {
        let looks = place.is_due(now)
            && (place.falls_behind(now) || !lines(db, &webhook, place.begins(now), 1)?.is_empty());
        if looks {
            waiting.push((webhook, place));
        }
    }
    Ok(waiting)
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
    let rereads = place.rereads(now);
    let mut reached = place.begins(now);
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
    let before = place.settled(now);
    let closed = match (rereads, more) {
        (false, _) => before,
        (true, true) => reached.min(settled(now)),
        (true, false) => settled(now),
    };
    diesel::update(webhooks::table.find(webhook.id.0))
        .set((webhooks::seen.eq(reached.max(place.seen)), webhooks::closed.eq(closed.max(before))))
        .execute(db)?;
    Ok(queued)
}

/// One look at the log.
struct Look {
    queued: usize,
    last: Option<i64>,
    full: bool,
}

/// Up to `limit` lines after `after` that concern the webhook's organization.
fn lines(
    db: &mut Db,
    webhook: &Webhook,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let mut lines = events::table
        .filter(events::id.gt(after))
        .order(events::id)
        .limit(limit)
        .select((events::id, events::kind))
        .into_boxed();
    if webhook.org != OrgId::ROOT {
        lines = lines.filter(events::org_id.eq(webhook.org.0));
    }
    Ok(lines.load(db)?)
}

/// Queues what is wanted of the lines after `after`.
fn queue(db: &mut Db, webhook: &Webhook, after: i64, now: Timestamp) -> Result<Look, StoreError> {
    let lines = lines(db, webhook, after, WINDOW)?;
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
