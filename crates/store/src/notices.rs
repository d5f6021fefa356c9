//! Who is to be told that a client secret ends, and that it was told.
//!
//! A notice is a row of its own, written in the transaction that writes the mails: of two nodes that
//! look at the same moment one finds the row there, and tells nobody.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{ClientKey, ClientSecretId};

use crate::connection::on_either;
use crate::rows::{ACTIVE, maybe_moment, moment};
use crate::schema::{client_secrets, clients, expiry_notices, organizations};
use crate::{Store, StoreError, Transaction};

/// A live secret of an active client that ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingSecret {
    /// The secret.
    pub id: ClientSecretId,
    /// Whose it is.
    pub client: ClientKey,
    /// What the administrator called it.
    pub label: String,
    /// Its first characters.
    pub prefix: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = client_secrets)]
struct EndRow {
    id: i64,
    client_key: i64,
    label: String,
    prefix: String,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<EndRow> for EndingSecret {
    fn from(row: EndRow) -> Self {
        Self {
            id: ClientSecretId(row.id),
            client: ClientKey(row.client_key),
            label: row.label,
            prefix: row.prefix,
            expires_at: moment(row.expires_at.unwrap_or_default()),
            last_used_at: maybe_moment(row.last_used_at),
        }
    }
}

impl Store {
    /// The secrets of every organization that end after `from` and until `until`, and of whose end
    /// it was not told so many `days` before; soonest first.
    pub async fn untold_ends(
        &self,
        from: Timestamp,
        until: Timestamp,
        days: u32,
        limit: u32,
    ) -> Result<Vec<EndingSecret>, StoreError> {
        self.scan(move |db| {
            let told = expiry_notices::table
                .filter(expiry_notices::secret_id.eq(client_secrets::id))
                .filter(expiry_notices::expires_at.nullable().eq(client_secrets::expires_at))
                .filter(expiry_notices::days.eq(i64::from(days)));
            let rows: Vec<EndRow> = client_secrets::table
                .inner_join(clients::table.on(clients::id.eq(client_secrets::client_key)))
                .inner_join(organizations::table.on(organizations::id.eq(clients::org_id)))
                .filter(clients::status.eq(ACTIVE))
                .filter(organizations::status.eq(ACTIVE))
                .filter(client_secrets::revoked_at.is_null())
                .filter(client_secrets::expires_at.gt(from.as_millis()))
                .filter(client_secrets::expires_at.le(until.as_millis()))
                .filter(not(exists(told)))
                .order(client_secrets::expires_at)
                .limit(i64::from(limit))
                .select(EndRow::as_select())
                .load(db)?;
            Ok(rows.into_iter().map(EndingSecret::from).collect())
        })
        .await
    }
}

impl Transaction<'_> {
    /// Notes that it is told, so many `days` before, that a secret ends. `false` when it was told
    /// before.
    pub fn note_expiry(
        &mut self,
        secret: &EndingSecret,
        days: u32,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let insert = diesel::insert_into(expiry_notices::table).values((
            expiry_notices::secret_id.eq(secret.id.0),
            expiry_notices::expires_at.eq(secret.expires_at.as_millis()),
            expiry_notices::days.eq(i64::from(days)),
            expiry_notices::told_at.eq(at.as_millis()),
        ));
        let db = &mut *self.db;
        let told = on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
        Ok(told == 1)
    }
}
