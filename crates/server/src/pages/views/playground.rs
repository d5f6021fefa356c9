//! The playground: a built-in relying party that shows every request and token.

use askama::Template;

use super::form::Form;
use super::shell::Shell;
use crate::relying_party::report::{Hop, HopKind, Outcome};

/// Where a trial begins. It posts `scope`, `prompt`, `login_hint` and `response_mode`.
#[derive(Template)]
#[template(path = "playground_start.html")]
pub struct PlaygroundStart {
    /// The frame.
    pub shell: Shell,
    /// Where it is posted to.
    pub form: Form,
    /// The issuer under trial.
    pub issuer: String,
    /// The demo client.
    pub client_id: String,
    /// Its redirect URI.
    pub redirect_uri: String,
    /// The scopes asked for unless changed.
    pub scope: String,
    /// Accounts to sign in with; none but on a development server.
    pub users: Vec<TestUser>,
}

/// A user of a development server, whose password is made to be shown.
#[derive(Clone)]
pub struct TestUser {
    /// The email address.
    pub email: String,
    /// The password.
    pub password: String,
    /// What is special about the user.
    pub note: String,
}

/// What came of a trial, step by step.
#[derive(Template)]
#[template(path = "playground_result.html")]
pub struct PlaygroundResult {
    /// The frame.
    pub shell: Shell,
    /// The path that begins again.
    pub again: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// A step of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// A stable word for it.
    pub id: &'static str,
    title: &'static str,
    /// How it went: what works and may surprise has passed.
    pub outcome: Outcome,
    /// What was checked or found, in a sentence.
    pub note: String,
    /// The message itself: a request, an answer, a decoded token.
    pub body: String,
}

/// The text that names a hop; none for those that the playground leaves to trials.
fn title(kind: HopKind) -> Option<&'static str> {
    match kind {
        HopKind::Discovery => Some("step-discovery"),
        HopKind::AuthorizationRequest => Some("step-authorization-request"),
        HopKind::AuthorizationResponse => Some("step-authorization-response"),
        HopKind::TokenRequest => Some("step-token-request"),
        HopKind::TokenResponse => Some("step-token-response"),
        HopKind::IdToken => Some("step-id-token"),
        HopKind::Userinfo => Some("step-userinfo"),
        HopKind::AccessToken
        | HopKind::Introspection
        | HopKind::Refresh
        | HopKind::Expectations => None,
    }
}

impl Step {
    /// A hop as the playground shows it, if it does.
    pub fn of(hop: &Hop) -> Option<Self> {
        let outcome = match hop.outcome() {
            Outcome::Warned => Outcome::Passed,
            outcome => outcome,
        };
        // What went wrong is said alone; what went well is a list.
        let told = hop
            .checks
            .iter()
            .filter(|check| check.outcome == Outcome::Failed || outcome == Outcome::Passed);
        let note = told.map(|check| check.text.as_str()).collect::<Vec<_>>().join(" ");
        let body = if hop.received.is_empty() { &hop.sent } else { &hop.received };
        Some(Self {
            id: hop.kind.word(),
            title: title(hop.kind)?,
            outcome,
            note,
            body: body.clone(),
        })
    }

    fn title(&self, shell: &Shell) -> String {
        shell.tr.t(self.title).into_owned()
    }

    fn outcome_text(&self, shell: &Shell) -> String {
        let key = match self.outcome {
            Outcome::Passed | Outcome::Warned => "outcome-passed",
            Outcome::Failed => "outcome-failed",
            Outcome::NotReached => "outcome-not-reached",
        };
        shell.tr.t(key).into_owned()
    }
}

impl PlaygroundStart {
    fn window_title(&self) -> String {
        self.shell.title(&self.shell.t("playground-title"), false)
    }
}

impl PlaygroundResult {
    fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.outcome == Outcome::Passed)
    }

    fn heading(&self) -> String {
        let key = if self.passed() { "playground-passed" } else { "playground-failed" };
        self.shell.tr.t(key).into_owned()
    }

    fn window_title(&self) -> String {
        self.shell.title(&self.heading(), !self.passed())
    }
}

#[cfg(test)]
impl PlaygroundStart {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let user = |email: &str, password: &str, note: &str| TestUser {
            email: email.to_owned(),
            password: password.to_owned(),
            note: note.to_owned(),
        };
        let page = |users| Self {
            shell: shell.clone(),
            form: Form::new("/playground", "c3JmLXRva2Vu"),
            issuer: "http://localhost:8080".to_owned(),
            client_id: "demo".to_owned(),
            redirect_uri: "http://localhost:8080/playground/callback".to_owned(),
            scope: "openid profile email".to_owned(),
            users,
        };
        vec![
            page(vec![
                user("ada@clinic.test", "correct-horse-battery", "all details"),
                user("locked@clinic.test", "tuning-fork-window", "locked"),
            ]),
            page(Vec::new()),
        ]
    }
}

#[cfg(test)]
impl PlaygroundResult {
    pub(crate) fn samples(shell: &Shell) -> Vec<Self> {
        let step = |kind: HopKind, outcome, note: &str, body: &str| Step {
            id: kind.word(),
            title: title(kind).unwrap_or_default(),
            outcome,
            note: note.to_owned(),
            body: body.to_owned(),
        };
        use {HopKind as K, Outcome as O};
        let begun = [
            step(
                K::AuthorizationRequest,
                O::Passed,
                "PKCE S256, state and nonce are set.",
                "GET /oauth/authorize?response_type=code&client_id=demo&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fplayground%2Fcallback&scope=openid+profile+email",
            ),
            step(
                K::AuthorizationResponse,
                O::Passed,
                "state and iss are right.",
                "code=…\nstate=…",
            ),
        ];
        let ended = [
            step(K::TokenRequest, O::Passed, "", "POST /oauth/token"),
            step(K::TokenResponse, O::Passed, "200", "{\n  \"token_type\": \"Bearer\"\n}"),
            step(
                K::IdToken,
                O::Passed,
                "Signature, iss, aud, exp, nonce.",
                "{\n  \"sub\": \"<x>\"\n}",
            ),
            step(
                K::Userinfo,
                O::Passed,
                "sub is the same.",
                "{\n  \"email\": \"ada@clinic.test\"\n}",
            ),
        ];
        let broken = [
            step(K::TokenRequest, O::Failed, "The server answered 400.", "invalid_grant"),
            step(K::TokenResponse, O::NotReached, "", ""),
        ];
        let page = |steps| Self { shell: shell.clone(), again: "/playground".to_owned(), steps };
        vec![page([&begun[..], &ended].concat()), page([&begun[..], &broken].concat())]
    }
}
