//! Who calls, and what they may do.

use schemars::JsonSchema;
use serde::Serialize;
use vestibule_protocol::admin::Permission;
use vestibule_store::admin_roles::Holder;

use super::documents::Moment;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;

pub(super) const ROUTES: &[Route] = &[Route::get(
    "/me",
    "readMe",
    "Tells who calls, and what they may do in the organization.",
    |call| Box::pin(read(call)),
)
.gives::<Me>()];

/// Who calls.
#[derive(Serialize, JsonSchema)]
struct Me {
    /// As the event log names them.
    name: String,
    /// What they are.
    kind: Kind,
    /// The organization of the request.
    organization: String,
    /// What they may do there: what their roles allow, as far as the token does.
    permissions: Vec<Permission>,
    /// The organizations in which they hold roles; null when a role holds everywhere.
    organizations: Option<Vec<String>>,
    /// When the presented token ends.
    expires_at: Option<Moment>,
}

/// What a caller is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CallerKind")]
enum Kind {
    /// An administrator, by an API token.
    User,
    /// A client, by its own access token.
    Client,
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    let organizations = call.caller.organizations();
    Reply::json(&Me {
        name: call.caller.by.clone(),
        kind: match call.caller.holder {
            Holder::User(_) => Kind::User,
            Holder::Client(_) => Kind::Client,
        },
        organization: call.act.org.0.to_string(),
        permissions: call.act.rights.iter().collect(),
        organizations: organizations.map(|all| all.iter().map(|org| org.0.to_string()).collect()),
        expires_at: Moment::maybe(call.caller.ends),
    })
}
