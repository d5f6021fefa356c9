//! Changing the master key: what the previous one sealed is sealed anew under the current one.
//!
//! It happens when a process opens the installation with a previous master key configured, in one
//! transaction. Until every process has been restarted both keys are needed; then the previous one
//! can be taken out of the configuration.

use vestibule_keys::Masters;
use vestibule_keys::sealing::SealError;
use vestibule_protocol::Timestamp;
use vestibule_store::{Store, StoreError, Transaction};

use crate::mail;
use crate::random;
use crate::services::sheets;
use crate::signing_keys::context;

/// Seals anew whatever is not under the current master key; tells how many secrets that were.
pub async fn reseal(store: &Store, masters: &Masters, now: Timestamp) -> Result<usize, StoreError> {
    let masters = masters.clone();
    store.write(move |tx| all(tx, &masters, now)).await
}

fn all(tx: &mut Transaction<'_>, masters: &Masters, now: Timestamp) -> Result<usize, StoreError> {
    let mut count = 0;
    for key in tx.lock_signing_keys()?.iter().filter(|key| key.removed_at.is_none()) {
        let fresh = masters.reseal(&key.sealed, &context(&key.kid), random::bytes());
        if let Some(fresh) = fresh.map_err(|fault| broken("signing key", &key.kid, &fault))? {
            tx.reseal_signing_key(&key.kid, &fresh)?;
            count += 1;
        }
    }
    for (name, sealed) in tx.sealed_values()? {
        let fresh = masters.reseal(&sealed, &name, random::bytes());
        if let Some(fresh) = fresh.map_err(|fault| broken("sealed value", &name, &fault))? {
            tx.reseal_value(&name, &fresh, now)?;
            count += 1;
        }
    }
    for link in tx.unused_links(sheets::SECRET)? {
        let fresh = sheets::resealed(masters, &link, random::bytes());
        let name = link.id.0.to_string();
        if let Some(fresh) = fresh.map_err(|fault| broken("link", &name, &fault))? {
            tx.replace_link_data(link.id, &fresh)?;
            count += 1;
        }
    }
    for message in tx.messages(mail::KIND)? {
        let fresh = mail::queue::resealed(masters, &message, random::bytes());
        let name = message.id.0.to_string();
        if let Some(fresh) = fresh.map_err(|fault| broken("outbox", &name, &fault))? {
            tx.replace_payload(message.id, &fresh)?;
            count += 1;
        }
    }
    Ok(count)
}

fn broken(table: &'static str, id: &str, fault: &SealError) -> StoreError {
    StoreError::Corrupt { table, id: id.to_owned(), detail: fault.to_string() }
}
