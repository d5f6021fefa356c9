//! Grants and their tokens: what grows out of a redeemed code.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::grant::{AccessTokenRecord, Grant, RefreshGeneration, Retired};
use vestibule_protocol::ids::{
    AccessTokenId, ClientKey, GrantId, OrgId, RefreshTokenId, SessionId, UserId,
};
use vestibule_protocol::opaque::Digest;

use crate::authorizations::case_code;
use crate::connection::Db;
use crate::rows::{RowName, json, maybe_millis, maybe_moment, moment};
use crate::schema::{access_tokens, grants, refresh_tokens, sessions};
use crate::{Store, StoreError};

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = grants, treat_none_as_default_value = false)]
pub(crate) struct GrantRow {
    id: i64,
    org_id: i64,
    client_key: i64,
    user_id: i64,
    session_id: i64,
    terms: String,
    offline: bool,
    case_code: i64,
    created_at: i64,
    ends_at: i64,
    revoked_at: Option<i64>,
}

impl GrantRow {
    /// The row of a grant whose first tokens end at `ends_at`.
    pub(crate) fn new(grant: &Grant, ends_at: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            id: grant.id.0,
            org_id: grant.org.0,
            client_key: grant.client.0,
            user_id: grant.user.0,
            session_id: grant.session.0,
            terms: json("terms", &grant.terms)?,
            offline: grant.is_offline(),
            case_code: i64::from(grant.case_code.bits()),
            created_at: grant.created_at.as_millis(),
            ends_at: ends_at.as_millis(),
            revoked_at: maybe_millis(grant.revoked_at),
        })
    }
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        let name = RowName { table: "grants", id: &row.id };
        Ok(Self {
            id: GrantId(row.id),
            org: OrgId(row.org_id),
            client: ClientKey(row.client_key),
            user: UserId(row.user_id),
            session: SessionId(row.session_id),
            terms: name.json("terms", &row.terms)?,
            case_code: case_code(&name, row.case_code)?,
            created_at: moment(row.created_at),
            revoked_at: maybe_moment(row.revoked_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
pub(crate) struct RefreshRow {
    id: i64,
    grant_id: i64,
    digest: Vec<u8>,
    generation: i64,
    issued_at: i64,
    expires_at: i64,
    retired_at: Option<i64>,
    successor_id: Option<i64>,
}

impl From<&RefreshGeneration> for RefreshRow {
    fn from(token: &RefreshGeneration) -> Self {
        Self {
            id: token.id.0,
            grant_id: token.grant.0,
            digest: token.digest.as_bytes().to_vec(),
            generation: token.generation,
            issued_at: token.issued_at.as_millis(),
            expires_at: token.expires_at.as_millis(),
            retired_at: token.retired.map(|retired| retired.at.as_millis()),
            successor_id: token.retired.map(|retired| retired.successor.0),
        }
    }
}

impl TryFrom<RefreshRow> for RefreshGeneration {
    type Error = StoreError;

    fn try_from(row: RefreshRow) -> Result<Self, StoreError> {
        let name = RowName { table: "refresh_tokens", id: &row.id };
        let retired = match (row.retired_at, row.successor_id) {
            (None, None) => None,
            (Some(at), Some(successor)) => {
                Some(Retired { at: moment(at), successor: RefreshTokenId(successor) })
            }
            _ => {
                return Err(name.corrupt("retired_at", "retired without successor, or the reverse"));
            }
        };
        Ok(Self {
            id: RefreshTokenId(row.id),
            digest: Digest::from_stored(name.digest("digest", &row.digest)?),
            grant: GrantId(row.grant_id),
            generation: row.generation,
            issued_at: moment(row.issued_at),
            expires_at: moment(row.expires_at),
            retired,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = access_tokens, treat_none_as_default_value = false)]
pub(crate) struct AccessTokenRow {
    id: i64,
    org_id: i64,
    client_key: i64,
    grant_id: Option<i64>,
    digest: Vec<u8>,
    scope: String,
    issued_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
}

impl From<&AccessTokenRecord> for AccessTokenRow {
    fn from(token: &AccessTokenRecord) -> Self {
        Self {
            id: token.id.0,
            org_id: token.org.0,
            client_key: token.client.0,
            grant_id: token.grant.map(|grant| grant.0),
            digest: token.digest.as_bytes().to_vec(),
            scope: token.scope.to_string(),
            issued_at: token.issued_at.as_millis(),
            expires_at: token.expires_at.as_millis(),
            revoked_at: maybe_millis(token.revoked_at),
        }
    }
}

impl TryFrom<AccessTokenRow> for AccessTokenRecord {
    type Error = StoreError;

    fn try_from(row: AccessTokenRow) -> Result<Self, StoreError> {
        let name = RowName { table: "access_tokens", id: &row.id };
        Ok(Self {
            id: AccessTokenId(row.id),
            digest: Digest::from_stored(name.digest("digest", &row.digest)?),
            org: OrgId(row.org_id),
            client: ClientKey(row.client_key),
            grant: row.grant_id.map(GrantId),
            scope: name.scope(&row.scope)?,
            issued_at: moment(row.issued_at),
            expires_at: moment(row.expires_at),
            revoked_at: maybe_moment(row.revoked_at),
        })
    }
}

impl Store {
    /// What clients hold from a user, oldest first; found through the user's sessions.
    pub async fn grants(&self, org: OrgId, user: UserId) -> Result<Vec<Grant>, StoreError> {
        self.scan(move |db| {
            let rows = grants::table
                .filter(grants::session_id.eq_any(
                    sessions::table.filter(sessions::user_id.eq(user.0)).select(sessions::id),
                ))
                .filter(grants::org_id.eq(org.0))
                .order(grants::id)
                .select(GrantRow::as_select())
                .load(db)?;
            rows.into_iter().map(Grant::try_from).collect()
        })
        .await
    }
}

/// Revokes what a session carried, except what outlives sessions (OIDC Core §11).
pub(crate) fn revoke_of_session(
    db: &mut Db,
    session: SessionId,
    at: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(grants::table)
        .filter(grants::session_id.eq(session.0))
        .filter(grants::offline.eq(false))
        .filter(grants::revoked_at.is_null())
        .set(grants::revoked_at.eq(at.as_millis()))
        .execute(db)?;
    Ok(())
}

/// Revokes what clients hold from a user: all of them, or one.
pub(crate) fn revoke_all(
    db: &mut Db,
    user: UserId,
    client: Option<ClientKey>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let of_user = grants::table
        .filter(
            grants::session_id
                .eq_any(sessions::table.filter(sessions::user_id.eq(user.0)).select(sessions::id)),
        )
        .filter(grants::revoked_at.is_null());
    let revoked = grants::revoked_at.eq(at.as_millis());
    match client {
        None => diesel::update(of_user).set(revoked).execute(db)?,
        Some(client) => diesel::update(of_user.filter(grants::client_key.eq(client.0)))
            .set(revoked)
            .execute(db)?,
    };
    Ok(())
}
