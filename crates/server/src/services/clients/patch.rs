//! A client changed by a document: its name, its status and its settings on one level, as the API
//! writes them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Client;

use super::{ClientChange, find, update};
use crate::services::patch::{merge, typed, typed_beside};
use crate::services::{Act, FieldFault, ServiceFault};

/// Changes members of a client by a merge patch (RFC 7396): null puts a setting back to its default.
pub async fn patch(
    act: Act<'_>,
    client_id: &str,
    patch: Map<String, Value>,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = find(act, client_id).await?;
    let mut wanted = writable(&client)?;
    merge(&mut wanted, patch);
    update(act, client_id, changed(&client, wanted)?).await
}

/// What can be written of a client, to which a merge patch is applied.
pub fn writable(client: &Client) -> Result<Map<String, Value>, ServiceFault> {
    let Ok(Value::Object(mut object)) = serde_json::to_value(&client.settings) else {
        return Err(ServiceFault::invalid("settings", "they cannot be written as JSON"));
    };
    object.insert("name".to_owned(), json!(client.name));
    object.insert("status".to_owned(), json!(client.status));
    Ok(object)
}

/// The change that makes a client what `wanted` says. A status that is left out stays, a setting
/// gets its default.
pub fn changed(
    client: &Client,
    mut wanted: Map<String, Value>,
) -> Result<ClientChange, FieldFault> {
    let name = wanted.remove("name").ok_or_else(|| FieldFault::new("name", "it is needed"))?;
    let status = wanted.remove("status").map(|status| member("status", status)).transpose()?;
    let settings = typed_beside(Value::Object(wanted), &["name", "status"])?;
    Ok(ClientChange {
        name: Some(member("name", name)?),
        status,
        settings: Some(settings),
        version: Some(client.updated_at),
        ..ClientChange::default()
    })
}

/// One member of a document, named when it does not fit.
pub fn member<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, FieldFault> {
    let wrapped = Map::from_iter([(name.to_owned(), value)]);
    let mut read: std::collections::BTreeMap<String, T> = typed(Value::Object(wrapped))?;
    read.remove(name).ok_or_else(|| FieldFault::new(name, "it is needed"))
}
