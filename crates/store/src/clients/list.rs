//! Lists of clients, and the columns that they are filtered by.

use std::collections::BTreeMap;

use diesel::prelude::*;
use vestibule_protocol::client::{Client, ClientSecret, ClientSettings, Environment, Status};
use vestibule_protocol::ids::OrgId;

use super::secrets::SecretRow;
use super::{ClientRow, client, containing};
use crate::connection::Db;
use crate::rows::{RowName, status_code};
use crate::schema::{client_secrets, clients};
use crate::{Page, PageRequest, Store, StoreError};

/// Clients whose filters are written in one transaction.
const FILLED_AT_ONCE: i64 = 100;

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

pub(super) fn is_relaxed(settings: &ClientSettings) -> bool {
    settings.relaxations().next().is_some()
}

pub(super) fn environment_code(environment: Environment) -> i16 {
    match environment {
        Environment::Live => 0,
        Environment::Test => 1,
    }
}

impl Store {
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
    /// Lower case of every alphabet; SQLite's own knows ASCII letters only.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Gives a connection the [`lower`] of all other texts here.
pub(crate) fn teach_lower(connection: &mut SqliteConnection) -> QueryResult<()> {
    lower_utils::register_impl(connection, |text: String| text.to_lowercase())
}

/// A LIKE pattern for "contains" whatever the letter case.
fn contains(text: &str) -> String {
    containing(&text.to_lowercase())
}
