//! Helping users: links, sessions, consents, wrong passwords.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::ids::SessionId;

use super::document::{HandedLink, UserDocument};
use crate::api::documents::{ListOf, Moment};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::routes::Route;
use crate::api::serve::Call;
use crate::services::users::welcome::{self, Handover};
use crate::services::users::{self, access, detail};

pub(in crate::api) const ROUTES: &[Route] = &[
    Route::post(
        "/users/{user}/unlock",
        "unlockUser",
        "Forgets the wrong passwords that were counted against a user.",
        |call| Box::pin(unlock(call)),
    )
    .needs(P::UsersSupport)
    .gives::<UserDocument>(),
    Route::post(
        "/users/{user}/link",
        "linkUser",
        "Makes the link by which a user sets a password, an invitation or a reset, and mails it.",
        |call| Box::pin(link(call)),
    )
    .needs(P::UsersSupport)
    .takes::<LinkWanted>(r#"{"lifetime_seconds": 3600}"#)
    .makes::<HandedLink>(),
    Route::post(
        "/users/{user}/sign-out",
        "signOutUser",
        "Signs a user out everywhere: every session ends, and every grant of every client.",
        |call| Box::pin(sign_out(call)),
    )
    .needs(P::UsersSupport)
    .gives::<UserDocument>(),
    Route::get(
        "/users/{user}/sessions",
        "listSessions",
        "Lists the sessions of a user that go on, newest first.",
        |call| Box::pin(sessions(call)),
    )
    .needs(P::UsersRead)
    .gives::<ListOf<SessionDocument>>(),
    Route::delete(
        "/users/{user}/sessions/{session_id}",
        "endSession",
        "Ends one session of a user, and every grant in it that does not outlive sessions.",
        |call| Box::pin(end_session(call)),
    )
    .needs(P::UsersSupport),
    Route::get(
        "/users/{user}/consents",
        "listConsents",
        "Lists what a user shares, and with which client.",
        |call| Box::pin(consents(call)),
    )
    .needs(P::UsersRead)
    .gives::<ListOf<ConsentDocument>>(),
    Route::delete(
        "/users/{user}/consents/{client_id}",
        "withdrawConsent",
        "Withdraws what a user agreed to share with a client; all that the client holds is revoked.",
        |call| Box::pin(withdraw(call)),
    )
    .needs(P::UsersSupport),
];

/// A link to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UserLink")]
#[serde(deny_unknown_fields)]
struct LinkWanted {
    /// For how long it can be used; the usual time of its purpose if left out, 7 days at most.
    lifetime_seconds: Option<u32>,
    /// Whether it goes by mail, or is in the answer. If left out, it goes by mail where mail is
    /// configured and the user has an address.
    send: Option<bool>,
}

/// A session of a user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionDocument {
    /// Its number.
    id: String,
    /// What clients know it by (Back-Channel Logout §2.1).
    sid: String,
    /// When it began.
    created_at: Moment,
    /// When it was last used, to the minute.
    last_seen_at: Moment,
    /// When it ends whatever its use.
    expires_at: Moment,
}

/// What a user shares with a client.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consent")]
struct ConsentDocument {
    /// The client; null when it was removed.
    client_id: Option<String>,
    /// What people call it.
    client_name: Option<String>,
    /// What was granted.
    scope: String,
}

async fn unlock(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::one(&UserDocument::of(&users::unlock(call.act, call.path("user")).await?))
}

async fn link(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: LinkWanted = call.input().document()?;
    let lifetime = wanted.lifetime_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let handover = Handover::of(wanted.send);
    let user = call.path("user");
    let (_, handed) = welcome::reset_link(call.act, user, lifetime, handover).await?;
    let mut reply = Reply::json(&HandedLink::of(handed))?;
    reply.status = 201;
    Ok(reply)
}

async fn sign_out(call: Call<'_>) -> Result<Reply, Problem> {
    let user = access::sign_out_everywhere(call.act, call.path("user")).await?;
    Reply::one(&UserDocument::of(&user))
}

async fn sessions(call: Call<'_>) -> Result<Reply, Problem> {
    let found = detail::detail(call.act, call.path("user")).await?;
    let items = found.sessions.iter().map(|session| SessionDocument {
        id: session.id.0.to_string(),
        sid: session.sid.clone(),
        created_at: Moment(session.created_at),
        last_seen_at: Moment(session.last_seen_at),
        expires_at: Moment(session.expires_at),
    });
    Reply::json(&ListOf { items: items.collect() })
}

async fn end_session(call: Call<'_>) -> Result<Reply, Problem> {
    let id = SessionId(call.id("session_id", "session")?);
    access::end_session(call.act, call.path("user"), id).await?;
    Ok(Reply::done())
}

async fn consents(call: Call<'_>) -> Result<Reply, Problem> {
    let found = detail::detail(call.act, call.path("user")).await?;
    let items = found.consents.iter().map(|(consent, client)| ConsentDocument {
        client_id: client.as_ref().map(|client| client.client_id.0.clone()),
        client_name: client.as_ref().map(|client| client.name.clone()),
        scope: consent.scope.to_string(),
    });
    Reply::json(&ListOf { items: items.collect() })
}

async fn withdraw(call: Call<'_>) -> Result<Reply, Problem> {
    access::withdraw_consent(call.act, call.path("user"), call.path("client_id")).await?;
    Ok(Reply::done())
}
