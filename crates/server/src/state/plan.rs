//! What differs between documents and what stands.
//!
//! A plan remembers the version of each object that it was made from, so that a change by somebody
//! else in between is a conflict of that object and never overwritten.

mod admins;
mod ahead;
mod clients;
mod organizations;
mod prune;
mod removals;
mod webhooks;

use std::sync::Arc;

use serde_json::Value;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::ids::{AdminRoleId, ClientId, ClientKey, OrgId};
use vestibule_store::managed::{Managed, ManagedKind};
use vestibule_store::organizations::Organization;
use vestibule_store::webhooks::Webhook;

use self::ahead::Ahead;
use super::document::{
    AdminWanted, ClientWanted, Documents, Object, OrganizationWanted, Place, SecretSource,
    SigningSecret, Stated, WebhookWanted,
};
use crate::services::brands::BrandChange;
use crate::services::clients::declared::SecretChange;
use crate::services::organizations::{self as branches, Branch};
use crate::services::webhooks::Wanted;
use crate::services::{Act, ServiceFault};

/// What is to be done, in its order.
#[derive(Debug, Default)]
pub struct Plan {
    /// One step an object.
    pub steps: Vec<Step>,
    /// Objects of which nothing can be planned, and why.
    pub problems: Vec<Problem>,
    /// What is worth knowing and no difference.
    pub notes: Vec<String>,
}

impl Plan {
    /// The steps that change something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.verb != Verb::Keep)
    }

    /// Whether what stands is what is stated.
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// Whether a step takes something away that does not come back.
    pub fn destroys(&self) -> bool {
        self.changes().any(|step| step.verb == Verb::Remove)
    }
}

/// An object of which nothing can be planned.
#[derive(Debug)]
pub struct Problem {
    /// What it is.
    pub kind: ManagedKind,
    /// Its stable id.
    pub id: String,
    /// Where it is stated; `None` when it is no longer.
    pub place: Option<Place>,
    /// Why.
    pub fault: ServiceFault,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It is made.
    Create,
    /// It changes.
    Change,
    /// It goes.
    Remove,
    /// It stands as it is stated.
    Keep,
}

impl Verb {
    /// A stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Keep => "keep",
        }
    }
}

/// One object and what happens to it.
#[derive(Debug)]
pub struct Step {
    /// What it is.
    pub kind: ManagedKind,
    /// Its stable id.
    pub id: String,
    /// The file that states it, or stated it once, by the name under which it manages.
    pub source: Arc<str>,
    /// Where it is stated; `None` when it is no longer.
    pub place: Option<Place>,
    /// What happens.
    pub verb: Verb,
    /// As it stands; secrets are not in it.
    pub before: Value,
    /// As it is to be.
    pub after: Value,
    /// What happens to its secrets, in words.
    pub secrets: Vec<SecretLine>,
    /// The file that manages it now, when that is another one.
    pub taken_from: Option<String>,
    /// How it is done.
    pub(super) deed: Deed,
}

/// What happens to one secret of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretLine {
    /// Its label.
    pub label: String,
    /// `+` added, `-` revoked, `~` ends at another moment.
    pub sign: char,
    /// Where from, or until when.
    pub text: String,
}

/// The organization of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// It stands.
    Known(OrgId),
    /// An earlier step makes it.
    ToBe(String),
}

/// How a step is done.
#[derive(Debug)]
pub(super) enum Deed {
    /// An organization is made.
    AddOrganization { slug: String, wanted: OrganizationWanted },
    /// An organization is renamed, switched on or switched off.
    ChangeOrganization {
        slug: String,
        name: Option<String>,
        status: Option<Status>,
        brand: Option<BrandChange>,
        row: i64,
    },
    /// An organization is switched off for good.
    SwitchOff { slug: String, row: i64 },
    /// A group is made.
    AddGroup { home: Home, name: String },
    /// A group goes.
    RemoveGroup { home: OrgId, name: String, row: i64 },
    /// A client is registered.
    AddClient { home: Home, wanted: Box<ClientWanted>, client_id: ClientId },
    /// A client's settings change, then its secrets.
    ChangeClient { found: Box<Client>, wanted: Option<Box<ClientWanted>>, secrets: Vec<SecretDeed> },
    /// A client goes.
    RemoveClient { home: OrgId, client_id: ClientId },
    /// A role is granted; without an organization it holds everywhere.
    Grant { home: Option<Home>, wanted: AdminWanted },
    /// A role is taken away.
    Revoke { role: AdminRoleId },
    /// A webhook is made.
    AddWebhook { home: Home, wanted: Box<WebhookWanted> },
    /// A webhook changes, then what its deliveries are signed with.
    ChangeWebhook {
        found: Box<Webhook>,
        wanted: Option<(Wanted, Status)>,
        secret: Option<SigningSecret>,
    },
    /// A webhook goes.
    RemoveWebhook { found: Box<Webhook> },
    /// Nothing changes; this row is marked from now on.
    Mark(i64),
    /// Nothing is done.
    Keep,
}

/// What is done to a secret.
#[derive(Debug)]
pub(super) enum SecretDeed {
    /// One more.
    Add { label: String, source: SecretSource, expires_at: Option<Timestamp> },
    /// One that stands.
    Stands(SecretChange),
}

/// Plans what makes the documents true. With `prune`, what their files managed once and no longer
/// name goes.
pub async fn plan(act: Act<'_>, documents: Documents, prune: Prune) -> Result<Plan, ServiceFault> {
    let mut planning = Planning {
        act,
        organizations: branches::tree(act).await?.into_iter().map(of_branch).collect(),
        ahead: Ahead::of(&documents.objects),
        webhooks_to_be: Vec::new(),
        named: Vec::new(),
        prune,
        plan: Plan::default(),
    };
    planning.plan.notes.extend(documents.warnings);
    let mut removals = Vec::new();
    for stated in documents.objects {
        let (kind, id, place) = (stated.object.kind(), stated.id(), stated.place.clone());
        let (home, name) = (stated.organization.clone(), stated.name());
        match planning.step(stated).await {
            Ok(step) if step.verb == Verb::Remove => removals.push(step),
            Ok(step) => planning.plan.steps.push(step),
            Err(fault @ ServiceFault::Store(_)) => return Err(fault),
            Err(fault) => {
                planning.ahead.forget(kind, home.as_deref(), &name);
                planning.plan.problems.push(Problem { kind, id, place: Some(place), fault });
            }
        }
    }
    for source in &documents.sources {
        removals.extend(planning.unnamed(source).await?);
    }
    // What belongs to something goes before it.
    removals.sort_by_key(|step| std::cmp::Reverse(step.kind));
    let removals = planning.removable(removals).await?;
    planning.plan.steps.extend(removals);
    Ok(planning.plan)
}

/// Whether what a file managed once and no longer names goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// It stays, and is told.
    Tell,
    /// It goes.
    Remove,
}

/// What planning knows.
struct Planning<'a> {
    act: Act<'a>,
    organizations: Vec<Organization>,
    ahead: Ahead,
    /// Where webhooks are to be made, each once.
    webhooks_to_be: Vec<Home>,
    /// Rows that the documents name.
    named: Vec<(ManagedKind, i64)>,
    prune: Prune,
    plan: Plan,
}

impl Planning<'_> {
    async fn step(&mut self, stated: Stated) -> Result<Step, ServiceFault> {
        let home = self.home(stated.organization.as_deref())?;
        let id = stated.id();
        let Stated { place, source, organization, object } = stated;
        let draft = Draft { id, place, source };
        match object {
            Object::Client(client_id, wanted) => self.client(draft, home, client_id, wanted).await,
            Object::Admin(wanted, ensure) => {
                let reach = organization.map(|_| home);
                self.admin(draft, reach, wanted, ensure).await
            }
            Object::Organization(slug, wanted) => self.organization(draft, slug, wanted).await,
            Object::Group(name, wanted) => self.group(draft, home, name, wanted).await,
            Object::Webhook(label, wanted) => self.webhook(draft, home, label, wanted).await,
        }
    }

    /// The organization of this slug.
    fn home(&self, slug: Option<&str>) -> Result<Home, ServiceFault> {
        let Some(slug) = slug else { return Ok(Home::Known(self.act.org)) };
        let known = self.organizations.iter().find(|organization| organization.slug == slug);
        if let Some(organization) = known {
            return Ok(Home::Known(organization.id));
        }
        if self.ahead.makes_organization(slug) {
            return Ok(Home::ToBe(slug.to_owned()));
        }
        Err(ServiceFault::NotFound {
            what: "organization",
            name: slug.chars().take(80).collect(),
            hint: "state it in the document, or look it up in the list of organizations",
        })
    }

    /// A step for an object that stands: a change, or only its mark.
    async fn standing(
        &mut self,
        draft: Draft,
        row: (ManagedKind, i64),
        verb: Verb,
        values: (Value, Value),
        deed: Deed,
    ) -> Result<Step, ServiceFault> {
        self.named.push(row);
        let mark = self.act.core.store.managed(row.0, row.1).await?;
        let taken_from = mark.as_ref().filter(|mark| *mark.file != *draft.source);
        let taken_from = taken_from.map(|mark| mark.file.clone());
        let deed = match verb {
            Verb::Keep if is_marked(mark.as_ref(), &draft.source) => Deed::Keep,
            Verb::Keep => Deed::Mark(row.1),
            _ => deed,
        };
        Ok(Step {
            kind: row.0,
            id: draft.id,
            source: draft.source,
            place: Some(draft.place),
            verb,
            before: values.0,
            after: values.1,
            secrets: Vec::new(),
            taken_from,
            deed,
        })
    }
}

fn is_marked(mark: Option<&Managed>, source: &str) -> bool {
    mark.is_some_and(|mark| mark.file == source)
}

/// A step's beginnings.
struct Draft {
    id: String,
    place: Place,
    source: Arc<str>,
}

impl Draft {
    /// A step for an object that does not stand.
    fn missing(self, kind: ManagedKind, verb: Verb, after: Value, deed: Deed) -> Step {
        Step {
            kind,
            id: self.id,
            source: self.source,
            place: Some(self.place),
            verb,
            before: Value::Null,
            after,
            secrets: Vec::new(),
            taken_from: None,
            deed,
        }
    }
}

fn of_branch(branch: Branch) -> Organization {
    branch.organization
}

/// The row of a client, for marks.
fn row_of(key: ClientKey) -> (ManagedKind, i64) {
    (ManagedKind::Client, key.0)
}
