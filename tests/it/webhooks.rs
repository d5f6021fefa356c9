//! Webhooks, as their receiver sees them.

use std::time::Duration;

use serde_json::Value;
use vestibule_keys::digest::hmac_sha256_hex;
use vestibule_tests::receiver::{Received, Receiver};
use vestibule_tests::server::Server;
use vestibule_tests::{eventually, on_both_databases};

fn add(server: &Server, receiver: &Receiver, kind: &str) -> Value {
    let flags = ["webhook", "add", "--label", "siem", "--url", &receiver.url, "--json"];
    server.cli(&[&flags[..], &["--kind", kind]].concat())
}

/// Waits for so many deliveries.
async fn wait(receiver: &Receiver, count: usize) -> Vec<Received> {
    // A look at the log each second, and the delivery.
    for _ in 0..3 {
        if receiver.received().len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    eventually(async || receiver.received().len() >= count).await;
    receiver.received()
}

/// With which of these secrets a delivery is signed.
fn signed_with(delivery: &Received, secrets: &[&str]) -> Vec<bool> {
    let mut parts = delivery.signature.split(',');
    let time = parts.next().and_then(|part| part.strip_prefix("t=")).unwrap();
    let macs: Vec<&str> = parts.map(|part| part.strip_prefix("v1=").unwrap()).collect();
    let signed = |secret: &&str| {
        let parts = [time.as_bytes(), b".", delivery.body.as_bytes()];
        macs.contains(&hmac_sha256_hex(secret.as_bytes(), &parts).as_str())
    };
    secrets.iter().map(signed).collect()
}

fn of_kind<'a>(received: &'a [Received], kind: &str) -> Vec<&'a Received> {
    received.iter().filter(|it| it.json()["event_type"] == kind).collect()
}

on_both_databases! {
    async fn vendors_1_6_an_event_arrives_signed(server) {
        let receiver = Receiver::start(&[]).await;
        let hook = add(server, &receiver, "user.");
        server.cli(&["user", "add", "--email", "bob@clinic.test", "--json"]);
        let received = wait(&receiver, 1).await;
        let event = of_kind(&received, "user.added")[0];
        let (time, mac) = event.signature.split_once(',').unwrap();
        let (time, mac) = (time.strip_prefix("t=").unwrap(), mac.strip_prefix("v1=").unwrap());
        let secret = hook["secret"].as_str().unwrap();
        let expected = hmac_sha256_hex(secret.as_bytes(), &[time.as_bytes(), b".", event.body.as_bytes()]);
        assert_eq!(mac, expected);
        let age = server.now().as_seconds() - time.parse::<i64>().unwrap();
        assert!((0..300).contains(&age), "receivers refuse old signatures");
        let body = event.json();
        assert_eq!(body["data"]["outcome"], "success");
        assert!(body["event_id"].is_string() && body["organization_id"] == "1", "{body}");
        assert!(!event.body.contains("bob@clinic.test"), "no claim of the user is told");
    }

    async fn while_two_secrets_live_a_delivery_is_signed_with_both(server) {
        let receiver = Receiver::start(&[]).await;
        let hook = add(server, &receiver, "user.");
        let id = hook["id"].as_str().unwrap();
        let rotated = server.cli(&["webhook", "rotate", id, "--overlap", "1h", "--json"]);
        let (old, new) = (hook["secret"].as_str().unwrap(), rotated["secret"].as_str().unwrap());
        assert_ne!(old, new);
        assert!(rotated["previous_secret_ends_at"].as_i64().unwrap() > server.now().as_seconds());
        server.cli(&["user", "add", "--email", "bob@clinic.test", "--json"]);
        let both = wait(&receiver, 1).await[0].clone();
        assert_eq!(signed_with(&both, &[old, new]), [true, true], "{}", both.signature);
        server.advance(Duration::from_secs(3601));
        server.cli(&["user", "add", "--email", "eve@clinic.test", "--json"]);
        let one = wait(&receiver, 2).await[1].clone();
        assert_eq!(signed_with(&one, &[old, new]), [false, true], "{}", one.signature);
        let at_once = server.cli(&["webhook", "rotate", id, "--overlap", "0s", "--json"]);
        assert_eq!(at_once["previous_secret_ends_at"], Value::Null);
    }

    async fn a_refused_delivery_is_made_again_and_a_taken_one_is_not(server) {
        let receiver = Receiver::start(&[500]).await;
        let hook = add(server, &receiver, "user.added");
        server.cli(&["user", "add", "--email", "bob@clinic.test", "--json"]);
        wait(&receiver, 1).await;
        server.advance(Duration::from_secs(6));
        let received = wait(&receiver, 2).await;
        assert_eq!(received[0].json()["event_id"], received[1].json()["event_id"]);
        let id = hook["id"].as_str().unwrap();
        let state = || server.cli(&["webhook", "deliveries", id, "--json"])["deliveries"][0].clone();
        eventually(async || state()["done_at"].is_i64()).await;
        assert_eq!(state()["attempts"], 2);
        assert_eq!(state()["kind"], "user.added");
        server.advance(Duration::from_secs(3600));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(receiver.received().len(), 2);
        server.cli(&["webhook", "replay", id, "--since", "2d", "--json"]);
        assert_eq!(wait(&receiver, 3).await.len(), 3);
    }

    async fn a_webhook_that_is_switched_off_hears_nothing(server) {
        let receiver = Receiver::start(&[]).await;
        let hook = add(server, &receiver, "user.");
        let id = hook["id"].as_str().unwrap();
        server.cli(&["webhook", "disable", id, "--json"]);
        server.cli(&["user", "add", "--email", "bob@clinic.test", "--json"]);
        server.cli(&["webhook", "enable", id, "--json"]);
        server.cli(&["user", "add", "--email", "eve@clinic.test", "--json"]);
        wait(&receiver, 1).await;
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(receiver.received().len(), 1);
    }
}
