//! What a vendor is handed over: the sheet of a client, and links to it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;

use super::documents::{ListOf, Moment};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::links::NewLink;
use crate::services::sheets::{self, SharedLink};
use crate::sheet::Sheet;

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/clients/{client_id}/sheet",
        "readSheet",
        "Reads the hand-over sheet of a client: all that its vendor needs but the secret.",
        |call| Box::pin(read(call)),
    )
    .needs(P::ClientsRead)
    .gives::<Sheet>(),
    Route::get(
        "/clients/{client_id}/links",
        "listLinks",
        "Lists the links to a client's sheet and secrets that have not ended, newest first.",
        |call| Box::pin(list(call)),
    )
    .needs(P::ClientsRead)
    .gives::<ListOf<LinkDocument>>(),
    Route::post(
        "/clients/{client_id}/links",
        "shareSheet",
        "Makes a link by which anybody who has it can read the sheet until it ends.",
        |call| Box::pin(share(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<Share>(r#"{"lifetime_seconds": 604800}"#)
    .makes::<MadeLink>(),
    Route::delete(
        "/clients/{client_id}/links/{link_id}",
        "revokeLink",
        "Ends a link at once; a secret that it carries is forgotten.",
        |call| Box::pin(revoke(call)),
    )
    .needs(P::ClientsWrite),
];

/// A link to a sheet or to a secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Link")]
struct LinkDocument {
    /// Its number.
    id: String,
    /// `handover` for a sheet, `handover-secret` for a secret.
    purpose: String,
    /// When it was made.
    created_at: Moment,
    /// When it ends.
    expires_at: Moment,
    /// When the secret was taken, or the link revoked.
    used_at: Option<Moment>,
}

/// A link to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewLink")]
#[serde(deny_unknown_fields)]
struct Share {
    /// For how long it can be opened.
    #[schemars(range(min = 60, max = 7_776_000))]
    lifetime_seconds: u32,
}

/// A link that was just made.
#[derive(Serialize, JsonSchema)]
pub(super) struct MadeLink {
    /// The whole address, which is shown this once.
    url: String,
    /// When it ends.
    expires_at: Moment,
}

impl MadeLink {
    pub(super) fn of(link: NewLink) -> Self {
        Self { url: link.url, expires_at: Moment(link.expires_at) }
    }
}

impl LinkDocument {
    fn of(link: &SharedLink) -> Self {
        Self {
            id: link.id.to_string(),
            purpose: link.purpose.clone(),
            created_at: Moment::seconds(link.created_at),
            expires_at: Moment::seconds(link.expires_at),
            used_at: link.used_at.map(Moment::seconds),
        }
    }
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::json(&sheets::sheet(call.act, call.path("client_id")).await?)
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let found = sheets::shared(call.act, call.path("client_id")).await?;
    Reply::json(&ListOf { items: found.iter().map(LinkDocument::of).collect() })
}

async fn share(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: Share = call.input().document()?;
    let lifetime = Duration::from_secs(wanted.lifetime_seconds.into());
    let link = sheets::share(call.act, call.path("client_id"), lifetime).await?;
    let mut reply = Reply::json(&MadeLink::of(link))?;
    reply.status = 201;
    Ok(reply)
}

async fn revoke(call: Call<'_>) -> Result<Reply, Problem> {
    let id = call.id("link_id", "open link")?;
    sheets::revoke(call.act, call.path("client_id"), id).await?;
    Ok(Reply::done())
}
