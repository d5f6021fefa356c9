//! Links that wait: what they carry, and how they end.

use serde_json::json;
use vestibule_protocol::ids::{LinkId, OrgId, UserId};
use vestibule_protocol::opaque::Digest;
use vestibule_store::StoreError;
use vestibule_store::links::Link;

use super::fixtures::{NOW, World, later};
use super::on_both;

fn link(world: &World, purpose: &str, user: Option<UserId>) -> Link {
    Link {
        id: LinkId(world.id()),
        org: world.user.org,
        purpose: purpose.to_owned(),
        user,
        digest: Digest::of(b"link"),
        data: json!({ "sealed": purpose }),
        created_at: NOW,
        expires_at: later(60),
        used_at: None,
    }
}

on_both! {
    async fn a_link_carries_what_it_was_given_until_it_is_used(database: Database) {
        let world = World::new(&database).await;
        let store = &world.store;
        let secret = link(&world, "secret", None);
        let reset = link(&world, "reset", Some(world.user.id));
        for row in [secret.clone(), reset.clone()] {
            store.write(move |tx| tx.insert_link(&row)).await.unwrap();
        }
        let unused = async |purpose: &'static str| {
            let found = store.write(move |tx| tx.unused_links(purpose)).await.unwrap();
            found.into_iter().map(|link| (link.id, link.data)).collect::<Vec<_>>()
        };
        let listed = async |org, purposes: &'static [&'static str], second| {
            let found = store.links(org, purposes, later(second)).await.unwrap();
            found.into_iter().map(|link| link.id).collect::<Vec<_>>()
        };
        let (org, both) = (world.user.org, &["secret", "reset"]);
        assert_eq!(listed(org, both, 59).await, [reset.id, secret.id], "the newest first");
        assert_eq!(listed(org, &["secret"], 59).await, [secret.id]);
        assert_eq!(listed(org, both, 60).await, [], "they have ended");
        assert_eq!(listed(OrgId(99), both, 59).await, [], "i26");

        let (id, anew) = (secret.id, json!({ "sealed": "anew" }));
        assert_eq!(unused("secret").await, [(id, secret.data)]);
        let data = anew.clone();
        store.write(move |tx| tx.replace_link_data(id, &data)).await.unwrap();
        assert_eq!(unused("secret").await, [(id, anew)]);
        let consume = async |purpose: &'static str, second| {
            let rest = json!({ "client": 7 });
            let used = move |tx: &mut vestibule_store::Transaction<'_>| {
                tx.consume_link_leaving(id, purpose, later(second), &rest)
            };
            store.write(used).await
        };
        for (purpose, second, why) in [("reset", 1, "i15"), ("secret", 60, "too late")] {
            let refused = consume(purpose, second).await;
            assert!(matches!(refused, Err(StoreError::Stale { .. })), "{why}: {refused:?}");
        }
        consume("secret", 1).await.unwrap();
        assert!(consume("secret", 1).await.is_err(), "i22: once");
        let used = store.link(id, "secret").await.unwrap().unwrap();
        assert_eq!((used.data, used.used_at), (json!({ "client": 7 }), Some(later(1))));
        let late = json!("late");
        store.write(move |tx| tx.replace_link_data(id, &late)).await.unwrap();
        let kept = store.link(id, "secret").await.unwrap().unwrap();
        assert_eq!(kept.data, json!({ "client": 7 }), "it was used");
        assert_eq!(unused("secret").await, []);

        // What is to end is ended for that user and purpose alone.
        let user = world.user.id;
        let end = async |user, purpose: &'static str, which: LinkId| {
            store
                .write(move |tx| tx.end_links(user, purpose, later(2), |link| link.id == which))
                .await
                .unwrap();
        };
        end(UserId(user.0 + 1), "reset", reset.id).await;
        end(user, "invite", reset.id).await;
        end(user, "reset", id).await;
        assert_eq!(unused("reset").await.len(), 1);
        end(user, "reset", reset.id).await;
        assert_eq!(unused("reset").await, []);
        // One that is over keeps the moment at which it ended.
        store.write(move |tx| tx.end_link(id, later(3))).await.unwrap();
        let kept = store.link(id, "secret").await.unwrap().unwrap();
        assert_eq!(kept.used_at, Some(later(1)));
    }
}
