//! Authorization requests that wait for their user, and approved ones with their codes.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::interaction::PendingAuthorization;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::grant::Authorization;
use vestibule_protocol::ids::{AuthorizationId, ClientKey, OrgId, PendingId, SessionId, UserId};
use vestibule_protocol::opaque::Digest;

use crate::connection::{Db, on_either};
use crate::rows::{RowName, json, maybe_millis, maybe_moment, moment};
use crate::schema::{authorizations, pending_authorizations};
use crate::{Store, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_authorizations, treat_none_as_default_value = false)]
pub(crate) struct PendingRow {
    id: i64,
    org_id: i64,
    client_key: i64,
    browser: Vec<u8>,
    request: String,
    progress: String,
    case_code: i64,
    created_at: i64,
    expires_at: i64,
    completed_at: Option<i64>,
}

impl PendingRow {
    pub(crate) fn new(pending: &PendingAuthorization) -> Result<Self, StoreError> {
        Ok(Self {
            id: pending.id.0,
            org_id: pending.org.0,
            client_key: pending.request.client.0,
            browser: pending.browser.to_vec(),
            request: json("authorization request", &pending.request)?,
            progress: json("progress", &pending.progress)?,
            case_code: i64::from(pending.case_code.bits()),
            created_at: pending.created_at.as_millis(),
            expires_at: pending.expires_at.as_millis(),
            completed_at: maybe_millis(pending.completed_at),
        })
    }
}

impl TryFrom<PendingRow> for PendingAuthorization {
    type Error = StoreError;

    fn try_from(row: PendingRow) -> Result<Self, StoreError> {
        let name = RowName { table: "pending_authorizations", id: &row.id };
        Ok(Self {
            id: PendingId(row.id),
            org: OrgId(row.org_id),
            browser: name.digest("browser", &row.browser)?,
            request: name.json("request", &row.request)?,
            progress: name.json("progress", &row.progress)?,
            case_code: case_code(&name, row.case_code)?,
            created_at: moment(row.created_at),
            expires_at: moment(row.expires_at),
            completed_at: maybe_moment(row.completed_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = authorizations, treat_none_as_default_value = false)]
pub(crate) struct AuthorizationRow {
    id: i64,
    org_id: i64,
    client_key: i64,
    user_id: i64,
    session_id: i64,
    digest: Vec<u8>,
    terms: String,
    redirect_uri: String,
    redirect_uri_was_sent: bool,
    code_challenge: Option<String>,
    case_code: i64,
    issued_at: i64,
    expires_at: i64,
    redeemed_at: Option<i64>,
}

impl AuthorizationRow {
    pub(crate) fn new(authorization: &Authorization) -> Result<Self, StoreError> {
        Ok(Self {
            id: authorization.id.0,
            org_id: authorization.org.0,
            client_key: authorization.client.0,
            user_id: authorization.user.0,
            session_id: authorization.session.0,
            digest: authorization.digest.as_bytes().to_vec(),
            terms: json("terms", &authorization.terms)?,
            redirect_uri: authorization.redirect_uri.clone(),
            redirect_uri_was_sent: authorization.redirect_uri_was_sent,
            code_challenge: authorization.code_challenge.clone(),
            case_code: i64::from(authorization.case_code.bits()),
            issued_at: authorization.issued_at.as_millis(),
            expires_at: authorization.expires_at.as_millis(),
            redeemed_at: maybe_millis(authorization.redeemed_at),
        })
    }
}

impl TryFrom<AuthorizationRow> for Authorization {
    type Error = StoreError;

    fn try_from(row: AuthorizationRow) -> Result<Self, StoreError> {
        let name = RowName { table: "authorizations", id: &row.id };
        Ok(Self {
            id: AuthorizationId(row.id),
            digest: Digest::from_stored(name.digest("digest", &row.digest)?),
            org: OrgId(row.org_id),
            client: ClientKey(row.client_key),
            user: UserId(row.user_id),
            session: SessionId(row.session_id),
            terms: name.json("terms", &row.terms)?,
            redirect_uri: row.redirect_uri,
            redirect_uri_was_sent: row.redirect_uri_was_sent,
            code_challenge: row.code_challenge,
            case_code: case_code(&name, row.case_code)?,
            issued_at: moment(row.issued_at),
            expires_at: moment(row.expires_at),
            redeemed_at: maybe_moment(row.redeemed_at),
        })
    }
}

pub(crate) fn case_code(name: &RowName<'_>, bits: i64) -> Result<CaseCode, StoreError> {
    u32::try_from(bits)
        .map(CaseCode::from_random)
        .map_err(|_| name.corrupt("case_code", format!("{bits} is not 30 bits")))
}

impl Store {
    /// An authorization request that waits, or has been answered and is not purged yet. It names
    /// its browser, which the caller must compare.
    pub async fn pending(&self, id: PendingId) -> Result<Option<PendingAuthorization>, StoreError> {
        self.read(move |db| {
            let found = on_either!(db => pending_authorizations::table
                .find(id.0)
                .select(PendingRow::as_select())
                .get_result(db).optional())?;
            found.map(PendingAuthorization::try_from).transpose()
        })
        .await
    }
}

/// How far back codes can still be on their way; longer than any code lives.
const CODE_HORIZON: std::time::Duration = std::time::Duration::from_secs(3600);

/// Uses up the codes that a client has from a user and did not redeem yet. Found by the range of
/// ids that codes of the last hour have, so that no index on users is paid for by every code.
pub(crate) fn spoil_all(
    db: &mut Db,
    user: UserId,
    client: ClientKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    let oldest = vestibule_protocol::ids::OrderedIds::first_at(at.minus(CODE_HORIZON));
    diesel::update(authorizations::table)
        .filter(authorizations::id.ge(oldest))
        .filter(authorizations::user_id.eq(user.0))
        .filter(authorizations::client_key.eq(client.0))
        .filter(authorizations::redeemed_at.is_null())
        .set(authorizations::redeemed_at.eq(at.as_millis()))
        .execute(db)?;
    Ok(())
}
