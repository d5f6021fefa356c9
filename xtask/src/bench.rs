//! `cargo xtask bench`: builds the release server and the benchmark, then runs the one on the other.

use std::process::{Command, ExitCode, Stdio};

use crate::{run, tools, workspace};

/// Everything after `bench` is an option of the benchmark itself.
pub fn main(words: &[String]) -> ExitCode {
    match work(words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn work(words: &[String]) -> Result<bool, String> {
    let asks_help = words.iter().any(|word| word == "--help" || word == "-h");
    if !asks_help && words.iter().any(|word| word == "postgres") {
        tools::bring(&[tools::Tool::Postgres])?;
    }
    let cargo = run::cargo();
    let mut packages = vec!["build", "--release", "--locked", "--package", "vestibule-bench"];
    if !asks_help {
        packages.extend_from_slice(&["--package", "vestibule"]);
    }
    run::shown(&cargo, &packages)?;
    let release = workspace::target().join("release");
    let status = Command::new(release.join("vestibule-bench"))
        .arg("--server")
        .arg(release.join("vestibule"))
        .args(words)
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("the benchmark could not be started: {error}"))?;
    Ok(status.success())
}
