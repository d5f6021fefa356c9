//! `cargo xtask order`: which functions a start of the release server runs.
//!
//! `crates/server/build.rs` has the linker put them beside each other. The list is taken from a start under
//! valgrind's callgrind and committed; it is worth taking again when the bench finds an idle server that grew.

mod callgrind;
mod symbols;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::{run, workspace};

const HEADER: &str = "\
# The functions that a start of the server runs, by their names in object files. `cargo xtask order` writes this
# file, crates/server/build.rs hands it to the linker.
#
# `*` stands for the hash of the compiler and the dependencies' versions. Where many functions share a name but for
# the hash (the instances of a generic one) and a start runs few of them, the hash stays: with another compiler
# these are merely not found.
";

/// Takes no options.
pub fn main(words: &[String]) -> ExitCode {
    let done = match words {
        [] => work(),
        _ => Err("takes no options".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("order: {message}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<(), String> {
    let path = workspace::root().join("crates/server/link/start-order");
    let told = |error| format!("{}: {error}", path.display());
    let before = fs::read(&path).map_err(told)?;
    // Valgrind looks at `.text` alone, so nothing may be put elsewhere.
    fs::write(&path, HEADER).map_err(told)?;
    let found = names_of_a_start();
    let list = match &found {
        Ok(names) => format!("{HEADER}{}\n", names.join("\n")).into_bytes(),
        Err(_) => before,
    };
    fs::write(&path, list).map_err(told)?;
    println!("{} names in {}", found?.len(), path.display());
    Ok(())
}

fn names_of_a_start() -> Result<Vec<String>, String> {
    let server = build()?;
    let profile = profile_of_a_start(&server)?;
    let functions = symbols::of(&server)?;
    Ok(symbols::names(&functions, &callgrind::addresses(&profile, &server)?))
}

/// The release server with its symbols, so that an address has a name.
fn build() -> Result<PathBuf, String> {
    let server = ["--release", "--locked", "--package", "vestibule", "--bin", "vestibule"];
    let words = [&["rustc"], &server[..], &["--", "-Cstrip=none"]].concat();
    run::shown(&run::cargo(), &words)?;
    Ok(workspace::target().join("release/vestibule"))
}

/// Starts the server on a database of its own, lets its first background work pass, and stops it.
fn profile_of_a_start(server: &Path) -> Result<PathBuf, String> {
    let folder = workspace::target().join("order/installation");
    let _none = fs::remove_dir_all(&folder);
    let program = server.to_string_lossy();
    let into = folder.to_string_lossy();
    run::shown(&program, &["init", "--issuer", "http://localhost:8080", "--dir", &into])?;
    run::shown_in(&folder, &program, &["migrate"])?;
    let management = free_address()?;
    let serving = Command::new("valgrind")
        .args(["--tool=callgrind", "--dump-instr=yes", "--callgrind-out-file=profile"])
        .args([&*program, "serve"])
        .env("VESTIBULE_SERVER__BIND", free_address()?.to_string())
        .env("VESTIBULE_SERVER__MANAGEMENT_BIND", management.to_string())
        .current_dir(&folder)
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| format!("`valgrind` could not be started: {error}"))?;
    let ready = wait_until_ready(server, &folder, management);
    std::thread::sleep(Duration::from_secs(20));
    stop(serving)?;
    ready.map(|()| folder.join("profile"))
}

fn wait_until_ready(server: &Path, folder: &Path, management: SocketAddr) -> Result<(), String> {
    let limit = Instant::now() + Duration::from_secs(60);
    while Instant::now() < limit {
        let asked = Command::new(server)
            .arg("healthcheck")
            .env("VESTIBULE_SERVER__MANAGEMENT_BIND", management.to_string())
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if asked.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Err("the server was not ready after a minute".to_owned())
}

/// By SIGTERM, as a service manager does: callgrind writes at the end of the process.
fn stop(mut serving: Child) -> Result<(), String> {
    run::shown("kill", &["-TERM".to_owned(), serving.id().to_string()])?;
    serving.wait().map(drop).map_err(|error| format!("waiting for valgrind: {error}"))
}

fn free_address() -> Result<SocketAddr, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port: {error}"))
}
