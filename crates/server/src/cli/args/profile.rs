//! `vestibule profile …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProfileVerb {
    /// List the profiles, your own included
    List,
    /// Show all that a profile says
    Show {
        /// Which
        name: String,
    },
    /// Tell all that is wrong with profile files; exit code 1 if anything is
    Check {
        /// Which files [default: those of profiles.folder]
        files: Vec<PathBuf>,
    },
    /// Print the vendor guide of a profile, as Markdown
    Guide {
        /// Which
        name: Option<String>,
        /// Write the guides of all built-in profiles to this folder instead
        #[arg(long, value_name = "FOLDER", conflicts_with = "name")]
        into: Option<PathBuf>,
    },
}
