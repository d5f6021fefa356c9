//! Tokens of the administration API.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Reach, Rights};
use vestibule_protocol::ids::{ApiTokenId, UserId};
use vestibule_protocol::opaque::{self, Digest};

use crate::admin_roles::{reach_code, reach_of};
use crate::rows::{RowName, maybe_millis, maybe_moment, moment};
use crate::schema::api_tokens;
use crate::{Store, StoreError, Transaction};

/// A token of the administration API: it acts for a user, and may at most what that user may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// The row, and the id inside the token.
    pub id: ApiTokenId,
    /// For whom it acts.
    pub user: UserId,
    /// What it is for, in its maker's words.
    pub label: String,
    /// What the token must hash to.
    pub digest: Digest<opaque::ApiToken>,
    /// What it may do at most.
    pub permissions: Rights,
    /// Where.
    pub reach: Reach,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiToken {
    /// Whether it works at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens, treat_none_as_default_value = false)]
struct TokenRow {
    id: i64,
    user_id: i64,
    label: String,
    digest: Vec<u8>,
    permissions: String,
    reach: i64,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<TokenRow> for ApiToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let name = RowName { table: "api_tokens", id: &row.id };
        // A word that a newer version wrote allows nothing here.
        let permissions = row.permissions.split(' ').filter_map(Permission::from_word);
        Ok(Self {
            id: ApiTokenId(row.id),
            user: UserId(row.user_id),
            digest: Digest::from_stored(name.digest("digest", &row.digest)?),
            permissions: Rights::of(permissions),
            reach: reach_of(row.reach),
            label: row.label,
            created_at: moment(row.created_at),
            expires_at: moment(row.expires_at),
            last_used_at: maybe_moment(row.last_used_at),
            revoked_at: maybe_moment(row.revoked_at),
        })
    }
}

impl Store {
    /// The API token of this id; the caller compares the digest.
    pub async fn api_token(&self, id: ApiTokenId) -> Result<Option<ApiToken>, StoreError> {
        self.read(move |db| {
            let row = api_tokens::table.find(id.0).select(TokenRow::as_select());
            row.get_result(db).optional()?.map(ApiToken::try_from).transpose()
        })
        .await
    }

    /// The API tokens of a user, or of everybody, oldest first.
    pub async fn api_tokens(&self, user: Option<UserId>) -> Result<Vec<ApiToken>, StoreError> {
        self.scan(move |db| {
            let mut query =
                api_tokens::table.order(api_tokens::id).select(TokenRow::as_select()).into_boxed();
            if let Some(user) = user {
                query = query.filter(api_tokens::user_id.eq(user.0));
            }
            query.load(db)?.into_iter().map(ApiToken::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Adds an API token.
    pub fn insert_api_token(&mut self, token: &ApiToken) -> Result<(), StoreError> {
        let words: Vec<&str> = token.permissions.iter().map(Permission::as_str).collect();
        diesel::insert_into(api_tokens::table)
            .values(TokenRow {
                id: token.id.0,
                user_id: token.user.0,
                label: token.label.clone(),
                digest: token.digest.as_bytes().to_vec(),
                permissions: words.join(" "),
                reach: reach_code(token.reach),
                created_at: token.created_at.as_millis(),
                expires_at: token.expires_at.as_millis(),
                last_used_at: maybe_millis(token.last_used_at),
                revoked_at: maybe_millis(token.revoked_at),
            })
            .execute(self.db)?;
        Ok(())
    }

    /// Revokes an API token of this user.
    pub fn revoke_api_token(
        &mut self,
        user: UserId,
        id: ApiTokenId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(api_tokens::table)
            .filter(api_tokens::id.eq(id.0))
            .filter(api_tokens::user_id.eq(user.0))
            .filter(api_tokens::revoked_at.is_null())
            .set(api_tokens::revoked_at.eq(at.as_millis()))
            .execute(self.db)?;
        if changed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "live API token" }) }
    }

    /// Notes that an API token was used.
    pub fn touch_api_token(&mut self, id: ApiTokenId, at: Timestamp) -> Result<(), StoreError> {
        diesel::update(api_tokens::table.find(id.0))
            .set(api_tokens::last_used_at.eq(at.as_millis()))
            .execute(self.db)?;
        Ok(())
    }
}
