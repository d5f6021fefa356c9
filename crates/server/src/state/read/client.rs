//! `[[client]]`: a client by its vendor profile or by its settings, in the words of
//! [`ClientSettings`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize as _;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, Deserializer, ValueDeserializer};
use vestibule_protocol::client::ClientSettings;
use vestibule_protocol::ids::ClientId;

use super::super::document::{ClientWanted, Ensure, Object};
use super::super::table::{Source, Table, explain};
use super::{Read, Surroundings, common, picture, secret, tell};
use crate::services::clients::{self, NewClient, declared};
use crate::services::{FieldFault, ServiceFault};

/// The keys of a client that are no settings.
const KEYS: [&str; 8] =
    ["client_id", "name", "status", "ensure", "organization", "profile", "variables", "secret"];

/// The settings with their defaults: which keys there are, and which of them are sections that are
/// filled in member by member.
pub(crate) fn defaults() -> &'static Map<String, Value> {
    static DEFAULTS: LazyLock<Map<String, Value>> =
        LazyLock::new(|| match serde_json::to_value(ClientSettings::default()) {
            Ok(Value::Object(settings)) => settings,
            _ => Map::new(),
        });
    &DEFAULTS
}

/// `[[client]]`.
pub(super) fn client(
    table: &Table<'_>,
    source: &mut Source<'_>,
    around: Surroundings<'_>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<Read> {
    let settings = defaults().keys().map(String::as_str);
    table.only(source, KEYS.into_iter().chain(settings));
    let (ensure, organization) = common(table, source);
    let client_id = table.require::<String>(source, "client_id", "it is the stable id");
    let client_id = ClientId(client_id?);
    if let Some(fault) = declared::judge_client_id(&client_id) {
        source.fault(&table.key("client_id"), table.at("client_id"), fault.problem);
    }
    if ensure == Ensure::Absent {
        return Some((organization, Object::Client(client_id, None)));
    }
    let found = source.faults.len();
    let secrets = secret::secrets(table, source, around, folder, warnings);
    let mut stated = overrides(table, source);
    let named = picture::logo(table, source, folder).map(picture::Named::parts);
    let (logo, picture) = named.unzip();
    stated.extend(logo.map(|digest| (picture::LOGO.to_owned(), digest.to_string().into())));
    let new = new_client(table, source, &stated);
    if source.faults.len() > found {
        return None;
    }
    let (name, settings) = match fill(around, &new, stated) {
        Ok(filled) => filled,
        Err(faults) => {
            faults.into_iter().for_each(|fault| tell(table, source, &fault));
            return None;
        }
    };
    let keys = around.core.config.key_policy();
    for fault in clients::faults(&name, &settings, &keys) {
        tell(table, source, &fault);
    }
    if settings.is_public() && !secrets.is_empty() {
        let problem = "a public client (auth_method none) has no secrets";
        source.fault(&table.key("secret"), table.at("secret"), problem);
    }
    let status = table.read(source, "status").unwrap_or_default();
    let picture = picture.flatten();
    let wanted = ClientWanted { name, status, settings, picture, secrets };
    Some((organization, Object::Client(client_id, Some(Box::new(wanted)))))
}

/// The settings that the table states, each judged by its type on its own.
fn overrides(table: &Table<'_>, source: &mut Source<'_>) -> Map<String, Value> {
    let mut stated = Map::new();
    for (key, value) in table.table {
        let name = key.get_ref().as_ref();
        // A picture may be named by a path, which is no setting yet.
        if !defaults().contains_key(name) || name == picture::LOGO {
            continue;
        }
        let mut alone = DeTable::new();
        alone.insert(key.clone(), value.clone());
        let alone = Spanned::new(value.span(), alone);
        if let Err(error) = ClientSettings::deserialize(Deserializer::from(alone)) {
            let at = error.span().map_or_else(|| value.span().start, |span| span.start);
            source.fault(&table.key(name), at, explain(error.message()));
            continue;
        }
        if let Ok(value) = Value::deserialize(ValueDeserializer::from(value.clone())) {
            stated.insert(name.to_owned(), value);
        }
    }
    stated
}

/// What any other door would have registered it with.
fn new_client(
    table: &Table<'_>,
    source: &mut Source<'_>,
    stated: &Map<String, Value>,
) -> NewClient {
    let profile: Option<String> = table.read(source, "profile");
    let values: BTreeMap<String, String> = table.read(source, "variables").unwrap_or_default();
    let name: Option<String> = table.read(source, "name");
    if name.is_none() && profile.is_none() {
        let problem = "is missing; a client needs a name or a profile";
        source.fault(&table.key("name"), table.at, problem);
    }
    if profile.is_none() && !values.is_empty() {
        let problem = "they fill in a profile; add profile";
        source.fault(&table.key("variables"), table.at("variables"), problem);
    }
    // Faults of these were found above; here they are of their types.
    let typed = |name: &str| stated.get(name).cloned().unwrap_or_default();
    NewClient {
        name,
        profile,
        values,
        redirect_uris: serde_json::from_value(typed("redirect_uris")).unwrap_or_default(),
        scope: serde_json::from_value(typed("scope")).ok(),
        grant_types: serde_json::from_value(typed("grant_types")).unwrap_or_default(),
        ..NewClient::default()
    }
}

/// The defaults or the profile, with what the table states in place of it.
fn fill(
    around: Surroundings<'_>,
    new: &NewClient,
    stated: Map<String, Value>,
) -> Result<(String, ClientSettings), Vec<FieldFault>> {
    let (name, base) = clients::describe(around.core, new).map_err(|fault| match fault {
        ServiceFault::Invalid(faults) => faults,
        ServiceFault::Profile(fault) => vec![fault.in_field()],
        other => vec![FieldFault::new("profile", other.to_string())],
    })?;
    let unreadable =
        |error: serde_json::Error| vec![FieldFault::new("client_id", error.to_string())];
    let mut whole = serde_json::to_value(base).map_err(unreadable)?;
    for (name, value) in stated {
        if let Some(place) = whole.get_mut(&name) {
            put(place, value, is_section(&name));
        }
    }
    let settings = serde_json::from_value(whole).map_err(unreadable)?;
    Ok((name, settings))
}

/// Whether a setting is a table of which members may be left out.
fn is_section(name: &str) -> bool {
    matches!(name, "refresh" | "lifetimes" | "reasons")
}

fn put(place: &mut Value, stated: Value, is_section: bool) {
    match (place, stated) {
        (Value::Object(members), Value::Object(stated)) if is_section => members.extend(stated),
        (place, stated) => *place = stated,
    }
}
