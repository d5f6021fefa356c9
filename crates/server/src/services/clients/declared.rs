//! Clients as a document states them: registered whole, and with secrets that were made elsewhere.

use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, ClientSecret, ClientSettings, SecretDigest, Status};
use vestibule_protocol::ids::{ClientId, ClientKey, ClientSecretId};
use vestibule_store::brands::Logo;
use zeroize::Zeroizing;

use super::secrets::{self, MAX_LIVE_SECRETS, NewSecret, PREFIX_LENGTH, secret_facts};
use super::{FieldFault, about, judge};
use crate::services::{Act, ServiceFault};

/// Shortest and longest secret that is taken from elsewhere. A keyed digest protects random values
/// only; whoever can guess a secret needs no digest.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 24..=512;
/// How many first characters of a given secret are kept, to tell it from others: fewer than of our
/// own, which begin with a word that is no secret.
const GIVEN_PREFIX: usize = 4;

/// A client as it is to be, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// What it calls itself on the wire.
    pub client_id: ClientId,
    /// What people read.
    pub name: String,
    /// Whether it works.
    pub status: Status,
    /// Its policy and metadata.
    pub settings: ClientSettings,
    /// The picture that the settings name, if it is not kept yet.
    pub picture: Option<Logo>,
}

/// One change of a client's secrets.
#[derive(Clone, Debug)]
pub enum SecretChange {
    /// One more.
    Add(ClientSecret),
    /// This one stops working then; `None` never.
    Expire(ClientSecretId, Option<Timestamp>),
    /// This one works no more.
    Revoke(ClientSecretId),
}

/// Draws a secret. Nothing is written yet.
pub fn make_secret(act: Act<'_>, label: &str, expires_at: Option<Timestamp>) -> NewSecret {
    secrets::make_secret(act, label, expires_at)
}

/// What is kept of a secret that was made elsewhere. Nothing is written yet.
pub fn given_secret(
    act: Act<'_>,
    label: &str,
    text: &Zeroizing<String>,
    expires_at: Option<Timestamp>,
) -> ClientSecret {
    let ours = text.starts_with(vestibule_keys::digest::CLIENT_SECRET_PREFIX);
    let shown = if ours { PREFIX_LENGTH } else { GIVEN_PREFIX };
    ClientSecret {
        id: ClientSecretId(act.core.ids.next(act.now)),
        label: label.to_owned(),
        prefix: text.chars().take(shown).collect(),
        digest: SecretDigest(act.core.digests.client_secret(text)),
        created_at: act.now,
        created_by: act.by.to_owned(),
        expires_at,
        last_used_at: None,
        revoked_at: None,
    }
}

/// What is wrong with a secret that was made elsewhere (RFC 6749 §A.2); never the secret itself.
pub fn judge_given(text: &str) -> Result<(), String> {
    let (least, most) = (SECRET_LENGTH.start(), SECRET_LENGTH.end());
    if !SECRET_LENGTH.contains(&text.len()) {
        return Err(format!(
            "a secret of {} characters; expected {least} to {most}, made by a random generator",
            text.len()
        ));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the secret holds spaces, control characters or letters beyond ASCII".into());
    }
    Ok(())
}

/// What is wrong with the label of a secret.
pub fn judge_label(label: &str) -> Option<FieldFault> {
    judge::label(label)
}

/// What is wrong with a `client_id`.
pub fn judge_client_id(client_id: &ClientId) -> Option<FieldFault> {
    judge::client_id(client_id)
}

/// An organization that a client is limited to and that is not there for it.
pub fn strange_organization(slug: &str) -> FieldFault {
    judge::strange_organization(slug)
}

/// Registers a client whole, with these secrets and no other.
pub async fn register(
    act: Act<'_>,
    stated: Stated,
    secrets: Vec<ClientSecret>,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    refuse_secrets(&stated.settings, secrets.len())?;
    let client = Client {
        key: ClientKey(act.core.ids.next(act.now)),
        org: act.org,
        client_id: stated.client_id,
        name: stated.name,
        status: stated.status,
        settings: stated.settings,
        secrets,
        created_at: act.now,
        updated_at: act.now,
    };
    super::insert(act, client, None, stated.picture).await
}

/// Changes a client's secrets all at once, if nobody changed the client since it was read.
pub async fn change_secrets(
    act: Act<'_>,
    client: &Client,
    changes: Vec<SecretChange>,
) -> Result<Timestamp, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let live = client.secrets.iter().filter(|secret| secret.is_live(act.now)).count();
    let added = changes.iter().filter(|change| matches!(change, SecretChange::Add(_))).count();
    let gone = changes.iter().filter(|change| matches!(change, SecretChange::Revoke(_))).count();
    refuse_change(&client.settings, live, added, gone)?;
    let events = changes.iter().map(|change| event(act, client, change)).collect();
    let (row, now) = (client.clone(), act.now);
    let version = act
        .core
        .store
        .write(move |tx| {
            // The client's version is the guard: two who add the same secret do not both succeed.
            let version = tx.update_client(&row, now)?;
            for change in &changes {
                match change {
                    SecretChange::Add(secret) => tx.add_client_secret(row.org, row.key, secret)?,
                    SecretChange::Expire(id, end) => {
                        tx.set_client_secret_expiry(row.key, *id, *end)?;
                    }
                    SecretChange::Revoke(id) => {
                        tx.revoke_client_secret(row.org, row.key, *id, now)?;
                    }
                }
            }
            tx.record(events)?;
            Ok(version)
        })
        .await?;
    Ok(version)
}

/// Refuses a change after which too many secrets would live; one that adds none takes some away.
pub(crate) fn refuse_change(
    settings: &ClientSettings,
    live: usize,
    added: usize,
    gone: usize,
) -> Result<(), ServiceFault> {
    match added {
        0 => Ok(()),
        _ => refuse_secrets(settings, (live + added).saturating_sub(gone)),
    }
}

/// Refuses so many secrets of a client.
pub(crate) fn refuse_secrets(settings: &ClientSettings, count: usize) -> Result<(), ServiceFault> {
    if settings.is_public() && count > 0 {
        let problem = "the client is public (auth method none) and has no secrets";
        return Err(ServiceFault::invalid("secret", problem));
    }
    if count > MAX_LIVE_SECRETS {
        let problem = format!("{count} secrets would be live; at most {MAX_LIVE_SECRETS}");
        return Err(ServiceFault::Conflict(problem));
    }
    Ok(())
}

fn event(act: Act<'_>, client: &Client, change: &SecretChange) -> vestibule_protocol::event::Event {
    let facts = |id: &ClientSecretId| {
        let known = client.secrets.iter().find(|secret| secret.id == *id);
        known.map_or(Value::Null, secret_facts)
    };
    let (kind, before, after) = match change {
        SecretChange::Add(secret) => ("client.secret_added", Value::Null, secret_facts(secret)),
        SecretChange::Expire(id, end) => {
            let end = end.map(Timestamp::as_seconds);
            (
                "client.secret_changed",
                facts(id),
                json!({ "id": id.0.to_string(), "expires_at": end }),
            )
        }
        SecretChange::Revoke(id) => ("client.secret_revoked", facts(id), Value::Null),
    };
    act.event(kind, about(client), before, after)
}
