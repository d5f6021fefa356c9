//! Users to a file: as an import reads them, or as the map of identifiers that a vendor links its
//! accounts by.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::ids::UserId;
use vestibule_protocol::user::User;
use vestibule_store::organizations::Organization;
use vestibule_store::users::IdentifierKind;
use vestibule_store::users::bulk::KnownUser;

use super::import::Format;
use super::texts::cut;
use super::{About, Act, ServiceFault, clients};
use crate::core::Core;

/// Users that are read at once.
const STEP: u32 = 500;

/// The columns of an export; an import reads them again. What a user has besides stands in JSON
/// Lines alone.
const COLUMNS: [&str; 30] = [
    "external_id",
    "sub",
    "email",
    "email_verified",
    "username",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address.formatted",
    "address.street_address",
    "address.locality",
    "address.region",
    "address.postal_code",
    "address.country",
    "groups",
    "account_type",
    "test",
    "status",
    "claims",
];
/// The last column is no column of CSV.
const CSV_COLUMNS: usize = COLUMNS.len() - 1;
/// The columns of a map of identifiers.
const UID_MAP: [&str; 7] =
    ["external_id", "sub", "email", "given_name", "family_name", "account_type", "org"];

/// What is exported.
#[derive(Clone, Debug)]
pub enum Content {
    /// Everything but passwords, so that an import makes the same users.
    Users,
    /// The map of identifiers, for all users or those whom a client admits.
    UidMap {
        /// Which client's users, and the subjects by which it knows them.
        client: Option<String>,
    },
}

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// CSV or JSON Lines.
    pub format: Format,
    /// Whether cells of CSV that a spreadsheet would take for a formula get an apostrophe in front.
    /// They then open harmlessly, and are no longer what they were.
    pub spreadsheet: bool,
}

/// Users who may be taken away, and of whom it is recorded that they are: what is left to do is to
/// read them.
#[derive(Clone, Debug)]
pub struct Export {
    /// Whose users: those of the organization, or of all that the client is limited to.
    homes: Vec<Organization>,
    client: Option<Client>,
    whole: bool,
    style: Style,
}

/// Settles who takes what away, before the first line leaves: an export that breaks off has told as
/// much as it has told.
pub async fn begin(act: Act<'_>, content: &Content, style: Style) -> Result<Export, ServiceFault> {
    act.require(Permission::UsersExport)?;
    let (client, what) = match content {
        Content::Users => (None, "users"),
        Content::UidMap { client: None } => (None, "uid_map"),
        Content::UidMap { client: Some(id) } => (Some(known_client(act, id).await?), "uid_map"),
    };
    let homes = match &client {
        Some(client) => clients::homes(act, client).await?,
        None => act.core.store.organization(act.org).await?.into_iter().collect(),
    };
    record(act, what, client.as_ref(), style.format).await?;
    Ok(Export { homes, client, whole: matches!(content, Content::Users), style })
}

impl Export {
    /// Hands the lines out, some hundred at a time, and tells how many users they are. It stops when
    /// `out` says so.
    pub async fn write(
        &self,
        core: &Core,
        mut out: impl AsyncFnMut(String) -> bool,
    ) -> Result<u64, ServiceFault> {
        let columns: &[&str] = if self.whole { &COLUMNS } else { &UID_MAP };
        if self.style.format == Format::Csv && !out(head(columns)).await {
            return Ok(0);
        }
        let mut count = 0;
        for home in &self.homes {
            let mut after = UserId(0);
            loop {
                let users = core.store.users_after(home.id, after, STEP).await?;
                let Some(last) = users.last() else { break };
                after = last.user.id;
                let text = self.lines(&users, home, columns, &mut count);
                if !text.is_empty() && !out(text).await {
                    return Ok(count);
                }
            }
        }
        Ok(count)
    }

    /// The lines of those users whom the map is to have.
    fn lines(
        &self,
        users: &[KnownUser],
        home: &Organization,
        columns: &[&str],
        count: &mut u64,
    ) -> String {
        let mut text = String::new();
        let client = self.client.as_ref();
        for known in users.iter().filter(|known| admitted(client, &known.user, home)) {
            *count += 1;
            let row = if self.whole { whole(known) } else { uid(known, &home.slug) };
            write(&mut text, columns, &row, self.style);
        }
        text
    }
}

/// Writes users to `out`, and tells how many.
pub async fn run(
    act: Act<'_>,
    content: &Content,
    style: Style,
    out: impl AsyncFnMut(String) -> bool,
) -> Result<u64, ServiceFault> {
    begin(act, content, style).await?.write(act.core, out).await
}

async fn known_client(act: Act<'_>, client_id: &str) -> Result<Client, ServiceFault> {
    let rights = act.rights.union(Rights::of([Permission::ClientsRead]));
    clients::find(Act { rights, ..act }, client_id).await
}

/// Who took which data away is worth a line of the event log.
async fn record(
    act: Act<'_>,
    what: &str,
    client: Option<&Client>,
    format: Format,
) -> Result<(), ServiceFault> {
    let about =
        client.map_or(About::Installation, |client| About::Client(client.client_id.clone()));
    let after = json!({ "what": what, "format": format.word() });
    let event = act.event("users.exported", about, Value::Null, after);
    Ok(act.core.store.write(move |tx| tx.record(vec![event])).await?)
}

/// A client's map has only users whom the client lets in.
fn admitted(client: Option<&Client>, user: &User, home: &Organization) -> bool {
    client.is_none_or(|client| client.settings.admits(user, home.seen()))
}

fn uid(known: &KnownUser, org: &str) -> BTreeMap<&'static str, Value> {
    let user = &known.user;
    let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::String);
    BTreeMap::from([
        ("external_id", text(&user.external_id)),
        ("sub", json!(user.subject)),
        ("email", text(&user.claims.email)),
        ("given_name", text(&user.claims.given_name)),
        ("family_name", text(&user.claims.family_name)),
        ("account_type", text(&user.account_type)),
        ("org", json!(org)),
    ])
}

fn whole(known: &KnownUser) -> BTreeMap<&'static str, Value> {
    let user = &known.user;
    let mut claims = match serde_json::to_value(&user.claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    let address = claims.remove("address");
    let other = claims.remove("other");
    let mut row = BTreeMap::new();
    for column in COLUMNS {
        let member = column.strip_prefix("address.");
        let value = match member {
            Some(member) => address.as_ref().and_then(|address| address.get(member)).cloned(),
            None => claims.get(column).cloned(),
        };
        row.extend(value.map(|value| (column, value)));
    }
    // What signs in, in the spelling that people know where that is the same name.
    let named = |kind| known.identifiers.iter().find(|name| name.kind == kind);
    let username = named(IdentifierKind::Username).map(|name| json!(name.value));
    let username = username.map(|normal| match &user.claims.preferred_username {
        Some(spelled) => json!(spelled),
        None => normal,
    });
    row.extend(username.map(|name| ("username", name)));
    if user.claims.email.is_none() {
        row.extend(named(IdentifierKind::Email).map(|name| ("email", json!(name.value))));
    }
    row.extend(user.external_id.as_ref().map(|id| ("external_id", json!(id))));
    row.extend(user.account_type.as_ref().map(|kind| ("account_type", json!(kind))));
    row.extend(other.map(|other| ("claims", other)));
    row.insert("sub", json!(user.subject));
    row.insert("groups", json!(user.groups));
    row.insert("test", json!(user.test));
    let status = if user.status == Status::Active { "active" } else { "disabled" };
    row.insert("status", json!(status));
    row
}

fn head(columns: &[&str]) -> String {
    csv_line(columns.iter().take(CSV_COLUMNS).copied())
}

fn write(text: &mut String, columns: &[&str], row: &BTreeMap<&'static str, Value>, style: Style) {
    match style.format {
        Format::Jsonl => {
            let object: Map<String, Value> = row
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            text.push_str(&Value::Object(object).to_string());
            text.push('\n');
        }
        Format::Csv => {
            let cells = columns.iter().take(CSV_COLUMNS).map(|column| {
                let cell = row.get(column).map(cell).unwrap_or_default();
                if style.spreadsheet { harmless(cell) } else { cell }
            });
            text.push_str(&csv_line(cells));
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

/// What a spreadsheet takes for a formula begins with one of these.
fn harmless(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

/// A line of CSV (RFC 4180), each cell exactly as it is.
pub fn csv_line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut line = String::new();
    for (place, cell) in cells.into_iter().enumerate() {
        let cell = cell.as_ref();
        if place > 0 {
            line.push(',');
        }
        let special = |c: char| matches!(c, '"' | ',' | ';' | '\t' | '\n' | '\r' | '\'');
        let formula = cell.starts_with(['=', '+', '-', '@', ' ']) || cell.ends_with(' ');
        match formula || cell.contains(special) {
            true => {
                line.push('"');
                line.push_str(&cell.replace('"', "\"\""));
                line.push('"');
            }
            false => line.push_str(cell),
        }
    }
    line.push_str("\r\n");
    line
}

/// A name for a file of this export.
pub fn file_name(content: &Content, format: Format) -> String {
    let end = format.word();
    match content {
        Content::Users => format!("users.{end}"),
        Content::UidMap { client: None } => format!("uid-map.{end}"),
        Content::UidMap { client: Some(client) } => {
            let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let client: String = cut(client).chars().filter(safe).collect();
            format!("uid-map-{client}.{end}")
        }
    }
}
