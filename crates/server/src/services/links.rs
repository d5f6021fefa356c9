//! Links that are handed to a person, and the first administrator.
//!
//! A link has one purpose and an end; its token is a row id and 256 random bits, of which the digest
//! is kept. A GET shows a page; what uses a link up is a POST, in the transaction of what it is used
//! for. So a mail scanner that opens every link spends none.
//!
//! The admin link is made on the host, by whoever may read the master key; so no stranger becomes
//! the administrator, and one who is locked out always gets in again.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::PasswordPool;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Assignment, Permission, Reach, Role};
use vestibule_protocol::ids::{AdminRoleId, LinkId, UserId};
use vestibule_protocol::opaque::{LinkToken, Opaque};
use vestibule_protocol::user::User;
use vestibule_store::StoreError;
use vestibule_store::admin_roles::{AdminRole, Holder};
use vestibule_store::links::Link;

use super::users::{self, NewUser};
use super::{About, Act, ServiceFault};
use crate::core::Core;
use crate::random;

/// What an admin link is good for.
pub const ADMIN_SETUP: &str = "admin-setup";
/// How long an admin link lives.
pub const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A link that was just made.
pub struct NewLink {
    /// The whole URL, which is shown this once.
    pub url: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a link is to be.
pub struct Wanted<'a> {
    /// What it is good for, as a stable word; a link of one purpose opens nothing else.
    pub purpose: &'static str,
    /// The path in front of the token: `/setup`.
    pub path: &'a str,
    /// Whom it is for; earlier links of that purpose for the same user then end.
    pub user: Option<UserId>,
    /// What its purpose needs to know. A secret in it must be sealed.
    pub data: Value,
    /// For how long.
    pub lifetime: Duration,
}

/// Draws a link. Its row is still to be inserted, in the transaction that it belongs to.
pub fn draw(act: Act<'_>, wanted: Wanted<'_>) -> (Link, NewLink) {
    let id = LinkId(act.core.ids.next(act.now));
    let token = Opaque::<LinkToken>::new(id.0, *random::secret_bytes());
    let expires_at = act.now.plus(wanted.lifetime);
    let url = act.core.config.issuer.url(&format!("{}/{}", wanted.path, token.text()));
    let link = Link {
        id,
        org: act.org,
        purpose: wanted.purpose.to_owned(),
        user: wanted.user,
        digest: token.digest(),
        data: wanted.data,
        created_at: act.now,
        expires_at,
        used_at: None,
    };
    (link, NewLink { url, expires_at })
}

/// Makes a link and records that it was made.
pub async fn make(act: Act<'_>, about: About, wanted: Wanted<'_>) -> Result<NewLink, ServiceFault> {
    let purpose = wanted.purpose;
    let (link, made) = draw(act, wanted);
    let after = json!({ "purpose": purpose, "expires_at": made.expires_at.as_seconds() });
    let event = act.event("link.made", about, Value::Null, after);
    act.core
        .store
        .write(move |tx| {
            tx.insert_link(&link)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(made)
}

/// The link of this token, if it has this purpose and can still be used at `now`.
pub async fn open(
    core: &Core,
    token: &str,
    purpose: &'static str,
    now: Timestamp,
) -> Result<Option<Link>, ServiceFault> {
    let Some(token) = Opaque::<LinkToken>::parse(token) else {
        return Ok(None);
    };
    let link = core.store.link(LinkId(token.id()), purpose).await?;
    Ok(link.filter(|link| {
        link.digest == token.digest() && link.used_at.is_none() && now < link.expires_at
    }))
}

/// Makes the link that lets its bearer become an owner.
pub async fn make_admin_link(act: Act<'_>) -> Result<NewLink, ServiceFault> {
    act.require(Permission::AdminsWrite)?;
    let wanted = Wanted {
        purpose: ADMIN_SETUP,
        path: "/setup",
        user: None,
        data: Value::Null,
        lifetime: LIFETIME,
    };
    make(act, About::Installation, wanted).await
}

/// The admin link of this token, if it can still be spent at `now`.
pub async fn open_admin_link(
    core: &Core,
    token: &str,
    now: Timestamp,
) -> Result<Option<Link>, ServiceFault> {
    open(core, token, ADMIN_SETUP, now).await
}

/// Spends an admin link: its bearer becomes an owner of everything. `None` when the link was spent
/// or has ended meanwhile; then nothing was done.
pub async fn spend_admin_link(
    act: Act<'_>,
    passwords: &PasswordPool,
    link: &Link,
    new: NewUser,
) -> Result<Option<User>, ServiceFault> {
    let prepared = users::prepare(act, passwords, new).await?;
    let user = prepared.user.clone();
    let owner = AdminRole {
        id: AdminRoleId(act.core.ids.next(act.now)),
        holder: Holder::User(user.id),
        assignment: Assignment { role: Role::Owner, reach: Reach::Everywhere },
        granted_at: act.now,
        granted_by: act.by.to_owned(),
    };
    let event = act.event(
        "link.used",
        About::User(user.subject.clone()),
        Value::Null,
        json!({ "purpose": ADMIN_SETUP, "role": Role::Owner }),
    );
    let (id, now) = (link.id, act.now);
    let written = act
        .core
        .store
        .write(move |tx| {
            tx.consume_link(id, ADMIN_SETUP, now)?;
            prepared.insert(tx)?;
            tx.insert_admin_role(&owner)?;
            tx.record(vec![event])
        })
        .await;
    match written {
        Ok(()) => Ok(Some(user)),
        Err(StoreError::NotFound { .. } | StoreError::Stale { .. }) => Ok(None),
        Err(error) => Err(users::taken(error)),
    }
}
