//! Running other programs: what is run is shown, and a failure says which program and how it ended.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace;

/// Runs a program in the workspace with its output shown.
pub fn shown<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Result<(), String> {
    shown_in(&workspace::root(), program, arguments)
}

/// Runs a program in `folder` with its output shown.
pub fn shown_in<S: AsRef<OsStr>>(
    folder: &Path,
    program: &str,
    arguments: &[S],
) -> Result<(), String> {
    let line = line(program, arguments);
    println!("$ {line}");
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TERM_COLOR", colour())
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("`{program}` could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` ended with {status}")) }
}

/// The standard output of a program that succeeded.
pub fn output<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The cargo that runs us.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn line<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> String {
    let mut line = Path::new(program)
        .file_name()
        .map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned());
    for argument in arguments {
        line.push(' ');
        line.push_str(&argument.as_ref().to_string_lossy());
    }
    line
}

fn colour() -> &'static str {
    if std::env::var_os("CI").is_some() || std::env::var_os("NO_COLOR").is_some() {
        "never"
    } else {
        "auto"
    }
}
