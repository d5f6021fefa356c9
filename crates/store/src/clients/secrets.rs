//! The secrets of clients.

use std::collections::BTreeMap;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{ClientSecret, SecretDigest};
use vestibule_protocol::ids::{ClientId, ClientKey, ClientSecretId, OrgId};

use super::find;
use crate::connection::Db;
use crate::meta::bump_change_counter;
use crate::rows::{RowName, maybe_millis, maybe_moment, moment};
use crate::schema::{client_secrets, clients};
use crate::{Store, StoreError, Transaction};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = client_secrets, treat_none_as_default_value = false)]
pub(super) struct SecretRow {
    id: i64,
    pub(super) client_key: i64,
    label: String,
    prefix: String,
    digest: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
    created_by: String,
}

impl TryFrom<SecretRow> for ClientSecret {
    type Error = StoreError;

    fn try_from(row: SecretRow) -> Result<Self, StoreError> {
        let name = RowName { table: "client_secrets", id: &row.id };
        Ok(Self {
            id: ClientSecretId(row.id),
            digest: SecretDigest(name.digest("digest", &row.digest)?),
            label: row.label,
            prefix: row.prefix,
            created_at: moment(row.created_at),
            created_by: row.created_by,
            expires_at: maybe_moment(row.expires_at),
            last_used_at: maybe_moment(row.last_used_at),
            revoked_at: maybe_moment(row.revoked_at),
        })
    }
}

/// A live secret that ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiringSecret {
    /// Whose it is.
    pub client: ClientId,
    /// The client's name.
    pub name: String,
    /// What the admin called it.
    pub label: String,
    /// Its first characters.
    pub prefix: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Store {
    /// The client of this organization that has, or had, a secret of one of these digests: what a
    /// refused client mixed up. Never a way in.
    pub async fn client_of_secret(
        &self,
        org: OrgId,
        digests: Vec<SecretDigest>,
    ) -> Result<Option<ClientId>, StoreError> {
        self.read(move |db| {
            let digests: Vec<Vec<u8>> = digests.iter().map(|digest| digest.0.to_vec()).collect();
            let found: Option<String> = client_secrets::table
                .inner_join(clients::table.on(clients::id.eq(client_secrets::client_key)))
                .filter(client_secrets::digest.eq_any(digests))
                .filter(clients::org_id.eq(org.0))
                .select(clients::client_id)
                .first(db)
                .optional()?;
            Ok(found.map(ClientId))
        })
        .await
    }

    /// The live secrets of an organization's clients that end within a span of time, soonest first.
    pub async fn expiring_secrets(
        &self,
        org: OrgId,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ExpiringSecret>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<(String, String, String, String, Option<i64>)> = client_secrets::table
                .inner_join(clients::table.on(clients::id.eq(client_secrets::client_key)))
                .filter(clients::org_id.eq(org.0))
                .filter(client_secrets::revoked_at.is_null())
                .filter(client_secrets::expires_at.gt(from.as_millis()))
                .filter(client_secrets::expires_at.le(until.as_millis()))
                .order(client_secrets::expires_at)
                .limit(i64::from(limit))
                .select((
                    clients::client_id,
                    clients::name,
                    client_secrets::label,
                    client_secrets::prefix,
                    client_secrets::expires_at,
                ))
                .load(db)?;
            let secret = |(client, name, label, prefix, expires_at): (_, _, _, _, Option<i64>)| {
                let expires_at = moment(expires_at.unwrap_or_default());
                ExpiringSecret { client: ClientId(client), name, label, prefix, expires_at }
            };
            Ok(rows.into_iter().map(secret).collect())
        })
        .await
    }
}

impl Transaction<'_> {
    /// Notes when secrets were last used.
    pub fn client_secrets_used(
        &mut self,
        uses: &BTreeMap<ClientSecretId, Timestamp>,
    ) -> Result<(), StoreError> {
        for (id, at) in uses {
            diesel::update(client_secrets::table.find(id.0))
                .set(client_secrets::last_used_at.eq(at.as_millis()))
                .execute(self.db)?;
        }
        Ok(())
    }

    /// Gives a client one more secret.
    pub fn add_client_secret(
        &mut self,
        org: OrgId,
        key: ClientKey,
        secret: &ClientSecret,
    ) -> Result<(), StoreError> {
        if find(self.db, org, key)?.is_none() {
            return Err(StoreError::NotFound { what: "client" });
        }
        insert(self.db, key, secret)?;
        bump_change_counter(self.db)
    }

    /// Lets a client's secrets end at `end` at the latest, those that were made before `made`.
    pub fn end_client_secrets(
        &mut self,
        org: OrgId,
        key: ClientKey,
        made: Timestamp,
        end: Timestamp,
    ) -> Result<(), StoreError> {
        if find(self.db, org, key)?.is_none() {
            return Err(StoreError::NotFound { what: "client" });
        }
        diesel::update(client_secrets::table)
            .filter(client_secrets::client_key.eq(key.0))
            .filter(client_secrets::created_at.lt(made.as_millis()))
            .filter(client_secrets::revoked_at.is_null())
            .filter(
                client_secrets::expires_at
                    .is_null()
                    .or(client_secrets::expires_at.gt(end.as_millis())),
            )
            .set(client_secrets::expires_at.eq(end.as_millis()))
            .execute(self.db)?;
        bump_change_counter(self.db)
    }

    /// Changes when one of a client's live secrets stops working.
    pub fn set_client_secret_expiry(
        &mut self,
        key: ClientKey,
        secret: ClientSecretId,
        expires_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(client_secrets::table)
            .filter(client_secrets::id.eq(secret.0))
            .filter(client_secrets::client_key.eq(key.0))
            .filter(client_secrets::revoked_at.is_null())
            .set(client_secrets::expires_at.eq(maybe_millis(expires_at)))
            .execute(self.db)?;
        if changed == 0 {
            return Err(StoreError::NotFound { what: "client secret" });
        }
        bump_change_counter(self.db)
    }

    /// Revokes every secret of every client, because the key of their digests is lost; tells whose
    /// were still in use.
    pub fn revoke_all_client_secrets(
        &mut self,
        at: Timestamp,
    ) -> Result<Vec<ClientId>, StoreError> {
        let whose: Vec<String> = client_secrets::table
            .inner_join(clients::table.on(clients::id.eq(client_secrets::client_key)))
            .filter(client_secrets::revoked_at.is_null())
            .select(clients::client_id)
            .distinct()
            .order(clients::client_id)
            .load(self.db)?;
        diesel::update(client_secrets::table)
            .filter(client_secrets::revoked_at.is_null())
            .set(client_secrets::revoked_at.eq(at.as_millis()))
            .execute(self.db)?;
        bump_change_counter(self.db)?;
        Ok(whose.into_iter().map(ClientId).collect())
    }

    /// Revokes one of a client's secrets.
    pub fn revoke_client_secret(
        &mut self,
        org: OrgId,
        key: ClientKey,
        secret: ClientSecretId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if find(self.db, org, key)?.is_none() {
            return Err(StoreError::NotFound { what: "client" });
        }
        let changed = diesel::update(client_secrets::table)
            .filter(client_secrets::id.eq(secret.0))
            .filter(client_secrets::client_key.eq(key.0))
            .filter(client_secrets::revoked_at.is_null())
            .set(client_secrets::revoked_at.eq(at.as_millis()))
            .execute(self.db)?;
        if changed == 0 {
            return Err(StoreError::NotFound { what: "client secret" });
        }
        bump_change_counter(self.db)
    }
}

/// Adds a secret of a client.
pub(super) fn insert(db: &mut Db, key: ClientKey, secret: &ClientSecret) -> Result<(), StoreError> {
    diesel::insert_into(client_secrets::table)
        .values(SecretRow {
            id: secret.id.0,
            client_key: key.0,
            label: secret.label.clone(),
            prefix: secret.prefix.clone(),
            digest: secret.digest.0.to_vec(),
            created_at: secret.created_at.as_millis(),
            expires_at: maybe_millis(secret.expires_at),
            last_used_at: maybe_millis(secret.last_used_at),
            revoked_at: maybe_millis(secret.revoked_at),
            created_by: secret.created_by.clone(),
        })
        .execute(db)?;
    Ok(())
}
