//! What a case file holds.

use serde::Serialize;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{ClientId, EventId, Subject};
use vestibule_protocol::user::User;

use super::cause::{self, Cause};
use super::story::{self, Step};
use super::{Reader, share};
use crate::services::{Act, ServiceFault};

/// Everything about one attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseFile {
    /// Its name.
    pub code: CaseCode,
    /// When its first line was written.
    pub began_at: Timestamp,
    /// When its last line was written.
    pub ended_at: Timestamp,
    /// The client concerned, when it is known.
    pub client: Option<CaseClient>,
    /// The user concerned, when it is known.
    pub user: Option<CaseUser>,
    /// How it came out.
    pub verdict: Verdict,
    /// Why it went wrong, if it did.
    pub cause: Option<Cause>,
    /// What happened, oldest first.
    pub steps: Vec<Step>,
    /// The links by which the vendor may read it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<share::Share>,
}

/// The client of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseClient {
    /// `client_id`.
    pub client_id: ClientId,
    /// Its name, if it still exists.
    pub name: Option<String>,
}

/// The user of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseUser {
    /// `sub`.
    pub subject: Subject,
    /// The name, for those who may see users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How an attempt came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The app has its tokens.
    Succeeded,
    /// It was refused.
    Refused,
    /// It failed on our side.
    Failed,
    /// The user was shown a page, and nothing came after.
    LeftByUser,
    /// The app got a code and never exchanged it.
    CodeNotExchanged,
    /// Something else was done, and nothing is wrong with it.
    Done,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "It went well: the app has its tokens.",
            Self::Refused => "It was refused.",
            Self::Failed => "It failed on this server.",
            Self::LeftByUser => {
                "The user was shown a page and nothing came after: closed, gone away, or still there."
            }
            Self::CodeNotExchanged => {
                "The user finished, and the app was sent a code, but never exchanged it: look at the app's callback and its log."
            }
            Self::Done => "Nothing went wrong.",
        }
    }

    fn of(events: &[Event]) -> Self {
        let Some(last) = events.last() else { return Self::Done };
        match (last.outcome, last.kind.as_str()) {
            (EventOutcome::Refused, _) => Self::Refused,
            (EventOutcome::Failed, _) => Self::Failed,
            (EventOutcome::Success, _) if events.iter().any(|e| e.kind == "token.issued") => {
                Self::Succeeded
            }
            (EventOutcome::Success, "authorize.approved") => Self::CodeNotExchanged,
            (EventOutcome::Success, "authorize.waiting" | "session.started") => Self::LeftByUser,
            (EventOutcome::Success, _) => Self::Done,
        }
    }

    /// Whether somebody should look at it.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Refused | Self::Failed | Self::CodeNotExchanged)
    }
}

/// The file as an admin reads it.
pub(super) async fn admins(
    act: Act<'_>,
    code: CaseCode,
    events: Vec<Event>,
) -> Result<CaseFile, ServiceFault> {
    let mut file = of(code, &events, Reader::Admin)?;
    let store = &act.core.store;
    if let Some(client) = &mut file.client {
        let known = store.client_by_client_id(client.client_id.clone()).await?;
        client.name = known.filter(|known| known.org == act.org).map(|known| known.name);
    }
    if let Some(user) = &mut file.user
        && act.rights.allow(Permission::UsersRead)
    {
        let known = store.user_by_subject(act.org, user.subject.clone()).await?;
        user.name = known.and_then(shown_name);
    }
    if let Some(uri) = file.cause.as_mut().and_then(|cause| cause.uri.as_mut())
        && act.rights.allow(Permission::ClientsRead)
    {
        let client = file.client.as_ref().map(|client| &client.client_id);
        uri.others = cause::others_with(act, &uri.received, client).await?;
    }
    file.shares = share::of_case(act, code).await?;
    Ok(file)
}

/// The file, from its lines alone.
pub(super) fn of(
    code: CaseCode,
    events: &[Event],
    reader: Reader,
) -> Result<CaseFile, ServiceFault> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Err(ServiceFault::NotFound {
            what: "case",
            name: code.to_string(),
            hint: "its lines are gone",
        });
    };
    let client = events.iter().find_map(|event| event.client.clone());
    let subject = events.iter().find_map(|event| event.subject.clone());
    Ok(CaseFile {
        code,
        began_at: first.at,
        ended_at: last.at,
        client: client.map(|client_id| CaseClient { client_id, name: None }),
        user: subject.map(|subject| CaseUser { subject, name: None }),
        verdict: Verdict::of(events),
        cause: cause_of(events, reader),
        steps: events.iter().map(|event| story::step(event, reader)).collect(),
        shares: Vec::new(),
    })
}

/// The last thing that went wrong, unless all went well after it.
fn cause_of(events: &[Event], reader: Reader) -> Option<Cause> {
    let settled = events.iter().rposition(|event| event.kind == "token.issued");
    let wrong = events.iter().rposition(|event| event.outcome != EventOutcome::Success)?;
    if settled.is_some_and(|settled| settled > wrong) {
        return None;
    }
    events.get(wrong).and_then(|event| cause::of(event, reader))
}

/// A line that is known to belong to the case, from which the others are found again.
pub(super) fn anchor(events: &[Event]) -> Option<EventId> {
    events.last().map(|event| event.id)
}

fn shown_name(user: User) -> Option<String> {
    let claims = user.claims;
    claims.name.or(claims.email).or(claims.preferred_username)
}
