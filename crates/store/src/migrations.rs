//! The schema's versions, embedded in the program.
//!
//! Migrations expand, then contract: this version and the one before it work on one database at the
//! same time. Two processes that start together migrate one after the other.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection as _;
use diesel::migration::{Migration, MigrationSource};
use diesel::{PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::{Db, setting};
use crate::error::HELD_MESSAGE;
use crate::{Store, StoreError};

static SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
static POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The migrations of one backend; Diesel wants to own a source, and these are part of the program.
#[derive(Clone, Copy)]
struct Source(&'static EmbeddedMigrations);

impl<B: Backend> MigrationSource<B> for Source {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<B>>>> {
        self.0.migrations()
    }
}

/// Names our lock among a PostgreSQL server's advisory locks: "vestibul" in ASCII.
const MIGRATION_LOCK: i64 = 0x7665_7374_6962_756c;

/// How a database's schema stands to this program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Applied, oldest first.
    pub applied: Vec<String>,
    /// Known to this program and not applied yet, oldest first.
    pub pending: Vec<String>,
    /// Applied and unknown to this program: the schema is newer than the program.
    pub unknown: Vec<String>,
}

impl Store {
    /// Applies what is pending and tells what that was. Blocks.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        match self.connect_alone()? {
            // All or nothing, and alone with the file.
            Db::Sqlite(mut connection) => connection
                .exclusive_transaction(|connection| {
                    must_be_ours(connection)?;
                    migrate(connection, Source(&SQLITE))
                })
                .map_err(|failure| failure.0),
            // The lock ends with the connection.
            Db::Postgres(mut connection) => {
                unhurried(&mut connection)?;
                connection.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
                // Whoever waits for a whole table keeps everybody waiting who comes after.
                connection.batch_execute("SET lock_timeout = '3s'")?;
                migrate(&mut connection, Source(&POSTGRES)).map_err(|failure| held_up(failure.0))
            }
        }
    }

    /// An error unless the schema is the one that this program works with. Blocks.
    pub fn require_current_schema(&self) -> Result<(), StoreError> {
        let status = self.migration_status()?;
        if let Some(unknown) = status.unknown.last() {
            return Err(StoreError::Schema(format!(
                "the database's schema ({unknown}) is newer than this program; run the newer version"
            )));
        }
        match status.pending.len() {
            0 => Ok(()),
            count => Err(StoreError::Schema(format!(
                "the database's schema lacks {count} of this program's migrations; run: vestibule migrate"
            ))),
        }
    }

    /// How the schema stands. Blocks.
    pub fn migration_status(&self) -> Result<MigrationStatus, StoreError> {
        match self.connect_alone()? {
            Db::Sqlite(mut connection) => status(&mut connection, Source(&SQLITE)),
            Db::Postgres(mut connection) => status(&mut connection, Source(&POSTGRES)),
        }
        .map_err(|failure| failure.0)
    }

    /// Applies these migrations alone, to an empty database. Blocks.
    pub(crate) fn migrate_only(&self, wanted: &[String]) -> Result<(), StoreError> {
        match self.connect_alone()? {
            Db::Sqlite(mut connection) => only(&mut connection, Source(&SQLITE), wanted),
            Db::Postgres(mut connection) => {
                unhurried(&mut connection)?;
                only(&mut connection, Source(&POSTGRES), wanted)
            }
        }
        .map_err(|failure| failure.0)
    }

    /// Takes every migration back; no account is left. Blocks.
    pub fn revert_all(&self) -> Result<(), StoreError> {
        match self.connect_alone()? {
            Db::Sqlite(mut connection) => revert(&mut connection, Source(&SQLITE)),
            Db::Postgres(mut connection) => {
                unhurried(&mut connection)?;
                revert(&mut connection, Source(&POSTGRES))
            }
        }
        .map_err(|failure| failure.0)
    }
}

/// An index of a large table takes longer than any request may, and so does waiting for another
/// process that migrates.
fn unhurried(connection: &mut PgConnection) -> Result<(), StoreError> {
    Ok(connection.batch_execute("SET statement_timeout = 0")?)
}

/// Diesel tells why a migration failed in its text only.
fn held_up(error: StoreError) -> StoreError {
    if !error.to_string().contains(HELD_MESSAGE) {
        return error;
    }
    StoreError::Held(
        "a table that is to be changed is in use, by a dump or a backup that is running or by an open \
         transaction; migrate again when it has ended"
            .to_owned(),
    )
}

/// Diesel wants errors of a transaction to be made from its own, and those of migrations are boxed.
struct Failure(StoreError);

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.into())
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Failure {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self(match error.downcast::<diesel::result::Error>() {
            Ok(known) => (*known).into(),
            Err(other) => StoreError::Schema(format!("a migration failed: {other}")),
        })
    }
}

/// A file holds one program's tables. Another program's would be left in a state that neither knows,
/// and a schema of PostgreSQL may well hold what extensions bring.
fn must_be_ours(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let status = status(connection, Source(&SQLITE))?;
    if !status.applied.is_empty() || !status.unknown.is_empty() {
        return Ok(());
    }
    let query = "SELECT coalesce(group_concat(name, ', '), '') AS value FROM (
         SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
         AND name <> '__diesel_schema_migrations' LIMIT 5)";
    let others = setting(connection, query).map_err(Failure)?;
    if others.is_empty() {
        return Ok(());
    }
    Err(Failure(StoreError::Schema(format!(
        "the database holds tables of another program ({others}); name a file of its own in database.url"
    ))))
}

fn migrate<C, B>(connection: &mut C, source: Source) -> Result<Vec<String>, Failure>
where
    C: MigrationHarness<B>,
    B: Backend,
{
    let before = status(connection, source)?;
    if let Some(newest) = before.unknown.last() {
        return Err(Failure(StoreError::Schema(format!(
            "the database has migration {newest}, which this version does not know; run the version that made it, or a newer one"
        ))));
    }
    connection.run_pending_migrations(source)?;
    Ok(before.pending)
}

fn only<C, B>(connection: &mut C, source: Source, wanted: &[String]) -> Result<(), Failure>
where
    C: MigrationHarness<B>,
    B: Backend,
{
    for migration in connection.pending_migrations(source)? {
        if wanted.contains(&migration.name().version().to_string()) {
            connection.run_migration(migration.as_ref())?;
        }
    }
    Ok(())
}

fn revert<C, B>(connection: &mut C, source: Source) -> Result<(), Failure>
where
    C: MigrationHarness<B>,
    B: Backend,
{
    connection.revert_all_migrations(source)?;
    Ok(())
}

fn status<C, B>(connection: &mut C, source: Source) -> Result<MigrationStatus, Failure>
where
    C: MigrationHarness<B>,
    B: Backend,
{
    let mut known: Vec<String> = MigrationSource::<B>::migrations(&source)?
        .iter()
        .map(|one| one.name().version().to_string())
        .collect();
    known.sort();
    let mut applied: Vec<String> =
        connection.applied_migrations()?.iter().map(ToString::to_string).collect();
    applied.sort();
    let pending = known.iter().filter(|one| !applied.contains(one)).cloned().collect();
    let unknown = applied.iter().filter(|one| !known.contains(one)).cloned().collect();
    Ok(MigrationStatus { applied, pending, unknown })
}
