//! Who administers: granting roles and taking them away.

#[cfg(test)]
mod tests;

use serde_json::Value;
use vestibule_protocol::admin::{self, Assignment, GrantFault, Permission, Reach, Rights, Role};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::{AdminRoleId, OrgId, UserId};
use vestibule_protocol::user::User;
use vestibule_store::admin_roles::{AdminRole, Holder};
use vestibule_store::{StoreError, Transaction};

use super::callers::facts;
use super::{About, Act, ServiceFault, clients, users};

/// Somebody who is to hold a role, or holds one.
#[derive(Clone, Debug)]
pub enum Named {
    /// A user of the root organization, where administrators have their accounts.
    User(Box<User>),
    /// A client, which acts by client_credentials.
    Client(Box<Client>),
}

impl Named {
    /// Who holds the role.
    pub fn holder(&self) -> Holder {
        match self {
            Self::User(user) => Holder::User(user.id),
            Self::Client(client) => Holder::Client(client.key),
        }
    }

    fn about(&self) -> About {
        match self {
            Self::User(user) => About::User(user.subject.clone()),
            Self::Client(client) => About::Client(client.client_id.clone()),
        }
    }

    /// What people call them.
    pub fn label(&self) -> String {
        match self {
            Self::User(user) => {
                let claims = &user.claims;
                let name = claims.email.clone().or_else(|| claims.preferred_username.clone());
                name.unwrap_or_else(|| user.subject.0.clone())
            }
            Self::Client(client) => client.name.clone(),
        }
    }
}

/// A role with whoever holds it.
#[derive(Clone, Debug)]
pub struct RoleLine {
    /// The role.
    pub role: AdminRole,
    /// Who holds it; `None` when that was removed meanwhile.
    pub named: Option<Named>,
}

/// The user of this sign-in name or subject, as somebody who can hold a role.
pub async fn user(act: Act<'_>, name: &str) -> Result<Named, ServiceFault> {
    act.require(Permission::AdminsRead)?;
    let there = Act { org: OrgId::ROOT, rights: Rights::of([Permission::UsersRead]), ..act };
    Ok(Named::User(Box::new(users::find(there, name).await?)))
}

/// The client of this `client_id`, as somebody who can hold a role.
pub async fn client(act: Act<'_>, client_id: &str) -> Result<Named, ServiceFault> {
    act.require(Permission::AdminsRead)?;
    Ok(Named::Client(Box::new(clients::find(act, client_id).await?)))
}

/// The roles that hold in the organization of the act or below it, oldest first.
pub async fn list(act: Act<'_>) -> Result<Vec<RoleLine>, ServiceFault> {
    act.require(Permission::AdminsRead)?;
    let mut lines = Vec::new();
    for role in act.core.store.admin_roles().await? {
        if reaches(act, role.assignment.reach).await? {
            let named = named(act, role.holder).await?;
            lines.push(RoleLine { role, named });
        }
    }
    Ok(lines)
}

/// Whether a reach lies in the organization of the act. What holds everywhere is seen from the root.
async fn reaches(act: Act<'_>, reach: Reach) -> Result<bool, ServiceFault> {
    match reach {
        Reach::Everywhere => Ok(act.org == OrgId::ROOT),
        Reach::Below(org) => Ok(act.core.store.lineage(org).await?.contains(&act.org)),
    }
}

async fn named(act: Act<'_>, holder: Holder) -> Result<Option<Named>, ServiceFault> {
    let store = &act.core.store;
    Ok(match holder {
        Holder::User(id) => {
            store.user(OrgId::ROOT, id).await?.map(|user| Named::User(Box::new(user)))
        }
        Holder::Client(key) => {
            store.client_by_key(key).await?.map(|client| Named::Client(Box::new(client)))
        }
    })
}

/// Grants a role. To hold one already is no fault.
pub async fn grant(
    act: Act<'_>,
    named: &Named,
    assignment: Assignment,
) -> Result<AdminRole, ServiceFault> {
    permit(act, assignment).await?;
    let held = act.core.store.roles_of(named.holder()).await?;
    if let Some(role) = held.into_iter().find(|role| role.assignment == assignment) {
        return Ok(role);
    }
    let role = AdminRole {
        id: AdminRoleId(act.core.ids.next(act.now)),
        holder: named.holder(),
        assignment,
        granted_at: act.now,
        granted_by: act.by.to_owned(),
    };
    let after = facts(&named.label(), assignment);
    let event = act.event("admin.granted", named.about(), Value::Null, after);
    let (row, by, now) = (role.clone(), act.by.to_owned(), act.now);
    let user = match named {
        Named::User(user) => Some(user.clone()),
        Named::Client(_) => None,
    };
    act.core
        .store
        .write(move |tx| {
            if let Some(user) = &user {
                users::welcome::end_seen(tx, user, &by, now)?;
            }
            tx.insert_admin_role(&row)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(role)
}

/// Takes a role away.
pub async fn revoke(act: Act<'_>, id: AdminRoleId) -> Result<RoleLine, ServiceFault> {
    act.require(Permission::AdminsWrite)?;
    let unknown = || ServiceFault::NotFound {
        what: "role",
        name: id.0.to_string(),
        hint: "look it up in the list of administrators",
    };
    let line = list(act).await?.into_iter().find(|line| line.role.id == id).ok_or_else(unknown)?;
    let assignment = line.role.assignment;
    permit(act, assignment).await?;
    let (label, about) = match &line.named {
        Some(named) => (named.label(), named.about()),
        None => (String::new(), About::Installation),
    };
    let event = act.event("admin.revoked", about, facts(&label, assignment), Value::Null);
    let done = act
        .core
        .store
        .write(move |tx| {
            if let Err(fault) = admin::may_lose(assignment, tx.count_owners()?) {
                return Ok(Err(fault));
            }
            tx.remove_admin_role(id)?;
            tx.record(vec![event]).map(Ok)
        })
        .await?;
    done?;
    Ok(line)
}

/// Whether the act may give or take a role of this reach.
async fn permit(act: Act<'_>, assignment: Assignment) -> Result<(), ServiceFault> {
    act.require(Permission::AdminsWrite)?;
    if !reaches(act, assignment.reach).await? {
        return Err(ServiceFault::NotFound {
            what: "organization",
            name: match assignment.reach {
                Reach::Everywhere => "everywhere".to_owned(),
                Reach::Below(org) => org.0.to_string(),
            },
            hint: "look it up in the list of organizations",
        });
    }
    Ok(admin::may_assign(act.rights, assignment)?)
}

/// Refuses an act on a user who may more than whoever acts (invariant I27).
pub async fn outranks(act: Act<'_>, user: &User) -> Result<(), ServiceFault> {
    let held = act.core.store.roles_of(Holder::User(user.id)).await?;
    // Whatever they administer, they are above those who may do less anywhere.
    let theirs =
        held.iter().fold(Rights::NONE, |rights, role| rights.union(role.assignment.role.rights()));
    match act.rights.cover(theirs) {
        true => Ok(()),
        false => Err(GrantFault::BeyondOwnRights.into()),
    }
}

/// Refuses an act on a client that may more than whoever acts (invariant I27): who gives it a secret
/// or a scope acts as it from then on.
pub(super) async fn client_outranks(act: Act<'_>, client: &Client) -> Result<(), ServiceFault> {
    let held = act.core.store.roles_of(Holder::Client(client.key)).await?;
    let theirs =
        held.iter().fold(Rights::NONE, |rights, role| rights.union(role.assignment.rights()));
    match act.rights.cover(theirs) {
        true => Ok(()),
        false => Err(GrantFault::BeyondOwnRights.into()),
    }
}

/// Whether the installation would be left without an owner if this user went; asked in the
/// transaction that removes or disables the user.
pub(super) fn is_last_owner(tx: &mut Transaction<'_>, user: UserId) -> Result<bool, StoreError> {
    let owner = Assignment { role: Role::Owner, reach: Reach::Everywhere };
    let owns = tx.roles_of(Holder::User(user))?.iter().any(|role| role.assignment == owner);
    Ok(owns && tx.count_owners()? <= 1)
}
