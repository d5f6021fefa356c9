//! `vestibule client test`: what can be tried without a browser, and where the rest is.

use std::process::ExitCode;

use secrecy::SecretString;
use serde_json::json;
use vestibule_protocol::ids::ClientId;

use crate::cli::console::Console;
use crate::cli::fault::CliFault;
use crate::cli::user::from_stdin;
use crate::flow::trial::client_route;
use crate::relying_party::report::{Hop, Outcome, worst};
use crate::services::Act;
use crate::services::trials::SecretChoice;
use crate::services::trials::probe::probe;

pub(super) async fn run(
    act: Act<'_>,
    client_id: &str,
    secret_stdin: bool,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    let secret = match secret_stdin {
        true => SecretChoice::Given(SecretString::from(from_stdin()?.as_str())),
        false => SecretChoice::Temporary,
    };
    let hops = probe(act, client_id, secret).await?;
    let passed = worst(&hops) < Outcome::Failed;
    let route = client_route(&ClientId(client_id.to_owned()));
    let browser = act.core.config.issuer.url(&format!("{route}/test"));
    console.answer(&json!({ "ok": passed, "hops": hops, "browser_url": browser }), || {
        format!("{}\nThe sign-in itself is tried in a browser: {browser}", text(&hops))
    });
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(hops: &[Hop]) -> String {
    let mut text = String::new();
    for hop in hops {
        text.push_str(&format!("{}\n", hop.kind.title()));
        for check in &hop.checks {
            let mark = match check.outcome {
                Outcome::Passed => "ok  ",
                Outcome::Warned => "note",
                Outcome::Failed => "FAIL",
                Outcome::NotReached => "-   ",
            };
            text.push_str(&format!("  {mark}  {}\n", check.text));
        }
    }
    text
}
