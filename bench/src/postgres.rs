//! A throw-away PostgreSQL with its durable defaults, for one run.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::Running;
use crate::server::free_port;

const MISSING: &str = "PostgreSQL's server programs (initdb, postgres, createdb) were found neither \
                       in PATH nor in /usr/lib/postgresql/*/bin";

/// Starts a server in a folder of its own below `folder`; the URL names an empty database.
pub fn start(folder: &Path) -> Result<(Running, String), String> {
    let programs = programs().ok_or(MISSING)?;
    let data = folder.join("postgres");
    fs::create_dir(&data).map_err(|error| error.to_string())?;
    let owner = owner()?;
    if let Some((user, group)) = owner {
        chown(&data, Some(user), Some(group)).map_err(|error| error.to_string())?;
        // The owner must be able to walk to its folder.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        fs::set_permissions(folder, open).map_err(|error| error.to_string())?;
    }
    let mut initdb = command(&programs.join("initdb"), owner);
    initdb.arg("--pgdata").arg(&data).args([
        "--username=vestibule",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]);
    succeed(&mut initdb)?;
    let port = free_port()?;
    let mut postgres = command(&programs.join("postgres"), owner);
    postgres.arg("-D").arg(&data).args([
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
    ]);
    postgres.args(["-c", "unix_socket_directories=", "-c", "max_connections=100"]);
    let running = Running::start(postgres, false)?;
    let start = Instant::now();
    loop {
        let mut createdb = Command::new(programs.join("createdb"));
        createdb.args(["--host=127.0.0.1", "--username=vestibule"]);
        createdb.arg(format!("--port={port}")).arg("bench");
        match succeed(&mut createdb) {
            Ok(()) => break,
            Err(fault) if start.elapsed() > Duration::from_secs(30) => return Err(fault),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    Ok((running, format!("postgres://vestibule@127.0.0.1:{port}/bench")))
}

fn command(program: &Path, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// PostgreSQL refuses to run as root; then it runs as its own user.
fn owner() -> Result<Option<(u32, u32)>, String> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let pair = id(&["-u", "postgres"]).zip(id(&["-g", "postgres"]));
    pair.map(Some).ok_or_else(|| "there is no user postgres to run PostgreSQL as".to_owned())
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} ended with {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path)
        .filter_map(|folder| Some(folder.join("initdb").canonicalize().ok()?.parent()?.to_owned()));
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    in_path.chain(installed.map(|version| version.path().join("bin"))).find(|folder| {
        ["initdb", "postgres", "createdb"].iter().all(|name| folder.join(name).exists())
    })
}
