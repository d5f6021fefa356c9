//! Groups of users, to which clients can be limited.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_store::PageRequest;
use vestibule_store::groups::Group;

use super::documents::{ListOf, Moment, PageOf};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use super::users::UserDocument;
use crate::services::groups;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/groups", "listGroups", "Lists the groups, by name, with their sizes.", |call| {
        Box::pin(list(call))
    })
    .needs(P::UsersRead)
    .gives::<ListOf<GroupSize>>(),
    Route::post("/groups", "addGroup", "Makes a group.", |call| Box::pin(add(call)))
        .needs(P::UsersWrite)
        .takes::<GroupWrite>(r#"{"name": "providers"}"#)
        .makes::<GroupDocument>(),
    Route::get("/groups/{group}", "readGroup", "Reads a group.", |call| Box::pin(read(call)))
        .needs(P::UsersRead)
        .gives::<GroupDocument>()
        .tagged(),
    Route::patch("/groups/{group}", "renameGroup", "Renames a group.", |call| {
        Box::pin(rename(call))
    })
    .needs(P::UsersWrite)
    .takes::<GroupWrite>(r#"{"name": "clinicians"}"#)
    .gives::<GroupDocument>()
    .tagged(),
    Route::delete(
        "/groups/{group}",
        "removeGroup",
        "Removes a group; its members stay, and are in it no more.",
        |call| Box::pin(remove(call)),
    )
    .needs(P::UsersWrite)
    .tagged(),
    Route::get(
        "/groups/{group}/members",
        "listMembers",
        "Lists the members of a group, oldest first.",
        |call| Box::pin(members(call)),
    )
    .needs(P::UsersRead)
    .query::<MemberQuery>()
    .gives::<PageOf<UserDocument>>(),
    Route::post(
        "/groups/{group}/members",
        "addMember",
        "Puts a user into a group; to be in it already is no fault.",
        |call| Box::pin(add_member(call)),
    )
    .needs(P::UsersWrite)
    .takes::<NewMember>(r#"{"user": "ada@clinic.example"}"#)
    .gives::<UserDocument>(),
    Route::delete(
        "/groups/{group}/members/{user}",
        "removeMember",
        "Takes a user out of a group; not to be in it is no fault.",
        |call| Box::pin(remove_member(call)),
    )
    .needs(P::UsersWrite),
];

/// A group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group")]
struct GroupDocument {
    /// Its name.
    name: String,
    /// When it was made.
    created_at: Moment,
}

/// A group in a list.
#[derive(Serialize, JsonSchema)]
struct GroupSize {
    #[serde(flatten)]
    group: GroupDocument,
    /// How many members it has.
    members: i64,
}

/// A group to be made, or its new name.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupChange")]
#[serde(deny_unknown_fields)]
struct GroupWrite {
    /// Its name, unique in the organization.
    name: String,
}

/// Which members to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MemberQuery {
    /// How many at most.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A user to be put into a group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMember {
    /// The subject of the user, or a name to sign in with.
    user: String,
}

impl GroupDocument {
    fn of(group: &Group) -> Self {
        Self { name: group.name.clone(), created_at: Moment(group.created_at) }
    }
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let found = groups::list(call.act).await?;
    let items = found
        .iter()
        .map(|it| GroupSize { group: GroupDocument::of(&it.group), members: it.members });
    Reply::json(&ListOf { items: items.collect() })
}

async fn add(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: GroupWrite = call.input().document()?;
    let group = groups::add(call.act, &wanted.name).await?;
    let mut reply = Reply::json(&GroupDocument::of(&group))?;
    reply.status = 201;
    Ok(reply)
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::one(&GroupDocument::of(&groups::find(call.act, call.path("group")).await?))
}

async fn rename(call: Call<'_>) -> Result<Reply, Problem> {
    let group = groups::find(call.act, call.path("group")).await?;
    call.unchanged(&GroupDocument::of(&group))?;
    let wanted: GroupWrite = call.input().document()?;
    let renamed = groups::rename(call.act, &group.name, &wanted.name).await?;
    Reply::one(&GroupDocument::of(&renamed))
}

async fn remove(call: Call<'_>) -> Result<Reply, Problem> {
    let group = groups::find(call.act, call.path("group")).await?;
    call.unchanged(&GroupDocument::of(&group))?;
    groups::remove(call.act, &group.name).await?;
    Ok(Reply::done())
}

async fn members(call: Call<'_>) -> Result<Reply, Problem> {
    let query: MemberQuery = call.query()?;
    let page = call.page(query.limit, query.cursor.as_deref(), PageRequest::MAX)?;
    call.paged(groups::members(call.act, call.path("group"), page).await?, UserDocument::of)
}

async fn add_member(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: NewMember = call.input().document()?;
    let user = groups::add_member(call.act, call.path("group"), &wanted.user).await?;
    Reply::one(&UserDocument::of(&user))
}

async fn remove_member(call: Call<'_>) -> Result<Reply, Problem> {
    groups::remove_member(call.act, call.path("group"), call.path("user")).await?;
    Ok(Reply::done())
}
