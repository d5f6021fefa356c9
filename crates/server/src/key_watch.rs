//! Who has fetched the key set, as far as that can be told.
//!
//! A fetch does not say who it is. It is taken for one of the client that authenticates at the token
//! endpoint from the same address, by the same software where several clients are there; where more
//! than a few would do, it is taken for nobody's. That is a hint for whoever rotates keys, and
//! nothing is decided by it.
//!
//! What is seen is noted in memory, within bounds, and written down by a background job. All nodes
//! write to the same rows, and the later sighting stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use parking_lot::Mutex;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::ClientKey;
use vestibule_store::key_sightings::{ClientAddress, Sighting};
use vestibule_store::{Store, StoreError};

use crate::limits::site;

/// Locks that requests share between them.
const SHARDS: usize = 16;
/// Most notes of a shard that wait to be written down, and most that are remembered as written.
const MOST: usize = 512;
/// A client's place is written down at most this often.
const PLACE_EVERY: Duration = Duration::from_secs(3600);
/// A place's fetch is noted at most this often.
const FETCH_EVERY: Duration = Duration::from_secs(5);
/// For how long a fetch waits for a client that authenticates from its address: a server reads the
/// key set when it starts.
const WAITS: Duration = Duration::from_secs(600);
/// Most fetches that wait.
const MOST_WAITING: usize = 1024;
/// Of more clients than this at one place none is taken for the one that fetched.
const MOST_SHARING: usize = 4;
/// Longest name of a software that is kept, in bytes.
const MAX_AGENT: usize = 120;

/// What was noted and is not written down yet.
#[derive(Default)]
pub struct KeyWatch {
    shards: [Mutex<Shard>; SHARDS],
    waiting: Mutex<Vec<Fetch>>,
    /// Held while something is written down: whoever waits for it finds all of it written.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Shard {
    /// When a place of a client was last noted.
    noted: HashMap<(ClientKey, u64), Timestamp>,
    places: Vec<ClientAddress>,
    fetches: HashMap<u64, Fetch>,
}

/// A fetch of the key set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fetch {
    address: String,
    agent: String,
    kids: Arc<BTreeSet<String>>,
    at: Timestamp,
}

impl KeyWatch {
    /// Notes from where a client has authenticated.
    pub fn authenticated(
        &self,
        client: ClientKey,
        http: &HttpRequest,
        address: Option<IpAddr>,
        now: Timestamp,
    ) {
        let Some(address) = address.map(site) else { return };
        let agent = agent(http);
        let place = place(address, agent);
        let Some(shard) = self.shard(place) else { return };
        let mut shard = shard.lock();
        let before = shard.noted.get(&(client, place));
        if before.is_some_and(|before| now.since(*before) < PLACE_EVERY) {
            return;
        }
        if shard.noted.len() >= MOST {
            shard.noted.clear();
        }
        if shard.places.len() < MOST {
            shard.noted.insert((client, place), now);
            let (address, agent) = (address.to_string(), agent.to_owned());
            shard.places.push(ClientAddress { client, address, agent, used_at: now });
        }
    }

    /// Notes that the key set was fetched.
    pub fn fetched(
        &self,
        http: &HttpRequest,
        address: Option<IpAddr>,
        kids: &Arc<BTreeSet<String>>,
        now: Timestamp,
    ) {
        let Some(address) = address.map(site) else { return };
        let agent = agent(http);
        let place = place(address, agent);
        let Some(shard) = self.shard(place) else { return };
        let mut shard = shard.lock();
        let recent = |fetch: &Fetch| now.since(fetch.at) < FETCH_EVERY && fetch.kids == *kids;
        let full = shard.fetches.len() >= MOST;
        match shard.fetches.get(&place) {
            Some(fetch) if recent(fetch) => {}
            None if full => {}
            _ => {
                let (address, agent) = (address.to_string(), agent.to_owned());
                let fetch = Fetch { address, agent, kids: Arc::clone(kids), at: now };
                shard.fetches.insert(place, fetch);
            }
        }
    }

    fn shard(&self, place: u64) -> Option<&Mutex<Shard>> {
        self.shards.get(usize::try_from(place % SHARDS as u64).ok()?)
    }

    /// Writes down what was noted. Fetches by nobody who is known wait a while for somebody.
    pub async fn write_down(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let _one_at_a_time = self.writing.lock().await;
        let mut places = Vec::new();
        let mut fetches = std::mem::take(&mut *self.waiting.lock());
        for shard in &self.shards {
            let mut shard = shard.lock();
            places.append(&mut shard.places);
            fetches.extend(shard.fetches.drain().map(|(_, fetch)| fetch));
        }
        if !places.is_empty()
            && let Err(error) = store.write(move |tx| tx.note_client_addresses(&places)).await
        {
            // What was remembered as noted is not: the next requests note it again.
            self.shards.iter().for_each(|shard| shard.lock().noted.clear());
            return Err(error);
        }
        if fetches.is_empty() {
            return Ok(());
        }
        let addresses: BTreeSet<String> = fetches.iter().map(|it| it.address.clone()).collect();
        let known = store.clients_at(addresses.into_iter().collect()).await?;
        let (sightings, rest) = attributed(fetches, &known);
        let waits = |fetch: &Fetch| now.since(fetch.at) < WAITS;
        let rest: Vec<Fetch> = rest.into_iter().filter(waits).take(MOST_WAITING).collect();
        self.waiting.lock().extend(rest);
        if sightings.is_empty() {
            return Ok(());
        }
        store.write(move |tx| tx.note_sightings(&sightings)).await
    }
}

/// What the fetches tell of clients, and the fetches from where nobody is known.
fn attributed(fetches: Vec<Fetch>, known: &[ClientAddress]) -> (Vec<Sighting>, Vec<Fetch>) {
    let mut latest = BTreeMap::<i64, Sighting>::new();
    let mut rest = Vec::new();
    for fetch in fetches {
        let there = || known.iter().filter(|one| one.address == fetch.address);
        let same: BTreeSet<i64> =
            there().filter(|one| one.agent == fetch.agent).map(|one| one.client.0).collect();
        let any: BTreeSet<i64> = there().map(|one| one.client.0).collect();
        if any.is_empty() {
            rest.push(fetch);
            continue;
        }
        let clients = if same.is_empty() { any } else { same };
        if clients.len() > MOST_SHARING {
            continue;
        }
        for client in clients {
            let seen = Sighting {
                client: ClientKey(client),
                kids: fetch.kids.as_ref().clone(),
                fetched_at: fetch.at,
            };
            match latest.get(&client) {
                Some(other) if other.fetched_at > seen.fetched_at => {}
                _ => _ = latest.insert(client, seen),
            }
        }
    }
    (latest.into_values().collect(), rest)
}

fn agent(http: &HttpRequest) -> &str {
    let agent = http.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let agent = agent.unwrap_or_default();
    agent.get(..agent.floor_char_boundary(MAX_AGENT)).unwrap_or_default()
}

fn place(address: IpAddr, agent: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (address, agent).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(client: i64, address: &str, agent: &str) -> ClientAddress {
        ClientAddress {
            client: ClientKey(client),
            address: address.to_owned(),
            agent: agent.to_owned(),
            used_at: Timestamp::from_seconds(0),
        }
    }

    fn fetch(address: &str, agent: &str, second: i64) -> Fetch {
        Fetch {
            address: address.to_owned(),
            agent: agent.to_owned(),
            kids: Arc::new(BTreeSet::from([format!("key-{second}")])),
            at: Timestamp::from_seconds(second),
        }
    }

    fn seen(fetches: Vec<Fetch>, known: &[ClientAddress]) -> Vec<(i64, i64)> {
        let (sightings, _) = attributed(fetches, known);
        sightings.iter().map(|one| (one.client.0, one.fetched_at.as_seconds())).collect()
    }

    #[test]
    fn a_fetch_is_of_the_client_at_its_address() {
        let known = [at(1, "192.0.2.1", "app/1"), at(2, "192.0.2.2", "app/1")];
        assert_eq!(seen(vec![fetch("192.0.2.2", "other/1", 5)], &known), [(2, 5)]);
        let (_, rest) = attributed(vec![fetch("192.0.2.9", "app/1", 5)], &known);
        assert_eq!(rest.len(), 1, "nobody is known there yet");
    }

    #[test]
    fn several_at_one_address_are_told_apart_by_their_software() {
        let known = [at(1, "192.0.2.1", "ruby"), at(2, "192.0.2.1", "python")];
        assert_eq!(seen(vec![fetch("192.0.2.1", "python", 5)], &known), [(2, 5)]);
        assert_eq!(seen(vec![fetch("192.0.2.1", "go", 5)], &known), [(1, 5), (2, 5)]);
    }

    #[test]
    fn behind_one_proxy_nobody_is_taken_for_anybody() {
        let known: Vec<_> = (1..=5).map(|client| at(client, "192.0.2.1", "nginx")).collect();
        assert_eq!(seen(vec![fetch("192.0.2.1", "nginx", 5)], &known), []);
    }

    #[test]
    fn the_later_fetch_stands() {
        let known = [at(1, "192.0.2.1", "app")];
        let fetches = vec![fetch("192.0.2.1", "app", 9), fetch("192.0.2.1", "curl", 4)];
        let (sightings, _) = attributed(fetches, &known);
        assert_eq!(sightings.len(), 1);
        assert_eq!(sightings[0].kids, BTreeSet::from(["key-9".to_owned()]));
    }
}
