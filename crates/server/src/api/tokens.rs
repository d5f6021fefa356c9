//! The caller's own API tokens.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Reach, Rights};
use vestibule_protocol::ids::{ApiTokenId, OrgId};
use vestibule_protocol::user::User;
use vestibule_store::admin_roles::Holder;
use vestibule_store::api_tokens::ApiToken;

use super::documents::{ListOf, Moment};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::ServiceFault;
use crate::services::tokens::{self, NewToken};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/tokens", "listTokens", "Lists the caller's own API tokens.", |call| {
        Box::pin(list(call))
    })
    .gives::<ListOf<TokenDocument>>(),
    Route::post(
        "/tokens",
        "makeToken",
        "Makes an API token that may at most what the caller's token may, and ends no later; it is in this answer alone.",
        |call| Box::pin(make(call)),
    )
    .takes::<NewTokenDocument>(
        r#"{"label": "nightly export", "permissions": ["users:read"], "lifetime_seconds": 86400}"#,
    )
    .makes::<MadeTokenDocument>(),
    Route::delete("/tokens/{token_id}", "revokeToken", "Revokes one of the caller's own API tokens.", |call| {
        Box::pin(revoke(call))
    }),
];

/// An API token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiToken")]
struct TokenDocument {
    /// Its number.
    id: String,
    /// What it is for.
    label: String,
    /// What it may do at most.
    permissions: Vec<Permission>,
    /// Where it works: `everywhere`, or in this organization and below it.
    reach: String,
    /// Whether it works now.
    live: bool,
    /// When it was made.
    created_at: Moment,
    /// When it ends.
    expires_at: Moment,
    /// When it was last used, to the minute.
    last_used_at: Option<Moment>,
    /// When it was revoked.
    revoked_at: Option<Moment>,
}

/// An API token to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewApiToken")]
#[serde(deny_unknown_fields)]
struct NewTokenDocument {
    /// What it is for.
    label: String,
    /// What it may do at most.
    permissions: Vec<Permission>,
    /// For how long it works.
    #[schemars(range(min = 60, max = 31_622_400))]
    lifetime_seconds: u32,
}

/// An API token that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MadeApiToken")]
struct MadeTokenDocument {
    /// The token, which is shown this once.
    token: String,
    #[serde(flatten)]
    kept: TokenDocument,
}

impl TokenDocument {
    fn of(token: &ApiToken, now: Timestamp) -> Self {
        Self {
            id: token.id.0.to_string(),
            label: token.label.clone(),
            permissions: token.permissions.iter().collect(),
            reach: match token.reach {
                Reach::Everywhere => "everywhere".to_owned(),
                Reach::Below(org) => org.0.to_string(),
            },
            live: token.is_live(now),
            created_at: Moment(token.created_at),
            expires_at: Moment(token.expires_at),
            last_used_at: Moment::maybe(token.last_used_at),
            revoked_at: Moment::maybe(token.revoked_at),
        }
    }
}

/// The administrator whose token was presented.
async fn administrator(call: Call<'_>) -> Result<User, Problem> {
    let Holder::User(id) = call.caller.holder else {
        let detail =
            "a client has no API tokens; it gets its own access tokens by client_credentials";
        return Err(Problem::new(Kind::Forbidden, detail));
    };
    let found = call.app.store.user(OrgId::ROOT, id).await.map_err(ServiceFault::from)?;
    found.ok_or_else(|| Problem::new(Kind::Forbidden, "the administrator is gone"))
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let user = administrator(call).await?;
    let found = tokens::list(call.act, &user).await?;
    let items = found.iter().map(|token| TokenDocument::of(token, call.act.now)).collect();
    Reply::json(&ListOf { items })
}

async fn make(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: NewTokenDocument = call.input().document()?;
    let user = administrator(call).await?;
    let lifetime = Duration::from_secs(wanted.lifetime_seconds.into());
    // A token that got into other hands must not live on in one that it made.
    if call.caller.ends.is_some_and(|ends| call.act.now.plus(lifetime) > ends) {
        let problem = "the new token would outlive the one that makes it; ask for less, or make it on the command line";
        return Err(Problem::field("lifetime_seconds", problem));
    }
    let permissions = Rights::of(wanted.permissions);
    let new = NewToken { label: wanted.label, permissions, lifetime };
    let made = tokens::make(call.act, &user, new).await?;
    let kept = TokenDocument::of(&made.kept, call.act.now);
    let id = kept.id.clone();
    Reply::made(&MadeTokenDocument { token: made.text.to_string(), kept }, &id)
}

async fn revoke(call: Call<'_>) -> Result<Reply, Problem> {
    let id = ApiTokenId(call.id("token_id", "live API token")?);
    let user = administrator(call).await?;
    tokens::revoke(call.act, &user, id).await?;
    Ok(Reply::done())
}
