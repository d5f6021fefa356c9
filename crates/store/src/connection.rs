//! Connections: SQLite and PostgreSQL behind one type.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::statement::statement;
use crate::{StoreError, StoreOptions};

/// A connection to either database; a query written for it is compiled for both.
#[derive(diesel::MultiConnection)]
#[allow(unreachable_pub, reason = "Diesel's macro makes public what is below")]
pub enum Db {
    /// The embedded file.
    Sqlite(SqliteConnection),
    /// The server.
    Postgres(PgConnection),
}

/// Runs a query on whichever connection it is, compiled for each.
///
/// A query given to [`Db`] itself is written out as text on every call, although it is prepared only
/// once: for the joined facts that cost more than running it.
macro_rules! on_either {
    ($db:ident => $query:expr) => {
        match $db {
            crate::connection::Db::Sqlite($db) => $query,
            crate::connection::Db::Postgres($db) => $query,
        }
    };
}

pub(crate) use on_either;

/// Which database a store keeps its rows in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// An embedded file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Sqlite(String),
    Postgres(String),
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Read,
    Write,
    /// The committer's: keyed statements only.
    Commit,
}

/// Older versions can corrupt a database when several connections checkpoint it.
const SQLITE_NEEDED: [u32; 3] = [3, 51, 3];

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Location {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.starts_with("file:") {
                return Err(StoreError::Url(format!("`{url}` names no file")));
            }
            return Ok(Self::Sqlite(path.to_owned()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(with_timeouts(url)));
        }
        // The rest may hold a password, so it is not repeated.
        let scheme = url.split(':').next().unwrap_or_default();
        Err(StoreError::Url(format!("scheme `{scheme}` is unknown")))
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    pub(crate) fn connect(&self, role: Role, options: &StoreOptions) -> Result<Db, StoreError> {
        match self {
            Self::Sqlite(path) => connect_sqlite(path, role),
            Self::Postgres(url) => connect_postgres(url, role, options),
        }
    }
}

/// A server that no longer answers is given up after seconds, not after the kernel's quarter hour.
fn with_timeouts(url: &str) -> String {
    let wanted = [
        ("connect_timeout", "3"),
        ("tcp_user_timeout", "3000"),
        ("keepalives_idle", "5"),
        ("keepalives_interval", "2"),
        ("keepalives_count", "2"),
        ("application_name", "vestibule"),
    ];
    let mut url = url.to_owned();
    for (name, value) in wanted {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

fn connect_sqlite(path: &str, role: Role) -> Result<Db, StoreError> {
    create_private(path)?;
    let mut connection = SqliteConnection::establish(path)
        .map_err(|error| StoreError::Unavailable(format!("cannot open {path}: {error}")))?;
    // FULL: with NORMAL a power cut can take back an acknowledged redemption. The page cache is
    // small, because the kernel's is behind it: mapping the file was measured to be no faster, and
    // counts every page that was ever read as ours.
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -2000;",
    )?;
    if role == Role::Read {
        connection.batch_execute("PRAGMA query_only = ON")?;
    }
    let mode = setting(&mut connection, "SELECT journal_mode AS value FROM pragma_journal_mode")?;
    if mode != "wal" {
        return Err(StoreError::Unsafe(format!(
            "{path} cannot be used in write-ahead mode (it says `{mode}`); keep the file on a local disk"
        )));
    }
    let version = setting(&mut connection, "SELECT sqlite_version() AS value")?;
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() < SQLITE_NEEDED.as_slice() {
        return Err(StoreError::Unsafe(format!(
            "SQLite {version} is linked, but versions before 3.51.3 can corrupt a database; build with the feature `bundled`"
        )));
    }
    Ok(Db::Sqlite(connection))
}

/// The file holds digests and sealed keys: nobody else on the machine need read it.
fn create_private(path: &str) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Unavailable(format!("cannot create {path}: {error}"))),
    }
}

fn connect_postgres(url: &str, role: Role, options: &StoreOptions) -> Result<Db, StoreError> {
    let mut connection = PgConnection::establish(url)
        .map_err(|error| StoreError::Unavailable(format!("cannot connect: {error}")))?;
    let timeout = options.statement_timeout.as_millis();
    connection.batch_execute(&format!(
        "SET statement_timeout = {timeout}; SET idle_in_transaction_session_timeout = '30s';
         SET client_min_messages = warning; SET TIME ZONE 'UTC'"
    ))?;
    if role == Role::Commit {
        // Every row is found by its key. A planner that has not yet counted a growing table would
        // rather read all of it, and would plan each batch anew.
        connection.batch_execute(
            "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
             SET plan_cache_mode = force_generic_plan; SET jit = off",
        )?;
    }
    if !options.allow_unsafe_durability {
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            let query = format!("SELECT current_setting('{name}') AS value");
            if setting(&mut connection, &query)? == "off" {
                return Err(StoreError::Unsafe(format!(
                    "PostgreSQL runs with {name}=off, which can forget an acknowledged redemption or revocation; set {name}=on, or allow it with database.allow_unsafe_durability"
                )));
            }
        }
    }
    Ok(Db::Postgres(connection))
}

fn setting<C>(connection: &mut C, query: &str) -> Result<String, StoreError>
where
    C: diesel::connection::LoadConnection,
    diesel::query_builder::SqlQuery: diesel::query_dsl::LoadQuery<'static, C, Setting>,
{
    Ok(diesel::sql_query(query).get_result::<Setting>(connection)?.value)
}

statement! {
    Begin {} = "BEGIN IMMEDIATE",
}

statement! {
    Commit {} = "COMMIT",
}

impl Db {
    pub(crate) fn begin(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => Begin::new().execute(connection).map(drop)?,
            Self::Postgres(connection) => {
                connection.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")?;
            }
        }
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => Commit::new().execute(connection).map(drop)?,
            Self::Postgres(connection) => connection.batch_execute("COMMIT")?,
        }
        Ok(())
    }

    /// Best effort: where it fails the connection is given up, which rolls back as well.
    pub(crate) fn roll_back(&mut self) -> bool {
        self.batch_execute("ROLLBACK").is_ok()
    }
}
