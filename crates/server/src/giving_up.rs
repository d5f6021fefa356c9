//! A lost master key: what no configured one opens is given up, so that the rest can be used again.
//!
//! Accounts with their passwords, clients, consents, sessions and the event log need no master key. Signing
//! keys and the key of all keyed digests are made anew when the installation is opened next; with another
//! key of digests nobody's client secret is known any more, so all are revoked.

use serde::Serialize;
use serde_json::json;
use vestibule_keys::Masters;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{ClientId, EventId, OrgId};
use vestibule_store::{Store, StoreError, Transaction};

use crate::core::DIGEST_KEY;
use crate::mail;
use crate::random;
use crate::services::{sheets, webhooks};
use crate::signing_keys::context;

/// What was given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GivenUp {
    /// The ids of signing keys: what they signed verifies no more.
    pub signing_keys: Vec<String>,
    /// The clients whose secrets are known no more.
    pub clients: Vec<ClientId>,
    /// The ids of webhooks whose secrets are gone.
    pub webhooks: Vec<String>,
    /// Other secrets.
    pub others: usize,
    /// Links to a secret that nobody had opened.
    pub links: usize,
    /// Mails that had not been sent.
    pub mails: usize,
}

/// Gives up what none of these master keys opens; nothing when all of it opens. It is the host's to say, and
/// what runs on this database has to be stopped before: it has the old keys in memory.
pub async fn give_up(
    store: &Store,
    masters: &Masters,
    by: &'static str,
    event: EventId,
    now: Timestamp,
) -> Result<GivenUp, StoreError> {
    let masters = masters.clone();
    let given_up = move |tx: &mut Transaction<'_>| {
        let given_up = all(tx, &masters, now)?;
        if given_up != GivenUp::default() {
            tx.record(vec![told(&given_up, by, event, now)])?;
        }
        Ok(given_up)
    };
    store.write(given_up).await
}

fn all(tx: &mut Transaction<'_>, masters: &Masters, now: Timestamp) -> Result<GivenUp, StoreError> {
    let mut given_up = GivenUp::default();
    let keys = tx.lock_signing_keys()?.into_iter().filter(|key| key.removed_at.is_none());
    for mut key in keys {
        if masters.open(&key.sealed, &context(&key.kid)).is_err() {
            key.removed_at = Some(now);
            key.sealed.clear();
            tx.update_signing_key_phase(&key)?;
            given_up.signing_keys.push(key.kid);
        }
    }
    for (name, sealed) in tx.sealed_values()? {
        if masters.open(&sealed, &name).is_err() {
            tx.remove_sealed_value(&name)?;
            if name == DIGEST_KEY {
                given_up.clients = tx.revoke_all_client_secrets(now)?;
            } else if let Some(webhook) = webhooks::whose_secret(&name) {
                given_up.webhooks.push(webhook.0.to_string());
            } else {
                given_up.others += 1;
            }
        }
    }
    for link in tx.unused_links(sheets::SECRET)? {
        if sheets::resealed(masters, &link, random::bytes()).is_err() {
            tx.end_link(link.id, now)?;
            given_up.links += 1;
        }
    }
    for message in tx.messages(mail::KIND)? {
        if mail::queue::resealed(masters, &message, random::bytes()).is_err() {
            let wrapper = mail::queue::wrapper(&message).unwrap_or_default();
            tx.replace_payload(message.id, &mail::queue::wiped(wrapper))?;
            given_up.mails += 1;
        }
    }
    Ok(given_up)
}

fn told(given_up: &GivenUp, by: &str, id: EventId, now: Timestamp) -> Event {
    let after = json!({
        "signing_keys": given_up.signing_keys,
        "clients": given_up.clients.len(),
        "webhooks": given_up.webhooks,
        "others": given_up.others,
        "links": given_up.links,
        "mails": given_up.mails,
    });
    Event {
        id,
        org: OrgId::ROOT,
        at: now,
        kind: "master_key.given_up".to_owned(),
        outcome: EventOutcome::Success,
        case_code: None,
        client: None,
        subject: None,
        reason: None,
        facts: json!({ "by": by, "before": null, "after": after }),
    }
}

#[cfg(test)]
mod tests {
    use vestibule_keys::MasterKey;
    use vestibule_store::outbox::Message;

    use super::*;
    use crate::mail::letter::Letter;
    use crate::services::testing::Installation;

    #[tokio::test]
    async fn i16_what_opens_is_kept_and_a_mail_that_does_not_is_wiped() {
        let installation = Installation::new().await;
        let (core, now) = (&installation.core, installation.core.clock.now());
        let letter = Letter::test(&core.config, "ada@clinic.example", "grace", now);
        let message = mail::queue::write(core, OrgId::ROOT, &letter, now).unwrap();
        core.store.write(move |tx| tx.enqueue(&message)).await.unwrap();
        let others = Masters::new(MasterKey::new(random::secret_bytes()), vec![]);
        let under = async |masters: &Masters| {
            let event = EventId(core.ids.next(now));
            give_up(&core.store, masters, "test", event, now).await.unwrap()
        };
        assert_eq!(under(&core.masters).await, GivenUp::default());
        let given_up = under(&others).await;
        assert_eq!((given_up.mails, given_up.signing_keys.len()), (1, 2));
        assert_eq!(under(&others).await, GivenUp::default(), "once is all");
        let left: Vec<Message> = core.store.write(|tx| tx.messages(mail::KIND)).await.unwrap();
        assert!(left.iter().all(|message| !message.payload.to_string().contains("sealed")));
    }
}
