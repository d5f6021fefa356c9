//! The flags of `vestibule admin` and `vestibule token`.

use std::time::Duration;

use clap::Subcommand;
use vestibule_protocol::admin::{Permission, Role};

use super::span;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AdminVerb {
    /// Make a link, good for one use and 30 minutes, that makes its bearer an owner
    Link,
    /// List who administers what
    List,
    /// Grant a role: owner, client-manager, user-manager, auditor or support
    Grant {
        #[command(flatten)]
        who: Who,
        /// Which role
        #[arg(value_parser = role)]
        role: Role,
        /// Only in this organization and below it [default: everywhere]
        #[arg(long, value_name = "SLUG")]
        below: Option<String>,
    },
    /// Take a role away
    Revoke {
        /// The role's id, as `admin list` shows it
        id: i64,
    },
}

/// Who is to hold a role.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Who {
    /// A user: email address, user name or subject
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// A client, which acts by client_credentials
    #[arg(long, value_name = "CLIENT_ID")]
    pub client: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenVerb {
    /// Make a token that acts for an administrator; it is shown once
    Add {
        /// For whom: email address, user name or subject
        #[arg(long)]
        user: String,
        /// What it is for
        #[arg(long)]
        label: String,
        /// What it may do at most, such as clients:read; may be repeated
        #[arg(long = "permission", value_name = "PERMISSION", required = true, value_parser = permission)]
        permissions: Vec<Permission>,
        /// For how long
        #[arg(long = "for", value_name = "SPAN", default_value = "30d", value_parser = span)]
        lifetime: Duration,
    },
    /// List the tokens of an administrator
    List {
        /// Whose: email address, user name or subject
        #[arg(long)]
        user: String,
    },
    /// Revoke a token
    Revoke {
        /// Whose: email address, user name or subject
        #[arg(long)]
        user: String,
        /// The token's id, as `token list` shows it
        id: i64,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_word(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

fn permission(text: &str) -> Result<Permission, String> {
    Permission::from_word(text).ok_or_else(|| {
        let known: Vec<&str> = Permission::ALL.iter().map(|it| it.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}
