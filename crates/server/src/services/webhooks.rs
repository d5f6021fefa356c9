//! Webhooks: telling other systems what happens, signed.

mod secrets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::identifiers::is_visible;
use vestibule_protocol::ids::{EventId, WebhookId};
use vestibule_store::StoreError;
use vestibule_store::managed::ManagedKind;
use vestibule_store::webhooks::{Delivery, Webhook};
use zeroize::Zeroizing;

pub use secrets::{
    LONGEST_OVERLAP, PREFIX, USUAL_OVERLAP, draw_secret, forget_ended_secrets, judge_overlap,
    previous_name, replace_secret, rotate_secret, sealed_name, signs_with, whose_secret,
};

use super::texts::cut;
use super::{About, Act, FieldFault, ServiceFault};
use crate::core::Core;
use crate::random;

const MAX_WEBHOOKS: usize = 50;
const MAX_KINDS: usize = 50;
const MAX_URL: usize = 2048;
const MAX_LABEL: usize = 100;
/// Deliveries that one answer lists at most.
pub const MAX_DELIVERIES: u32 = 200;
/// How long a delivery is kept.
pub const KEPT: Duration = Duration::from_secs(14 * 86_400);
const HINT: &str = "look it up in the list of webhooks";

/// What a webhook is made with, or is to be from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What it is for; no two webhooks of an organization have the same.
    pub label: String,
    /// Where to: https.
    pub url: String,
    /// The beginnings of the kinds of event that it is told; none means all.
    pub kinds: Vec<String>,
}

/// A webhook that was just made, or given a new secret.
pub struct Made {
    /// What is kept of it.
    pub kept: Webhook,
    /// What its deliveries are signed with, shown this once.
    pub secret: Zeroizing<String>,
}

/// Makes a webhook.
pub async fn add(act: Act<'_>, wanted: Wanted) -> Result<Made, ServiceFault> {
    let secret = draw_secret();
    let kept = register(act, wanted, Status::Active, &secret).await?;
    Ok(Made { kept, secret })
}

/// Makes a webhook whose deliveries are signed with this secret.
pub async fn register(
    act: Act<'_>,
    wanted: Wanted,
    status: Status,
    secret: &Zeroizing<String>,
) -> Result<Webhook, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    judge(act.core, &wanted)?;
    judge_count(act.core.store.webhooks(act.org).await?.len())?;
    let id = WebhookId(act.core.ids.next(act.now));
    let name = sealed_name(id);
    let sealed = act.core.masters.seal(secret.as_bytes(), &name, random::bytes())?;
    let kept = Webhook {
        id,
        org: act.org,
        label: wanted.label,
        url: wanted.url,
        kinds: wanted.kinds,
        status,
        previous_ends_at: None,
        created_at: act.now,
        updated_at: act.now,
    };
    let event = act.event("webhook.added", About::Installation, Value::Null, described(&kept));
    let (row, now) = (kept.clone(), act.now);
    let written = act.core.store.write(move |tx| {
        tx.insert_webhook(&row)?;
        tx.insert_sealed_value(&name, &sealed, now)?;
        tx.record(vec![event])
    });
    written.await.map_err(taken)?;
    Ok(kept)
}

/// Whether there may be one more where there are so many.
pub(crate) fn judge_count(known: usize) -> Result<(), ServiceFault> {
    if known < MAX_WEBHOOKS {
        return Ok(());
    }
    let problem = format!("there are {MAX_WEBHOOKS} webhooks; remove one first");
    Err(ServiceFault::Conflict(problem))
}

/// The webhooks, oldest first.
pub async fn list(act: Act<'_>) -> Result<Vec<Webhook>, ServiceFault> {
    act.require(Permission::SystemRead)?;
    Ok(act.core.store.webhooks(act.org).await?)
}

/// The declarative files that state these webhooks; what is changed elsewhere, the next application
/// of the file changes back.
pub async fn files(
    act: Act<'_>,
    webhooks: &[Webhook],
) -> Result<BTreeMap<WebhookId, String>, ServiceFault> {
    act.require(Permission::SystemRead)?;
    let ours = webhooks.iter().filter(|webhook| webhook.org == act.org).map(|webhook| webhook.id.0);
    let files = act.core.store.files_of(ManagedKind::Webhook, ours.collect()).await?;
    Ok(files.into_iter().map(|(id, file)| (WebhookId(id), file)).collect())
}

/// The webhook of this id.
pub async fn find(act: Act<'_>, id: WebhookId) -> Result<Webhook, ServiceFault> {
    list(act).await?.into_iter().find(|webhook| webhook.id == id).ok_or_else(|| {
        ServiceFault::NotFound { what: "webhook", name: id.0.to_string(), hint: HINT }
    })
}

/// Changes a webhook that was read before, if nobody has changed it meanwhile.
pub async fn update(
    act: Act<'_>,
    before: Webhook,
    wanted: Wanted,
    status: Status,
) -> Result<Webhook, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    judge(act.core, &wanted)?;
    let Wanted { label, url, kinds } = wanted;
    let after = Webhook { label, url, kinds, status, ..before.clone() };
    let (was, is) = super::difference(&described(&before), &described(&after));
    let event = act.event("webhook.changed", About::Installation, was, is);
    let (row, now) = (after.clone(), act.now);
    let written = act.core.store.write(move |tx| {
        let version = tx.update_webhook(&row, now)?;
        tx.record(vec![event])?;
        Ok(version)
    });
    Ok(Webhook { updated_at: written.await.map_err(taken)?, ..after })
}

/// Removes a webhook that was read before, if nobody has changed it meanwhile, and what was still to
/// be told to it.
pub async fn remove(act: Act<'_>, webhook: Webhook) -> Result<Webhook, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    let before = described(&webhook);
    let event = act.event("webhook.removed", About::Installation, before, Value::Null);
    let row = webhook.clone();
    act.core
        .store
        .write(move |tx| {
            tx.remove_webhook(&row)?;
            tx.remove_sealed_value(&sealed_name(row.id))?;
            tx.remove_sealed_value(&previous_name(row.id))?;
            tx.record(vec![event])
        })
        .await?;
    Ok(webhook)
}

/// The newest deliveries to a webhook, newest first.
pub async fn deliveries(
    act: Act<'_>,
    id: WebhookId,
    limit: u32,
) -> Result<Vec<Delivery>, ServiceFault> {
    let webhook = find(act, id).await?;
    Ok(act.core.store.deliveries(webhook.id, limit.clamp(1, MAX_DELIVERIES)).await?)
}

/// Which deliveries are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// That of one event.
    Event(EventId),
    /// Those of everything that happened within this span.
    Since(Duration),
}

/// Makes deliveries again, whatever became of them; tells how many. A receiver knows a repeated one
/// by its `event_id`.
pub async fn replay(act: Act<'_>, id: WebhookId, again: Again) -> Result<usize, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    let webhook = find(act, id).await?;
    let (event_id, since) = match again {
        Again::Event(event) => (Some(event), act.now),
        Again::Since(span) => (None, act.now.minus(span)),
    };
    let about = json!({
        "id": webhook.id.0.to_string(),
        "event": event_id.map(|event| event.0.to_string()),
        "since": since.as_seconds(),
    });
    let event = act.event("webhook.replayed", About::Installation, Value::Null, about);
    let now = act.now;
    let count = act
        .core
        .store
        .write(move |tx| {
            let count = tx.replay_deliveries(webhook.id, event_id, since, now)?;
            tx.record(vec![event])?;
            Ok(count)
        })
        .await?;
    Ok(count)
}

/// A label is the only thing of a webhook that must not be there twice.
fn taken(error: StoreError) -> ServiceFault {
    match error {
        StoreError::Conflict { what: "webhook", value } => {
            let shown = cut(&value);
            ServiceFault::invalid("label", format!("there is a webhook {shown} already"))
        }
        other => other.into(),
    }
}

fn judge(core: &Core, wanted: &Wanted) -> Result<(), ServiceFault> {
    let faults = faults(core, wanted);
    if faults.is_empty() { Ok(()) } else { Err(ServiceFault::Invalid(faults)) }
}

/// All that is wrong with a webhook as it is to be.
pub(crate) fn faults(core: &Core, wanted: &Wanted) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let length = wanted.label.chars().count();
    if wanted.label.trim().is_empty() || length > MAX_LABEL || !is_visible(&wanted.label) {
        let problem = format!("give a label of 1 to {MAX_LABEL} characters, all of them visible");
        faults.push(FieldFault::new("label", problem));
    }
    if let Some(problem) = unfit(core, &wanted.url) {
        faults.push(FieldFault::new("url", problem));
    }
    if wanted.kinds.len() > MAX_KINDS {
        faults.push(FieldFault::new("kinds", format!("at most {MAX_KINDS}")));
    }
    let dotted = |kind: &&String| {
        let letters = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
        !((1..=64).contains(&kind.len()) && kind.chars().all(letters))
    };
    for kind in wanted.kinds.iter().filter(dotted) {
        let shown = cut(kind);
        let problem = format!("{shown:?} is no kind of event; write it as user.added or user.");
        faults.push(FieldFault::new("kinds", problem));
    }
    faults
}

/// Why a webhook cannot be sent there. Addresses of our own networks are refused when it is sent,
/// after the name was resolved (invariant I25).
fn unfit(core: &Core, text: &str) -> Option<String> {
    let shown = cut(text);
    if text.len() > MAX_URL {
        return Some(format!("{} bytes are too many; at most {MAX_URL}", text.len()));
    }
    let Ok(url) = Url::parse(text) else { return Some(format!("{shown} is not a URL")) };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("a user name or password in a URL ends up in logs; leave it out".to_owned());
    }
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => None,
        "http" if loopback && !core.config.issuer.is_https() => None,
        _ => Some(format!("{shown}: events are sent by https only")),
    }
}

fn described(webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id.0.to_string(),
        "label": webhook.label,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "status": webhook.status,
    })
}
