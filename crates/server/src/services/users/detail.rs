//! Everything about one user.

use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::authorize::interaction::Consent;
use vestibule_protocol::client::Client;
use vestibule_protocol::event::Event;
use vestibule_protocol::grant::Grant;
use vestibule_protocol::session::Session;
use vestibule_protocol::user::User;
use vestibule_store::throttles::ThrottleKey;
use vestibule_store::users::Identifier;

use super::find;
use crate::services::{Act, ServiceFault, events};

/// How many lines of the event log are shown with a user.
const LINES: u32 = 20;

/// A user with all that belongs to it.
#[derive(Debug)]
pub struct Detail {
    /// The user.
    pub user: User,
    /// The names to sign in with.
    pub identifiers: Vec<Identifier>,
    /// When the password was set; `None` when there is none.
    pub password_set_at: Option<Timestamp>,
    /// Wrong passwords that are counted against the account.
    pub failures: u32,
    /// Until when no password is looked at, if it is so.
    pub blocked_until: Option<Timestamp>,
    /// The sessions that go on, newest first.
    pub sessions: Vec<Session>,
    /// What the user shares, and with which client; `None` when that was removed.
    pub consents: Vec<(Consent, Option<Client>)>,
    /// What clients hold at the moment.
    pub grants: Vec<Grant>,
    /// The last lines of the event log, newest first; empty for those who may not read it.
    pub events: Vec<Event>,
}

/// Everything about the user of this name.
pub async fn detail(act: Act<'_>, name: &str) -> Result<Detail, ServiceFault> {
    let user = find(act, name).await?;
    of(act, user).await
}

/// Everything about this user.
pub async fn of(act: Act<'_>, user: User) -> Result<Detail, ServiceFault> {
    act.require(Permission::UsersRead)?;
    let (store, org) = (&act.core.store, act.org);
    let password = store.password(org, user.id).await?;
    let counted = store.throttles(vec![ThrottleKey::account(user.id)]).await?;
    let throttle = counted.first();
    let mut sessions = store.sessions(org, user.id).await?;
    sessions.retain(|one| one.ended_at.is_none() && act.now < one.expires_at);
    sessions.reverse();
    let mut consents = Vec::new();
    for consent in store.consents(org, user.id).await? {
        let client = store.client_by_key(consent.client).await?;
        consents.push((consent, client));
    }
    let mut grants = store.grants(org, user.id).await?;
    grants.retain(|grant| grant.revoked_at.is_none());
    let events = match act.rights.allow(Permission::EventsRead) {
        true => store.events_about(org, user.subject.clone(), LINES).await?,
        false => Vec::new(),
    };
    let events = events.into_iter().map(|event| events::seen(act, event)).collect();
    Ok(Detail {
        identifiers: store.identifiers(org, user.id).await?,
        password_set_at: password.map(|password| password.updated_at),
        failures: throttle.map_or(0, |throttle| throttle.failures),
        blocked_until: throttle.map(|t| t.blocked_until).filter(|until| act.now < *until),
        sessions,
        consents,
        grants,
        events,
        user,
    })
}
