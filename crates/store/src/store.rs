//! The store: one database, its connections, and the three ways to use it.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{Semaphore, oneshot};

use crate::changes::{Answer, Change, CountFailure, Guard};
use crate::committer::Committer;
use crate::connection::{Backend, Db, Location, Role};
use crate::throttles::Throttle;
use crate::transaction::{self, Transaction, caught};
use crate::workers::{Connect, Health, Job, Workers};
use crate::{StoreError, purge};

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections for reading; on PostgreSQL two at least, of which one is never taken by a search.
    pub readers: usize,
    /// How many writes may wait before more are refused.
    pub queue_length: usize,
    /// Whether a PostgreSQL that can forget acknowledged changes is accepted: for tests.
    pub allow_unsafe_durability: bool,
    /// After which PostgreSQL gives a statement up.
    pub statement_timeout: Duration,
    /// How long a request waits for a keyed read or a hot write.
    pub patience: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            queue_length: 4096,
            allow_unsafe_durability: false,
            statement_timeout: Duration::from_secs(10),
            patience: Duration::from_secs(3),
        }
    }
}

/// The account store. Clones share their connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    location: Location,
    options: StoreOptions,
    /// SQLite only: connections that read on the caller's thread.
    inline: Option<InlinePool>,
    readers: Workers,
    /// How many of the readers may be at work on what takes longer: the others are for sign-ins.
    scans: Arc<Semaphore>,
    /// PostgreSQL only; on SQLite ordinary writes go through the committer, the only writer.
    writers: Option<Workers>,
    committer: Committer,
    purge: purge::Cursors,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend()).finish_non_exhaustive()
    }
}

/// On PostgreSQL ordinary writes have two connections of their own, so that a long one does not
/// hold up the committer.
const POSTGRES_WRITERS: usize = 2;
/// How long a hot write waits for this host's own disk, which answers or fails by itself.
const DISK_PATIENCE: Duration = Duration::from_secs(60);
/// On SQLite only scans leave the caller's thread.
const SQLITE_SCANNERS: usize = 1;

impl Store {
    /// Opens the database at `url`: `sqlite:PATH` or `postgres://user@host/name`. Blocks; the
    /// schema is not touched, see [`Store::migrate`]. A file that is not there is not made: a path
    /// with a mistake in it would become an empty database.
    pub fn open(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let location = Location::parse(url)?;
        location.must_exist()?;
        Self::at(location, options)
    }

    /// Opens the database at `url`, and makes the file where there is none. Blocks.
    pub fn create(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let location = Location::parse(url)?;
        location.create()?;
        Self::at(location, options)
    }

    fn at(location: Location, mut options: StoreOptions) -> Result<Self, StoreError> {
        if location.backend() == Backend::Sqlite {
            options.patience = options.patience.max(DISK_PATIENCE);
        }
        // The first connection is made here, so that what is wrong with the database is said at
        // the start.
        let writer = location.connect(Role::Commit, &options)?;
        let connect = |role| -> Connect {
            let (location, options) = (location.clone(), options.clone());
            Arc::new(move || location.connect(role, &options))
        };
        let readers_connect = connect(Role::Read);
        let sqlite = location.backend() == Backend::Sqlite;
        let reader_count = if sqlite { SQLITE_SCANNERS } else { options.readers.max(2) };
        let readers =
            Workers::start("store-read", reader_count, options.queue_length, &readers_connect)?;
        let inline = sqlite.then(|| InlinePool::new(options.readers.max(1), readers_connect));
        let writers = if sqlite {
            None
        } else {
            let connect = connect(Role::Write);
            Some(Workers::start("store-write", POSTGRES_WRITERS, options.queue_length, &connect)?)
        };
        let committer = Committer::start(writer, connect(Role::Commit), options.queue_length)?;
        let inner = Inner {
            location,
            options,
            inline,
            readers,
            scans: Arc::new(Semaphore::new((reader_count / 2).max(1))),
            writers,
            committer,
            purge: purge::Cursors::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.inner.location.backend()
    }

    /// How many writes wait at the moment.
    pub fn queue_depth(&self) -> usize {
        self.inner.committer.depth()
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.change_counter().await.map(|_| ())
    }

    /// Whether changes can be written. As long as they are, the batches themselves are the proof;
    /// once one was refused (a full disk still reads well) or kept its callers waiting it is tried.
    pub async fn check_writes(&self) -> Result<(), StoreError> {
        match self.inner.committer.has_refused() {
            true => self.prove_writes().await,
            false => Ok(()),
        }
    }

    /// Tries whether changes can be written, by the committer's own connection: moves the change counter.
    pub async fn prove_writes(&self) -> Result<(), StoreError> {
        let move_on = |tx: &mut Transaction<'_>| crate::meta::bump_change_counter(tx.db);
        self.written(move_on, |job| self.inner.committer.submit_job(job)).await?;
        self.inner.committer.writes_again();
        Ok(())
    }

    /// Applies a hot change; the answer comes after the commit.
    pub async fn apply(&self, change: impl Into<Change>) -> Result<Guard, StoreError> {
        match self.committed(change.into()).await? {
            Answer::Guard(guard) => Ok(guard),
            Answer::Counted(_) => Ok(Guard::Held),
        }
    }

    /// Hands in a hot change for whose answer nobody waits.
    pub fn leave(&self, change: impl Into<Change>) -> Result<(), StoreError> {
        self.inner.committer.submit(change.into()).map(drop)
    }

    /// Counts a failure and tells how the counter stands.
    pub async fn count_failure(&self, failure: CountFailure) -> Result<Throttle, StoreError> {
        match self.committed(failure.into()).await? {
            Answer::Counted(throttle) => Ok(throttle),
            Answer::Guard(_) => Err(StoreError::Database("no counter".to_owned())),
        }
    }

    async fn committed(&self, change: Change) -> Result<Answer, StoreError> {
        let reply = self.inner.committer.submit(change)?;
        let answered = within(self.inner.options.patience, reply).await;
        if matches!(answered, Err(StoreError::Delayed(_))) {
            self.inner.committer.has_delayed();
        }
        answered
    }

    /// Runs an ordinary transaction away from the caller's thread. It commits when `work` returns
    /// `Ok` and the caller still waits for it.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.written(work, |job| match &self.inner.writers {
            Some(writers) => writers.submit(job),
            None => self.inner.committer.submit_job(job),
        })
        .await
    }

    async fn written<T, F>(
        &self,
        work: F,
        submit: impl FnOnce(Job) -> Result<(), StoreError>,
    ) -> Result<T, StoreError>
    where
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        submit(Box::new(move |db: Result<&mut Db, StoreError>| {
            // Nobody waits any more: those who still do come first.
            if answer.is_closed() {
                return db.map_or(Health::Broken, |_| Health::Good);
            }
            let worked = db.and_then(|db| transaction::run(db, work, || answer.is_closed()));
            let health = Health::after(&worked);
            let _gone = answer.send(worked);
            health
        }))?;
        within(self.at_length(), outcome).await
    }

    /// How long what may take several statements is waited for.
    fn at_length(&self) -> Duration {
        let options = &self.inner.options;
        options.patience + options.statement_timeout
    }

    /// A short keyed read: on SQLite on the caller's thread (microseconds), on PostgreSQL on a
    /// reader's.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        match &self.inner.inline {
            Some(pool) => pool.read(read),
            None => self.read_within(self.inner.options.patience, read).await,
        }
    }

    /// A read that may take longer, always on a reader's thread.
    pub(crate) async fn scan<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let patience = self.at_length();
        let scan = async {
            let turn = Arc::clone(&self.inner.scans).acquire_owned().await;
            let turn = turn.map_err(|_| StoreError::Closed)?;
            // The turn ends with the work, not with whoever waited for it.
            let in_turn = move |db: &mut Db| {
                let _turn = &turn;
                read(db)
            };
            self.read_within(patience, in_turn).await
        };
        let late = |_| StoreError::Delayed(format!("no turn came within {patience:?}"));
        tokio::time::timeout(patience, scan).await.map_err(late)?
    }

    async fn read_within<T, F>(&self, patience: Duration, read: F) -> Result<T, StoreError>
    where
        F: Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (location, options) = (self.inner.location.clone(), self.inner.options.clone());
        let (answer, outcome) = oneshot::channel();
        self.inner.readers.submit(Box::new(move |db| {
            // Nobody waits any more: those who still do come first.
            if answer.is_closed() {
                return db.map_or(Health::Broken, |_| Health::Good);
            }
            let (read, health) = match db {
                Ok(db) => match caught(|| read(db)) {
                    // The server was restarted since the last read: a new connection may do.
                    Err(StoreError::Unavailable(_)) => {
                        let again = location
                            .connect(Role::Read, &options)
                            .and_then(|mut fresh| caught(|| read(&mut fresh)));
                        (again, Health::Broken)
                    }
                    read => (read, Health::Good),
                },
                Err(error) => (Err(error), Health::Broken),
            };
            let _gone = answer.send(read);
            health
        }))?;
        within(patience, outcome).await
    }

    /// A connection of its own, for what must not share one: migrations.
    pub(crate) fn connect_alone(&self) -> Result<Db, StoreError> {
        self.inner.location.connect(Role::Write, &self.inner.options)
    }

    pub(crate) fn purge_cursors(&self) -> &purge::Cursors {
        &self.inner.purge
    }

    /// Finishes the writes that wait, then refuses new ones. Blocks, but no longer than a request waits
    /// for each kind of connection.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        let patience = self.options.patience;
        self.committer.close(patience);
        if let Some(writers) = &self.writers {
            writers.close(patience);
        }
        self.readers.close(patience);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// What comes of it, unless that takes too long: a server that is stopped in its tracks closes no
/// connection. Whether a write was done is then not known, as after a lost connection.
async fn within<T>(
    patience: Duration,
    outcome: oneshot::Receiver<Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(patience, outcome).await {
        Ok(answered) => answered.map_err(|_| StoreError::Closed)?,
        Err(_) => Err(StoreError::Delayed(format!("nothing came within {patience:?}"))),
    }
}

/// Connections that are lent for the length of one statement, never across an await.
struct InlinePool {
    idle: Mutex<Idle>,
    returned: Condvar,
    connect: Connect,
}

struct Idle {
    connections: Vec<Db>,
    unopened: usize,
}

impl InlinePool {
    fn new(size: usize, connect: Connect) -> Self {
        let idle = Idle { connections: Vec::new(), unopened: size };
        Self { idle: Mutex::new(idle), returned: Condvar::new(), connect }
    }

    fn read<T>(&self, read: impl Fn(&mut Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self.take()?;
        let outcome = caught(|| read(&mut connection));
        let mut idle = self.idle.lock();
        match Health::after(&outcome) {
            Health::Good => idle.connections.push(connection),
            Health::Broken => idle.unopened += 1,
        }
        drop(idle);
        self.returned.notify_one();
        outcome
    }

    fn take(&self) -> Result<Db, StoreError> {
        let mut idle = self.idle.lock();
        loop {
            if let Some(connection) = idle.connections.pop() {
                return Ok(connection);
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                return (self.connect)().inspect_err(|_| {
                    self.idle.lock().unopened += 1;
                    self.returned.notify_one();
                });
            }
            self.returned.wait(&mut idle);
        }
    }
}
