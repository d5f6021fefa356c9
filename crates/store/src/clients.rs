//! Clients and their secrets.
//!
//! | room | owns |
//! |---|---|
//! | `clients.rs` | the row: reading, registering, changing and deleting clients one by one |
//! | `clients/list.rs` | lists of them, and the columns that lists are filtered by |
//! | `clients/secrets.rs` | their secrets |

mod list;
mod secrets;

use std::collections::BTreeMap;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{Client, ClientSecret, ClientSettings, Kept};
use vestibule_protocol::ids::{ClientId, ClientKey, OrgId};

use crate::connection::Db;
use crate::meta::bump_change_counter;
use crate::rows::{RowName, json, moment, status_code};
use crate::schema::{client_secrets, clients, users};
use crate::{Store, StoreError, Transaction};

pub use list::ClientFilter;
pub(crate) use list::teach_lower;
use list::{environment_code, is_relaxed};
pub use secrets::ExpiringSecret;
use secrets::SecretRow;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = clients, treat_none_as_default_value = false)]
struct ClientRow {
    id: i64,
    org_id: i64,
    client_id: String,
    name: String,
    status: i16,
    settings: String,
    created_at: i64,
    updated_at: i64,
}

fn client(row: ClientRow, secrets: Vec<ClientSecret>) -> Result<Client, StoreError> {
    let name = RowName { table: "clients", id: &row.id };
    Ok(Client {
        key: ClientKey(row.id),
        org: OrgId(row.org_id),
        status: name.status(row.status)?,
        settings: name.json("settings", &row.settings)?,
        client_id: ClientId(row.client_id),
        name: row.name,
        secrets,
        created_at: moment(row.created_at),
        updated_at: moment(row.updated_at),
    })
}

/// Reads what a join of clients and their secrets, ordered by client, yields.
fn gather(rows: Vec<(ClientRow, Option<SecretRow>)>) -> Result<Vec<Client>, StoreError> {
    let mut found = BTreeMap::<i64, (ClientRow, Vec<ClientSecret>)>::new();
    for (row, secret) in rows {
        let entry = found.entry(row.id).or_insert_with(|| (row, Vec::new()));
        if let Some(secret) = secret {
            entry.1.push(secret.try_into()?);
        }
    }
    found.into_values().map(|(row, secrets)| client(row, secrets)).collect()
}

/// What a client is called, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName {
    /// What people read.
    pub name: String,
    /// The organization it belongs to.
    pub org: OrgId,
}

impl Store {
    /// The client that calls itself so on the wire, whatever its organization: a `client_id` is
    /// unique in the installation.
    pub async fn client_by_client_id(&self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.read(move |db| {
            let rows = clients::table
                .left_join(client_secrets::table.on(client_secrets::client_key.eq(clients::id)))
                .filter(clients::client_id.eq(&id.0))
                .order(client_secrets::id)
                .select((ClientRow::as_select(), Option::<SecretRow>::as_select()))
                .load(db)?;
            Ok(gather(rows)?.pop())
        })
        .await
    }

    /// The client of this row, whatever its organization, for rows that name it.
    pub async fn client_by_key(&self, key: ClientKey) -> Result<Option<Client>, StoreError> {
        self.read(move |db| {
            let rows = clients::table
                .left_join(client_secrets::table.on(client_secrets::client_key.eq(clients::id)))
                .filter(clients::id.eq(key.0))
                .order(client_secrets::id)
                .select((ClientRow::as_select(), Option::<SecretRow>::as_select()))
                .load(db)?;
            Ok(gather(rows)?.pop())
        })
        .await
    }

    /// A client of this organization.
    pub async fn client(&self, org: OrgId, key: ClientKey) -> Result<Option<Client>, StoreError> {
        self.read(move |db| find(db, org, key)).await
    }

    /// What these clients are called, and whose they are.
    pub async fn client_names(
        &self,
        clients: Vec<ClientId>,
    ) -> Result<BTreeMap<ClientId, ClientName>, StoreError> {
        self.read(move |db| {
            let named: Vec<(String, String, i64)> = clients::table
                .filter(clients::client_id.eq_any(clients.iter().map(|one| one.0.as_str())))
                .select((clients::client_id, clients::name, clients::org_id))
                .load(db)?;
            let named = named.into_iter();
            Ok(named
                .map(|(id, name, org)| (ClientId(id), ClientName { name, org: OrgId(org) }))
                .collect())
        })
        .await
    }

    /// The clients of this organization that are limited to this group, oldest first.
    pub async fn clients_limited_to(
        &self,
        org: OrgId,
        group: String,
    ) -> Result<Vec<ClientId>, StoreError> {
        self.scan(move |db| limited_to(db, org, &group)).await
    }
}

/// The clients of this organization that are limited to this group.
fn limited_to(db: &mut Db, org: OrgId, group: &str) -> Result<Vec<ClientId>, StoreError> {
    // The name may stand anywhere in the settings: what is found is looked at below.
    let named: Vec<(i64, String, String)> = clients::table
        .filter(clients::org_id.eq(org.0))
        .filter(clients::settings.like(containing(&json("group", &group)?)).escape('\\'))
        .order(clients::id)
        .select((clients::id, clients::client_id, clients::settings))
        .load(db)?;
    let mut limited = Vec::new();
    for (id, client_id, settings) in named {
        let name = RowName { table: "clients", id: &id };
        let settings: ClientSettings = name.json("settings", &settings)?;
        if settings.groups.contains(group) {
            limited.push(ClientId(client_id));
        }
    }
    Ok(limited)
}

impl Transaction<'_> {
    /// A client of this organization, as this transaction sees it.
    pub fn client(&mut self, org: OrgId, key: ClientKey) -> Result<Option<Client>, StoreError> {
        find(self.db, org, key)
    }

    /// A client of this organization that is limited to this group, as this transaction sees it.
    pub fn client_limited_to(
        &mut self,
        org: OrgId,
        group: &str,
    ) -> Result<Option<ClientId>, StoreError> {
        Ok(limited_to(self.db, org, group)?.into_iter().next())
    }

    /// Registers a client with its secrets. Its id is no user's subject: a token of its own would read
    /// like one of that user's (RFC 9700 §4.15).
    pub fn insert_client(&mut self, client: &Client) -> Result<(), StoreError> {
        let client_id = &client.client_id.0;
        let subjects = users::table.filter(users::subject.eq(client_id));
        if subjects.count().get_result::<i64>(self.db)? > 0 {
            return Err(StoreError::Conflict { what: "client_id", value: client_id.clone() });
        }
        let row = ClientRow {
            id: client.key.0,
            org_id: client.org.0,
            client_id: client.client_id.0.clone(),
            name: client.name.clone(),
            status: status_code(client.status),
            settings: json("settings", &Kept(&client.settings))?,
            created_at: client.created_at.as_millis(),
            updated_at: client.updated_at.as_millis(),
        };
        diesel::insert_into(clients::table)
            .values((
                row,
                clients::environment.eq(environment_code(client.settings.environment)),
                clients::relaxed.eq(is_relaxed(&client.settings)),
                clients::filtered_at.eq(client.updated_at.as_millis()),
            ))
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "client_id", &client.client_id.0))?;
        for secret in &client.secrets {
            secrets::insert(self.db, client.key, secret)?;
        }
        bump_change_counter(self.db)
    }

    /// Changes a client's name, status and settings, if nobody changed it since it was read: its
    /// `updated_at` is its version. Returns the new version.
    pub fn update_client(
        &mut self,
        client: &Client,
        at: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let read = client.updated_at.as_millis();
        let now = at.as_millis().max(read + 1);
        let changed = diesel::update(clients::table)
            .filter(clients::org_id.eq(client.org.0))
            .filter(clients::id.eq(client.key.0))
            .filter(clients::updated_at.eq(read))
            .set((
                clients::name.eq(&client.name),
                clients::status.eq(status_code(client.status)),
                clients::settings.eq(json("settings", &Kept(&client.settings))?),
                clients::environment.eq(environment_code(client.settings.environment)),
                clients::relaxed.eq(is_relaxed(&client.settings)),
                clients::filtered_at.eq(now),
                clients::updated_at.eq(now),
            ))
            .execute(self.db)?;
        if changed == 0 {
            return Err(match find(self.db, client.org, client.key)? {
                Some(_) => StoreError::Stale { what: "client" },
                None => StoreError::NotFound { what: "client" },
            });
        }
        bump_change_counter(self.db)?;
        Ok(moment(now))
    }

    /// Deletes a client with its secrets and the consents it was given. Its grants and tokens stay
    /// as rows until they expire, and are worth nothing without it.
    pub fn remove_client(&mut self, org: OrgId, key: ClientKey) -> Result<(), StoreError> {
        let removed = diesel::delete(clients::table)
            .filter(clients::org_id.eq(org.0))
            .filter(clients::id.eq(key.0))
            .execute(self.db)?;
        if removed == 0 {
            return Err(StoreError::NotFound { what: "client" });
        }
        bump_change_counter(self.db)
    }
}

fn find(db: &mut Db, org: OrgId, key: ClientKey) -> Result<Option<Client>, StoreError> {
    let rows = clients::table
        .left_join(client_secrets::table.on(client_secrets::client_key.eq(clients::id)))
        .filter(clients::org_id.eq(org.0))
        .filter(clients::id.eq(key.0))
        .order(client_secrets::id)
        .select((ClientRow::as_select(), Option::<SecretRow>::as_select()))
        .load(db)?;
    Ok(gather(rows)?.pop())
}

/// A LIKE pattern for "contains", in which nothing of `text` is special.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
