//! The flags of `vestibule backup`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BackupVerb {
    /// Write every row into a file, as they stood at one moment; the server may go on
    Create {
        /// Where to; - is standard output [default: vestibule-SECONDS.backup.jsonl]
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
    /// Read a backup to its end: is it whole?
    Verify {
        /// The backup
        file: PathBuf,
    },
    /// Fill the empty database of database.url, SQLite or PostgreSQL, from a backup of either
    Restore {
        /// The backup
        file: PathBuf,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}
