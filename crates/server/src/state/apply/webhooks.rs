//! Webhooks while a plan is carried out.

use vestibule_protocol::client::Status;
use vestibule_store::managed::ManagedKind;
use vestibule_store::webhooks::Webhook;
use zeroize::Zeroizing;

use super::super::document::{SecretSource, SigningSecret, WebhookWanted};
use super::super::plan::Step;
use super::secrets::{Delivered, Delivery, Reserved, reserve};
use super::{mark, unmark};
use crate::services::webhooks::{self, Wanted};
use crate::services::{Act, ServiceFault};

/// Makes a webhook in the organization of the act.
pub(super) async fn add(
    act: Act<'_>,
    step: &Step,
    stated: WebhookWanted,
) -> Result<Vec<Delivered>, ServiceFault> {
    let WebhookWanted { wanted, status, secret } = stated;
    let (text, file) = secret.map_or_else(|| Ok((webhooks::draw_secret(), None)), drawn)?;
    let made = webhooks::register(act, wanted, status, &text).await?;
    let Some(reserved) = file else {
        mark(act, step, vec![(ManagedKind::Webhook, made.id.0)]).await?;
        return Ok(Vec::new());
    };
    // A secret that nobody will ever know is of no use, and the next run would not draw another.
    let path = match reserved.write(&text) {
        Ok(path) => path,
        Err(fault) => {
            webhooks::remove(act, made).await?;
            return Err(fault);
        }
    };
    mark(act, step, vec![(ManagedKind::Webhook, made.id.0)]).await?;
    Ok(vec![Delivered { client_id: None, label: made.label, delivery: Delivery::File(path) }])
}

/// The text of a secret, with the file that it goes to if it is drawn here.
fn drawn(secret: SigningSecret) -> Result<(Zeroizing<String>, Option<Reserved>), ServiceFault> {
    match secret.source {
        SecretSource::Given { text, .. } => Ok((text, None)),
        SecretSource::Generate { write_to } => {
            let file = write_to.map(|path| reserve(&path)).transpose()?;
            Ok((webhooks::draw_secret(), file))
        }
    }
}

/// Changes a webhook, then what signs its deliveries.
pub(super) async fn change(
    act: Act<'_>,
    step: &Step,
    found: Webhook,
    wanted: Option<(Wanted, Status)>,
    secret: Option<SigningSecret>,
) -> Result<(), ServiceFault> {
    let act = Act { org: found.org, ..act };
    let row = (ManagedKind::Webhook, found.id.0);
    let changed = match wanted {
        Some((wanted, status)) => webhooks::update(act, found, wanted, status).await?,
        None => found,
    };
    if let Some(SigningSecret { source: SecretSource::Given { text, .. }, overlap }) = secret {
        webhooks::replace_secret(act, changed, &text, overlap).await?;
    }
    mark(act, step, vec![row]).await
}

/// Removes a webhook, if nobody changed it since it was planned.
pub(super) async fn remove(act: Act<'_>, found: Webhook) -> Result<(), ServiceFault> {
    let removed = webhooks::remove(Act { org: found.org, ..act }, found).await?;
    unmark(act, ManagedKind::Webhook, removed.id.0).await
}
