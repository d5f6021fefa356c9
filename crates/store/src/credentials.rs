//! How users prove who they are: password hashes.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{OrgId, UserId};

use crate::connection::Db;
use crate::rows::moment;
use crate::schema::credentials;
use crate::{Store, StoreError, Transaction};

const PASSWORD: &str = "password";

/// A user's password, hashed: scheme and parameters stand in the text. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    /// Whose.
    pub user: UserId,
    /// The hash, as a PHC or modular-crypt string.
    pub hash: String,
    /// When it was set. A hash with other parameters is no new password, and leaves it.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHash").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = credentials)]
pub(crate) struct PasswordRow {
    user_id: i64,
    secret: String,
    updated_at: i64,
}

impl From<PasswordRow> for PasswordHash {
    fn from(row: PasswordRow) -> Self {
        Self { user: UserId(row.user_id), hash: row.secret, updated_at: moment(row.updated_at) }
    }
}

impl Store {
    /// A user's password.
    pub async fn password(
        &self,
        org: OrgId,
        user: UserId,
    ) -> Result<Option<PasswordHash>, StoreError> {
        self.read(move |db| {
            let found = credentials::table
                .filter(credentials::user_id.eq(user.0))
                .filter(credentials::org_id.eq(org.0))
                .filter(credentials::kind.eq(PASSWORD))
                .select(PasswordRow::as_select())
                .get_result(db)
                .optional()?;
            Ok(found.map(PasswordHash::from))
        })
        .await
    }
}

impl Transaction<'_> {
    /// Sets a user's password. Whoever knew the old one is thrown out by
    /// [`Transaction::sign_out_everywhere`], which belongs in the same transaction.
    pub fn set_password(&mut self, org: OrgId, password: &PasswordHash) -> Result<(), StoreError> {
        if crate::users::user(self.db, org, password.user)?.is_none() {
            return Err(StoreError::NotFound { what: "user" });
        }
        if replace(self.db, password)? {
            return Ok(());
        }
        diesel::insert_into(credentials::table)
            .values((
                // One password a user: the user's own number will do.
                credentials::id.eq(password.user.0),
                credentials::org_id.eq(org.0),
                credentials::user_id.eq(password.user.0),
                credentials::kind.eq(PASSWORD),
                credentials::secret.eq(&password.hash),
                credentials::created_at.eq(password.updated_at.as_millis()),
                credentials::updated_at.eq(password.updated_at.as_millis()),
            ))
            .execute(self.db)?;
        Ok(())
    }

    /// Takes a user's password away.
    pub fn remove_password(&mut self, org: OrgId, user: UserId) -> Result<(), StoreError> {
        diesel::delete(credentials::table)
            .filter(credentials::user_id.eq(user.0))
            .filter(credentials::org_id.eq(org.0))
            .filter(credentials::kind.eq(PASSWORD))
            .execute(self.db)?;
        Ok(())
    }
}

/// Replaces a password that exists; tells whether there was one.
pub(crate) fn replace(db: &mut Db, password: &PasswordHash) -> Result<bool, StoreError> {
    let changed = diesel::update(credentials::table)
        .filter(credentials::user_id.eq(password.user.0))
        .filter(credentials::kind.eq(PASSWORD))
        .set((
            credentials::secret.eq(&password.hash),
            credentials::updated_at.eq(password.updated_at.as_millis()),
        ))
        .execute(db)?;
    Ok(changed > 0)
}
