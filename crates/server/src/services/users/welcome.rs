//! Links by which a user sets a password: an invitation, or a reset.
//!
//! No administrator sets a password. They have a link mailed, or take it and hand it over; whoever
//! opens it sees who asked for it and when it ends, and the POST sets the password. Then every
//! session ends, and a newer link of either kind ends the older ones.
//!
//! A link that went by mail and was shown to nobody proves the address that it went to.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_keys::PasswordPool;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::event::Event;
use vestibule_protocol::identifiers::email;
use vestibule_protocol::user::User;
use vestibule_store::links::Link;
use vestibule_store::outbox::Message;
use vestibule_store::throttles::ThrottleKey;
use vestibule_store::{StoreError, Transaction};
use zeroize::Zeroizing;

use super::{NewUser, about, hash, judge_password, prepare, subordinate, taken, words_about};
use crate::core::Core;
use crate::mail;
use crate::mail::letter::Letter;
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

/// How a link is to reach its user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handover {
    /// By mail where that can be, else shown.
    #[default]
    Usual,
    /// By mail, or not at all.
    Mail,
    /// Shown to whoever asked, who hands it over.
    Show,
}

impl Handover {
    /// What a flag says that may be left out.
    pub fn of(send: Option<bool>) -> Self {
        match send {
            None => Self::Usual,
            Some(true) => Self::Mail,
            Some(false) => Self::Show,
        }
    }
}

/// How a link was handed over.
pub enum Handed {
    /// Here it is.
    Shown(NewLink),
    /// It is on its way, and nobody here has seen it.
    Mailed {
        /// To this address.
        to: String,
        /// When it ends.
        expires_at: Timestamp,
    },
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
    handover: Handover,
) -> Result<(User, Handed), ServiceFault> {
    act.require(Permission::UsersWrite)?;
    if new.password.is_some() {
        let problem = "whoever is invited sets the password; leave it out";
        return Err(ServiceFault::invalid("password", problem));
    }
    let prepared = prepare(act, passwords, new).await?;
    let user = prepared.user.clone();
    let made = Made::new(act, &user, Occasion::Invitation, INVITATION, handover)?;
    let handed = made.handed;
    let written = act.core.store.write(move |tx| {
        prepared.insert(tx)?;
        made.rows.insert(tx)
    });
    written.await.map_err(taken)?;
    Ok((user, handed))
}

/// What is written to invite a user who is being added, by mail.
pub(in crate::services) fn invitation(act: Act<'_>, user: &User) -> Result<Rows, ServiceFault> {
    let made = Made::new(act, user, Occasion::Invitation, INVITATION, Handover::Mail)?;
    Ok(made.rows)
}

/// Makes a link by which a user sets a new password. A user who was invited and never came gets an
/// invitation again.
pub async fn reset_link(
    act: Act<'_>,
    name: &str,
    lifetime: Option<Duration>,
    handover: Handover,
) -> Result<(User, Handed), ServiceFault> {
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
    let made = Made::new(act, &user, occasion, lifetime, handover)?;
    act.core.store.write(move |tx| made.rows.insert(tx)).await?;
    Ok((user, made.handed))
}

/// Whether links can go by mail here.
pub fn mail_is_there(core: &Core) -> bool {
    mail::way(&core.config) != mail::Way::Off
}

/// Where a link goes by mail, if it does.
fn mailed_to(
    act: Act<'_>,
    user: &User,
    handover: Handover,
) -> Result<Option<String>, ServiceFault> {
    let address = user.claims.email.clone();
    match (handover, mail_is_there(act.core), address) {
        (Handover::Show, ..) => Ok(None),
        (Handover::Mail, false, _) => Err(crate::services::mail::off()),
        (Handover::Mail, true, None) => {
            let problem =
                "the user has no email address; add one, or take the link and hand it over";
            Err(ServiceFault::invalid("email", problem))
        }
        (Handover::Usual, false, _) => Ok(None),
        (_, true, address) => Ok(address),
    }
}

/// A link that was drawn, with all that is written for it.
struct Made {
    handed: Handed,
    rows: Rows,
}

/// What is written for a link, in the transaction that it belongs to.
pub(in crate::services) struct Rows {
    link: Link,
    mail: Option<Message>,
    event: Event,
}

impl Rows {
    /// Writes it.
    pub(in crate::services) fn insert(self, tx: &mut Transaction<'_>) -> Result<(), StoreError> {
        tx.insert_link(&self.link)?;
        if let Some(mail) = &self.mail {
            tx.enqueue(mail)?;
        }
        tx.record(vec![self.event])
    }
}

impl Made {
    fn new(
        act: Act<'_>,
        user: &User,
        occasion: Occasion,
        lifetime: Duration,
        handover: Handover,
    ) -> Result<Self, ServiceFault> {
        let to = mailed_to(act, user, handover)?;
        let (link, drawn) = links::draw(act, wanted(act, user, occasion, lifetime, to.as_deref()));
        let event = event(act, user, occasion, &drawn, to.is_some());
        let Some(to) = to else {
            let rows = Rows { link, mail: None, event };
            return Ok(Self { handed: Handed::Shown(drawn), rows });
        };
        let asked = (act.by, act.now);
        let letter = Letter::welcome(&act.core.config, user, &to, occasion, &drawn, asked);
        let mail = Some(mail::queue::write(act.core, act.org, &letter, act.now)?);
        let handed = Handed::Mailed { to, expires_at: drawn.expires_at };
        Ok(Self { handed, rows: Rows { link, mail, event } })
    }
}

fn wanted(
    act: Act<'_>,
    user: &User,
    occasion: Occasion,
    lifetime: Duration,
    to: Option<&str>,
) -> Wanted<'static> {
    Wanted {
        purpose: WELCOME,
        path: PATH,
        user: Some(user.id),
        data: json!({ "occasion": occasion.word(), "by": act.by, "mailed_to": to }),
        lifetime,
    }
}

fn event(act: Act<'_>, user: &User, occasion: Occasion, made: &NewLink, mailed: bool) -> Event {
    let ends = made.expires_at.as_seconds();
    let after = json!({ "purpose": occasion.word(), "expires_at": ends, "mailed": mailed });
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
    if !went_to(&link, &user) {
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

/// Whether a link that went by mail went to the address that the user has now. Whoever reads another
/// one, for which the address was mistaken once or which the user has given up, is somebody else.
fn went_to(link: &Link, user: &User) -> bool {
    let same = |to| {
        user.claims.email.as_deref().is_some_and(|now| {
            now == to || matches!((email(now), email(to)), (Ok(now), Ok(to)) if now == to)
        })
    };
    mailed_to_of(link).is_none_or(same)
}

fn mailed_to_of(link: &Link) -> Option<&str> {
    link.data.get("mailed_to").and_then(Value::as_str)
}

/// Ends the links to a user's password that somebody has seen who is not `by`: the user is about to
/// administer, and whoever has such a link would choose an administrator's password (invariant I27).
/// What went by mail was seen by nobody here.
pub(in crate::services) fn end_seen(
    tx: &mut Transaction<'_>,
    user: &User,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Whoever acts by a token of theirs is the same person.
    let person = |by: &str| by.split(" by API token ").next().unwrap_or_default().to_owned();
    let granting = person(by);
    tx.end_links(user.id, WELCOME, now, |link| {
        let made_by = link.data.get("by").and_then(Value::as_str).unwrap_or_default();
        mailed_to_of(link).is_none() && person(made_by) != granting
    })
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
    let opened = opened.link.clone();
    let written = core.store.write(move |tx| {
        tx.consume_link(link, WELCOME, now)?;
        let still = tx.user(org, id)?.filter(|user| user.status == Status::Active);
        let Some(mut still) = still.filter(|user| went_to(&opened, user)) else {
            return Err(StoreError::Stale { what: "link" });
        };
        if mailed_to_of(&opened).is_some() && !still.claims.email_verified {
            still.claims.email_verified = true;
            tx.update_user(&still, now)?;
        }
        // The user before the password, as sign-ins lock them.
        tx.sign_out_everywhere(org, id, now)?;
        tx.set_password(org, &hash)?;
        tx.clear_throttle(&ThrottleKey::account(id))?;
        tx.record(vec![event])
    });
    match written.await {
        Ok(()) => Ok(true),
        Err(StoreError::NotFound { .. } | StoreError::Stale { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
