//! What a webhook's deliveries are signed with: drawn or given, sealed, and changed over.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::digest;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::WebhookId;
use vestibule_store::StoreError;
use vestibule_store::webhooks::Webhook;
use zeroize::Zeroizing;

use super::{Made, find};
use crate::core::Core;
use crate::random;
use crate::services::{About, Act, ServiceFault};

/// What starts every webhook's secret, so that secret scanners find a leak.
pub const PREFIX: &str = "whsec_";
/// Longest time for which two secrets sign.
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 86_400);
/// For how long both sign, unless somebody asks for another time.
pub const USUAL_OVERLAP: Duration = Duration::from_secs(86_400);

/// The name under which a webhook's secret is sealed.
pub fn sealed_name(id: WebhookId) -> String {
    format!("webhook/{}", id.0)
}

/// The webhook whose secret is sealed under this name.
pub fn whose_secret(name: &str) -> Option<WebhookId> {
    name.strip_prefix("webhook/")?.parse().ok().map(WebhookId)
}

/// The name under which the secret before is sealed, as long as it still signs.
pub fn previous_name(id: WebhookId) -> String {
    format!("webhook/{}/previous", id.0)
}

/// Draws a secret. Nothing is written yet.
pub fn draw_secret() -> Zeroizing<String> {
    digest::prefixed_secret(PREFIX, random::secret_bytes())
}

/// Why two secrets cannot sign for so long.
pub fn judge_overlap(overlap: Duration) -> Result<(), String> {
    match overlap > LONGEST_OVERLAP {
        true => Err(format!("at most {} days", LONGEST_OVERLAP.as_secs() / 86_400)),
        false => Ok(()),
    }
}

/// Gives a webhook a new secret. For the time of the `overlap` its deliveries are signed with the
/// one before as well, so that the receiver can change over without losing any. A secret before that
/// one ends at once: two live at a time.
pub async fn rotate_secret(
    act: Act<'_>,
    id: WebhookId,
    overlap: Duration,
) -> Result<Made, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    let before = find(act, id).await?;
    let secret = draw_secret();
    let kept = replace_secret(act, before, &secret, overlap).await?;
    Ok(Made { kept, secret })
}

/// The same with a secret that was made elsewhere, for a webhook as it was read before.
pub async fn replace_secret(
    act: Act<'_>,
    before: Webhook,
    secret: &Zeroizing<String>,
    overlap: Duration,
) -> Result<Webhook, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    judge_overlap(overlap).map_err(|problem| ServiceFault::invalid("overlap", problem))?;
    let id = before.id;
    let (name, previous) = (sealed_name(id), previous_name(id));
    let masters = &act.core.masters;
    let outgoing = match act.core.store.sealed_value(name.clone()).await? {
        Some(sealed) if !overlap.is_zero() => {
            let secret = masters.open(&sealed, &name)?;
            Some(masters.seal(&secret, &previous, random::bytes())?)
        }
        _ => None,
    };
    let sealed = masters.seal(secret.as_bytes(), &name, random::bytes())?;
    let ends_at = outgoing.as_ref().map(|_| act.now.plus(overlap));
    let after = Webhook { previous_ends_at: ends_at, ..before };
    let ends = ends_at.map(Timestamp::as_seconds);
    let facts = json!({ "id": id.0.to_string(), "previous_ends_at": ends });
    let event = act.event("webhook.secret_rotated", About::Installation, Value::Null, facts);
    let (row, now) = (after.clone(), act.now);
    let written = act.core.store.write(move |tx| {
        // The webhook's version is the guard: of two who rotate at once one does.
        let version = tx.update_webhook(&row, now)?;
        tx.remove_sealed_value(&previous)?;
        if let Some(outgoing) = outgoing {
            tx.insert_sealed_value(&previous, &outgoing, now)?;
        }
        tx.remove_sealed_value(&name)?;
        tx.insert_sealed_value(&name, &sealed, now)?;
        tx.record(vec![event])?;
        Ok(version)
    });
    Ok(Webhook { updated_at: written.await?, ..after })
}

/// Whether a webhook's deliveries are signed with this secret, and not only as the one before.
pub async fn signs_with(
    act: Act<'_>,
    webhook: &Webhook,
    secret: &str,
) -> Result<bool, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    let name = sealed_name(webhook.id);
    let Some(sealed) = act.core.store.sealed_value(name.clone()).await? else { return Ok(false) };
    let present = act.core.masters.open(&sealed, &name)?;
    // Keyed digests may be compared byte by byte: nobody outside can aim at them.
    let digest = |secret: &[u8]| act.core.digests.derive("webhook-secret", secret);
    Ok(digest(&present) == digest(secret.as_bytes()))
}

/// Forgets secrets whose overlap is over; they sign nothing since then. Not an act: it was decided
/// when the secret was rotated.
pub async fn forget_ended_secrets(core: &Core, now: Timestamp) -> Result<(), StoreError> {
    for id in core.store.outlived_webhook_secrets(now).await? {
        let forget = core.store.write(move |tx| {
            if tx.forget_previous_secret(id, now)? {
                tx.remove_sealed_value(&previous_name(id))?;
            }
            Ok(())
        });
        forget.await?;
    }
    Ok(())
}
