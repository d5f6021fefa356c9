//! A throw-away installation of the server: its database, a client, users.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::Database;
use crate::fill::Fill;
use crate::http::Connection;
use crate::postgres;
use crate::process::Running;
use crate::verify::{self, Keys};

/// Users that can sign in; visitors share them when there are more visitors.
const PEOPLE: usize = 32;
const REDIRECT_URI: &str = "http://127.0.0.1:9/cb";
const PASSWORD: &str = "eleven quiet otters rowing north";

/// What visitors need to know.
pub struct Target {
    /// Host and port.
    pub address: String,
    /// The issuer.
    pub issuer: String,
    /// The confidential client.
    pub client_id: String,
    /// Its redirect URI; nothing listens there.
    pub redirect_uri: String,
    /// Its `Authorization` field.
    pub authorization: String,
    /// The path of the key set.
    pub jwks_path: String,
    /// The keys that sign.
    pub keys: Rc<Keys>,
    /// Distinguishes this run's nonces from another's.
    pub run: u32,
}

impl Target {
    /// User name and password of the person behind a visitor.
    pub fn person(&self, number: usize) -> (String, String) {
        (email(number % PEOPLE), PASSWORD.to_owned())
    }

    /// The scheme and host that our own forms are sent from.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The path of an address at the provider.
    pub fn path_of(&self, address: &str) -> Result<String, String> {
        let path = address.strip_prefix(&self.origin()).unwrap_or(address);
        if path.starts_with('/') { Ok(path.to_owned()) } else { Err(format!("led to {address}")) }
    }
}

/// What is installed.
pub struct Setup {
    /// Where the server keeps its rows.
    pub database: Database,
    /// What is in the store before.
    pub fill: Option<Fill>,
    /// Whether the server has the first core alone.
    pub pin: bool,
    /// Whether the client has opaque access tokens.
    pub opaque: bool,
}

/// A running installation.
pub struct Server {
    program: PathBuf,
    folder: tempfile::TempDir,
    pin: bool,
    running: Running,
    /// The database's own processes, when it has some.
    database: Option<Running>,
    target: Rc<Target>,
}

impl Server {
    /// Installs, starts, registers a client and users.
    pub async fn start(program: &Path, setup: Setup) -> Result<Self, String> {
        let Setup { database, fill, pin, opaque } = setup;
        if fill.is_some() && database != Database::Sqlite {
            return Err("--fill works with --database sqlite alone".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let (database, url) = match database {
            Database::Sqlite => {
                (None, format!("sqlite:{}", folder.path().join("vestibule.db").display()))
            }
            Database::Postgres => {
                let (running, url) = postgres::start(folder.path())?;
                (Some(running), url)
            }
        };
        let config = folder.path().join("vestibule.toml");
        write_config(&config, &address, &url)?;
        let commands = Commands { program, config: &config };
        commands.run(&["migrate", "--json"], "")?;
        let client = commands.client()?;
        if opaque {
            let id = verify::required(&client, "client_id")?;
            commands
                .run(&["client", "update", id, "--set", "access_token=opaque", "--json"], "")?;
        }
        for number in 0..PEOPLE {
            commands.person(number)?;
        }
        if let Some(fill) = fill {
            fill.sqlite(&folder.path().join("vestibule.db"))?;
        }
        let mut running = serve(program, &config, pin)?;
        wait_for(&mut running, &address, DISCOVERY).await?;
        let target = Rc::new(target(address, &client).await?);
        Ok(Self { program: program.to_owned(), folder, pin, running, database, target })
    }

    /// What visitors need to know.
    pub fn target(&self) -> Rc<Target> {
        Rc::clone(&self.target)
    }

    /// The server's own process.
    pub fn process(&self) -> &Running {
        &self.running
    }

    /// The server, then its database if that has processes of its own.
    pub fn processes(&self) -> Vec<&Running> {
        std::iter::once(&self.running).chain(&self.database).collect()
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command of the command line beside it, which must print JSON.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<Value, String> {
        let config = self.folder.path().join("vestibule.toml");
        Commands { program: &self.program, config: &config }.run(arguments, input)
    }

    /// Milliseconds from exec to the first answer, on the database as the run left it: the best of
    /// five.
    pub async fn restart_time(self) -> Result<f64, String> {
        let config = self.folder.path().join("vestibule.toml");
        drop(self.running);
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let mut running = serve(&self.program, &config, self.pin)?;
            let took = wait_for(&mut running, &self.target.address, DISCOVERY).await?;
            best = best.min(took.as_secs_f64() * 1000.0);
            drop(running);
        }
        Ok(best)
    }
}

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The command line of the server under measurement.
struct Commands<'a> {
    program: &'a Path,
    config: &'a Path,
}

impl Commands<'_> {
    fn client(&self) -> Result<Value, String> {
        self.run(
            &[
                "client",
                "add",
                "--name",
                "Benchmark",
                "--redirect-uri",
                REDIRECT_URI,
                "--scope",
                "openid profile email offline_access",
                "--grant",
                "authorization_code",
                "--grant",
                "refresh_token",
                "--grant",
                "client_credentials",
                "--json",
            ],
            "",
        )
    }

    fn person(&self, number: usize) -> Result<Value, String> {
        let email = email(number);
        let arguments = [
            "user",
            "add",
            "--email",
            &email,
            "--given-name",
            "Bench",
            "--password-stdin",
            "--json",
        ];
        self.run(&arguments, &format!("{PASSWORD}\n"))
    }

    /// Runs one command, which must print JSON.
    fn run(&self, arguments: &[&str], input: &str) -> Result<Value, String> {
        let mut command = clean(Command::new(self.program));
        command.args(arguments).arg("--config").arg(self.config);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("{} could not be started: {error}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads nothing may have closed it.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let words = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let fault = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{arguments:?} ended with {}: {words}{fault}", output.status));
        }
        serde_json::from_str(&words).map_err(|error| format!("{arguments:?}: {error}: {words}"))
    }
}

fn write_config(path: &Path, address: &str, database: &str) -> Result<(), String> {
    let key = path.with_file_name("master.key");
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "no randomness".to_owned())?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&key)
        .map_err(|error| error.to_string())?;
    file.write_all(URL_SAFE_NO_PAD.encode(bytes).as_bytes()).map_err(|error| error.to_string())?;
    let config = format!(
        "issuer = \"http://{address}\"\n[server]\nbind = \"{address}\"\nmanagement_bind = \"off\"\n\
         [database]\nurl = \"{database}\"\n[secrets]\nmaster_key_file = \"{}\"\n\
         [telemetry]\nlog_level = \"warn\"\n",
        key.display()
    );
    fs::write(path, config).map_err(|error| error.to_string())
}

fn serve(program: &Path, config: &Path, pin: bool) -> Result<Running, String> {
    let mut command = clean(Command::new(program));
    command.arg("serve").arg("--config").arg(config);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Running::start(command, pin)
}

/// Nothing of the caller's environment configures the server under measurement.
fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("VESTIBULE_") || name.starts_with("OTEL_") || name == "DATABASE_URL" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

async fn target(address: String, client: &Value) -> Result<Target, String> {
    let (id, secret) =
        (verify::required(client, "client_id")?, verify::required(client, "client_secret")?);
    let mut connection = Connection::to(&address);
    let metadata = connection.send("GET", DISCOVERY, &[], String::new()).await?.json()?;
    let issuer = verify::required(&metadata, "issuer")?.to_owned();
    let jwks = verify::required(&metadata, "jwks_uri")?;
    let jwks_path = jwks.strip_prefix(&issuer).ok_or("the key set is elsewhere")?.to_owned();
    let keys = connection.send("GET", &jwks_path, &[], String::new()).await?.json()?;
    Ok(Target {
        issuer,
        client_id: id.to_owned(),
        redirect_uri: REDIRECT_URI.to_owned(),
        authorization: format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))),
        jwks_path,
        keys: Rc::new(Keys::read(&keys)?),
        run: std::process::id(),
        address,
    })
}

fn email(number: usize) -> String {
    format!("person{number}@bench.test")
}

/// A loopback port that was free a moment ago.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// Waits until `path` is answered with 200.
pub async fn wait_for(
    running: &mut Running,
    address: &str,
    path: &str,
) -> Result<Duration, String> {
    let start = Instant::now();
    let mut connection = Connection::to(address);
    while start.elapsed() < Duration::from_secs(60) {
        if let Ok(answer) = connection.send("GET", path, &[], String::new()).await
            && answer.status == 200
        {
            return Ok(start.elapsed());
        }
        if let Some(status) = running.ended() {
            return Err(format!("the server ended with {status}"));
        }
        connection.close();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(format!("{address}{path} did not answer within a minute"))
}
