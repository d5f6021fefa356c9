//! `vestibule case`.

use std::process::ExitCode;

use serde_json::json;
use vestibule_protocol::ids::LinkId;
use vestibule_protocol::redirect_uri::{Segment, visible};

use super::args::CaseVerb;
use super::console::{Console, harmless, moment, word};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::cases::{self, CaseFile, Cause, Step, UriComparison, share};

pub(super) fn run(
    verb: &CaseVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            CaseVerb::Show { code } => {
                let file = cases::file(act, code).await?;
                console.answer(&json!(file), || text(&file, console));
            }
            CaseVerb::Share { code, lifetime } => {
                let link = share::share(act, code, *lifetime).await?;
                let expires_at = link.expires_at.as_seconds();
                console.answer(&json!({ "url": link.url, "expires_at": expires_at }), || {
                    format!("{}\nIt can be read until {}.", link.url, moment(expires_at))
                });
            }
            CaseVerb::Unshare { code, id } => {
                share::revoke(act, code, LinkId(*id)).await?;
                console.answer(&json!({ "revoked": id.to_string() }), || {
                    "The link leads nowhere any more.".to_owned()
                });
            }
            CaseVerb::AdoptUri { code } => {
                let client = cases::adopt_redirect_uri(act, code, None).await?;
                let uris = &client.settings.redirect_uris;
                let answer = json!({ "client_id": client.client_id, "redirect_uris": uris });
                console.answer(&answer, || {
                    format!("{} may now be answered at:\n  {}", client.client_id, uris.join("\n  "))
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn text(file: &CaseFile, console: &Console) -> String {
    let mut text =
        format!("Case {}: {}\n", console.strong(&file.code.to_string()), file.verdict.words());
    if let Some(client) = &file.client {
        let name = client.name.as_deref().unwrap_or("no longer registered");
        text.push_str(&format!("  client  {} ({name})\n", client.client_id));
    }
    if let Some(user) = &file.user {
        let name = user.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        text.push_str(&format!("  user    {}{name}\n", user.subject));
    }
    if let Some(cause) = &file.cause {
        text.push_str(&because(cause, console));
    }
    text.push_str("\nWhat happened:\n");
    for step in &file.steps {
        text.push_str(&line(step));
    }
    for share in &file.shares {
        let until = moment(share.expires_at.as_seconds());
        text.push_str(&format!("\nShared with the vendor until {until}, link {}\n", share.id.0));
    }
    text
}

fn because(cause: &Cause, console: &Console) -> String {
    let mut text = format!("\n{} {}\n", console.strong(cause.code), cause.reason);
    if let Some(admin) = cause.admin {
        text.push_str(&format!("  {admin}\n"));
    }
    text.push_str(&format!("  To be mended by {}.\n", cause.mender.words()));
    for hint in &cause.hints {
        text.push_str(&format!("  Hint: {}\n", harmless(&hint.text)));
    }
    if let Some(uri) = &cause.uri {
        text.push_str(&compared(uri));
    }
    text
}

/// Both URIs, with brackets around what differs.
fn compared(uri: &UriComparison) -> String {
    let side = |of: fn(&Segment) -> &str| -> String {
        let marked = uri.segments.iter().map(|segment| match segment.is_equal() {
            true => visible(of(segment)),
            false => format!("[{}]", visible(of(segment))),
        });
        marked.collect()
    };
    if uri.expected.is_none() {
        return format!("  {} {}; none is registered\n", uri.parameter, visible(&uri.received));
    }
    let classes: Vec<String> = uri.differences.iter().map(word).collect();
    let mut text = format!(
        "  {} differs in: {}\n    received    {}\n    registered  {}\n",
        uri.parameter,
        classes.join(", ").replace('_', " "),
        side(Segment::received),
        side(Segment::registered),
    );
    for other in &uri.others {
        text.push_str(&format!("    it is registered for another client: {other}\n"));
    }
    text
}

fn line(step: &Step) -> String {
    let mut text = format!("  {}  {}", moment(step.at.as_seconds()), step.title);
    if let (Some(code), Some(reason)) = (step.catalogue, &step.reason) {
        text.push_str(&format!(" ({code} {reason})"));
    }
    text.push('\n');
    for fact in &step.facts {
        text.push_str(&format!("      {}: {}\n", fact.name, harmless(&fact.value)));
    }
    text
}
