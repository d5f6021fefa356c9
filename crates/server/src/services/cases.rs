//! Case files: everything that happened in one attempt, why it failed, and how to mend it.
//!
//! | room | owns |
//! |---|---|
//! | [`file`](mod@file) | what a case file holds, and how its lines are found |
//! | [`story`] | lines of the event log in words |
//! | [`cause`] | why it went wrong: catalogue, hints, the redirect URI beside the registered one |
//! | [`share`] | the link by which a vendor reads its own case |

pub mod cause;
pub mod file;
pub mod share;
pub mod story;
#[cfg(test)]
pub(crate) mod tests;

pub use cause::{Cause, UriComparison};
pub use file::{CaseFile, Verdict};
pub use share::{Share, SharedCase};
pub use story::{Fact, Step};

use serde_json::Value;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::Client;
use vestibule_protocol::event::Event;

use super::{Act, ServiceFault, clients, texts};

/// Who reads a case file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// An admin.
    Admin,
    /// The developer of the client concerned.
    Vendor,
}

/// The case file of a code, typed as people type it.
pub async fn file(act: Act<'_>, code: &str) -> Result<CaseFile, ServiceFault> {
    act.require(Permission::EventsRead)?;
    let (code, events) = find(act, code).await?;
    file::admins(act, code, events).await
}

/// Registers exactly the redirect URI that the client of a case sent. It comes from what was
/// recorded, never from whoever asks; who asks without having been shown it says which one they
/// `expect`.
pub async fn adopt_redirect_uri(
    act: Act<'_>,
    code: &str,
    expect: Option<&str>,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    act.require(Permission::EventsRead)?;
    let (code, events) = find(act, code).await?;
    let refused = events.iter().rev().find_map(adoptable).ok_or_else(|| {
        let problem = format!("{code} was not refused for the redirect URI of a known client");
        ServiceFault::Conflict(problem)
    })?;
    if let Some(expected) = expect.filter(|expected| *expected != refused.uri) {
        let (came, expected) = (texts::cut(refused.uri), texts::cut(expected));
        let problem = format!("the case has {came}, not {expected}; look at it again");
        return Err(ServiceFault::invalid("redirect_uri", problem));
    }
    clients::add_uri(act, refused.client, refused.uri).await
}

/// A redirect URI that was refused.
pub(crate) struct RefusedUri<'a> {
    pub(crate) client: &'a str,
    pub(crate) uri: &'a str,
}

/// The redirect URI that a line says was refused to a known client.
pub(crate) fn adoptable(event: &Event) -> Option<RefusedUri<'_>> {
    if event.reason.as_deref() != Some("redirect_uri_mismatch") {
        return None;
    }
    let uri = event.facts.get("received").and_then(Value::as_str)?;
    Some(RefusedUri { client: &event.client.as_ref()?.0, uri })
}

async fn find(act: Act<'_>, code: &str) -> Result<(CaseCode, Vec<Event>), ServiceFault> {
    let parsed: CaseCode =
        code.parse().map_err(|fault| ServiceFault::invalid("case", format!("{fault}")))?;
    let events = act.core.store.case_events(act.org, parsed, None).await?;
    if events.is_empty() {
        return Err(ServiceFault::NotFound {
            what: "case",
            name: parsed.to_string(),
            hint: "attempts that went well are found for some days only; look among the events",
        });
    }
    Ok((parsed, events))
}
