//! `vestibule organization`.

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::brand::Brand;
use vestibule_protocol::client::Status;
use vestibule_store::organizations::Organization;

use super::args::{AccentVerb, LogoVerb, OrganizationVerb};
use super::client::brand;
use super::console::{Console, moment, pairs, table, word};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::Act;
use crate::services::brands::{self, BrandChange};
use crate::services::organizations::{self, Branch, NewOrganization};

pub(super) fn run(
    verb: OrganizationVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        let organization = match verb {
            OrganizationVerb::List => {
                list(act, console).await?;
                return Ok(ExitCode::SUCCESS);
            }
            OrganizationVerb::Add { slug, name, parent } => {
                let name = name.unwrap_or_else(|| slug.clone());
                organizations::add(act, NewOrganization { slug, name, parent }).await?
            }
            OrganizationVerb::Show { slug } => organizations::find(act, &slug).await?,
            OrganizationVerb::Rename { slug, name } => {
                organizations::rename(act, &slug, &name).await?
            }
            OrganizationVerb::Disable { slug } => {
                organizations::set_status(act, &slug, Status::Disabled).await?
            }
            OrganizationVerb::Enable { slug } => {
                organizations::set_status(act, &slug, Status::Active).await?
            }
            OrganizationVerb::Logo(verb) => {
                let (slug, bytes) = match verb {
                    LogoVerb::Set { whose, file } => (whose, Some(brand::read(&file)?)),
                    LogoVerb::Remove { whose } => (whose, None),
                };
                branded(act, &slug, BrandChange::of_logo(bytes)?).await?
            }
            OrganizationVerb::Accent(verb) => {
                let (slug, accent) = match verb {
                    AccentVerb::Set { whose, colour } => (whose, brand::colour(&colour)?),
                    AccentVerb::Remove { whose } => (whose, None),
                };
                let change = BrandChange { accent: Some(accent), ..BrandChange::default() };
                branded(act, &slug, change).await?
            }
        };
        let brand = brands::of_organization(act, &organization.slug).await?;
        let answer = with_brand(json_of(&organization), brand);
        console.answer(&answer, || text_of(&organization, brand, console));
        Ok(ExitCode::SUCCESS)
    })
}

async fn branded(act: Act<'_>, slug: &str, change: BrandChange) -> Result<Organization, CliFault> {
    brands::set_organization(act, slug, change).await?;
    Ok(organizations::find(act, slug).await?)
}

fn with_brand(mut answer: Value, brand: Brand) -> Value {
    if let Some(object) = answer.as_object_mut() {
        object.insert("logo".to_owned(), json!(brand.logo));
        object.insert("accent".to_owned(), json!(brand.accent));
    }
    answer
}

async fn list(act: Act<'_>, console: &Console) -> Result<(), CliFault> {
    let tree = organizations::tree(act).await?;
    let slug = |id| {
        let found = tree.iter().find(|branch| Some(branch.organization.id) == id);
        found.map(|branch| branch.organization.slug.clone())
    };
    let answers: Vec<Value> = tree
        .iter()
        .map(|branch| {
            let mut answer = json_of(&branch.organization);
            if let Some(object) = answer.as_object_mut() {
                object.insert("parent".to_owned(), json!(slug(branch.organization.parent)));
            }
            answer
        })
        .collect();
    console.answer(&json!({ "organizations": answers }), || {
        let head = ["ORGANIZATION", "NAME", "STATUS"].map(str::to_owned).to_vec();
        let row = |branch: &Branch| {
            let one = &branch.organization;
            let slug = format!("{}{}", "  ".repeat(branch.depth), one.slug);
            vec![slug, one.name.clone(), word(&one.status)]
        };
        table(&std::iter::once(head).chain(tree.iter().map(row)).collect::<Vec<_>>())
    });
    Ok(())
}

fn json_of(organization: &Organization) -> Value {
    json!({
        "slug": organization.slug,
        "name": organization.name,
        "status": organization.status,
        "created_at": organization.created_at.as_seconds(),
        "updated_at": organization.updated_at.as_seconds(),
    })
}

fn text_of(organization: &Organization, brand: Brand, console: &Console) -> String {
    let mut lines = vec![
        ("Short name", organization.slug.clone()),
        ("Status", word(&organization.status)),
        ("Made", moment(organization.created_at.as_seconds())),
    ];
    lines.extend(brand::lines(brand));
    format!("{}\n{}", console.strong(&organization.name), pairs(&lines))
}
