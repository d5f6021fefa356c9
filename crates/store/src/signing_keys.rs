//! Signing keys: their phases, and their private halves, sealed.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;

use crate::meta::bump_change_counter;
use crate::rows::{maybe_millis, maybe_moment, moment};
use crate::schema::signing_keys;
use crate::{Store, StoreError, Transaction};

/// A signing key. Its phase is what its times say: published, then signing, retired, removed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in the JWK set (RFC 7517 §4.5).
    pub kid: String,
    /// What it signs with (RFC 7518 §3.1).
    pub alg: String,
    /// The public half, a JWK.
    pub public_jwk: String,
    /// The private half, sealed under the master key.
    pub sealed: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is in the JWK set.
    pub published_at: Timestamp,
    /// Since when it signs.
    pub signing_at: Option<Timestamp>,
    /// Since when it signs no more.
    pub retired_at: Option<Timestamp>,
    /// Since when it is out of the JWK set.
    pub removed_at: Option<Timestamp>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("alg", &self.alg)
            .field("published_at", &self.published_at)
            .field("signing_at", &self.signing_at)
            .field("retired_at", &self.retired_at)
            .field("removed_at", &self.removed_at)
            .finish_non_exhaustive()
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
struct SigningKeyRow {
    kid: String,
    alg: String,
    public_jwk: String,
    sealed: String,
    created_at: i64,
    published_at: i64,
    signing_at: Option<i64>,
    retired_at: Option<i64>,
    removed_at: Option<i64>,
}

impl From<SigningKeyRow> for SigningKey {
    fn from(row: SigningKeyRow) -> Self {
        Self {
            kid: row.kid,
            alg: row.alg,
            public_jwk: row.public_jwk,
            sealed: row.sealed,
            created_at: moment(row.created_at),
            published_at: moment(row.published_at),
            signing_at: maybe_moment(row.signing_at),
            retired_at: maybe_moment(row.retired_at),
            removed_at: maybe_moment(row.removed_at),
        }
    }
}

impl Store {
    /// Every signing key that is not removed, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.read(list).await
    }

    /// Every signing key there ever was, oldest first.
    pub async fn all_signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.scan(list_all).await
    }
}

impl Transaction<'_> {
    /// Every signing key that is not removed, as this transaction sees it.
    pub fn signing_keys(&mut self) -> Result<Vec<SigningKey>, StoreError> {
        list(self.db)
    }

    /// Every signing key there ever was; until this transaction ends no other plans with them.
    pub fn lock_signing_keys(&mut self) -> Result<Vec<SigningKey>, StoreError> {
        // The counter's row serves as the lock: every change of keys moves it anyway.
        bump_change_counter(self.db)?;
        list_all(self.db)
    }

    /// Adds a key.
    pub fn insert_signing_key(&mut self, key: &SigningKey) -> Result<(), StoreError> {
        diesel::insert_into(signing_keys::table)
            .values(SigningKeyRow {
                kid: key.kid.clone(),
                alg: key.alg.clone(),
                public_jwk: key.public_jwk.clone(),
                sealed: key.sealed.clone(),
                created_at: key.created_at.as_millis(),
                published_at: key.published_at.as_millis(),
                signing_at: maybe_millis(key.signing_at),
                retired_at: maybe_millis(key.retired_at),
                removed_at: maybe_millis(key.removed_at),
            })
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "signing key", &key.kid))?;
        bump_change_counter(self.db)
    }

    /// Moves a key through its phases: writes its times, and forgets the private half of a removed
    /// one.
    pub fn update_signing_key_phase(&mut self, key: &SigningKey) -> Result<(), StoreError> {
        let changed = diesel::update(signing_keys::table.find(&key.kid))
            .set((
                signing_keys::published_at.eq(key.published_at.as_millis()),
                signing_keys::signing_at.eq(maybe_millis(key.signing_at)),
                signing_keys::retired_at.eq(maybe_millis(key.retired_at)),
                signing_keys::removed_at.eq(maybe_millis(key.removed_at)),
                signing_keys::sealed.eq(&key.sealed),
            ))
            .execute(self.db)?;
        if changed == 0 {
            return Err(StoreError::NotFound { what: "signing key" });
        }
        bump_change_counter(self.db)
    }

    /// Replaces a key's sealed private half: the master key was changed.
    pub fn reseal_signing_key(&mut self, kid: &str, sealed: &str) -> Result<(), StoreError> {
        let changed = diesel::update(signing_keys::table.find(kid))
            .set(signing_keys::sealed.eq(sealed))
            .execute(self.db)?;
        if changed == 0 { Err(StoreError::NotFound { what: "signing key" }) } else { Ok(()) }
    }
}

fn list(db: &mut crate::connection::Db) -> Result<Vec<SigningKey>, StoreError> {
    let rows = signing_keys::table
        .filter(signing_keys::removed_at.is_null())
        .order((signing_keys::created_at, signing_keys::kid))
        .select(SigningKeyRow::as_select())
        .load(db)?;
    Ok(rows.into_iter().map(SigningKey::from).collect())
}

fn list_all(db: &mut crate::connection::Db) -> Result<Vec<SigningKey>, StoreError> {
    let rows = signing_keys::table
        .order((signing_keys::created_at, signing_keys::kid))
        .select(SigningKeyRow::as_select())
        .load(db)?;
    Ok(rows.into_iter().map(SigningKey::from).collect())
}
