//! Who administers: the roles that hold in an organization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::{Assignment, Permission as P, Reach, Role};
use vestibule_protocol::ids::AdminRoleId;

use super::documents::{ListOf, Moment};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::admins::{self, Named, RoleLine};

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/admins",
        "listAdmins",
        "Lists the roles that hold in the organization or below it, oldest first.",
        |call| Box::pin(list(call)),
    )
    .needs(P::AdminsRead)
    .gives::<ListOf<RoleDocument>>(),
    Route::post(
        "/admins",
        "grantRole",
        "Grants a role to a user or a client, of which nobody can grant more than they have.",
        |call| Box::pin(grant(call)),
    )
    .needs(P::AdminsWrite)
    .takes::<Grant>(r#"{"client": "vci_4Jx…", "role": "client_manager"}"#)
    .makes::<RoleDocument>(),
    Route::delete("/admins/{role_id}", "revokeRole", "Takes a role away.", |call| {
        Box::pin(revoke(call))
    })
    .needs(P::AdminsWrite),
];

/// A role that somebody holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AdminRole")]
struct RoleDocument {
    /// Its number.
    id: String,
    /// Who holds it.
    holder: HolderDocument,
    /// What it is.
    role: Role,
    /// Where it holds: `everywhere`, or in this organization and below it.
    reach: String,
    /// Since when.
    granted_at: Moment,
    /// By whom.
    granted_by: String,
}

/// Who holds a role.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "Holder")]
enum HolderDocument {
    /// A user of the root organization.
    User {
        /// Its subject.
        subject: String,
        /// What people call it.
        name: String,
    },
    /// A client, which acts by its own access tokens.
    Client {
        /// Its client_id.
        client_id: String,
        /// What people call it.
        name: String,
    },
    /// Somebody who was removed.
    Gone,
}

/// A role to be granted, to a user or to a client.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "RoleGrant")]
#[serde(deny_unknown_fields)]
struct Grant {
    /// Subject or sign-in name of a user of the root organization.
    user: Option<String>,
    /// A client_id of this organization.
    client: Option<String>,
    /// What is granted.
    role: Role,
    /// Whether it is to hold everywhere, and not only in this organization and below it.
    #[serde(default)]
    everywhere: bool,
}

impl RoleDocument {
    fn of(line: &RoleLine) -> Self {
        let role = &line.role;
        let holder = match &line.named {
            Some(named @ Named::User(user)) => {
                HolderDocument::User { subject: user.subject.0.clone(), name: named.label() }
            }
            Some(named @ Named::Client(client)) => HolderDocument::Client {
                client_id: client.client_id.0.clone(),
                name: named.label(),
            },
            None => HolderDocument::Gone,
        };
        Self {
            id: role.id.0.to_string(),
            holder,
            role: role.assignment.role,
            reach: match role.assignment.reach {
                Reach::Everywhere => "everywhere".to_owned(),
                Reach::Below(org) => org.0.to_string(),
            },
            granted_at: Moment(role.granted_at),
            granted_by: role.granted_by.clone(),
        }
    }
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let items = admins::list(call.act).await?.iter().map(RoleDocument::of).collect();
    Reply::json(&ListOf { items })
}

async fn grant(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: Grant = call.input().document()?;
    let named = match (&wanted.user, &wanted.client) {
        (Some(user), None) => admins::user(call.act, user).await?,
        (None, Some(client)) => admins::client(call.act, client).await?,
        _ => return Err(Problem::field("user", "name either a user or a client")),
    };
    let reach = if wanted.everywhere { Reach::Everywhere } else { Reach::Below(call.act.org) };
    let role = admins::grant(call.act, &named, Assignment { role: wanted.role, reach }).await?;
    let id = role.id.0.to_string();
    Reply::made(&RoleDocument::of(&RoleLine { role, named: Some(named) }), &id)
}

async fn revoke(call: Call<'_>) -> Result<Reply, Problem> {
    let id = call.id("role_id", "role")?;
    admins::revoke(call.act, AdminRoleId(id)).await?;
    Ok(Reply::done())
}
