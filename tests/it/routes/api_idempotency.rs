//! `/api/v1`: `Idempotency-Key`.

use serde_json::json;
use vestibule_protocol::admin::{Assignment, Permission, Reach, Rights, Role};
use vestibule_tests::api::{Api, administrator, without};
use vestibule_tests::on_both_databases;

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

async fn count(api: &Api, text: &str) -> usize {
    api.get(&format!("/clients?text={text}")).await.json()["items"].as_array().unwrap().len()
}

on_both_databases! {
    async fn the_same_request_gets_the_same_answer_with_its_secret(server) {
        let api = Api::owner(server).await;
        let body = json!({ "name": "Once" });
        let first = api.post_once("/clients", KEY, &body).await;
        assert_eq!(first.status, 201, "{}", first.text());
        let quoted = format!("\"{KEY}\"");
        for key in [KEY, &quoted] {
            let again = api.post_once("/clients", key, &body).await;
            assert_eq!((again.status, &again.body), (first.status, &first.body));
            assert_eq!(again.header("location"), first.header("location"));
        }
        assert_eq!(count(&api, "once").await, 1);
        for (path, body) in [("/clients", json!({ "name": "Other" })), ("/users", body.clone()), ("/clients?x=1", body.clone())] {
            let other = api.post_once(path, KEY, &body).await;
            assert_eq!(other.status, 422, "{}", other.text());
            assert!(other.json()["type"].as_str().unwrap().ends_with("/idempotency_key_reused"));
        }
        let new = api.post_once("/clients", "another-key", &body).await;
        assert_ne!(new.json()["client_id"], first.json()["client_id"]);
        for bad in ["", "\"", "a b", &"x".repeat(256)] {
            let answer = api.post_once("/clients", bad, &body).await;
            assert_eq!(answer.status, 400, "{bad}");
        }
        server.advance(std::time::Duration::from_secs(3000));
        assert_eq!(api.post_once("/clients", KEY, &body).await.body, first.body);
    }

    async fn sixteen_at_once_are_one(server) {
        let api = Api::owner(server).await;
        let body = json!({ "name": "Raced" });
        let tries: Vec<_> = (0..16).map(|_| {
            let (api, body) = (api.clone(), body.clone());
            tokio::spawn(async move {
                loop {
                    let answer = api.post_once("/clients", KEY, &body).await;
                    if answer.status == 201 {
                        return answer.body;
                    }
                    assert_eq!(answer.status, 409, "{}", answer.text());
                    assert_eq!(answer.header("retry-after"), Some("1"));
                    tokio::task::yield_now().await;
                }
            })
        }).collect();
        let mut answers = std::collections::BTreeSet::new();
        for one in tries {
            answers.insert(one.await.unwrap());
        }
        assert_eq!(answers.len(), 1, "all got the first one's answer");
        assert_eq!(count(&api, "raced").await, 1);
    }

    async fn a_key_belongs_to_its_caller_and_its_rights(server) {
        let owner = Assignment { role: Role::Owner, reach: Reach::Everywhere };
        let user = administrator(server, Some(owner)).await;
        let wide = Api::with_token(server, &user, Rights::all()).await;
        let narrow = Api::with_token(server, &user, without(Permission::KeysWrite)).await;
        let body = json!({ "label": "t", "permissions": ["keys:write"], "lifetime_seconds": 600 });
        let made = wide.post_once("/tokens", KEY, &body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let again = narrow.post_once("/tokens", KEY, &body).await;
        assert_eq!(again.status, 403, "a narrower token does not get what a wider one made");
        let other = Api::owner(server).await;
        let theirs = other.post_once("/clients", KEY, &json!({ "name": "Theirs" })).await;
        assert_eq!(theirs.status, 201, "keys of two callers are two keys");
    }

    async fn what_was_refused_leaves_its_key_free(server) {
        let api = Api::owner(server).await;
        let refused = api.post_once("/clients", KEY, &json!({ "nam": "Typo" })).await;
        assert_eq!(refused.status, 422);
        assert_eq!(api.post_once("/clients", KEY, &json!({ "name": "Mended" })).await.status, 201);
    }
}
