//! The event log: searching it, and taking it away as JSON Lines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::EventId;
use vestibule_store::Page;
use vestibule_store::events::EventQuery as Query;

use super::documents::{Moment, PageOf};
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::services::events::{self, EventFilter as Filter, MAX_LINES, Names};

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/events",
        "listEvents",
        "Searches the event log, oldest first.",
        |call| Box::pin(list(call)),
    )
    .needs(P::EventsRead)
    .query::<EventsWanted>()
    .gives::<PageOf<EventDocument>>(),
    Route::get(
        "/events/export",
        "exportEvents",
        "Searches the event log and answers with one line of JSON an event; the header Link leads on.",
        |call| Box::pin(export(call)),
    )
    .needs(P::EventsRead)
    .query::<EventsWanted>()
    .gives::<EventDocument>()
    .lines(),
];

/// Which events are wanted.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "EventQuery")]
#[serde(deny_unknown_fields)]
struct EventsWanted {
    /// Only those since then: `24h` (that long ago), `2026-11-21`, or a moment.
    since: Option<String>,
    /// Only those until then, written alike.
    until: Option<String>,
    /// Only those of this kind, such as `token.refused`, or family, such as `token`.
    kind: Option<String>,
    /// Only those that went so: `success` or `wrong`.
    outcome: Option<String>,
    /// Only those that were refused for this reason, such as `redirect_uri_mismatch`.
    reason: Option<String>,
    /// Only those of this attempt, by its case code.
    case: Option<String>,
    /// Only those that concern this client_id.
    client: Option<String>,
    /// Only those that concern the user of this subject: of the organization's own users also what they
    /// did at clients of organizations above it.
    subject: Option<String>,
    /// How many at most.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A line of the event log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
struct EventDocument {
    /// Its number.
    id: String,
    /// When.
    at: Moment,
    /// What, as a dotted word.
    kind: String,
    /// How it went.
    outcome: EventOutcome,
    /// The attempt it belongs to.
    case: Option<String>,
    /// The client concerned.
    client: Option<String>,
    /// What it is called now.
    client_name: Option<String>,
    /// The user concerned.
    subject: Option<String>,
    /// Why it was refused, as a stable word.
    reason: Option<String>,
    /// The compared facts.
    facts: serde_json::Value,
}

impl EventDocument {
    fn of(event: &Event, names: &Names) -> Self {
        Self {
            id: event.id.0.to_string(),
            at: Moment(event.at),
            kind: event.kind.clone(),
            outcome: event.outcome,
            case: event.case_code.map(|case| case.to_string()),
            client: event.client.as_ref().map(|client| client.0.clone()),
            client_name: names.client(event).map(str::to_owned),
            subject: event.subject.as_ref().map(|subject| subject.0.clone()),
            reason: event.reason.clone(),
            facts: event.facts.clone(),
        }
    }
}

async fn found(call: Call<'_>) -> Result<Page<Event>, Problem> {
    let filter: EventsWanted = call.query()?;
    let page = call.page(filter.limit, filter.cursor.as_deref(), MAX_LINES)?;
    let wanted = Filter {
        client: filter.client.unwrap_or_default(),
        subject: filter.subject.unwrap_or_default(),
        kind: filter.kind.unwrap_or_default(),
        outcome: filter.outcome.unwrap_or_default(),
        reason: filter.reason.unwrap_or_default(),
        since: filter.since.unwrap_or_default(),
        until: filter.until.unwrap_or_default(),
        case: filter.case.unwrap_or_default(),
    };
    let after = Some(EventId(page.after));
    let query = Query { after, limit: page.limit, ..wanted.query(call.act.now)? };
    let items = events::search(call.act, query).await?;
    // A full page may be the last one; the next is empty then.
    let full = u32::try_from(items.len()).is_ok_and(|count| count == page.limit);
    let next = if full { items.last().map(|event| event.id.0) } else { None };
    Ok(Page { items, next })
}

async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let page = found(call).await?;
    let names = Names::of(call.act, &page.items).await?;
    call.paged(page, |event| EventDocument::of(event, &names))
}

async fn export(call: Call<'_>) -> Result<Reply, Problem> {
    let page = found(call).await?;
    let names = Names::of(call.act, &page.items).await?;
    let mut lines = String::new();
    for event in &page.items {
        lines.push_str(&Reply::json(&EventDocument::of(event, &names))?.body);
        lines.push('\n');
    }
    let mut reply = Reply::done();
    reply.status = 200;
    reply.body = lines;
    reply.lines = true;
    reply.next = page.next.map(|last| call.cursor(last));
    Ok(reply)
}
