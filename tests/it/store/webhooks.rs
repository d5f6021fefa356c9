//! What webhooks are told, by several nodes.

use std::time::Duration;

use vestibule_protocol::client::Status;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{EventId, OrderedIds, OrgId, WebhookId};
use vestibule_store::StoreError;
use vestibule_store::changes::RecordEvents;
use vestibule_store::webhooks::{Outcome, Webhook};

use super::fixtures::{NOW, World, later};
use super::on_both;

const LEASE: Duration = Duration::from_secs(60);

/// A webhook that hears of the kind `special` alone.
async fn webhook(world: &World) -> WebhookId {
    let id = WebhookId(world.id());
    let made = Webhook {
        id,
        org: world.user.org,
        label: "special".to_owned(),
        url: "https://receiver.test/".to_owned(),
        kinds: vec!["special".to_owned()],
        status: Status::Active,
        previous_ends_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    world.store.write(move |tx| tx.insert_webhook(&made)).await.unwrap();
    id
}

async fn happens(world: &World) {
    let events = vec![world.event("special")];
    let _held = world.store.apply(RecordEvents { events }).await.unwrap();
}

on_both! {
    async fn an_outcome_that_comes_after_another_claim_changes_nothing(database: Database) {
        let world = World::new(&database).await;
        let (store, id) = (&world.store, webhook(&world).await);
        happens(&world).await;
        assert_eq!(store.feed_webhooks(later(2)).await.unwrap(), 1);
        let claim = async |at| {
            let claimed = store.claim_deliveries(later(at), LEASE, 8, Vec::new()).await.unwrap();
            claimed.into_iter().map(|(delivery, ..)| delivery).next()
        };
        let slow = claim(3).await.unwrap();
        assert_eq!(claim(4).await, None, "it is leased");
        let next = claim(70).await.unwrap();
        let tried = async |delivery, outcome, at| {
            store.delivery_tried(delivery, outcome, format!("at {at}"), later(at)).await.unwrap()
        };
        assert!(tried(&next, Outcome::Taken, 71).await);
        assert!(!tried(&slow, Outcome::Again(later(500)), 72).await);
        let kept = store.deliveries(id, 9).await.unwrap().remove(0);
        assert_eq!((kept.done_at, kept.last_answer.as_deref()), (Some(later(71)), Some("at 71")));

        let again = move |at| move |tx: &mut vestibule_store::Transaction<'_>| {
            tx.replay_deliveries(id, None, NOW, later(at))
        };
        assert_eq!(store.write(again(80)).await.unwrap(), 1);
        let before = claim(81).await.unwrap();
        assert_eq!(store.write(again(90)).await.unwrap(), 1);
        assert!(!tried(&before, Outcome::Taken, 91).await, "it was queued again meanwhile");
        assert!(claim(92).await.is_some());
    }

    async fn a_clock_that_steps_back_does_not_silence_webhooks(database: Database) {
        let world = World::new(&database).await;
        let (store, _) = (&world.store, webhook(&world).await);
        world.ids.next(later(1000));
        happens(&world).await;
        assert_eq!(store.feed_webhooks(later(1000)).await.unwrap(), 1);
        happens(&world).await;
        assert_eq!(store.feed_webhooks(later(10)).await.unwrap(), 1);
    }

    async fn a_clock_that_ran_ahead_before_a_restart_silences_no_webhook(database: Database) {
        let world = World::new(&database).await;
        let (store, _) = (&world.store, webhook(&world).await);
        world.ids.next(later(4000));
        happens(&world).await;
        assert_eq!(store.feed_webhooks(later(4000)).await.unwrap(), 1);
        let restarted = OrderedIds::new(900);
        for at in [10, 12, 40] {
            let id = EventId(restarted.next(later(at)));
            let events = vec![Event { id, ..world.event("special") }];
            let _held = store.apply(RecordEvents { events }).await.unwrap();
            assert_eq!(store.feed_webhooks(later(at + 1)).await.unwrap(), 1, "at {at}");
        }
    }

    async fn a_webhook_is_changed_and_removed_only_as_it_was_read(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        let id = webhook(&world).await;
        let read = async || store.webhooks(org).await.unwrap().into_iter().find(|hook| hook.id == id);
        let before = read().await.unwrap();
        let changed = Webhook {
            url: "https://elsewhere.test/".to_owned(),
            previous_ends_at: Some(later(60)),
            ..before.clone()
        };
        let update = async |webhook: Webhook, at| {
            store.write(move |tx| tx.update_webhook(&webhook, later(at))).await
        };
        let version = update(changed.clone(), 1).await.unwrap();
        let changed = Webhook { updated_at: version, ..changed };
        assert_eq!(read().await, Some(changed.clone()));
        let stale = update(before.clone(), 2).await;
        assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
        let foreign = update(Webhook { org: OrgId(99), ..changed.clone() }, 2).await;
        assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "i26: {foreign:?}");

        // The secret before the present one is kept until its end, and forgotten once.
        assert_eq!(store.outlived_webhook_secrets(later(59)).await.unwrap(), vec![]);
        assert_eq!(store.outlived_webhook_secrets(later(60)).await.unwrap(), [id]);
        for (at, ended) in [(59, false), (60, true), (61, false)] {
            let forget = store.write(move |tx| tx.forget_previous_secret(id, later(at)));
            assert_eq!(forget.await.unwrap(), ended, "at {at}");
        }
        let remove = async |webhook: Webhook| store.write(move |tx| tx.remove_webhook(&webhook)).await;
        for (why, webhook) in [
            ("as it was before", before),
            ("i26", Webhook { org: OrgId(99), ..changed.clone() }),
        ] {
            let refused = remove(webhook).await;
            assert!(matches!(refused, Err(StoreError::Stale { .. })), "{why}: {refused:?}");
        }
        remove(changed).await.unwrap();
        assert_eq!(read().await, None);
    }

    async fn deliveries_of_what_is_long_over_are_purged(database: Database) {
        let world = World::new(&database).await;
        let (store, id) = (&world.store, webhook(&world).await);
        happens(&world).await;
        world.ids.next(later(1000));
        happens(&world).await;
        assert_eq!(store.feed_webhooks(later(1000)).await.unwrap(), 2);
        assert_eq!(store.purge_deliveries(NOW, 9).await.unwrap(), 0, "nothing is so old");
        assert_eq!(store.purge_deliveries(later(500), 9).await.unwrap(), 1);
        assert_eq!(store.deliveries(id, 9).await.unwrap().len(), 1);
        assert_eq!(store.purge_deliveries(later(5000), 9).await.unwrap(), 1);
    }
}
