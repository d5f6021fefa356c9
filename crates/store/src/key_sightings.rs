//! Which signing keys a client's server has seen, as far as that can be told: a fetch of the key set
//! names nobody, so it is held against the addresses from which clients authenticate.

use std::collections::BTreeSet;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{ClientId, ClientKey, OrgId};

use crate::connection::on_either;
use crate::rows::{RowName, json, maybe_moment, moment, status_code};
use crate::schema::{client_addresses, clients, key_sightings};
use crate::{Store, StoreError, Transaction};

/// Most addresses that are kept of a client: the latest.
const MOST_ADDRESSES: i64 = 8;

/// From where a client authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// Which.
    pub client: ClientKey,
    /// Its address.
    pub address: String,
    /// What its software calls itself.
    pub agent: String,
    /// When it last did.
    pub used_at: Timestamp,
}

/// Keys that somebody at a client's address fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The client.
    pub client: ClientKey,
    /// The keys that were in the set.
    pub kids: BTreeSet<String>,
    /// When it was fetched.
    pub fetched_at: Timestamp,
}

/// A client that authenticates, and what it has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// What it calls itself on the wire.
    pub client_id: ClientId,
    /// What people read.
    pub name: String,
    /// When it last authenticated, to the hour.
    pub used_at: Timestamp,
    /// When the key set was last fetched from where it is; `None` if never.
    pub fetched_at: Option<Timestamp>,
    /// The keys that were in the set.
    pub kids: BTreeSet<String>,
}

type WatcherColumns = (i64, String, String, Option<String>, Option<i64>);

impl Store {
    /// Who authenticates from one of these addresses.
    pub async fn clients_at(
        &self,
        addresses: Vec<String>,
    ) -> Result<Vec<ClientAddress>, StoreError> {
        self.read(move |db| {
            let rows: Vec<(i64, String, String, i64)> = client_addresses::table
                .filter(client_addresses::address.eq_any(&addresses))
                .select(client_addresses::all_columns)
                .load(db)?;
            let address = |(client, address, agent, used_at)| ClientAddress {
                client: ClientKey(client),
                address,
                agent,
                used_at: moment(used_at),
            };
            Ok(rows.into_iter().map(address).collect())
        })
        .await
    }

    /// The active clients of these organizations that have authenticated since, by name.
    pub async fn watchers(
        &self,
        orgs: Vec<OrgId>,
        since: Timestamp,
    ) -> Result<Vec<Watcher>, StoreError> {
        self.scan(move |db| {
            let orgs: Vec<i64> = orgs.iter().map(|org| org.0).collect();
            let used: Vec<(i64, Option<i64>)> = client_addresses::table
                .filter(client_addresses::used_at.ge(since.as_millis()))
                .group_by(client_addresses::client_key)
                .select((client_addresses::client_key, diesel::dsl::max(client_addresses::used_at)))
                .load(db)?;
            let used: std::collections::BTreeMap<i64, Option<i64>> = used.into_iter().collect();
            let rows: Vec<WatcherColumns> = clients::table
                .left_join(key_sightings::table.on(key_sightings::client_key.eq(clients::id)))
                .filter(clients::org_id.eq_any(&orgs))
                .filter(clients::status.eq(status_code(Status::Active)))
                .order(clients::name)
                .select((
                    clients::id,
                    clients::client_id,
                    clients::name,
                    key_sightings::kids.nullable(),
                    key_sightings::fetched_at.nullable(),
                ))
                .load(db)?;
            rows.into_iter()
                .filter_map(|row| Some((used.get(&row.0).copied().flatten()?, row)))
                .map(|(used_at, row)| watcher(row, used_at))
                .collect()
        })
        .await
    }
}

fn watcher(
    (id, client_id, name, kids, fetched_at): WatcherColumns,
    used_at: i64,
) -> Result<Watcher, StoreError> {
    let row = RowName { table: "key_sightings", id: &id };
    let kids = kids.map(|kids| row.json("kids", &kids)).transpose()?;
    Ok(Watcher {
        client_id: ClientId(client_id),
        name,
        used_at: moment(used_at),
        fetched_at: maybe_moment(fetched_at),
        kids: kids.unwrap_or_default(),
    })
}

impl Transaction<'_> {
    /// Notes from where clients authenticated; of each the latest places are kept. Clients that are
    /// gone are left out.
    pub fn note_client_addresses(&mut self, seen: &[ClientAddress]) -> Result<(), StoreError> {
        let there = self.clients_there(seen.iter().map(|one| one.client))?;
        let db = &mut *self.db;
        for one in seen.iter().filter(|one| there.contains(&one.client.0)) {
            let used_at = one.used_at.as_millis();
            let row = client_addresses::table.find((one.client.0, &one.address, &one.agent));
            let known =
                diesel::update(row).set(client_addresses::used_at.eq(used_at)).execute(db)?;
            if known > 0 {
                continue;
            }
            let insert = diesel::insert_into(client_addresses::table).values((
                client_addresses::client_key.eq(one.client.0),
                client_addresses::address.eq(&one.address),
                client_addresses::agent.eq(&one.agent),
                client_addresses::used_at.eq(used_at),
            ));
            on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
            let stale: Vec<(String, String)> = client_addresses::table
                .filter(client_addresses::client_key.eq(one.client.0))
                .order(client_addresses::used_at.desc())
                .offset(MOST_ADDRESSES)
                .limit(MOST_ADDRESSES)
                .select((client_addresses::address, client_addresses::agent))
                .load(db)?;
            for (address, agent) in stale {
                let row = client_addresses::table.find((one.client.0, address, agent));
                diesel::delete(row).execute(db)?;
            }
        }
        Ok(())
    }

    /// Notes what was seen, unless something later is noted already. Clients that are gone are left
    /// out.
    pub fn note_sightings(&mut self, seen: &[Sighting]) -> Result<(), StoreError> {
        let there = self.clients_there(seen.iter().map(|one| one.client))?;
        let db = &mut *self.db;
        for one in seen.iter().filter(|one| there.contains(&one.client.0)) {
            let kids = json("kids", &one.kids)?;
            let at = one.fetched_at.as_millis();
            let known = diesel::update(key_sightings::table.find(one.client.0))
                .filter(key_sightings::fetched_at.le(at))
                .set((key_sightings::kids.eq(&kids), key_sightings::fetched_at.eq(at)))
                .execute(db)?;
            if known > 0 {
                continue;
            }
            let insert = diesel::insert_into(key_sightings::table).values((
                key_sightings::client_key.eq(one.client.0),
                key_sightings::kids.eq(&kids),
                key_sightings::fetched_at.eq(at),
            ));
            on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
        }
        Ok(())
    }

    fn clients_there(
        &mut self,
        keys: impl Iterator<Item = ClientKey>,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let keys: Vec<i64> = keys.map(|key| key.0).collect();
        let there: Vec<i64> =
            clients::table.filter(clients::id.eq_any(&keys)).select(clients::id).load(self.db)?;
        Ok(there.into_iter().collect())
    }
}
