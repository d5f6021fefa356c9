//! Clients and their secrets.

use std::collections::BTreeMap;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{
    Client, ClientSecret, ClientSettings, Environment, Kept, SecretDigest, Status,
};
use vestibule_protocol::ids::{ClientId, ClientKey, ClientSecretId, OrgId};

use crate::connection::Db;
use crate::organizations::bump_change_counter;
use crate::rows::{RowName, json, maybe_millis, maybe_moment, moment, status_code};
use crate::schema::{client_secrets, clients};
use crate::{Page, PageRequest, Store, StoreError, Transaction};

/// Which clients a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// Only those whose name or `client_id` contains this text, whatever its case.
    pub text: Option<String>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only test or only live registrations.
    pub environment: Option<Environment>,
    /// Only those that are trusted more than the default trusts a client.
    pub relaxed: bool,
}

impl ClientFilter {
    /// Whether the settings are what is looked for. The columns that the list is filtered by follow
    /// them, and may lag behind for a moment.
    fn admits(&self, settings: &ClientSettings) -> bool {
        self.environment.is_none_or(|wanted| settings.environment == wanted)
            && (!self.relaxed || is_relaxed(settings))
    }
}

fn is_relaxed(settings: &ClientSettings) -> bool {
    settings.relaxations().next().is_some()
}

fn environment_code(environment: Environment) -> i16 {
    match environment {
        Environment::Live => 0,
        Environment::Test => 1,
    }
}

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

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = client_secrets, treat_none_as_default_value = false)]
struct SecretRow {
    id: i64,
    client_key: i64,
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

    /// The clients of an organization, oldest first.
    pub async fn clients(
        &self,
        org: OrgId,
        filter: ClientFilter,
        page: PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        self.scan(move |db| list(db, org, &filter, page)).await
    }

    /// Brings what lists are filtered by in line with the settings of some clients that another
    /// version has written; tells how many. None: all are.
    pub async fn fill_client_filters(&self) -> Result<usize, StoreError> {
        let lagging: Vec<ClientRow> = self
            .scan(|db| {
                Ok(clients::table
                    .filter(clients::filtered_at.ne(clients::updated_at))
                    .order(clients::id)
                    .limit(FILLED_AT_ONCE)
                    .select(ClientRow::as_select())
                    .load(db)?)
            })
            .await?;
        if lagging.is_empty() {
            return Ok(0);
        }
        self.write(move |tx| {
            for row in &lagging {
                let name = RowName { table: "clients", id: &row.id };
                let settings: ClientSettings = name.json("settings", &row.settings)?;
                diesel::update(clients::table.find(row.id))
                    .filter(clients::updated_at.eq(row.updated_at))
                    .set((
                        clients::environment.eq(environment_code(settings.environment)),
                        clients::relaxed.eq(is_relaxed(&settings)),
                        clients::filtered_at.eq(row.updated_at),
                    ))
                    .execute(tx.db)?;
            }
            Ok(lagging.len())
        })
        .await
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

/// Clients whose filters are written in one transaction.
const FILLED_AT_ONCE: i64 = 100;

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

    /// Registers a client with its secrets.
    pub fn insert_client(&mut self, client: &Client) -> Result<(), StoreError> {
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
            insert_secret(self.db, client.key, secret)?;
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
        insert_secret(self.db, key, secret)?;
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

fn insert_secret(db: &mut Db, key: ClientKey, secret: &ClientSecret) -> Result<(), StoreError> {
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

fn list(
    db: &mut Db,
    org: OrgId,
    filter: &ClientFilter,
    page: PageRequest,
) -> Result<Page<Client>, StoreError> {
    let mut query = clients::table
        .filter(clients::org_id.eq(org.0))
        .filter(clients::id.gt(page.after))
        .order(clients::id)
        .limit(page.probe())
        .select(ClientRow::as_select())
        .into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(clients::status.eq(status_code(status)));
    }
    if let Some(environment) = filter.environment {
        let is = clients::environment.eq(environment_code(environment));
        query = query.filter(is.or(clients::filtered_at.ne(clients::updated_at)));
    }
    if filter.relaxed {
        let is = clients::relaxed.eq(true);
        query = query.filter(is.or(clients::filtered_at.ne(clients::updated_at)));
    }
    if let Some(text) = &filter.text {
        let pattern = contains(text);
        query = query.filter(
            lower(clients::name)
                .like(pattern.clone())
                .escape('\\')
                .or(lower(clients::client_id).like(pattern).escape('\\')),
        );
    }
    let rows = query.load(db)?;
    let keys: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let secrets = client_secrets::table
        .filter(client_secrets::client_key.eq_any(&keys))
        .order(client_secrets::id)
        .select(SecretRow::as_select())
        .load(db)?;
    let mut by_client = BTreeMap::<i64, Vec<ClientSecret>>::new();
    for secret in secrets {
        by_client.entry(secret.client_key).or_default().push(secret.try_into()?);
    }
    let found = rows
        .into_iter()
        .map(|row| {
            let secrets = by_client.remove(&row.id).unwrap_or_default();
            client(row, secrets)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut page = Page::of(page, found, |client| client.key.0);
    page.items.retain(|client| filter.admits(&client.settings));
    Ok(page)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Lower case; on SQLite of ASCII letters only.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// A LIKE pattern for "contains" whatever the letter case.
fn contains(text: &str) -> String {
    containing(&text.to_lowercase())
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
