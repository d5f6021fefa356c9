//! The event log: searching and following.

use vestibule_protocol::admin::Permission;
use vestibule_protocol::event::Event;
use vestibule_store::events::EventQuery;

use super::{Act, ServiceFault};

/// Most lines of one answer.
pub const MAX_LINES: u32 = 1000;

/// Lines that match, oldest first.
pub async fn search(act: Act<'_>, query: EventQuery) -> Result<Vec<Event>, ServiceFault> {
    act.require(Permission::EventsRead)?;
    if query.limit == 0 || query.limit > MAX_LINES {
        let problem = format!("{} must lie between 1 and {MAX_LINES}", query.limit);
        return Err(ServiceFault::invalid("limit", problem));
    }
    Ok(act.core.store.events(act.org, query).await?)
}
