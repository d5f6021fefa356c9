//! One-time links, and the first administrator.
//!
//! The link is made on the host, by whoever may read the master key; so no stranger becomes the
//! administrator, and one who is locked out always gets in again. A GET shows a page; the POST
//! spends the link.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::PasswordPool;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::LinkId;
use vestibule_protocol::opaque::{LinkToken, Opaque};
use vestibule_protocol::user::User;
use vestibule_store::StoreError;
use vestibule_store::links::Link;

use super::users::{self, NewUser};
use super::{About, Act, ServiceFault};
use crate::core::Core;
use crate::random;

/// What an admin link is good for.
pub const ADMIN_SETUP: &str = "admin-setup";
/// The group whose members administer the installation.
pub const ADMINISTRATORS: &str = "administrators";
/// How long an admin link lives.
pub const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A link that was just made.
pub struct NewLink {
    /// The whole URL, which is shown this once.
    pub url: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes the link that lets its bearer become an administrator.
pub async fn make_admin_link(act: Act<'_>) -> Result<NewLink, ServiceFault> {
    let id = LinkId(act.core.ids.next(act.now));
    let token = Opaque::<LinkToken>::new(id.0, *random::secret_bytes());
    let expires_at = act.now.plus(LIFETIME);
    let link = Link {
        id,
        org: act.org,
        purpose: ADMIN_SETUP.to_owned(),
        user: None,
        digest: token.digest(),
        data: Value::Null,
        created_at: act.now,
        expires_at,
        used_at: None,
    };
    let after = json!({ "purpose": ADMIN_SETUP, "expires_at": expires_at.as_seconds() });
    let event = act.event("link.made", About::Installation, Value::Null, after);
    act.core
        .store
        .write(move |tx| {
            tx.insert_link(&link)?;
            tx.record(vec![event])
        })
        .await?;
    let url = act.core.config.issuer.url(&format!("/setup/{}", token.text()));
    Ok(NewLink { url, expires_at })
}

/// The admin link of this token, if it can still be spent at `now`.
pub async fn open_admin_link(
    core: &Core,
    token: &str,
    now: Timestamp,
) -> Result<Option<Link>, ServiceFault> {
    let Some(token) = Opaque::<LinkToken>::parse(token) else {
        return Ok(None);
    };
    let link = core.store.link(LinkId(token.id()), ADMIN_SETUP).await?;
    Ok(link.filter(|link| {
        link.digest == token.digest() && link.used_at.is_none() && now < link.expires_at
    }))
}

/// Spends an admin link: its bearer becomes an administrator. `None` when the link was spent or has
/// ended meanwhile; then nothing was done.
pub async fn spend_admin_link(
    act: Act<'_>,
    passwords: &PasswordPool,
    link: &Link,
    mut new: NewUser,
) -> Result<Option<User>, ServiceFault> {
    new.groups = BTreeSet::from([ADMINISTRATORS.to_owned()]);
    let prepared = users::prepare(act, passwords, new).await?;
    let user = prepared.user.clone();
    let event = act.event(
        "link.used",
        About::User(user.subject.clone()),
        Value::Null,
        json!({ "purpose": ADMIN_SETUP }),
    );
    let (id, now) = (link.id, act.now);
    let written = act
        .core
        .store
        .write(move |tx| {
            tx.consume_link(id, ADMIN_SETUP, now)?;
            prepared.insert(tx)?;
            tx.record(vec![event])
        })
        .await;
    match written {
        Ok(()) => Ok(Some(user)),
        Err(StoreError::NotFound { .. } | StoreError::Stale { .. }) => Ok(None),
        Err(error) => Err(users::taken(error)),
    }
}
