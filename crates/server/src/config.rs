//! Configuration: read once, at the start, to final types, and passed on; never global.
//!
//! | room | owns |
//! |---|---|
//! | [`sources`] | files and variables, merged into one table that knows where each value came from |
//! | [`catalogue`] | the list of all keys, taken from the types below by their JSON Schema |
//! | one room a section | its keys, their types, defaults and documentation |
//! | [`check`] | what no single key can know: bounds, twins, combinations |
//! | [`show`], [`reference`] | the same keys for people and for editors |
//!
//! The order is: defaults, files in the order given, conventional variables (`DATABASE_URL`,
//! `PORT`, `OTEL_EXPORTER_OTLP_ENDPOINT`), `VESTIBULE_SECTION__KEY` variables; the later wins. All
//! faults are told at once.

pub mod branding;
pub(crate) mod catalogue;
mod check;
pub mod database;
pub mod events;
mod faults;
pub mod keys;
pub mod limits;
pub mod locales;
pub mod mail;
pub mod password;
pub mod profiles;
pub mod reference;
pub mod secret;
pub mod secrets;
pub mod server;
pub mod session;
pub mod show;
pub mod sources;
pub mod telemetry;
pub mod tokens;
pub(crate) mod units;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_keys::Policy;

pub use faults::{Fault, Faults};
pub use sources::Sources;

use crate::issuer::Issuer;
use sources::Merged;

/// The whole configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// Who we are: the URL that relying parties compare byte for byte, such as
    /// "https://id.clinic.example". There is no default.
    #[serde(with = "units::issuer")]
    #[schemars(with = "String")]
    pub issuer: Issuer,
    /// Whether this is the configuration that `vestibule dev` wrote for itself; `vestibule serve`
    /// refuses it.
    #[serde(default)]
    pub development: bool,
    /// Listeners, proxies and TLS.
    #[serde(default)]
    pub server: server::Server,
    /// The account store.
    #[serde(default)]
    pub database: database::Database,
    /// Keys that live outside the database.
    #[serde(default)]
    pub secrets: secrets::Secrets,
    /// Signed-in browsers.
    #[serde(default)]
    pub session: session::Session,
    /// Passwords and their hashes.
    #[serde(default)]
    pub password: password::Password,
    /// Lifetimes that new clients begin with.
    #[serde(default)]
    pub tokens: tokens::Tokens,
    /// Signing keys.
    #[serde(default)]
    pub keys: keys::Keys,
    /// Bounds on requests and guesses.
    #[serde(default)]
    pub limits: limits::Limits,
    /// The event log.
    #[serde(default)]
    pub events: events::Events,
    /// Names that people read.
    #[serde(default)]
    pub branding: branding::Branding,
    /// Languages.
    #[serde(default)]
    pub locales: locales::Locales,
    /// Outgoing mail.
    #[serde(default)]
    pub mail: mail::Mail,
    /// Vendor profiles beyond the built-in ones.
    #[serde(default)]
    pub profiles: profiles::Profiles,
    /// Logs and traces.
    #[serde(default)]
    pub telemetry: telemetry::Telemetry,
    /// Every key with its value and its origin, secrets masked: what was read, as people see it.
    #[serde(skip)]
    pub shown: Vec<show::Shown>,
}

impl Config {
    /// How signing keys come and go here.
    pub fn key_policy(&self) -> Policy {
        self.keys.policy(self.session.absolute)
    }

    /// Reads a configuration, or tells all that is wrong with it.
    pub fn load(sources: &Sources) -> Result<Self, Faults> {
        let (merged, mut faults) = Merged::read(sources);
        let (config, unreadable) = merged.parse();
        faults.extend(unreadable);
        let Some(mut config) = config else {
            return Err(Faults(faults));
        };
        config.read_secret_files(&merged, &mut faults);
        config.check(&merged, &mut faults);
        config.shown = show::shown_keys(sources);
        // What is missing may stand in the file that could not be read.
        if faults.iter().any(|fault| fault.key == sources::UNREADABLE_FILE) {
            faults.retain(|fault| fault.origin != sources::NOT_SET);
        }
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }
}
