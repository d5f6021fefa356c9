//! Links by which a user sets a password: an invitation, or a reset.
//!
//! No administrator sets a password. They make a link, which they hand over; whoever opens it sees
//! who asked for it and when it ends, and the POST sets the password. Then every session ends, and
//! a newer link of either kind ends the older ones.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::PasswordPool;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::user::User;
use vestibule_store::StoreError;
use vestibule_store::links::Link;
use vestibule_store::throttles::ThrottleKey;
use zeroize::Zeroizing;

use super::{NewUser, about, hash, judge_password, prepare, subordinate, taken, words_about};
use crate::core::Core;
use crate::services::links::{self, NewLink, Wanted};
use crate::services::{Act, ServiceFault};

/// What these links are good for. One word for both kinds, so that the newest ends the others.
pub const WELCOME: &str = "welcome";
/// Where they lead.
const PATH: &str = "/welcome";
/// How long an invitation lives.
pub const INVITATION: Duration = Duration::from_secs(7 * 86_400);
/// How long a reset link lives, unless another span is asked for.
pub const RESET: Duration = Duration::from_secs(30 * 60);
/// The longest span that can be asked for.
pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);

/// Why somebody was sent a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The account is new.
    Invitation,
    /// The password is to be replaced.
    Reset,
}

impl Occasion {
    fn word(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}

/// A link that was opened, and can be used.
pub struct Opened {
    link: Link,
    /// Whose password it sets.
    pub user: User,
    /// Why it was made.
    pub occasion: Occasion,
    /// Who asked for it.
    pub by: String,
    /// When.
    pub asked_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Adds a user without a password, and makes the link by which the user sets one.
pub async fn invite(
    act: Act<'_>,
    passwords: &PasswordPool,
    new: NewUser,
) -> Result<(User, NewLink), ServiceFault> {
    act.require(Permission::UsersWrite)?;
    if new.password.is_some() {
        let problem = "whoever is invited sets the password; leave it out";
        return Err(ServiceFault::invalid("password", problem));
    }
    let prepared = prepare(act, passwords, new).await?;
    let user = prepared.user.clone();
    let (link, made) = links::draw(act, wanted(act, &user, Occasion::Invitation, INVITATION));
    let event = event(act, &user, Occasion::Invitation, &made);
    let written = act.core.store.write(move |tx| {
        prepared.insert(tx)?;
        tx.insert_link(&link)?;
        tx.record(vec![event])
    });
    written.await.map_err(taken)?;
    Ok((user, made))
}

/// Makes a link by which a user sets a new password. A user who was invited and never came gets an
/// invitation again.
pub async fn reset_link(
    act: Act<'_>,
    name: &str,
    lifetime: Option<Duration>,
) -> Result<(User, NewLink), ServiceFault> {
    act.require(Permission::UsersSupport)?;
    let user = subordinate(act, name).await?;
    if user.status != Status::Active {
        let problem = "the user is switched off; a link would open nothing. Switch it on first";
        return Err(ServiceFault::Conflict(problem.to_owned()));
    }
    let set = act.core.store.password(act.org, user.id).await?.is_some();
    let (occasion, usual) =
        if set { (Occasion::Reset, RESET) } else { (Occasion::Invitation, INVITATION) };
    let lifetime = lifetime.unwrap_or(usual);
    if lifetime > LONGEST || lifetime.is_zero() {
        return Err(ServiceFault::invalid("expires_in", "a link lives 7 days at most"));
    }
    let (link, made) = links::draw(act, wanted(act, &user, occasion, lifetime));
    let event = event(act, &user, occasion, &made);
    let written = act.core.store.write(move |tx| {
        tx.insert_link(&link)?;
        tx.record(vec![event])
    });
    written.await?;
    Ok((user, made))
}

fn wanted(act: Act<'_>, user: &User, occasion: Occasion, lifetime: Duration) -> Wanted<'static> {
    Wanted {
        purpose: WELCOME,
        path: PATH,
        user: Some(user.id),
        data: json!({ "occasion": occasion.word(), "by": act.by }),
        lifetime,
    }
}

fn event(
    act: Act<'_>,
    user: &User,
    occasion: Occasion,
    made: &NewLink,
) -> vestibule_protocol::event::Event {
    let after = json!({ "purpose": occasion.word(), "expires_at": made.expires_at.as_seconds() });
    act.event("link.made", about(user), Value::Null, after)
}

/// The link of this token, if it can still be used at `now` by a user who may sign in.
pub async fn open(
    core: &Core,
    token: &str,
    now: Timestamp,
) -> Result<Option<Opened>, ServiceFault> {
    let Some(link) = links::open(core, token, WELCOME, now).await? else { return Ok(None) };
    let Some(id) = link.user else { return Ok(None) };
    let Some(user) = core.store.user(link.org, id).await? else { return Ok(None) };
    let organization = core.store.organization(link.org).await?;
    if user.status != Status::Active || organization.is_none_or(|o| o.status != Status::Active) {
        return Ok(None);
    }
    let text = |name: &str| link.data.get(name).and_then(Value::as_str).unwrap_or_default();
    let occasion = match text("occasion") {
        "invitation" => Occasion::Invitation,
        _ => Occasion::Reset,
    };
    let by = text("by").to_owned();
    let (asked_at, expires_at) = (link.created_at, link.expires_at);
    Ok(Some(Opened { link, user, occasion, by, asked_at, expires_at }))
}

/// Sets the password that the user chose, uses the link up, ends every session, and forgets wrong
/// passwords. `false` when the link was used or ended meanwhile: then nothing was done.
pub async fn spend(
    core: &Core,
    passwords: &PasswordPool,
    opened: &Opened,
    password: Zeroizing<String>,
    now: Timestamp,
) -> Result<bool, ServiceFault> {
    let user = &opened.user;
    let act = Act { org: user.org, now, ..Act::begin(core, "the user, by a link") };
    if let Some(fault) = judge_password(act, &password, &words_about(&user.claims)) {
        return Err(ServiceFault::Invalid(vec![fault]));
    }
    let hash = hash(act, passwords, user.id, password).await?;
    let after = json!({ "purpose": opened.occasion.word() });
    let event = act.event("user.password_set", about(user), Value::Null, after);
    let (link, org, id) = (opened.link.id, user.org, user.id);
    let written = core.store.write(move |tx| {
        tx.consume_link(link, WELCOME, now)?;
        let still = tx.user(org, id)?.filter(|user| user.status == Status::Active);
        if still.is_none() {
            return Err(StoreError::Stale { what: "link" });
        }
        tx.set_password(org, &hash)?;
        tx.sign_out_everywhere(org, id, now)?;
        tx.clear_throttle(&ThrottleKey::account(id))?;
        tx.record(vec![event])
    });
    match written.await {
        Ok(()) => Ok(true),
        Err(StoreError::NotFound { .. } | StoreError::Stale { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
