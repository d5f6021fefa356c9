//! A child process: its CPU time and memory from /proc, and its end.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command};

/// /proc counts CPU time in hundredths of a second on every Linux we measure.
pub const MILLIS_PER_TICK: f64 = 10.0;

/// A child that is killed when dropped.
pub struct Running(Child);

impl Running {
    /// Starts a command, on the first core alone when `pin` is set.
    pub fn start(command: Command, pin: bool) -> Result<Self, String> {
        let mut command = if pin { pinned(&command) } else { command };
        let name = command.get_program().to_string_lossy().into_owned();
        command.spawn().map(Self).map_err(|error| format!("{name} could not be started: {error}"))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// The exit status when it has ended.
    pub fn ended(&mut self) -> Option<String> {
        self.0.try_wait().ok().flatten().map(|status| status.to_string())
    }

    /// CPU milliseconds used so far by it and its descendants.
    pub fn cpu_millis(&self) -> f64 {
        tree(self.id()).iter().filter_map(|id| cpu_ticks(*id)).sum::<f64>() * MILLIS_PER_TICK
    }

    /// Resident memory of it and its descendants, now and at the peak, in MiB.
    pub fn memory(&self) -> (f64, f64) {
        let tree = tree(self.id());
        let sum =
            |key: &str| tree.iter().filter_map(|id| status_kib(*id, key)).sum::<f64>() / 1024.0;
        (sum("VmRSS:"), sum("VmHWM:"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same command under `taskset`, which replaces itself by it.
fn pinned(command: &Command) -> Command {
    let mut taskset = Command::new("taskset");
    taskset.args(["-c", "0"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => taskset.env(name, value),
            None => taskset.env_remove(name),
        };
    }
    taskset
}

fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        if let Some(parent) = stat(process).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        found.extend(children.get(&process).into_iter().flatten());
        next += 1;
    }
    found
}

/// The fields of /proc/…/stat after the command's name; the first is the state.
fn stat(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// User and system time, children that have ended included.
fn cpu_ticks(process: u32) -> Option<f64> {
    let fields = stat(process)?;
    (11..15).map(|at| fields.get(at)?.parse::<f64>().ok()).sum()
}

fn status_kib(process: u32, key: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
