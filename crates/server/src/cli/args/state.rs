//! `vestibule state …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum StateVerb {
    /// Tell what differs between files and what stands; exit 3 when something does
    Diff {
        #[command(flatten)]
        files: Files,
    },
    /// Make what stands as the files state it
    Apply {
        #[command(flatten)]
        files: Files,
        /// Do not ask before something is removed
        #[arg(long)]
        yes: bool,
        /// Only tell, as diff does
        #[arg(long)]
        dry_run: bool,
    },
    /// Print a file that states what stands, without secrets
    #[command(group(clap::ArgGroup::new("what").required(true)))]
    Export {
        /// Everything that a file can state
        #[arg(long, group = "what")]
        all: bool,
        /// Only this client; may be repeated
        #[arg(long = "client", value_name = "CLIENT_ID", group = "what")]
        clients: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Files {
    /// Which file; may be repeated, then they hold together
    #[arg(short = 'f', long = "file", value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Also remove what the same file once stated and no longer names
    #[arg(long)]
    pub prune: bool,
}
