//! A PostgreSQL of our own: started once for the test process from the installed programs, on a free
//! loopback port, and gone with the process, however that ends.

use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What to do when PostgreSQL is not there. The tests need it: half of what they prove is that the
/// same promises hold on it.
const MISSING: &str = "PostgreSQL's server programs (initdb, pg_ctl, postgres) were found neither \
    in PATH nor in /usr/lib/postgresql/*/bin; install them (on Debian: apt-get install postgresql)";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    port: u16,
    /// The server's folder, and what owns it.
    folder: PathBuf,
    /// Databases are made one after the other: a template may be copied by one at a time.
    making: Mutex<u64>,
    /// While this end of the pipe is open the server lives.
    _lifeline: ChildStdin,
    _supervisor: Mutex<Child>,
}

/// The server of this test process.
///
/// # Panics
/// When there is none and none can be started; the message says what to install.
pub fn shared() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| match Postgres::start() {
        Ok(server) => server,
        Err(error) => panic!("{error}"),
    })
}

impl Postgres {
    /// Starts a server in a folder of its own.
    pub fn start() -> io::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("vestibule-postgres-").tempdir()?.keep();
        let owner = owner()?;
        if let Some(owner) = owner {
            chown(&folder, Some(owner.user), Some(owner.group))?;
        }
        let (supervisor, lifeline) = Self::supervise(&programs, &folder, owner)?;
        let data = folder.join("data");
        let mut initdb = command(&programs.join("initdb"), owner);
        initdb.arg("--pgdata").arg(&data).args([
            "--username=vestibule",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]);
        succeed(&mut initdb)?;
        let port = Self::run(&programs, &folder, &data, owner)?;
        Ok(Self {
            programs,
            port,
            folder,
            making: Mutex::new(0),
            _lifeline: lifeline,
            _supervisor: Mutex::new(supervisor),
        })
    }

    /// Starts the server and returns its port.
    fn run(programs: &Path, folder: &Path, data: &Path, owner: Option<Owner>) -> io::Result<u16> {
        let mut failure = io::Error::other("no port was tried");
        // Somebody else may take a free port before the server does.
        for _ in 0..5 {
            let port = free_port()?;
            let mut start = command(&programs.join("pg_ctl"), owner);
            let options = format!(
                "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
                 -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB"
            );
            start.args(["--wait", "--timeout=60", "--options", &options, "--log"]);
            start.arg(folder.join("log")).arg("--pgdata").arg(data).arg("start");
            match succeed(&mut start) {
                Ok(_) => return Ok(port),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Starts a shell that waits for the other end of its input to close: that happens when this
    /// process ends, be it by a panic or by `kill -9`. Then it stops the server, if there is one,
    /// and removes the folder.
    fn supervise(
        programs: &Path,
        folder: &Path,
        owner: Option<Owner>,
    ) -> io::Result<(Child, ChildStdin)> {
        let mut supervisor = command(Path::new("/bin/sh"), owner);
        supervisor
            .arg("-c")
            .arg("cat >/dev/null; \"$1\" --pgdata \"$2/data\" --mode=immediate stop; rm -rf \"$2\"")
            .arg("supervisor")
            .arg(programs.join("pg_ctl"))
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C reaches the tests, not what cleans up after them.
            .process_group(0);
        let mut supervisor = supervisor.spawn()?;
        let lifeline = supervisor.stdin.take().ok_or_else(|| io::Error::other("no pipe"))?;
        Ok((supervisor, lifeline))
    }

    /// Makes a database, empty or a copy of `template`, and returns its name.
    pub fn create_database(&self, template: Option<&str>) -> io::Result<String> {
        let mut made = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        *made += 1;
        let name = format!("test_{made}");
        let mut createdb = Command::new(self.programs.join("createdb"));
        createdb.args(["--host=127.0.0.1", "--username=vestibule"]);
        createdb.arg(format!("--port={}", self.port));
        createdb.args(template.map(|template| format!("--template={template}")));
        succeed(createdb.arg(&name))?;
        Ok(name)
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://vestibule@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement behind the store's back.
    pub fn execute(&self, database: &str, statement: &str) -> io::Result<()> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", statement]);
        succeed(psql.arg(self.url(database))).map(|_| ())
    }

    /// Stops the server without warning.
    pub fn crash(&self) -> io::Result<()> {
        let mut stop = command(&self.programs.join("pg_ctl"), owner()?);
        stop.arg("--pgdata").arg(self.folder.join("data"));
        succeed(stop.args(["--mode=immediate", "--wait", "--timeout=60", "stop"])).map(|_| ())
    }

    /// Stops the server without warning, unless it is stopped, and starts it again: its connections
    /// break, and it recovers from its log.
    pub fn crash_and_restart(&self) -> io::Result<()> {
        let mut restart = command(&self.programs.join("pg_ctl"), owner()?);
        restart.arg("--pgdata").arg(self.folder.join("data"));
        restart.args(["--mode=immediate", "--wait", "--timeout=60", "--log"]);
        succeed(restart.arg(self.folder.join("log")).arg("restart")).map(|_| ())
    }
}

/// Whom the server runs as, when the tests run as root: PostgreSQL refuses that.
#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

fn owner() -> io::Result<Option<Owner>> {
    let id = |arguments: &[&str]| -> io::Result<u32> {
        let output = succeed(Command::new("id").args(arguments))?;
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse()
            .map_err(|_| io::Error::other("`id` printed no number"))
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    let of_postgres = id(&["-u", "postgres"])
        .and_then(|user| Ok(Some(Owner { user, group: id(&["-g", "postgres"])? })));
    of_postgres.map_err(|_| {
        io::Error::other("PostgreSQL does not run as root; make a user for it: useradd postgres")
    })
}

/// A command as the server's owner, in a folder that the owner may be in.
fn command(program: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

fn succeed(command: &mut Command) -> io::Result<Output> {
    // pg_ctl leaves its outputs to the server, so they may not be pipes that are read to the end.
    let ends_by_itself =
        !command.get_args().any(|argument| argument == "start" || argument == "restart");
    let output = if ends_by_itself {
        command.stdin(Stdio::null()).output()?
    } else {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Output { status: command.status()?, stdout: Vec::new(), stderr: Vec::new() }
    };
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{command:?} failed: {said}")))
}

fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The folder of PostgreSQL's programs: where `initdb` in PATH leads to, or the newest of Debian's.
fn programs() -> io::Result<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres", "createdb", "psql"]
            .iter()
            .all(|name| folder.join(name).exists())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter_map(|folder| {
        // PATH may hold links to the programs, which look for their neighbours where they are.
        Some(folder.join("initdb").canonicalize().ok()?.parent()?.to_path_buf())
    });
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    installed.sort();
    in_path
        .chain(installed.into_iter().rev())
        .find(complete)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, MISSING))
}
