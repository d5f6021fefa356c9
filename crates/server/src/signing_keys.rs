//! Signing keys between their rows and the ring: opened, planned, committed.

use std::str::FromStr as _;

use vestibule_keys::lifecycle::{self, Start};
use vestibule_keys::ring::RingError;
use vestibule_keys::sealing::SealError;
use vestibule_keys::signing::KeyError;
use vestibule_keys::{Alg, KeyRecord, KeyRing, Masters, Policy, RingKey, SigningKey, Step};
use vestibule_protocol::Timestamp;
use vestibule_store::signing_keys::SigningKey as Row;
use vestibule_store::{Store, StoreError, Transaction};

use crate::clock::Clock;
use crate::in_step::{self, OutOfStep};
use crate::random;

/// Why the signing keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysFault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A private key does not open.
    #[error("signing key {kid} cannot be opened: {fault}")]
    Sealed {
        /// Which.
        kid: String,
        /// Why.
        fault: SealError,
    },
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key was not made to its end.
    #[error("making a signing key was broken off")]
    BrokenOff,
    /// A row names an algorithm that this version does not know.
    #[error("signing key {kid} is for {alg}, which this version does not know")]
    UnknownAlg {
        /// Which.
        kid: String,
        /// What it names.
        alg: String,
    },
    /// The keys do not form a ring.
    #[error(transparent)]
    Ring(#[from] RingError),
}

/// Makes what is due, and the ring of what there is.
pub async fn open(
    store: &Store,
    masters: &Masters,
    policy: &Policy,
    clock: &Clock,
) -> Result<KeyRing, KeysFault> {
    keep_up(store, masters, policy, clock).await?;
    Ok(KeyRing::new(load(store.signing_keys().await?, masters)?)?)
}

/// Takes up what has changed in the database.
pub async fn refresh(ring: &KeyRing, store: &Store, masters: &Masters) -> Result<(), KeysFault> {
    Ok(ring.replace(load(store.signing_keys().await?, masters)?)?)
}

/// Carries out what the policy says is due; tells whether anything was. Two nodes may do so at the
/// same time: each plans inside its transaction, on the rows as they are then.
pub async fn keep_up(
    store: &Store,
    masters: &Masters,
    policy: &Policy,
    clock: &Clock,
) -> Result<bool, KeysFault> {
    let now = clock.now();
    let records = records(&store.all_signing_keys().await?)?;
    let steps = lifecycle::plan(&records, policy, now.as_millis());
    if steps.is_empty() {
        return Ok(false);
    }
    // The first keys are nobody's loss.
    if !records.is_empty() && !is_in_step(store).await? {
        return Ok(false);
    }
    let fresh = make(&steps, masters, now).await?;
    let policy = policy.clone();
    store.write(move |tx| commit_planned(tx, &policy, fresh, now)).await?;
    Ok(true)
}

async fn is_in_step(store: &Store) -> Result<bool, KeysFault> {
    match in_step::require(store).await {
        Ok(()) => Ok(true),
        Err(OutOfStep::Store(error)) => Err(error.into()),
        Err(apart @ OutOfStep::Apart(_)) => {
            tracing::error!(%apart, "signing keys stay in their phases");
            Ok(false)
        }
    }
}

/// Plans again on the locked rows, and uses the keys that were made if they are still due.
fn commit_planned(
    tx: &mut Transaction<'_>,
    policy: &Policy,
    fresh: Vec<Row>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = tx.lock_signing_keys()?;
    let records = records(&rows).map_err(|fault| StoreError::Schema(fault.to_string()))?;
    let steps = lifecycle::plan(&records, policy, now.as_millis());
    carry_out(tx, &rows, &steps, fresh, now)
}

/// Applies steps to the rows. `fresh` are keys made for the `Create` steps among them.
pub fn carry_out(
    tx: &mut Transaction<'_>,
    rows: &[Row],
    steps: &[Step],
    mut fresh: Vec<Row>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for step in steps {
        match step {
            Step::Create { alg, .. } => {
                let made = fresh.iter().position(|row| row.alg == alg.as_str());
                if let Some(made) = made {
                    tx.insert_signing_key(&fresh.swap_remove(made))?;
                }
            }
            Step::Promote { kid } => touch(tx, rows, kid, |row| row.signing_at = Some(now))?,
            Step::Retire { kid } => touch(tx, rows, kid, |row| row.retired_at = Some(now))?,
            Step::Remove { kid } => touch(tx, rows, kid, |row| {
                row.removed_at = Some(now);
                row.sealed.clear();
            })?,
        }
    }
    Ok(())
}

fn touch(
    tx: &mut Transaction<'_>,
    rows: &[Row],
    kid: &str,
    change: impl FnOnce(&mut Row),
) -> Result<(), StoreError> {
    let Some(row) = rows.iter().find(|row| row.kid == kid) else {
        return Err(StoreError::NotFound { what: "signing key" });
    };
    let mut row = row.clone();
    change(&mut row);
    tx.update_signing_key_phase(&row)
}

/// Makes the keys that `steps` ask for. For RSA it takes a while, so it is done before the
/// transaction and away from the event loop.
pub async fn make(
    steps: &[Step],
    masters: &Masters,
    now: Timestamp,
) -> Result<Vec<Row>, KeysFault> {
    let mut made = Vec::new();
    for step in steps {
        let Step::Create { alg, key_type, start } = *step else { continue };
        let key = tokio::task::spawn_blocking(move || SigningKey::generate(key_type, alg)).await;
        made.push(row(&key.map_err(|_| KeysFault::BrokenOff)??, masters, start, now)?);
    }
    Ok(made)
}

/// The row of a new key.
pub fn row(
    key: &SigningKey,
    masters: &Masters,
    start: Start,
    now: Timestamp,
) -> Result<Row, KeysFault> {
    let kid = key.kid().to_owned();
    let sealed = masters.seal(&key.to_pkcs8()?, &context(&kid), random::bytes());
    let sealed = sealed.map_err(|fault| KeysFault::Sealed { kid: kid.clone(), fault })?;
    let public = serde_json::Value::Object(key.public_jwk().clone());
    Ok(Row {
        kid,
        alg: key.alg().as_str().to_owned(),
        public_jwk: public.to_string(),
        sealed,
        created_at: now,
        published_at: now,
        signing_at: (start == Start::AtOnce).then_some(now),
        retired_at: None,
        removed_at: None,
    })
}

fn load(rows: Vec<Row>, masters: &Masters) -> Result<Vec<RingKey>, KeysFault> {
    let live = rows.into_iter().filter(|row| row.removed_at.is_none());
    live.map(|row| {
        let record = record(&row)?;
        let opened = masters.open(&row.sealed, &context(&row.kid));
        let opened = opened.map_err(|fault| KeysFault::Sealed { kid: row.kid.clone(), fault })?;
        let key = SigningKey::from_pkcs8(&opened, record.alg)?.with_kid(&row.kid)?;
        Ok(RingKey { record, key })
    })
    .collect()
}

/// The moments of all keys.
pub fn records(rows: &[Row]) -> Result<Vec<KeyRecord>, KeysFault> {
    rows.iter().map(record).collect()
}

fn record(row: &Row) -> Result<KeyRecord, KeysFault> {
    let alg = Alg::from_str(&row.alg)
        .map_err(|_| KeysFault::UnknownAlg { kid: row.kid.clone(), alg: row.alg.clone() })?;
    Ok(KeyRecord {
        kid: row.kid.clone(),
        alg,
        published_at: row.published_at.as_millis(),
        signing_at: row.signing_at.map(Timestamp::as_millis),
        retired_at: row.retired_at.map(Timestamp::as_millis),
        removed_at: row.removed_at.map(Timestamp::as_millis),
    })
}

/// What a private key is sealed for.
pub fn context(kid: &str) -> String {
    format!("signing-key/{kid}")
}
