//! Organizations: listing them with all below, making, renaming, switching off and on.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::brand::{Accent, Brand, LogoDigest};
use vestibule_protocol::client::Status;
use vestibule_store::organizations::Organization;

use super::documents::{ListOf, Moment};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::ServiceFault;
use crate::services::brands::{self, BrandChange};
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
        "changeOrganization",
        "Changes the name and the colour of an organization.",
        |call| Box::pin(change(call)),
    )
    .itself()
    .needs(P::OrganizationsWrite)
    .takes::<OrganizationChange>(r#"{"name": "North Clinic, Basel"}"#)
    .gives::<OrganizationDocument>()
    .tagged(),
    Route::put(
        "/organizations/{org}/logo",
        "setOrganizationLogo",
        "Gives an organization a logo; what the file is, is told by its content.",
        |call| Box::pin(set_logo(call)),
    )
    .itself()
    .needs(P::OrganizationsWrite)
    .takes_picture()
    .gives::<OrganizationDocument>(),
    Route::delete(
        "/organizations/{org}/logo",
        "removeOrganizationLogo",
        "Takes an organization's own logo away.",
        |call| Box::pin(remove_logo(call)),
    )
    .itself()
    .needs(P::OrganizationsWrite),
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
    /// Its own logo; the ones below it wear it where they have none.
    logo: Option<LogoDigest>,
    /// Its own colour, `#rrggbb`; as with the logo.
    accent: Option<Accent>,
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
    /// What people read; left out, it stays.
    name: Option<String>,
    /// Its colour, `#rrggbb`; null takes it away, left out it stays.
    #[serde(default, deserialize_with = "stated")]
    accent: Option<Option<Accent>>,
}

/// Tells null from what is left out.
fn stated<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<Accent>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl OrganizationDocument {
    fn of(organization: &Organization, brand: Brand) -> Self {
        Self {
            id: organization.id.0.to_string(),
            parent: organization.parent.map(|parent| parent.0.to_string()),
            slug: organization.slug.clone(),
            name: organization.name.clone(),
            status: organization.status,
            logo: brand.logo,
            accent: brand.accent,
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
    let brands = call.app.store.organization_brands().await.map_err(ServiceFault::from)?;
    let brand = |org| brands.get(&org).copied().unwrap_or_default();
    let items = tree.iter().map(|branch| {
        OrganizationDocument::of(&branch.organization, brand(branch.organization.id))
    });
    Reply::json(&ListOf { items: items.collect() })
}

async fn add(call: Call<'_>) -> Result<Reply, Problem> {
    let NewOrganizationDocument { slug, name } = call.input().document()?;
    let new = NewOrganization { slug, name, parent: None };
    let made = organizations::add(call.act, new).await?;
    let mut reply = Reply::json(&OrganizationDocument::of(&made, Brand::default()))?;
    reply.status = 201;
    Ok(reply)
}

/// The organization as a document.
async fn document(
    call: Call<'_>,
    organization: &Organization,
) -> Result<OrganizationDocument, Problem> {
    let brand = call.app.store.organization_brand(organization.id).await;
    Ok(OrganizationDocument::of(organization, brand.map_err(ServiceFault::from)?))
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::one(&document(call, &own(call).await?).await?)
}

async fn change(call: Call<'_>) -> Result<Reply, Problem> {
    let mut organization = own(call).await?;
    call.unchanged(&document(call, &organization).await?)?;
    let wanted: OrganizationChange = call.input().document()?;
    if wanted.accent.is_some() {
        let change = BrandChange { accent: wanted.accent, ..BrandChange::default() };
        brands::set_organization(call.act, &organization.slug, change).await?;
    }
    if let Some(name) = &wanted.name {
        organization = organizations::rename_read(call.act, organization, name).await?;
    }
    Reply::one(&document(call, &organization).await?)
}

async fn set_logo(call: Call<'_>) -> Result<Reply, Problem> {
    let organization = own(call).await?;
    let change = BrandChange::of_logo(Some(call.input().bytes.to_vec()))?;
    brands::set_organization(call.act, &organization.slug, change).await?;
    Reply::one(&document(call, &organization).await?)
}

async fn remove_logo(call: Call<'_>) -> Result<Reply, Problem> {
    let organization = own(call).await?;
    brands::set_organization(call.act, &organization.slug, BrandChange::of_logo(None)?).await?;
    Ok(Reply::done())
}

async fn set_status(call: Call<'_>, status: Status) -> Result<Reply, Problem> {
    let slug = own(call).await?.slug;
    let changed = organizations::set_status(call.act, &slug, status).await?;
    Reply::one(&document(call, &changed).await?)
}
