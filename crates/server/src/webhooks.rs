//! Sending webhooks: what is due is claimed, signed and posted, and tried again when it failed.
//!
//! A delivery is made at least once, by whichever node claims it. The body and its signature are
//! `X-Webhook-Signature: t=<seconds>,v1=<hex HMAC-SHA256(secret, t "." body)>`; while two secrets live
//! there is one `v1` of each, and a receiver takes a delivery of which one is right.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use url::Url;
use vestibule_keys::digest;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::WebhookId;
use vestibule_store::StoreError;
use vestibule_store::webhooks::{Delivery, Outcome, Webhook};
use zeroize::Zeroizing;

use crate::app::App;
use crate::core::Core;
use crate::outbound::{Outbound, OutboundFault, Reach};
use crate::services::webhooks::{previous_name, sealed_name};

/// How many are sent at the same time.
pub const AT_ONCE: u32 = 8;
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Until then nobody else tries: longer than a receiver may take.
const LEASE: Duration = Duration::from_secs(60);
/// Tries of one delivery.
const TRIES: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Longest that a receiver is left alone which took nothing of what it was told last.
const LONGEST_REST: Duration = Duration::from_secs(300);
/// Longest answer that is kept, in characters.
const MAX_ANSWER: usize = 200;

/// Sends webhooks from this node.
#[derive(Default)]
pub struct Sender {
    outbound: OnceLock<Outbound>,
    rests: Rests,
}

/// Receivers that take nothing are left alone for a while, or one that never answers would hold up
/// what all others are told.
#[derive(Default)]
struct Rests(Mutex<HashMap<WebhookId, Rest>>);

/// How long, and after how many batches in a row of which nothing was taken.
struct Rest {
    until: Timestamp,
    failures: u32,
}

impl Rests {
    /// Those that rest now.
    fn now(&self, now: Timestamp) -> Vec<WebhookId> {
        let rests = self.0.lock();
        rests.iter().filter(|(_, rest)| now < rest.until).map(|(webhook, _)| *webhook).collect()
    }

    /// How a batch went: whether each webhook took anything of it.
    fn note(&self, batch: &HashMap<WebhookId, bool>, now: Timestamp) {
        let mut rests = self.0.lock();
        rests.retain(|_, rest| now.since(rest.until) < LONGEST_REST);
        for (webhook, took) in batch {
            if *took {
                rests.remove(webhook);
                continue;
            }
            let rest = rests.entry(*webhook).or_insert(Rest { until: now, failures: 0 });
            let pause = FIRST_PAUSE.saturating_mul(1 << rest.failures.min(16)).min(LONGEST_REST);
            *rest = Rest { until: now.plus(pause), failures: rest.failures.saturating_add(1) };
        }
    }
}

impl Sender {
    /// Queues what happened and sends what is due; tells how many deliveries were tried.
    pub async fn work(&self, app: &Arc<App>) -> Result<usize, SenderFault> {
        let now = app.clock.now();
        app.store.feed_webhooks(now).await?;
        let resting = self.rests.now(now);
        let claimed = app.store.claim_deliveries(now, LEASE, AT_ONCE, resting).await?;
        let count = claimed.len();
        let mut sends = Vec::with_capacity(count);
        for (delivery, webhook, event) in claimed {
            let (app, outbound) = (Arc::clone(app), self.outbound(app)?.clone());
            let id = webhook.id;
            let send =
                tokio::spawn(
                    async move { deliver(&app, &outbound, &delivery, &webhook, event).await },
                );
            sends.push((id, send));
        }
        let mut batch = HashMap::new();
        for (webhook, send) in sends {
            let taken = send.await.unwrap_or_else(|error| {
                tracing::error!(%error, "a webhook delivery broke");
                false
            });
            *batch.entry(webhook).or_insert(false) |= taken;
        }
        self.rests.note(&batch, app.clock.now());
        Ok(count)
    }

    /// The way out, made when it is first needed: most installations have no webhooks. This host
    /// itself is reached only where the service itself is not public.
    fn outbound(&self, app: &App) -> Result<&Outbound, OutboundFault> {
        if let Some(outbound) = self.outbound.get() {
            return Ok(outbound);
        }
        let public = app.issuer.is_https();
        let outbound =
            Outbound::new(if public { Reach::Public } else { Reach::PublicAndLoopback })?;
        Ok(self.outbound.get_or_init(|| outbound))
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SenderFault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The way out.
    #[error(transparent)]
    Outbound(#[from] OutboundFault),
}

/// Tells whether the receiver is to be told more.
async fn deliver(
    core: &Core,
    outbound: &Outbound,
    delivery: &Delivery,
    webhook: &Webhook,
    event: Option<Event>,
) -> bool {
    let purged = event.is_none();
    let (outcome, answer) = match event {
        // The event log is kept for less long than the receiver was away.
        None => (Outcome::GivenUp, "the event was purged".to_owned()),
        Some(event) => match send(core, outbound, webhook, &event).await {
            Ok(answer) => (Outcome::Taken, answer),
            Err(answer) => (after_failure(delivery.attempts, core.clock.now()), answer),
        },
    };
    if outcome == Outcome::GivenUp {
        tracing::warn!(webhook = webhook.id.0, event = delivery.event.0, %answer, "a webhook delivery was given up");
    }
    let now = core.clock.now();
    let went_well = purged || outcome == Outcome::Taken;
    match core.store.delivery_tried(delivery, outcome, answer, now).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::info!(
                webhook = webhook.id.0,
                event = delivery.event.0,
                "the outcome of a webhook delivery came late: it was made again meanwhile"
            );
        }
        Err(error) => {
            tracing::warn!(%error, "the outcome of a webhook delivery was not noted; it is made again");
        }
    }
    went_well
}

/// When a delivery is tried again after so many tries.
fn after_failure(attempts: u32, now: Timestamp) -> Outcome {
    if attempts >= TRIES {
        return Outcome::GivenUp;
    }
    let doublings = attempts.saturating_sub(1).min(16);
    Outcome::Again(now.plus(FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE)))
}

async fn send(
    core: &Core,
    outbound: &Outbound,
    webhook: &Webhook,
    event: &Event,
) -> Result<String, String> {
    let body = body(event).to_string();
    let now = core.clock.now();
    let at = now.as_seconds().to_string();
    let mut signature = format!("t={at}");
    for secret in secrets(core, webhook, now).await? {
        let hmac = digest::hmac_sha256_hex(&secret, &[at.as_bytes(), b".", body.as_bytes()]);
        signature.push_str(&format!(",v1={hmac}"));
    }
    let url = Url::parse(&webhook.url).map_err(|error| error.to_string())?;
    let request = outbound
        .request(Method::POST, url)
        .timeout(PATIENCE)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("vestibule/", env!("CARGO_PKG_VERSION")))
        .header("X-Webhook-Signature", signature)
        .body(body)
        .build()
        .map_err(|error| error.without_url().to_string())?;
    let answer = outbound.send(request).await.map_err(|fault| cut(&fault.to_string()))?;
    match answer.status {
        200..=299 => Ok(answer.status.to_string()),
        status => Err(cut(&format!("{status} {}", String::from_utf8_lossy(&answer.body)))),
    }
}

/// The secrets that sign, the present one first.
async fn secrets(
    core: &Core,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<Vec<Zeroizing<Vec<u8>>>, String> {
    let open = async |name: String| {
        let sealed = core.store.sealed_value(name.clone()).await;
        let Some(sealed) = sealed.map_err(|error| error.to_string())? else { return Ok(None) };
        core.masters.open(&sealed, &name).map(Some).map_err(|error| error.to_string())
    };
    let mut secrets = vec![open(sealed_name(webhook.id)).await?.ok_or("its secret is gone")?];
    if webhook.previous_ends_at.is_some_and(|end| now < end) {
        secrets.extend(open(previous_name(webhook.id)).await?);
    }
    Ok(secrets)
}

/// What a receiver gets.
fn body(event: &Event) -> Value {
    json!({
        "event_type": event.kind,
        "event_id": event.id.0.to_string(),
        "timestamp": event.at.as_seconds(),
        "organization_id": event.org.0.to_string(),
        "data": {
            "outcome": event.outcome,
            "case_code": event.case_code,
            "client_id": event.client,
            "sub": event.subject,
            "reason": event.reason,
            "facts": event.facts,
        },
    })
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_ANSWER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_an_hour_and_then_it_is_given_up() {
        let now = Timestamp::from_seconds(1000);
        let pause = |attempts| match after_failure(attempts, now) {
            Outcome::Again(then) => then.since(now).as_secs(),
            _ => 0,
        };
        assert_eq!([1, 2, 3, 10, 11].map(pause), [5, 10, 20, 2560, 3600]);
        assert_eq!(after_failure(TRIES, now), Outcome::GivenUp);
    }

    #[test]
    fn a_receiver_that_takes_nothing_rests_and_the_others_do_not() {
        let (dead, alive) = (WebhookId(1), WebhookId(2));
        let batch = HashMap::from([(dead, false), (alive, true)]);
        let rests = Rests::default();
        let mut now = Timestamp::from_seconds(1000);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            rests.note(&batch, now);
            assert_eq!(rests.now(now), [dead]);
            let began = now;
            while !rests.now(now).is_empty() {
                now = now.plus(Duration::from_secs(5));
            }
            pauses.push(now.since(began).as_secs());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        rests.note(&HashMap::from([(dead, true)]), now);
        rests.note(&HashMap::from([(dead, false)]), now);
        assert!(rests.now(now.plus(FIRST_PAUSE)).is_empty(), "one success begins afresh");
    }
}
