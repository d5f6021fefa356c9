//! Human passwords: Argon2id (RFC 9106) on a bounded pool, and hashes that came from elsewhere.
//!
//! | room | owns |
//! |---|---|
//! | `password.rs` | the pool: its threads, its queue, its answers |
//! | `password/pace.rs` | how long a comparison takes, where hashes cost differently |
//! | `password/argon.rs` | hashing and checking with Argon2, in memory that each thread reuses |
//! | `password/stored.rs` | the written forms of hashes, ours and imported, parsed once, bounded |
//!
//! One Argon2 hash takes 19 MiB. Hashing wherever a request happens to run would take that much
//! per request in flight: measured, 3.5 GiB under load. So hashing has its own threads, one a
//! core, each with one block of memory that it uses again and again and gives back after a quiet
//! minute, and a queue of fixed length before them; when that is full the answer is at once [`PoolError::Full`], to be told as 503 with
//! Retry-After. The memory is not wiped between hashes, which would cost a tenth of each: it holds
//! nothing from which the password is easier to find than from the hash, and the next hash
//! overwrites it.
//!
//! The caller normalises (RFC 8265 OpaqueString, that is NFC) before it hashes and verifies.

mod argon;
mod pace;
mod stored;
#[cfg(test)]
mod tests;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use argon::Hasher;
use pace::Pace;

pub use argon::{Params, ParamsError, Pepper};
pub use stored::foreign::{FirebaseProject, from_keycloak};
pub use stored::{Scheme, UnknownScheme, recognise};

/// The longest password hashed, in bytes of UTF-8.
pub const MAX_PASSWORD: usize = 1024;

/// How the pool works.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// What new hashes cost.
    pub params: Params,
    /// How many threads hash: one a core.
    pub threads: usize,
    /// How many requests may wait.
    pub queue: usize,
    /// How long one may wait, its own hash included.
    pub wait: Duration,
    /// A secret mixed into every hash, kept outside the database.
    pub pepper: Option<Pepper>,
    /// Peppers of earlier hashes.
    pub previous_peppers: Vec<Pepper>,
}

impl PoolConfig {
    /// The defaults, with one thread for each of `cores`.
    pub fn new(cores: usize) -> Self {
        Self {
            params: Params::default(),
            threads: cores.max(1),
            queue: 64,
            wait: Duration::from_secs(2),
            pepper: None,
            previous_peppers: Vec::new(),
        }
    }
}

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is the right one, and its hash is as new ones are.
    Matches,
    /// The password is the right one; hash it anew and store that: its hash has another scheme,
    /// other parameters or another pepper than new ones have.
    MatchesNeedsRehash,
    /// The password is another.
    Differs,
}

impl Verdict {
    /// Whether the password is the right one.
    pub fn matches(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNeedsRehash)
    }

    /// Whether to hash the password anew.
    pub fn needs_rehash(self) -> bool {
        self == Self::MatchesNeedsRehash
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Too many wait already, or this one waited too long: 503.
    #[error("password checks are at their limit; retry after {} s", retry_after.as_secs())]
    Full {
        /// What Retry-After should say.
        retry_after: Duration,
    },
    /// The pool is shutting down, or its thread could not finish: 503.
    #[error("password checks are stopped")]
    Stopped,
    /// The password is longer than any is.
    #[error("the password has {0} bytes; at most {MAX_PASSWORD} are taken")]
    TooLong(usize),
    /// The stored hash is of no known kind.
    #[error(transparent)]
    Scheme(#[from] UnknownScheme),
    /// The stored hash was made with a pepper that is not here.
    #[error(
        "the stored hash was made with pepper {0:?}, which is not configured; add it as a previous pepper"
    )]
    UnknownPepper(String),
}

/// Why the pool did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The parameters are outside their bounds.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// No threads, or no queue.
    #[error(
        "the password pool needs at least one thread and a queue of at least one, at most 1024 of each"
    )]
    Size,
    /// The system gave no thread.
    #[error("cannot start a password thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// The threads that hash. Dropping it lets them finish what waits, and ends them.
pub struct PasswordPool {
    jobs: Sender<Job>,
    wait: Duration,
    dummy: Arc<str>,
    pace: Arc<Pace>,
}

enum Task {
    Hash { salt: [u8; 16], answer: oneshot::Sender<Result<String, PoolError>> },
    Verify { stored: Arc<str>, answer: oneshot::Sender<Result<Verdict, PoolError>> },
}

struct Job {
    password: Zeroizing<String>,
    task: Task,
}

impl PasswordPool {
    /// Starts the threads.
    pub fn start(config: PoolConfig) -> Result<Self, StartError> {
        let sizes = 1..=1024;
        if !sizes.contains(&config.threads) || !sizes.contains(&config.queue) {
            return Err(StartError::Size);
        }
        let hasher = Hasher::new(config.params, config.pepper, config.previous_peppers)?;
        let (jobs, queue) = bounded(config.queue);
        let dummy = Arc::from(hasher.dummy());
        let pace = Arc::new(Pace::new(&hasher.dummy()));
        for number in 0..config.threads {
            let (queue, hasher, pace) = (queue.clone(), hasher.clone(), Arc::clone(&pace));
            let name = format!("password-{number}");
            thread::Builder::new().name(name).spawn(move || work(&queue, &hasher, &pace))?;
        }
        Ok(Self { jobs, wait: config.wait, dummy, pace })
    }

    /// Hashes a new password as a PHC string. `salt` is 16 fresh random bytes.
    pub async fn hash(
        &self,
        password: Zeroizing<String>,
        salt: [u8; 16],
    ) -> Result<String, PoolError> {
        let (answer, receiver) = oneshot::channel();
        self.submit(password, Task::Hash { salt, answer }, receiver).await
    }

    /// Compares a password with a stored hash of any known scheme.
    pub async fn verify(
        &self,
        stored: &str,
        password: Zeroizing<String>,
    ) -> Result<Verdict, PoolError> {
        self.check(Arc::from(stored), password).await
    }

    /// For a user who does not exist, or has no password: costs what a comparison costs and always
    /// says [`Verdict::Differs`] (invariant I23).
    pub async fn verify_nobody(&self, password: Zeroizing<String>) -> Result<Verdict, PoolError> {
        self.check(Arc::clone(&self.dummy), password).await.map(|_| Verdict::Differs)
    }

    /// How long a comparison takes, where hashes that cost differently have been compared with:
    /// before that time nobody is told that a password was wrong, or the time would tell whose
    /// account came from where, and that it exists (invariant I23). Zero where all cost the same.
    pub fn pace(&self) -> Duration {
        self.pace.slowest().min(self.wait)
    }

    async fn check(
        &self,
        stored: Arc<str>,
        password: Zeroizing<String>,
    ) -> Result<Verdict, PoolError> {
        let (answer, receiver) = oneshot::channel();
        self.submit(password, Task::Verify { stored, answer }, receiver).await
    }

    async fn submit<T>(
        &self,
        password: Zeroizing<String>,
        task: Task,
        receiver: oneshot::Receiver<Result<T, PoolError>>,
    ) -> Result<T, PoolError> {
        if password.len() > MAX_PASSWORD {
            return Err(PoolError::TooLong(password.len()));
        }
        let full = PoolError::Full { retry_after: self.wait.max(Duration::from_secs(1)) };
        match self.jobs.try_send(Job { password, task }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(full),
            Err(TrySendError::Disconnected(_)) => return Err(PoolError::Stopped),
        }
        match tokio::time::timeout(self.wait, receiver).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(PoolError::Stopped),
            // The receiver is dropped here, so a thread that reaches the job skips it.
            Err(_) => Err(full),
        }
    }
}

impl fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordPool({} waiting)", self.jobs.len())
    }
}

/// After how long without work a thread gives its memory back.
const QUIET: Duration = Duration::from_secs(60);

fn work(queue: &Receiver<Job>, hasher: &Hasher, pace: &Pace) {
    let mut memory = Vec::new();
    loop {
        let job = match queue.recv_timeout(QUIET) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                memory = Vec::new();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // A defect in one hash must not take the thread, and with it a slot, away (invariant I33).
        // The caller then finds its channel closed.
        let _ = catch_unwind(AssertUnwindSafe(|| job.run(hasher, pace, &mut memory)));
    }
}

impl Job {
    fn run(self, hasher: &Hasher, pace: &Pace, memory: &mut Vec<argon2::Block>) {
        let Self { password, task } = self;
        // A caller that stopped waiting hears nothing anyway, so its answer may be lost.
        match task {
            Task::Hash { salt, answer } if !answer.is_closed() => {
                let _ = answer.send(hasher.hash(&password, salt, memory));
            }
            Task::Verify { stored, answer } if !answer.is_closed() => {
                let verdict = pace.keep(&stored, || hasher.verify(&stored, &password, memory));
                let _ = answer.send(verdict);
            }
            Task::Hash { .. } | Task::Verify { .. } => {}
        }
    }
}
