//! Testing a client: the form, the report, and waiting for the vendor.

use askama::Template;

use super::field::{Choice, Field};
use super::frame::Frame;
use super::part::{Badge, Summary, Tone, moment};
use crate::flow::trial::client_route;
use crate::pages::views::Form;
use crate::relying_party::behaviour::{Behaviour, SentAuth, SentResponseMode, UserinfoCall};
use crate::relying_party::report::{Hop, Outcome};
use crate::services::ServiceFault;
use crate::services::trials::watch::{Line, Watched};
use crate::services::trials::{Plan, Progress, Report, SecretUsed, Shown};

/// How a test is to be made, and the ones before.
#[derive(Template)]
#[template(path = "admin/trial.html")]
pub struct TrialForm {
    /// The frame.
    pub frame: Frame,
    /// What people call the client.
    pub name: String,
    /// What was wrong.
    pub summary: Summary,
    /// Why no test can be made of it, if so.
    pub refused: Option<String>,
    /// What is posted.
    pub form: Form,
    /// Which secret.
    pub secret: Vec<Field>,
    /// How the vendor behaves.
    pub behaviour: Vec<Field>,
    /// What is asked for.
    pub scope: String,
    /// The ones before.
    pub recent: Vec<Recent>,
    /// Where one waits for the vendor.
    pub wait: String,
}

/// A test before.
pub struct Recent {
    /// Its report.
    pub href: String,
    /// When it began.
    pub at: String,
    /// What came of it.
    pub badge: Badge,
}

/// What came of a test.
#[derive(Template)]
#[template(path = "admin/trial_report.html")]
pub struct TrialReport {
    /// The frame.
    pub frame: Frame,
    /// What people call the client.
    pub name: String,
    /// What came of it, in a line.
    pub heading: &'static str,
    /// The same in a word.
    pub badge: Badge,
    /// What else to know of it.
    pub remarks: Vec<String>,
    /// When it began.
    pub at: String,
    /// The attempt.
    pub case: Option<Case>,
    /// Every hop.
    pub hops: Vec<Hop>,
    /// Where another one begins.
    pub again: String,
}

/// An attempt's name, and where its file is.
pub struct Case {
    /// The case code.
    pub code: String,
    /// The case file.
    pub href: String,
}

/// How far the vendor's own attempt has come.
#[derive(Template)]
#[template(path = "admin/trial_wait.html")]
pub struct TrialWait {
    /// The frame.
    pub frame: Frame,
    /// What people call the client.
    pub name: String,
    /// What it has come to, in a line.
    pub heading: &'static str,
    /// Since when attempts count.
    pub since: String,
    /// The attempt.
    pub case: Option<Case>,
    /// The checklist.
    pub lines: Vec<Line>,
    /// Whether the page looks again by itself.
    pub looks: bool,
    /// The page that looks again.
    pub again: String,
    /// The page that does not.
    pub once: String,
    /// The page that counts from now on.
    pub anew: String,
}

impl TrialForm {
    /// The page of a client.
    pub fn of(frame: Frame, plan: &Plan, recent: &[Shown], fault: Option<&ServiceFault>) -> Self {
        let route = route(plan);
        let faults = match fault {
            Some(ServiceFault::Invalid(faults)) => faults.as_slice(),
            _ => &[],
        };
        let fill = |fields: Vec<Field>| -> Vec<Field> {
            fields.into_iter().map(|field| field.faults(faults)).collect()
        };
        let is_public = plan.client.settings.is_public();
        let secret = if is_public { Vec::new() } else { fill(secret_fields(faults.is_empty())) };
        let behaviour = fill(behaviour_fields(&plan.behaviour, is_public));
        let listed = |shown: &Shown| Recent {
            href: frame.path(&format!("{route}/test/{}", shown.trial.id.0)),
            at: moment(shown.trial.created_at),
            badge: progress_badge(&shown.progress),
        };
        Self {
            name: plan.client.name.clone(),
            summary: Summary::of(faults, secret.iter().chain(&behaviour)),
            refused: fault.filter(|_| faults.is_empty()).map(ToString::to_string),
            form: frame.form(&format!("{route}/test")),
            secret,
            behaviour,
            scope: plan.scope.join(" "),
            recent: recent.iter().map(listed).collect(),
            wait: frame.path(&format!("{route}/test/wait")),
            frame: below(frame, plan, None),
        }
    }
}

impl TrialReport {
    /// The page of a test.
    pub fn of(frame: Frame, plan: &Plan, shown: &Shown) -> Self {
        let again = frame.path(&format!("{}/test", route(plan)));
        let case = shown.trial.case_code.map(|code| Case::of(&frame, code.to_string()));
        let (heading, remarks, hops) = match &shown.progress {
            Progress::Waiting => (
                "The test has not come back yet",
                vec!["Go on in the tab where you sign in, or begin another test.".to_owned()],
                Vec::new(),
            ),
            Progress::Expired => (
                "The test ended before anybody came back",
                vec!["A test waits ten minutes for its sign-in. Begin another one.".to_owned()],
                Vec::new(),
            ),
            Progress::Interrupted => (
                "The answer came and was not looked at to the end",
                vec!["The server stopped meanwhile. Begin another test.".to_owned()],
                Vec::new(),
            ),
            Progress::Reported(report) => {
                (heading(report.outcome()), remarks(report), report.hops.clone())
            }
        };
        Self {
            name: plan.client.name.clone(),
            heading,
            badge: progress_badge(&shown.progress),
            remarks,
            at: moment(shown.trial.created_at),
            case,
            hops,
            again,
            frame: below(frame, plan, Some("Test")),
        }
    }
}

impl TrialWait {
    /// The page of a client.
    pub fn of(frame: Frame, plan: &Plan, watched: &Watched, looks: bool) -> Self {
        let page = frame.path(&format!("{}/test/wait", route(plan)));
        let again = format!("{page}?since={}", watched.since.as_seconds());
        let heading = match (watched.is_whole(), watched.has_failed(), &watched.case) {
            (true, _, _) => "The vendor's sign-in works",
            (false, true, _) => "The vendor's sign-in failed",
            (false, false, Some(_)) => "The vendor's sign-in is under way",
            (false, false, None) => "Waiting for the vendor",
        };
        Self {
            name: plan.client.name.clone(),
            heading,
            since: moment(watched.since),
            case: watched.case.clone().map(|code| Case::of(&frame, code)),
            lines: watched.lines.clone(),
            looks,
            once: format!("{again}&look=once"),
            again,
            anew: page,
            frame: below(frame, plan, Some("Test")),
        }
    }

    fn file(&self, case: &str) -> String {
        Case::of(&self.frame, case.to_owned()).href
    }
}

impl Case {
    fn of(frame: &Frame, code: String) -> Self {
        Self { href: frame.path(&format!("/admin/cases/{code}")), code }
    }
}

fn route(plan: &Plan) -> String {
    client_route(&plan.client.client_id)
}

fn below(frame: Frame, plan: &Plan, page: Option<&str>) -> Frame {
    let route = route(plan);
    let frame = frame.below(plan.client.name.clone(), &route);
    match page {
        Some(label) => frame.below(label, &format!("{route}/test")),
        None => frame,
    }
}

fn secret_fields(is_first: bool) -> Vec<Field> {
    let choices = vec![
        Choice::new("temporary", "Create one for this test")
            .hint("It is called \"test\", lives ten minutes at most and is revoked at the end."),
        Choice::new("given", "Use the vendor's secret")
            .hint("This shows that the secret the vendor was given works. It is kept sealed, and only until the answer came."),
    ];
    let chosen = if is_first { "temporary" } else { "given" };
    vec![
        Field::radio("secret_choice", "Which secret?", choices).value(chosen),
        Field::secret("secret", "The vendor's secret")
            .hint("Only for the second choice.")
            .optional(),
    ]
}

fn behaviour_fields(behaviour: &Behaviour, is_public: bool) -> Vec<Field> {
    let methods = match is_public {
        true => vec![Choice::new("none", "None (public client)")],
        false => vec![
            Choice::new("basic_raw", "HTTP Basic, as most libraries send it"),
            Choice::new("basic_form", "HTTP Basic, form-urlencoded first (RFC 6749)"),
            Choice::new("post", "In the form (client_secret_post)"),
        ],
    };
    let method = match behaviour.auth_method {
        SentAuth::BasicRaw => "basic_raw",
        SentAuth::BasicForm => "basic_form",
        SentAuth::Post => "post",
        SentAuth::None => "none",
    };
    let modes = vec![
        Choice::new("query", "In the query (the default)"),
        Choice::new("form_post", "In a form (form_post)"),
    ];
    let mode = match behaviour.response_mode {
        SentResponseMode::Query => "query",
        SentResponseMode::FormPost => "form_post",
    };
    let calls = vec![
        Choice::new("get", "By GET"),
        Choice::new("post", "By POST"),
        Choice::new("none", "Not at all: it reads the ID token"),
    ];
    let call = match behaviour.userinfo {
        UserinfoCall::Get => "get",
        UserinfoCall::Post => "post",
        UserinfoCall::None => "none",
    };
    vec![
        Field::select("auth_method", "How it proves who it is", methods).value(method),
        Field::tick("pkce", "It sends PKCE").ticked(behaviour.pkce),
        Field::tick("nonce", "It sends a nonce").ticked(behaviour.nonce),
        Field::tick("state", "It sends state").ticked(behaviour.state_length > 0),
        Field::tick("sends_scope_at_token", "It repeats scope in the token request")
            .ticked(behaviour.sends_scope_at_token),
        Field::select("response_mode", "How the answer travels", modes).value(mode),
        Field::select("userinfo", "How it calls userinfo", calls).value(call),
        Field::tick("introspects", "It checks access tokens by introspection")
            .ticked(behaviour.introspects),
    ]
}

fn heading(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failed | Outcome::NotReached => "The sign-in did not work",
        Outcome::Warned => "The sign-in works; look at the notes",
        Outcome::Passed => "The sign-in works",
    }
}

fn remarks(report: &Report) -> Vec<String> {
    let secret = match report.secret {
        SecretUsed::Temporary => "It was made with a secret of its own, which is revoked.",
        SecretUsed::Given => "It was made with the secret that was typed in.",
        SecretUsed::None => "The client is public: no secret was sent.",
    };
    let ended = "Its tokens are revoked, its session is over, and the consent was not kept.";
    vec![secret.to_owned(), ended.to_owned()]
}

fn outcome_badge(outcome: &Outcome) -> Badge {
    match outcome {
        Outcome::Passed => Badge::new("Passed", Tone::Good),
        Outcome::Warned => Badge::new("Passed, with notes", Tone::Warn),
        Outcome::Failed => Badge::new("Failed", Tone::Bad),
        Outcome::NotReached => Badge::new("Not reached", Tone::Plain),
    }
}

fn progress_badge(progress: &Progress) -> Badge {
    match progress {
        Progress::Waiting => Badge::new("Waiting", Tone::Plain),
        Progress::Expired => Badge::new("Not finished", Tone::Plain),
        Progress::Interrupted => Badge::new("Interrupted", Tone::Warn),
        Progress::Reported(report) => outcome_badge(&report.outcome()),
    }
}

/// The class and the word of a line of a list; the colour never speaks alone.
fn marked(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Passed => ("good", "✓"),
        Outcome::Warned => ("warn", "Note:"),
        Outcome::Failed => ("bad", "Failed:"),
        Outcome::NotReached => ("quiet", "–"),
    }
}

#[cfg(test)]
mod samples;
