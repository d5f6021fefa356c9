//! `vestibule doctor`: a running installation, looked at from inside and as relying parties see it.
//!
//! | room | looks at |
//! |---|---|
//! | [`inside`] | what only this host sees: database, schema, clock, keys, certificate files, mail |
//! | [`outside`] | what relying parties and browsers see of the issuer |
//! | [`certificate`] | when a certificate ends |
//!
//! Every probe says what it found and, where that is not right, how to mend it. A warning is about
//! what will go wrong; a fault is about what does.

mod certificate;
mod inside;
mod outside;

use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::args;
use super::console::Console;
use super::fault::CliFault;
use super::session::block_on;
use crate::config::{Config, Sources};

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    Warning,
    Fault,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    level: Level,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, ok: true, level: Level::Ok, detail: detail.into(), fix: None }
    }

    fn warning(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Warning, fix: Some(fix.into()), ..Self::good(check, detail) }
    }

    fn bad(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { ok: false, level: Level::Fault, ..Self::warning(check, detail, fix) }
    }
}

pub(super) fn run(
    args: &args::Doctor,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    let config = Arc::new(Config::load(sources)?);
    let findings = block_on(async {
        let mut findings = vec![Finding::good("configuration", "no faults")];
        let inside = inside::look(&config, args.mail_to.as_deref()).await;
        findings.extend(inside.findings);
        findings.extend(outside::look(&config, inside.opened.as_ref()).await);
        if let Some(opened) = inside.opened {
            opened.core.store.close();
        }
        Ok(findings)
    })?;
    let ok = findings.iter().all(|finding| finding.ok);
    console.answer(&json!({ "ok": ok, "checks": findings }), || text(&findings));
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.level {
            Level::Ok => "ok  ",
            Level::Warning => "warn",
            Level::Fault => "FAIL",
        };
        text.push_str(&format!("{mark}  {:<14} {}\n", finding.check, finding.detail));
        if let Some(fix) = &finding.fix {
            text.push_str(&format!("      {:<14} → {fix}\n", ""));
        }
    }
    text
}
