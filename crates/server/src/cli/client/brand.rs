//! `vestibule client logo` and `… accent`.

use std::path::Path;

use vestibule_protocol::Timestamp;
use vestibule_protocol::brand::{Accent, Brand};
use vestibule_protocol::client::Client;

use super::client_json;
use crate::cli::args::{AccentVerb, LogoVerb};
use crate::cli::console::{Console, pairs};
use crate::cli::fault::CliFault;
use crate::services::{Act, ServiceFault, brands};

pub(super) async fn logo(act: Act<'_>, verb: LogoVerb) -> Result<Client, CliFault> {
    let (client_id, bytes) = match verb {
        LogoVerb::Set { whose, file } => (whose, Some(read(&file)?)),
        LogoVerb::Remove { whose } => (whose, None),
    };
    Ok(brands::set_client_logo(act, &client_id, bytes).await?)
}

pub(super) async fn accent(act: Act<'_>, verb: AccentVerb) -> Result<Client, CliFault> {
    let (client_id, accent) = match verb {
        AccentVerb::Set { whose, colour } => (whose, self::colour(&colour)?),
        AccentVerb::Remove { whose } => (whose, None),
    };
    Ok(brands::set_client_accent(act, &client_id, accent).await?)
}

/// The bytes of the file that was named.
pub(in crate::cli) fn read(file: &Path) -> Result<Vec<u8>, CliFault> {
    brands::file(file).map_err(|problem| CliFault::Usage(format!("{}: {problem}", file.display())))
}

/// The colour that was typed.
pub(in crate::cli) fn colour(typed: &str) -> Result<Option<Accent>, CliFault> {
    brands::accent(typed).map_err(|fault| CliFault::Service(ServiceFault::Invalid(vec![fault])))
}

pub(super) fn say(client: &Client, now: Timestamp, console: &Console) {
    console.answer(&client_json(client, now), || {
        let settings = &client.settings;
        let lines = lines(Brand { logo: settings.logo, accent: settings.accent });
        match lines.is_empty() {
            true => format!("{} has no brand of its own.", client.client_id),
            false => format!("{}\n{}", console.strong(&client.name), pairs(&lines)),
        }
    });
}

/// A brand, as it is printed.
pub(in crate::cli) fn lines(brand: Brand) -> Vec<(&'static str, String)> {
    let logo = brand.logo.map(|logo| ("Logo", logo.to_string()));
    let accent = brand.accent.map(|accent| ("Colour", accent.to_string()));
    logo.into_iter().chain(accent).collect()
}
