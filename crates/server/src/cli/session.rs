//! What every verb needs that works on the database: the configuration, an opened installation, and
//! a runtime.

use std::future::Future;
use std::sync::Arc;

use vestibule_keys::password::Params;
use vestibule_keys::{PasswordPool, PoolConfig};
use vestibule_protocol::ids::OrgId;

use super::fault::CliFault;
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::core::{Core, OpenFault};
use crate::services::{Act, ServiceFault};

/// Who acts, in the event log.
pub(super) const BY: &str = "command line";

/// Runs `work` on the opened installation, then closes it.
pub(super) fn with_core<T>(
    sources: &Sources,
    work: impl AsyncFnOnce(Act<'_>) -> Result<T, CliFault>,
) -> Result<T, CliFault> {
    let config = Arc::new(Config::load(sources)?);
    block_on(async {
        let core = Core::open(config, Clock::system()).await?;
        let outcome = match place(&core, sources.organization.as_deref()).await {
            Ok(org) => work(Act { org, ..Act::begin(&core, BY) }).await,
            Err(fault) => Err(fault),
        };
        core.store.close();
        outcome
    })
}

/// The organization of this slug.
pub(super) async fn place(core: &Core, slug: Option<&str>) -> Result<OrgId, CliFault> {
    let Some(slug) = slug else { return Ok(OrgId::ROOT) };
    let found = core.store.organization_by_slug(slug.to_owned()).await?;
    let unknown = || ServiceFault::NotFound {
        what: "organization",
        name: slug.to_owned(),
        hint: "look it up in the list of organizations",
    };
    Ok(found.ok_or_else(unknown)?.id)
}

/// Runs a future to its end on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, CliFault>>) -> Result<T, CliFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliFault::Refused(format!("no runtime: {error}")))?;
    runtime.block_on(work)
}

/// One thread that hashes passwords as the server does.
pub(super) fn passwords(config: &Config) -> Result<PasswordPool, CliFault> {
    let password = &config.password;
    let params = Params {
        memory_kib: password.memory_kib,
        passes: password.iterations,
        lanes: password.parallelism,
    };
    let wait = std::time::Duration::from_secs(60);
    PasswordPool::start(PoolConfig { params, wait, ..PoolConfig::new(1) })
        .map_err(|fault| OpenFault::from(fault).into())
}
