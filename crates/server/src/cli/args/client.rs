//! `vestibule client …`.

use clap::{Subcommand, ValueEnum};
use vestibule_protocol::client::{AuthMethod, GrantType, PkcePolicy};

use super::{ListPage, pair, span};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ClientVerb {
    /// Register a client; its secret is shown once
    Add(Box<ClientAdd>),
    /// List the clients
    List(ListPage),
    /// Show a client
    Show {
        /// Which
        client_id: String,
    },
    /// Switch a client off: nothing new starts, nothing old works
    Disable {
        /// Which
        client_id: String,
    },
    /// Switch a client on again
    Enable {
        /// Which
        client_id: String,
    },
    /// Its secrets
    #[command(subcommand)]
    Secret(SecretVerb),
    /// Its redirect URIs
    #[command(subcommand)]
    Uri(UriVerb),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ClientAdd {
    /// What people read
    #[arg(long)]
    pub name: Option<String>,
    /// Vendor profile to begin with, such as unomed or healthie
    #[arg(long)]
    pub profile: Option<String>,
    /// Value of one of the profile's variables; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub values: Vec<(String, String)>,
    /// Where codes may be sent, character for character; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after logout; may be repeated
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may ask for: scopes separated by spaces; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// How it authenticates
    #[arg(long, value_name = "METHOD")]
    pub auth_method: Option<MethodArg>,
    /// Whether a code flow without PKCE is refused
    #[arg(long, value_name = "POLICY")]
    pub pkce: Option<PkceArg>,
    /// How it may obtain tokens; may be repeated
    #[arg(long = "grant", value_name = "GRANT")]
    pub grants: Vec<GrantArg>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum MethodArg {
    /// HTTP Basic
    #[value(alias = "client_secret_basic")]
    Basic,
    /// In the form
    #[value(alias = "client_secret_post")]
    Post,
    /// Either of the two
    #[value(name = "basic_or_post", alias = "basic-or-post")]
    BasicOrPost,
    /// None: a public client
    None,
}

impl From<MethodArg> for AuthMethod {
    fn from(method: MethodArg) -> Self {
        match method {
            MethodArg::Basic => Self::Basic,
            MethodArg::Post => Self::Post,
            MethodArg::BasicOrPost => Self::BasicOrPost,
            MethodArg::None => Self::None,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum PkceArg {
    /// A request without it is refused
    Required,
    /// For confidential clients whose library sends none
    Optional,
}

impl From<PkceArg> for PkcePolicy {
    fn from(policy: PkceArg) -> Self {
        match policy {
            PkceArg::Required => Self::Required,
            PkceArg::Optional => Self::Optional,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum GrantArg {
    /// RFC 6749 §4.1
    #[value(name = "authorization_code", alias = "code")]
    AuthorizationCode,
    /// RFC 6749 §6
    #[value(name = "refresh_token", alias = "refresh")]
    RefreshToken,
    /// RFC 6749 §4.4
    #[value(name = "client_credentials")]
    ClientCredentials,
}

impl From<GrantArg> for GrantType {
    fn from(grant: GrantArg) -> Self {
        match grant {
            GrantArg::AuthorizationCode => Self::AuthorizationCode,
            GrantArg::RefreshToken => Self::RefreshToken,
            GrantArg::ClientCredentials => Self::ClientCredentials,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SecretVerb {
    /// Make one more secret, shown once; the others go on working
    Add {
        /// Of which client
        client_id: String,
        /// What admins call it
        #[arg(long, default_value = "added")]
        label: String,
        /// After how long it stops working, such as 90d
        #[arg(long, value_name = "SPAN", value_parser = span)]
        expires_in: Option<std::time::Duration>,
    },
    /// Revoke a secret at once
    Revoke {
        /// Of which client
        client_id: String,
        /// Its id, or its first characters as `client show` prints them
        secret: String,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UriVerb {
    /// Register one more
    Add {
        /// Of which client
        client_id: String,
        /// Character for character
        uri: String,
    },
    /// Take one out
    Remove {
        /// Of which client
        client_id: String,
        /// Character for character
        uri: String,
    },
}
