//! When client secrets were last used, noted to the minute and away from the request.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Client;
use vestibule_protocol::client_auth::Authenticated;
use vestibule_protocol::ids::ClientSecretId;
use vestibule_store::Store;

/// A use is written down at most this often.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// Uses that are not written down yet: at most one for each secret.
#[derive(Default)]
pub struct SecretUses(Mutex<BTreeMap<ClientSecretId, Timestamp>>);

impl SecretUses {
    /// Notes that a client has authenticated.
    pub fn note(&self, client: &Client, by: &Authenticated, now: Timestamp) {
        let Some(secret) = by.secret else { return };
        let used = client.secrets.iter().find(|known| known.id == secret);
        let before = used.and_then(|secret| secret.last_used_at);
        if before.is_none_or(|before| now.since(before) >= NOTE_EVERY) {
            self.0.lock().insert(secret, now);
        }
    }

    /// Writes down what was noted, in one transaction: each of its own would be a trip to the disk.
    pub async fn write_down(&self, store: &Store) {
        let noted = std::mem::take(&mut *self.0.lock());
        if noted.is_empty() {
            return;
        }
        if let Err(error) = store.write(move |tx| tx.client_secrets_used(&noted)).await {
            tracing::warn!(%error, "the last uses of client secrets were not noted");
        }
    }
}
