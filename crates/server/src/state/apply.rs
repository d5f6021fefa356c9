//! Carrying a plan out: one transaction an object, through the same services as every other door.
//!
//! What fails is told and the rest goes on: the next run finds what is still missing.

mod secrets;
mod webhooks;

use serde_json::Value;
use vestibule_protocol::admin::{Assignment, Reach};
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::ids::{ClientId, ClientKey, OrgId};
use vestibule_store::managed::{Managed, ManagedKind};

use super::document::{AdminWanted, ClientWanted, HolderName, OrganizationWanted};
use super::plan::{Deed, Home, Plan, SecretDeed, Step};
use crate::services::brands::{self, BrandChange};
use crate::services::clients::declared::{self, SecretChange, Stated};
use crate::services::clients::{self, ClientChange};
use crate::services::organizations::{self, NewOrganization};
use crate::services::{Act, ServiceFault, admins, groups};

pub use secrets::{Delivered, Delivery};

/// What became of one step.
#[derive(Debug)]
pub struct Outcome {
    /// The step as it was planned.
    pub step: Step,
    /// What was made with it, or why it was not done, or not whole: the next plan tells what is
    /// missing.
    pub result: Result<Vec<Delivered>, ServiceFault>,
}

/// Carries a plan out. The outcomes are those of steps that change something, in their order.
pub async fn apply(act: Act<'_>, plan: Plan) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for mut step in plan.steps {
        let by = format!("{} by file {}", act.by, step.source);
        let act = Act { by: &by, ..act.resumed() };
        let deed = std::mem::replace(&mut step.deed, Deed::Keep);
        let result = run(act, &step, deed).await;
        let silent = step.verb == super::plan::Verb::Keep && result.is_ok();
        if !silent {
            outcomes.push(Outcome { step, result });
        }
    }
    outcomes
}

async fn run(act: Act<'_>, step: &Step, deed: Deed) -> Result<Vec<Delivered>, ServiceFault> {
    match deed {
        Deed::AddClient { home, wanted, client_id } => {
            let act = Act { org: settle(act, home).await?, ..act };
            return add_client(act, step, client_id, *wanted).await;
        }
        Deed::ChangeClient { found, wanted, secrets } => {
            let act = Act { org: found.org, ..act };
            return change_client(act, step, *found, wanted, secrets).await;
        }
        Deed::RemoveClient { home, client_id } => {
            let removed = clients::remove(Act { org: home, ..act }, &client_id.0).await?;
            unmark(act, ManagedKind::Client, removed.key.0).await?;
        }
        Deed::AddOrganization { slug, wanted } => add_organization(act, step, slug, wanted).await?,
        Deed::ChangeOrganization { slug, name, status, brand, row } => {
            change_organization(act, &slug, name, status).await?;
            if let Some(brand) = brand {
                brands::set_organization(act, &slug, brand).await?;
            }
            mark(act, step, vec![(step.kind, row)]).await?;
        }
        Deed::SwitchOff { slug, row } => {
            organizations::set_status(act, &slug, Status::Disabled).await?;
            unmark(act, ManagedKind::Organization, row).await?;
        }
        Deed::AddGroup { home, name } => {
            let group = groups::add(Act { org: settle(act, home).await?, ..act }, &name).await?;
            mark(act, step, vec![(step.kind, group.id.0)]).await?;
        }
        Deed::RemoveGroup { home, name, row } => {
            groups::remove(Act { org: home, ..act }, &name).await?;
            unmark(act, ManagedKind::Group, row).await?;
        }
        Deed::AddWebhook { home, wanted } => {
            let act = Act { org: settle(act, home).await?, ..act };
            return webhooks::add(act, step, *wanted).await;
        }
        Deed::ChangeWebhook { found, wanted, secret } => {
            webhooks::change(act, step, *found, wanted, secret).await?;
        }
        Deed::RemoveWebhook { found } => webhooks::remove(act, *found).await?,
        Deed::Grant { home, wanted } => grant(act, step, home, wanted).await?,
        Deed::Revoke { role } => {
            admins::revoke(act, role).await?;
            unmark(act, ManagedKind::Admin, role.0).await?;
        }
        Deed::Mark(row) => mark(act, step, vec![(step.kind, row)]).await?,
        Deed::Keep => {}
    }
    Ok(Vec::new())
}

async fn add_organization(
    act: Act<'_>,
    step: &Step,
    slug: String,
    wanted: OrganizationWanted,
) -> Result<(), ServiceFault> {
    let OrganizationWanted { name, status, parent, brand, picture } = wanted;
    let made = organizations::add(act, NewOrganization { slug, name, parent }).await?;
    mark(act, step, vec![(step.kind, made.id.0)]).await?;
    let change = BrandChange::whole(brand, picture);
    brands::set_organization(act, &made.slug, change).await?;
    if status == Status::Disabled {
        organizations::set_status(act, &made.slug, status).await?;
    }
    Ok(())
}

async fn change_organization(
    act: Act<'_>,
    slug: &str,
    name: Option<String>,
    status: Option<Status>,
) -> Result<(), ServiceFault> {
    if let Some(name) = name {
        organizations::rename(act, slug, &name).await?;
    }
    if let Some(status) = status {
        organizations::set_status(act, slug, status).await?;
    }
    Ok(())
}

/// The organization, which an earlier step may have made.
async fn settle(act: Act<'_>, home: Home) -> Result<OrgId, ServiceFault> {
    let slug = match home {
        Home::Known(org) => return Ok(org),
        Home::ToBe(slug) => slug,
    };
    let found = act.core.store.organization_by_slug(slug.clone()).await?;
    found.map(|organization| organization.id).ok_or(ServiceFault::NotFound {
        what: "organization",
        name: slug,
        hint: "it was to be made by an earlier step; see what became of that",
    })
}

async fn add_client(
    act: Act<'_>,
    step: &Step,
    client_id: ClientId,
    wanted: ClientWanted,
) -> Result<Vec<Delivered>, ServiceFault> {
    let prepared = secrets::prepare(act, secrets::of_new(act, wanted.secrets))?;
    let stated = Stated {
        client_id,
        name: wanted.name,
        status: wanted.status,
        settings: wanted.settings,
        picture: wanted.picture,
    };
    let client = declared::register(act, stated, prepared.kept.clone()).await?;
    let mut rows = vec![(ManagedKind::Client, client.key.0)];
    rows.extend(client.secrets.iter().map(|one| (ManagedKind::ClientSecret, one.id.0)));
    mark(act, step, rows).await?;
    prepared.deliver(act, &client).await
}

async fn change_client(
    act: Act<'_>,
    step: &Step,
    found: Client,
    wanted: Option<Box<ClientWanted>>,
    deeds: Vec<SecretDeed>,
) -> Result<Vec<Delivered>, ServiceFault> {
    let (mut added, mut changes) = (Vec::new(), Vec::new());
    for deed in deeds {
        match deed {
            SecretDeed::Add { label, source, expires_at } => {
                added.push((label, source, expires_at));
            }
            SecretDeed::Stands(change) => changes.push(change),
        }
    }
    let prepared = secrets::prepare(act, added)?;
    let mut client = found;
    if let Some(wanted) = wanted {
        let change = ClientChange {
            name: Some(wanted.name),
            status: Some(wanted.status),
            settings: Some(wanted.settings),
            version: Some(client.updated_at),
            reasons_required: false,
            picture: wanted.picture,
        };
        let changed = clients::update(act, &client.client_id.0, change).await?;
        client = Client { secrets: client.secrets, ..changed };
    }
    let mut rows = vec![(ManagedKind::Client, client.key.0)];
    rows.extend(prepared.kept.iter().map(|one| (ManagedKind::ClientSecret, one.id.0)));
    changes.extend(prepared.kept.iter().cloned().map(SecretChange::Add));
    if !changes.is_empty() {
        declared::change_secrets(act, &client, changes).await?;
    }
    mark(act, step, rows).await?;
    prepared.deliver(act, &client).await
}

async fn grant(
    act: Act<'_>,
    step: &Step,
    home: Option<Home>,
    wanted: AdminWanted,
) -> Result<(), ServiceFault> {
    let named = match &wanted.holder {
        HolderName::User(name) => admins::user(act, name).await?,
        HolderName::Client(client_id) => admins::client(act, client_id).await?,
    };
    let reach = match home {
        None => Reach::Everywhere,
        Some(home) => Reach::Below(settle(act, home).await?),
    };
    let role = admins::grant(act, &named, Assignment { role: wanted.role, reach }).await?;
    mark(act, step, vec![(ManagedKind::Admin, role.id.0)]).await
}

/// Notes which file manages these rows now.
async fn mark(
    act: Act<'_>,
    step: &Step,
    rows: Vec<(ManagedKind, i64)>,
) -> Result<(), ServiceFault> {
    let (file, applied_at) = (step.source.to_string(), act.now);
    act.core
        .store
        .write(move |tx| {
            rows.into_iter().try_for_each(|(kind, object)| {
                tx.mark_managed(&Managed { kind, object, file: file.clone(), applied_at })
            })
        })
        .await?;
    Ok(())
}

async fn unmark(act: Act<'_>, kind: ManagedKind, object: i64) -> Result<(), ServiceFault> {
    Ok(act.core.store.write(move |tx| tx.unmark_managed(kind, object)).await?)
}

/// The file that manages a client, for those who change it by another door.
pub async fn manager_of(act: Act<'_>, client: ClientKey) -> Result<Option<String>, ServiceFault> {
    let mark = act.core.store.managed(ManagedKind::Client, client.0).await?;
    Ok(mark.map(|mark| mark.file))
}

/// What an outcome was, for programs.
impl Outcome {
    /// The fault's kind and sentence, or nothing.
    pub fn fault(&self) -> Value {
        match &self.result {
            Ok(_) => Value::Null,
            Err(fault) => serde_json::json!({
                "error": fault.kind().word(),
                "message": fault.to_string(),
            }),
        }
    }
}
