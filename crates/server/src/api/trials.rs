//! Trying a client out, and waiting for its vendor.
//!
//! What needs no browser is tried at once. The sign-in itself needs one, and an administrator who is
//! signed in there: its answer goes to that session and to no other, so it begins in the console. What
//! came of it is read here.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::ids::TrialId;

use super::documents::{ListOf, Moment};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::flow::trial::client_route;
use crate::relying_party::behaviour::Behaviour;
use crate::relying_party::report::{Hop, Outcome, worst};
use crate::services::clients;
use crate::services::trials::probe::probe;
use crate::services::trials::watch::{self, Line, Watched};
use crate::services::trials::{self, Progress, Report, SecretChoice, SecretUsed, Shown};

pub(super) const ROUTES: &[Route] = &[
    Route::post(
        "/clients/{client_id}/tests",
        "testClient",
        "Tries what can be tried of a client without a browser, and tells where its sign-in is tried.",
        |call| Box::pin(test(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<TestWanted>("{}")
    .gives::<Tested>(),
    Route::get(
        "/clients/{client_id}/tests",
        "listTests",
        "Lists the latest sign-ins that were tried in the console as this client, newest first.",
        |call| Box::pin(list(call)),
    )
    .needs(P::ClientsWrite)
    .gives::<ListOf<TestDocument>>(),
    Route::get(
        "/clients/{client_id}/tests/{test_id}",
        "readTest",
        "Reads what came of a sign-in that was tried: every hop, with its checks and its messages.",
        |call| Box::pin(read(call)),
    )
    .needs(P::ClientsWrite)
    .gives::<TestDocument>(),
    Route::get(
        "/clients/{client_id}/attempt",
        "watchClient",
        "Grades the newest attempt of the client's vendor since a moment. Without one it begins to wait: the answer says since when.",
        |call| Box::pin(attempt(call)),
    )
    .needs(P::ClientsRead)
    .query::<AttemptQuery>()
    .gives::<AttemptDocument>(),
];

/// How a client is tried.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ClientTest")]
#[serde(deny_unknown_fields)]
struct TestWanted {
    /// The vendor's own secret, so that it is tried as well; one is made for the test if it is left
    /// out, and revoked at its end.
    secret: Option<String>,
}

/// What was tried without a browser.
#[derive(Serialize, JsonSchema)]
struct Tested {
    /// Whether nothing failed.
    ok: bool,
    /// What was tried.
    hops: Vec<Hop>,
    /// Where an administrator tries the sign-in itself.
    browser_url: String,
}

/// A sign-in that was tried.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Test")]
struct TestDocument {
    /// Its number.
    id: String,
    /// When it began.
    created_at: Moment,
    /// How far it has come.
    state: TestState,
    /// The worst that was found; null while nothing was.
    outcome: Option<Outcome>,
    /// Its case code, once the browser came.
    case: Option<String>,
    /// What came of it; null while nothing did.
    report: Option<TestReport>,
}

/// How far a test has come.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TestState {
    /// The browser has not come back yet.
    Waiting,
    /// Nobody came back in time.
    Expired,
    /// An answer came, and was not looked at to its end.
    Interrupted,
    /// It is over.
    Finished,
}

/// What came of a test.
#[derive(Serialize, JsonSchema)]
struct TestReport {
    /// How the stand-in for the vendor behaved.
    behaviour: Behaviour,
    /// What it asked for.
    scope: Vec<String>,
    /// With which secret.
    secret: SecretUsed,
    /// When it was over.
    finished_at: Moment,
    /// Every hop.
    hops: Vec<Hop>,
}

/// Since when attempts count.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AttemptQuery {
    /// `since` of the answer before; now, if it is left out. A day at most.
    since: Option<Moment>,
}

/// What the vendor's attempt has come to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
struct AttemptDocument {
    /// Since when attempts count: to be sent with the next request.
    since: Moment,
    /// The case code of the attempt that is graded; null while none came.
    case: Option<String>,
    /// Whether all that a sign-in needs has passed.
    whole: bool,
    /// Whether something failed.
    failed: bool,
    /// The checklist, in the order of a sign-in.
    lines: Vec<Line>,
}

impl TestDocument {
    fn of(shown: Shown) -> Self {
        let Shown { trial, progress } = shown;
        let (state, report) = match progress {
            Progress::Waiting => (TestState::Waiting, None),
            Progress::Expired => (TestState::Expired, None),
            Progress::Interrupted => (TestState::Interrupted, None),
            Progress::Reported(report) => (TestState::Finished, Some(report)),
        };
        Self {
            id: trial.id.0.to_string(),
            created_at: Moment(trial.created_at),
            state,
            outcome: report.as_ref().map(|report| report.outcome()),
            case: trial.case_code.map(|case| case.to_string()),
            report: report.map(|report| TestReport::of(*report)),
        }
    }
}

impl TestReport {
    fn of(report: Report) -> Self {
        let Report { behaviour, scope, secret, finished_at, hops } = report;
        Self { behaviour, scope, secret, finished_at: Moment(finished_at), hops }
    }
}

impl AttemptDocument {
    fn of(watched: Watched) -> Self {
        Self {
            whole: watched.is_whole(),
            failed: watched.has_failed(),
            since: Moment(watched.since),
            case: watched.case,
            lines: watched.lines,
        }
    }
}

async fn test(call: Call<'_>) -> Result<Reply, Problem> {
    let TestWanted { secret } = call.input().document()?;
    let client = clients::find(call.act, call.path("client_id")).await?;
    let secret = secret.map(SecretString::from);
    let secret = secret.map_or(SecretChoice::Temporary, SecretChoice::Given);
    let hops = probe(call.act, &client.client_id.0, secret).await?;
    let route = client_route(&client.client_id);
    let browser_url = call.act.core.config.issuer.url(&format!("{route}/test"));
    Reply::json(&Tested { ok: worst(&hops) < Outcome::Failed, hops, browser_url })
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let found = trials::recent(call.act, call.path("client_id")).await?;
    Reply::json(&ListOf { items: found.into_iter().map(TestDocument::of).collect() })
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    let id = TrialId(call.id("test_id", "test of this client")?);
    let shown = trials::report(call.act, call.path("client_id"), id).await?;
    Reply::json(&TestDocument::of(shown))
}

async fn attempt(call: Call<'_>) -> Result<Reply, Problem> {
    let AttemptQuery { since } = call.query()?;
    let since = since.map_or(call.act.now, |since| since.0);
    let watched = watch::watch(call.act, call.path("client_id"), since).await?;
    Reply::json(&AttemptDocument::of(watched))
}
