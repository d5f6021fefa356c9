//! Users: adding, finding, switching off, unlocking, and what follows in the rooms below.
//!
//! | room | owns |
//! |---|---|
//! | `users/claims.rs` | claims as `name=value` texts |
//! | [`update`] | changing claims, identifiers, groups and marks |
//! | [`welcome`] | links by which a user sets a password: invitation and reset |
//! | [`detail`] | everything about one user |
//! | [`access`] | sessions and consents: ending and withdrawing them |
//! | [`erase`] | removing a user for good |
//!
//! Nobody acts on a user who may do more than themselves (invariant I27), and no administrator
//! learns or sets a password.

pub mod access;
pub(crate) mod claims;
pub mod detail;
pub mod erase;
#[cfg(test)]
mod tests;
pub mod update;
pub mod welcome;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vestibule_keys::PasswordPool;
use vestibule_protocol::admin::{GrantFault, Permission, Rights};
use vestibule_protocol::client::Status;
use vestibule_protocol::identifiers;
use vestibule_protocol::ids::{GroupId, Subject, UserId};
use vestibule_protocol::password_policy::{self, PasswordPolicy};
use vestibule_protocol::search;
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::credentials::PasswordHash;
use vestibule_store::groups::Group;
use vestibule_store::throttles::ThrottleKey;
use vestibule_store::users::{Identifier, IdentifierKind, UserFilter};
use vestibule_store::{Page, PageRequest, StoreError, Transaction};
use zeroize::Zeroizing;

use super::texts::{LABEL, cut, is_label, judge_label};
use super::{About, Act, FieldFault, ServiceFault, admins, groups};
use crate::random;

/// Most groups of a user.
const MAX_GROUPS: usize = 100;
/// How to find the right user.
const HINT: &str = "name an email address, a user name or a subject";

/// What a user is added with.
#[derive(Default)]
pub struct NewUser {
    /// An email address to sign in with; it is also the claim.
    pub email: Option<String>,
    /// A user name to sign in with; it is also the claim `preferred_username`.
    pub username: Option<String>,
    /// Claims as `name=value`, in the words of OIDC Core §5.1, or free ones.
    pub claims: Vec<(String, String)>,
    /// The password; without one the user cannot sign in by password.
    pub password: Option<Zeroizing<String>>,
    /// Names of groups, which must exist.
    pub groups: BTreeSet<String>,
    /// Whether the account begins switched off.
    pub disabled: bool,
    /// What the system the account comes from calls it.
    pub external_id: Option<String>,
    /// What kind of account it is.
    pub account_type: Option<String>,
    /// Whether it is there for trying out.
    pub test: bool,
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
    event: vestibule_protocol::event::Event,
}

impl Prepared {
    /// Inserts the user with all that belongs to it, and the line of the event log.
    pub(super) fn insert(self, tx: &mut Transaction<'_>) -> Result<(), StoreError> {
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
    match judge_groups(&new.groups) {
        unfit if unfit.is_empty() => {
            faults.extend(groups::unknown(act, "groups", &new.groups).await?);
        }
        unfit => faults.extend(unfit),
    }
    faults.extend(judge_label("external_id", new.external_id.as_deref()));
    faults.extend(judge_label("account_type", new.account_type.as_deref()));
    if let Some(password) = &new.password {
        faults.extend(judge_password(act, password, &words_about(&claims)));
    }
    if !faults.is_empty() {
        return Err(ServiceFault::Invalid(faults));
    }
    let user = User {
        id: UserId(act.core.ids.next(act.now)),
        org: act.org,
        subject: Subject(random_subject()),
        external_id: new.external_id,
        account_type: new.account_type,
        test: new.test,
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
    let event = act.event("user.added", about(&user), Value::Null, described(&user));
    Ok(Prepared { user, identifiers, password, event })
}

pub(super) fn new_group(act: Act<'_>, name: &str) -> Group {
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
        let problem = "a user needs a name to sign in with: an email address or a user name";
        faults.push(FieldFault::new("email", problem));
    }
    found
}

pub(super) fn judge_groups(groups: &BTreeSet<String>) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if groups.len() > MAX_GROUPS {
        faults.push(FieldFault::new("groups", format!("at most {MAX_GROUPS}")));
    }
    for name in groups.iter().filter(|name| !is_label(name)) {
        let problem = format!("{:?}: a group's name has {LABEL}", cut(name));
        faults.push(FieldFault::new("groups", problem));
    }
    faults
}

/// Words about a user that a password may not be made of.
fn words_about(claims: &StandardClaims) -> Vec<&str> {
    let texts = [&claims.email, &claims.name, &claims.given_name, &claims.family_name];
    texts.into_iter().flatten().map(String::as_str).collect()
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
pub(super) fn random_subject() -> String {
    random::bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Which users a list shows.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Words that each begin a part of the name, the email address, a name to sign in with, the
    /// external id or the subject.
    pub text: Option<String>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only members of this group.
    pub group: Option<String>,
    /// Only test users, or only others.
    pub test: Option<bool>,
}

/// A page of the users: oldest first, or what is searched for in the order of the rarest word. Of a
/// search that many fit in part a page may be short, and its cursor leads on ([`Page::is_short`]).
pub async fn list(
    act: Act<'_>,
    query: UserQuery,
    page: PageRequest,
) -> Result<Page<User>, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let text = query.text.unwrap_or_default();
    let words = search::words(&text);
    if words.is_empty() && !text.trim().is_empty() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let UserQuery { status, group, test, .. } = query;
    let filter = UserFilter { words, status, group, test };
    Ok(act.core.store.users(act.org, filter, page).await?)
}

/// The user of this sign-in name or subject. A text that names two users names none: whoever chose
/// the one's user name would be acted on, or given a role, in place of the other.
pub async fn find(act: Act<'_>, name: &str) -> Result<User, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let store = &act.core.store;
    let by_name = match identifiers::sign_in_name(name) {
        Some(normal) => store.user_by_identifier(act.org, normal).await?,
        None => None,
    };
    let by_subject = store.user_by_subject(act.org, Subject(name.to_owned())).await?;
    match (by_name, by_subject) {
        (Some(one), Some(other)) if one.id != other.id => Err(ServiceFault::Conflict(format!(
            "{} is the subject of one user and a name by which another signs in, whose subject is {}; \
             change that name first",
            cut(name),
            one.subject
        ))),
        (found, other) => found.or(other).ok_or_else(|| unknown(name)),
    }
}

/// The user whom clients know by this subject: what pages are addressed by.
pub async fn by_subject(act: Act<'_>, subject: &str) -> Result<User, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let found = act.core.store.user_by_subject(act.org, Subject(subject.to_owned())).await?;
    found.ok_or_else(|| unknown(subject))
}

fn unknown(name: &str) -> ServiceFault {
    ServiceFault::NotFound { what: "user", name: cut(name), hint: HINT }
}

/// The user of this name, if whoever acts may act on this user (invariant I27). For acts whose own
/// permission was asked; it asks for none of its own.
async fn subordinate(act: Act<'_>, name: &str) -> Result<User, ServiceFault> {
    let reading = act.rights.union(Rights::of([Permission::UsersRead]));
    let user = find(Act { rights: reading, ..act }, name).await?;
    admins::outranks(act, &user).await?;
    Ok(user)
}

/// The names by which a user signs in.
pub async fn identifiers_of(act: Act<'_>, user: &User) -> Result<Vec<Identifier>, ServiceFault> {
    act.require(Permission::UsersRead)?;
    Ok(act.core.store.identifiers(act.org, user.id).await?)
}

/// Lets a user in or keeps it out. A user kept out is signed out everywhere at once.
pub async fn set_status(act: Act<'_>, name: &str, status: Status) -> Result<User, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let before = subordinate(act, name).await?;
    if before.status == status {
        return Ok(before);
    }
    let kind = match status {
        Status::Active => "user.enabled",
        Status::Disabled => "user.disabled",
    };
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
    let user = subordinate(act, name).await?;
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
        StoreError::Conflict { what: "external_id", value } => ServiceFault::Conflict(format!(
            "there is a user with the external id {} already",
            cut(&value)
        )),
        StoreError::Conflict { value, .. } => {
            ServiceFault::Conflict(format!("there is a user with the name {} already", cut(&value)))
        }
        other => other.into(),
    }
}

pub(super) fn about(user: &User) -> About {
    About::User(user.subject.clone())
}

/// What the event log keeps of a user: which claims there are, not what they say.
pub(super) fn described(user: &User) -> Value {
    let claims = serde_json::to_value(&user.claims).unwrap_or_default();
    let names: Vec<&String> =
        claims.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    json!({
        "status": user.status,
        "groups": user.groups,
        "claims": names,
        "test": user.test,
        "account_type": user.account_type,
    })
}
