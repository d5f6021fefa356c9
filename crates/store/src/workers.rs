//! Threads that each own one connection and take one job after the other.
//!
//! Reads of PostgreSQL wait for the network, and scans wait for the disk: neither may hold a
//! server's event loop. A connection that broke is replaced before the next job.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
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
    threads: Mutex<Vec<JoinHandle<()>>>,
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
        let mut threads = Vec::with_capacity(count);
        for index in 0..count {
            let (receiver, connect) = (receiver.clone(), connect.clone());
            let thread = std::thread::Builder::new()
                .name(format!("{name}-{index}"))
                .spawn(move || work(&receiver, &connect))
                .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
            threads.push(thread);
        }
        Ok(Self { jobs: Mutex::new(Some(sender)), threads: Mutex::new(threads), queue_length })
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
    pub(crate) fn close(&self) {
        self.jobs.lock().take();
        for thread in self.threads.lock().drain(..) {
            // A store whose last clone is dropped by its own thread must not wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ended = thread.join();
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.close();
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
