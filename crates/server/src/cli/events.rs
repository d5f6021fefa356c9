//! `vestibule events`.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::EventId;
use vestibule_store::events::EventQuery;

use super::args::{self, EventSpan, EventsVerb, ExportFormat, OutcomeArg};
use super::console::{Console, harmless, moment, print, word};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::events::export::{self, Format};
use crate::services::events::{self, EventFilter, Names};
use crate::services::{Act, ServiceFault, users};

/// How often a follower looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(super) fn run(
    verb: &EventsVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            EventsVerb::Tail { lines, follow, filter } => {
                let query = query(act, filter, None, *lines).await?;
                let newest = events::search(act, query.clone()).await?;
                show(act, &newest, console).await?;
                if *follow {
                    watch(act, query, newest.last().map(|event| event.id), console).await?;
                }
            }
            EventsVerb::Search { filter, span, limit } => {
                let query = query(act, filter, Some(span), *limit).await?;
                show(act, &events::search(act, query).await?, console).await?;
            }
            EventsVerb::Export { filter, span, format } => {
                let format = match format {
                    ExportFormat::Jsonl => Format::JsonLines,
                    ExportFormat::Csv => Format::Csv,
                };
                let filter = wanted(act, filter, Some(span)).await?;
                export::write(act, &filter, format, async |chunk| {
                    print(&chunk);
                    true
                })
                .await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn query(
    act: Act<'_>,
    filter: &args::EventFilter,
    span: Option<&EventSpan>,
    limit: u32,
) -> Result<EventQuery, CliFault> {
    let query = wanted(act, filter, span).await?.query(act.now)?;
    Ok(EventQuery { limit, ..query })
}

async fn wanted(
    act: Act<'_>,
    filter: &args::EventFilter,
    span: Option<&EventSpan>,
) -> Result<EventFilter, CliFault> {
    let subject = match &filter.user {
        // Somebody who is gone is still in the log, by subject.
        Some(name) => match users::find(act, name).await {
            Ok(user) => user.subject.0,
            Err(ServiceFault::NotFound { .. }) => name.clone(),
            Err(fault) => return Err(fault.into()),
        },
        None => String::new(),
    };
    let outcome = match filter.outcome {
        Some(OutcomeArg::Success) => "success",
        Some(OutcomeArg::Wrong) => "wrong",
        None => "",
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(EventFilter {
        subject,
        client: text(&filter.client),
        kind: text(&filter.kind),
        outcome: outcome.to_owned(),
        reason: text(&filter.reason),
        since: span.and_then(|span| span.since.clone()).unwrap_or_default(),
        until: span.and_then(|span| span.until.clone()).unwrap_or_default(),
        case: text(&filter.case),
    })
}

/// Prints what happens until the process is ended. Each look goes back a little: ids are drawn
/// before their transactions commit, so a line may appear behind a later one.
async fn watch(
    act: Act<'_>,
    query: EventQuery,
    mut last: Option<EventId>,
    console: &Console,
) -> Result<(), CliFault> {
    let mut shown = std::collections::VecDeque::<EventId>::new();
    shown.extend(last);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let since = act.core.clock.now().minus(Duration::from_secs(5)).max(act.now);
        let look = EventQuery { since: Some(since), limit: events::MAX_LINES, ..query.clone() };
        let found = events::search(act, look).await?;
        let fresh: Vec<Event> = found
            .into_iter()
            .filter(|event| !shown.contains(&event.id) && Some(event.id) != last)
            .collect();
        show_lines(act, &fresh, console).await?;
        shown.extend(fresh.iter().map(|event| event.id));
        last = fresh.last().map(|event| event.id).or(last);
        while shown.len() > 10_000 {
            shown.pop_front();
        }
    }
}

async fn show(act: Act<'_>, found: &[Event], console: &Console) -> Result<(), CliFault> {
    if found.is_empty() && !console.json {
        console.note("No events match.");
    }
    show_lines(act, found, console).await
}

/// One line an event: JSON lines for programs.
async fn show_lines(act: Act<'_>, found: &[Event], console: &Console) -> Result<(), CliFault> {
    let names = Names::of(act, found).await?;
    for event in found {
        let text = match console.json {
            true => export::document(event, &names).to_string(),
            false => line(event, &names, console),
        };
        print(&format!("{text}\n"));
    }
    Ok(())
}

fn line(event: &Event, names: &Names, console: &Console) -> String {
    let mut text = format!(
        "{}  {}  {}",
        moment(event.at.as_seconds()),
        console.strong(&event.kind),
        word(&event.outcome)
    );
    if let Some(case) = event.case_code {
        text.push_str(&format!("  case {case}"));
    }
    if let Some(client) = &event.client {
        text.push_str(&format!("  client {client}"));
        if let Some(name) = names.client(event) {
            text.push_str(&format!(" ({name})"));
        }
    }
    if let Some(subject) = &event.subject {
        text.push_str(&format!("  user {subject}"));
    }
    if let Some(reason) = &event.reason {
        text.push_str(&format!("  {reason}"));
    }
    if let Value::Object(facts) = &event.facts {
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_null()) {
            text.push_str(&format!("\n    {name}: {}", harmless(&value.to_string())));
        }
    }
    text
}
