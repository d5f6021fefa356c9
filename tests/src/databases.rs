//! A database for each test, on either backend, with the schema in place.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use vestibule_store::{Store, StoreOptions};

use crate::postgres;

/// A database that nobody else uses; it is gone with its last clone (a PostgreSQL one with the test
/// process).
#[derive(Clone, Debug)]
pub struct Database {
    url: String,
    folder: Option<Arc<tempfile::TempDir>>,
}

impl Database {
    /// A SQLite file with the schema in place.
    pub fn sqlite() -> Self {
        let database = Self::empty_sqlite();
        database.store().migrate().expect("the schema of a new file");
        database
    }

    /// A SQLite file without a schema.
    pub fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("vestibule.db").display());
        Self { url, folder: Some(Arc::new(folder)) }
    }

    /// A PostgreSQL database with the schema in place: a copy of one that was migrated once.
    pub fn postgres() -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let server = postgres::shared();
        let template = TEMPLATE.get_or_init(|| {
            let template = Self::empty_postgres();
            // Copying wants nobody to be connected, and the store closes its connections here.
            template.store().migrate().expect("the schema of a new database");
            template.name().to_owned()
        });
        let name = server.create_database(Some(template)).expect("a copy of the template");
        Self { url: server.url(&name), folder: None }
    }

    /// A fresh one of the same kind.
    pub fn another(&self) -> Self {
        if self.folder.is_some() { Self::sqlite() } else { Self::postgres() }
    }

    /// A PostgreSQL database without a schema.
    pub fn empty_postgres() -> Self {
        let server = postgres::shared();
        let name = server.create_database(None).expect("a database");
        Self { url: server.url(&name), folder: None }
    }

    /// A PostgreSQL database with the schema in place on a server of the test's own.
    pub fn on(server: &postgres::Postgres) -> Self {
        let name = server.create_database(None).expect("a database");
        let database = Self { url: server.url(&name), folder: None };
        database.store().migrate().expect("the schema of a new database");
        database
    }

    /// The name of a PostgreSQL database on its server.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// Where it is, as configuration says it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements beside the store, as an older version or an operator would.
    ///
    /// # Panics
    /// When the database refuses them.
    pub fn execute(&self, statements: &str) {
        use diesel::connection::SimpleConnection as _;
        use diesel::prelude::*;
        let done = match self.path() {
            Some(path) => SqliteConnection::establish(&path.display().to_string())
                .expect("the file of a test")
                .batch_execute(statements),
            None => PgConnection::establish(&self.url)
                .expect("the database of a test")
                .batch_execute(statements),
        };
        done.expect("statements that the database takes");
    }

    /// The SQLite file.
    pub fn path(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("vestibule.db"))
    }

    /// A store over it, as one process has it. Several are as several processes.
    pub fn store(&self) -> Store {
        self.store_with(Self::options())
    }

    /// A store over it with these options.
    pub fn store_with(&self, options: StoreOptions) -> Store {
        Store::create(&self.url, options).expect("the store of a test")
    }

    /// The test server does not sync: a power cut is not what these tests are about.
    pub fn options() -> StoreOptions {
        StoreOptions { readers: 2, allow_unsafe_durability: true, ..StoreOptions::default() }
    }
}
