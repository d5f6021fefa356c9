//! The flags of `vestibule user`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::{ListPage, pair, span};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserVerb {
    /// Add a user
    Add(Box<UserAdd>),
    /// Add a user without a password, and mail or show the link by which the user sets one
    Invite(Box<UserInvite>),
    /// List the users; --search takes beginnings of names, addresses, external ids and subjects
    List(UserList),
    /// Show a user with sessions, consents and the last events
    Show {
        /// Email address, user name or subject
        user: String,
    },
    /// Change a user; an empty value takes a claim away
    Update(Box<UserUpdate>),
    /// Mail or show a link by which a user sets a new password
    ResetLink {
        /// Email address, user name or subject
        user: String,
        /// For how long it is good, such as 24h [default: 30 minutes, 7 days for the first password]
        #[arg(long, value_name = "SPAN", value_parser = span)]
        expires_in: Option<Duration>,
        #[command(flatten)]
        handover: HandoverArgs,
    },
    /// Keep a user out, and sign it out everywhere
    Disable {
        /// Email address, user name or subject
        user: String,
    },
    /// Let a user in again
    Enable {
        /// Email address, user name or subject
        user: String,
    },
    /// Forget the wrong passwords counted against a user
    Unlock {
        /// Email address, user name or subject
        user: String,
    },
    /// List the sessions of a user
    Sessions {
        /// Email address, user name or subject
        user: String,
    },
    /// Sign a user out everywhere, or of one session
    SignOut {
        /// Email address, user name or subject
        user: String,
        /// Only this session, as `user sessions` lists it
        #[arg(long, value_name = "ID")]
        session: Option<i64>,
    },
    /// Withdraw what a user agreed to share with a client; the client's tokens end
    WithdrawConsent {
        /// Email address, user name or subject
        user: String,
        /// Which client
        client_id: String,
    },
    /// Remove a user for good, with everything about it
    Erase {
        /// Email address, user name or subject
        user: String,
        /// The same once more: it cannot be undone
        #[arg(long, value_name = "USER")]
        confirm: String,
    },
    /// Create and update users from a file
    Import(Box<UserImport>),
    /// Write all users to standard output
    Export(UserExport),
}

/// What a new user is.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserFields {
    /// Email address to sign in with
    #[arg(long)]
    pub email: Option<String>,
    /// The email address is known to be the user's
    #[arg(long, requires = "email")]
    pub email_verified: bool,
    /// User name to sign in with
    #[arg(long)]
    pub username: Option<String>,
    /// First name
    #[arg(long)]
    pub given_name: Option<String>,
    /// Last name
    #[arg(long)]
    pub family_name: Option<String>,
    /// Whole name [default: first and last name]
    #[arg(long)]
    pub name: Option<String>,
    /// Any other claim, such as birthdate=1815-12-10 or address.locality=London; may be repeated
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = pair)]
    pub claims: Vec<(String, String)>,
    /// Group the user is in; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// What the system the account comes from calls the user
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// What kind of account it is, such as provider or patient
    #[arg(long, value_name = "TYPE")]
    pub account_type: Option<String>,
    /// A test user: it reaches test registrations of clients alone
    #[arg(long)]
    pub test: bool,
}

/// How a link reaches its user.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct HandoverArgs {
    /// Mail the link; --send=false shows it [default: mail it, where mail is configured and the user
    /// has an address]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub send: Option<bool>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserInvite {
    #[command(flatten)]
    pub fields: UserFields,
    #[command(flatten)]
    pub handover: HandoverArgs,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserAdd {
    #[command(flatten)]
    pub fields: UserFields,
    /// Read the password from standard input
    #[arg(long, group = "password")]
    pub password_stdin: bool,
    /// Read the password from a file
    #[arg(long, value_name = "PATH", group = "password")]
    pub password_file: Option<PathBuf>,
    /// Make a password, and show it once
    #[arg(long, group = "password")]
    pub generate_password: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserList {
    #[command(flatten)]
    pub page: ListPage,
    /// Only members of this group
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// Only test users; --test=false lists the others
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub test: Option<bool>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserUpdate {
    /// Email address, user name or subject
    pub user: String,
    /// Email address; a new one is not verified
    #[arg(long)]
    pub email: Option<String>,
    /// Whether the email address is known to be the user's
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub email_verified: Option<bool>,
    /// User name
    #[arg(long)]
    pub username: Option<String>,
    /// A claim, such as given_name=Ada; without a value it is taken away; may be repeated
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = pair)]
    pub claims: Vec<(String, String)>,
    /// Group the user is in; may be repeated, and replaces the groups there were
    #[arg(long = "group", value_name = "NAME", conflicts_with = "no_groups")]
    pub groups: Vec<String>,
    /// Take the user out of all groups
    #[arg(long)]
    pub no_groups: bool,
    /// What the system the account comes from calls the user
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// What kind of account it is
    #[arg(long, value_name = "TYPE")]
    pub account_type: Option<String>,
    /// Whether it is a test user
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub test: Option<bool>,
}

/// How a file of users is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum FormatArg {
    /// A line of column names, then a line for each user
    Csv,
    /// One JSON object a line
    Jsonl,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserImport {
    /// The file; see docs/guides/users.md for its columns
    pub file: PathBuf,
    /// Write nothing, and tell what would be done; exits 3 when there is something
    #[arg(long)]
    pub dry_run: bool,
    /// Mail an invitation to each new user who has no password
    #[arg(long)]
    pub invite: bool,
    /// How it is written [default: by the end of its name]
    #[arg(long)]
    pub format: Option<FormatArg>,
    /// Write what became of each row to this file, as CSV
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    /// File with the hash parameters of a Firebase project, as its console shows them, in JSON:
    /// base64_signer_key, base64_salt_separator, rounds, mem_cost
    #[arg(long, value_name = "PATH")]
    pub firebase: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct UserExport {
    /// How it is written
    #[arg(long, default_value = "csv")]
    pub format: FormatArg,
    /// Only the map of identifiers: external_id, sub, email, names, account_type, org
    #[arg(long)]
    pub uid_map: bool,
    /// Only users whom this client admits
    #[arg(long, value_name = "CLIENT_ID", requires = "uid_map")]
    pub client: Option<String>,
    /// Put an apostrophe in front of cells that a spreadsheet would take for a formula
    #[arg(long)]
    pub spreadsheet: bool,
}
