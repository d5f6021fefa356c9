//! Hand-over sheets, and the links by which vendors get them and their secrets.
//!
//! A link to a sheet can be opened until it ends. A link to a secret shows it once: opening shows a
//! button, the button uses the link up. Until then the secret is kept, sealed under the master key,
//! with the link; the statement that uses the link up also forgets it.

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::Masters;
use vestibule_keys::sealing::SealError;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, ClientSecret};
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{ClientKey, LinkId};
use vestibule_store::links::Link;
use vestibule_store::{StoreError, Transaction};
use zeroize::Zeroizing;

use super::links::{self, NewLink, Wanted};
use super::{About, Act, ServiceFault, clients};
use crate::core::Core;
use crate::profiles;
use crate::random;
use crate::sheet::{Sheet, Sources};

/// What a link to a sheet is good for.
pub const SHEET: &str = "handover";
/// What a link to a secret is good for.
pub const SECRET: &str = "handover-secret";

const DAY: u64 = 86_400;
/// How long a link to a sheet may live, in seconds.
const SHEET_SECONDS: RangeInclusive<u64> = 60..=90 * DAY;
/// How long a link to a secret may live, in seconds.
const SECRET_SECONDS: RangeInclusive<u64> = 60..=30 * DAY;

/// The sheet of a client.
pub async fn sheet(act: Act<'_>, client_id: &str) -> Result<Sheet, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    Ok(of(act.core, &clients::find(act, client_id).await?, act.now))
}

/// The sheet of a client. A profile that is gone leaves the usual words.
fn of(core: &Core, client: &Client, now: Timestamp) -> Sheet {
    let folder = core.config.profiles.folder.as_deref();
    let name = client.settings.vendor_profile.as_deref();
    let profile = name.and_then(|name| profiles::find(name, folder).ok());
    Sheet::of(Sources { client, profile: profile.as_ref(), config: &core.config, now })
}

/// Makes a link by which anybody who has it can read the sheet until it ends.
pub async fn share(
    act: Act<'_>,
    client_id: &str,
    lifetime: Duration,
) -> Result<NewLink, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    check_lifetime(lifetime, SHEET_SECONDS)?;
    let client = clients::find(act, client_id).await?;
    let wanted = Wanted {
        purpose: SHEET,
        path: "/handover",
        user: None,
        data: json!({ "client": client.key.0 }),
        lifetime,
    };
    links::make(act, About::Client(client.client_id), wanted).await
}

/// Refuses a lifetime that a link to a secret cannot have.
fn check_secret_lifetime(lifetime: Duration) -> Result<(), ServiceFault> {
    check_lifetime(lifetime, SECRET_SECONDS)
}

/// A link to a secret that is drawn, and still to be kept in the transaction that keeps the secret:
/// so nobody has the one without the other.
pub(super) struct DrawnLink {
    link: Link,
    event: Event,
}

impl DrawnLink {
    /// Keeps it, and records that it was made.
    pub(super) fn insert(self, tx: &mut Transaction<'_>) -> Result<(), StoreError> {
        tx.insert_link(&self.link)?;
        tx.record(vec![self.event])
    }
}

/// Draws a link that shows a secret once. The text is known only in the moment it is made.
pub(super) fn draw_secret_link(
    act: Act<'_>,
    client: &Client,
    secret: &ClientSecret,
    text: &Zeroizing<String>,
    lifetime: Duration,
) -> Result<(DrawnLink, NewLink), ServiceFault> {
    check_secret_lifetime(lifetime)?;
    let wanted = Wanted {
        purpose: SECRET,
        path: "/handover/secret",
        user: None,
        data: Value::Null,
        lifetime,
    };
    let (mut link, made) = links::draw(act, wanted);
    let sealed = act.core.masters.seal(text.as_bytes(), &context(link.id), random::bytes());
    let sealed = sealed.map_err(|fault| unreadable(link.id, &fault))?;
    link.data = json!({ "client": client.key.0, "secret": secret.id.0, "sealed": sealed });
    let event = act.event(
        "link.made",
        About::Client(client.client_id.clone()),
        Value::Null,
        json!({
            "purpose": SECRET,
            "prefix": secret.prefix,
            "expires_at": made.expires_at.as_seconds(),
        }),
    );
    Ok((DrawnLink { link, event }, made))
}

/// Makes a link to a secret that was just made, and kept before.
pub async fn share_secret(
    act: Act<'_>,
    client: &Client,
    secret: &ClientSecret,
    text: &Zeroizing<String>,
    lifetime: Duration,
) -> Result<NewLink, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let (drawn, made) = draw_secret_link(act, client, secret, text, lifetime)?;
    act.core.store.write(move |tx| drawn.insert(tx)).await?;
    Ok(made)
}

fn check_lifetime(lifetime: Duration, bounds: RangeInclusive<u64>) -> Result<(), ServiceFault> {
    let seconds = lifetime.as_secs();
    if bounds.contains(&seconds) {
        return Ok(());
    }
    let days = bounds.end() / DAY;
    let problem = format!("{seconds} seconds; a link lives from one minute to {days} days");
    Err(ServiceFault::invalid("lifetime", problem))
}

/// A link that was made for a client and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SharedLink {
    /// Its id, by which it can be revoked.
    #[serde(serialize_with = "as_text")]
    pub id: i64,
    /// [`SHEET`] or [`SECRET`].
    pub purpose: String,
    /// When it was made, in seconds since 1970.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// When the secret was taken, or the link revoked.
    pub used_at: Option<i64>,
}

/// A number that not every reader of JSON holds exactly.
fn as_text<S: serde::Serializer>(id: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

/// The links that were made for a client and have not ended, newest first.
pub async fn shared(act: Act<'_>, client_id: &str) -> Result<Vec<SharedLink>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let client = clients::find(act, client_id).await?;
    let links = act.core.store.links(act.org, &[SHEET, SECRET], act.now).await?;
    let of_client = links.into_iter().filter(|link| key_of(link) == Some(client.key));
    let shown = of_client.map(|link| SharedLink {
        id: link.id.0,
        purpose: link.purpose,
        created_at: link.created_at.as_seconds(),
        expires_at: link.expires_at.as_seconds(),
        used_at: link.used_at.map(Timestamp::as_seconds),
    });
    Ok(shown.collect())
}

/// Ends a link at once; the secret that it carries is forgotten.
pub async fn revoke(act: Act<'_>, client_id: &str, id: i64) -> Result<(), ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = clients::find(act, client_id).await?;
    let found = shared(act, client_id).await?.into_iter().find(|link| link.id == id);
    let purpose = match found {
        Some(link) if link.used_at.is_none() && link.purpose == SHEET => SHEET,
        Some(link) if link.used_at.is_none() => SECRET,
        _ => {
            return Err(ServiceFault::NotFound {
                what: "open link",
                name: id.to_string(),
                hint: "look it up among the links of the client",
            });
        }
    };
    let before = json!({ "purpose": purpose, "id": id });
    let event =
        act.event("link.revoked", About::Client(client.client_id.clone()), before, Value::Null);
    let (rest, now) = (json!({ "client": client.key.0 }), act.now);
    let written = act.core.store.write(move |tx| {
        tx.consume_link_leaving(LinkId(id), purpose, now, &rest)?;
        tx.record(vec![event])
    });
    Ok(written.await?)
}

/// What stands behind a link to a sheet.
pub struct Opened {
    /// The sheet, as of now.
    pub sheet: Sheet,
    /// Whose it is.
    pub client: Client,
    /// The link.
    pub link: Link,
}

/// The sheet behind a link, if the link is good at `now`.
pub async fn open(
    core: &Core,
    token: &str,
    now: Timestamp,
) -> Result<Option<Opened>, ServiceFault> {
    let Some(link) = links::open(core, token, SHEET, now).await? else { return Ok(None) };
    let Some(client) = client_of(core, &link).await? else { return Ok(None) };
    Ok(Some(Opened { sheet: of(core, &client, now), client, link }))
}

/// What stands behind a link to a secret; the secret is still sealed.
pub struct Offer {
    /// Whose secret.
    pub client: Client,
    /// The link.
    pub link: Link,
}

/// What a link to a secret offers, if it is good at `now` and the secret still works.
pub async fn open_secret(
    core: &Core,
    token: &str,
    now: Timestamp,
) -> Result<Option<Offer>, ServiceFault> {
    let Some(link) = links::open(core, token, SECRET, now).await? else { return Ok(None) };
    let Some(client) = client_of(core, &link).await? else { return Ok(None) };
    let id = link.data.get("secret").and_then(Value::as_i64);
    let works = client.secrets.iter().any(|it| Some(it.id.0) == id && it.is_live(now));
    Ok(works.then_some(Offer { client, link }))
}

/// Takes the secret, which uses the link up and forgets what it carried. `None` when somebody else
/// was first, or the link has ended meanwhile.
pub async fn take_secret(
    act: Act<'_>,
    offer: &Offer,
) -> Result<Option<Zeroizing<String>>, ServiceFault> {
    let id = offer.link.id;
    let sealed = offer.link.data.get("sealed").and_then(Value::as_str).unwrap_or_default();
    let plain = act.core.masters.open(sealed, &context(id));
    let plain = plain.map_err(|fault| unreadable(id, &fault))?;
    let text = std::str::from_utf8(&plain).map(str::to_owned).map(Zeroizing::new);
    let text = text.map_err(|_| unreadable(id, &SealError::Malformed))?;
    let about = About::Client(offer.client.client_id.clone());
    let event = act.event("link.used", about, Value::Null, json!({ "purpose": SECRET }));
    let (rest, now) = (json!({ "client": offer.client.key.0 }), act.now);
    let written = act.core.store.write(move |tx| {
        tx.consume_link_leaving(id, SECRET, now, &rest)?;
        tx.record(vec![event])
    });
    match written.await {
        Ok(()) => Ok(Some(text)),
        Err(StoreError::Stale { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What an unused link carries, sealed under the current master key; `None` when it is already.
pub fn resealed(
    masters: &Masters,
    link: &Link,
    random: [u8; 32],
) -> Result<Option<Value>, SealError> {
    let sealed = link.data.get("sealed").and_then(Value::as_str).unwrap_or_default();
    let Some(fresh) = masters.reseal(sealed, &context(link.id), random)? else { return Ok(None) };
    let mut data = link.data.clone();
    if let Some(data) = data.as_object_mut() {
        data.insert("sealed".to_owned(), json!(fresh));
    }
    Ok(Some(data))
}

/// What a secret is sealed for: this link and no other.
fn context(id: LinkId) -> String {
    format!("handover-secret/{}", id.0)
}

fn key_of(link: &Link) -> Option<ClientKey> {
    link.data.get("client").and_then(Value::as_i64).map(ClientKey)
}

async fn client_of(core: &Core, link: &Link) -> Result<Option<Client>, ServiceFault> {
    let Some(key) = key_of(link) else { return Ok(None) };
    Ok(core.store.client(link.org, key).await?)
}

fn unreadable(id: LinkId, fault: &SealError) -> ServiceFault {
    ServiceFault::Store(StoreError::Corrupt {
        table: "links",
        id: id.0.to_string(),
        detail: fault.to_string(),
    })
}
