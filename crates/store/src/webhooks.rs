//! Webhooks: where events are told, and what is still to be told.
//!
//! | room | owns |
//! |---|---|
//! | `webhooks.rs` | the webhooks themselves |
//! | `webhooks/feed.rs` | finding what they have not been told |
//! | `webhooks/deliveries.rs` | telling it: once due, again after a failure, for a while |

mod deliveries;
mod feed;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{OrderedIds, OrgId, WebhookId};

use crate::rows::{ACTIVE, RowName, maybe_millis, maybe_moment, moment, status_code};
use crate::schema::webhooks;
use crate::{Store, StoreError, Transaction};

pub use deliveries::{Delivery, Outcome};
pub use feed::SETTLED_AFTER;

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
}

/// Another webhook of the organization has the label.
fn taken(error: diesel::result::Error, webhook: &Webhook) -> StoreError {
    crate::error::conflict(error, "webhook", &webhook.label)
}
