//! Clients as this node knows them.
//!
//! A client is read once and kept until the change counter in the database moves, which is looked
//! at twice a second. That a client is switched off must not be late by that half second: the guard of
//! each commit checks it again. A secret that was revoked is taken for so long still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::sync::Cache;
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::{ClientId, ClientKey};
use vestibule_store::{Store, StoreError};

/// Most clients kept at a time.
const CAPACITY: u64 = 10_000;

/// Clients by both of their names.
pub struct ClientCache {
    by_id: Cache<ClientId, Arc<Client>>,
    by_key: Cache<ClientKey, Arc<Client>>,
    generation: AtomicU64,
}

impl Default for ClientCache {
    fn default() -> Self {
        Self {
            by_id: Cache::new(CAPACITY),
            by_key: Cache::new(CAPACITY),
            generation: AtomicU64::new(0),
        }
    }
}

impl ClientCache {
    /// The client that calls itself `id`. Unknown ids are not remembered: a stranger could fill
    /// the cache with them.
    pub async fn by_id(
        &self,
        store: &Store,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(known) = self.by_id.get(id) {
            return Ok(Some(known));
        }
        let generation = self.generation.load(Ordering::Acquire);
        Ok(store.client_by_client_id(id.clone()).await?.map(|client| self.keep(client, generation)))
    }

    /// The client of this row.
    pub async fn by_key(
        &self,
        store: &Store,
        key: ClientKey,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        if let Some(known) = self.by_key.get(&key) {
            return Ok(Some(known));
        }
        let generation = self.generation.load(Ordering::Acquire);
        Ok(store.client_by_key(key).await?.map(|client| self.keep(client, generation)))
    }

    /// The client of this row as the store has it now, if that is not what was known.
    pub async fn renewed(
        &self,
        store: &Store,
        known: &Client,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let generation = self.generation.load(Ordering::Acquire);
        let fresh = store.client_by_key(known.key).await?;
        let changed = fresh.filter(|fresh| fresh != known);
        Ok(changed.map(|client| self.keep(client, generation)))
    }

    /// Forgets everything: something about clients has changed.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.by_id.invalidate_all();
        self.by_key.invalidate_all();
    }

    fn keep(&self, client: Client, generation: u64) -> Arc<Client> {
        let client = Arc::new(client);
        self.by_id.insert(client.client_id.clone(), Arc::clone(&client));
        self.by_key.insert(client.key, Arc::clone(&client));
        // Read before a change, kept after it: what was just put in may be the old state.
        if self.generation.load(Ordering::Acquire) != generation {
            self.by_id.invalidate(&client.client_id);
            self.by_key.invalidate(&client.key);
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::clients::{self, NewClient};
    use crate::services::testing::Installation;

    #[tokio::test]
    async fn what_another_process_changed_is_seen_by_the_second_look_and_kept() {
        let installation = Installation::new().await;
        let act = installation.act();
        let new = NewClient {
            name: Some("App".to_owned()),
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            ..NewClient::default()
        };
        let id = clients::add(act, new).await.unwrap().client.client_id;
        let (cache, store) = (ClientCache::default(), &installation.core.store);
        let known = cache.by_id(store, &id).await.unwrap().unwrap();
        assert_eq!(cache.renewed(store, &known).await.unwrap(), None, "it is what was known");

        clients::add_secret(act, &id.0, "second", None).await.unwrap();
        let remembered = cache.by_id(store, &id).await.unwrap().unwrap();
        assert_eq!(remembered.secrets.len(), 1, "nobody has told this cache");
        let fresh = cache.renewed(store, &known).await.unwrap().unwrap();
        assert_eq!(fresh.secrets.len(), 2);
        let by_id = cache.by_id(store, &id).await.unwrap().unwrap();
        let by_key = cache.by_key(store, known.key).await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&by_id, &fresh) && Arc::ptr_eq(&by_key, &fresh), "it is kept");
    }
}
