//! Users: finding, adding, inviting, changing, keeping out, erasing; what they are signed in to and
//! what they share.

mod access;
mod document;

use schemars::JsonSchema;
use serde::Deserialize;
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::client::Status;
use vestibule_store::PageRequest;

pub(super) use self::access::ROUTES as ACCESS;
pub(super) use self::document::UserDocument;
use self::document::{HandedLink, MadeUser, NewUserDocument, UserWrite};
use super::documents::PageOf;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::users::welcome::{self, Handover};
use crate::services::users::{self, erase, update};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/users", "listUsers", "Lists users: oldest first, or what is searched for.", |call| {
        Box::pin(list(call))
    })
    .needs(P::UsersRead)
    .query::<UserFilter>()
    .gives::<PageOf<UserDocument>>(),
    Route::post(
        "/users",
        "addUser",
        "Adds a user, without a password: people choose their own, by an invitation.",
        |call| Box::pin(add(call)),
    )
    .needs(P::UsersWrite)
    .takes::<NewUserDocument>(
        r#"{"email": "ada@clinic.example", "claims": {"given_name": "Ada", "family_name": "Lovelace"}, "invite": true}"#,
    )
    .makes::<MadeUser>(),
    Route::get("/users/{user}", "readUser", "Reads a user, by subject or sign-in name.", |call| {
        Box::pin(read(call))
    })
    .needs(P::UsersRead)
    .gives::<UserDocument>()
    .tagged(),
    Route::patch("/users/{user}", "changeUser", "Changes members of a user (RFC 7396).", |call| {
        Box::pin(patch(call))
    })
    .needs(P::UsersWrite)
    .takes::<UserWrite>(r#"{"claims": {"family_name": "King", "nickname": null}}"#)
    .gives::<UserDocument>()
    .tagged(),
    Route::delete(
        "/users/{user}",
        "eraseUser",
        "Erases a user and every row about the user; the event log keeps the subject.",
        |call| Box::pin(remove(call)),
    )
    .needs(P::UsersWrite)
    .tagged(),
    Route::post(
        "/users/{user}/disable",
        "disableUser",
        "Keeps a user out, and signs it out everywhere at once.",
        |call| Box::pin(set_status(call, Status::Disabled)),
    )
    .needs(P::UsersWrite)
    .gives::<UserDocument>(),
    Route::post("/users/{user}/enable", "enableUser", "Lets a user in again.", |call| {
        Box::pin(set_status(call, Status::Active))
    })
    .needs(P::UsersWrite)
    .gives::<UserDocument>(),
];

/// Which users to list.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "UserQuery")]
#[serde(deny_unknown_fields)]
struct UserFilter {
    /// Words that each begin a part of the name, the email address, a name to sign in with, the
    /// external id or the subject. Where many users fit in part, a page may hold fewer than `limit`,
    /// or none, although `next` leads on.
    text: Option<String>,
    /// Only those of this status.
    status: Option<Status>,
    /// Only members of this group.
    group: Option<String>,
    /// Only test users, or only others.
    test: Option<bool>,
    /// How many at most.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let UserFilter { text, status, group, test, limit, cursor } = call.query()?;
    let page = call.page(limit, cursor.as_deref(), PageRequest::MAX)?;
    let query = users::UserQuery { text, status, group, test };
    call.paged(users::list(call.act, query, page).await?, UserDocument::of)
}

async fn add(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: NewUserDocument = call.input().document()?;
    let (invite, handover) = (wanted.invite, Handover::of(wanted.send));
    let (new, passwords) = (wanted.into_new()?, &call.app.passwords);
    let (user, invitation) = match invite {
        true => {
            let (user, handed) = welcome::invite(call.act, passwords, new, handover).await?;
            (user, Some(HandedLink::of(handed)))
        }
        false => (users::add(call.act, passwords, new).await?, None),
    };
    Reply::made(&MadeUser { user: UserDocument::of(&user), invitation }, &user.subject.0)
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::one(&UserDocument::of(&users::find(call.act, call.path("user")).await?))
}

async fn patch(call: Call<'_>) -> Result<Reply, Problem> {
    let user = users::find(call.act, call.path("user")).await?;
    call.unchanged(&UserDocument::of(&user))?;
    let wanted: UserWrite = call.input().document()?;
    let mut change = wanted.into_change()?;
    change.version = Some(user.updated_at);
    let changed = update::update(call.act, &user.subject.0, change).await?;
    Reply::one(&UserDocument::of(&changed))
}

async fn remove(call: Call<'_>) -> Result<Reply, Problem> {
    let user = users::find(call.act, call.path("user")).await?;
    call.unchanged(&UserDocument::of(&user))?;
    let subject = user.subject.clone();
    erase::erase_if(call.act, &subject.0, Some(user)).await?;
    Ok(Reply::done())
}

async fn set_status(call: Call<'_>, status: Status) -> Result<Reply, Problem> {
    let user = users::set_status(call.act, call.path("user"), status).await?;
    Reply::one(&UserDocument::of(&user))
}
