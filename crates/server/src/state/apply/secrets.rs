//! Secrets of a client while a plan is carried out: made, kept as digests, and handed over once.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{Client, ClientSecret};
use vestibule_protocol::ids::ClientId;
use zeroize::Zeroizing;

use super::super::document::{SecretSource, SecretWanted};
use crate::services::clients::{self, declared};
use crate::services::links::NewLink;
use crate::services::{Act, ServiceFault, sheets};

/// How long the link to a made secret can be used.
const LINK_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// A secret that was made, with where it is.
#[derive(Debug)]
pub struct Delivered {
    /// Of which client; `None` for that of a webhook.
    pub client_id: Option<ClientId>,
    /// Its label, or that of its webhook.
    pub label: String,
    /// Where it is.
    pub delivery: Delivery,
}

/// Where a secret that was made is.
pub enum Delivery {
    /// In this file, which only its owner may read.
    File(PathBuf),
    /// Behind a link that shows it once.
    Link(NewLink),
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({path:?})"),
            Self::Link(_) => f.write_str("Link(…)"),
        }
    }
}

/// A secret to be added: its label, where it comes from, and its end.
type Added = (String, SecretSource, Option<Timestamp>);

/// Secrets that are ready to be written, with the files that some of them go to.
pub(super) struct Prepared {
    /// What is kept of them.
    pub kept: Vec<ClientSecret>,
    made: Vec<Made>,
}

struct Made {
    kept: ClientSecret,
    text: Zeroizing<String>,
    file: Option<Reserved>,
}

/// A file that was made and is still empty; it goes unless the secret is written to it.
pub(super) struct Reserved {
    path: PathBuf,
    file: File,
    written: bool,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.written {
            // Nothing is in it; that it stays is no harm.
            let _left = std::fs::remove_file(&self.path);
        }
    }
}

/// The secrets of a client that is registered: those that are to live now.
pub(super) fn of_new(act: Act<'_>, wanted: Vec<SecretWanted>) -> Vec<Added> {
    let due = wanted.into_iter().filter(|one| one.expires_at.is_none_or(|end| act.now < end));
    due.filter_map(|one| Some((one.label, one.source?, one.expires_at))).collect()
}

/// Makes the secrets and the files they go to, before anything is written to the database: a secret
/// that nobody can read would be worth nothing.
pub(super) fn prepare(act: Act<'_>, added: Vec<Added>) -> Result<Prepared, ServiceFault> {
    let (mut kept, mut made) = (Vec::new(), Vec::new());
    for (label, source, expires_at) in added {
        match source {
            SecretSource::Given { text, .. } => {
                kept.push(declared::given_secret(act, &label, &text, expires_at));
            }
            SecretSource::Generate { write_to } => {
                let file = write_to.map(|path| reserve(&path)).transpose()?;
                let secret = declared::make_secret(act, &label, expires_at);
                kept.push(secret.kept.clone());
                made.push(Made { kept: secret.kept, text: secret.text, file });
            }
        }
    }
    Ok(Prepared { kept, made })
}

impl Prepared {
    /// Hands the made secrets over, once they are in the database. One that cannot be handed over is
    /// revoked: nobody will ever know it.
    pub(super) async fn deliver(
        self,
        act: Act<'_>,
        client: &Client,
    ) -> Result<Vec<Delivered>, ServiceFault> {
        let mut delivered = Vec::new();
        for Made { kept, text, file } in self.made {
            let handed = match file {
                Some(reserved) => reserved.write(&text).map(Delivery::File),
                None => sheets::share_secret(act, client, &kept, &text, LINK_LIFETIME)
                    .await
                    .map(Delivery::Link),
            };
            match handed {
                Ok(delivery) => delivered.push(Delivered {
                    client_id: Some(client.client_id.clone()),
                    label: kept.label,
                    delivery,
                }),
                Err(fault) => {
                    let id = kept.id.0.to_string();
                    clients::revoke_secret(act, &client.client_id.0, &id).await?;
                    return Err(fault);
                }
            }
        }
        Ok(delivered)
    }
}

impl Reserved {
    pub(super) fn write(mut self, text: &str) -> Result<PathBuf, ServiceFault> {
        self.file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_all())
            .map_err(|error| unwritable(&self.path, &error))?;
        self.written = true;
        Ok(self.path.clone())
    }
}

/// A new file that only its owner may read.
pub(super) fn reserve(path: &Path) -> Result<Reserved, ServiceFault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| unwritable(path, &error))?;
    Ok(Reserved { path: path.to_owned(), file, written: false })
}

fn unwritable(path: &Path, error: &std::io::Error) -> ServiceFault {
    let problem = format!(
        "{} cannot be written: {error}; name a new file in a folder that exists",
        path.display()
    );
    ServiceFault::invalid("write_to", problem)
}
