//! Clients: registering, secrets, redirect URIs, switching off.

pub mod declared;
mod judge;
pub mod search;
#[cfg(test)]
mod tests;
pub mod uris;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::{Policy, digest};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{
    AuthMethod, Client, ClientSecret, ClientSettings, Environment, GrantType, PkcePolicy,
    Relaxation, SecretDigest, Status,
};
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{ClientId, ClientKey, ClientSecretId};
use vestibule_protocol::scope::Scope;
use vestibule_store::clients::ClientFilter;
use vestibule_store::{Page, PageRequest, StoreError};
use zeroize::Zeroizing;

use super::{About, Act, FieldFault, ServiceFault, difference};
use crate::core::Core;
use crate::{profiles, random};

/// Most secrets of a client that live at the same time.
const MAX_LIVE_SECRETS: usize = 10;
/// Longest time for which earlier secrets of a client go on beside a new one.
const LONGEST_OVERLAP: Duration = Duration::from_secs(3660 * 86_400);
/// How many first characters tell one secret from another.
const PREFIX_LENGTH: usize = 10;
/// How to find the right client.
const HINT: &str = "see: vestibule client list";

/// What a client is registered with: a profile, and what is to differ from it.
#[derive(Clone, Debug, Default)]
pub struct NewClient {
    /// What people read; a profile has one of its own.
    pub name: Option<String>,
    /// The vendor profile it begins with.
    pub profile: Option<String>,
    /// The values of the profile's variables.
    pub values: BTreeMap<String, String>,
    /// In place of the profile's.
    pub redirect_uris: Vec<String>,
    /// In place of the profile's.
    pub post_logout_redirect_uris: Vec<String>,
    /// In place of the profile's.
    pub scope: Option<Scope>,
    /// In place of the profile's.
    pub grant_types: BTreeSet<GrantType>,
    /// In place of the profile's.
    pub auth_method: Option<AuthMethod>,
    /// In place of the profile's.
    pub pkce: Option<PkcePolicy>,
    /// In place of a generated one.
    pub client_id: Option<ClientId>,
    /// In place of the profile's.
    pub environment: Option<Environment>,
    /// Whether it is an app on the user's device, in place of the profile's.
    pub native: Option<bool>,
    /// Why it is trusted more than the default trusts it; a profile's own points need no reason.
    pub reasons: BTreeMap<Relaxation, String>,
    /// Whether each such point must come with a reason.
    pub reasons_required: bool,
}

/// A client that was just registered.
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret, which is shown this once. A public client has none.
    pub secret: Option<Zeroizing<String>>,
}

/// A secret that was just made.
pub struct NewSecret {
    /// What is kept of it.
    pub kept: ClientSecret,
    /// The secret, which is shown this once.
    pub text: Zeroizing<String>,
}

/// A client that is about to be registered: profile and wishes have become one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What people read.
    pub name: String,
    /// In place of a generated one.
    pub client_id: Option<ClientId>,
    /// Its policy and metadata, whole.
    pub settings: ClientSettings,
    /// Whether each point in which it is trusted more than usual needs a reason.
    pub reasons_required: bool,
}

/// All that is wrong with a client of this name and these settings.
pub(crate) fn faults(name: &str, settings: &ClientSettings, keys: &Policy) -> Vec<FieldFault> {
    let mut faults = judge::settings(settings, keys);
    faults.extend(judge::name(name));
    faults
}

/// Whether a client could be registered so. Nothing is.
pub fn check(act: Act<'_>, new: &NewClient) -> Result<(), ServiceFault> {
    judged(act, &draft(act, new.clone())?)
}

/// Registers a client.
pub async fn add(act: Act<'_>, new: NewClient) -> Result<Registered, ServiceFault> {
    let draft = draft(act, new)?;
    register(act, draft).await
}

/// What a client would be registered as; nothing is judged or kept yet.
pub fn draft(act: Act<'_>, new: NewClient) -> Result<Draft, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let (name, settings) = describe(act.core, &new)?;
    let NewClient { client_id, reasons_required, .. } = new;
    Ok(Draft { name, client_id, settings, reasons_required })
}

fn judged(act: Act<'_>, draft: &Draft) -> Result<(), ServiceFault> {
    let mut faults = faults(&draft.name, &draft.settings, &act.core.config.keys.policy());
    faults.extend(draft.client_id.as_ref().and_then(judge::client_id));
    if draft.reasons_required {
        faults.extend(judge::unexplained(&draft.settings, None));
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceFault::Invalid(faults)) }
}

/// Registers a client as it was drafted.
pub async fn register(act: Act<'_>, draft: Draft) -> Result<Registered, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    judged(act, &draft)?;
    let Draft { name, client_id, settings, .. } = draft;
    let secret = (!settings.is_public()).then(|| make_secret(act, "first", None));
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
    let client = insert(act, client, Vec::new()).await?;
    Ok(Registered { client, secret: secret.map(|secret| secret.text) })
}

/// Judges a client and inserts it with its secrets, unless there are faults already.
async fn insert(
    act: Act<'_>,
    client: Client,
    mut faults: Vec<FieldFault>,
) -> Result<Client, ServiceFault> {
    faults.extend(self::faults(&client.name, &client.settings, &act.core.config.keys.policy()));
    faults.extend(judge::client_id(&client.client_id));
    if !faults.is_empty() {
        return Err(ServiceFault::Invalid(faults));
    }
    let event = act.event("client.added", about(&client), Value::Null, described(&client));
    let row = client.clone();
    act.core
        .store
        .write(move |tx| {
            tx.insert_client(&row)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(client)
}

/// The name and the settings of a client that is registered so: the profile, with what was asked
/// for in place of it.
pub(crate) fn describe(
    core: &Core,
    new: &NewClient,
) -> Result<(String, ClientSettings), ServiceFault> {
    let (profile_name, mut settings) = match &new.profile {
        Some(profile) => {
            let folder = core.config.profiles.folder.as_deref();
            let profile = profiles::find(profile, folder)?;
            let mut filled = profile.fill(&new.values)?;
            profile.complete(&mut filled.settings, &core.config.tokens);
            judge::explain_by_profile(&mut filled.settings, &profile.name);
            (Some(filled.name), filled.settings)
        }
        None if new.values.is_empty() => (None, ClientSettings::default()),
        None => return Err(ServiceFault::invalid("--set", "it fills in a profile; add --profile")),
    };
    let name = new.name.clone().or(profile_name).ok_or_else(|| {
        ServiceFault::invalid("name", "a client needs a name, or a profile; add --name")
    })?;
    if new.profile.is_none() && new.redirect_uris.is_empty() {
        // Nobody can be sent back to it: it works for itself.
        settings.grant_types = BTreeSet::from([GrantType::ClientCredentials]);
        settings.scope = Scope::default();
    }
    if new.profile.is_none() {
        settings.lifetimes = core.config.tokens.lifetimes();
        settings.refresh = core.config.tokens.refresh();
    }
    override_with(&mut settings, new);
    Ok((name, settings))
}

fn override_with(settings: &mut ClientSettings, new: &NewClient) {
    if !new.redirect_uris.is_empty() {
        settings.redirect_uris.clone_from(&new.redirect_uris);
    }
    if !new.post_logout_redirect_uris.is_empty() {
        settings.post_logout_redirect_uris.clone_from(&new.post_logout_redirect_uris);
    }
    if let Some(scope) = &new.scope {
        settings.scope = scope.clone();
    }
    if let Some(method) = new.auth_method {
        settings.auth_method = method;
    }
    if let Some(pkce) = new.pkce {
        settings.pkce = pkce;
    }
    if let Some(environment) = new.environment {
        settings.environment = environment;
    }
    if let Some(native) = new.native {
        settings.native = native;
    }
    settings.reasons.extend(new.reasons.clone());
    if !new.grant_types.is_empty() {
        settings.grant_types.clone_from(&new.grant_types);
    } else if settings.scope.contains("offline_access") {
        // Asking for the one without the other is never meant.
        settings.grant_types.insert(GrantType::RefreshToken);
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

/// Switches a client on or off. Off, nothing new starts and nothing old works.
pub async fn set_status(
    act: Act<'_>,
    client_id: &str,
    status: Status,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = find(act, client_id).await?;
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
}

/// Changes a client.
pub async fn update(
    act: Act<'_>,
    client_id: &str,
    wanted: ClientChange,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = find(act, client_id).await?;
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
    change_unless(act, "client.changed", before, after, faults).await
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
    let client = find(act, client_id).await?;
    let event = act.event("client.removed", about(&client), described(&client), Value::Null);
    let (org, key) = (act.org, client.key);
    act.core
        .store
        .write(move |tx| {
            let found = tx.client(org, key)?.map(|client| client.updated_at);
            if version.is_some() && found.is_some() && found != version {
                return Err(StoreError::Stale { what: "client" });
            }
            tx.remove_client(org, key)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(client)
}

/// Registers one more redirect URI.
pub async fn add_uri(act: Act<'_>, client_id: &str, uri: &str) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let before = find(act, client_id).await?;
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
    let before = find(act, client_id).await?;
    let mut after = before.clone();
    after.settings.redirect_uris.retain(|known| known != uri);
    if after.settings.redirect_uris.len() == before.settings.redirect_uris.len() {
        return Err(ServiceFault::NotFound {
            what: "redirect URI",
            name: cut(uri),
            hint: "see: vestibule client show",
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
    change_unless(act, kind, before, after, Vec::new()).await
}

async fn change_unless(
    act: Act<'_>,
    kind: &str,
    before: Client,
    mut after: Client,
    mut faults: Vec<FieldFault>,
) -> Result<Client, ServiceFault> {
    faults.extend(judge::settings(&after.settings, &act.core.config.keys.policy()));
    faults.extend(judge::name(&after.name));
    if !faults.is_empty() {
        return Err(ServiceFault::Invalid(faults));
    }
    let (was, is) = difference(&described(&before), &described(&after));
    let event = act.event(kind, about(&after), was, is);
    let row = after.clone();
    let now = act.now;
    let version = act
        .core
        .store
        .write(move |tx| {
            let version = tx.update_client(&row, now)?;
            tx.record(vec![event])?;
            Ok(version)
        })
        .await?;
    after.updated_at = version;
    Ok(after)
}

/// Gives a client one more secret, so that it can change over without a gap.
pub async fn add_secret(
    act: Act<'_>,
    client_id: &str,
    label: &str,
    expires_at: Option<Timestamp>,
) -> Result<NewSecret, ServiceFault> {
    rotate_secret(act, client_id, label, expires_at, None).await
}

/// Gives a client one more secret; with an `overlap`, its other secrets end when that has passed,
/// unless they end earlier.
pub async fn rotate_secret(
    act: Act<'_>,
    client_id: &str,
    label: &str,
    expires_at: Option<Timestamp>,
    overlap: Option<Duration>,
) -> Result<NewSecret, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = find(act, client_id).await?;
    if overlap.is_some_and(|overlap| overlap > LONGEST_OVERLAP) {
        let days = LONGEST_OVERLAP.as_secs() / 86_400;
        return Err(ServiceFault::invalid("overlap", format!("at most {days} days")));
    }
    let (made, text) = secret_for(act, &client, label, expires_at)?;
    let (org, key, now) = (act.org, client.key, act.now);
    let SecretMade { kept, mut event } = made;
    let others_end = overlap.map(|overlap| now.plus(overlap));
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
            tx.record(vec![event])
        })
        .await?;
    Ok(NewSecret { kept, text })
}

/// A secret that is still to be kept, with the line of the event log that tells of it.
pub(super) struct SecretMade {
    /// What is kept of it.
    pub(super) kept: ClientSecret,
    /// What is told of it.
    pub(super) event: Event,
}

/// Makes one more secret for a client that may have one.
pub(super) fn secret_for(
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
    let NewSecret { kept, text } = make_secret(act, label, expires_at);
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
    let client = find(act, client_id).await?;
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
                hint: "see: vestibule client show",
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

fn make_secret(act: Act<'_>, label: &str, expires_at: Option<Timestamp>) -> NewSecret {
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
    NewSecret { kept, text }
}

fn about(client: &Client) -> About {
    About::Client(client.client_id.clone())
}

/// What the event log keeps of a client.
fn described(client: &Client) -> Value {
    json!({ "name": client.name, "status": client.status, "settings": client.settings })
}

fn secret_facts(secret: &ClientSecret) -> Value {
    json!({
        "id": secret.id.0,
        "label": secret.label,
        "prefix": secret.prefix,
        "expires_at": secret.expires_at.map(Timestamp::as_seconds),
    })
}

/// A value as messages show it: not longer than one line.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}
