//! Organizations and the ones below them: to each belong users, groups and clients of its own.
//!
//! Whoever acts in an organization sees it and what lies below it; all others answer like unknown
//! ones. An organization that is switched off signs nobody in and issues nothing, and neither does
//! any below it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_store::StoreError;
use vestibule_store::organizations::Organization;

use super::texts::{LABEL, cut, is_label};
use super::{About, Act, FieldFault, ServiceFault};

/// Most organizations above one another, the root included.
pub const MAX_DEPTH: usize = 5;
/// Longest slug, as a label of a host name.
const MAX_SLUG: usize = 63;

/// An organization in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// The organization.
    pub organization: Organization,
    /// How many organizations lie between it and the top of this tree.
    pub depth: usize,
}

/// What an organization is made with.
#[derive(Clone, Debug, Default)]
pub struct NewOrganization {
    /// Its short name in addresses: lower case letters, digits and hyphens.
    pub slug: String,
    /// What people read.
    pub name: String,
    /// The slug of the one it is a part of; without one that of the act.
    pub parent: Option<String>,
}

/// The organization of the act and all below it, each behind the one it is a part of, by name.
pub async fn tree(act: Act<'_>) -> Result<Vec<Branch>, ServiceFault> {
    act.require(Permission::OrganizationsRead)?;
    Ok(below(act.core.store.organizations().await?, act.org))
}

fn below(all: Vec<Organization>, top: OrgId) -> Vec<Branch> {
    let mut children: BTreeMap<OrgId, Vec<&Organization>> = BTreeMap::new();
    for one in &all {
        if let Some(parent) = one.parent {
            children.entry(parent).or_default().push(one);
        }
    }
    for list in children.values_mut() {
        // The stack below takes the last first.
        list.sort_by_key(|one| std::cmp::Reverse(one.name.to_lowercase()));
    }
    let mut stack: Vec<(&Organization, usize)> =
        all.iter().filter(|one| one.id == top).map(|one| (one, 0)).collect();
    let (mut tree, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some((organization, depth)) = stack.pop() {
        // A circle, which nothing here makes, ends here.
        if !seen.insert(organization.id) {
            continue;
        }
        tree.push(Branch { organization: organization.clone(), depth });
        let children = children.get(&organization.id).into_iter().flatten();
        stack.extend(children.map(|child| (*child, depth + 1)));
    }
    tree
}

/// The organization of this slug, if it is that of the act or below it.
pub async fn find(act: Act<'_>, slug: &str) -> Result<Organization, ServiceFault> {
    let tree = tree(act).await?;
    let found = tree.into_iter().find(|branch| branch.organization.slug == slug);
    found.map(|branch| branch.organization).ok_or_else(|| ServiceFault::NotFound {
        what: "organization",
        name: cut(slug),
        hint: "look it up in the list of organizations",
    })
}

/// The rows of the organization of the act and of all below it.
pub(super) async fn all_below(act: Act<'_>) -> Result<Vec<OrgId>, ServiceFault> {
    let tree = below(act.core.store.organizations().await?, act.org);
    Ok(tree.into_iter().map(|branch| branch.organization.id).collect())
}

/// The organization of the act and all below it that have one of these slugs, by slug. It tells no
/// more than whether they exist, so it needs no right of its own.
pub(super) async fn named(
    act: Act<'_>,
    slugs: &BTreeSet<String>,
) -> Result<BTreeMap<String, Organization>, ServiceFault> {
    let tree = below(act.core.store.organizations().await?, act.org);
    let found = tree.into_iter().map(|branch| branch.organization);
    let found = found.filter(|one| slugs.contains(&one.slug));
    Ok(found.map(|one| (one.slug.clone(), one)).collect())
}

/// Makes an organization below another.
pub async fn add(act: Act<'_>, new: NewOrganization) -> Result<Organization, ServiceFault> {
    act.require(Permission::OrganizationsWrite)?;
    judge(&new)?;
    let parent = match &new.parent {
        Some(slug) => find(act, slug).await?.id,
        None => act.org,
    };
    if act.core.store.lineage(parent).await?.len() >= MAX_DEPTH {
        return Err(too_deep());
    }
    let organization = Organization {
        id: OrgId(act.core.ids.next(act.now)),
        parent: Some(parent),
        slug: new.slug,
        name: new.name,
        status: Status::Active,
        created_at: act.now,
        updated_at: act.now,
    };
    let after = json!({ "slug": organization.slug, "name": organization.name });
    let event = act.event("organization.added", About::Installation, Value::Null, after);
    let row = organization.clone();
    let written = act.core.store.write(move |tx| {
        tx.hold_organization(parent)?;
        tx.insert_organization(&row)?;
        tx.record(vec![event])
    });
    written.await.map_err(|error| match error {
        StoreError::Stale { .. } => switched_off(),
        StoreError::Conflict { value, .. } => {
            ServiceFault::Conflict(format!("there is an organization {} already", cut(&value)))
        }
        other => other.into(),
    })?;
    Ok(organization)
}

/// All that is wrong with an organization that is to be made, apart from where it is to lie.
pub(crate) fn judge(new: &NewOrganization) -> Result<(), ServiceFault> {
    let mut faults = Vec::new();
    let slug = &new.slug;
    let letters = slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if slug.is_empty() || slug.len() > MAX_SLUG || !letters || slug.trim_matches('-') != slug {
        let problem = format!(
            "{:?} does not fit: use 1 to {MAX_SLUG} lower case letters, digits and hyphens, with no hyphen at its ends",
            cut(slug)
        );
        faults.push(FieldFault::new("slug", problem));
    }
    faults.extend(judge_name(&new.name));
    if faults.is_empty() { Ok(()) } else { Err(ServiceFault::Invalid(faults)) }
}

/// What is wrong with the name that an organization is to have.
pub(crate) fn judge_new_name(name: &str) -> Result<(), ServiceFault> {
    judge_name(name).map_or(Ok(()), |fault| Err(ServiceFault::Invalid(vec![fault])))
}

fn judge_name(name: &str) -> Option<FieldFault> {
    let problem = || format!("an organization's name has {LABEL}");
    (!is_label(name)).then(|| FieldFault::new("name", problem()))
}

/// Changes what people read, if nobody changes the organization meanwhile.
pub async fn rename(act: Act<'_>, slug: &str, name: &str) -> Result<Organization, ServiceFault> {
    let read = find(act, slug).await?;
    rename_read(act, read, name).await
}

/// The same for an organization as it was read before.
pub async fn rename_read(
    act: Act<'_>,
    before: Organization,
    name: &str,
) -> Result<Organization, ServiceFault> {
    act.require(Permission::OrganizationsWrite)?;
    judge_new_name(name)?;
    let (was, is) = (json!({ "name": before.name }), json!({ "name": name }));
    let event = act.event("organization.renamed", About::Installation, was, is);
    let (read, now, new) = (before.clone(), act.now, name.to_owned());
    let written = act.core.store.write(move |tx| {
        let version = tx.rename_organization(&read, &new, now)?;
        tx.record(vec![event])?;
        Ok(version)
    });
    Ok(Organization { updated_at: written.await?, name: name.to_owned(), ..before })
}

/// Switches an organization on or off, and all below it along with it. What was switched off by
/// itself stays so.
pub async fn set_status(
    act: Act<'_>,
    slug: &str,
    status: Status,
) -> Result<Organization, ServiceFault> {
    act.require(Permission::OrganizationsWrite)?;
    let before = find(act, slug).await?;
    if before.id == OrgId::ROOT && status == Status::Disabled {
        return Err(root_stays());
    }
    let kind = match status {
        Status::Active => "organization.enabled",
        Status::Disabled => "organization.disabled",
    };
    let (was, is) = (json!({ "slug": slug, "status": before.status }), json!({ "status": status }));
    let event = act.event(kind, About::Installation, was, is);
    let (id, now) = (before.id, act.now);
    let written = act.core.store.write(move |tx| {
        match status {
            Status::Active => tx.enable_organization(id, now)?,
            Status::Disabled => tx.disable_organization(id, now)?,
        }
        tx.record(vec![event])
    });
    written.await.map_err(|error| match error {
        StoreError::Stale { .. } => switched_off(),
        other => other.into(),
    })?;
    Ok(Organization { status, updated_at: act.now, ..before })
}

/// Nobody could switch it on again.
pub(crate) fn root_stays() -> ServiceFault {
    let problem = "the root organization is where its administrators sign in; stop the server";
    ServiceFault::Conflict(problem.to_owned())
}

/// It would lie below too many others.
pub(crate) fn too_deep() -> ServiceFault {
    let problem = format!("it would be more than {MAX_DEPTH} deep; make it below a higher one");
    ServiceFault::invalid("parent", problem)
}

/// It lies below one that does not take part.
pub(crate) fn switched_off() -> ServiceFault {
    let problem = "the organization above it is switched off; switch that on first";
    ServiceFault::Conflict(problem.to_owned())
}
