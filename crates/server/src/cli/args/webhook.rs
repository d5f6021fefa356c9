//! The flags of `vestibule webhook`.

use std::time::Duration;

use clap::Subcommand;

use super::span;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WebhookVerb {
    /// Tell an address what happens from now on; the signing secret is shown once. A webhook of the
    /// root organization hears of every organization
    Add {
        /// Where to, by https
        #[arg(long)]
        url: String,
        /// What it is for
        #[arg(long)]
        label: String,
        /// Only kinds of event that begin so, such as user.added or client.; may be repeated
        #[arg(long = "kind", value_name = "KIND")]
        kinds: Vec<String>,
    },
    /// List the webhooks
    List,
    /// Change a webhook
    #[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
    Update {
        /// The webhook's id
        id: i64,
        /// Where to, by https
        #[arg(long, group = "change")]
        url: Option<String>,
        /// What it is for
        #[arg(long, group = "change")]
        label: Option<String>,
        /// Only kinds of event that begin so, in place of the present ones; may be repeated
        #[arg(long = "kind", value_name = "KIND", group = "change")]
        kinds: Vec<String>,
        /// Every kind of event
        #[arg(long, group = "change", conflicts_with = "kinds")]
        all_kinds: bool,
    },
    /// Stop telling a webhook anything
    Disable {
        /// The webhook's id
        id: i64,
    },
    /// Tell a webhook again what happens from now on
    Enable {
        /// The webhook's id
        id: i64,
    },
    /// Give a webhook a new signing secret, which is shown once
    Rotate {
        /// The webhook's id
        id: i64,
        /// For how long the secret before signs as well; 0s ends it at once
        #[arg(long, value_name = "SPAN", value_parser = span, default_value = "24h")]
        overlap: Duration,
    },
    /// Remove a webhook, and what was still to be told to it
    Remove {
        /// The webhook's id
        id: i64,
    },
    /// Show what was told to a webhook, and what the receiver said
    Deliveries {
        /// The webhook's id
        id: i64,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Tell a webhook again: one event, or everything since a while ago
    Replay {
        /// The webhook's id
        id: i64,
        /// Only this event
        #[arg(long, value_name = "EVENT_ID", conflicts_with = "since")]
        event: Option<i64>,
        /// Everything since this long ago
        #[arg(long, value_name = "SPAN", value_parser = span, default_value = "24h")]
        since: Duration,
    },
}
