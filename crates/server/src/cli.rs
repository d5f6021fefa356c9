//! The command line: noun, verb, and one way to say what went wrong.
//!
//! | room | owns |
//! |---|---|
//! | [`args`] | the commands and their flags |
//! | [`console`] | answers for people and, with `--json`, for programs |
//! | [`fault`] | what went wrong, in one sentence, with its exit code |
//! | one room a noun | turning flags into a call of [`crate::services`] and its result into an answer |
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 differences found. Secrets are never arguments:
//! other processes of the machine can read those.

mod admin;
mod args;
mod backup;
mod case;
mod client;
mod config;
mod console;
mod dev;
mod doctor;
mod errors;
mod events;
mod fault;
mod group;
mod healthcheck;
mod hints;
mod init;
mod key;
mod mail;
mod migrate;
mod organization;
mod profile;
mod serve;
mod session;
mod state;
mod token;
mod user;
mod webhook;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use crate::config::Sources;
use args::{Args, Command};
use console::Console;
use fault::CliFault;

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return wrong_usage(&error),
    };
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::io::stdout().is_terminal();
    let console = Console::new(args.json, colours);
    match run(args, &console) {
        Ok(code) => code,
        Err(fault) => {
            console.fault(&fault);
            ExitCode::from(fault.exit_code())
        }
    }
}

/// Help and version are answers; everything else is told as the caller asked for it.
fn wrong_usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let message = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        Console::new(true, false).fault(&CliFault::Usage(message.to_owned()));
    } else {
        // A closed pipe leaves nobody to tell.
        let _unread = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn run(args: Args, console: &Console) -> Result<ExitCode, CliFault> {
    let files = args.config;
    let organization = args.organization;
    let sources =
        || Sources { organization: organization.clone(), ..Sources::of_process(files.clone()) };
    match args.command {
        Command::Dev(args) => dev::run(args, console),
        Command::Init(args) => init::run(&args, console),
        Command::Serve(args) => serve::run(&args, &sources(), console),
        Command::Migrate => migrate::run(&sources(), console),
        Command::Config(verb) => config::run(&verb, &sources(), console),
        Command::Client(verb) => client::run(verb, &sources(), console),
        Command::Profile(verb) => profile::run(verb, &sources(), console),
        Command::User(verb) => user::run(verb, &sources(), console),
        Command::Group(verb) => group::run(verb, &sources(), console),
        Command::Organization(verb) => organization::run(verb, &sources(), console),
        Command::Key(verb) => key::run(verb, &sources(), console),
        Command::Admin(verb) => admin::run(&verb, &sources(), console),
        Command::Token(verb) => token::run(verb, &sources(), console),
        Command::State(verb) => state::run(&verb, &sources(), console),
        Command::Backup(verb) => backup::run(verb, &sources(), console),
        Command::Case(verb) => case::run(&verb, &sources(), console),
        Command::Errors(verb) => errors::run(&verb, console),
        Command::Webhook(verb) => webhook::run(verb, &sources(), console),
        Command::Events(verb) => events::run(&verb, &sources(), console),
        Command::Api(verb) => Ok(api(&verb)),
        Command::Mail(verb) => mail::run(&verb, &sources(), console),
        Command::Doctor(args) => doctor::run(&args, &sources(), console),
        Command::Healthcheck => healthcheck::run(&sources(), console),
        Command::Version => Ok(version(console)),
        Command::Completions { shell } => Ok(completions(shell)),
    }
}

fn version(console: &Console) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    console.answer(&json!({ "name": "vestibule", "version": version }), || {
        format!("vestibule {version}")
    });
    ExitCode::SUCCESS
}

/// The description of the administration API, for generators and for the book.
fn api(verb: &args::ApiVerb) -> ExitCode {
    match verb {
        args::ApiVerb::Openapi { issuer } => {
            console::print(&format!("{:#}\n", crate::api::openapi::document(issuer)));
        }
        args::ApiVerb::Reference => console::print(&crate::api::reference::markdown()),
    }
    ExitCode::SUCCESS
}

fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "vestibule", &mut script);
    console::print(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
