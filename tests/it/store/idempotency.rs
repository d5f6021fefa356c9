//! Keys that make a request idempotent.

use vestibule_store::idempotency::{KeyClaim, KeyedRequest};

use super::fixtures::{NOW, later};
use super::on_both;

fn request(key: u8, digest: u8) -> KeyedRequest {
    KeyedRequest {
        caller: "caller".to_owned(),
        key: [key; 32],
        request: [digest; 32],
        at: NOW,
        expires_at: later(60),
    }
}

async fn claim(store: &vestibule_store::Store, request: &KeyedRequest) -> KeyClaim {
    let request = request.clone();
    store.write(move |tx| tx.claim_key(&request)).await.unwrap()
}

on_both! {
    async fn of_many_claims_on_two_nodes_one_is_the_first(database: Database) {
        let stores = [database.store(), database.store()];
        let tries: Vec<_> = (0..32).map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move { claim(&store, &request(1, 1)).await })
        }).collect();
        let mut first = 0;
        for one in tries {
            match one.await.unwrap() {
                KeyClaim::First => first += 1,
                other => assert_eq!(other, KeyClaim::Unanswered(NOW)),
            }
        }
        assert_eq!(first, 1);
    }

    async fn an_answer_is_kept_until_its_end(database: Database) {
        let store = database.store();
        let asked = request(2, 1);
        assert_eq!(claim(&store, &asked).await, KeyClaim::First);
        let kept = asked.clone();
        store.write(move |tx| tx.answer_key(&kept, "sealed")).await.unwrap();
        assert_eq!(claim(&store, &asked).await, KeyClaim::Answered("sealed".to_owned()));
        assert_eq!(claim(&store, &request(2, 9)).await, KeyClaim::OtherRequest);
        let freed = asked.clone();
        store.write(move |tx| tx.release_key(&freed)).await.unwrap();
        assert_eq!(claim(&store, &asked).await, KeyClaim::Answered("sealed".to_owned()), "what is answered is not given back");
        let afterwards = KeyedRequest { at: later(60), expires_at: later(120), ..request(2, 9) };
        assert_eq!(claim(&store, &afterwards).await, KeyClaim::First);
        store.purge_expired(later(121)).await.unwrap();
        assert_eq!(claim(&store, &asked).await, KeyClaim::First, "the row is gone");
    }

    async fn a_key_that_is_given_back_is_free(database: Database) {
        let store = database.store();
        let asked = request(3, 1);
        assert_eq!(claim(&store, &asked).await, KeyClaim::First);
        let freed = asked.clone();
        store.write(move |tx| tx.release_key(&freed)).await.unwrap();
        assert_eq!(claim(&store, &request(3, 9)).await, KeyClaim::First);
    }
}
