//! Connections: SQLite and PostgreSQL behind one type.

use std::path::Path;

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

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Sqlite(String),
    Postgres(String),
}

/// Whether a database URL can be read; nothing is connected to. The fault quotes nothing that may be a
/// password.
pub fn check_url(url: &str) -> Result<(), StoreError> {
    Location::parse(url).map(|_| ())
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
pub(crate) struct Setting {
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
        if let Some(rest) = url.strip_prefix("postgres://").or(url.strip_prefix("postgresql://")) {
            return match unreadable(rest) {
                None => Ok(Self::Postgres(with_timeouts(url))),
                Some(problem) => Err(StoreError::Url(problem.to_owned())),
            };
        }
        // Any part of it may be a password, so nothing is repeated.
        Err(StoreError::Url("it begins with neither".to_owned()))
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// An error when it is a file that is not there. Whether a server has a database is its to say.
    pub(crate) fn must_exist(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) if !Path::new(path).exists() => Err(StoreError::Schema(format!(
                "there is no database {path}; when that is the right path, make it with: vestibule migrate"
            ))),
            _ => Ok(()),
        }
    }

    /// Makes the file, unless it is there. A server's database is made by its administrator.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) => create_private(path),
            Self::Postgres(_) => Ok(()),
        }
    }

    pub(crate) fn connect(&self, role: Role, options: &StoreOptions) -> Result<Db, StoreError> {
        match self {
            Self::Sqlite(path) => connect_sqlite(path, role),
            Self::Postgres(url) => connect_postgres(url, role, options),
        }
    }
}

/// What libpq could not read of a URL, of which this is what follows the scheme. libpq says so as well,
/// but quotes what it stumbles over, which may be a password (promise P8).
fn unreadable(rest: &str) -> Option<&'static str> {
    let mut escapes = rest.split('%');
    escapes.next();
    if !escapes.all(is_escape) {
        return Some("a % begins no escape; write % itself as %25");
    }
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = address.split_once('/').unwrap_or((address, ""));
    let servers = authority.split_once('@').map_or(authority, |(_, servers)| servers);
    if address.contains('#') || database.contains('@') || !servers.split(',').all(is_server) {
        return Some(UNESCAPED);
    }
    let named = |parameter: &str| parameter.is_empty() || parameter.contains('=');
    (!query.split('&').all(named)).then_some("a parameter after ? has no value; write name=value")
}

const UNESCAPED: &str = "host and port cannot be told; in a user name or a password write @ as %40, \
                         : as %3A, / as %2F, ? as %3F and # as %23";

/// Whether what follows a `%` makes it an escape, of a character that a text may hold.
fn is_escape(text: &str) -> bool {
    let digits = text.get(..2);
    digits.is_some_and(|two| two != "00" && two.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether this is a host, or an IPv6 address in brackets, with a port if there is one.
fn is_server(text: &str) -> bool {
    if text.contains('@') {
        return false;
    }
    let port = match text.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some((_, port)) => port,
            None => return false,
        },
        None => text.find(':').map_or("", |colon| text.split_at(colon).1),
    };
    match port.strip_prefix(':') {
        Some(digits) => digits.is_empty() || digits.parse::<u16>().is_ok_and(|port| port > 0),
        None => port.is_empty(),
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
    let file = Path::new(path);
    if file.is_dir() {
        return Err(StoreError::Url(format!("{path} is a folder")));
    }
    // SQLite would make it, and a server whose file was moved away would go on with an empty one.
    if !file.exists() {
        return Err(StoreError::Unavailable(format!("{path} is not there")));
    }
    let mut connection = SqliteConnection::establish(path)
        .map_err(|error| StoreError::Unavailable(format!("cannot open {path}: {error}")))?;
    // FULL: with NORMAL a power cut can take back an acknowledged redemption. The page cache is
    // small, because the kernel's is behind it: mapping the file was measured to be no faster, and
    // counts every page that was ever read as ours.
    let settled = connection.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -2000;",
    );
    settled.map_err(|error| unusable(path, error.into()))?;
    crate::clients::teach_lower(&mut connection)?;
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

/// What SQLite says of a file that it opened and cannot use, with what to do about it.
fn unusable(path: &str, error: StoreError) -> StoreError {
    match error {
        // In write-ahead mode reading takes files beside it, too.
        StoreError::Unavailable(said)
            if ["readonly", "unable to open"].iter().any(|known| said.contains(known)) =>
        {
            StoreError::Unavailable(format!(
                "{path} cannot be written; it and its folder must belong to the user that this runs as ({said})"
            ))
        }
        StoreError::Unavailable(said) => StoreError::Unavailable(format!("{path}: {said}")),
        StoreError::Database(said) if said.contains("not a database") => {
            StoreError::Url(format!("{path} is no SQLite database"))
        }
        other => other,
    }
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
    let mut connection = PgConnection::establish(url)?;
    let timeout = options.statement_timeout.as_millis();
    connection.batch_execute(&format!(
        "SET statement_timeout = {timeout}; SET idle_in_transaction_session_timeout = '30s';
         SET client_min_messages = warning; SET TIME ZONE 'UTC'"
    ))?;
    speak_english(&mut connection, role)?;
    if role == Role::Commit {
        // Every row is found by its key. A planner that has not yet counted a growing table would
        // rather read all of it, and would plan each batch anew.
        connection.batch_execute(
            "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
             SET plan_cache_mode = force_generic_plan; SET jit = off",
        )?;
        // All hot writes of this node wait for the one that waits for a row. Deadlocks are looked
        // for after a second, so that this comes later.
        connection.batch_execute("SET lock_timeout = '2s'")?;
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

/// Diesel hands on no SQLSTATE, so that a timeout or a full disk is told from a fault by its message.
/// Debian's server speaks the language of its machine, and only a superuser's role may change that.
fn speak_english(connection: &mut PgConnection, role: Role) -> Result<(), StoreError> {
    let language = setting(connection, "SELECT current_setting('lc_messages') AS value")?;
    let is_english = ["", "C", "POSIX"].contains(&language.as_str())
        || ["C.", "en"].iter().any(|start| language.starts_with(start));
    if !is_english
        && connection.batch_execute("SET lc_messages = 'C'").is_err()
        && role == Role::Commit
    {
        tracing::warn!(
            language,
            "PostgreSQL's messages are not in English, so a timeout or a full disk is taken for a fault \
             and answered 500; as its superuser: ALTER ROLE <ours> SET lc_messages = 'C'"
        );
    }
    Ok(())
}

pub(crate) fn setting<C>(connection: &mut C, query: &str) -> Result<String, StoreError>
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

    /// In the open transaction no row is waited for: whoever holds one has been waited for already.
    pub(crate) fn wait_no_longer(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(connection) = self {
            connection.batch_execute("SET LOCAL lock_timeout = '50ms'")?;
        }
        Ok(())
    }

    /// Best effort: where it fails the connection is given up, which rolls back as well.
    pub(crate) fn roll_back(&mut self) -> bool {
        self.batch_execute("ROLLBACK").is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p8_a_url_that_cannot_be_read_is_refused_before_libpq_quotes_it() {
        for url in [
            "postgres://me:hunter%2@db/x",
            "postgres://me:hun%zzter2@db/x",
            "postgres://me:hun%00ter2@db/x",
            "postgres://me:hunter2%@db/x",
            "postgres://me:hunter2%é@db/x",
            "postgres://me:hunter2@[::1/x",
            "postgres://me:hun/ter2@db/x",
            "postgres://me:1/hunter2@db/x",
            "postgres://me:hun?ter2@db/x",
            "postgres://me:1?hunter2@db/x",
            "postgres://me:hun#ter2@db/x",
            "postgres://me:hun@ter2@db/x",
            "postgresql://me:hunter2@db:port/x",
            "postgres://me:hunter2@db:70000/x",
            "postgres://me@db/x?hunter2",
            "postgres:me:hunter2@db/x",
            "host=db password=hunter2",
        ] {
            let refused = check_url(url).unwrap_err().to_string();
            assert!(!["hun", "ter2"].iter().any(|part| refused.contains(part)), "{url}: {refused}");
        }
    }

    #[test]
    fn every_way_to_write_a_server_is_read() {
        for url in [
            "postgres://db/x",
            "postgres://",
            "postgresql:///x?host=/run/postgresql&user=me%40tenant",
            "postgres://me:p%40%3A%2Fss%25@db.example:5433/x?sslmode=verify-full",
            "postgres://me@[2001:db8::1]:5432/x",
            "postgres://me@%2Frun%2Fpostgresql/x",
            "postgres://me:hunter2@one:5432,two:5433,[::1]/x?target_session_attrs=read-write",
            "sqlite:vestibule.db",
        ] {
            assert!(check_url(url).is_ok(), "{url}");
        }
    }
}
