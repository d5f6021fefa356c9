//! Clients and their secrets.

use vestibule_protocol::client::{ConsentPolicy, Environment, Status};
use vestibule_protocol::ids::{ClientId, ClientKey, ClientSecretId, OrgId};
use vestibule_store::clients::{ClientFilter, ClientName};
use vestibule_store::{PageRequest, StoreError};

use super::fixtures::{World, client, later, secret};
use super::on_both;

on_both! {
    async fn a_client_reads_as_it_was_written(database: Database) {
        let world = World::new(&database).await;
        let expected = Some(world.client.clone());
        let (org, key) = (world.client.org, world.client.key);
        assert_eq!(world.store.client(org, key).await.unwrap(), expected);
        assert_eq!(world.store.client_by_key(key).await.unwrap(), expected);
        let named = world.store.client_by_client_id(world.client.client_id.clone()).await;
        assert_eq!(named.unwrap(), expected);
        let unknown = vestibule_protocol::ids::ClientId("nobody".to_owned());
        assert_eq!(world.store.client_by_client_id(unknown).await.unwrap(), None);
    }

    async fn an_update_needs_the_version_that_was_read(database: Database) {
        let world = World::new(&database).await;
        let mut changed = world.client.clone();
        changed.name = "New name".to_owned();
        changed.status = Status::Disabled;
        let update = changed.clone();
        // The clock stands still: the version grows all the same.
        let version = world
            .store
            .write(move |tx| tx.update_client(&update, update.updated_at))
            .await
            .unwrap();
        assert!(version > changed.updated_at);
        let stale = changed.clone();
        let refused = world.store.write(move |tx| tx.update_client(&stale, later(1))).await;
        assert!(matches!(refused, Err(StoreError::Stale { .. })), "{refused:?}");
        changed.updated_at = version;
        let read = world.store.client(changed.org, changed.key).await.unwrap();
        assert_eq!(read, Some(changed));
    }

    async fn every_change_of_a_client_moves_the_change_counter(database: Database) {
        let world = World::new(&database).await;
        let (org, key) = (world.client.org, world.client.key);
        let mut before = world.store.change_counter().await.unwrap();
        let id = ClientSecretId(world.id());
        let update = world.client.clone();
        let mut moved = async |what: &str| {
            let after = world.store.change_counter().await.unwrap();
            assert!(after > before, "{what}");
            before = after;
        };
        world
            .store
            .write(move |tx| tx.add_client_secret(org, key, &secret(id, 2)))
            .await
            .unwrap();
        moved("add a secret").await;
        world
            .store
            .write(move |tx| tx.revoke_client_secret(org, key, id, later(1)))
            .await
            .unwrap();
        moved("revoke a secret").await;
        world.store.write(move |tx| tx.update_client(&update, later(1))).await.unwrap();
        moved("update").await;
        let _missing =
            world.store.write(move |tx| tx.revoke_client_secret(org, key, id, later(2))).await;
        let after = world.store.change_counter().await.unwrap();
        assert_eq!(after, before, "a change that was refused changes nothing");
    }

    async fn secrets_overlap_and_are_revoked_one_by_one(database: Database) {
        let world = World::new(&database).await;
        let (org, key) = (world.client.org, world.client.key);
        let second = secret(ClientSecretId(world.id()), 2);
        let (add, first) = (second.clone(), world.client.secrets[0].id);
        world.store.write(move |tx| tx.add_client_secret(org, key, &add)).await.unwrap();
        let uses = [(second.id, later(7)), (ClientSecretId(1), later(7))].into();
        world.store.write(move |tx| tx.client_secrets_used(&uses)).await.unwrap();
        world
            .store
            .write(move |tx| tx.revoke_client_secret(org, key, first, later(8)))
            .await
            .unwrap();
        let read = world.store.client(org, key).await.unwrap().unwrap();
        assert_eq!(read.secrets.len(), 2);
        assert_eq!(read.secrets[0].revoked_at, Some(later(8)));
        assert_eq!(read.secrets[1].digest, second.digest);
        assert_eq!(read.secrets[1].last_used_at, Some(later(7)));
        let again =
            world.store.write(move |tx| tx.revoke_client_secret(org, key, first, later(9))).await;
        assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    }

    async fn all_secrets_of_all_clients_are_revoked_at_once(database: Database) {
        let world = World::new(&database).await;
        let (org, key) = (world.client.org, world.client.key);
        let mut other = client(org, ClientKey(world.id()));
        other.secrets = vec![secret(ClientSecretId(world.id()), 3)];
        let (insert, done) = (other.clone(), other.secrets[0].id);
        world.store.write(move |tx| tx.insert_client(&insert)).await.unwrap();
        let of_other = other.key;
        world
            .store
            .write(move |tx| tx.revoke_client_secret(org, of_other, done, later(1)))
            .await
            .unwrap();
        let whose = world.store.write(|tx| tx.revoke_all_client_secrets(later(2))).await.unwrap();
        assert_eq!(whose, std::slice::from_ref(&world.client.client_id), "the other's were revoked");
        let revoked = async |key| {
            let read = world.store.client(org, key).await.unwrap().unwrap();
            read.secrets.iter().map(|secret| secret.revoked_at).collect::<Vec<_>>()
        };
        assert_eq!(revoked(key).await, [Some(later(2))]);
        assert_eq!(revoked(other.key).await, [Some(later(1))], "a revocation keeps its moment");
        let none = world.store.write(|tx| tx.revoke_all_client_secrets(later(3))).await.unwrap();
        assert_eq!(none, []);
    }

    async fn clients_are_found_by_text_of_which_no_letter_is_special(database: Database) {
        let world = World::new(&database).await;
        let org = world.client.org;
        let mut other = client(org, ClientKey(world.id()));
        other.name = "Healthie".to_owned();
        let insert = other.clone();
        world.store.write(move |tx| tx.insert_client(&insert)).await.unwrap();
        let found = async |text: &str| {
            let filter = ClientFilter { text: Some(text.to_owned()), ..ClientFilter::default() };
            let page = PageRequest::first(10);
            world.store.clients(org, filter, page).await.unwrap().items
        };
        assert_eq!(found("HEALTH").await, vec![other.clone()]);
        assert_eq!(found("100% _").await, vec![world.client.clone()]);
        assert_eq!(found("1%t").await, vec![]);
        assert_eq!(found(&other.client_id.0).await, vec![other.clone()]);
        let page = PageRequest::first(1);
        let first = world.store.clients(org, ClientFilter::default(), page).await.unwrap();
        assert_eq!(first.items, vec![world.client.clone()]);
        assert_eq!(first.next, Some(world.client.key.0));
        other.name = "Praxis ÜBERSEE".to_owned();
        let row = other.clone();
        world.store.write(move |tx| tx.update_client(&row, later(1))).await.unwrap();
        for text in ["übersee", "Übersee", "ÜBERSEE"] {
            assert_eq!(found(text).await.len(), 1, "{text}");
        }
    }

    async fn clients_are_found_by_what_their_policy_says(database: Database) {
        let world = World::new(&database).await;
        let org = world.client.org;
        let mut relaxed = client(org, ClientKey(world.id()));
        relaxed.settings.consent = ConsentPolicy::Implied;
        relaxed.settings.environment = Environment::Test;
        let row = relaxed.clone();
        world.store.write(move |tx| tx.insert_client(&row)).await.unwrap();
        let found = async |environment, relaxed| {
            let filter = ClientFilter { environment, relaxed, ..ClientFilter::default() };
            let page = world.store.clients(org, filter, PageRequest::first(10)).await.unwrap();
            page.items.into_iter().map(|client| client.key).collect::<Vec<_>>()
        };
        let (plain, other) = (world.client.key, relaxed.key);
        assert_eq!(found(None, true).await, [other]);
        assert_eq!(found(Some(Environment::Test), false).await, [other]);
        assert_eq!(found(Some(Environment::Live), false).await, [plain]);
        assert_eq!(found(Some(Environment::Live), true).await, []);
        relaxed.settings.consent = ConsentPolicy::Ask;
        let row = relaxed.clone();
        world.store.write(move |tx| tx.update_client(&row, later(1))).await.unwrap();
        assert_eq!(found(None, true).await, [], "the columns follow the settings");
        assert_eq!(world.store.fill_client_filters().await.unwrap(), 0, "all are filled");
    }

    async fn p7_clients_of_the_version_before_are_found_all_the_same(database: Database) {
        let world = World::new(&database).await;
        let (org, key) = (world.client.org, world.client.key);
        database.execute(&format!(
            "UPDATE clients SET filtered_at = 0, environment = 1, relaxed = {} WHERE id = {}",
            "TRUE", key.0
        ));
        let found = async |environment| {
            let filter = ClientFilter { environment: Some(environment), ..ClientFilter::default() };
            let page = world.store.clients(org, filter, PageRequest::first(10)).await.unwrap();
            page.items.len()
        };
        assert_eq!((found(Environment::Live).await, found(Environment::Test).await), (1, 0));
        assert_eq!(world.store.fill_client_filters().await.unwrap(), 1);
        assert_eq!(world.store.fill_client_filters().await.unwrap(), 0);
        assert_eq!((found(Environment::Live).await, found(Environment::Test).await), (1, 0));
    }

    async fn p7_the_version_before_reads_a_client_that_uses_nothing_newer(database: Database) {
        let world = World::new(&database).await;
        let mut limited = client(world.client.org, ClientKey(world.id()));
        limited.settings.organizations = ["ward".to_owned()].into();
        let row = limited.clone();
        world.store.write(move |tx| tx.insert_client(&row)).await.unwrap();
        let row = world.client.clone();
        world.store.write(move |tx| tx.update_client(&row, later(1))).await.unwrap();
        for word in ["organizations", "accent", "logo", "claims", "jwks", "reasons"] {
            database.execute(&format!(
                "UPDATE clients SET name = 'has newer words' WHERE settings LIKE '%\"{word}\"%'"
            ));
        }
        let name = async |key| world.store.client_by_key(key).await.unwrap().unwrap().name;
        assert_eq!(name(world.client.key).await, world.client.name);
        assert_eq!(name(limited.key).await, "has newer words", "a limit is never forgotten");
    }

    async fn a_client_id_is_taken_once(database: Database) {
        let world = World::new(&database).await;
        let mut twin = client(world.client.org, ClientKey(world.id()));
        twin.client_id = world.client.client_id.clone();
        let refused = world.store.write(move |tx| tx.insert_client(&twin)).await;
        let Err(StoreError::Conflict { what: "client_id", value }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(value, world.client.client_id.0);
    }

    async fn all_secrets_end_together_and_the_ends_are_foreseen(database: Database) {
        let world = World::new(&database).await;
        let (store, org, key) = (&world.store, world.client.org, world.client.key);
        let second = ClientSecretId(world.id());
        let mut newer = secret(second, 2);
        newer.created_at = later(10);
        store.write(move |tx| tx.add_client_secret(org, key, &newer)).await.unwrap();
        let ends = async |from, until| {
            let found = store.expiring_secrets(org, later(from), later(until), 9).await.unwrap();
            found.into_iter().map(|one| (one.client, one.expires_at)).collect::<Vec<_>>()
        };
        assert_eq!(ends(0, 9_999).await, vec![], "none has an end");
        let end = async |org, made, at| {
            store
                .write(move |tx| tx.end_client_secrets(org, key, later(made), later(at)))
                .await
        };
        let foreign = end(OrgId(99), 10, 600).await;
        assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "i26: {foreign:?}");
        end(org, 10, 600).await.unwrap();
        let id = world.client.client_id.clone();
        assert_eq!(ends(0, 9_999).await, [(id.clone(), later(600))], "the newer one goes on");
        end(org, 11, 900).await.unwrap();
        let both = [(id.clone(), later(600)), (id.clone(), later(900))];
        assert_eq!(ends(0, 9_999).await, both, "an earlier end stays");
        assert_eq!(ends(600, 900).await, both[1..], "from then on");
        assert_eq!(ends(0, 600).await, both[..1]);
        let elsewhere = store.expiring_secrets(OrgId(99), later(0), later(9_999), 9).await;
        assert_eq!(elsewhere.unwrap(), vec![], "i26");
        store.write(move |tx| tx.revoke_client_secret(org, key, second, later(1))).await.unwrap();
        assert_eq!(ends(0, 9_999).await, both[..1], "it has ended already");
    }

    async fn a_removed_client_is_gone_with_its_name(database: Database) {
        let world = World::new(&database).await;
        let (store, org, key) = (&world.store, world.client.org, world.client.key);
        let id = world.client.client_id.clone();
        let unknown = ClientId("nobody".to_owned());
        let names = async || store.client_names(vec![id.clone(), unknown.clone()]).await.unwrap();
        let name = ClientName { name: world.client.name.clone(), org };
        assert_eq!(names().await, [(id.clone(), name)].into());
        let foreign = store.write(move |tx| tx.remove_client(OrgId(99), key)).await;
        assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "i26: {foreign:?}");
        let before = store.change_counter().await.unwrap();
        store.write(move |tx| tx.remove_client(org, key)).await.unwrap();
        assert!(store.change_counter().await.unwrap() > before, "nodes see it");
        assert_eq!(store.client(org, key).await.unwrap(), None);
        assert_eq!(names().await, [].into());
        let again = store.write(move |tx| tx.remove_client(org, key)).await;
        assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    }
}
