//! A client's secrets: several live at once, so that a change-over has no gap.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::digest;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, ClientSecret, SecretDigest};
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::ClientSecretId;
use zeroize::Zeroizing;

use super::{about, judge, subordinate};
use crate::random;
use crate::services::links::NewLink;
use crate::services::texts::cut;
use crate::services::{Act, ServiceFault, sheets};

/// Most secrets of a client that live at the same time.
pub(super) const MAX_LIVE_SECRETS: usize = 10;
/// Longest time for which earlier secrets of a client go on beside a new one.
const LONGEST_OVERLAP: Duration = Duration::from_secs(3660 * 86_400);
/// How many first characters tell one secret from another.
pub(super) const PREFIX_LENGTH: usize = 10;

/// A secret that was just made.
pub struct NewSecret {
    /// What is kept of it.
    pub kept: ClientSecret,
    /// The secret, which is shown this once.
    pub text: Zeroizing<String>,
    /// The link that shows the secret, if one was wanted: nobody else is to see it then.
    pub link: Option<NewLink>,
}

/// What one more secret is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretTerms<'a> {
    /// What it is called.
    pub label: &'a str,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When the other secrets end at the latest: after so long a time. They stay if it is left out.
    pub overlap: Option<Duration>,
    /// For how long a link shows it once, where it is handed over so.
    pub link: Option<Duration>,
}

/// Gives a client one more secret, so that it can change over without a gap.
pub async fn add_secret(
    act: Act<'_>,
    client_id: &str,
    label: &str,
    expires_at: Option<Timestamp>,
) -> Result<NewSecret, ServiceFault> {
    let terms = SecretTerms { label, expires_at, ..SecretTerms::default() };
    give_secret(act, client_id, terms).await
}

/// Gives a client one more secret on these terms; the link to it, where one is wanted, is made in
/// the same transaction.
pub async fn give_secret(
    act: Act<'_>,
    client_id: &str,
    terms: SecretTerms<'_>,
) -> Result<NewSecret, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = subordinate(act, client_id).await?;
    if terms.overlap.is_some_and(|overlap| overlap > LONGEST_OVERLAP) {
        let days = LONGEST_OVERLAP.as_secs() / 86_400;
        return Err(ServiceFault::invalid("overlap", format!("at most {days} days")));
    }
    let (made, text) = secret_for(act, &client, terms.label, terms.expires_at)?;
    let (org, key, now) = (act.org, client.key, act.now);
    let SecretMade { kept, mut event } = made;
    let (drawn, link) = match terms.link {
        Some(lifetime) => {
            let (drawn, link) = sheets::draw_secret_link(act, &client, &kept, &text, lifetime)?;
            (Some(drawn), Some(link))
        }
        None => (None, None),
    };
    let others_end = terms.overlap.map(|overlap| now.plus(overlap));
    if let (Some(after), Some(end)) = (event.facts.pointer_mut("/after"), others_end)
        && let Some(after) = after.as_object_mut()
    {
        after.insert("others_end_at".to_owned(), json!(end.as_seconds()));
    }
    let row = kept.clone();
    act.core
        .store
        .write(move |tx| {
            if let Some(end) = others_end {
                tx.end_client_secrets(org, key, now, end)?;
            }
            tx.add_client_secret(org, key, &row)?;
            tx.record(vec![event])?;
            drawn.map_or(Ok(()), |link| link.insert(tx))
        })
        .await?;
    Ok(NewSecret { kept, text, link })
}

/// A secret that is still to be kept, with the line of the event log that tells of it.
pub(in crate::services) struct SecretMade {
    /// What is kept of it.
    pub(in crate::services) kept: ClientSecret,
    /// What is told of it.
    pub(in crate::services) event: Event,
}

/// Makes one more secret for a client that may have one.
pub(in crate::services) fn secret_for(
    act: Act<'_>,
    client: &Client,
    label: &str,
    expires_at: Option<Timestamp>,
) -> Result<(SecretMade, Zeroizing<String>), ServiceFault> {
    if client.settings.is_public() {
        let problem = "the client is public (auth method none) and has no secrets";
        return Err(ServiceFault::invalid("secret", problem));
    }
    if let Some(fault) = judge::label(label) {
        return Err(ServiceFault::Invalid(vec![fault]));
    }
    let live = client.secrets.iter().filter(|secret| secret.is_live(act.now)).count();
    if live >= MAX_LIVE_SECRETS {
        let problem = format!("{live} secrets are live; revoke one first");
        return Err(ServiceFault::Conflict(problem));
    }
    if let Some(fault) = expires_at.and_then(|end| judge::expiry(end, act.now)) {
        return Err(ServiceFault::Invalid(vec![fault]));
    }
    let NewSecret { kept, text, .. } = make_secret(act, label, expires_at);
    let event = act.event("client.secret_added", about(client), Value::Null, secret_facts(&kept));
    Ok((SecretMade { kept, event }, text))
}

/// Revokes a secret, named by its id or by its first characters.
pub async fn revoke_secret(
    act: Act<'_>,
    client_id: &str,
    name: &str,
) -> Result<ClientSecret, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = subordinate(act, client_id).await?;
    let named = |secret: &&ClientSecret| {
        secret.revoked_at.is_none() && (secret.id.0.to_string() == name || secret.prefix == name)
    };
    let mut matching = client.secrets.iter().filter(named);
    let secret = match (matching.next(), matching.next()) {
        (Some(secret), None) => secret.clone(),
        (Some(_), Some(_)) => {
            let problem = format!("{} names several secrets; use the id", cut(name));
            return Err(ServiceFault::invalid("secret", problem));
        }
        (None, _) => {
            return Err(ServiceFault::NotFound {
                what: "live secret",
                name: cut(name),
                hint: "look it up among those of the client",
            });
        }
    };
    let event =
        act.event("client.secret_revoked", about(&client), secret_facts(&secret), Value::Null);
    let (org, key, id, now) = (act.org, client.key, secret.id, act.now);
    act.core
        .store
        .write(move |tx| {
            tx.revoke_client_secret(org, key, id, now)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(ClientSecret { revoked_at: Some(now), ..secret })
}

pub(super) fn make_secret(act: Act<'_>, label: &str, expires_at: Option<Timestamp>) -> NewSecret {
    let text = digest::client_secret(random::secret_bytes());
    let kept = ClientSecret {
        id: ClientSecretId(act.core.ids.next(act.now)),
        label: label.to_owned(),
        prefix: text.chars().take(PREFIX_LENGTH).collect(),
        digest: SecretDigest(act.core.digests.client_secret(&text)),
        created_at: act.now,
        created_by: act.by.to_owned(),
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    NewSecret { kept, text, link: None }
}

pub(super) fn secret_facts(secret: &ClientSecret) -> Value {
    json!({
        "id": secret.id.0.to_string(),
        "label": secret.label,
        "prefix": secret.prefix,
        "expires_at": secret.expires_at.map(Timestamp::as_seconds),
    })
}
