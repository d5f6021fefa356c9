//! The event log: searching, following, taking out.

pub mod export;
mod filter;
mod names;
#[cfg(test)]
mod tests;

use vestibule_protocol::admin::Permission;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::EventId;
use vestibule_store::events::{EventPage, EventQuery};

pub use filter::EventFilter;
pub use names::Names;

use super::{Act, ServiceFault};

/// Most lines of one answer.
pub const MAX_LINES: u32 = 1000;

/// Lines that match, oldest first.
pub async fn search(act: Act<'_>, query: EventQuery) -> Result<Vec<Event>, ServiceFault> {
    act.require(Permission::EventsRead)?;
    check_limit(query.limit)?;
    Ok(act.core.store.events(act.org, query).await?.into_iter().map(|it| seen(act, it)).collect())
}

/// A page of the lines that match, newest first. One page looks at a bounded number of lines, so it
/// may be empty and have a next one all the same.
pub async fn page(
    act: Act<'_>,
    filter: &EventFilter,
    before: Option<EventId>,
    limit: u32,
) -> Result<EventPage, ServiceFault> {
    newest(act, EventQuery { before, limit, ..filter.query(act.now)? }).await
}

/// The same by a query.
pub async fn newest(act: Act<'_>, query: EventQuery) -> Result<EventPage, ServiceFault> {
    act.require(Permission::EventsRead)?;
    check_limit(query.limit)?;
    let EventPage { events, next } = act.core.store.events_page(act.org, query).await?;
    Ok(EventPage { events: events.into_iter().map(|it| seen(act, it)).collect(), next })
}

/// A line as the organization of the act sees it. Of what its own user did at a client of another
/// organization it sees that: when, what, how it went, at which client and why; but neither the
/// compared facts, which are that client's, nor the case, which is that organization's to open.
pub(super) fn seen(act: Act<'_>, event: Event) -> Event {
    match event.org == act.org {
        true => event,
        false => Event { case_code: None, facts: serde_json::Value::Null, ..event },
    }
}

fn check_limit(limit: u32) -> Result<(), ServiceFault> {
    if (1..=MAX_LINES).contains(&limit) {
        return Ok(());
    }
    let problem = format!("{limit} must lie between 1 and {MAX_LINES}");
    Err(ServiceFault::invalid("limit", problem))
}
