//! The flags of `vestibule client logo`, `… accent` and of their twins of organizations.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LogoVerb {
    /// Show this picture: PNG, JPEG or WebP, 256 KiB and 1024 by 1024 pixels at most
    Set {
        /// Whose: a client_id, or the short name of an organization
        whose: String,
        /// The file; what it is, is told by its content
        file: PathBuf,
    },
    /// Take its own picture away
    Remove {
        /// Whose: a client_id, or the short name of an organization
        whose: String,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AccentVerb {
    /// Use this colour, which must stand out in the light and in the dark scheme
    Set {
        /// Whose: a client_id, or the short name of an organization
        whose: String,
        /// Such as #1a73e8
        colour: String,
    },
    /// Take its own colour away
    Remove {
        /// Whose: a client_id, or the short name of an organization
        whose: String,
    },
}
