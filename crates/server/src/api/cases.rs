//! Case files: all that happened in one attempt, why it went wrong, and who can mend it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::event::EventOutcome;
use vestibule_protocol::ids::LinkId;

use super::clients::ClientDocument;
use super::documents::Moment;
use super::handover::MadeLink;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::cases::{self, CaseFile, Step, share};

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/cases/{case}",
        "readCase",
        "Reads the case file of an attempt, by its case code.",
        |call| Box::pin(read(call)),
    )
    .needs(P::EventsRead)
    .gives::<CaseDocument>(),
    Route::post(
        "/cases/{case}/adopt",
        "adoptRedirectUri",
        "Registers exactly the redirect URI for which the case was refused. The body repeats it: so whoever asks has looked at it.",
        |call| Box::pin(adopt(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<Adoption>(r#"{"redirect_uri": "https://portal.clinic.example/cb/"}"#)
    .gives::<ClientDocument>(),
    Route::post(
        "/cases/{case}/links",
        "shareCase",
        "Makes a link by which the vendor of the client reads the case until it ends.",
        |call| Box::pin(share_case(call)),
    )
    .needs(P::ClientsWrite)
    .takes::<CaseShare>(r#"{"lifetime_seconds": 604800}"#)
    .makes::<MadeLink>(),
    Route::delete(
        "/cases/{case}/links/{link_id}",
        "revokeCaseLink",
        "Takes a link to a case back.",
        |call| Box::pin(revoke(call)),
    )
    .needs(P::ClientsWrite),
];

/// A case file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Case")]
struct CaseDocument {
    /// The case code.
    code: String,
    /// When it began.
    began_at: Moment,
    /// When its last step was.
    ended_at: Moment,
    /// The client concerned.
    client_id: Option<String>,
    /// The user concerned.
    subject: Option<String>,
    /// How it ended, in a few words.
    verdict: &'static str,
    /// Whether it went wrong.
    wrong: bool,
    /// Why, who can mend it and how; with the compared URIs where those were it.
    cause: Value,
    /// What happened, in its order.
    steps: Vec<StepDocument>,
    /// The links by which it can be read.
    links: Vec<CaseLink>,
}

/// One thing that happened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CaseStep")]
struct StepDocument {
    /// The number of the event.
    event: String,
    /// When.
    at: Moment,
    /// The kind of the event.
    kind: String,
    /// What happened, in a sentence.
    title: String,
    /// How it went.
    outcome: EventOutcome,
    /// Why it was refused, as a stable word.
    reason: Option<String>,
    /// The code of that reason in the catalogue of errors.
    code: Option<&'static str>,
    /// What was compared, or done.
    facts: Value,
}

/// A link to a case.
#[derive(Serialize, JsonSchema)]
struct CaseLink {
    /// Its number.
    id: String,
    /// When it was made.
    created_at: Moment,
    /// When it ends.
    expires_at: Moment,
}

/// The redirect URI that is to be registered.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Adoption {
    /// As the case has it in `cause.uri.received`, character for character.
    redirect_uri: String,
}

/// A link to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CaseShare {
    /// For how long it can be opened.
    #[schemars(range(min = 1, max = 2_592_000))]
    lifetime_seconds: u32,
}

impl CaseDocument {
    fn of(file: &CaseFile) -> Self {
        Self {
            code: file.code.to_string(),
            began_at: Moment(file.began_at),
            ended_at: Moment(file.ended_at),
            client_id: file.client.as_ref().map(|client| client.client_id.0.clone()),
            subject: file.user.as_ref().map(|user| user.subject.0.clone()),
            verdict: file.verdict.words(),
            wrong: file.verdict.is_wrong(),
            cause: serde_json::to_value(&file.cause).unwrap_or_default(),
            steps: file.steps.iter().map(StepDocument::of).collect(),
            links: file.shares.iter().map(CaseLink::of).collect(),
        }
    }
}

impl StepDocument {
    fn of(step: &Step) -> Self {
        Self {
            event: step.id.0.to_string(),
            at: Moment(step.at),
            kind: step.kind.clone(),
            title: step.title.clone(),
            outcome: step.outcome,
            reason: step.reason.clone(),
            code: step.catalogue,
            facts: serde_json::to_value(&step.facts).unwrap_or_default(),
        }
    }
}

impl CaseLink {
    fn of(share: &share::Share) -> Self {
        Self {
            id: share.id.0.to_string(),
            created_at: Moment(share.created_at),
            expires_at: Moment(share.expires_at),
        }
    }
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::json(&CaseDocument::of(&cases::file(call.act, call.path("case")).await?))
}

async fn adopt(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: Adoption = call.input().document()?;
    let expected = Some(wanted.redirect_uri.as_str());
    let client = cases::adopt_redirect_uri(call.act, call.path("case"), expected).await?;
    Reply::one(&ClientDocument::of(&client))
}

async fn share_case(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: CaseShare = call.input().document()?;
    let lifetime = Duration::from_secs(wanted.lifetime_seconds.into());
    let link = share::share(call.act, call.path("case"), lifetime).await?;
    let mut reply = Reply::json(&MadeLink::of(link))?;
    reply.status = 201;
    Ok(reply)
}

async fn revoke(call: Call<'_>) -> Result<Reply, Problem> {
    let id = LinkId(call.id("link_id", "shared link")?);
    share::revoke(call.act, call.path("case"), id).await?;
    Ok(Reply::done())
}
