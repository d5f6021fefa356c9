//! What users have agreed to share, and with whom.

use std::collections::BTreeSet;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::interaction::Consent;
use vestibule_protocol::ids::{ClientKey, OrgId, UserId};

use crate::connection::{Db, on_either};
use crate::rows::{RowName, json, moment};
use crate::schema::consents;
use crate::{Store, StoreError, Transaction};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = consents, primary_key(user_id, client_key), treat_none_as_default_value = false)]
pub(crate) struct ConsentRow {
    user_id: i64,
    client_key: i64,
    org_id: i64,
    scope: String,
    claims: String,
    granted_at: i64,
}

impl TryFrom<ConsentRow> for Consent {
    type Error = StoreError;

    fn try_from(row: ConsentRow) -> Result<Self, StoreError> {
        let id = format!("user {} client {}", row.user_id, row.client_key);
        let name = RowName { table: "consents", id: &id };
        Ok(Self {
            user: UserId(row.user_id),
            client: ClientKey(row.client_key),
            scope: name.scope(&row.scope)?,
            claims: name.json::<BTreeSet<String>>("claims", &row.claims)?,
            granted_at: moment(row.granted_at),
        })
    }
}

impl Store {
    /// What this user has agreed to share with this client.
    pub async fn consent(
        &self,
        user: UserId,
        client: ClientKey,
    ) -> Result<Option<Consent>, StoreError> {
        self.read(move |db| {
            let found = consents::table
                .find((user.0, client.0))
                .select(ConsentRow::as_select())
                .get_result(db)
                .optional()?;
            found.map(Consent::try_from).transpose()
        })
        .await
    }

    /// With whom a user shares data.
    pub async fn consents(&self, org: OrgId, user: UserId) -> Result<Vec<Consent>, StoreError> {
        self.scan(move |db| {
            let rows = consents::table
                .filter(consents::org_id.eq(org.0))
                .filter(consents::user_id.eq(user.0))
                .order(consents::client_key)
                .select(ConsentRow::as_select())
                .load(db)?;
            rows.into_iter().map(Consent::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Withdraws a consent. Every grant that the client has from the user is revoked, and codes on
    /// their way are used up.
    pub fn withdraw_consent(
        &mut self,
        org: OrgId,
        user: UserId,
        client: ClientKey,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if crate::users::user(self.db, org, user)?.is_none() {
            return Err(StoreError::NotFound { what: "consent" });
        }
        let removed = diesel::delete(consents::table.find((user.0, client.0))).execute(self.db)?;
        if removed == 0 {
            return Err(StoreError::NotFound { what: "consent" });
        }
        crate::authorizations::spoil_all(self.db, user, client, at)?;
        crate::grants::revoke_all(self.db, user, Some(client), at)
    }
}

/// Writes a consent over what there was.
pub(crate) fn put(db: &mut Db, org: OrgId, consent: &Consent) -> Result<(), StoreError> {
    let row = ConsentRow {
        user_id: consent.user.0,
        client_key: consent.client.0,
        org_id: org.0,
        scope: consent.scope.to_string(),
        claims: json("claims", &consent.claims)?,
        granted_at: consent.granted_at.as_millis(),
    };
    let key = (consents::user_id, consents::client_key);
    let insert = diesel::insert_into(consents::table).values(&row);
    on_either!(db => insert.on_conflict(key).do_update().set(&row).execute(db))?;
    Ok(())
}
