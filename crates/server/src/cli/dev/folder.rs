//! The data folder of `vestibule dev`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use vestibule_keys::{MasterKey, digest};

use super::people::PEOPLE;
use crate::bounded;
use crate::cli::fault::CliFault;
use crate::cli::init::write_private;
use crate::cli::user::generated;
use crate::issuer::Issuer;
use crate::random;

const CONFIG_FILE: &str = "vestibule.toml";
const KEY_FILE: &str = "master.key";
const SECRETS_FILE: &str = "secrets.json";
const DATABASE_FILE: &str = "vestibule.db";
/// All that `--reset` removes; a folder that holds anything else is not ours to empty.
const OURS: [&str; 7] = [
    CONFIG_FILE,
    KEY_FILE,
    SECRETS_FILE,
    DATABASE_FILE,
    "vestibule.db-wal",
    "vestibule.db-shm",
    ".gitignore",
];

/// Largest configuration that is looked at; ours has some 300 bytes.
const MAX_CONFIG: u64 = 64 * 1024;

/// The folder, which belongs to its owner alone.
pub(super) struct Folder(PathBuf);

/// What was generated, kept so that a restart can print it again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Generated {
    /// The demo client's secret.
    pub client_secret: String,
    /// Passwords by sign-in name.
    pub passwords: BTreeMap<String, String>,
}

impl Folder {
    /// Makes the folder, or opens the one of an earlier run.
    pub(super) fn open(path: &Path, reset: bool) -> Result<Self, CliFault> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(CliFault::file(path))?;
        let path = path.canonicalize().map_err(CliFault::file(path))?;
        let folder = Self(path);
        folder.must_be_ours()?;
        if reset {
            folder.empty()?;
        }
        // Only where nothing else stands: a folder that is somebody's keeps what it says of itself.
        let mut others = std::fs::read_dir(&folder.0).map_err(CliFault::file(&folder.0))?;
        if others.next().is_none() {
            let ignore = folder.0.join(".gitignore");
            std::fs::write(&ignore, "*\n").map_err(CliFault::file(&ignore))?;
        }
        let key = folder.0.join(KEY_FILE);
        if !key.exists() {
            MasterKey::new(random::secret_bytes()).write_file(&key)?;
        }
        Ok(folder)
    }

    /// An installation that somebody else made is neither emptied nor written over.
    fn must_be_ours(&self) -> Result<(), CliFault> {
        let config = self.config_file();
        let ours = match bounded::text(&config, MAX_CONFIG) {
            Ok(text) => text.parse::<toml::Table>().is_ok_and(|table| {
                table.get("development").and_then(toml::Value::as_bool) == Some(true)
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                !self.0.join(DATABASE_FILE).exists()
            }
            Err(error) => return Err(CliFault::file(&config)(error)),
        };
        match ours {
            true => Ok(()),
            false => Err(CliFault::Refused(format!(
                "{} holds an installation that `vestibule dev` did not make, and is left as it is; \
                 name another folder with --data-dir",
                self.0.display()
            ))),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The configuration, for other commands.
    pub(super) fn config_file(&self) -> PathBuf {
        self.0.join(CONFIG_FILE)
    }

    fn empty(&self) -> Result<(), CliFault> {
        for name in OURS {
            let path = self.0.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(CliFault::file(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes the configuration anew: the port may be another this time.
    pub(super) fn write_config(
        &self,
        issuer: &Issuer,
        bind: SocketAddr,
        management: SocketAddr,
    ) -> Result<(), CliFault> {
        let path = self.config_file();
        if path.exists() {
            std::fs::remove_file(&path).map_err(CliFault::file(&path))?;
        }
        let issuer = toml::Value::String(issuer.as_str().to_owned());
        let text = format!(
            "# Written by `vestibule dev` at every start.\n\
             issuer = {issuer}\ndevelopment = true\n\n\
             [server]\nbind = \"{bind}\"\nmanagement_bind = \"{management}\"\n\n\
             [database]\nurl = \"sqlite:{DATABASE_FILE}\"\n\n\
             [secrets]\nmaster_key_file = \"{KEY_FILE}\"\n\n\
             [branding]\nname = \"Vestibule (development)\"\n"
        );
        write_private(&path, &text)
    }

    /// What an earlier run generated, or fresh ones. They are written before they are used, so that
    /// a run that is cut short leaves nothing that nobody knows.
    pub(super) fn secrets(&self) -> Result<Generated, CliFault> {
        let path = self.0.join(SECRETS_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                let path = path.display();
                CliFault::Refused(format!("{path}: {error}; start afresh with --reset"))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let fresh = Generated {
                    client_secret: digest::client_secret(random::secret_bytes()).to_string(),
                    passwords: PEOPLE
                        .iter()
                        .map(|person| (person.name.to_owned(), generated().to_string()))
                        .collect(),
                };
                let text = serde_json::to_string_pretty(&fresh)
                    .map_err(|error| CliFault::Refused(error.to_string()))?;
                write_private(&path, &text)?;
                Ok(fresh)
            }
            Err(error) => Err(CliFault::file(&path)(error)),
        }
    }
}
