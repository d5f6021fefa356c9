//! The closed loop and its meters: each visitor waits for its answer before it asks again.
//!
//! Many visitors are measured over a window, at whose edges a few operations are cut: they are many
//! and short. One visitor is measured over whole operations, of which one may outlast the window.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::process::Running;
use crate::scenario::Scenario;
use crate::server::Server;
use crate::visitor::Visitor;

/// Longest that one operation of a lone visitor is waited for.
const LONGEST: Duration = Duration::from_secs(60);

/// How a scenario is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The measured window.
    pub seconds: Duration,
    /// Load before it.
    pub warm_up: Duration,
    /// Virtual users.
    pub users: usize,
    /// Whether the load generator never sleeps. Whoever sends to a process that sleeps on another
    /// core pays for waking it: on a virtual machine an eighth of an introspection, and nothing
    /// that a client at the other end of a network would cost. It needs a core of its own.
    pub awake: bool,
}

/// What one window showed.
#[derive(Clone, Debug)]
pub struct Window {
    /// Operations that ended in it.
    pub operations: usize,
    /// Operations a second.
    pub rate: f64,
    /// CPU milliseconds an operation, of each process that was watched.
    pub cpu_per_operation: Vec<f64>,
    /// Median latency in milliseconds.
    pub p50: f64,
    /// 99th percentile of the latency in milliseconds.
    pub p99: f64,
    /// The longest latency in milliseconds.
    pub max: f64,
}

/// One window of a scenario.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What was run.
    pub scenario: Scenario,
    /// What it showed; the first watched process is the server, a second its database.
    pub window: Window,
    /// The server's resident memory in MiB: before the scenario, and the peak so far.
    pub memory: (f64, f64),
}

/// Prepares visitors, runs them, checks that nothing failed.
pub async fn run(scenario: Scenario, server: &Server, plan: &Plan) -> Result<Measured, String> {
    let users = if scenario == Scenario::SignIn { plan.users.min(8) } else { plan.users };
    let idle = server.process().memory().0;
    let mut visitors = Vec::with_capacity(users);
    for number in 0..users {
        let mut visitor = Visitor::new(server.target(), number);
        let named = |error| format!("preparing {} for visitor {number}: {error}", scenario.name());
        visitor.prepare(scenario).await.map_err(named)?;
        visitors.push(visitor);
    }
    let watched: Vec<&Running> = server.processes();
    let ran = window(visitors, plan, &watched, async move |visitor: &mut Visitor| {
        visitor.operate(scenario).await
    });
    let (window, _) = ran.await.map_err(|error| format!("{}: {error}", scenario.name()))?;
    let memory = (idle, server.process().memory().1);
    Ok(Measured { scenario, window, memory })
}

/// Runs a closed loop; the first failed operation ends the measurement.
pub async fn window<V: 'static>(
    visitors: Vec<V>,
    plan: &Plan,
    watched: &[&Running],
    operate: impl AsyncFn(&mut V) -> Result<(), String> + Copy + 'static,
) -> Result<(Window, usize), String> {
    let latencies = Rc::new(RefCell::new(Vec::<u32>::new()));
    let recording = Rc::new(Cell::new(false));
    let stopping = Rc::new(Cell::new(false));
    let failure = Rc::new(RefCell::new(None::<String>));
    let local = LocalSet::new();
    let count = visitors.len();
    for mut visitor in visitors {
        let (latencies, recording) = (Rc::clone(&latencies), Rc::clone(&recording));
        let (stopping, failure) = (Rc::clone(&stopping), Rc::clone(&failure));
        local.spawn_local(async move {
            while !stopping.get() {
                let start = Instant::now();
                if let Err(message) = operate(&mut visitor).await {
                    stopping.set(true);
                    failure.borrow_mut().get_or_insert(message);
                }
                if recording.get() {
                    let micros = u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX);
                    latencies.borrow_mut().push(micros);
                }
            }
        });
    }
    if plan.awake {
        let stopping = Rc::clone(&stopping);
        local.spawn_local(async move {
            while !stopping.get() {
                tokio::task::yield_now().await;
            }
        });
    }
    let cpu = || watched.iter().map(|process| process.cpu_millis()).collect::<Vec<f64>>();
    let measured = local
        .run_until(async {
            tokio::time::sleep(plan.warm_up).await;
            recording.set(true);
            let (start, before) = (Instant::now(), cpu());
            tokio::time::sleep(plan.seconds).await;
            recording.set(false);
            stopping.set(true);
            (start.elapsed(), before, cpu())
        })
        .await;
    local.await;
    if let Some(message) = failure.borrow_mut().take() {
        return Err(message);
    }
    let latencies = latencies.take();
    Ok((summarize(latencies, measured)?, count))
}

/// One visitor, one operation after the other, and how many milliseconds the very first one took.
/// What is counted began and ended between the two readings of the meters.
pub async fn alone<V>(
    visitor: &mut V,
    plan: &Plan,
    watched: &[&Running],
    operate: impl AsyncFn(&mut V) -> Result<(), String>,
) -> Result<(Window, f64), String> {
    let cpu = || watched.iter().map(|process| process.cpu_millis()).collect::<Vec<f64>>();
    let warm = repeat(visitor, plan.warm_up, &operate).await?;
    let first = warm.first().map_or(0.0, |micros| f64::from(*micros) / 1000.0);
    let (start, before) = (Instant::now(), cpu());
    let latencies = repeat(visitor, plan.seconds, &operate).await?;
    let window = summarize(latencies, (start.elapsed(), before, cpu()))?;
    Ok((window, first))
}

/// Operates for this long and to the end of the last operation, once at least; tells what each took,
/// in microseconds.
async fn repeat<V>(
    visitor: &mut V,
    least: Duration,
    operate: &impl AsyncFn(&mut V) -> Result<(), String>,
) -> Result<Vec<u32>, String> {
    let (mut latencies, began) = (Vec::new(), Instant::now());
    while latencies.is_empty() || began.elapsed() < least {
        let start = Instant::now();
        tokio::time::timeout(LONGEST, operate(visitor))
            .await
            .map_err(|_| format!("no answer within {} s", LONGEST.as_secs()))??;
        latencies.push(u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(latencies)
}

fn summarize(
    mut latencies: Vec<u32>,
    (elapsed, before, after): (Duration, Vec<f64>, Vec<f64>),
) -> Result<Window, String> {
    if latencies.is_empty() {
        return Err("no operation ended within the window; use a longer --duration".to_owned());
    }
    latencies.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of operations are far below 2^52")]
    let operations = latencies.len() as f64;
    Ok(Window {
        operations: latencies.len(),
        rate: operations / elapsed.as_secs_f64(),
        cpu_per_operation: before.iter().zip(&after).map(|(b, a)| (a - b) / operations).collect(),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        max: percentile(&latencies, 100),
    })
}

fn percentile(sorted: &[u32], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}
