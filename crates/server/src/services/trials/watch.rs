//! Waiting for the vendor: the next real attempt of a client, graded from the event log.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::refusal::catalogue;
use vestibule_store::events::EventQuery;

use crate::relying_party::report::Outcome;
use crate::services::{Act, ServiceFault, clients};

/// The longest that one waits.
const LONGEST: Duration = Duration::from_secs(86_400);
/// Most events that are looked at.
const MOST: u32 = 500;

/// What is waited for, in the order of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The browser came to the authorization endpoint.
    Authorize,
    /// Redirect URI.
    RedirectUri,
    /// The user signed in.
    SignIn,
    /// The user agreed.
    Consent,
    /// The client proved who it is.
    ClientAuthentication,
    /// The code was redeemed.
    Code,
    /// Userinfo was read.
    Userinfo,
    /// Tokens were refreshed.
    Refresh,
    /// The user signed out.
    Logout,
}

impl Milestone {
    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Authorize => "Arrival from the vendor",
            Self::RedirectUri => "Redirect URI",
            Self::SignIn => "Sign-in",
            Self::Consent => "Consent",
            Self::ClientAuthentication => "Client authentication",
            Self::Code => "Code exchange",
            Self::Userinfo => "Userinfo",
            Self::Refresh => "Refresh",
            Self::Logout => "Sign-out",
        }
    }

    /// Whether a sign-in is whole without it.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Userinfo | Self::Refresh | Self::Logout)
    }
}

/// A line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AttemptLine")]
pub struct Line {
    /// Of what.
    pub milestone: Milestone,
    /// How it went.
    pub outcome: Outcome,
    /// What came, what was expected, how to mend it; empty while nothing is known.
    pub text: String,
    /// The attempt whose case file says more, when it went wrong.
    pub case: Option<String>,
}

/// What the vendor's attempt has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// Since when attempts count.
    pub since: Timestamp,
    /// The attempt that is graded; none came yet.
    pub case: Option<String>,
    /// The checklist.
    pub lines: Vec<Line>,
}

impl Watched {
    /// Whether all that a sign-in needs has passed.
    pub fn is_whole(&self) -> bool {
        let needed = self.lines.iter().filter(|line| !line.milestone.is_optional());
        needed.into_iter().all(|line| line.outcome == Outcome::Passed)
    }

    /// Whether something failed.
    pub fn has_failed(&self) -> bool {
        self.lines.iter().any(|line| line.outcome == Outcome::Failed)
    }
}

/// Grades the newest attempt of the client since a moment. Administrators' own trials are none.
pub async fn watch(
    act: Act<'_>,
    client_id: &str,
    since: Timestamp,
) -> Result<Watched, ServiceFault> {
    let client = clients::find(act, client_id).await?;
    let since = since.max(act.now.minus(LONGEST)).min(act.now);
    let query = EventQuery {
        since: Some(since),
        client: Some(client.client_id.clone()),
        limit: MOST,
        ..EventQuery::default()
    };
    let events = act.core.store.events(act.org, query).await?;
    Ok(grade(&events, since))
}

/// Grades what stands in the event log.
pub fn grade(events: &[Event], since: Timestamp) -> Watched {
    let real: Vec<&Event> = events.iter().filter(|event| !is_trial(event)).collect();
    let is_arrival = |event: &&&Event| event.kind.starts_with("authorize.");
    let case = real.iter().rev().find(is_arrival).and_then(|event| event.case_code);
    let began = real.iter().find(|event| event.case_code == case).map(|event| event.at);
    let attempt = Attempt { events: real, case, began };
    let lines = vec![
        attempt.arrived(),
        attempt.redirect_uri(),
        attempt.sign_in(),
        attempt.consent(),
        attempt.client_authentication(),
        attempt.code(),
        attempt.of_kind(Milestone::Userinfo, "userinfo"),
        attempt.refresh(),
        attempt.of_kind(Milestone::Logout, "session.ended"),
    ];
    Watched { since, case: case.map(|case| case.to_string()), lines }
}

fn is_trial(event: &Event) -> bool {
    event.facts.get("trial") == Some(&Value::Bool(true))
}

/// The attempt's events, and those that lie beside it: a failed client authentication does not know
/// which attempt it belongs to.
struct Attempt<'a> {
    events: Vec<&'a Event>,
    case: Option<CaseCode>,
    began: Option<Timestamp>,
}

impl<'a> Attempt<'a> {
    fn own(&self) -> impl Iterator<Item = &'a Event> {
        let case = self.case;
        self.events.iter().copied().filter(move |event| case.is_some() && event.case_code == case)
    }

    fn last(&self, kind: &str, outcome: EventOutcome) -> Option<&'a Event> {
        self.own().filter(|event| event.kind == kind && event.outcome == outcome).last()
    }

    fn done(&self, kind: &str) -> Option<&'a Event> {
        self.last(kind, EventOutcome::Success)
    }

    fn refused(&self, kind: &str) -> Option<&'a Event> {
        self.own()
            .filter(|event| event.kind == kind && event.outcome != EventOutcome::Success)
            .last()
    }

    /// A refusal that could only be shown, for another reason than the redirect URI.
    fn arrived(&self) -> Line {
        let shown = self.refused("authorize.shown").filter(|event| !is_redirect_uri(event));
        match (self.own().next(), shown) {
            (_, Some(refused)) => failed(Milestone::Authorize, refused),
            (Some(_), None) => passed(Milestone::Authorize),
            (None, None) => unknown(Milestone::Authorize),
        }
    }

    fn redirect_uri(&self) -> Line {
        match self.refused("authorize.shown") {
            Some(refused) if is_redirect_uri(refused) => failed(Milestone::RedirectUri, refused),
            Some(_) => unknown(Milestone::RedirectUri),
            None if self.case.is_some() => passed(Milestone::RedirectUri),
            None => unknown(Milestone::RedirectUri),
        }
    }

    fn sign_in(&self) -> Line {
        let milestone = Milestone::SignIn;
        if self.done("session.started").or(self.done("authorize.approved")).is_some() {
            return passed(milestone);
        }
        match self.refused("session.refused").or(self.refused("authorize.refused")) {
            Some(refused) => failed(milestone, refused),
            None => unknown(milestone),
        }
    }

    fn consent(&self) -> Line {
        let milestone = Milestone::Consent;
        match (self.done("authorize.approved"), self.refused("authorize.refused")) {
            (Some(_), _) => passed(milestone),
            (None, Some(refused)) => failed(milestone, refused),
            (None, None) => unknown(milestone),
        }
    }

    fn token(&self) -> Option<&'a Event> {
        let grant = |event: &&Event| grant_is(event, "authorization_code");
        self.own().filter(|event| event.kind == "token.issued").find(grant)
    }

    /// What the token endpoint refused since the attempt began, whichever attempt it stands under.
    fn token_refusal(&self) -> Option<&'a Event> {
        let began = self.began?;
        let mut events = self.events.iter().copied();
        events.rfind(|event| event.kind == "token.refused" && event.at >= began)
    }

    fn client_authentication(&self) -> Line {
        let milestone = Milestone::ClientAuthentication;
        match (self.token(), self.token_refusal()) {
            (Some(_), _) => passed(milestone),
            (None, Some(refused)) if is_client_authentication(refused) => {
                failed(milestone, refused)
            }
            // Whatever was refused then, the client had been let in.
            (None, Some(_)) => passed(milestone),
            (None, None) => unknown(milestone),
        }
    }

    fn code(&self) -> Line {
        let milestone = Milestone::Code;
        match (self.token(), self.token_refusal()) {
            (Some(_), _) => passed(milestone),
            (None, Some(refused)) if !is_client_authentication(refused) => {
                failed(milestone, refused)
            }
            _ => unknown(milestone),
        }
    }

    fn refresh(&self) -> Line {
        let refreshed = self
            .own()
            .any(|event| event.kind == "token.issued" && grant_is(event, "refresh_token"));
        let refused = self.token_refusal().filter(|_| self.token().is_some());
        match (refreshed, refused) {
            (true, _) => passed(Milestone::Refresh),
            (false, Some(refused)) if !is_client_authentication(refused) => {
                failed(Milestone::Refresh, refused)
            }
            _ => unknown(Milestone::Refresh),
        }
    }

    fn of_kind(&self, milestone: Milestone, kind: &str) -> Line {
        match self.own().filter(|event| event.kind.starts_with(kind)).last() {
            Some(event) if event.outcome == EventOutcome::Success => passed(milestone),
            Some(event) => failed(milestone, event),
            None => unknown(milestone),
        }
    }
}

fn is_redirect_uri(event: &Event) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    reason.starts_with("redirect_uri_")
}

/// Reasons of the token endpoint that stand before any grant is looked at.
fn is_client_authentication(event: &Event) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    let kinds =
        ["auth_", "client_auth_", "secret_", "basic_", "authorization_scheme", "credentials_"];
    kinds.iter().any(|kind| reason.starts_with(kind))
        || matches!(
            reason,
            "several_auth_methods" | "client_id_contradiction" | "client_assertion_unsupported"
        )
}

fn grant_is(event: &Event, grant_type: &str) -> bool {
    event.facts.get("grant_type").is_some_and(|value| value == grant_type)
}

fn passed(milestone: Milestone) -> Line {
    Line { milestone, outcome: Outcome::Passed, text: String::new(), case: None }
}

fn unknown(milestone: Milestone) -> Line {
    Line { milestone, outcome: Outcome::NotReached, text: String::new(), case: None }
}

fn failed(milestone: Milestone, event: &Event) -> Line {
    let reason = event.reason.as_deref().unwrap_or("unknown");
    let mut text = explained(reason);
    // What is nested is aligned and explained in the case file.
    for (name, value) in event.facts.as_object().into_iter().flatten() {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        text.push_str(&format!(" {name}: {shown}."));
    }
    let case = event.case_code.map(|case| case.to_string());
    Line { milestone, outcome: Outcome::Failed, text, case }
}

/// The reason as the catalogue explains it; reasons of a sign-in are no refusals of the protocol.
fn explained(reason: &str) -> String {
    match catalogue::by_word(reason) {
        Some(entry) => format!("{} {}", entry.code, entry.admin),
        None => format!("Refused: {}.", reason.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests;
