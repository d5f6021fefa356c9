//! Sessions: signed-in browsers.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{OrgId, SessionId, UserId};
use vestibule_protocol::opaque::{Digest, SessionToken};
use vestibule_protocol::session::Session;

use crate::connection::Db;
use crate::rows::{RowName, json, maybe_millis, maybe_moment, moment};
use crate::schema::sessions;
use crate::{Store, StoreError, Transaction};

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    id: i64,
    org_id: i64,
    user_id: i64,
    digest: Vec<u8>,
    sid: String,
    authentication: String,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

impl SessionRow {
    pub(crate) fn new(
        session: &Session,
        digest: &Digest<SessionToken>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: session.id.0,
            org_id: session.org.0,
            user_id: session.user.0,
            digest: digest.as_bytes().to_vec(),
            sid: session.sid.clone(),
            authentication: json("authentication", &session.authentication)?,
            created_at: session.created_at.as_millis(),
            last_seen_at: session.last_seen_at.as_millis(),
            expires_at: session.expires_at.as_millis(),
            ended_at: maybe_millis(session.ended_at),
        })
    }

    pub(crate) fn digest(&self) -> Result<Digest<SessionToken>, StoreError> {
        let name = RowName { table: "sessions", id: &self.id };
        Ok(Digest::from_stored(name.digest("digest", &self.digest)?))
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let name = RowName { table: "sessions", id: &row.id };
        Ok(Self {
            id: SessionId(row.id),
            org: OrgId(row.org_id),
            user: UserId(row.user_id),
            authentication: name.json("authentication", &row.authentication)?,
            sid: row.sid,
            created_at: moment(row.created_at),
            last_seen_at: moment(row.last_seen_at),
            expires_at: moment(row.expires_at),
            ended_at: maybe_moment(row.ended_at),
        })
    }
}

impl Store {
    /// A user's sessions, oldest first; ended ones until they are purged.
    pub async fn sessions(&self, org: OrgId, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.scan(move |db| {
            let rows = sessions::table
                .filter(sessions::user_id.eq(user.0))
                .filter(sessions::org_id.eq(org.0))
                .order(sessions::id)
                .select(SessionRow::as_select())
                .load(db)?;
            rows.into_iter().map(Session::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Ends a session of this user, and with it every grant that is not offline.
    pub fn end_session(
        &mut self,
        org: OrgId,
        user: UserId,
        id: SessionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let theirs: i64 = sessions::table
            .filter(sessions::id.eq(id.0))
            .filter(sessions::user_id.eq(user.0))
            .filter(sessions::org_id.eq(org.0))
            .count()
            .get_result(self.db)?;
        if theirs == 0 {
            return Err(StoreError::NotFound { what: "session" });
        }
        end(self.db, id, at).map(|_| ())
    }
}

/// Ends the session whose token was presented; a token that is not its own ends nothing.
pub(crate) fn end_presented(
    db: &mut Db,
    (id, presented): (SessionId, Digest<SessionToken>),
    at: Timestamp,
) -> Result<(), StoreError> {
    let kept = sessions::table.filter(sessions::id.eq(id.0)).select(SessionRow::as_select());
    let kept = kept.get_result(db).optional()?;
    let digest = kept.map(|row: SessionRow| row.digest()).transpose()?;
    if digest == Some(presented) {
        end(db, id, at)?;
    }
    Ok(())
}

/// Ends a session; tells whether it had not ended.
pub(crate) fn end(db: &mut Db, id: SessionId, at: Timestamp) -> Result<bool, StoreError> {
    let ended = diesel::update(sessions::table)
        .filter(sessions::id.eq(id.0))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(at.as_millis()))
        .execute(db)?;
    if ended > 0 {
        crate::grants::revoke_of_session(db, id, at)?;
    }
    Ok(ended > 0)
}

/// Ends every session of a user. Their grants are the caller's to revoke.
pub(crate) fn end_all(db: &mut Db, user: UserId, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.0))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(at.as_millis()))
        .execute(db)?;
    Ok(())
}
