//! Clients: listing, registering, changing, deleting; redirect URIs one by one.

mod document;

use schemars::JsonSchema;
use serde::Deserialize;
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::client::{Environment, Status};
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;

pub(super) use self::document::ClientDocument;
use self::document::{ClientWrite, NewClientDocument, Registration};
use super::documents::PageOf;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::brands;
use crate::services::clients::{self, ClientChange};
use crate::services::patch::merge;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/clients", "listClients", "Lists clients, oldest first.", |call| {
        Box::pin(list(call))
    })
    .needs(P::ClientsRead)
    .query::<ClientQuery>()
    .gives::<PageOf<ClientDocument>>(),
    Route::post(
        "/clients",
        "createClient",
        "Registers a client, by a vendor profile or by its own settings; its secret is in this answer alone.",
        |call| Box::pin(create(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<NewClientDocument>(r#"{"profile": "unomed"}"#)
    .makes::<Registration>(),
    Route::get("/clients/{client_id}", "readClient", "Reads a client.", |call| Box::pin(read(call)))
        .needs(P::ClientsRead)
        .gives::<ClientDocument>()
        .tagged(),
    Route::patch(
        "/clients/{client_id}",
        "changeClient",
        "Changes members of a client (RFC 7396): null puts a setting back to its default.",
        |call| Box::pin(patch(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<ClientWrite>(r#"{"name": "Clinic portal"}"#)
    .gives::<ClientDocument>()
    .tagged(),
    Route::put(
        "/clients/{client_id}",
        "replaceClient",
        "Replaces all settings of a client; those left out get their defaults.",
        |call| Box::pin(put(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<ClientWrite>(
        r#"{"name": "Clinic portal", "redirect_uris": ["https://portal.clinic.example/cb"]}"#,
    )
    .gives::<ClientDocument>()
    .tagged(),
    Route::delete(
        "/clients/{client_id}",
        "deleteClient",
        "Deletes a client; everything that was issued to it ends with it.",
        |call| Box::pin(delete(call)),
    )
    .needs(P::ClientsWrite)
    .tagged(),
    Route::put(
        "/clients/{client_id}/logo",
        "setClientLogo",
        "Gives a client a logo; what the file is, is told by its content.",
        |call| Box::pin(set_logo(call)),
    )
    .needs(P::ClientsWrite)
    .takes_picture()
    .gives::<ClientDocument>(),
    Route::delete(
        "/clients/{client_id}/logo",
        "removeClientLogo",
        "Takes a client's own logo away; its organization's stays on its pages.",
        |call| Box::pin(remove_logo(call)),
    )
    .needs(P::ClientsWrite),
    Route::post(
        "/clients/{client_id}/redirect_uris",
        "addRedirectUri",
        "Registers one more redirect URI, which is compared byte for byte.",
        |call| Box::pin(add_uri(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<RedirectUri>(r#"{"uri": "https://portal.clinic.example/sso/callback"}"#)
    .gives::<ClientDocument>(),
    Route::delete(
        "/clients/{client_id}/redirect_uris",
        "removeRedirectUri",
        "Takes a redirect URI out.",
        |call| Box::pin(remove_uri(call)),
    )
    .needs(P::ClientsWrite)
    .query::<RedirectUri>()
    .tagged(),
];

/// Which clients to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClientQuery {
    /// Only those whose name or client_id contains this text.
    text: Option<String>,
    /// Only those of this status.
    status: Option<Status>,
    /// Only test or only live registrations.
    environment: Option<Environment>,
    /// Only those that are trusted more than the default trusts a client.
    #[serde(default)]
    relaxed: bool,
    /// How many at most.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A redirect URI.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RedirectUri {
    /// The URI, character for character.
    uri: String,
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let query: ClientQuery = call.query()?;
    let page = call.page(query.limit, query.cursor.as_deref(), PageRequest::MAX)?;
    let ClientQuery { text, status, environment, relaxed, .. } = query;
    let filter = ClientFilter { text, status, environment, relaxed };
    call.paged(clients::list(call.act, filter, page).await?, ClientDocument::of)
}

async fn create(call: Call<'_>) -> Result<Reply, Problem> {
    let draft = document::draft(call.act, call.input().object()?)?;
    let registered = clients::register(call.act, draft).await?;
    let id = registered.client.client_id.0.clone();
    Reply::made(&Registration::of(registered), &id)
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    let client = clients::find(call.act, call.path("client_id")).await?;
    Reply::one(&ClientDocument::of(&client))
}

async fn patch(call: Call<'_>) -> Result<Reply, Problem> {
    let client = clients::find(call.act, call.path("client_id")).await?;
    let current = ClientDocument::of(&client);
    call.unchanged(&current)?;
    let patch = call.input().object()?;
    let mut wanted = clients::patch::writable(&client)?;
    merge(&mut wanted, patch);
    change(call, document::changed(&client, &current, wanted)?).await
}

async fn put(call: Call<'_>) -> Result<Reply, Problem> {
    let client = clients::find(call.act, call.path("client_id")).await?;
    let current = ClientDocument::of(&client);
    call.unchanged(&current)?;
    change(call, document::changed(&client, &current, call.input().object()?)?).await
}

async fn change(call: Call<'_>, change: ClientChange) -> Result<Reply, Problem> {
    let client = clients::update(call.act, call.path("client_id"), change).await?;
    Reply::one(&ClientDocument::of(&client))
}

async fn delete(call: Call<'_>) -> Result<Reply, Problem> {
    let client = clients::find(call.act, call.path("client_id")).await?;
    call.unchanged(&ClientDocument::of(&client))?;
    clients::remove_version(call.act, call.path("client_id"), Some(client.updated_at)).await?;
    Ok(Reply::done())
}

async fn set_logo(call: Call<'_>) -> Result<Reply, Problem> {
    let bytes = call.input().bytes.to_vec();
    let client = brands::set_client_logo(call.act, call.path("client_id"), Some(bytes)).await?;
    Reply::one(&ClientDocument::of(&client))
}

async fn remove_logo(call: Call<'_>) -> Result<Reply, Problem> {
    brands::set_client_logo(call.act, call.path("client_id"), None).await?;
    Ok(Reply::done())
}

async fn add_uri(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: RedirectUri = call.input().document()?;
    let client = clients::add_uri(call.act, call.path("client_id"), &wanted.uri).await?;
    Reply::one(&ClientDocument::of(&client))
}

async fn remove_uri(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: RedirectUri = call.query()?;
    let client = clients::find(call.act, call.path("client_id")).await?;
    call.unchanged(&ClientDocument::of(&client))?;
    clients::remove_uri(call.act, call.path("client_id"), &wanted.uri).await?;
    Ok(Reply::done())
}
