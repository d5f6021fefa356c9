//! A client's secrets: several live at once, so that a change-over has no gap.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::client::ClientSecret;

use super::documents::{ListOf, Moment};
use super::handover::MadeLink;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::clients::{self, NewSecret, SecretTerms};

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/clients/{client_id}/secrets",
        "listClientSecrets",
        "Lists a client's secrets by their first characters, revoked ones included.",
        |call| Box::pin(list(call)),
    )
    .needs(P::ClientsRead)
    .gives::<ListOf<SecretDocument>>(),
    Route::post(
        "/clients/{client_id}/secrets",
        "addClientSecret",
        "Gives a client one more secret, which is in this answer alone; the others go on working.",
        |call| Box::pin(add(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<NewSecretDocument>(r#"{"label": "for 2027"}"#)
    .makes::<MadeSecret>(),
    Route::post(
        "/clients/{client_id}/rotate-secret",
        "rotateClientSecret",
        "Gives a client a new secret, which is in this answer alone, and lets the others end after an overlap.",
        |call| Box::pin(rotate(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<Rotation>(r#"{"label": "for 2027", "overlap_seconds": 604800}"#)
    .makes::<MadeSecret>(),
    Route::delete(
        "/clients/{client_id}/secrets/{secret_id}",
        "revokeClientSecret",
        "Revokes a secret at once.",
        |call| Box::pin(revoke(call)),
    )
    .needs(P::ClientsWrite),
];

/// One of a client's secrets.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientSecret")]
struct SecretDocument {
    /// Its number.
    id: String,
    /// What it is called.
    label: String,
    /// Its first characters.
    prefix: String,
    /// Whether it is accepted now.
    live: bool,
    /// When it was made.
    created_at: Moment,
    /// When it stops by itself.
    expires_at: Option<Moment>,
    /// When it was last accepted, to the minute.
    last_used_at: Option<Moment>,
    /// When it was revoked.
    revoked_at: Option<Moment>,
}

/// A secret to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewClientSecret")]
#[serde(deny_unknown_fields)]
struct NewSecretDocument {
    /// What it is to be called.
    label: String,
    /// When it is to stop by itself.
    expires_at: Option<Moment>,
    /// Hands the secret over by a link that shows it once and ends after so many seconds, in place
    /// of telling it in this answer.
    link_seconds: Option<u32>,
}

/// A change-over from one secret to the next.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SecretRotation")]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// What the new secret is to be called.
    label: String,
    /// For how long the others still work; a week if left out.
    overlap_seconds: Option<u32>,
    /// Hands the secret over by a link that shows it once and ends after so many seconds, in place
    /// of telling it in this answer.
    link_seconds: Option<u32>,
}

/// A secret that was just made.
#[derive(Serialize, JsonSchema)]
struct MadeSecret {
    /// The secret, which is shown this once, unless it is behind a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// The link that shows it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<MadeLink>,
    #[serde(flatten)]
    kept: SecretDocument,
}

impl SecretDocument {
    fn of(secret: &ClientSecret, now: Timestamp) -> Self {
        Self {
            id: secret.id.0.to_string(),
            label: secret.label.clone(),
            prefix: secret.prefix.clone(),
            live: secret.is_live(now),
            created_at: Moment(secret.created_at),
            expires_at: Moment::maybe(secret.expires_at),
            last_used_at: Moment::maybe(secret.last_used_at),
            revoked_at: Moment::maybe(secret.revoked_at),
        }
    }
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let client = clients::find(call.act, call.path("client_id")).await?;
    let items = client.secrets.iter().map(|it| SecretDocument::of(it, call.act.now)).collect();
    Reply::json(&ListOf { items })
}

async fn add(call: Call<'_>) -> Result<Reply, Problem> {
    let new: NewSecretDocument = call.input().document()?;
    let expires_at = new.expires_at.map(|at| at.0);
    if expires_at.is_some_and(|at| at <= call.act.now) {
        return Err(Problem::field("expires_at", "it is not ahead"));
    }
    let terms = SecretTerms {
        label: &new.label,
        expires_at,
        overlap: None,
        link: link_lifetime(new.link_seconds),
    };
    answer(call, terms).await
}

async fn rotate(call: Call<'_>) -> Result<Reply, Problem> {
    const WEEK: u32 = 7 * 86_400;
    let wanted: Rotation = call.input().document()?;
    let terms = SecretTerms {
        label: &wanted.label,
        expires_at: None,
        overlap: Some(Duration::from_secs(wanted.overlap_seconds.unwrap_or(WEEK).into())),
        link: link_lifetime(wanted.link_seconds),
    };
    answer(call, terms).await
}

/// For how long a link is to show the secret.
pub(super) fn link_lifetime(seconds: Option<u32>) -> Option<Duration> {
    seconds.map(|seconds| Duration::from_secs(seconds.into()))
}

async fn answer(call: Call<'_>, terms: SecretTerms<'_>) -> Result<Reply, Problem> {
    let NewSecret { kept, text, link } =
        clients::give_secret(call.act, call.path("client_id"), terms).await?;
    let kept = SecretDocument::of(&kept, call.act.now);
    let client_secret = link.is_none().then(|| text.to_string());
    let link = link.map(MadeLink::of);
    let mut reply = Reply::json(&MadeSecret { client_secret, link, kept })?;
    reply.status = 201;
    Ok(reply)
}

async fn revoke(call: Call<'_>) -> Result<Reply, Problem> {
    let id = call.id("secret_id", "live secret")?;
    clients::revoke_secret(call.act, call.path("client_id"), &id.to_string()).await?;
    Ok(Reply::done())
}
