//! What wants to be looked at: the numbers of the console's first page.

use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_store::clients::ExpiringSecret;
use vestibule_store::events::Failures;

use super::{Act, ServiceFault};

/// Secrets that end within this time are told of.
pub const SOON: Duration = Duration::from_secs(30 * 86_400);
/// No list has more secrets.
const MOST_SECRETS: u32 = 100;

/// What was refused since a moment, by reason and by client. Administrators' own trials are left out.
pub async fn failures(act: Act<'_>, since: Timestamp) -> Result<Failures, ServiceFault> {
    act.require(Permission::EventsRead)?;
    Ok(act.core.store.failures(act.org, since).await?)
}

/// Client secrets that end within [`SOON`], soonest first.
pub async fn expiring_secrets(act: Act<'_>) -> Result<Vec<ExpiringSecret>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    let until = act.now.plus(SOON);
    Ok(act.core.store.expiring_secrets(act.org, act.now, until, MOST_SECRETS).await?)
}
