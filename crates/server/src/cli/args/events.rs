//! `vestibule events …`, `vestibule case …` and `vestibule errors …`.

use clap::{Subcommand, ValueEnum};

use super::span;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventsVerb {
    /// Print the newest lines
    Tail {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        lines: u32,
        /// Go on printing what happens, until Ctrl-C
        #[arg(short, long)]
        follow: bool,
        #[command(flatten)]
        filter: EventFilter,
    },
    /// Search the log
    Search {
        #[command(flatten)]
        filter: EventFilter,
        #[command(flatten)]
        span: EventSpan,
        /// How many at most
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Write all lines that match to standard output, newest first
    Export {
        #[command(flatten)]
        filter: EventFilter,
        #[command(flatten)]
        span: EventSpan,
        /// How they are written
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated, for spreadsheets
    Csv,
}

#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct EventSpan {
    /// Only those since then: how long ago (24h), a day (2026-11-21) or a moment (RFC 3339)
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only those until then, written alike
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct EventFilter {
    /// Only the steps of this attempt, such as 7FK-2QD
    #[arg(long, value_name = "CODE")]
    pub case: Option<String>,
    /// Only those of this kind, such as authorize.refused, or family, such as authorize
    #[arg(long)]
    pub kind: Option<String>,
    /// Only those that concern this client
    #[arg(long, value_name = "CLIENT_ID")]
    pub client: Option<String>,
    /// Only those that concern this user: email address, user name or subject
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Only those that went so
    #[arg(long, value_enum)]
    pub outcome: Option<OutcomeArg>,
    /// Only those refused for this reason, such as redirect_uri_mismatch
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum OutcomeArg {
    /// What was done
    Success,
    /// What was refused, or failed
    Wrong,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ErrorsVerb {
    /// Explain a code, such as VB-2004
    Show {
        /// The code
        code: String,
    },
    /// Print the reference page, in Markdown
    #[command(hide = true)]
    Reference,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CaseVerb {
    /// Tell what happened in an attempt, why it failed and how to mend it
    Show {
        /// The case code, such as 7FK-2QD
        code: String,
    },
    /// Make a link by which the vendor of the client can read the case
    Share {
        /// The case code
        code: String,
        /// For how long, at most 30d
        #[arg(long = "for", value_name = "SPAN", default_value = "7d", value_parser = span)]
        lifetime: std::time::Duration,
    },
    /// Take a shared link back
    Unshare {
        /// The case code
        code: String,
        /// The link's id, as `case show` tells it
        id: i64,
    },
    /// Register exactly the redirect URI that the client sent
    AdoptUri {
        /// The case code
        code: String,
    },
}
