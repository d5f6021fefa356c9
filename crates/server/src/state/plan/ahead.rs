//! What will stand once the documents are applied, as far as one step depends on another.
//!
//! With it a plan tells what could not be done before anything is: a group that nobody makes, an
//! organization that lies elsewhere, a picture that is not kept.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use vestibule_protocol::brand::LogoDigest;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_store::managed::ManagedKind;
use vestibule_store::organizations::Organization;

use super::super::document::{Object, Stated};
use super::{Home, Planning};
use crate::services::organizations::MAX_DEPTH;
use crate::services::{FieldFault, ServiceFault, brands, groups, organizations as branches};

/// What the documents state, by its names.
#[derive(Default)]
pub(super) struct Ahead {
    /// Organizations that are to be there, each with the slug of the one above it.
    organizations: HashMap<String, (Option<String>, Status)>,
    /// Groups that are to be there, each with the slug of its organization.
    groups: HashSet<(Option<String>, String)>,
    /// Clients; `None` is to be gone.
    clients: HashMap<String, Option<ClientAhead>>,
    /// Pictures that come with the documents.
    pictures: HashSet<LogoDigest>,
    /// Files that secrets are to be written to.
    targets: HashSet<PathBuf>,
}

/// A client that is to be there.
struct ClientAhead {
    /// The slug of its organization.
    organization: Option<String>,
    /// The groups that it is limited to.
    groups: BTreeSet<String>,
}

impl Ahead {
    pub(super) fn of(objects: &[Stated]) -> Self {
        let mut ahead = Self::default();
        for Stated { organization, object, .. } in objects {
            let home = organization.clone();
            match object {
                Object::Organization(slug, Some(wanted)) => {
                    let lies = (wanted.parent.clone(), wanted.status);
                    ahead.organizations.insert(slug.clone(), lies);
                    ahead.pictures.extend(wanted.picture.as_ref().map(|picture| picture.digest));
                }
                Object::Group(name, Some(_)) => {
                    ahead.groups.insert((home, name.clone()));
                }
                Object::Client(client_id, wanted) => {
                    let wanted = wanted.as_ref();
                    let picture = wanted.and_then(|wanted| wanted.picture.as_ref());
                    ahead.pictures.extend(picture.map(|picture| picture.digest));
                    let stated = wanted.map(|wanted| ClientAhead {
                        organization: home,
                        groups: wanted.settings.groups.clone(),
                    });
                    ahead.clients.insert(client_id.0.clone(), stated);
                }
                _ => {}
            }
        }
        ahead
    }

    /// What cannot be planned will not be there for others.
    pub(super) fn forget(&mut self, kind: ManagedKind, organization: Option<&str>, name: &str) {
        match kind {
            ManagedKind::Organization => _ = self.organizations.remove(name),
            ManagedKind::Group => {
                _ = self.groups.remove(&(organization.map(str::to_owned), name.to_owned()));
            }
            ManagedKind::Client => _ = self.clients.remove(name),
            _ => {}
        }
    }

    /// Whether an organization of this slug is to be there.
    pub(super) fn makes_organization(&self, slug: &str) -> bool {
        self.organizations.contains_key(slug)
    }

    /// Whether a client of this `client_id` is to be in the organization of the documents.
    pub(super) fn makes_client(&self, client_id: &str) -> bool {
        matches!(self.clients.get(client_id), Some(Some(ClientAhead { organization: None, .. })))
    }

    /// Whether the documents state this client, and its groups without this one.
    fn releases(&self, client_id: &str, group: &str) -> bool {
        let stated = self.clients.get(client_id);
        stated.is_some_and(|one| one.as_ref().is_none_or(|one| !one.groups.contains(group)))
    }
}

impl Planning<'_> {
    /// Whether the organization of this slug is to be `home` or below it.
    pub(super) fn lies_in(&self, slug: &str, home: &Home) -> bool {
        let mut lineage = self.lineage(Some(slug)).into_iter().flatten();
        lineage.any(|place| place == *home)
    }

    /// An organization and those above it, up to that of the act; `None` when one is nowhere, or
    /// when they stand in a circle.
    fn lineage(&self, slug: Option<&str>) -> Option<Vec<Home>> {
        let mut lineage = Vec::new();
        let mut slug = slug.map(str::to_owned);
        let most = self.organizations.len() + self.ahead.organizations.len() + 1;
        while lineage.len() <= most {
            let home = self.home(slug.as_deref()).ok()?;
            lineage.push(home.clone());
            slug = match home {
                Home::Known(org) if org == self.act.org => return Some(lineage),
                Home::Known(org) => self.slug_of(self.known(org)?.parent),
                Home::ToBe(slug) => self.ahead.organizations.get(&slug)?.0.clone(),
            };
        }
        None
    }

    fn known(&self, org: OrgId) -> Option<&Organization> {
        self.organizations.iter().find(|one| one.id == org)
    }

    /// Refuses what an organization below this one cannot be: made too deep, or to take part below
    /// one that does not.
    pub(super) async fn check_above(
        &self,
        parent: Option<&str>,
        is_new: bool,
    ) -> Result<(), ServiceFault> {
        let Some(lineage) = self.lineage(parent) else {
            let problem = "the organizations above it are nowhere, or stand in a circle";
            return Err(ServiceFault::invalid("parent", problem));
        };
        if lineage.iter().any(|home| self.is_off(home)) {
            return Err(branches::switched_off());
        }
        if !is_new {
            return Ok(());
        }
        let above = self.act.core.store.lineage(self.act.org).await?.len();
        // The organization of the act is in both.
        match lineage.len() + above > MAX_DEPTH {
            true => Err(branches::too_deep()),
            false => Ok(()),
        }
    }

    /// Whether an organization does not take part, as the documents have it or else as it stands.
    fn is_off(&self, home: &Home) -> bool {
        let known = match home {
            Home::Known(org) => self.known(*org),
            Home::ToBe(_) => None,
        };
        let slug = match home {
            Home::ToBe(slug) => Some(slug.as_str()),
            Home::Known(_) => known.map(|one| one.slug.as_str()),
        };
        let stated = slug.and_then(|slug| self.ahead.organizations.get(slug));
        let status = stated.map(|(_, status)| *status).or(known.map(|one| one.status));
        status == Some(Status::Disabled)
    }

    /// Groups that a client is to be limited to from now on and that are not there then.
    pub(super) async fn unknown_groups(
        &self,
        home: &Home,
        names: &BTreeSet<String>,
    ) -> Result<Vec<FieldFault>, ServiceFault> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut known: Vec<String> = match home {
            Home::Known(org) => {
                let groups = self.act.core.store.groups(*org).await?;
                groups.into_iter().map(|group| group.name).collect()
            }
            Home::ToBe(_) => Vec::new(),
        };
        for (slug, name) in &self.ahead.groups {
            if self.home(slug.as_deref()).is_ok_and(|of_group| of_group == *home) {
                known.push(name.clone());
            }
        }
        Ok(groups::missing("groups", names, &known))
    }

    /// A picture that is named and not brought along must be kept already.
    pub(super) async fn check_picture(
        &self,
        home: &Home,
        named: Option<LogoDigest>,
    ) -> Result<(), ServiceFault> {
        let Some(digest) = named.filter(|digest| !self.ahead.pictures.contains(digest)) else {
            return Ok(());
        };
        let kept = match home {
            Home::Known(org) => self.act.core.store.logo(*org, digest).await?.is_some(),
            Home::ToBe(_) => false,
        };
        if kept { Ok(()) } else { Err(brands::no_such_logo()) }
    }

    /// A client that will still be limited to this group, other than those that are removed.
    pub(super) async fn still_limited(
        &self,
        org: OrgId,
        group: &str,
        removed: &HashSet<String>,
    ) -> Result<Option<String>, ServiceFault> {
        let standing = self.act.core.store.clients_limited_to(org, group.to_owned()).await?;
        let standing = standing.into_iter().map(|client_id| client_id.0);
        let joining = self.ahead.clients.iter().filter_map(|(client_id, stated)| {
            let stated = stated.as_ref()?;
            let here = self.home(stated.organization.as_deref()).ok()? == Home::Known(org);
            (here && stated.groups.contains(group)).then(|| client_id.clone())
        });
        let mut limited = standing.chain(joining);
        Ok(limited.find(|id| !removed.contains(id) && !self.ahead.releases(id, group)))
    }

    /// A file that is to be written must not exist, since what stands there may be in use; its
    /// folder must.
    pub(super) fn target(&mut self, path: &Path, label: &str) -> Result<(), ServiceFault> {
        let shown = path.display();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if path.exists() {
            return Err(ServiceFault::Conflict(format!(
                "{shown} exists, and the secret {label:?} is to be written there; move it away, or \
                 name it as file if it holds the secret"
            )));
        }
        if folder.is_some_and(|folder| !folder.is_dir()) {
            let problem = format!("{shown} cannot be written: its folder does not exist; make it");
            return Err(ServiceFault::invalid("write_to", problem));
        }
        if !self.ahead.targets.insert(path.to_owned()) {
            let problem = format!("another secret is written to {shown}; name another file");
            return Err(ServiceFault::Conflict(problem));
        }
        Ok(())
    }
}
