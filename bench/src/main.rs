//! `cargo xtask bench`: what the release server costs, beside what this machine can do at best.
//!
//! The figure to compare is **CPU milliseconds per operation** of the server's processes over a
//! window, divided by this machine's own limits measured in the same run: one bare HTTP exchange
//! (H), one RSA-2048 signature (R), one Argon2id hash (A). It hardly depends on what else the
//! machine is doing; operations per second do. Every answer is checked, and every commit is durable
//! because the server's defaults are.
//!
//! | file | what it owns |
//! |---|---|
//! | `administration` | an import, console pages, searches |
//! | `limits` | H, R and A |
//! | `fill` | a store that is full |
//! | `server` | a throw-away installation: database, keys, a client, users |
//! | `http` | one keep-alive connection |
//! | `visitor` | a virtual user and what it does in each scenario |
//! | `measure` | the closed loop and the meters |
//! | `report` | the table and the targets |

mod administration;
mod fill;
mod forms;
mod http;
mod limits;
mod measure;
mod postgres;
mod process;
mod report;
mod scenario;
mod server;
mod verify;
mod visitor;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::scenario::Scenario;

/// Measures a release server on a throw-away database.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Options {
    /// The program to measure; `cargo xtask bench` fills it in.
    #[arg(long, default_value = "target/release/vestibule", hide = true)]
    server: PathBuf,
    /// Where the server keeps its rows.
    #[arg(long, value_enum, default_value = "sqlite")]
    database: Database,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 5.0)]
    duration: f64,
    /// Seconds of load before each window.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Windows of each scenario; the median is printed.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Virtual users, each with one connection.
    #[arg(long, default_value_t = 16)]
    users: usize,
    /// Only these scenarios; may be repeated.
    #[arg(long, value_enum)]
    scenario: Vec<Scenario>,
    /// Put this many users into the store first, each with a grant, every tenth with a session
    /// (SQLite only).
    #[arg(long, default_value_t = 0)]
    fill: u32,
    /// Let everything that was filled in be long over, so that it is purged while the scenarios run.
    #[arg(long, requires = "fill")]
    expired: bool,
    /// Give the client opaque access tokens, which are not signed.
    #[arg(long)]
    opaque: bool,
    /// Measure what administrators wait for instead: an import of this many people, then the pages
    /// and searches of the console over them and a thousand clients.
    #[arg(long, value_name = "PEOPLE", conflicts_with_all = ["scenario", "fill"])]
    administration: Option<u32>,
    /// Run the server on the first core only, so that operations per second are per core, and keep
    /// the load generator awake on the others.
    #[arg(long)]
    pin: bool,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    json: bool,
    /// Serve the bare HTTP answer on this port (used by the benchmark itself).
    #[arg(long, hide = true)]
    bare: Option<u16>,
}

/// Where the measured server keeps its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    /// The embedded file.
    Sqlite,
    /// A PostgreSQL of its own, fsync on.
    Postgres,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(port) = options.bare {
        return limits::serve_bare(port);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(work(&options)),
        Err(error) => Err(format!("no runtime: {error}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn setup(options: &Options) -> server::Setup {
    let Options { database, pin, opaque, fill: users, expired, .. } = *options;
    server::Setup {
        database,
        fill: (users > 0).then_some(fill::Fill { users, expired }),
        pin,
        opaque,
    }
}

async fn work(options: &Options) -> Result<(), String> {
    let seconds = Duration::try_from_secs_f64(options.duration)
        .map_err(|error| format!("--duration {}: {error}", options.duration))?;
    let warm_up = Duration::try_from_secs_f64(options.warm_up)
        .map_err(|error| format!("--warm-up {}: {error}", options.warm_up))?;
    let (users, awake) = (options.users.max(1), options.pin);
    let plan = measure::Plan { seconds, warm_up, users, awake };
    if let Some(people) = options.administration {
        let server = server::Server::start(&options.server, setup(options)).await?;
        let plan = measure::Plan { users: 1, ..plan };
        return administration::run(&server, people, &plan).await;
    }
    let scenarios =
        if options.scenario.is_empty() { Scenario::ALL.to_vec() } else { options.scenario.clone() };
    eprintln!("measuring this machine's limits");
    let limits = limits::measure(&plan, options.pin).await?;
    eprintln!("setting up a server on {:?}", options.database);
    let server = server::Server::start(&options.server, setup(options)).await?;
    let mut results = Vec::new();
    for round in 1..=options.rounds.max(1) {
        for scenario in &scenarios {
            eprintln!("round {round}: {}", scenario.name());
            results.push(measure::run(*scenario, &server, &plan).await?);
        }
    }
    let startup = server.restart_time().await?;
    let report = report::Report::new(options.database, limits, results, startup);
    if options.json {
        report.print_json()
    } else {
        report.print()
    }
    Ok(())
}
