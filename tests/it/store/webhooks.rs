//! What webhooks are told, by several nodes.

use std::time::Duration;

use vestibule_protocol::client::Status;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{EventId, OrderedIds, WebhookId};
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
}
