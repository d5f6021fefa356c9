//! Groups of users, to which clients can be limited.

use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::user::User;
use vestibule_store::groups::{Group, GroupSize};
use vestibule_store::users::UserFilter;
use vestibule_store::{Page, PageRequest, StoreError};

use super::texts::{LABEL, cut, is_label};
use super::users::{self, update};
use super::{About, Act, FieldFault, ServiceFault};
use crate::config::catalogue::nearest;

/// What stands in the way of changing a group that a client is limited to.
const IN_USE: &str = "client limited to the group";

/// The groups of the organization, by name, with their sizes.
pub async fn list(act: Act<'_>) -> Result<Vec<GroupSize>, ServiceFault> {
    act.require(Permission::UsersRead)?;
    Ok(act.core.store.group_sizes(act.org).await?)
}

/// The group of this name.
pub async fn find(act: Act<'_>, name: &str) -> Result<Group, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let known = act.core.store.groups(act.org).await?;
    known.into_iter().find(|group| group.name == name).ok_or_else(|| ServiceFault::NotFound {
        what: "group",
        name: cut(name),
        hint: "look it up in the list of groups",
    })
}

/// Makes a group.
pub async fn add(act: Act<'_>, name: &str) -> Result<Group, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    judge(name)?;
    let group = users::new_group(act, name);
    let event = added(act, name);
    let row = group.clone();
    let written = act.core.store.write(move |tx| {
        tx.insert_group(&row)?;
        tx.record(vec![event])
    });
    written.await.map_err(taken)?;
    Ok(group)
}

/// Renames a group.
pub async fn rename(act: Act<'_>, name: &str, to: &str) -> Result<Group, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    judge(to)?;
    let group = find(act, name).await?;
    let event = event(act, "group.renamed", json!({ "name": name }), json!({ "name": to }));
    let (read, new) = (group.clone(), to.to_owned());
    let written = act.core.store.write(move |tx| {
        tx.rename_group(&read, &new)?;
        if let Some(client) = tx.client_limited_to(read.org, &read.name)? {
            return Err(in_use(&client));
        }
        tx.record(vec![event])
    });
    written.await.map_err(|error| refused(error, &group))?;
    Ok(Group { name: to.to_owned(), ..group })
}

/// Removes a group; its members stay, and are in it no more.
pub async fn remove(act: Act<'_>, name: &str) -> Result<Group, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let group = find(act, name).await?;
    let event = event(act, "group.removed", json!({ "name": name }), Value::Null);
    let read = group.clone();
    let written = act.core.store.write(move |tx| {
        tx.remove_group(&read)?;
        if let Some(client) = tx.client_limited_to(read.org, &read.name)? {
            return Err(in_use(&client));
        }
        tx.record(vec![event])
    });
    written.await.map_err(|error| refused(error, &group))?;
    Ok(group)
}

/// The members of a group, oldest first.
pub async fn members(
    act: Act<'_>,
    name: &str,
    page: PageRequest,
) -> Result<Page<User>, ServiceFault> {
    let group = find(act, name).await?;
    let filter = UserFilter { group: Some(group.name), ..UserFilter::default() };
    Ok(act.core.store.users(act.org, filter, page).await?)
}

/// Puts a user into a group. To be in it already is no fault.
pub async fn add_member(act: Act<'_>, name: &str, user: &str) -> Result<User, ServiceFault> {
    member(act, name, user, true).await
}

/// Takes a user out of a group. Not to be in it is no fault.
pub async fn remove_member(act: Act<'_>, name: &str, user: &str) -> Result<User, ServiceFault> {
    member(act, name, user, false).await
}

async fn member(act: Act<'_>, name: &str, user: &str, belongs: bool) -> Result<User, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let group = find(act, name).await?;
    let found = users::find(act, user).await?;
    let mut groups = found.groups.clone();
    match belongs {
        true => _ = groups.insert(group.name),
        false => _ = groups.remove(&group.name),
    }
    let change = update::UserChange {
        groups: Some(groups),
        version: Some(found.updated_at),
        ..update::UserChange::default()
    };
    update::update(act, &found.subject.0, change).await
}

/// What is wrong with the name of a group.
pub(crate) fn judge(name: &str) -> Result<(), ServiceFault> {
    match is_label(name) {
        true => Ok(()),
        false => Err(ServiceFault::invalid("name", format!("a group's name has {LABEL}"))),
    }
}

/// A group that a client is limited to is not renamed or removed: the client would at once admit
/// nobody, or, left without a group, everybody.
fn in_use(client: &ClientId) -> StoreError {
    StoreError::Conflict { what: IN_USE, value: client.0.clone() }
}

/// Those of these names that no group of the organization has, each as a fault of `field` with the
/// name that was probably meant.
pub(super) async fn unknown<'a>(
    act: Act<'_>,
    field: &'static str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<FieldFault>, ServiceFault> {
    let mut names = names.into_iter().peekable();
    if names.peek().is_none() {
        return Ok(Vec::new());
    }
    let known = act.core.store.groups(act.org).await?;
    let known: Vec<String> = known.into_iter().map(|group| group.name).collect();
    Ok(missing(field, names, &known))
}

/// The same where these groups are known.
pub(crate) fn missing<'a>(
    field: &'static str,
    names: impl IntoIterator<Item = &'a String>,
    known: &[String],
) -> Vec<FieldFault> {
    let missing = names.into_iter().filter(|name| !known.contains(name));
    missing
        .map(|name| {
            let way = match nearest(name, known.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None if known.is_empty() => "there are no groups yet; make it first".to_owned(),
                None => "make it first, or choose one of the groups".to_owned(),
            };
            FieldFault::new(field, format!("there is no group {:?}; {way}", cut(name)))
        })
        .collect()
}

/// The line of the event log that tells of a new group.
pub(super) fn added(act: Act<'_>, name: &str) -> Event {
    event(act, "group.added", Value::Null, json!({ "name": name }))
}

fn event(act: Act<'_>, kind: &str, before: Value, after: Value) -> Event {
    act.event(kind, About::Installation, before, after)
}

fn taken(error: StoreError) -> ServiceFault {
    match error {
        StoreError::Conflict { value, .. } => {
            ServiceFault::Conflict(format!("there is a group {} already", cut(&value)))
        }
        other => other.into(),
    }
}

fn refused(error: StoreError, group: &Group) -> ServiceFault {
    match error {
        StoreError::Conflict { what: IN_USE, value } => in_use_by(&group.name, &value),
        other => taken(other),
    }
}

/// A client is limited to the group.
pub(crate) fn in_use_by(group: &str, client_id: &str) -> ServiceFault {
    ServiceFault::Conflict(format!(
        "the client {client_id} is limited to the group {group}; take the group out of the client \
         first"
    ))
}
