//! The commands and their flags.

mod admin;
mod backup;
mod brand;
mod client;
mod events;
mod key;
mod people;
mod profile;
mod state;
mod user;
mod webhook;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use vestibule_protocol::client::Status;

pub(super) use admin::{AdminVerb, TokenVerb};
pub(super) use backup::BackupVerb;
pub(super) use brand::{AccentVerb, LogoVerb};
pub(super) use client::{
    ClientAdd, ClientList, ClientUpdate, ClientVerb, LimitArgs, LinksVerb, SecretVerb, SheetArgs,
    UriVerb,
};
pub(super) use events::{
    CaseVerb, ErrorsVerb, EventFilter, EventSpan, EventsVerb, ExportFormat, OutcomeArg,
};
pub(super) use key::KeyVerb;
pub(super) use people::{GroupVerb, OrganizationVerb};
pub(super) use profile::ProfileVerb;
pub(super) use state::{Files as StateFiles, StateVerb};
pub(super) use user::{
    FormatArg, HandoverArgs, UserAdd, UserExport, UserFields, UserImport, UserInvite, UserList,
    UserUpdate, UserVerb,
};
pub(super) use webhook::WebhookVerb;

/// An OAuth 2.0 and OpenID Connect provider.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, propagate_version = true, arg_required_else_help = true)]
pub(super) struct Args {
    /// Configuration file; may be repeated, the later wins [default: vestibule.toml]
    #[arg(long, global = true, value_name = "PATH", env = "VESTIBULE_CONFIG")]
    pub config: Vec<PathBuf>,
    /// Answer in JSON; faults are JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Work in this organization instead of the root, by its short name
    #[arg(long, global = true, value_name = "SLUG")]
    pub organization: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Try it out: everything on this machine, with a demo client and test users
    Dev(Dev),
    /// Write a configuration file and a master key for production
    Init(Init),
    /// Run the server
    Serve(Serve),
    /// Bring the database's schema up to this version
    Migrate,
    /// Check, show and describe the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Clients: the apps that users sign in to
    #[command(subcommand)]
    Client(ClientVerb),
    /// Vendor profiles: what a named vendor's client needs
    #[command(subcommand)]
    Profile(ProfileVerb),
    /// Users
    #[command(subcommand)]
    User(UserVerb),
    /// Groups of users
    #[command(subcommand)]
    Group(GroupVerb),
    /// Organizations and those below them
    #[command(subcommand)]
    Organization(OrganizationVerb),
    /// Signing keys
    #[command(subcommand)]
    Key(KeyVerb),
    /// Administrators and their roles
    #[command(subcommand)]
    Admin(AdminVerb),
    /// Tokens of the administration API
    #[command(subcommand)]
    Token(TokenVerb),
    /// Declarative files: what clients and roles there are to be
    #[command(subcommand)]
    State(StateVerb),
    /// Webhooks: telling other systems what happens
    #[command(subcommand)]
    Webhook(WebhookVerb),
    /// Outgoing mail
    #[command(subcommand)]
    Mail(MailVerb),
    /// Backups, which are also the way from SQLite to PostgreSQL
    #[command(subcommand)]
    Backup(BackupVerb),
    /// The event log
    #[command(subcommand)]
    Events(EventsVerb),
    /// Case files: one attempt, from beginning to end
    #[command(subcommand)]
    Case(CaseVerb),
    /// The catalogue of errors
    #[command(subcommand)]
    Errors(ErrorsVerb),
    /// Describe the administration API
    #[command(subcommand)]
    Api(ApiVerb),
    /// Look at a running installation from outside, and tell what is wrong
    Doctor(Doctor),
    /// Exit 0 if the server beside it is ready, else 1: for container images
    Healthcheck,
    /// Print the version
    Version,
    /// Print the completion script of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Dev {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Where its data is kept
    #[arg(long, value_name = "PATH", default_value = ".vestibule-dev")]
    pub data_dir: PathBuf,
    /// Forget all data of earlier runs first
    #[arg(long)]
    pub reset: bool,
    /// Loopback address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Issuer, on http and loopback [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Also register the client of a vendor profile, such as healthie:company=acme; may be repeated
    #[arg(long, value_name = "PROFILE[:NAME=VALUE,…]")]
    pub preset: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The URL that relying parties will know the service by
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// Database; a password belongs in a file (database.url_file)
    #[arg(long, value_name = "URL", default_value = "sqlite:vestibule.db")]
    pub database: String,
    /// Folder to write to
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Bring the schema up to this version first
    #[arg(long)]
    pub migrate: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Also send a test mail to this address; without it the relay is only signed in to
    #[arg(long, value_name = "ADDRESS")]
    pub mail_to: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum MailVerb {
    /// Tell where mail goes, what waits, and what failed last
    Status,
    /// Send a test mail at once, and tell what the relay says
    Test {
        /// The address that it goes to
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ApiVerb {
    /// Print the OpenAPI 3.1 document, for generators
    Openapi {
        /// The URL of the service that the document is to name
        #[arg(long, value_name = "URL", default_value = "http://localhost:8080")]
        issuer: String,
    },
    /// Print the reference page, in Markdown
    #[command(hide = true)]
    Reference,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Tell all that is wrong with it
    Check,
    /// Print the values in force; secrets are masked
    Show {
        /// Tell where each value comes from
        #[arg(long)]
        origin: bool,
    },
    /// Print the JSON Schema, for editors
    Schema,
    /// Print the reference page, in Markdown
    #[command(hide = true)]
    Reference,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListPage {
    /// Only those that match this text
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Only those of this status
    #[arg(long)]
    pub status: Option<StatusArg>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Go on after this one: `next` of the page before
    #[arg(long, value_name = "CURSOR", default_value_t = 0)]
    pub after: i64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum StatusArg {
    /// In use
    Active,
    /// Switched off
    Disabled,
}

impl From<StatusArg> for Status {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Active => Self::Active,
            StatusArg::Disabled => Self::Disabled,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

pub(super) fn span(text: &str) -> Result<std::time::Duration, String> {
    crate::config::units::span::parse(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_command_takes_a_secret_as_an_argument() {
        fn visit(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(!matches!(name, "password" | "client_secret" | "master_key"), "{name}");
            }
            command.get_subcommands().for_each(visit);
        }
        visit(&Args::command());
    }

    #[test]
    fn every_command_is_in_the_reference() {
        const REFERENCE: &str = include_str!("../../../../docs/reference/command-line.md");
        fn visit(command: &clap::Command, above: &str) {
            let name = format!("{above} {}", command.get_name());
            if command.is_hide_set() {
                return;
            }
            if !command.has_subcommands() {
                // A line tells of several: `vestibule user disable USER`, `… enable …`.
                let told = REFERENCE.lines().filter(|line| line.contains(above));
                let verb = |word: &str| word.trim_matches(['`', ',']) == command.get_name();
                let found = told.flat_map(str::split_whitespace).any(verb);
                assert!(found, "docs/reference/command-line.md does not tell of {name}");
            }
            command.get_subcommands().for_each(|one| visit(one, &name));
        }
        Args::command().get_subcommands().for_each(|one| visit(one, "vestibule"));
    }

    #[test]
    fn the_documented_spellings_are_taken() {
        for line in [
            "vestibule client add --name N --profile unomed --set company=acme --redirect-uri https://a/b --scope openid --auth-method basic_or_post --pkce optional --grant client_credentials --json",
            "vestibule client add --profile unomed --secret-link 7d",
            "vestibule client add --profile unomed --secret-link --json",
            "vestibule client secret add x --secret-link",
            "vestibule client sheet x --format env",
            "vestibule client sheet x --share 7d",
            "vestibule client links revoke x 17",
            "vestibule profile list --json",
            "vestibule profile show unomed",
            "vestibule profile check a.toml b.toml",
            "vestibule client secret add x --label y --expires-in 90d",
            "vestibule user add --email e@x --password-stdin --given-name A --family-name B --claim k=v --json",
            "vestibule dev --port 8081 --data-dir d --reset --json",
            "vestibule init --issuer https://id.example",
            "vestibule serve --config a.toml --config b.toml",
            "vestibule key rotate --alg ES256 --now --yes",
            "vestibule events tail -n 5 -f",
            "vestibule events search --case 7fk2qd --since 24h",
            "vestibule events search --outcome wrong --reason redirect_uri_mismatch --until 2026-11-21",
            "vestibule events export --format csv --client unomed",
            "vestibule case show 7FK-2QD",
            "vestibule case share 7FK-2QD --for 7d",
            "vestibule errors show VB-2004",
            "vestibule config show --origin",
            "vestibule admin grant --user ada@clinic.test client-manager --below lakeside",
            "vestibule admin grant --client abc auditor",
            "vestibule token add --user ada@clinic.test --label deploy --permission clients:read --for 30d",
            "vestibule client list --organization lakeside",
            "vestibule client preview x --user ada@clinic.test --scope openid --scope email",
            "vestibule state diff -f a.toml -f b.toml --prune --json",
            "vestibule state apply -f a.toml --prune --yes",
            "vestibule state apply -f a.toml --dry-run",
            "vestibule state export --all",
            "vestibule state export --client a --client b",
            "vestibule webhook add --url https://a.example/hook --label siem --kind user. --kind client.",
            "vestibule webhook replay 1 --since 2h",
            "vestibule backup create --out -",
            "vestibule backup restore a.jsonl --yes",
            "vestibule completions bash",
        ] {
            let parsed = Args::try_parse_from(line.split(' '));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
        let both = "vestibule user add --email e@x --password-stdin --generate-password";
        assert!(Args::try_parse_from(both.split(' ')).is_err());
    }
}
