//! Organizations and groups: as stated, and as they stand.

use serde_json::{Map, Value, json};
use vestibule_protocol::brand::Brand;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_store::managed::ManagedKind;
use vestibule_store::organizations::Organization;

use super::super::document::{GroupWanted, OrganizationWanted, within};
use super::clients::Pruned;
use super::{Deed, Draft, Home, Planning, Step, Verb};
use crate::services::brands::BrandChange;
use crate::services::organizations::{self as branches, NewOrganization};
use crate::services::{ServiceFault, difference, groups};

impl Planning<'_> {
    pub(super) async fn organization(
        &mut self,
        draft: Draft,
        slug: String,
        wanted: Option<OrganizationWanted>,
    ) -> Result<Step, ServiceFault> {
        let kind = ManagedKind::Organization;
        let found = self.organizations.iter().find(|one| one.slug == slug).cloned();
        let (found, wanted) = match (found, wanted) {
            (None, None) => {
                return Ok(draft.missing(kind, Verb::Keep, Value::Null, Deed::Keep));
            }
            (None, Some(wanted)) => {
                self.check_new(&slug, &wanted).await?;
                let parent = wanted.parent.as_deref();
                let after = described(&wanted.name, wanted.status, parent, wanted.brand);
                let deed = Deed::AddOrganization { slug, wanted };
                return Ok(draft.missing(kind, Verb::Create, after, deed));
            }
            (Some(found), wanted) => (found, wanted),
        };
        let row = (kind, found.id.0);
        let parent = self.slug_of(found.parent);
        let worn = self.act.core.store.organization_brand(found.id).await?;
        let before = described(&found.name, found.status, parent.as_deref(), worn);
        let stays_on = wanted.as_ref().is_some_and(|wanted| wanted.status == Status::Active);
        if found.id == OrgId::ROOT && !stays_on {
            return Err(branches::root_stays());
        }
        let Some(wanted) = wanted else {
            let verb = if found.status == Status::Active { Verb::Remove } else { Verb::Keep };
            let deed = Deed::SwitchOff { slug, row: row.1 };
            return self.standing(draft, row, verb, (before, Value::Null), deed).await;
        };
        if self.home(wanted.parent.as_deref())? != Home::Known(found.parent.unwrap_or(self.act.org))
        {
            let problem = format!(
                "{slug} is a part of {}, and an organization does not move; state that parent, or \
                 make another organization",
                parent.as_deref().unwrap_or("the root")
            );
            return Err(ServiceFault::Conflict(problem));
        }
        self.check_standing(&found, worn, &wanted).await?;
        let after = described(&wanted.name, wanted.status, parent.as_deref(), wanted.brand);
        let (before, after) = difference(&before, &after);
        let same = after.as_object().is_some_and(Map::is_empty);
        let deed = Deed::ChangeOrganization {
            slug,
            name: (wanted.name != found.name).then_some(wanted.name),
            status: (wanted.status != found.status).then_some(wanted.status),
            brand: (wanted.brand != worn).then(|| BrandChange::whole(wanted.brand, wanted.picture)),
            row: row.1,
        };
        let verb = if same { Verb::Keep } else { Verb::Change };
        self.standing(draft, row, verb, (before, after), deed).await
    }

    /// Refuses what the service would refuse, of an organization that is to be made.
    async fn check_new(&self, slug: &str, wanted: &OrganizationWanted) -> Result<(), ServiceFault> {
        let parent = wanted.parent.clone();
        let new = NewOrganization { slug: slug.to_owned(), name: wanted.name.clone(), parent };
        branches::judge(&new)?;
        self.home(wanted.parent.as_deref())?;
        self.check_above(wanted.parent.as_deref(), true).await?;
        let brought = wanted.picture.is_some();
        let named = wanted.brand.logo.filter(|_| !brought);
        self.check_picture(&Home::ToBe(slug.to_owned()), named).await
    }

    /// The same of one that stands.
    async fn check_standing(
        &self,
        found: &Organization,
        worn: Brand,
        wanted: &OrganizationWanted,
    ) -> Result<(), ServiceFault> {
        if wanted.name != found.name {
            branches::judge_new_name(&wanted.name)?;
        }
        if wanted.status == Status::Active && found.id != self.act.org {
            self.check_above(wanted.parent.as_deref(), false).await?;
        }
        let named = wanted.brand.logo.filter(|logo| worn.logo != Some(*logo));
        self.check_picture(&Home::Known(found.id), named).await
    }

    pub(super) async fn group(
        &mut self,
        draft: Draft,
        home: Home,
        name: String,
        wanted: Option<GroupWanted>,
    ) -> Result<Step, ServiceFault> {
        let kind = ManagedKind::Group;
        let found = match &home {
            Home::Known(org) => {
                let groups = self.act.core.store.groups(*org).await?;
                groups.into_iter().find(|group| group.name == name)
            }
            Home::ToBe(_) => None,
        };
        let shown = json!({ "name": name });
        match (found, wanted) {
            (None, None) => Ok(draft.missing(kind, Verb::Keep, Value::Null, Deed::Keep)),
            (None, Some(GroupWanted)) => {
                groups::judge(&name)?;
                let deed = Deed::AddGroup { home, name };
                Ok(draft.missing(kind, Verb::Create, shown, deed))
            }
            (Some(group), Some(GroupWanted)) => {
                let row = (kind, group.id.0);
                self.standing(draft, row, Verb::Keep, (shown.clone(), shown), Deed::Keep).await
            }
            (Some(group), None) => {
                let deed = Deed::RemoveGroup { home: group.org, name, row: group.id.0 };
                let row = (kind, group.id.0);
                self.standing(draft, row, Verb::Remove, (shown, Value::Null), deed).await
            }
        }
    }

    /// The slug by which a document names an organization; none is needed for that of the act.
    pub(super) fn slug_of(&self, org: Option<OrgId>) -> Option<String> {
        let org = org.filter(|org| *org != self.act.org)?;
        self.organizations.iter().find(|one| one.id == org).map(|one| one.slug.clone())
    }

    /// The step that prunes an organization: it is switched off, never removed.
    pub(super) async fn prune_organization(
        &self,
        row: i64,
    ) -> Result<Option<Pruned>, ServiceFault> {
        let active = |one: &&Organization| one.id.0 == row && one.status == Status::Active;
        let Some(found) = self.organizations.iter().find(active) else { return Ok(None) };
        let parent = self.slug_of(found.parent);
        let worn = self.act.core.store.organization_brand(found.id).await?;
        Ok(Some(Pruned {
            id: found.slug.clone(),
            before: described(&found.name, found.status, parent.as_deref(), worn),
            deed: Deed::SwitchOff { slug: found.slug.clone(), row },
        }))
    }

    /// The step that prunes a group.
    pub(super) async fn prune_group(&self, row: i64) -> Result<Option<Pruned>, ServiceFault> {
        for organization in &self.organizations {
            let groups = self.act.core.store.groups(organization.id).await?;
            if let Some(group) = groups.into_iter().find(|group| group.id.0 == row) {
                let slug = self.slug_of(Some(organization.id));
                return Ok(Some(Pruned {
                    id: within(slug.as_deref(), &group.name),
                    before: json!({ "name": group.name }),
                    deed: Deed::RemoveGroup { home: organization.id, name: group.name, row },
                }));
            }
        }
        Ok(None)
    }
}

fn described(name: &str, status: Status, parent: Option<&str>, worn: Brand) -> Value {
    json!({
        "name": name,
        "status": status,
        "parent": parent,
        "logo": worn.logo,
        "accent": worn.accent,
    })
}
