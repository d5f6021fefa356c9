//! The real program as a process of its own: for kill -9, several nodes, the command line, and the
//! judges that come from outside.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program, as the tests' own package built it from the same source.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.ancestors().nth(2).expect("tests lie in target/<profile>/deps");
    let program = folder.join("vestibule");
    assert!(
        program.exists(),
        "{} is missing; build it with `cargo build -p vestibule`, or run `cargo xtask test`",
        program.display()
    );
    program
}

/// A command of the program, with nothing of ours in its environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("VESTIBULE_") || name.starts_with("OTEL_") || name == "DATABASE_URL" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// Runs a command to its end with text on its standard input.
pub fn run_with_input(arguments: &[&str], input: &str) -> Output {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // A program that does not read its input may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

/// Runs a command with `--json` that must succeed, and reads what it printed.
pub fn run_json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{arguments:?} ended with {}\n{shown}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_str(shown.trim())
        .unwrap_or_else(|error| panic!("{arguments:?} printed no JSON ({error}): {shown}"))
}

/// A port of the loopback interface that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
    listener.local_addr().expect("a bound port has an address").port()
}

/// A running server.
pub struct Process {
    child: Child,
    /// Its base address.
    pub issuer: String,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// `vestibule dev` on an empty folder; the first line it prints is returned.
    pub fn dev(folder: &Path) -> (Self, Value) {
        let folder = folder.to_str().expect("temporary folders have plain names");
        let command = command(&["dev", "--json", "--port", "0", "--data-dir", folder]);
        let (mut process, mut lines) = Self::spawn(command);
        let mut first = String::new();
        let read = lines.read_line(&mut first).expect("stdout can be read");
        assert!(read > 0, "dev ended without a word: {}", process.whole_log());
        let words: Value = serde_json::from_str(&first)
            .unwrap_or_else(|error| panic!("the first line is no JSON ({error}): {first}"));
        words["issuer"].as_str().expect("dev prints its issuer").clone_into(&mut process.issuer);
        process.keep_reading(lines);
        process.wait_until_ready();
        (process, words)
    }

    /// `vestibule serve` with a configuration file; `issuer` is where it will answer.
    pub fn serve(config: &Path, issuer: &str) -> Self {
        let config = config.to_str().expect("temporary folders have plain names");
        Self::start(command(&["serve", "--config", config]), issuer)
    }

    /// Any command that serves.
    pub fn start(command: Command, issuer: &str) -> Self {
        let (mut process, lines) = Self::spawn(command);
        issuer.clone_into(&mut process.issuer);
        process.keep_reading(lines);
        process.wait_until_ready();
        process
    }

    fn spawn(mut command: Command) -> (Self, BufReader<std::process::ChildStdout>) {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().expect("stderr is piped");
        let readers = vec![collect(stderr, Arc::clone(&log))];
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        (Self { child, issuer: String::new(), log, readers }, stdout)
    }

    fn keep_reading(&mut self, lines: BufReader<std::process::ChildStdout>) {
        self.readers.push(collect(lines, Arc::clone(&self.log)));
    }

    /// Waits until discovery is answered.
    fn wait_until_ready(&mut self) {
        let until = Instant::now() + Duration::from_secs(60);
        let rest = self.issuer.strip_prefix("http://").expect("tests use http");
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let address = address.replace("localhost", "127.0.0.1");
        let mount = path.trim_end_matches('/').to_owned();
        loop {
            if answers(&address, &mount) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                panic!("the server ended with {status}: {}", self.whole_log());
            }
            assert!(Instant::now() < until, "no answer within a minute: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that it wrote, of a process that has ended.
    fn whole_log(&mut self) -> String {
        self.readers.drain(..).for_each(|reader| drop(reader.join()));
        self.log()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, then waits for its end; true when it ended by itself with success.
    pub fn terminate(&mut self) -> bool {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM could not be sent");
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.whole_log();
                return status.success();
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(stream: impl std::io::Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            line.clear();
        }
    })
}

fn answers(address: &str, mount: &str) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return false };
    let below = if mount.is_empty() { String::new() } else { format!("/{mount}") };
    let request = format!(
        "GET {below}/.well-known/openid-configuration HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut start = [0; 12];
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut start).is_ok()
        && start == *b"HTTP/1.1 200"
}
