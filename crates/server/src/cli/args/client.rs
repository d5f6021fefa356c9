//! `vestibule client …`.

use clap::{Subcommand, ValueEnum};
use vestibule_protocol::client::{AuthMethod, Environment, GrantType, PkcePolicy};

use super::{AccentVerb, ListPage, LogoVerb, pair, span};
use crate::sheet::Format;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ClientVerb {
    /// Register a client; its secret is shown once
    Add(Box<ClientAdd>),
    /// List the clients
    List(ClientList),
    /// Show a client
    Show {
        /// Which
        client_id: String,
    },
    /// Show what a client would be told of a user
    Preview {
        /// Which
        client_id: String,
        /// Email address, user name or subject
        #[arg(long)]
        user: String,
        /// Of this scope [default: all that the client is registered for]; may be repeated
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// Change a client: its name and any of its settings
    Update(ClientUpdate),
    /// Delete a client for good; everything that was issued to it ends with it
    Remove {
        /// Which
        client_id: String,
        /// The same once more
        #[arg(long, value_name = "CLIENT_ID")]
        confirm: String,
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
    /// Limit it to groups and organizations of users, or lift such a limit
    Limit(LimitArgs),
    /// Print its hand-over sheet, or make a link to it; the secret is never on it
    Sheet(SheetArgs),
    /// Links to its sheet and its secrets
    #[command(subcommand)]
    Links(LinksVerb),
    /// Try against the running server what can be tried without a browser
    Test {
        /// Which
        client_id: String,
        /// Try the secret on standard input instead of one that is made for the test
        #[arg(long)]
        secret_stdin: bool,
    },
    /// Its secrets
    #[command(subcommand)]
    Secret(SecretVerb),
    /// Its redirect URIs
    #[command(subcommand)]
    Uri(UriVerb),
    /// The picture on the pages of its sign-in
    #[command(subcommand)]
    Logo(LogoVerb),
    /// The colour of the pages of its sign-in
    #[command(subcommand)]
    Accent(AccentVerb),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ClientList {
    #[command(flatten)]
    pub page: ListPage,
    /// Only test or only live registrations
    #[arg(long)]
    pub environment: Option<EnvironmentArg>,
    /// Only those that are trusted more than the default trusts a client
    #[arg(long)]
    pub relaxed: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum EnvironmentArg {
    /// For trying out
    Test,
    /// For patients
    Live,
}

impl From<EnvironmentArg> for Environment {
    fn from(environment: EnvironmentArg) -> Self {
        match environment {
            EnvironmentArg::Test => Self::Test,
            EnvironmentArg::Live => Self::Live,
        }
    }
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
    /// Put the secret behind a link that shows it once, good for this long, instead of printing it
    #[arg(long, value_name = "SPAN", value_parser = span, num_args = 0..=1, default_missing_value = "7d")]
    pub secret_link: Option<std::time::Duration>,
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
pub(in crate::cli) struct ClientUpdate {
    /// Which
    pub client_id: String,
    /// What people read
    #[arg(long, group = "change")]
    pub name: Option<String>,
    /// A setting by its name in `client show --json`, in JSON or as plain text: pkce=optional,
    /// lifetimes.code_seconds=120, frame_ancestors='["https://portal.example"]'; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = pair, group = "change")]
    pub settings: Vec<(String, String)>,
    /// Put a setting back to its default; may be repeated
    #[arg(long = "unset", value_name = "SETTING", group = "change")]
    pub defaults: Vec<String>,
    /// Why it is trusted more than the default in a point: pkce_optional, consent_implied, framed,
    /// long_access_tokens or plain_http; may be repeated
    #[arg(long = "reason", value_name = "POINT=WHY", value_parser = pair, group = "change")]
    pub reasons: Vec<(String, String)>,
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

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("limit").required(true).multiple(true)))]
pub(in crate::cli) struct LimitArgs {
    /// Which
    pub client_id: String,
    /// Only members of this group may sign in; may be repeated
    #[arg(long = "group", value_name = "NAME", group = "limit")]
    pub groups: Vec<String>,
    /// Members of every group, and of none
    #[arg(long, group = "limit", conflicts_with = "groups")]
    pub no_groups: bool,
    /// Only users of this organization, the client's own or one below it; may be repeated
    #[arg(long = "users-of", value_name = "SLUG", group = "limit")]
    pub users_of: Vec<String>,
    /// Users of the client's own organization alone
    #[arg(long, group = "limit", conflicts_with = "users_of")]
    pub own_users: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SheetArgs {
    /// Whose
    pub client_id: String,
    /// In which form
    #[arg(long, value_enum, default_value_t = FormatArg::Md)]
    pub format: FormatArg,
    /// Make a link to it instead, good for this long, such as 7d
    #[arg(long, value_name = "SPAN", value_parser = span, conflicts_with = "format")]
    pub share: Option<std::time::Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum FormatArg {
    /// Markdown
    Md,
    /// A page that prints well
    Html,
    /// JSON
    Json,
    /// Environment variables
    Env,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Md => Self::Markdown,
            FormatArg::Html => Self::Html,
            FormatArg::Json => Self::Json,
            FormatArg::Env => Self::Env,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LinksVerb {
    /// List those that have not ended
    List {
        /// Of which client
        client_id: String,
    },
    /// End one at once
    Revoke {
        /// Of which client
        client_id: String,
        /// Its id, as `client links list` prints it
        id: i64,
    },
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
        /// Put it behind a link that shows it once, good for this long, instead of printing it
        #[arg(long, value_name = "SPAN", value_parser = span, num_args = 0..=1, default_missing_value = "7d")]
        secret_link: Option<std::time::Duration>,
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
