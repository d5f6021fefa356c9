//! Webhooks: other systems that are told what happens.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{EventId, WebhookId};
use vestibule_store::webhooks::{Delivery, Webhook};

use super::documents::{ListOf, Moment};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::patch::{merge, typed};
use crate::services::webhooks::{self, Again, MAX_DELIVERIES, USUAL_OVERLAP, Wanted};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/webhooks", "listWebhooks", "Lists the webhooks, oldest first.", |call| {
        Box::pin(list(call))
    })
    .everywhere()
    .needs(P::SystemRead)
    .gives::<ListOf<WebhookDocument>>(),
    Route::post(
        "/webhooks",
        "addWebhook",
        "Makes a webhook; the secret that signs its deliveries is in this answer alone. It hears of every organization.",
        |call| Box::pin(add(call)),
    )
    .everywhere()
    .needs(P::SystemWrite)
    .takes::<WebhookWrite>(
        r#"{"label": "monitoring", "url": "https://hooks.example/vestibule", "kinds": ["client."]}"#,
    )
    .makes::<MadeWebhook>(),
    Route::get("/webhooks/{webhook_id}", "readWebhook", "Reads a webhook.", |call| {
        Box::pin(read(call))
    })
    .everywhere()
    .needs(P::SystemRead)
    .gives::<WebhookDocument>()
    .tagged(),
    Route::patch(
        "/webhooks/{webhook_id}",
        "changeWebhook",
        "Changes members of a webhook (RFC 7396).",
        |call| Box::pin(patch(call)),
    )
    .everywhere()
    .needs(P::SystemWrite)
    .takes::<WebhookWrite>(r#"{"status": "disabled"}"#)
    .gives::<WebhookDocument>()
    .tagged(),
    Route::delete(
        "/webhooks/{webhook_id}",
        "removeWebhook",
        "Removes a webhook, and what was still to be told to it.",
        |call| Box::pin(remove(call)),
    )
    .everywhere()
    .needs(P::SystemWrite)
    .tagged(),
    Route::post(
        "/webhooks/{webhook_id}/rotate-secret",
        "rotateWebhookSecret",
        "Gives a webhook a new secret, which is in this answer alone; the one before signs as well for an overlap.",
        |call| Box::pin(rotate(call)),
    )
    .everywhere()
    .needs(P::SystemWrite)
    .takes::<SecretOverlap>(r#"{"overlap_seconds": 86400}"#)
    .makes::<MadeWebhook>(),
    Route::get(
        "/webhooks/{webhook_id}/deliveries",
        "listDeliveries",
        "Lists the newest deliveries to a webhook, newest first.",
        |call| Box::pin(deliveries(call)),
    )
    .everywhere()
    .needs(P::SystemRead)
    .query::<DeliveryQuery>()
    .gives::<ListOf<DeliveryDocument>>(),
    Route::post(
        "/webhooks/{webhook_id}/replay",
        "replayDeliveries",
        "Makes deliveries again: that of one event, or all of a span.",
        |call| Box::pin(replay(call)),
    )
    .everywhere()
    .needs(P::SystemWrite)
    .takes::<Replay>(r#"{"since_seconds": 3600}"#)
    .gives::<Replayed>(),
];

/// A webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
struct WebhookDocument {
    /// Its number.
    id: String,
    /// What it is for.
    label: String,
    /// Where to.
    url: String,
    /// The beginnings of the kinds of event that it is told; none means all.
    kinds: Vec<String>,
    /// Whether it is told anything.
    status: Status,
    /// Until when deliveries are also signed with the secret before the present one.
    previous_secret_ends_at: Option<Moment>,
    /// When it was made.
    created_at: Moment,
    /// When it was last changed.
    updated_at: Moment,
}

/// A webhook to be made or changed.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookChange")]
#[serde(deny_unknown_fields)]
struct WebhookWrite {
    /// What it is for.
    label: String,
    /// Where to: https.
    url: String,
    /// The beginnings of the kinds of event that it is told; none means all.
    #[serde(default)]
    kinds: Vec<String>,
    /// Whether it is told anything.
    #[serde(default)]
    status: Status,
}

/// For how long two secrets sign.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WebhookSecretRotation")]
#[serde(deny_unknown_fields)]
struct SecretOverlap {
    /// For how long the secret before signs as well; a day if left out, 0 ends it at once.
    #[schemars(range(max = 2_592_000))]
    overlap_seconds: Option<u32>,
}

/// A webhook that was just made, or given a new secret.
#[derive(Serialize, JsonSchema)]
struct MadeWebhook {
    /// What its deliveries are signed with, shown this once.
    secret: String,
    #[serde(flatten)]
    kept: WebhookDocument,
}

/// Which deliveries to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeliveryQuery {
    /// How many at most.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// One event for one webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
struct DeliveryDocument {
    /// The number of the event.
    event: String,
    /// What kind of event; none once the log no longer has it.
    kind: Option<String>,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next.
    due_at: Moment,
    /// When it was taken.
    done_at: Option<Moment>,
    /// When it was given up.
    failed_at: Option<Moment>,
    /// What the receiver said last.
    last_answer: Option<String>,
}

/// Which deliveries to make again: one of the two.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// That of this event, by its number.
    event: Option<String>,
    /// Those of everything that happened within so many seconds.
    since_seconds: Option<u32>,
}

/// How many deliveries are made again.
#[derive(Serialize, JsonSchema)]
struct Replayed {
    /// How many.
    deliveries: usize,
}

impl WebhookDocument {
    fn of(webhook: &Webhook) -> Self {
        Self {
            id: webhook.id.0.to_string(),
            label: webhook.label.clone(),
            url: webhook.url.clone(),
            kinds: webhook.kinds.clone(),
            status: webhook.status,
            previous_secret_ends_at: Moment::maybe(webhook.previous_ends_at),
            created_at: Moment(webhook.created_at),
            updated_at: Moment(webhook.updated_at),
        }
    }
}

impl DeliveryDocument {
    fn of(delivery: &Delivery) -> Self {
        Self {
            event: delivery.event.0.to_string(),
            kind: delivery.kind.clone(),
            attempts: delivery.attempts,
            due_at: Moment(delivery.due_at),
            done_at: Moment::maybe(delivery.done_at),
            failed_at: Moment::maybe(delivery.failed_at),
            last_answer: delivery.last_answer.clone(),
        }
    }
}

async fn found(call: Call<'_>) -> Result<Webhook, Problem> {
    let id = call.id("webhook_id", "webhook")?;
    Ok(webhooks::find(call.act, WebhookId(id)).await?)
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let items = webhooks::list(call.act).await?.iter().map(WebhookDocument::of).collect();
    Reply::json(&ListOf { items })
}

async fn add(call: Call<'_>) -> Result<Reply, Problem> {
    let WebhookWrite { label, url, kinds, status } = call.input().document()?;
    if status != Status::Active {
        return Err(Problem::field("status", "a webhook begins active; disable it afterwards"));
    }
    let made = webhooks::add(call.act, Wanted { label, url, kinds }).await?;
    let kept = WebhookDocument::of(&made.kept);
    let id = kept.id.clone();
    Reply::made(&MadeWebhook { secret: made.secret.to_string(), kept }, &id)
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::one(&WebhookDocument::of(&found(call).await?))
}

async fn patch(call: Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call).await?;
    call.unchanged(&WebhookDocument::of(&webhook))?;
    let mut wanted = super::documents::object(&WebhookWrite {
        label: webhook.label.clone(),
        url: webhook.url.clone(),
        kinds: webhook.kinds.clone(),
        status: webhook.status,
    })?;
    merge(&mut wanted, call.input().object()?);
    let WebhookWrite { label, url, kinds, status } = typed(wanted.into())?;
    let wanted = Wanted { label, url, kinds };
    let changed = webhooks::update(call.act, webhook, wanted, status).await?;
    Reply::one(&WebhookDocument::of(&changed))
}

async fn remove(call: Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call).await?;
    call.unchanged(&WebhookDocument::of(&webhook))?;
    webhooks::remove(call.act, webhook).await?;
    Ok(Reply::done())
}

async fn rotate(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: SecretOverlap = call.input().document()?;
    let overlap = wanted.overlap_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let webhook = found(call).await?;
    let overlap = overlap.unwrap_or(USUAL_OVERLAP);
    let made = webhooks::rotate_secret(call.act, webhook.id, overlap).await?;
    let (secret, kept) = (made.secret.to_string(), WebhookDocument::of(&made.kept));
    let mut reply = Reply::json(&MadeWebhook { secret, kept })?;
    reply.status = 201;
    Ok(reply)
}

async fn deliveries(call: Call<'_>) -> Result<Reply, Problem> {
    let webhook = found(call).await?;
    let query: DeliveryQuery = call.query()?;
    let limit = call.page(query.limit, None, MAX_DELIVERIES)?.limit;
    let found = webhooks::deliveries(call.act, webhook.id, limit).await?;
    Reply::json(&ListOf { items: found.iter().map(DeliveryDocument::of).collect() })
}

async fn replay(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: Replay = call.input().document()?;
    let webhook = found(call).await?;
    let again = match (wanted.event.as_deref().map(str::parse), wanted.since_seconds) {
        (Some(Ok(event)), None) => Again::Event(EventId(event)),
        (None, Some(seconds)) => Again::Since(Duration::from_secs(seconds.into())),
        (Some(Err(_)), _) => {
            return Err(Problem::field("event", "expected the number of an event"));
        }
        _ => return Err(Problem::field("event", "name either event or since_seconds")),
    };
    Reply::json(&Replayed { deliveries: webhooks::replay(call.act, webhook.id, again).await? })
}
