//! The flags of `vestibule group` and `vestibule organization`.

use clap::Subcommand;

use super::{AccentVerb, LogoVerb};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupVerb {
    /// List the groups and how many users are in each
    List,
    /// Make a group
    Add {
        /// Its name
        name: String,
    },
    /// Rename a group
    Rename {
        /// Its name
        name: String,
        /// Its new name
        to: String,
    },
    /// Remove a group; its members stay
    Remove {
        /// Its name
        name: String,
    },
    /// List the members of a group
    Members {
        /// Its name
        name: String,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Go on after this one: `next` of the page before
        #[arg(long, value_name = "CURSOR", default_value_t = 0)]
        after: i64,
    },
    /// Put a user into a group
    AddMember {
        /// Its name
        name: String,
        /// Email address, user name or subject
        user: String,
    },
    /// Take a user out of a group
    RemoveMember {
        /// Its name
        name: String,
        /// Email address, user name or subject
        user: String,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum OrganizationVerb {
    /// List the organizations as a tree
    List,
    /// Make an organization below another
    Add {
        /// Its short name in addresses: lower case letters, digits and hyphens
        slug: String,
        /// What people read [default: the short name]
        #[arg(long)]
        name: Option<String>,
        /// The short name of the one it is a part of [default: root]
        #[arg(long, value_name = "SLUG")]
        parent: Option<String>,
    },
    /// Show an organization
    Show {
        /// Its short name
        slug: String,
    },
    /// Change what people read
    Rename {
        /// Its short name
        slug: String,
        /// The new name
        name: String,
    },
    /// Switch an organization off, and all below it
    Disable {
        /// Its short name
        slug: String,
    },
    /// Switch an organization on, and what was switched off with it
    Enable {
        /// Its short name
        slug: String,
    },
    /// The picture on the pages of its sign-ins
    #[command(subcommand)]
    Logo(LogoVerb),
    /// The colour of the pages of its sign-ins
    #[command(subcommand)]
    Accent(AccentVerb),
}
