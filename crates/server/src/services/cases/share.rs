//! The link by which a vendor reads its own case: one case, one client, for some days.
//!
//! Opening it spends nothing. Whoever holds it sees what the vendor's developer needs, and of the
//! user nothing but `sub`.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{ClientId, EventId, LinkId};
use vestibule_store::links::Link;

use super::{CaseFile, Reader, file, find};
use crate::core::Core;
use crate::services::links::{self, NewLink, Wanted};
use crate::services::{About, Act, ServiceFault};

/// What such a link is good for.
pub const PURPOSE: &str = "case-share";
/// How long it is good, unless something else is asked for.
pub const USUALLY: Duration = Duration::from_secs(7 * 86_400);
/// How long it is good at most.
pub const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// A link that somebody may read the case by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Its id, for taking it back.
    #[serde(serialize_with = "as_text")]
    pub id: LinkId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

fn as_text<S: serde::Serializer>(id: &LinkId, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&id.0)
}

/// A case as its vendor reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedCase {
    /// The case.
    #[serde(flatten)]
    pub file: CaseFile,
    /// When the link ends.
    pub expires_at: Timestamp,
}

/// Makes a link to a case for the vendor of its client.
pub async fn share(act: Act<'_>, code: &str, lifetime: Duration) -> Result<NewLink, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    act.require(Permission::EventsRead)?;
    if lifetime.is_zero() || lifetime > LONGEST {
        let problem = "a link is good for at most 30 days; write 7d, or another span";
        return Err(ServiceFault::invalid("for", problem));
    }
    let (code, events) = find(act, code).await?;
    let client = only_client(&events).ok_or_else(|| {
        let problem =
            format!("no client is known in {code}, so there is no vendor to share it with");
        ServiceFault::Conflict(problem)
    })?;
    let near = file::anchor(&events).map(|id| id.0.to_string());
    let data = json!({ "case": code, "client": client, "near": near });
    let wanted = Wanted { purpose: PURPOSE, path: "/case", user: None, data, lifetime };
    let (link, made) = links::draw(act, wanted);
    let after = json!({ "case": code, "expires_at": made.expires_at.as_seconds() });
    let event = act.event("case.shared", About::Client(client), Value::Null, after);
    act.core
        .store
        .write(move |tx| {
            tx.insert_link(&link)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(made)
}

/// The client that a case is about: the first that was named in it.
fn only_client(events: &[Event]) -> Option<ClientId> {
    events.iter().find_map(|event| event.client.clone())
}

/// Takes a link back.
pub async fn revoke(act: Act<'_>, code: &str, id: LinkId) -> Result<(), ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let code: CaseCode =
        code.parse().map_err(|fault| ServiceFault::invalid("case", format!("{fault}")))?;
    let link = live(act, code).await?.into_iter().find(|link| link.id == id);
    let link = link.ok_or_else(|| ServiceFault::NotFound {
        what: "shared link",
        name: id.0.to_string(),
        hint: "look it up in the case file",
    })?;
    let client = client_of(&link).map_or(About::Installation, About::Client);
    let event = act.event("case.share_revoked", client, json!({ "case": code }), Value::Null);
    let now = act.now;
    act.core
        .store
        .write(move |tx| {
            tx.consume_link(id, PURPOSE, now)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(())
}

/// The links that lead to a case.
pub(super) async fn of_case(act: Act<'_>, code: CaseCode) -> Result<Vec<Share>, ServiceFault> {
    let live = live(act, code).await?.into_iter();
    Ok(live
        .map(|link| Share { id: link.id, created_at: link.created_at, expires_at: link.expires_at })
        .collect())
}

async fn live(act: Act<'_>, code: CaseCode) -> Result<Vec<Link>, ServiceFault> {
    let mut links = act.core.store.links(act.org, &[PURPOSE], act.now).await?;
    links.retain(|link| link.used_at.is_none() && case_of(link) == Some(code));
    Ok(links)
}

/// The case behind a link; `None` when the link is none of ours, was taken back, or has ended.
pub async fn shared(
    core: &Core,
    token: &str,
    now: Timestamp,
) -> Result<Option<SharedCase>, ServiceFault> {
    let Some(link) = links::open(core, token, PURPOSE, now).await? else { return Ok(None) };
    let (Some(code), Some(client)) = (case_of(&link), client_of(&link)) else { return Ok(None) };
    let near = link.data.get("near").and_then(Value::as_str);
    let near = near.and_then(|id| id.parse().ok()).map(EventId);
    let mut events = core.store.case_events(link.org, code, near).await?;
    events.retain(|event| event.client.as_ref() == Some(&client) || is_sign_in(event));
    if !events.iter().any(|event| event.client.as_ref() == Some(&client)) {
        return Ok(None);
    }
    let mut file = file::of(code, &events, Reader::Vendor)?;
    let known = core.store.client_by_client_id(client).await?;
    if let Some(of_case) = &mut file.client {
        of_case.name = known.map(|known| known.name);
    }
    Ok(Some(SharedCase { file, expires_at: link.expires_at }))
}

/// The user's own steps belong to the attempt; they name no client, or this one.
fn is_sign_in(event: &Event) -> bool {
    event.client.is_none() && event.kind.starts_with("session.")
}

fn case_of(link: &Link) -> Option<CaseCode> {
    link.data.get("case").and_then(Value::as_str)?.parse().ok()
}

fn client_of(link: &Link) -> Option<ClientId> {
    link.data.get("client").and_then(Value::as_str).map(|id| ClientId(id.to_owned()))
}
