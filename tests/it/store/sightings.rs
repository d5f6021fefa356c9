//! From where clients authenticate, and which keys were fetched from there.

use std::collections::BTreeSet;

use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::ClientKey;
use vestibule_store::key_sightings::{ClientAddress, Sighting};

use super::fixtures::{World, later};
use super::on_both;

fn from(client: ClientKey, address: &str, used_at: Timestamp) -> ClientAddress {
    ClientAddress { client, address: address.to_owned(), agent: "rp/1".to_owned(), used_at }
}

fn sighting(client: ClientKey, kids: &[&str], fetched_at: Timestamp) -> Sighting {
    let kids = kids.iter().map(|kid| (*kid).to_owned()).collect();
    Sighting { client, kids, fetched_at }
}

on_both! {
    async fn a_client_has_seen_what_was_last_fetched_where_it_is(database: Database) {
        let world = World::new(&database).await;
        let (store, key, org) = (&world.store, world.client.key, world.client.org);
        let gone = ClientKey(key.0 + 1);
        let watchers = async |since| store.watchers(vec![org], since).await.unwrap();
        assert_eq!(watchers(later(0)).await, vec![], "it has not authenticated yet");
        // Of each client the latest eight places are kept.
        let mut places: Vec<ClientAddress> =
            (1..=10).map(|n| from(key, &format!("192.0.2.{n}"), later(n))).collect();
        places.push(from(gone, "192.0.2.10", later(10)));
        store.write(move |tx| tx.note_client_addresses(&places)).await.unwrap();
        let at = async |address: &str| store.clients_at(vec![address.to_owned()]).await.unwrap();
        assert_eq!(at("192.0.2.2").await, vec![], "the oldest make room");
        assert_eq!(at("192.0.2.10").await, [from(key, "192.0.2.10", later(10))]);
        let again = from(key, "192.0.2.10", later(20));
        let noted = again.clone();
        store.write(move |tx| tx.note_client_addresses(&[noted])).await.unwrap();
        assert_eq!(at("192.0.2.10").await, [again]);
        for (kids, fetched) in [(["a", "b"], 30), (["a", "c"], 31), (["x", "y"], 29)] {
            let seen = [sighting(key, &kids, later(fetched)), sighting(gone, &kids, later(fetched))];
            store.write(move |tx| tx.note_sightings(&seen)).await.unwrap();
        }
        let known = watchers(later(20)).await;
        assert_eq!(known.len(), 1, "{known:?}");
        assert_eq!((known[0].used_at, known[0].fetched_at), (later(20), Some(later(31))));
        assert_eq!(known[0].kids, BTreeSet::from(["a".to_owned(), "c".to_owned()]), "the latest");
        assert_eq!(known[0].client_id, world.client.client_id);
        assert_eq!(watchers(later(21)).await, vec![], "not since");
        let elsewhere = store.watchers(vec![vestibule_protocol::ids::OrgId(99)], later(0)).await;
        assert_eq!(elsewhere.unwrap(), vec![], "i26");
    }
}
