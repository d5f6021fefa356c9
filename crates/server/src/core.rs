//! What every command works with: configuration, database, secrets, clock.
//!
//! The server adds its caches and pools to it ([`crate::app`]); the command line uses it as it is.

use std::sync::Arc;

use vestibule_keys::{DigestKey, KeyRing, MasterKey, Masters};
use vestibule_protocol::ids::OrderedIds;
use vestibule_store::{Store, StoreError, StoreOptions};

use crate::clock::Clock;
use crate::config::Config;
use crate::random;
use crate::resealing;
use crate::signing_keys::{self, KeysFault};

/// The name and the purpose of the sealed digest key.
pub(crate) const DIGEST_KEY: &str = "digest-key";

/// An opened installation.
pub struct Core {
    /// The configuration.
    pub config: Arc<Config>,
    /// The account store.
    pub store: Store,
    /// The master key, and the one before it.
    pub masters: Masters,
    /// The key of all keyed digests.
    pub digests: DigestKey,
    /// The signing keys.
    pub keys: KeyRing,
    /// Draws row ids.
    pub ids: Arc<OrderedIds>,
    /// Tells the time.
    pub clock: Clock,
}

/// Why an installation was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No master key is configured.
    #[error(
        "there is no master key: set secrets.master_key_file (`vestibule init` makes one) or \
         VESTIBULE_SECRETS__MASTER_KEY"
    )]
    NoMasterKey,
    /// The master key cannot be read.
    #[error(transparent)]
    MasterKey(#[from] vestibule_keys::sealing::MasterKeyError),
    /// A sealed secret does not open.
    #[error(
        "the secrets in the database cannot be opened: {0}; when that key is lost for good: vestibule key start-over"
    )]
    Sealed(#[from] vestibule_keys::sealing::SealError),
    /// The digest key has not 32 bytes.
    #[error("the sealed digest key has the wrong length; restore the database from a backup")]
    DigestKey,
    /// The signing keys.
    #[error(transparent)]
    Keys(#[from] KeysFault),
    /// The password hashing pool.
    #[error(transparent)]
    Passwords(#[from] vestibule_keys::password::StartError),
}

impl Core {
    /// Opens the database, whose schema must be up to date, and the secrets in it. On first use
    /// the secrets are made.
    pub async fn open(config: Arc<Config>, clock: Clock) -> Result<Self, OpenFault> {
        let masters = masters(&config)?;
        let ids = Arc::new(ids(&config));
        let store = open_store(&config)?;
        store.require_current_schema()?;
        if config.secrets.previous_master_key.is_some() {
            let count = resealing::reseal(&store, &masters, clock.now()).await?;
            tracing::info!(count, "secrets were sealed anew under the current master key");
        }
        let digests = digest_key(&store, &masters, &clock).await?;
        let keys = signing_keys::open(&store, &masters, &config.key_policy(), &clock).await?;
        Ok(Self { config, store, masters, digests, keys, ids, clock })
    }
}

/// Opens the database alone, whatever its schema.
pub fn open_store(config: &Config) -> Result<Store, StoreError> {
    Store::open(config.database.url.expose(), store_options(config))
}

/// The same, and makes the file of a SQLite database where there is none.
pub fn create_store(config: &Config) -> Result<Store, StoreError> {
    Store::create(config.database.url.expose(), store_options(config))
}

fn store_options(config: &Config) -> StoreOptions {
    let database = &config.database;
    StoreOptions {
        readers: database.readers,
        queue_length: database.queue,
        allow_unsafe_durability: database.allow_unsafe_durability,
        statement_timeout: database.statement_timeout,
        ..StoreOptions::default()
    }
}

/// Row ids of this process. Without a configured number a random one keeps the ids of processes
/// apart that work on one database at the same time: nodes, and commands beside them.
pub fn ids(config: &Config) -> OrderedIds {
    match config.server.node {
        Some(node) => OrderedIds::new(node),
        None => OrderedIds::starting_at(random::bits()),
    }
}

/// The master keys that are configured.
pub fn masters(config: &Config) -> Result<Masters, OpenFault> {
    let current = config.secrets.master_key.as_ref().ok_or(OpenFault::NoMasterKey)?;
    let previous = config.secrets.previous_master_key.iter();
    let previous = previous.map(|key| MasterKey::parse(key.expose())).collect::<Result<_, _>>()?;
    Ok(Masters::new(MasterKey::parse(current.expose())?, previous))
}

/// The key of all keyed digests: made once, by whichever process comes first.
async fn digest_key(
    store: &Store,
    masters: &Masters,
    clock: &Clock,
) -> Result<DigestKey, OpenFault> {
    let sealed = match store.sealed_value(DIGEST_KEY).await? {
        Some(sealed) => sealed,
        None => {
            let fresh =
                masters.seal(&random::secret_bytes::<32>()[..], DIGEST_KEY, random::bytes())?;
            let now = clock.now();
            store.write(move |tx| tx.sealed_value_or_insert(DIGEST_KEY, &fresh, now)).await?
        }
    };
    let opened = masters.open(&sealed, DIGEST_KEY)?;
    let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| OpenFault::DigestKey)?;
    Ok(DigestKey::new(bytes))
}
