//! `vestibule config`.

use std::process::ExitCode;

use serde_json::json;

use super::args::ConfigVerb;
use super::console::{self, Console, table};
use super::fault::CliFault;
use crate::config::{Config, Sources, reference, show};
use crate::tls;

pub(super) fn run(
    verb: &ConfigVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    match verb {
        ConfigVerb::Check => check(sources, console)?,
        ConfigVerb::Show { origin } => show_values(sources, *origin, console),
        ConfigVerb::Schema => {
            let schema = reference::schema();
            console::print(&format!("{schema:#}\n"));
        }
        ConfigVerb::Reference => console::print(&reference::markdown()),
    }
    Ok(ExitCode::SUCCESS)
}

fn check(sources: &Sources, console: &Console) -> Result<(), CliFault> {
    let config = Config::load(sources)?;
    // Whoever has renewed a certificate asks before the restart that would fail.
    if let Some(files) = &config.server.tls {
        tls::server_config(files)
            .map_err(|fault| CliFault::Refused(format!("server.tls: {fault}")))?;
    }
    let files: Vec<String> = sources.files.iter().map(|file| file.display().to_string()).collect();
    let issuer = config.issuer.as_str();
    console.answer(&json!({ "ok": true, "issuer": issuer, "files": files }), || {
        format!("The configuration is in order. Issuer: {issuer}")
    });
    Ok(())
}

fn show_values(sources: &Sources, origin: bool, console: &Console) {
    let shown = show::shown_keys(sources);
    console.answer(&json!(shown), || {
        let mut rows = Vec::new();
        for line in &shown {
            let mut row = vec![line.key.clone(), format!("= {}", line.value)];
            if origin {
                row.push(format!("# {}", line.origin));
            }
            rows.push(row);
        }
        table(&rows)
    });
}
