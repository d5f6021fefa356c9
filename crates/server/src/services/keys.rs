//! Signing keys: what there is, rotating by hand, retiring.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::lifecycle::{self, Rotation};
use vestibule_keys::{Alg, Phase, Step};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::event::Event;
use vestibule_store::StoreError;
use vestibule_store::key_sightings::Watcher;
use vestibule_store::signing_keys::SigningKey;

use super::texts::cut;
use super::{About, Act, ServiceFault};
use crate::signing_keys;

/// A signing key, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyLine {
    /// Its id in the JWK set (RFC 7517 §4.5).
    pub kid: String,
    /// What it signs with.
    pub alg: String,
    /// Where it stands: published, signing, retired or removed.
    pub phase: &'static str,
    /// When it entered the JWK set, in seconds since 1970.
    pub published_at: i64,
    /// When it began to sign.
    pub signing_at: Option<i64>,
    /// When it stopped.
    pub retired_at: Option<i64>,
    /// When it left the JWK set.
    pub removed_at: Option<i64>,
}

/// Every key that is not removed; all keys ever made when `removed` is asked for.
pub async fn list(act: Act<'_>, removed: bool) -> Result<Vec<KeyLine>, ServiceFault> {
    act.require(Permission::KeysRead)?;
    let rows = act.core.store.all_signing_keys().await?;
    let records = signing_keys::records(&rows)?;
    let seconds = |millis: i64| millis.div_euclid(1000);
    let lines = records.iter().map(|record| KeyLine {
        kid: record.kid.clone(),
        alg: record.alg.to_string(),
        phase: record.phase().as_str(),
        published_at: seconds(record.published_at),
        signing_at: record.signing_at.map(seconds),
        retired_at: record.retired_at.map(seconds),
        removed_at: record.removed_at.map(seconds),
    });
    Ok(lines.filter(|line| removed || line.phase != Phase::Removed.as_str()).collect())
}

/// Most clients that a warning names.
const NAMED: usize = 10;
/// How long ago a client may last have authenticated to count as one that is in use.
const IN_USE: Duration = Duration::from_secs(90 * 86_400);

/// A client in use, and which keys it has not been seen to fetch.
///
/// A fetch of the key set names nobody: it counts as the client's when it came from the address that
/// the client's server uses at the token endpoint. A client that never fetches it does not check
/// signatures, or fetches from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyClient {
    /// What it calls itself on the wire.
    pub client_id: String,
    /// What people read.
    pub name: String,
    /// When it last authenticated, to the hour, in seconds since 1970.
    pub last_used_at: i64,
    /// When the key set was last fetched from where it is.
    pub last_fetch_at: Option<i64>,
    /// The keys in the key set that it has not seen.
    pub unseen: Vec<String>,
}

impl KeyClient {
    /// Whether it fetches the key set and has not seen this key yet.
    pub fn lags_behind(&self, kid: &str) -> bool {
        self.last_fetch_at.is_some() && self.unseen.iter().any(|unseen| unseen == kid)
    }
}

/// The clients in use in the organization and below it, and what they have seen of the keys that are
/// published or sign.
pub async fn clients(act: Act<'_>) -> Result<Vec<KeyClient>, ServiceFault> {
    act.require(Permission::KeysRead)?;
    let current: Vec<String> = list(act, false)
        .await?
        .into_iter()
        .filter(|line| line.phase != Phase::Retired.as_str())
        .map(|line| line.kid)
        .collect();
    let orgs = super::organizations::all_below(act).await?;
    let watchers = act.core.store.watchers(orgs, act.now.minus(IN_USE)).await?;
    let seen = |watcher: Watcher| KeyClient {
        unseen: current.iter().filter(|kid| !watcher.kids.contains(*kid)).cloned().collect(),
        client_id: watcher.client_id.0,
        name: watcher.name,
        last_used_at: watcher.used_at.as_seconds(),
        last_fetch_at: watcher.fetched_at.map(Timestamp::as_seconds),
    };
    Ok(watchers.into_iter().map(seen).collect())
}

/// The clients in use that fetch the key set and have not done so since the newest key of this
/// algorithm was published: they may miss the next one as well.
pub async fn stragglers(act: Act<'_>, alg: Alg) -> Result<Vec<KeyClient>, ServiceFault> {
    let lines = list(act, false).await?;
    let of_alg = lines.into_iter().filter(|line| line.alg == alg.as_str());
    let newest = of_alg.max_by_key(|line| line.published_at);
    let Some(newest) = newest else { return Ok(Vec::new()) };
    let mut clients = clients(act).await?;
    clients.retain(|client| client.lags_behind(&newest.kid));
    Ok(clients)
}

/// Who may miss the next key, in one sentence; `None` when nobody is known to.
pub fn warning(stragglers: &[KeyClient]) -> Option<String> {
    if stragglers.is_empty() {
        return None;
    }
    let named = stragglers.iter().take(NAMED).map(|client| client.client_id.as_str());
    let named: Vec<&str> = named.collect();
    let more = match stragglers.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "Since the present key was published, nobody has fetched the key set from the addresses that \
         the servers of these clients use: {}{more}. They may miss the next key as well.",
        named.join(", ")
    ))
}

/// What a rotation would cost, in one sentence, to be shown before it is done.
pub fn consequence(act: Act<'_>, rotation: Rotation) -> String {
    rotation.consequence(&act.core.config.key_policy())
}

/// Rotates the key of one algorithm.
pub async fn rotate(
    act: Act<'_>,
    alg: Alg,
    rotation: Rotation,
) -> Result<Vec<KeyLine>, ServiceFault> {
    act.require(Permission::KeysWrite)?;
    let policy = act.core.config.key_policy();
    let rows = act.core.store.all_signing_keys().await?;
    let steps = lifecycle::rotate(&signing_keys::records(&rows)?, &policy, alg, rotation)?;
    let event = act.event(
        "key.rotated",
        About::Installation,
        Value::Null,
        json!({ "alg": alg.to_string() }),
    );
    carry_out(act, rows, steps, event).await?;
    list(act, false).await
}

/// Retires one key by hand; it stays published for the tokens it signed.
pub async fn retire(act: Act<'_>, kid: &str) -> Result<Vec<KeyLine>, ServiceFault> {
    act.require(Permission::KeysWrite)?;
    let rows = act.core.store.all_signing_keys().await?;
    let steps = lifecycle::retire(&signing_keys::records(&rows)?, kid)?;
    let after = json!({ "kid": cut(kid) });
    let event = act.event("key.retired", About::Installation, Value::Null, after);
    carry_out(act, rows, steps, event).await?;
    list(act, false).await
}

/// Makes the keys that the steps need, then commits all steps at once. `planned` are the keys that
/// the steps were planned from: steps of two plans together could leave nothing that signs.
async fn carry_out(
    act: Act<'_>,
    planned: Vec<SigningKey>,
    steps: Vec<Step>,
    event: Event,
) -> Result<(), ServiceFault> {
    let fresh = signing_keys::make(&steps, &act.core.masters, act.now).await?;
    let now = act.now;
    act.core
        .store
        .write(move |tx| {
            let rows = tx.lock_signing_keys()?;
            if rows != planned {
                return Err(StoreError::Stale { what: "set of signing keys" });
            }
            signing_keys::carry_out(tx, &rows, &steps, fresh, now)?;
            tx.record(vec![event])
        })
        .await?;
    let core = act.core;
    signing_keys::refresh(&core.keys, &core.store, &core.masters).await?;
    Ok(())
}
