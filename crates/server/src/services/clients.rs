//! Clients: registering, secrets, redirect URIs, switching off.

pub mod declared;
mod draft;
mod homes;
mod judge;
pub mod patch;
mod secrets;
#[cfg(test)]
mod tests;
pub mod uris;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vestibule_keys::{Policy, digest};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::brand::LogoDigest;
use vestibule_protocol::client::{Client, ClientSettings, Status};
use vestibule_protocol::ids::{ClientId, ClientKey, OrgId};
use vestibule_store::brands::Logo;
use vestibule_store::clients::ClientFilter;
use vestibule_store::managed::ManagedKind;
use vestibule_store::{Page, PageRequest, StoreError, Transaction};
use zeroize::Zeroizing;

pub(crate) use draft::describe;
use draft::judged;
pub use draft::{Draft, NewClient, check, draft};
pub(crate) use homes::homes;
pub use secrets::{NewSecret, SecretTerms, add_secret, give_secret, revoke_secret};
pub(super) use secrets::{SecretMade, secret_for};

use super::links::NewLink;
use super::texts::cut;
use super::{About, Act, FieldFault, ServiceFault, admins, brands, difference, groups, sheets};
use crate::random;

/// The `client_id` of the client that `vestibule dev` makes for itself. `vestibule serve` starts beside
/// none, so nobody registers another one under this name.
pub(crate) const DEMO_CLIENT: &str = "demo";
/// How to find the right client.
const HINT: &str = "look it up in the list of clients";

/// A client that was just registered.
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret, which is shown this once. A public client has none.
    pub secret: Option<Zeroizing<String>>,
    /// The link that shows the secret, if one was wanted: nobody else is to see it then.
    pub link: Option<NewLink>,
}

/// All that is wrong with a client of this name and these settings.
pub(crate) fn faults(name: &str, settings: &ClientSettings, keys: &Policy) -> Vec<FieldFault> {
    let mut faults = judge::settings(settings, keys);
    faults.extend(judge::name(name));
    faults
}

/// Registers a client.
pub async fn add(act: Act<'_>, new: NewClient) -> Result<Registered, ServiceFault> {
    let draft = draft(act, new)?;
    register(act, draft).await
}

/// Registers a client as it was drafted.
pub async fn register(act: Act<'_>, draft: Draft) -> Result<Registered, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    judged(act, &draft)?;
    let Draft { name, client_id, settings, secret_link, .. } = draft;
    let secret = (!settings.is_public()).then(|| secrets::make_secret(act, "first", None));
    let client = Client {
        key: ClientKey(act.core.ids.next(act.now)),
        org: act.org,
        client_id: client_id.unwrap_or_else(|| ClientId(digest::client_id(random::bytes()))),
        name,
        status: Status::Active,
        settings,
        secrets: secret.iter().map(|secret| secret.kept.clone()).collect(),
        created_at: act.now,
        updated_at: act.now,
    };
    let (drawn, link) = match (&secret, secret_link) {
        (Some(NewSecret { kept, text, .. }), Some(lifetime)) => {
            let (drawn, link) = sheets::draw_secret_link(act, &client, kept, text, lifetime)?;
            (Some(drawn), Some(link))
        }
        _ => (None, None),
    };
    let client = insert(act, client, drawn, None).await?;
    Ok(Registered { client, secret: secret.map(|secret| secret.text), link })
}

/// Judges a client and inserts it with its secrets, the link to one and the picture it names.
async fn insert(
    act: Act<'_>,
    client: Client,
    link: Option<sheets::DrawnLink>,
    picture: Option<Logo>,
) -> Result<Client, ServiceFault> {
    let mut faults = faults(&client.name, &client.settings, &act.core.config.key_policy());
    faults.extend(judge::new_client_id(&client.client_id));
    faults.extend(groups::unknown(act, "groups", &client.settings.groups).await?);
    faults.extend(homes::strange(act, &client.settings).await?);
    if !faults.is_empty() {
        return Err(ServiceFault::Invalid(faults));
    }
    let event = act.event("client.added", about(&client), Value::Null, described(&client));
    let (row, now) = (client.clone(), act.now);
    let written = act.core.store.write(move |tx| {
        hold(tx, row.org, &row.settings.groups)?;
        wear(tx, &row, None, picture.as_ref(), now)?;
        tx.insert_client(&row)?;
        tx.record(vec![event])?;
        link.map_or(Ok(()), |link| link.insert(tx))
    });
    written.await.map_err(brands::logo_fault)?;
    Ok(client)
}

/// Keeps the picture that came with a client, and holds the one that it is to name.
fn wear(
    tx: &mut Transaction<'_>,
    client: &Client,
    old: Option<LogoDigest>,
    picture: Option<&Logo>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(picture) = picture {
        tx.keep_logo(client.org, picture, now)?;
    }
    match client.settings.logo {
        Some(logo) if old != Some(logo) => tx.hold_logo(client.org, logo),
        _ => Ok(()),
    }
}

/// A page of the clients.
pub async fn list(
    act: Act<'_>,
    filter: ClientFilter,
    page: PageRequest,
) -> Result<Page<Client>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    Ok(act.core.store.clients(act.org, filter, page).await?)
}

/// The declarative files that state these clients; what is changed elsewhere, the next application
/// of the file changes back.
pub async fn files(
    act: Act<'_>,
    clients: &[Client],
) -> Result<BTreeMap<ClientKey, String>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let keys = clients.iter().filter(|client| client.org == act.org).map(|client| client.key.0);
    let files = act.core.store.files_of(ManagedKind::Client, keys.collect()).await?;
    Ok(files.into_iter().map(|(key, file)| (ClientKey(key), file)).collect())
}

/// The client of this `client_id`.
pub async fn find(act: Act<'_>, client_id: &str) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let found = act.core.store.client_by_client_id(ClientId(client_id.to_owned())).await?;
    found.filter(|client| client.org == act.org).ok_or_else(|| ServiceFault::NotFound {
        what: "client",
        name: cut(client_id),
        hint: HINT,
    })
}

/// The client of this `client_id`, if whoever acts may act on it (invariant I27).
async fn subordinate(act: Act<'_>, client_id: &str) -> Result<Client, ServiceFault> {
    let client = find(act, client_id).await?;
    admins::client_outranks(act, &client).await?;
    Ok(client)
}

/// Switches a client on or off. Off, nothing new starts and nothing old works.
pub async fn set_status(
    act: Act<'_>,
    client_id: &str,
    status: Status,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = subordinate(act, client_id).await?;
    if before.status == status {
        return Ok(before);
    }
    let after = Client { status, ..before.clone() };
    let kind = match status {
        Status::Active => "client.enabled",
        Status::Disabled => "client.disabled",
    };
    change(act, kind, before, after).await
}

/// What is to be different about a client; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct ClientChange {
    /// What people read.
    pub name: Option<String>,
    /// Whether it works.
    pub status: Option<Status>,
    /// Its policy and metadata, whole.
    pub settings: Option<ClientSettings>,
    /// The version that the change was made from, its `updated_at`; another one is a conflict.
    pub version: Option<Timestamp>,
    /// Whether each point in which it becomes trusted more than the default must come with a reason.
    pub reasons_required: bool,
    /// A picture that the settings name and that is kept with the change.
    pub picture: Option<Logo>,
}

/// Changes a client.
pub async fn update(
    act: Act<'_>,
    client_id: &str,
    wanted: ClientChange,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = subordinate(act, client_id).await?;
    if wanted.version.is_some_and(|version| version != before.updated_at) {
        return Err(ServiceFault::Conflict(format!(
            "{} was changed meanwhile; read it again and repeat the change",
            before.client_id
        )));
    }
    let mut after = before.clone();
    after.name = wanted.name.unwrap_or(after.name);
    after.status = wanted.status.unwrap_or(after.status);
    after.settings = wanted.settings.unwrap_or(after.settings);
    if after == before {
        return Ok(before);
    }
    let mut faults = Vec::new();
    if wanted.reasons_required {
        faults = judge::unexplained(&after.settings, Some(&before.settings));
    }
    change_unless(act, "client.changed", before, after, wanted.picture, faults).await
}

/// Deletes a client. Everything that was issued to it ends with it.
pub async fn remove(act: Act<'_>, client_id: &str) -> Result<Client, ServiceFault> {
    remove_version(act, client_id, None).await
}

/// Deletes a client, if it still is of this version, its `updated_at`.
pub async fn remove_version(
    act: Act<'_>,
    client_id: &str,
    version: Option<Timestamp>,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = subordinate(act, client_id).await?;
    let event = act.event("client.removed", about(&client), described(&client), Value::Null);
    let (org, key, logo) = (act.org, client.key, client.settings.logo);
    act.core
        .store
        .write(move |tx| {
            let found = tx.client(org, key)?.map(|client| client.updated_at);
            if version.is_some() && found.is_some() && found != version {
                return Err(StoreError::Stale { what: "client" });
            }
            tx.remove_client(org, key)?;
            if let Some(logo) = logo {
                tx.release_logo(org, logo)?;
            }
            tx.record(vec![event])
        })
        .await?;
    Ok(client)
}

/// Registers one more redirect URI.
pub async fn add_uri(act: Act<'_>, client_id: &str, uri: &str) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = subordinate(act, client_id).await?;
    if before.settings.redirect_uris.iter().any(|known| known == uri) {
        return Err(ServiceFault::Conflict(format!("{} is registered already", cut(uri))));
    }
    let mut after = before.clone();
    after.settings.redirect_uris.push(uri.to_owned());
    change(act, "client.redirect_uri_added", before, after).await
}

/// Takes a redirect URI out.
pub async fn remove_uri(act: Act<'_>, client_id: &str, uri: &str) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = subordinate(act, client_id).await?;
    let mut after = before.clone();
    after.settings.redirect_uris.retain(|known| known != uri);
    if after.settings.redirect_uris.len() == before.settings.redirect_uris.len() {
        return Err(ServiceFault::NotFound {
            what: "redirect URI",
            name: cut(uri),
            hint: "look it up among those of the client",
        });
    }
    change(act, "client.redirect_uri_removed", before, after).await
}

async fn change(
    act: Act<'_>,
    kind: &str,
    before: Client,
    after: Client,
) -> Result<Client, ServiceFault> {
    change_unless(act, kind, before, after, None, Vec::new()).await
}

async fn change_unless(
    act: Act<'_>,
    kind: &str,
    before: Client,
    mut after: Client,
    picture: Option<Logo>,
    mut faults: Vec<FieldFault>,
) -> Result<Client, ServiceFault> {
    faults.extend(judge::settings(&after.settings, &act.core.config.key_policy()));
    faults.extend(judge::name(&after.name));
    // Groups that it has been limited to before are nobody's typing error now.
    let joined: BTreeSet<String> =
        after.settings.groups.difference(&before.settings.groups).cloned().collect();
    faults.extend(groups::unknown(act, "groups", &joined).await?);
    faults.extend(homes::strange(act, &after.settings).await?);
    if !faults.is_empty() {
        return Err(ServiceFault::Invalid(faults));
    }
    let (was, is) = difference(&described(&before), &described(&after));
    let event = act.event(kind, about(&after), was, is);
    let (row, old) = (after.clone(), before.settings.logo);
    let now = act.now;
    let written = act.core.store.write(move |tx| {
        hold(tx, row.org, &joined)?;
        wear(tx, &row, old, picture.as_ref(), now)?;
        let version = tx.update_client(&row, now)?;
        if let Some(old) = old.filter(|old| row.settings.logo != Some(*old)) {
            tx.release_logo(row.org, old)?;
        }
        tx.record(vec![event])?;
        Ok(version)
    });
    after.updated_at = written.await.map_err(brands::logo_fault)?;
    Ok(after)
}

/// Holds the groups that a client is to be limited to, so that none is renamed or removed before it
/// is.
fn hold(tx: &mut Transaction<'_>, org: OrgId, groups: &BTreeSet<String>) -> Result<(), StoreError> {
    match tx.hold_groups(org, groups)?.is_empty() {
        true => Ok(()),
        false => Err(StoreError::Stale { what: "group" }),
    }
}

fn about(client: &Client) -> About {
    About::Client(client.client_id.clone())
}

/// What the event log keeps of a client.
fn described(client: &Client) -> Value {
    json!({ "name": client.name, "status": client.status, "settings": client.settings })
}
