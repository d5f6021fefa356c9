//! `vestibule migrate`.

use std::process::ExitCode;

use serde_json::json;

use super::console::Console;
use super::fault::CliFault;
use crate::config::{Config, Sources};
use crate::core;

pub(super) fn run(sources: &Sources, console: &Console) -> Result<ExitCode, CliFault> {
    let config = Config::load(sources)?;
    let applied = apply(&config)?;
    console.answer(&json!({ "applied": applied }), || match applied.as_slice() {
        [] => "The schema is up to date.".to_owned(),
        applied => format!("Applied {}: {}", applied.len(), applied.join(", ")),
    });
    Ok(ExitCode::SUCCESS)
}

/// Brings the schema up to this version; tells what was applied.
pub(super) fn apply(config: &Config) -> Result<Vec<String>, CliFault> {
    let store = core::create_store(config)?;
    let applied = store.migrate()?;
    store.close();
    Ok(applied)
}
