//! `vestibule key`.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::json;
use vestibule_keys::Alg;
use vestibule_keys::lifecycle::{RotateError, Rotation};

use super::args::KeyVerb;
use super::console::{Console, moment, table};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::ServiceFault;
use crate::services::keys::{self, KeyClient, KeyLine};

pub(super) fn run(
    verb: KeyVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            KeyVerb::List { clients: true, .. } => {
                show_clients(&keys::clients(act).await?, console);
            }
            KeyVerb::List { all, clients: false } => show(&keys::list(act, all).await?, console),
            KeyVerb::Rotate { alg, now, compromised, yes } => {
                let alg: Alg =
                    alg.parse().map_err(|fault| CliFault::Usage(format!("--alg: {fault}")))?;
                let rotation = match (now, compromised) {
                    (_, true) => Rotation::Compromised,
                    (true, false) => Rotation::Immediate,
                    (false, false) => Rotation::Planned,
                };
                let consequence = keys::consequence(act, rotation);
                console.note(&consequence);
                if let Some(warning) = keys::warning(&keys::stragglers(act, alg).await?) {
                    console.note(&warning);
                }
                if rotation != Rotation::Planned {
                    agree(yes)?;
                }
                let rotated = keys::rotate(act, alg, rotation).await;
                show(&rotated.map_err(in_words)?, console);
            }
            KeyVerb::Retire { kid, yes } => {
                console.note(&format!("Key {kid} signs no more; it stays published."));
                agree(yes)?;
                show(&keys::retire(act, &kid).await?, console);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What cannot be taken back wants a yes: typed at a terminal, a flag elsewhere.
pub(super) fn agree(yes: bool) -> Result<(), CliFault> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliFault::Usage("this cannot be taken back; add --yes".to_owned()));
    }
    let mut answer = String::new();
    let asked = write!(std::io::stderr(), "Go on? [y/N] ")
        .and_then(|()| std::io::stdin().read_line(&mut answer));
    match asked {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(CliFault::Refused("nothing was changed".to_owned())),
    }
}

/// Moments are told as people read them.
fn in_words(fault: ServiceFault) -> CliFault {
    match fault {
        ServiceFault::Rotate(RotateError::AlreadyPublished { kid, ready_at }) => {
            CliFault::Refused(format!(
                "key {kid} is published already and signs from {} on; if that is too late, add --now",
                moment(ready_at.div_euclid(1000))
            ))
        }
        fault => fault.into(),
    }
}

fn show_clients(clients: &[KeyClient], console: &Console) {
    console.answer(&json!({ "clients": clients }), || {
        let head = ["CLIENT", "NAME", "LAST TOKEN", "LAST FETCH", "NOT SEEN"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for client in clients {
            let fetch = client.last_fetch_at.map_or_else(|| "never".to_owned(), moment);
            let unseen = match (client.last_fetch_at, client.unseen.is_empty()) {
                (None, _) => "-".to_owned(),
                (Some(_), true) => "none".to_owned(),
                (Some(_), false) => client.unseen.join(" "),
            };
            rows.push(vec![
                client.client_id.clone(),
                client.name.clone(),
                moment(client.last_used_at),
                fetch,
                unseen,
            ]);
        }
        format!(
            "{}A fetch names nobody: it counts as a client's when it comes from the address that \
             the client's server uses at the token endpoint.\n",
            table(&rows)
        )
    });
}

fn show(lines: &[KeyLine], console: &Console) {
    console.answer(&json!({ "keys": lines }), || {
        let head = ["KID", "ALG", "PHASE", "PUBLISHED", "SIGNING SINCE", "RETIRED"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let at = |seconds: Option<i64>| seconds.map_or_else(|| "-".to_owned(), moment);
        for line in lines {
            rows.push(vec![
                line.kid.clone(),
                line.alg.clone(),
                line.phase.to_owned(),
                moment(line.published_at),
                at(line.signing_at),
                at(line.retired_at),
            ]);
        }
        table(&rows)
    });
}
