//! Changing a user: claims, names to sign in with, groups and marks.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::identifiers;
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::StoreError;
use vestibule_store::users::{Identifier, IdentifierKind};

use super::{about, claims, described, judge_groups, subordinate, taken};
use crate::services::texts::judge_label;
use crate::services::{Act, FieldFault, ServiceFault, difference, groups};

/// What is to become of one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit {
    /// It stays.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It becomes this.
    Set(String),
}

impl Edit {
    /// An empty text clears.
    pub fn of(text: &str) -> Self {
        match text.trim() {
            "" => Self::Clear,
            text => Self::Set(text.to_owned()),
        }
    }

    pub(in crate::services) fn apply(&self, value: &mut Option<String>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(text) => *value = Some(text.clone()),
        }
    }
}

/// What is to change about a user; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The email address, claim and name to sign in with. A new one is not verified.
    pub email: Edit,
    /// Whether the email address is known to be the user's, stated by whoever acts.
    pub email_verified: Option<bool>,
    /// The user name: claim `preferred_username` and name to sign in with.
    pub username: Edit,
    /// Other claims; `None` takes one away.
    pub claims: Vec<(String, Option<String>)>,
    /// What another system calls the user.
    pub external_id: Edit,
    /// What kind of account it is.
    pub account_type: Edit,
    /// Whether it is there for trying out.
    pub test: Option<bool>,
    /// Exactly these groups, which must exist.
    pub groups: Option<BTreeSet<String>>,
    /// The user as it was read: `updated_at`. Somebody else's change since then is a fault.
    pub version: Option<Timestamp>,
}

/// A user as it is to be.
#[derive(Clone, Debug)]
pub(in crate::services) struct Changed {
    /// The user.
    pub user: User,
    /// The names to sign in with.
    pub identifiers: Vec<Identifier>,
}

/// Changes a user.
pub async fn update(act: Act<'_>, name: &str, change: UserChange) -> Result<User, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let before = subordinate(act, name).await?;
    if change.version.is_some_and(|version| version != before.updated_at) {
        return Err(StoreError::Stale { what: "user" }.into());
    }
    let names = act.core.store.identifiers(act.org, before.id).await?;
    let changed = apply(&before, &names, &change).map_err(ServiceFault::Invalid)?;
    let joined = changed.user.groups.difference(&before.groups);
    let unknown = groups::unknown(act, "groups", joined).await?;
    if !unknown.is_empty() {
        return Err(ServiceFault::Invalid(unknown));
    }
    if changed.user == before && changed.identifiers == names {
        return Ok(before);
    }
    let event = event(act, "user.updated", &before, &changed.user);
    let (now, mut after) = (act.now, changed.user.clone());
    let updated_at = act
        .core
        .store
        .write(move |tx| {
            let updated_at = write(tx, &before, &names, &changed, now)?;
            tx.record(vec![event])?;
            Ok(updated_at)
        })
        .await
        .map_err(taken)?;
    after.updated_at = updated_at;
    Ok(after)
}

/// Writes what differs.
pub(in crate::services) fn write(
    tx: &mut vestibule_store::Transaction<'_>,
    before: &User,
    names: &[Identifier],
    changed: &Changed,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let (org, id) = (before.org, before.id);
    let updated_at = tx.update_user(&changed.user, now)?;
    if changed.identifiers != names {
        tx.set_identifiers(org, id, &changed.identifiers, now)?;
    }
    if changed.user.groups != before.groups {
        tx.set_user_groups(org, id, &changed.user.groups)?;
    }
    Ok(updated_at)
}

/// The line of the event log: which claims changed, and of what is not personal from what to what.
pub(in crate::services) fn event(
    act: Act<'_>,
    kind: &str,
    before: &User,
    after: &User,
) -> vestibule_protocol::event::Event {
    let (mut was, mut is) = difference(&described(before), &described(after));
    let changed = changed_members(before, after);
    for (side, value) in [(&mut was, Value::Null), (&mut is, json!(changed))] {
        if let Some(object) = side.as_object_mut() {
            object.remove("claims");
            object.insert("changed".to_owned(), value);
        }
    }
    act.event(kind, about(after), was, is)
}

fn changed_members(before: &User, after: &User) -> Vec<String> {
    let value = |claims: &StandardClaims| serde_json::to_value(claims).unwrap_or_default();
    let (was, is) = difference(&value(&before.claims), &value(&after.claims));
    let names = [was, is].into_iter().filter_map(|side| side.as_object().cloned());
    let mut names: BTreeSet<String> = names.flatten().map(|(name, _)| name).collect();
    if before.external_id != after.external_id {
        names.insert("external_id".to_owned());
    }
    names.into_iter().collect()
}

/// The user as it is to be, or everything that is wrong with the change.
pub(in crate::services) fn apply(
    before: &User,
    names: &[Identifier],
    change: &UserChange,
) -> Result<Changed, Vec<FieldFault>> {
    let mut user = before.clone();
    let mut faults = own_flags(change);
    let changes = change.claims.iter().map(|(name, value)| (name, value.as_ref()));
    let (claims, unreadable) = claims::apply(&before.claims, changes);
    faults.extend(unreadable);
    user.claims = claims;
    let mut identifiers = names.to_vec();
    let email = identifier(&change.email, IdentifierKind::Email, identifiers::email);
    let username = identifier(&change.username, IdentifierKind::Username, identifiers::username);
    for (field, named) in [("email", email), ("username", username)] {
        match named {
            Ok(None) => {}
            Ok(Some((kind, value))) => {
                identifiers.retain(|one| one.kind != kind);
                identifiers.extend(value.map(|value| Identifier { kind, value }));
            }
            Err(fault) => faults.push(FieldFault::new(field, fault.to_string())),
        }
    }
    identifiers.sort_by(|a, b| a.value.cmp(&b.value));
    if identifiers.is_empty() && !names.is_empty() {
        let problem = "a user needs a name to sign in with: an email address or a user name";
        faults.push(FieldFault::new("email", problem));
    }
    let had = email_of(before);
    change.email.apply(&mut user.claims.email);
    change.username.apply(&mut user.claims.preferred_username);
    if email_of(&user) != had {
        user.claims.email_verified = false;
    }
    user.claims.email_verified = change.email_verified.unwrap_or(user.claims.email_verified);
    user.claims.email_verified &= user.claims.email.is_some();
    change.external_id.apply(&mut user.external_id);
    change.account_type.apply(&mut user.account_type);
    faults.extend(judge_label("external_id", user.external_id.as_deref()));
    faults.extend(judge_label("account_type", user.account_type.as_deref()));
    user.test = change.test.unwrap_or(user.test);
    if let Some(groups) = &change.groups {
        faults.extend(judge_groups(groups));
        user.groups = groups.clone();
    }
    if faults.is_empty() { Ok(Changed { user, identifiers }) } else { Err(faults) }
}

/// Claims that follow from the names to sign in with are changed together with those alone.
fn own_flags(change: &UserChange) -> Vec<FieldFault> {
    let own = ["email", "email_verified", "preferred_username"];
    let theirs = change.claims.iter().filter(|(name, _)| own.contains(&name.as_str()));
    theirs
        .map(|(name, _)| {
            let problem = "it is more than a claim; change the email address or the user name";
            FieldFault::new(format!("claims.{name}"), problem)
        })
        .collect()
}

/// An identifier that is replaced: its kind, and its new normal form if there is one.
type Replaced = Option<(IdentifierKind, Option<String>)>;

fn identifier(
    edit: &Edit,
    kind: IdentifierKind,
    normal: impl Fn(&str) -> Result<String, identifiers::IdentifierFault>,
) -> Result<Replaced, identifiers::IdentifierFault> {
    Ok(match edit {
        Edit::Keep => None,
        Edit::Clear => Some((kind, None)),
        Edit::Set(text) => Some((kind, Some(normal(text)?))),
    })
}

/// The address in its normal form: another spelling of it is as well verified.
fn email_of(user: &User) -> Option<String> {
    let email = user.claims.email.as_deref()?;
    Some(identifiers::email(email).unwrap_or_else(|_| email.to_owned()))
}
