//! `vestibule mail`.

use std::process::ExitCode;

use serde_json::json;

use super::args::MailVerb;
use super::console::{Console, moment, pairs};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::mail::Way;
use crate::services::Act;
use crate::services::mail;

pub(super) fn run(
    verb: &MailVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            MailVerb::Status => status(act, console).await?,
            MailVerb::Test { to } => {
                mail::send_test(act, to).await?;
                console.answer(&json!({ "sent_to": to }), || {
                    format!("A test mail for {to} was taken.")
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn status(act: Act<'_>, console: &Console) -> Result<(), CliFault> {
    let status = mail::status(act).await?;
    let (way, shown) = match status.way {
        Way::Off => ("off", "no mail leaves this installation; set mail.url and mail.from"),
        Way::Captured => ("captured", "it stays in the mailbox at /dev/mail"),
        Way::Relay => ("relay", "it is handed to the relay"),
    };
    let failure = status.queue.last_failure.as_ref();
    let answer = json!({
        "way": way,
        "relay": status.relay,
        "from": status.from,
        "waiting": status.queue.waiting,
        "oldest": status.queue.oldest.map(|at| at.as_seconds()),
        "last_failure": failure.map(|failure| json!({
            "at": failure.at.as_seconds(),
            "error": failure.error,
            "given_up": failure.given_up,
        })),
    });
    console.answer(&answer, || {
        let mut lines = vec![("Mail", shown.to_owned())];
        lines.extend(status.relay.clone().map(|relay| ("Relay", relay)));
        lines.extend(status.from.clone().map(|from| ("From", from)));
        lines.push(("Waiting", status.queue.waiting.to_string()));
        let oldest = status.queue.oldest.map(|at| ("Oldest since", moment(at.as_seconds())));
        lines.extend(oldest);
        lines.extend(failure.map(|failure| {
            let what = if failure.given_up { "given up" } else { "tried again" };
            let at = moment(failure.at.as_seconds());
            ("Last failure", format!("{at}, {what}: {}", failure.error))
        }));
        pairs(&lines)
    });
    Ok(())
}
