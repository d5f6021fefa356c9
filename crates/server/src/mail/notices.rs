//! Telling in time that client secrets end: 30, 7 and 1 days before, once each, to the client's
//! contacts and to those who look after it.

use std::collections::BTreeSet;
use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Assignment, Permission, rights_in};
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::identifiers;
use vestibule_protocol::ids::{OrgId, UserId};
use vestibule_store::admin_roles::Holder;
use vestibule_store::notices::EndingSecret;

use super::letter::{Letter, Reader};
use super::{Way, queue, way};
use crate::core::Core;
use crate::services::ServiceFault;

/// How many days before.
const BEFORE: [u32; 3] = [1, 7, 30];
const DAY: Duration = Duration::from_secs(86_400);
/// Secrets that one look tells of, for each number of days.
const AT_ONCE: u32 = 100;
/// Most mails for one secret.
const MAX_READERS: usize = 30;

/// Writes the notices that are due; tells how many secrets they are about. A secret that is found
/// late gets the notice of the days that are left, and no earlier one.
pub async fn write(core: &Core, now: Timestamp) -> Result<usize, ServiceFault> {
    if way(&core.config) == Way::Off {
        return Ok(0);
    }
    let mut told = 0;
    let mut from = now;
    for days in BEFORE {
        let until = now.plus(DAY.saturating_mul(days));
        for secret in core.store.untold_ends(from, until, days, AT_ONCE).await? {
            told += usize::from(tell(core, &secret, days, now).await?);
        }
        from = until;
    }
    Ok(told)
}

/// Writes the mails about one secret. `false` when another node did.
async fn tell(
    core: &Core,
    secret: &EndingSecret,
    days: u32,
    now: Timestamp,
) -> Result<bool, ServiceFault> {
    let Some(client) = core.store.client_by_key(secret.client).await? else { return Ok(false) };
    let left = secret.expires_at.since(now).as_secs().div_ceil(DAY.as_secs()).max(1);
    let mut messages = Vec::new();
    for reader in readers(core, &client).await? {
        let letter = Letter::secret_ends(&core.config, &client, secret, left, &reader);
        messages.push(queue::write(core, client.org, &letter, now)?);
    }
    let secret = secret.clone();
    let written = core.store.write(move |tx| {
        if !tx.note_expiry(&secret, days, now)? {
            return Ok(false);
        }
        messages.iter().try_for_each(|message| tx.enqueue(message))?;
        Ok(true)
    });
    Ok(written.await?)
}

/// Who is told: administrators who may change the client, and its contacts that are addresses. An
/// address that is both gets the mail of the administrator.
async fn readers(core: &Core, client: &Client) -> Result<Vec<Reader>, ServiceFault> {
    let lineage = core.store.lineage(client.org).await?;
    let mut holders: Vec<(UserId, Vec<Assignment>)> = Vec::new();
    for role in core.store.admin_roles().await? {
        let Holder::User(user) = role.holder else { continue };
        match holders.iter_mut().find(|(known, _)| *known == user) {
            Some((_, held)) => held.push(role.assignment),
            None => holders.push((user, vec![role.assignment])),
        }
    }
    let (mut readers, mut known) = (Vec::new(), BTreeSet::new());
    for (user, held) in holders {
        if !rights_in(&held, &lineage).allow(Permission::ClientsWrite) {
            continue;
        }
        let Some(user) = core.store.user(OrgId::ROOT, user).await? else { continue };
        let address = user.claims.email.filter(|_| user.status == Status::Active);
        if let Some(address) = address.filter(|text| new(&mut known, text)) {
            readers.push(Reader { address, locale: user.claims.locale, manages: true });
        }
    }
    for contact in &client.settings.contacts {
        let contact = contact.strip_prefix("mailto:").unwrap_or(contact);
        if new(&mut known, contact) {
            let address = contact.to_owned();
            readers.push(Reader { address, locale: None, manages: false });
        }
    }
    readers.truncate(MAX_READERS);
    Ok(readers)
}

/// Whether this is an address that was not seen yet.
fn new(known: &mut BTreeSet<String>, text: &str) -> bool {
    identifiers::email(text).is_ok_and(|normal| known.insert(normal))
}
