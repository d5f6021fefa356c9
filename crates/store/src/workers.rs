//! Threads that each own one connection and take one job after the other.
//!
//! Reads of PostgreSQL wait for the network, and scans wait for the disk: neither may hold a
//! server's event loop. A connection that broke is replaced before the next job.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use parking_lot::Mutex;

use crate::StoreError;
use crate::connection::Db;

/// What a worker does with its connection, or is told when there is none.
pub(crate) type Job = Box<dyn FnOnce(Result<&mut Db, StoreError>) -> Health + Send>;

/// Whether a connection can be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Good,
    Broken,
}

impl Health {
    /// After a lost connection the same session is not worth another try.
    pub(crate) fn after<T>(outcome: &Result<T, StoreError>) -> Self {
        match outcome {
            Err(StoreError::Unavailable(_)) => Self::Broken,
            _ => Self::Good,
        }
    }
}

/// How a worker gets a connection.
pub(crate) type Connect = Arc<dyn Fn() -> Result<Db, StoreError> + Send + Sync>;

/// A few threads over one queue.
pub(crate) struct Workers {
    jobs: Mutex<Option<Sender<Job>>>,
    threads: Threads,
    queue_length: usize,
}

impl Workers {
    pub(crate) fn start(
        name: &str,
        count: usize,
        queue_length: usize,
        connect: &Connect,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = bounded(queue_length);
        let threads = Threads::default();
        for index in 0..count {
            let (receiver, connect) = (receiver.clone(), connect.clone());
            threads.start(format!("{name}-{index}"), move || work(&receiver, &connect))?;
        }
        Ok(Self { jobs: Mutex::new(Some(sender)), threads, queue_length })
    }

    pub(crate) fn submit(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.lock();
        let sender = jobs.as_ref().ok_or(StoreError::Closed)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded { queue_length: self.queue_length },
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Finishes what waits and ends the threads.
    pub(crate) fn close(&self, patience: Duration) {
        self.jobs.lock().take();
        self.threads.end(patience);
    }
}

/// Threads that end together.
pub(crate) struct Threads {
    running: Mutex<Option<Running>>,
    /// Disconnected when the last of them has let go of its end.
    ended: Receiver<()>,
}

struct Running {
    handles: Vec<JoinHandle<()>>,
    alive: Sender<()>,
}

impl Default for Threads {
    fn default() -> Self {
        let (alive, ended) = bounded(0);
        let running = Running { handles: Vec::new(), alive };
        Self { running: Mutex::new(Some(running)), ended }
    }
}

impl Threads {
    pub(crate) fn start(
        &self,
        name: String,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let mut running = self.running.lock();
        let running = running.as_mut().ok_or(StoreError::Closed)?;
        let alive = running.alive.clone();
        let lasting = move || {
            work();
            drop(alive);
        };
        let thread = std::thread::Builder::new()
            .name(name)
            .spawn(lasting)
            .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
        running.handles.push(thread);
        Ok(())
    }

    /// Waits until they have ended; not for ever: one that a database which was stopped in its tracks
    /// holds up ends with the process.
    pub(crate) fn end(&self, patience: Duration) {
        let Some(Running { handles, alive }) = self.running.lock().take() else { return };
        drop(alive);
        // A store whose last clone is dropped by its own thread must not wait for itself.
        let this = std::thread::current().id();
        if handles.iter().any(|thread| thread.thread().id() == this) {
            return;
        }
        if self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the database holds up what was begun; it is left behind");
            return;
        }
        for thread in handles {
            let _ended = thread.join();
        }
    }
}

fn work(jobs: &Receiver<Job>, connect: &Connect) {
    let mut connection: Option<Db> = None;
    for job in jobs {
        let ready = match connection.take() {
            Some(ready) => Ok(ready),
            None => connect(),
        };
        match ready {
            Ok(mut ready) => {
                if job(Ok(&mut ready)) == Health::Good {
                    connection = Some(ready);
                }
            }
            Err(error) => {
                let _health = job(Err(error));
            }
        }
    }
}
