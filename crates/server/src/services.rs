//! What an administrator can do, once for every way of doing it: console, API, command line and
//! declarative files.
//!
//! | room | owns |
//! |---|---|
//! | [`claims`] | what a client would be told of a user |
//! | [`clients`] | registering, secrets, redirect URIs, switching off |
//! | [`brands`] | logos and colours of clients and organizations |
//! | [`users`] | adding, claims, switching off, unlocking |
//! | [`groups`] | groups of users and their members |
//! | [`organizations`] | organizations and those below them |
//! | [`import`], [`export`] | users from and to files |
//! | [`keys`] | listing, rotating and retiring signing keys |
//! | [`links`] | links that are handed to a person, and the first administrator |
//! | [`sheets`] | hand-over sheets, and the links to them and to secrets |
//! | [`admins`] | roles: who may do what, where |
//! | [`callers`] | who acts: an administrator, an API token, a client |
//! | [`tokens`] | tokens of the administration API |
//! | [`backups`] | everything, out of one snapshot |
//! | [`webhooks`] | telling other systems what happens |
//! | [`mail`] | how outgoing mail stands, and trying it |
//! | [`system`] | the configuration in force, and how much there is |
//! | [`trials`] | trying a client out, and waiting for its vendor |
//! | [`events`] | searching, following and taking out the event log |
//! | [`cases`] | everything about one attempt, why it failed, sharing it with its vendor |
//! | [`overview`] | what went wrong lately, and what ends soon |
//! | [`patch`] | documents that are read value by value, and merge patches |
//! | `services/texts.rs` | texts that somebody typed: what is a good name, how a bad one is shown |
//! | [`fault`] | why an act was not done, for exit codes and problem documents alike |
//!
//! Each act is one transaction, which also writes its line of the event log: who did what, and what
//! stood there before and after. Secrets are never in it.

pub mod admins;
pub mod backups;
pub mod brands;
pub mod callers;
pub mod cases;
pub mod claims;
pub mod clients;
pub mod events;
pub mod export;
pub mod fault;
pub mod groups;
pub mod import;
pub mod keys;
pub mod links;
pub mod mail;
pub mod organizations;
pub mod overview;
pub mod patch;
pub mod sheets;
pub mod system;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod texts;
pub mod tokens;
pub mod trials;
pub mod users;
pub mod webhooks;

use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{ClientId, EventId, OrgId, Subject};

pub use fault::{FaultKind, FieldFault, ServiceFault};

use crate::core::Core;

/// One administrative act: by whom, when, and in which organization.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// What it works with.
    pub core: &'a Core,
    /// The one moment that all of it uses.
    pub now: Timestamp,
    /// The organization it is done in.
    pub org: OrgId,
    /// Who does it, for the event log.
    pub by: &'a str,
    /// What they may do in that organization.
    pub rights: Rights,
}

impl<'a> Act<'a> {
    /// An act of the operator on the host that begins now: whoever can read the master key may do
    /// everything.
    pub fn begin(core: &'a Core, by: &'a str) -> Self {
        Self { core, now: core.clock.now(), org: OrgId::ROOT, by, rights: Rights::all() }
    }

    /// The same act, at the moment that it has come to. What is written long after its beginning is
    /// told under this one: those who follow the event log do not look back further than a minute.
    pub fn resumed(self) -> Self {
        Self { now: self.core.clock.now(), ..self }
    }

    /// Whether this is allowed; every act asks first.
    pub fn require(&self, permission: Permission) -> Result<(), ServiceFault> {
        match self.rights.allow(permission) {
            true => Ok(()),
            false => Err(ServiceFault::Forbidden { permission }),
        }
    }

    /// The line of the event log that describes it.
    pub fn event(&self, kind: &str, about: About, before: Value, after: Value) -> Event {
        let (client, subject) = match about {
            About::Client(client) => (Some(client), None),
            About::User(subject) => (None, Some(subject)),
            About::Installation => (None, None),
        };
        Event {
            id: EventId(self.core.ids.next(self.now)),
            org: self.org,
            at: self.now,
            kind: kind.to_owned(),
            outcome: EventOutcome::Success,
            case_code: None,
            client,
            subject,
            reason: None,
            facts: json!({ "by": self.by, "before": before, "after": after }),
        }
    }
}

/// Whom an act concerns.
#[derive(Clone, Debug)]
pub enum About {
    /// A client.
    Client(ClientId),
    /// A user.
    User(Subject),
    /// All of it.
    Installation,
}

/// What differs between two descriptions of one thing: only the members that changed.
pub(crate) fn difference(before: &Value, after: &Value) -> (Value, Value) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before.clone(), after.clone());
    };
    let (mut was, mut is) = (serde_json::Map::new(), serde_json::Map::new());
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        let (earlier, later) =
            (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
        if earlier != later {
            let (earlier, later) = difference(earlier, later);
            was.insert(name.clone(), earlier);
            is.insert(name.clone(), later);
        }
    }
    (Value::Object(was), Value::Object(is))
}
