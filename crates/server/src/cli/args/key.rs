//! `vestibule key …`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeyVerb {
    /// List the signing keys
    List {
        /// Removed ones as well
        #[arg(long)]
        all: bool,
        /// The clients in use instead, and which keys they have not been seen to fetch
        #[arg(long, conflicts_with = "all")]
        clients: bool,
    },
    /// Bring the next key of an algorithm in
    Rotate {
        /// Which algorithm
        #[arg(long, value_name = "ALG", default_value = "RS256")]
        alg: String,
        /// Sign with the new key at once, instead of after its notice
        #[arg(long)]
        now: bool,
        /// The old keys may be in other hands: withdraw them at once
        #[arg(long, conflicts_with = "now")]
        compromised: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Stop signing with a key; it stays published for the tokens it signed
    Retire {
        /// Which
        kid: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Give up what no configured master key opens, and begin with new keys: the master key is lost
    StartOver {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}
