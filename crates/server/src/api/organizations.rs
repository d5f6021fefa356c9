//! Organizations: listing them with all below, making, renaming, switching off and on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::client::Status;
use vestibule_store::organizations::Organization;

use super::documents::{ListOf, Moment};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::ServiceFault;
use crate::services::organizations::{self, NewOrganization};

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/organizations",
        "listOrganizations",
        "Lists the organization and all below it, each behind the one it is a part of.",
        |call| Box::pin(list(call)),
    )
    .needs(P::OrganizationsRead)
    .gives::<ListOf<OrganizationDocument>>(),
    Route::post(
        "/organizations",
        "addOrganization",
        "Makes an organization below the one of the request.",
        |call| Box::pin(add(call)),
    )
    .needs(P::OrganizationsWrite)
    .takes::<NewOrganizationDocument>(r#"{"slug": "north", "name": "North Clinic"}"#)
    .makes::<OrganizationDocument>(),
    Route::get("/organizations/{org}", "readOrganization", "Reads an organization.", |call| {
        Box::pin(read(call))
    })
    .itself()
    .needs(P::OrganizationsRead)
    .gives::<OrganizationDocument>()
    .tagged(),
    Route::patch(
        "/organizations/{org}",
        "renameOrganization",
        "Renames an organization.",
        |call| Box::pin(rename(call)),
    )
    .itself()
    .needs(P::OrganizationsWrite)
    .takes::<OrganizationChange>(r#"{"name": "North Clinic, Basel"}"#)
    .gives::<OrganizationDocument>()
    .tagged(),
    Route::post(
        "/organizations/{org}/disable",
        "disableOrganization",
        "Switches an organization off, and all below it along with it.",
        |call| Box::pin(set_status(call, Status::Disabled)),
    )
    .itself()
    .needs(P::OrganizationsWrite)
    .gives::<OrganizationDocument>(),
    Route::post(
        "/organizations/{org}/enable",
        "enableOrganization",
        "Switches an organization on again; what was switched off by itself stays so.",
        |call| Box::pin(set_status(call, Status::Active)),
    )
    .itself()
    .needs(P::OrganizationsWrite)
    .gives::<OrganizationDocument>(),
];

/// An organization.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
struct OrganizationDocument {
    /// Its number.
    id: String,
    /// The number of the one it is a part of.
    parent: Option<String>,
    /// Its short name in addresses.
    slug: String,
    /// What people read.
    name: String,
    /// Whether its users and clients take part.
    status: Status,
    /// When it was made.
    created_at: Moment,
    /// When it was last changed.
    updated_at: Moment,
}

/// An organization to be made.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewOrganization")]
#[serde(deny_unknown_fields)]
struct NewOrganizationDocument {
    /// Its short name in addresses: lower case letters, digits and hyphens.
    slug: String,
    /// What people read.
    name: String,
}

/// What can be changed about an organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationChange {
    /// What people read.
    name: String,
}

impl OrganizationDocument {
    fn of(organization: &Organization) -> Self {
        Self {
            id: organization.id.0.to_string(),
            parent: organization.parent.map(|parent| parent.0.to_string()),
            slug: organization.slug.clone(),
            name: organization.name.clone(),
            status: organization.status,
            created_at: Moment(organization.created_at),
            updated_at: Moment(organization.updated_at),
        }
    }
}

/// The organization of the request.
async fn own(call: Call<'_>) -> Result<Organization, Problem> {
    call.act.require(P::OrganizationsRead)?;
    let found = call.app.store.organization(call.act.org).await.map_err(ServiceFault::from)?;
    found.ok_or_else(|| Problem::new(Kind::NotFound, "the organization is gone"))
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let tree = organizations::tree(call.act).await?;
    let items = tree.iter().map(|branch| OrganizationDocument::of(&branch.organization));
    Reply::json(&ListOf { items: items.collect() })
}

async fn add(call: Call<'_>) -> Result<Reply, Problem> {
    let NewOrganizationDocument { slug, name } = call.input().document()?;
    let new = NewOrganization { slug, name, parent: None };
    let made = organizations::add(call.act, new).await?;
    let mut reply = Reply::json(&OrganizationDocument::of(&made))?;
    reply.status = 201;
    Ok(reply)
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::one(&OrganizationDocument::of(&own(call).await?))
}

async fn rename(call: Call<'_>) -> Result<Reply, Problem> {
    let organization = own(call).await?;
    call.unchanged(&OrganizationDocument::of(&organization))?;
    let wanted: OrganizationChange = call.input().document()?;
    let renamed = organizations::rename_read(call.act, organization, &wanted.name).await?;
    Reply::one(&OrganizationDocument::of(&renamed))
}

async fn set_status(call: Call<'_>, status: Status) -> Result<Reply, Problem> {
    let slug = own(call).await?.slug;
    let changed = organizations::set_status(call.act, &slug, status).await?;
    Reply::one(&OrganizationDocument::of(&changed))
}
