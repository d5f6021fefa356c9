//! Groups and users that a transaction relies on.

use std::collections::BTreeSet;

use vestibule_protocol::client::ClientSettings;
use vestibule_protocol::ids::{ClientKey, GroupId, OrgId, UserId};
use vestibule_store::StoreError;
use vestibule_store::groups::Group;

use super::fixtures::{NOW, World, client, later};
use super::on_both;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

on_both! {
    async fn a_renamed_group_is_renamed_with_its_members_and_is_held(database: Database) {
        let world = World::new(&database).await;
        let (store, org, ada) = (&world.store, world.user.org, world.user.id);
        let group = Group {
            id: GroupId(world.id()),
            org,
            name: "nurses".to_owned(),
            created_at: NOW,
        };
        let insert = group.clone();
        store
            .write(move |tx| {
                tx.insert_group(&insert)?;
                tx.set_user_groups(org, ada, &names(&["nurses"]))
            })
            .await
            .unwrap();
        let hold = async |org| {
            store.write(move |tx| tx.hold_groups(org, &names(&["nurses", "doctors"]))).await.unwrap()
        };
        assert_eq!(hold(org).await, names(&["doctors"]));
        assert_eq!(hold(OrgId(99)).await, names(&["doctors", "nurses"]), "i26");
        let rename = async |group: Group, to: &'static str| {
            store.write(move |tx| tx.rename_group(&group, to)).await
        };
        rename(group.clone(), "care").await.unwrap();
        let read = store.user(org, ada).await.unwrap().unwrap();
        assert_eq!(read.groups, names(&["care"]), "its members say so");
        let late = rename(group.clone(), "others").await;
        assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
        let foreign = Group { org: OrgId(99), name: "care".to_owned(), ..group };
        let refused = rename(foreign, "others").await;
        assert!(matches!(refused, Err(StoreError::Stale { .. })), "i26: {refused:?}");

        let held = async |org, id| store.write(move |tx| tx.hold_user(org, id)).await.unwrap();
        assert_eq!(held(org, ada).await, Some(read));
        assert_eq!(held(OrgId(99), ada).await, None, "i26");
        assert_eq!(held(org, UserId(ada.0 + 1)).await, None);
    }

    async fn a_client_that_is_limited_to_a_group_is_found_by_it(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.client.org);
        let mut limited = client(org, ClientKey(world.id()));
        limited.settings = ClientSettings { groups: names(&["100%_\"care\""]), ..limited.settings };
        let insert = limited.clone();
        store.write(move |tx| tx.insert_client(&insert)).await.unwrap();
        let table = [
            (org, "100%_\"care\"", vec![limited.client_id.clone()]),
            (org, "100%_", vec![]),
            (org, "redirect_uris", vec![]),
            (OrgId(99), "100%_\"care\"", vec![]),
        ];
        for (org, group, expected) in table {
            let found = store.clients_limited_to(org, group.to_owned()).await.unwrap();
            assert_eq!(found, expected, "{group}");
            let one = store.write(move |tx| tx.client_limited_to(org, group)).await.unwrap();
            assert_eq!(one, expected.into_iter().next(), "{group}");
        }
    }

    async fn rfc9700_4_15_a_subject_that_means_somebody_is_taken(database: Database) {
        let world = World::new(&database).await;
        let (store, subject) = (&world.store, world.user.subject.0.clone());
        let client_id = world.client.client_id.0.clone();
        let asked = names(&[&subject, &client_id, "nobody"]);
        let taken = store.taken_subjects(asked.clone()).await.unwrap();
        assert_eq!(taken, names(&[&subject, &client_id]));
        assert_eq!(store.taken_subjects(BTreeSet::new()).await.unwrap(), names(&[]));
        // Of somebody who was erased, as long as the log tells of it.
        let (org, ada, erased) = (world.user.org, world.user.id, world.event("user.erased"));
        store
            .write(move |tx| {
                tx.erase_user(org, ada, later(1))?;
                tx.record(vec![erased])
            })
            .await
            .unwrap();
        assert_eq!(store.taken_subjects(asked).await.unwrap(), taken);
    }
}
