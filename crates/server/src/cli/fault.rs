//! What went wrong: one sentence, the way out, and an exit code.

use serde_json::{Value, json};
use vestibule_keys::sealing::MasterFileError;
use vestibule_store::StoreError;
use vestibule_store::backup::BackupError;

use crate::config::Faults;
use crate::core::OpenFault;
use crate::serve::ServeFault;
use crate::services::ServiceFault;
use crate::telemetry::TelemetryError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliFault {
    /// The command makes no sense as it was given.
    #[error("{0}")]
    Usage(String),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] Faults),
    /// A declarative file.
    #[error(transparent)]
    State(#[from] crate::state::Faults),
    /// Opening the installation.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The act itself.
    #[error("{}", super::hints::told(.0))]
    Service(#[from] ServiceFault),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeFault),
    /// Logs, metrics or traces.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The file of the master key.
    #[error(transparent)]
    MasterFile(#[from] MasterFileError),
    /// A file or folder.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Something else, with its way out.
    #[error("{0}")]
    Refused(String),
}

impl CliFault {
    /// A fault of a file.
    pub(super) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |cause| Self::File { path, cause }
    }

    /// The exit code: 1 failed, 2 wrong usage.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }

    /// The fault for programs.
    pub(super) fn to_json(&self) -> Value {
        let message = self.to_string();
        match self {
            Self::Config(faults) => {
                json!({ "error": "configuration", "message": message, "faults": faults.0 })
            }
            Self::State(faults) => {
                json!({ "error": "document", "message": message, "faults": faults.0 })
            }
            Self::Service(ServiceFault::Invalid(faults)) => {
                json!({ "error": "invalid", "message": message, "faults": faults })
            }
            Self::Service(fault) => json!({ "error": fault.kind().word(), "message": message }),
            Self::Usage(_) => json!({ "error": "usage", "message": message }),
            Self::Store(error) if error.is_temporary() => {
                json!({ "error": "unavailable", "message": message })
            }
            _ => json!({ "error": "failed", "message": message }),
        }
    }
}
