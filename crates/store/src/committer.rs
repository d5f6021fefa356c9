//! The committer: one thread that applies the hot changes, many to a transaction.
//!
//! It takes what is waiting, without waiting for more, applies it in one transaction ([`batch`]) and
//! answers each caller after the commit ([`answers`]). A durable commit costs a trip to the disk whatever is in
//! it, so under load the price of one is shared by up to [`LARGEST_BATCH`]. A change whose
//! statement fails does not sink the others: the batch is rolled back and applied one by one.

mod answers;
mod batch;
mod guards;
mod written;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use answers::Caller;
use crossbeam_channel::{Receiver, Sender, TrySendError, after, bounded};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use vestibule_protocol::ids::ClientKey;

use crate::StoreError;
use crate::changes::{Answer, Change};
use crate::connection::Db;
use crate::transaction::caught;
use crate::workers::{Connect, Health, Job, Threads};

pub use answers::deliver_answers;

/// Changes in one transaction at most: more does not make each cheaper, and holds answers back.
const LARGEST_BATCH: usize = 256;
/// How often a batch is applied anew when nodes wait for one another (40P01, 40001) or the connection
/// was lost before anything was written.
const ATTEMPTS: usize = 4;
/// Of the changes of one batch so many are tried whose row somebody else holds, and no more.
const MOST_HELD: usize = 8;
/// So many of one client: whoever holds a client's row holds up all of that client's.
const MOST_HELD_OF_A_CLIENT: usize = 3;
/// For how long no row is waited for after one was: where each batch waits for a row that stays held,
/// everybody waits behind it.
const HURRY: Duration = Duration::from_secs(10);

pub(crate) type Reply = Result<Answer, StoreError>;

enum Work {
    Change(Change, Caller),
    Job(Job),
}

/// The committer's queue and thread.
pub(crate) struct Committer {
    queue: Mutex<Option<Sender<Work>>>,
    waiting: Receiver<Work>,
    thread: Threads,
    queue_length: usize,
    refused: Arc<AtomicBool>,
}

impl Committer {
    pub(crate) fn start(
        connection: Db,
        connect: Connect,
        queue_length: usize,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = bounded(queue_length.max(1));
        let waiting = receiver.clone();
        let refused = Arc::new(AtomicBool::new(false));
        let connection = Some(connection);
        let writer = Writer { connection, connect, refused: Arc::clone(&refused), hurry: None };
        let thread = Threads::default();
        thread.start("store-committer".to_owned(), move || writer.run(&receiver))?;
        Ok(Self { queue: Mutex::new(Some(sender)), waiting, thread, queue_length, refused })
    }

    pub(crate) fn submit(&self, change: Change) -> Result<oneshot::Receiver<Reply>, StoreError> {
        let (caller, reply) = Caller::here();
        self.enqueue(Work::Change(change, caller))?;
        Ok(reply)
    }

    /// Runs `job` on the committer's connection, between two batches.
    pub(crate) fn submit_job(&self, job: Job) -> Result<(), StoreError> {
        self.enqueue(Work::Job(job))
    }

    fn enqueue(&self, work: Work) -> Result<(), StoreError> {
        let queue = self.queue.lock();
        let sender = queue.as_ref().ok_or(StoreError::Closed)?;
        sender.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded { queue_length: self.queue_length },
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    pub(crate) fn depth(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the last batch could not be written or kept its callers waiting for too long, and no
    /// write has succeeded since.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// A caller has waited for a batch for too long.
    pub(crate) fn has_delayed(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// A write outside of batches succeeded.
    pub(crate) fn writes_again(&self) {
        self.refused.store(false, Ordering::Relaxed);
    }

    /// Applies what waits and ends the thread.
    pub(crate) fn close(&self, patience: Duration) {
        self.queue.lock().take();
        self.thread.end(patience);
    }
}

/// How an attempt deals with rows that somebody else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    ForRows,
    NotAtAll,
}

fn begin(connection: &mut Db, waiting: Waiting) -> Result<(), StoreError> {
    connection.begin()?;
    match waiting {
        Waiting::ForRows => Ok(()),
        Waiting::NotAtAll => connection.wait_no_longer(),
    }
}

/// The thread's side: the only write connection of a SQLite store.
struct Writer {
    connection: Option<Db>,
    connect: Connect,
    refused: Arc<AtomicBool>,
    /// Rings when rows may be waited for again.
    hurry: Option<Receiver<Instant>>,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Work>) {
        let (mut changes, mut callers) = (Vec::new(), Vec::new());
        while let Ok(first) = queue.recv() {
            // When all cores are busy, those who are about to hand in a change run first, and one
            // flush serves them too: without this a batch under load held four changes. On a core
            // that has nothing else to do it returns at once.
            std::thread::yield_now();
            let mut next = Some(first);
            let mut job = None;
            while let Some(work) = next.take() {
                match work {
                    // Nobody is there to take what it would issue.
                    Work::Change(change, caller) if caller.has_gone() && change.issues() => {}
                    Work::Change(change, caller) => {
                        changes.push(change);
                        callers.push(caller);
                    }
                    // An ordinary transaction ends the batch and follows it.
                    Work::Job(one) => {
                        job = Some(one);
                        break;
                    }
                }
                if changes.len() < LARGEST_BATCH {
                    next = queue.try_recv().ok();
                }
            }
            if !changes.is_empty() {
                let replies = self.commit(&changes);
                changes.clear();
                answers::send(callers.drain(..).zip(replies));
            }
            if let Some(job) = job {
                self.run_job(job);
            }
        }
    }

    fn run_job(&mut self, job: Job) {
        match self.connection() {
            Ok(connection) => {
                if job(Ok(connection)) == Health::Broken {
                    self.connection = None;
                }
            }
            Err(error) => {
                let _health = job(Err(error));
            }
        }
    }

    /// Applies changes together, and where that fails, each for itself.
    fn commit(&mut self, changes: &[Change]) -> Vec<Reply> {
        let waiting = self.waiting();
        let attempted = self.attempt(changes, waiting);
        let held = matches!(attempted, Err(StoreError::Held(_)));
        if held {
            self.hurry = Some(after(HURRY));
        }
        let refused = attempted.as_ref().is_err_and(StoreError::is_temporary) && !held;
        self.refused.store(refused, Ordering::Relaxed);
        match attempted {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if changes.len() == 1 || refused => {
                changes.iter().map(|_| Err(error.clone())).collect()
            }
            Err(error) => {
                tracing::warn!(%error, changes = changes.len(), "a batch is applied one by one");
                self.one_by_one(changes)
            }
        }
    }

    /// Whether this batch waits for rows, as the first one does that meets somebody's.
    fn waiting(&mut self) -> Waiting {
        self.hurry.take_if(|rings| rings.try_recv().is_ok());
        match self.hurry {
            Some(_) => Waiting::NotAtAll,
            None => Waiting::ForRows,
        }
    }

    /// What somebody else holds, or what cannot be written, does not sink the rest.
    fn one_by_one(&mut self, changes: &[Change]) -> Vec<Reply> {
        let mut held: Vec<(Option<ClientKey>, StoreError)> = Vec::new();
        let alone = |change: &Change| {
            let client = change.client();
            let of_client = held.iter().filter(|(of, _)| of.is_some() && *of == client).count();
            if let Some((_, error)) = held.last()
                && (held.len() >= MOST_HELD || of_client >= MOST_HELD_OF_A_CLIENT)
            {
                return Err(error.clone());
            }
            let one = self.attempt(std::slice::from_ref(change), Waiting::NotAtAll);
            if let Err(error @ StoreError::Held(_)) = &one {
                held.push((client, error.clone()));
            }
            one?.into_iter().next().ok_or_else(|| StoreError::Database("no answer".to_owned()))
        };
        changes.iter().map(alone).collect()
    }

    /// One transaction, repeated as long as it is known that nothing of it was committed.
    fn attempt(&mut self, changes: &[Change], waiting: Waiting) -> Result<Vec<Answer>, StoreError> {
        let mut last = StoreError::Closed;
        for _ in 0..ATTEMPTS {
            let connection = self.connection()?;
            let applied = begin(connection, waiting)
                .and_then(|()| caught(|| batch::apply(connection, changes)));
            match applied {
                Ok(answers) => {
                    // From here on nobody knows whether it was committed, so it is not repeated and
                    // nobody is told that it was (invariant I6).
                    return match connection.commit() {
                        Ok(()) => Ok(answers),
                        Err(error) => {
                            self.connection = None;
                            Err(error.into_unavailable())
                        }
                    };
                }
                Err(error) => {
                    let lost = matches!(error, StoreError::Unavailable(_));
                    if !connection.roll_back() || lost {
                        self.connection = None;
                    }
                    if !lost {
                        return Err(error);
                    }
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn connection(&mut self) -> Result<&mut Db, StoreError> {
        let ready = match self.connection.take() {
            Some(ready) => ready,
            None => (self.connect)()?,
        };
        Ok(self.connection.insert(ready))
    }
}
