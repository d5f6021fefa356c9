//! `vestibule admin`.

use std::process::ExitCode;

use serde_json::json;

use super::args::AdminVerb;
use super::console::{Console, moment};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::links;

pub(super) fn run(
    verb: &AdminVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    match verb {
        AdminVerb::Link => with_core(sources, async |act| {
            let link = links::make_admin_link(act).await?;
            let ends = link.expires_at.as_seconds();
            console.answer(&json!({ "admin_link": link.url, "expires_at": ends }), || {
                format!("{}\nGood for one use, until {}.", link.url, moment(ends))
            });
            Ok(ExitCode::SUCCESS)
        }),
    }
}
