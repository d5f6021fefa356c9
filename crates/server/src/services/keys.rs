//! Signing keys: what there is, rotating by hand, retiring.

use serde_json::{Value, json};
use vestibule_keys::lifecycle::{self, Rotation};
use vestibule_keys::{Alg, Phase, Step};
use vestibule_protocol::admin::Permission;

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

/// What a rotation would cost, in one sentence, to be shown before it is done.
pub fn consequence(act: Act<'_>, rotation: Rotation) -> String {
    rotation.consequence(&act.core.config.keys.policy())
}

/// Rotates the key of one algorithm.
pub async fn rotate(
    act: Act<'_>,
    alg: Alg,
    rotation: Rotation,
) -> Result<Vec<KeyLine>, ServiceFault> {
    act.require(Permission::KeysWrite)?;
    let policy = act.core.config.keys.policy();
    let rows = act.core.store.all_signing_keys().await?;
    let steps = lifecycle::rotate(&signing_keys::records(&rows)?, &policy, alg, rotation)?;
    carry_out(act, "key.rotated", json!({ "alg": alg.to_string() }), steps).await?;
    list(act, false).await
}

/// Retires one key by hand; it stays published for the tokens it signed.
pub async fn retire(act: Act<'_>, kid: &str) -> Result<Vec<KeyLine>, ServiceFault> {
    act.require(Permission::KeysWrite)?;
    let rows = act.core.store.all_signing_keys().await?;
    let steps = lifecycle::retire(&signing_keys::records(&rows)?, kid)?;
    carry_out(act, "key.retired", json!({ "kid": super::clients::cut(kid) }), steps).await?;
    list(act, false).await
}

/// Makes the keys that the steps need, then commits all steps at once.
async fn carry_out(
    act: Act<'_>,
    kind: &str,
    after: Value,
    steps: Vec<Step>,
) -> Result<(), ServiceFault> {
    let fresh = signing_keys::make(&steps, &act.core.masters, act.now)?;
    let event = act.event(kind, About::Installation, Value::Null, after);
    let now = act.now;
    act.core
        .store
        .write(move |tx| {
            let rows = tx.lock_signing_keys()?;
            signing_keys::carry_out(tx, &rows, &steps, fresh, now)?;
            tx.record(vec![event])
        })
        .await?;
    let core = act.core;
    signing_keys::refresh(&core.keys, &core.store, &core.masters).await?;
    Ok(())
}
