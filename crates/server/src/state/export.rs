//! A document of what stands, which the next `diff` finds equal.
//!
//! What is the default of this installation is left out, and so are secrets: what stands in their
//! place is a comment that shows how to state one.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Reach};
use vestibule_protocol::brand::Brand;
use vestibule_protocol::client::{Client, ClientSecret, Status};
use vestibule_protocol::ids::OrgId;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;
use vestibule_store::organizations::Organization;

use crate::profiles;
use crate::services::admins::{self, Named};
use crate::services::clients::{self, NewClient};
use crate::services::{Act, ServiceFault, organizations, webhooks};

/// What is to be exported.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Everything that a document can state.
    All,
    /// These clients alone, by `client_id`.
    Clients(Vec<String>),
}

/// How many clients are read at a time.
const PAGE: u32 = 500;

/// Writes the document.
pub async fn export(act: Act<'_>, wanted: Wanted) -> Result<String, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let mut text = String::from("version = 1\n");
    match wanted {
        Wanted::Clients(ids) => {
            for id in ids {
                let found = clients::find(act, &id).await?;
                client(act, &mut text, &found, None)?;
            }
        }
        Wanted::All => everything(act, &mut text).await?,
    }
    Ok(text)
}

async fn everything(act: Act<'_>, text: &mut String) -> Result<(), ServiceFault> {
    let tree = organizations::tree(act).await?;
    let known: Vec<Organization> = tree.into_iter().map(|branch| branch.organization).collect();
    let slug_of = |id: OrgId| {
        let found = known.iter().find(|one| one.id == id && id != act.org);
        found.map(|one| one.slug.as_str())
    };
    for found in &known {
        let worn = act.core.store.organization_brand(found.id).await?;
        // The organization of the act is there; it is written for what it wears.
        if found.id == act.org && worn == Brand::default() {
            continue;
        }
        line(text, "\n[[organization]]");
        pair(text, "slug", &Value::from(found.slug.as_str()));
        pair(text, "name", &Value::from(found.name.as_str()));
        if let Some(parent) = found.parent.and_then(slug_of) {
            pair(text, "parent", &Value::from(parent));
        }
        if found.status == Status::Disabled {
            pair(text, "status", &Value::from("disabled"));
        }
        pair(text, "logo", &json!(worn.logo));
        pair(text, "accent", &json!(worn.accent));
    }
    for found in &known {
        for group in act.core.store.groups(found.id).await? {
            line(text, "\n[[group]]");
            pair(text, "name", &Value::from(group.name));
            if let Some(slug) = slug_of(found.id) {
                pair(text, "organization", &Value::from(slug));
            }
        }
    }
    let mut all = Vec::new();
    for found in &known {
        all.extend(clients_of(act, found.id).await?);
    }
    all.sort_by(|a, b| a.client_id.cmp(&b.client_id));
    for found in &all {
        client(act, text, found, slug_of(found.org))?;
    }
    for found in &known {
        webhooks_of(Act { org: found.id, ..act }, text, slug_of(found.id)).await?;
    }
    roles(act, text, &known).await
}

async fn clients_of(act: Act<'_>, org: OrgId) -> Result<Vec<Client>, ServiceFault> {
    let act = Act { org, ..act };
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let request = PageRequest { after, limit: PAGE };
        let page = clients::list(act, ClientFilter::default(), request).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => after = next,
            None => return Ok(found),
        }
    }
}

async fn webhooks_of(
    act: Act<'_>,
    text: &mut String,
    organization: Option<&str>,
) -> Result<(), ServiceFault> {
    for found in webhooks::list(act).await? {
        line(text, "\n[[webhook]]");
        pair(text, "label", &Value::from(found.label));
        if let Some(slug) = organization {
            pair(text, "organization", &Value::from(slug));
        }
        pair(text, "url", &Value::from(found.url));
        if !found.kinds.is_empty() {
            pair(text, "kinds", &json!(found.kinds));
        }
        if found.status == Status::Disabled {
            pair(text, "status", &Value::from("disabled"));
        }
        line(text, "# Its secret stays as it is; a document names where another one is:");
        line(text, "# secret.file = \"/run/secrets/…\"");
    }
    Ok(())
}

fn client(
    act: Act<'_>,
    text: &mut String,
    client: &Client,
    organization: Option<&str>,
) -> Result<(), ServiceFault> {
    let base = base(act, client)?;
    line(text, "\n[[client]]");
    pair(text, "client_id", &Value::from(client.client_id.0.as_str()));
    // A profile gives a name; without one it is always written.
    if base.profile.is_none() || base.name != client.name {
        pair(text, "name", &Value::from(client.name.as_str()));
    }
    if let Some(slug) = organization {
        pair(text, "organization", &Value::from(slug));
    }
    if client.status == Status::Disabled {
        pair(text, "status", &Value::from("disabled"));
    }
    if let Some(profile) = base.profile {
        pair(text, "profile", &Value::from(profile));
    }
    if let Ok(Value::Object(settings)) = serde_json::to_value(&client.settings) {
        differences(text, &settings, &base.settings);
    }
    for secret in client.secrets.iter().filter(|secret| secret.is_live(act.now)) {
        commented(text, secret);
    }
    Ok(())
}

/// What the client would be with the least that is written: its profile, when nothing has to be
/// filled in, or the defaults.
struct Base {
    profile: Option<String>,
    name: String,
    settings: Map<String, Value>,
}

fn base(act: Act<'_>, client: &Client) -> Result<Base, ServiceFault> {
    let settings = &client.settings;
    let folder = act.core.config.profiles.folder.as_deref();
    let profile = settings.vendor_profile.clone().filter(|name| {
        profiles::find(name, folder).is_ok_and(|profile| profile.variables.is_empty())
    });
    let least = NewClient {
        name: profile.is_none().then(|| client.name.clone()),
        profile: profile.clone(),
        ..NewClient::default()
    };
    let with_uris = NewClient { redirect_uris: settings.redirect_uris.clone(), ..least.clone() };
    let whole = NewClient { scope: Some(settings.scope.clone()), ..with_uris.clone() };
    let described = |new: &NewClient| {
        let (name, settings) = clients::describe(act.core, new)?;
        let members = match serde_json::to_value(settings) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        Ok::<_, ServiceFault>((name, members))
    };
    // Redirect URIs and scope decide what else is the default; they have one themselves.
    let (name, mut settings) = described(&whole)?;
    for (key, new) in [("redirect_uris", &least), ("scope", &with_uris)] {
        if let Some(default) = described(new)?.1.remove(key) {
            settings.insert(key.to_owned(), default);
        }
    }
    Ok(Base { profile, name, settings })
}

/// The settings that are not those of the base; of a section the members.
fn differences(text: &mut String, settings: &Map<String, Value>, base: &Map<String, Value>) {
    for (name, value) in settings {
        let default = base.get(name);
        if default == Some(value) || is_void(value) && default.is_none_or(is_void) {
            continue;
        }
        match (value, default) {
            (Value::Object(members), Some(Value::Object(defaults)))
                if matches!(name.as_str(), "refresh" | "lifetimes" | "reasons") =>
            {
                for (member, value) in members {
                    if defaults.get(member) != Some(value) && !value.is_null() {
                        pair(text, &format!("{name}.{member}"), value);
                    }
                }
            }
            _ => pair(text, name, value),
        }
    }
}

/// Whether leaving it out says the same.
fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn commented(text: &mut String, secret: &ClientSecret) {
    let label = Value::from(secret.label.as_str());
    line(
        text,
        &format!(
            "# A secret that begins with {} stands; a document names where it is:",
            secret.prefix
        ),
    );
    line(text, "# [[client.secret]]");
    line(text, &format!("# label = {label}"));
    line(text, "# file = \"/run/secrets/…\"");
    if let Some(end) = secret.expires_at {
        line(text, &format!("# expires = {}", moment(end)));
    }
}

async fn roles(
    act: Act<'_>,
    text: &mut String,
    organizations: &[Organization],
) -> Result<(), ServiceFault> {
    let mut lines = admins::list(act).await?;
    lines.sort_by_key(|line| line.role.id);
    for found in lines {
        let Some(named) = &found.named else { continue };
        let assignment = found.role.assignment;
        line(text, "\n[[admin]]");
        match named {
            Named::User(_) => pair(text, "user", &Value::from(named.label())),
            Named::Client(client) => {
                pair(text, "client", &Value::from(client.client_id.0.as_str()))
            }
        }
        pair(text, "role", &Value::from(assignment.role.as_str()));
        if let Reach::Below(org) = assignment.reach {
            let known = organizations.iter().find(|organization| organization.id == org);
            let slug = known.map_or_else(|| org.0.to_string(), |known| known.slug.clone());
            pair(text, "organization", &Value::from(slug));
        }
    }
    Ok(())
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// `key = value`; of several items one a line.
fn pair(text: &mut String, key: &str, value: &Value) {
    let Ok(value) = toml::Value::try_from(without_nulls(value)) else { return };
    let _infallible = match value {
        toml::Value::Array(items) if items.len() > 1 => {
            let items: Vec<String> = items.iter().map(|item| format!("    {item},\n")).collect();
            writeln!(text, "{key} = [\n{}]", items.concat())
        }
        value => writeln!(text, "{key} = {value}"),
    };
}

/// TOML has no null.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect::<Vec<_>>().into(),
        value => value.clone(),
    }
}

/// A moment as documents write it (RFC 3339).
pub fn moment(at: Timestamp) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::from_unix_timestamp(at.as_seconds())
        .ok()
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_else(|| at.as_seconds().to_string())
}
