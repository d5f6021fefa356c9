//! A client as a document: its settings beside its name and status, on one level.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vestibule_protocol::client::{Client, ClientSettings, Relaxation, Status};
use vestibule_protocol::ids::ClientId;

use crate::api::documents::{Moment, object};
use crate::api::handover::MadeLink;
use crate::api::problem::Problem;
use crate::api::secrets::link_lifetime;
use crate::services::clients::{
    ClientChange, Draft, NewClient, Registered, draft as drafted, patch,
};
use crate::services::patch::{merge, typed, typed_beside};
use crate::services::{Act, FieldFault};

/// Members that follow from others, or that we state.
const READ_ONLY: [&str; 5] =
    ["client_id", "organization", "relaxations", "created_at", "updated_at"];

/// A client.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Client")]
pub(in crate::api) struct ClientDocument {
    /// What it calls itself on the wire (RFC 6749 §2.2).
    client_id: String,
    /// The organization it belongs to.
    organization: String,
    /// What people read.
    name: String,
    /// Whether it works.
    status: Status,
    #[serde(flatten)]
    settings: ClientSettings,
    /// Where its policy is weaker than the default, each with the reason on record.
    relaxations: Vec<RelaxationDocument>,
    /// When it was registered.
    created_at: Moment,
    /// When it was last changed.
    updated_at: Moment,
}

/// A point in which a client is trusted more than the default trusts it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Relaxed")]
struct RelaxationDocument {
    /// Which.
    name: Relaxation,
    /// In a few words.
    summary: &'static str,
    /// Why, as an administrator wrote it in `reasons`.
    reason: Option<String>,
}

/// A client that was just registered.
#[derive(Serialize, JsonSchema)]
pub(super) struct Registration {
    /// Its secret, which is shown this once, unless it is behind a link. A public client has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// The link that shows the secret once.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<MadeLink>,
    #[serde(flatten)]
    client: ClientDocument,
}

/// What a client is registered with. Whatever is left out comes from the profile, or is the default.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewClient")]
#[expect(dead_code, reason = "it is the description of what is taken apart as JSON")]
pub(super) struct NewClientDocument {
    /// The vendor profile it begins with.
    profile: Option<String>,
    /// The values of the profile's variables.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// In place of a generated one: 1 to 100 of the characters A-Z a-z 0-9 - _.
    client_id: Option<String>,
    /// What people read; a profile has one of its own.
    name: Option<String>,
    /// Hands the secret over by a link that shows it once and ends after so many seconds, in place
    /// of telling it in this answer.
    link_seconds: Option<u32>,
    #[serde(flatten)]
    settings: ClientSettings,
}

/// What can be changed about a client.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ClientChange")]
#[expect(dead_code, reason = "it is the description of what is taken apart as JSON")]
pub(super) struct ClientWrite {
    /// What people read.
    name: Option<String>,
    /// Whether it works; left out, it stays as it is.
    status: Option<Status>,
    #[serde(flatten)]
    settings: ClientSettings,
}

impl ClientDocument {
    /// As it is.
    pub(in crate::api) fn of(client: &Client) -> Self {
        let relaxations = client.settings.relaxations().map(|(name, reason)| RelaxationDocument {
            name,
            summary: name.summary(),
            reason: reason.map(str::to_owned),
        });
        Self {
            client_id: client.client_id.0.clone(),
            organization: client.org.0.to_string(),
            name: client.name.clone(),
            status: client.status,
            relaxations: relaxations.collect(),
            settings: client.settings.clone(),
            created_at: Moment(client.created_at),
            updated_at: Moment(client.updated_at),
        }
    }
}

impl Registration {
    /// With the secret.
    pub(super) fn of(registered: Registered) -> Self {
        let Registered { client, secret, link } = registered;
        Self {
            client_secret: secret.filter(|_| link.is_none()).map(|secret| secret.to_string()),
            link: link.map(MadeLink::of),
            client: ClientDocument::of(&client),
        }
    }
}

/// The change that makes a client what `wanted` says. What cannot be written may be repeated as it
/// was read, so that a document can be read, altered and sent back.
pub(super) fn changed(
    client: &Client,
    current: &ClientDocument,
    mut wanted: Map<String, Value>,
) -> Result<ClientChange, Problem> {
    let current = object(current)?;
    let mut faults = Vec::new();
    for name in READ_ONLY {
        let sent = wanted.remove(name);
        if sent.is_some_and(|sent| Some(&sent) != current.get(name)) {
            faults.push(FieldFault::new(name, "it cannot be changed; leave it out"));
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    Ok(patch::changed(client, wanted)?)
}

/// What a client of this document would be registered as.
pub(super) fn draft(act: Act<'_>, mut wanted: Map<String, Value>) -> Result<Draft, Problem> {
    let mut text = |name: &str| wanted.remove(name).filter(|value| !value.is_null());
    let profile = text("profile").map(|value| member("profile", value)).transpose()?;
    let values = text("variables").map(|value| member("variables", value)).transpose()?;
    let client_id = text("client_id").map(|value| member("client_id", value)).transpose()?;
    let name = text("name").map(|value| member("name", value)).transpose()?;
    let link = text("link_seconds").map(|value| member("link_seconds", value)).transpose()?;
    let beside = ["profile", "variables", "client_id", "name", "link_seconds"];
    let given: ClientSettings = typed_beside(Value::Object(wanted.clone()), &beside)?;
    let has = |name: &str| wanted.contains_key(name);
    let new = NewClient {
        name,
        profile,
        values: values.unwrap_or_default(),
        client_id: client_id.map(ClientId),
        redirect_uris: given.redirect_uris,
        post_logout_redirect_uris: given.post_logout_redirect_uris,
        scope: has("scope").then_some(given.scope),
        grant_types: if has("grant_types") { given.grant_types } else { Default::default() },
        auth_method: has("auth_method").then_some(given.auth_method),
        pkce: has("pkce").then_some(given.pkce),
        secret_link: link_lifetime(link),
        ..NewClient::default()
    };
    let draft = drafted(act, new)?;
    let mut settings = object(&draft.settings)?;
    merge(&mut settings, wanted);
    Ok(Draft { settings: typed(Value::Object(settings))?, ..draft })
}

fn member<T: serde::de::DeserializeOwned>(name: &str, value: Value) -> Result<T, Problem> {
    Ok(patch::member(name, value)?)
}
