//! Users: adding, claims, switching off, unlocking.

mod claims;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vestibule_keys::PasswordPool;
use vestibule_protocol::admin::{GrantFault, Permission};
use vestibule_protocol::client::Status;
use vestibule_protocol::identifiers;
use vestibule_protocol::ids::{GroupId, Subject, UserId};
use vestibule_protocol::password_policy::{self, PasswordPolicy};
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::credentials::PasswordHash;
use vestibule_store::groups::Group;
use vestibule_store::throttles::ThrottleKey;
use vestibule_store::users::{Identifier, IdentifierKind, UserFilter};
use vestibule_store::{Page, PageRequest, StoreError, Transaction};
use zeroize::Zeroizing;

use super::clients::cut;
use super::{About, Act, FieldFault, ServiceFault, admins};
use crate::random;

/// Most groups of a user.
const MAX_GROUPS: usize = 100;
/// How to find the right user.
const HINT: &str = "name an e-mail address or a subject; see: vestibule user list";

/// What a user is added with.
#[derive(Default)]
pub struct NewUser {
    /// An e-mail address to sign in with; it is also the claim.
    pub email: Option<String>,
    /// A user name to sign in with; it is also the claim `preferred_username`.
    pub username: Option<String>,
    /// Claims as `name=value`, in the words of OIDC Core §5.1, or free ones.
    pub claims: Vec<(String, String)>,
    /// The password; without one the user cannot sign in by password.
    pub password: Option<Zeroizing<String>>,
    /// Names of groups; those that do not exist are made.
    pub groups: BTreeSet<String>,
    /// Whether the account begins switched off.
    pub disabled: bool,
}

/// Adds a user.
pub async fn add(
    act: Act<'_>,
    passwords: &PasswordPool,
    new: NewUser,
) -> Result<User, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let prepared = prepare(act, passwords, new).await?;
    let user = prepared.user.clone();
    act.core.store.write(move |tx| prepared.insert(tx)).await.map_err(taken)?;
    Ok(user)
}

/// A user who is ready to be inserted, in a transaction that may do more.
pub(super) struct Prepared {
    /// The user.
    pub user: User,
    identifiers: Vec<Identifier>,
    password: Option<PasswordHash>,
    groups: Vec<Group>,
    event: vestibule_protocol::event::Event,
}

impl Prepared {
    /// Inserts the user with all that belongs to it, and the line of the event log.
    pub(super) fn insert(self, tx: &mut Transaction<'_>) -> Result<(), StoreError> {
        for group in &self.groups {
            tx.insert_group(group)?;
        }
        tx.insert_user(&self.user, &self.identifiers)?;
        if let Some(password) = &self.password {
            tx.set_password(self.user.org, password)?;
        }
        tx.record(vec![self.event])
    }
}

/// Judges what was given, and hashes the password.
pub(super) async fn prepare(
    act: Act<'_>,
    passwords: &PasswordPool,
    new: NewUser,
) -> Result<Prepared, ServiceFault> {
    let mut faults = Vec::new();
    let (mut claims, unreadable) = claims::read(&new.claims);
    faults.extend(unreadable);
    let identifiers = identify(&new, &mut claims, &mut faults);
    faults.extend(judge_groups(&new.groups));
    let about_user: Vec<&str> =
        [&claims.email, &claims.name, &claims.given_name, &claims.family_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
    if let Some(password) = &new.password {
        faults.extend(judge_password(act, password, &about_user));
    }
    if !faults.is_empty() {
        return Err(ServiceFault::Invalid(faults));
    }
    let user = User {
        id: UserId(act.core.ids.next(act.now)),
        org: act.org,
        subject: Subject(random_subject()),
        status: if new.disabled { Status::Disabled } else { Status::Active },
        claims,
        groups: new.groups,
        not_before: act.now,
        created_at: act.now,
        updated_at: act.now,
    };
    let password = match new.password {
        Some(password) => Some(hash(act, passwords, user.id, password).await?),
        None => None,
    };
    let known = act.core.store.groups(act.org).await?;
    let groups = user.groups.iter().filter(|name| !known.iter().any(|group| group.name == **name));
    let groups = groups.map(|name| new_group(act, name)).collect();
    let event = act.event("user.added", about(&user), Value::Null, described(&user));
    Ok(Prepared { user, identifiers, password, groups, event })
}

fn new_group(act: Act<'_>, name: &str) -> Group {
    let id = GroupId(act.core.ids.next(act.now));
    Group { id, org: act.org, name: name.to_owned(), created_at: act.now }
}

/// The names to sign in with, and the claims that follow from them.
fn identify(
    new: &NewUser,
    claims: &mut StandardClaims,
    faults: &mut Vec<FieldFault>,
) -> Vec<Identifier> {
    let mut found = Vec::new();
    if let Some(email) = &new.email {
        match identifiers::email(email) {
            Ok(value) => found.push(Identifier { kind: IdentifierKind::Email, value }),
            Err(fault) => faults.push(FieldFault::new("email", fault.to_string())),
        }
        claims.email = Some(email.trim().to_owned());
    }
    if let Some(username) = &new.username {
        match identifiers::username(username) {
            Ok(value) => found.push(Identifier { kind: IdentifierKind::Username, value }),
            Err(fault) => faults.push(FieldFault::new("username", fault.to_string())),
        }
        claims.preferred_username = Some(username.trim().to_owned());
    }
    if new.email.is_none() && new.username.is_none() {
        let problem = "a user needs a name to sign in with; add --email or --username";
        faults.push(FieldFault::new("email", problem));
    }
    found
}

fn judge_groups(groups: &BTreeSet<String>) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if groups.len() > MAX_GROUPS {
        faults.push(FieldFault::new("groups", format!("at most {MAX_GROUPS}")));
    }
    let unfit = |name: &&String| {
        name.trim().is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control)
    };
    for name in groups.iter().filter(unfit) {
        let problem = format!("{:?}: a group's name has 1 to 100 visible characters", cut(name));
        faults.push(FieldFault::new("groups", problem));
    }
    faults
}

/// What is wrong with a new password.
pub fn judge_password(act: Act<'_>, password: &str, about_user: &[&str]) -> Option<FieldFault> {
    let policy = PasswordPolicy { min_characters: act.core.config.password.min_length };
    let mut context = about_user.to_vec();
    context.push(&act.core.config.branding.name);
    context.push(act.core.config.issuer.host());
    password_policy::check(password, policy, &context)
        .err()
        .map(|fault| FieldFault::new("password", fault.to_string()))
}

/// Hashes a password for its row.
pub async fn hash(
    act: Act<'_>,
    passwords: &PasswordPool,
    user: UserId,
    password: Zeroizing<String>,
) -> Result<PasswordHash, ServiceFault> {
    let password = password_policy::normalize(&password);
    let hash = passwords.hash(password, random::bytes()).await?;
    Ok(PasswordHash { user, hash, updated_at: act.now })
}

/// 128 random bits in hexadecimal: no letter case to lose, no character to escape.
fn random_subject() -> String {
    random::bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A page of the users. `text` begins one of their names.
pub async fn list(
    act: Act<'_>,
    text: Option<&str>,
    status: Option<Status>,
    page: PageRequest,
) -> Result<Page<User>, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let identifier_prefix = text.map(|text| text.trim().to_lowercase());
    let filter = UserFilter { identifier_prefix, status };
    Ok(act.core.store.users(act.org, filter, page).await?)
}

/// The user of this sign-in name or subject.
pub async fn find(act: Act<'_>, name: &str) -> Result<User, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let store = &act.core.store;
    if let Some(normal) = identifiers::sign_in_name(name)
        && let Some(user) = store.user_by_identifier(act.org, normal).await?
    {
        return Ok(user);
    }
    let by_subject = store.user_by_subject(act.org, Subject(name.to_owned())).await?;
    by_subject.ok_or_else(|| ServiceFault::NotFound { what: "user", name: cut(name), hint: HINT })
}

/// The names by which a user signs in.
pub async fn identifiers_of(act: Act<'_>, user: &User) -> Result<Vec<Identifier>, ServiceFault> {
    act.require(Permission::UsersRead)?;
    Ok(act.core.store.identifiers(act.org, user.id).await?)
}

/// Lets a user in or keeps it out. A user kept out is signed out everywhere at once.
pub async fn set_status(act: Act<'_>, name: &str, status: Status) -> Result<User, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let before = find(act, name).await?;
    if before.status == status {
        return Ok(before);
    }
    let kind = match status {
        Status::Active => "user.enabled",
        Status::Disabled => "user.disabled",
    };
    admins::outranks(act, &before).await?;
    let event = act.event(kind, about(&before), json!(before.status), json!(status));
    let (org, id, now) = (act.org, before.id, act.now);
    let done = act
        .core
        .store
        .write(move |tx| {
            if status == Status::Disabled && admins::is_last_owner(tx, id)? {
                return Ok(Err(GrantFault::LastOwner));
            }
            tx.set_user_status(org, id, status, now)?;
            tx.record(vec![event]).map(Ok)
        })
        .await?;
    done?;
    Ok(User { status, ..before })
}

/// Forgets the wrong passwords that were counted against a user.
pub async fn unlock(act: Act<'_>, name: &str) -> Result<User, ServiceFault> {
    act.require(Permission::UsersSupport)?;
    let user = find(act, name).await?;
    let key = ThrottleKey::account(user.id);
    let counted = act.core.store.throttles(vec![key.clone()]).await?;
    let failures = counted.first().map_or(0, |throttle| throttle.failures);
    let event = act.event("user.unlocked", about(&user), json!({ "failures": failures }), json!(0));
    act.core
        .store
        .write(move |tx| {
            tx.clear_throttle(&key)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(user)
}

/// A name that exists already, told in the words of who asked.
pub(super) fn taken(error: StoreError) -> ServiceFault {
    match error {
        StoreError::Conflict { value, .. } => ServiceFault::Conflict(format!(
            "there is a user with the name {} already; see: vestibule user show {}",
            cut(&value),
            cut(&value)
        )),
        other => other.into(),
    }
}

fn about(user: &User) -> About {
    About::User(user.subject.clone())
}

/// What the event log keeps of a user: which claims there are, not what they say.
fn described(user: &User) -> Value {
    let claims = serde_json::to_value(&user.claims).unwrap_or_default();
    let names: Vec<&String> =
        claims.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    json!({ "status": user.status, "groups": user.groups, "claims": names })
}
