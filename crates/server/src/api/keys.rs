//! Signing keys of the installation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_keys::Alg;
use vestibule_keys::lifecycle::Rotation;
use vestibule_protocol::admin::Permission as P;

use super::documents::{ListOf, Moment};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::keys::{self, KeyLine};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/keys", "listKeys", "Lists the signing keys.", |call| Box::pin(list(call)))
        .everywhere()
        .needs(P::KeysRead)
        .query::<KeyQuery>()
        .gives::<ListOf<KeyDocument>>(),
    Route::get(
        "/keys/clients",
        "listKeyClients",
        "Lists the clients in use and which keys they have not been seen to fetch; a fetch counts as a client's when it comes from the address that its server uses at the token endpoint.",
        |call| Box::pin(clients(call)),
    )
    .everywhere()
    .needs(P::KeysRead)
    .gives::<ListOf<KeyClientDocument>>(),
    Route::post("/keys/rotate", "rotateKey", "Rotates the key of one algorithm.", |call| {
        Box::pin(rotate(call))
    })
    .everywhere()
    .needs(P::KeysWrite)
    .takes::<RotationDocument>(r#"{"alg": "RS256", "rotation": "planned"}"#)
    .gives::<ListOf<KeyDocument>>(),
    Route::post(
        "/keys/{kid}/retire",
        "retireKey",
        "Lets a key sign no more; it stays published for the tokens it signed.",
        |call| Box::pin(retire(call)),
    )
    .everywhere()
    .needs(P::KeysWrite)
    .gives::<ListOf<KeyDocument>>(),
];

/// Which keys to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeyQuery {
    /// Whether removed keys are shown too.
    removed: Option<bool>,
}

/// A signing key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
struct KeyDocument {
    /// Its id in the JWK set (RFC 7517 §4.5).
    kid: String,
    /// What it signs with.
    alg: String,
    /// Where it stands: published, signing, retired or removed.
    phase: &'static str,
    /// When it entered the JWK set.
    published_at: Moment,
    /// When it began to sign.
    signing_at: Option<Moment>,
    /// When it stopped.
    retired_at: Option<Moment>,
    /// When it left the JWK set.
    removed_at: Option<Moment>,
}

/// A client in use, and what it has seen of the keys.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KeyClient")]
struct KeyClientDocument {
    /// What it calls itself on the wire.
    client_id: String,
    /// What people read.
    name: String,
    /// When it last authenticated at the token endpoint, to the hour.
    last_used_at: Moment,
    /// When the key set was last fetched from the address that its server uses; null if never: it
    /// checks no signatures, or fetches from elsewhere.
    last_fetch_at: Option<Moment>,
    /// The `kid` of each key that is published or signs and that it has not been seen to fetch.
    unseen: Vec<String>,
}

/// What is to happen.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "KeyRotation")]
#[serde(deny_unknown_fields)]
struct RotationDocument {
    /// The algorithm whose key is to be followed by another: `RS256`, `ES256`…
    alg: String,
    /// How.
    rotation: How,
}

/// How a key is followed by another.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RotationKind")]
enum How {
    /// The next key is published now and signs after the usual notice; nothing is interrupted.
    Planned,
    /// A new key signs at once; relying parties that cached the key set may refuse new tokens for a
    /// while.
    Immediate,
    /// A new key signs at once and all earlier ones are withdrawn: every token they signed stops
    /// verifying.
    Compromised,
}

fn answer(lines: Vec<KeyLine>) -> Result<Reply, Problem> {
    let items = lines.into_iter().map(|line| KeyDocument {
        kid: line.kid,
        alg: line.alg,
        phase: line.phase,
        published_at: Moment::seconds(line.published_at),
        signing_at: line.signing_at.map(Moment::seconds),
        retired_at: line.retired_at.map(Moment::seconds),
        removed_at: line.removed_at.map(Moment::seconds),
    });
    Reply::json(&ListOf { items: items.collect() })
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let query: KeyQuery = call.query()?;
    answer(keys::list(call.act, query.removed.unwrap_or_default()).await?)
}

async fn clients(call: Call<'_>) -> Result<Reply, Problem> {
    let clients = keys::clients(call.act).await?;
    let items = clients.into_iter().map(|client| KeyClientDocument {
        client_id: client.client_id,
        name: client.name,
        last_used_at: Moment::seconds(client.last_used_at),
        last_fetch_at: client.last_fetch_at.map(Moment::seconds),
        unseen: client.unseen,
    });
    Reply::json(&ListOf { items: items.collect() })
}

async fn rotate(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: RotationDocument = call.input().document()?;
    let alg: Alg = wanted.alg.parse().map_err(|fault| Problem::field("alg", format!("{fault}")))?;
    let rotation = match wanted.rotation {
        How::Planned => Rotation::Planned,
        How::Immediate => Rotation::Immediate,
        How::Compromised => Rotation::Compromised,
    };
    answer(keys::rotate(call.act, alg, rotation).await?)
}

async fn retire(call: Call<'_>) -> Result<Reply, Problem> {
    answer(keys::retire(call.act, call.path("kid")).await?)
}
