//! The installation itself: its configuration as it is in force, and how much there is of it.

use serde_json::json;
use vestibule_protocol::admin::Permission;
use vestibule_store::StoreError;
use vestibule_store::counts::Counts;

use super::{About, Act, ServiceFault};
use crate::config::show::Shown;

/// Every configuration key with its value and its origin; secrets are masked.
pub fn configuration(act: Act<'_>) -> Result<&[Shown], ServiceFault> {
    act.require(Permission::SystemRead)?;
    Ok(&act.core.config.shown)
}

/// How many users, clients, sessions and waiting messages there are.
pub async fn counts(act: Act<'_>) -> Result<Counts, ServiceFault> {
    act.require(Permission::SystemRead)?;
    Ok(act.core.store.counts(act.now).await?)
}

/// Notes that this issuer is served from this database. When that was another one before, it is
/// written to the event log and returned: relying parties that know the other refuse this one's
/// tokens. It may well be meant, so nothing is refused.
pub async fn served(act: Act<'_>) -> Result<Option<String>, StoreError> {
    let issuer = act.core.config.issuer.as_str();
    let before = act.core.store.issuer().await?;
    if before.as_deref() == Some(issuer) {
        return Ok(None);
    }
    let told = json!({ "issuer": before });
    let moved = before.is_some();
    let event = act.event("issuer.changed", About::Installation, told, json!({ "issuer": issuer }));
    let issuer = issuer.to_owned();
    act.core
        .store
        .write(move |tx| {
            tx.set_issuer(&issuer)?;
            if moved { tx.record(vec![event]) } else { Ok(()) }
        })
        .await?;
    Ok(before)
}
