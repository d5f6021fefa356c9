//! `vestibule client limit`: whose users may use a client.

use std::collections::BTreeSet;

use vestibule_protocol::client::ClientSettings;

use super::client_json;
use crate::cli::args::LimitArgs;
use crate::cli::console::{Console, pairs};
use crate::cli::fault::CliFault;
use crate::services::Act;
use crate::services::clients::{self, ClientChange};

pub(super) async fn run(act: Act<'_>, args: LimitArgs, console: &Console) -> Result<(), CliFault> {
    let client = clients::find(act, &args.client_id).await?;
    let mut settings = client.settings;
    if args.no_groups || !args.groups.is_empty() {
        settings.groups = args.groups.into_iter().collect();
    }
    if args.own_users || !args.users_of.is_empty() {
        settings.organizations = args.users_of.into_iter().collect();
    }
    let change = ClientChange {
        settings: Some(settings),
        version: Some(client.updated_at),
        ..ClientChange::default()
    };
    let client = clients::update(act, &args.client_id, change).await?;
    console.answer(&client_json(&client, act.now), || {
        let lines = lines(&client.settings);
        match lines.is_empty() {
            true => format!("{} is for every user of its organization.", client.client_id),
            false => format!("{} is limited:\n{}", client.client_id, pairs(&lines)),
        }
    });
    Ok(())
}

/// The limits of a client, as `client show` prints them.
pub(super) fn lines(settings: &ClientSettings) -> Vec<(&'static str, String)> {
    let listed = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let limits = [("Groups", &settings.groups), ("Users of", &settings.organizations)];
    let stated = limits.into_iter().filter(|(_, names)| !names.is_empty());
    stated.map(|(label, names)| (label, listed(names))).collect()
}
