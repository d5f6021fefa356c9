//! `vestibule key`.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use vestibule_keys::Alg;
use vestibule_keys::lifecycle::{RotateError, Rotation};
use vestibule_protocol::ids::EventId;

use super::args::KeyVerb;
use super::console::{Console, moment, pairs, table};
use super::fault::CliFault;
use super::session::{BY, block_on, with_core};
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::core::{ids, masters, open_store};
use crate::giving_up::{self, GivenUp};
use crate::services::keys::{self, KeyClient, KeyLine};
use crate::services::{Act, ServiceFault};

pub(super) fn run(
    verb: KeyVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    match verb {
        KeyVerb::StartOver { yes } => start_over(sources, yes, console)?,
        KeyVerb::List { all, clients } => with_core(sources, async |act| {
            if clients {
                show_clients(&keys::clients(act).await?, console);
            } else {
                show(&keys::list(act, all).await?, console);
            }
            Ok(())
        })?,
        KeyVerb::Rotate { alg, now, compromised, yes } => {
            let rotation = match (now, compromised) {
                (_, true) => Rotation::Compromised,
                (true, false) => Rotation::Immediate,
                (false, false) => Rotation::Planned,
            };
            with_core(sources, async |act| rotate(act, &alg, rotation, yes, console).await)?;
        }
        KeyVerb::Retire { kid, yes } => with_core(sources, async |act| {
            console.note(&format!("Key {kid} signs no more; it stays published."));
            agree(yes)?;
            show(&keys::retire(act, &kid).await?, console);
            Ok(())
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn rotate(
    act: Act<'_>,
    alg: &str,
    rotation: Rotation,
    yes: bool,
    console: &Console,
) -> Result<(), CliFault> {
    let alg: Alg = alg.parse().map_err(|fault| CliFault::Usage(format!("--alg: {fault}")))?;
    console.note(&keys::consequence(act, rotation));
    if let Some(warning) = keys::warning(&keys::stragglers(act, alg).await?) {
        console.note(&warning);
    }
    if rotation != Rotation::Planned {
        agree(yes)?;
    }
    let rotated = keys::rotate(act, alg, rotation).await;
    show(&rotated.map_err(in_words)?, console);
    Ok(())
}

/// The installation cannot be opened until this is done.
fn start_over(sources: &Sources, yes: bool, console: &Console) -> Result<(), CliFault> {
    let config = Arc::new(Config::load(sources)?);
    let masters = masters(&config)?;
    let clock = Clock::system();
    console.note(
        "What no configured master key opens is given up: signing keys, with every token that they \
         signed; all clients' secrets; webhooks' secrets; links to a secret and mails that wait. \
         Accounts, passwords, clients, consents and sessions stay. Stop all servers first, and look \
         for the lost key once more: a backup of it makes all this needless.",
    );
    agree(yes)?;
    let store = open_store(&config)?;
    store.require_current_schema()?;
    let event = EventId(ids(&config).next(clock.now()));
    let given_up =
        block_on(async { Ok(giving_up::give_up(&store, &masters, BY, event, clock.now()).await?) });
    store.close();
    let given_up = given_up?;
    if given_up == GivenUp::default() {
        return Err(CliFault::Refused(
            "the configured master keys open every secret; nothing was given up".to_owned(),
        ));
    }
    with_core(sources, async |act| {
        let keys = keys::list(act, false).await?;
        console.answer(&json!({ "given_up": given_up, "keys": keys }), || began(&given_up, &keys));
        Ok(())
    })
}

fn began(given_up: &GivenUp, keys: &[KeyLine]) -> String {
    let GivenUp { signing_keys, clients, webhooks, others, links, mails } = given_up;
    let counts = [
        ("Signing keys", signing_keys.len()),
        ("Secrets of clients", clients.len()),
        ("Secrets of webhooks", webhooks.len()),
        ("Other secrets", *others),
        ("Links to a secret", *links),
        ("Mails", *mails),
    ];
    let counts = counts.map(|(what, count)| (what, count.to_string()));
    let added = clients.iter().map(|client| format!("vestibule client secret add {client}\n"));
    let rotated = webhooks.iter().map(|id| format!("vestibule webhook rotate {id}\n"));
    let next: String = added.chain(rotated).collect();
    format!(
        "Given up:\n{}\n{} new keys sign. Who is to go on needs a new secret:\n{next}",
        pairs(&counts),
        keys.len()
    )
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
