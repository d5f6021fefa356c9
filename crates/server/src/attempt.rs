//! One attempt: everything that happens under one case code.
//!
//! It knows who is concerned as far as that is known, and writes the event log's lines. A refusal
//! is recorded here and nowhere else, so every one of them carries its reason and its facts.

use actix_web::HttpRequest;
use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::Client;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::grant::Terms;
use vestibule_protocol::ids::{ClientId, EventId, OrgId, Subject};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::user::User;

use crate::app::App;
use crate::flow::trial::is_marked;
use crate::random;
use crate::telemetry::metrics;

/// What is known of an attempt so far.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its name.
    pub case: CaseCode,
    /// The one moment that all its decisions use.
    pub now: Timestamp,
    org: OrgId,
    client: Option<ClientId>,
    subject: Option<Subject>,
    trial: bool,
    client_proved: bool,
}

impl Attempt {
    /// A new attempt, which begins now.
    pub fn begin(app: &App) -> Self {
        let case = CaseCode::from_random(random::bits());
        let now = app.clock.now();
        Self {
            case,
            now,
            org: OrgId::ROOT,
            client: None,
            subject: None,
            trial: false,
            client_proved: false,
        }
    }

    /// A new attempt that begins with this request, which may be one of our own trials.
    pub fn of(app: &App, http: &HttpRequest) -> Self {
        let attempt = Self::begin(app);
        Self { trial: is_marked(&app.digests, http, attempt.now), ..attempt }
    }

    /// It turns out to be a further step of the attempt `case`.
    pub fn continues(&mut self, case: CaseCode) {
        self.case = case;
    }

    /// The organization it takes place in, as far as is known.
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The client that it concerns, as far as is known.
    pub fn client(&self) -> Option<&ClientId> {
        self.client.as_ref()
    }

    /// Whether this is the client that it concerns.
    pub fn is_of(&self, client: &ClientId) -> bool {
        self.client.as_ref() == Some(client)
    }

    /// The client is known.
    pub fn concerns_client(&mut self, client: &Client) {
        self.org = client.org;
        self.client = Some(client.client_id.clone());
    }

    /// The client has proved with its secret that it is the one.
    pub fn is_proved_by_client(&mut self) {
        self.client_proved = true;
    }

    /// Whether nobody stands behind it yet: no client that has proved itself, and no user who has a
    /// session or a token.
    pub fn is_a_strangers(&self) -> bool {
        !self.client_proved && self.subject.is_none()
    }

    /// The user is known.
    pub fn concerns_user(&mut self, user: &User) {
        self.subject = Some(user.subject.clone());
    }

    /// It is an administrator's trial of a client: its lines say so.
    pub fn belongs_to_a_trial(&mut self) {
        self.trial = true;
    }

    /// It turns out to grow out of what this user approved under the case `case`.
    pub fn continues_approval(&mut self, case: CaseCode, terms: &Terms, user: &User) {
        self.continues(case);
        self.concerns_user(user);
        if terms.trial {
            self.belongs_to_a_trial();
        }
    }

    /// A line that says what was done.
    pub fn done(&self, app: &App, kind: &str, facts: serde_json::Value) -> Event {
        self.event(app, kind, EventOutcome::Success, None, facts)
    }

    /// A line that says what was refused and why.
    pub fn refused(&self, app: &App, kind: &str, reason: &Reason) -> Event {
        let outcome = match reason {
            Reason::StoreUnavailable { .. }
            | Reason::Overloaded { .. }
            | Reason::ServerFault { .. } => EventOutcome::Failed,
            _ => EventOutcome::Refused,
        };
        self.event(app, kind, outcome, Some(reason.word()), reason.recorded())
    }

    /// A line that says what was refused, for a reason that is no [`Reason`] of the protocol.
    pub fn refused_because(
        &self,
        app: &App,
        kind: &str,
        why: &str,
        facts: serde_json::Value,
    ) -> Event {
        self.event(app, kind, EventOutcome::Refused, Some(why.to_owned()), facts)
    }

    fn event(
        &self,
        app: &App,
        kind: &str,
        outcome: EventOutcome,
        reason: Option<String>,
        facts: serde_json::Value,
    ) -> Event {
        match outcome {
            // Counted when it is written: it may be overtaken yet, or fail.
            EventOutcome::Success => {}
            EventOutcome::Refused => metrics::auth_event(kind, "refused", reason.as_deref()),
            EventOutcome::Failed => metrics::auth_event(kind, "failed", reason.as_deref()),
        }
        Event {
            id: EventId(app.ids.next(self.now)),
            org: self.org,
            at: self.now,
            kind: kind.to_owned(),
            outcome,
            case_code: Some(self.case),
            client: self.client.clone(),
            subject: self.subject.clone(),
            reason,
            facts: if self.trial { marked(facts) } else { facts },
        }
    }
}

/// The facts of a trial: whoever counts sign-ins leaves them out.
fn marked(mut facts: serde_json::Value) -> serde_json::Value {
    if facts.is_null() {
        facts = serde_json::json!({});
    }
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("trial".to_owned(), true.into());
    }
    facts
}
