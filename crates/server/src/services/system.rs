//! The installation itself: its configuration as it is in force, and how much there is of it.

use vestibule_protocol::admin::Permission;
use vestibule_store::counts::Counts;

use super::{Act, ServiceFault};
use crate::config::show::Shown;

/// Every configuration key with its value and its origin; secrets are masked.
pub fn configuration(act: Act<'_>) -> Result<&[Shown], ServiceFault> {
    act.require(Permission::SystemRead)?;
    Ok(&act.core.config.shown)
}

/// How many users, clients, sessions and waiting messages there are.
pub async fn counts(act: Act<'_>) -> Result<Counts, ServiceFault> {
    act.require(Permission::SystemRead)?;
    Ok(act.core.store.counts(act.now).await?)
}
