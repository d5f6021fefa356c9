//! `[limits]`: what one account and one address may get wrong.

use std::time::Duration;

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, Person};
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::{on_both_databases_with, server::Server};

async fn guess(server: &Server, browser: &mut Browser, person: &Person) -> Result<(), Answer> {
    let request = server.clinic().request(&[("prompt", "login")]);
    browser.try_authorize(&request, person, "approve").await.map(drop)
}

fn wrong(person: &Person) -> Person {
    Person { password: "not the password of anyone".to_owned(), ..person.clone() }
}

on_both_databases_with! {
    // As many guesses are free as there are before the cap, so that no delay is in the way.
    &[("limits", "account_free_failures = 50"), ("limits", "account_hard_cap = 10")] =>

    async fn i24_after_the_hard_cap_only_a_trusted_browser_or_an_admin_helps(server) {
        let ada = server.ada();
        let mut own = Browser::new();
        assert!(guess(server, &mut own, &ada).await.is_ok(), "now it is trusted");
        let mut refused = Vec::new();
        while refused.len() < 10 {
            // Each sends its password three times.
            let stuck = guess(server, &mut Browser::new(), &wrong(&ada)).await.unwrap_err();
            refused.push(stuck.status.as_u16());
        }
        assert_eq!(refused.first(), Some(&422), "ten guesses are looked at: {refused:?}");
        assert_eq!(refused.last(), Some(&429), "and no more: {refused:?}");
        for minutes in [1, 16, 60] {
            server.advance(Duration::from_secs(minutes * 60));
            let stuck = guess(server, &mut Browser::new(), &ada).await.unwrap_err();
            assert_eq!(stuck.status, 429, "the right password does not help after {minutes} minutes");
        }
        assert!(guess(server, &mut own, &ada).await.is_ok(), "the owner's browser does");
        server.cli(&["user", "unlock", &ada.email, "--json"]);
        let unlocked = guess(server, &mut Browser::new(), &ada).await;
        assert!(unlocked.is_ok(), "and so does an admin: {:?}", unlocked.map_err(|a| a.status));
    }
}

async fn failure(rp: &RelyingParty, from: &str, secret: &str) -> Answer {
    let body = format!(
        "grant_type=refresh_token&refresh_token=x&client_id={}&client_secret={secret}",
        rp.client_id
    );
    let form = ("content-type", "application/x-www-form-urlencoded");
    rp.send(Method::POST, "/oauth/token", &[form, ("x-forwarded-for", from)], &body).await
}

on_both_databases_with! {
    &[("server", "trusted_proxies = [\"127.0.0.1\"]"), ("limits", "client_failures_per_minute = 3")] =>

    async fn i28_an_address_has_so_many_failed_client_authentications_a_minute(server) {
        let rp = server.clinic();
        for count in 1..=3 {
            assert_eq!(failure(&rp, "203.0.113.7", "wrong").await.status, 401, "failure {count}");
        }
        let refused = failure(&rp, "203.0.113.7", "wrong").await;
        assert_eq!(refused.status, 429, "{}", refused.text());
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "it says when to come back: {wait}");
        let other = failure(&rp, "203.0.113.8", "wrong").await;
        assert_eq!(other.status, 401, "another address has its own budget");
        let right = failure(&rp, "203.0.113.7", &rp.client_secret).await;
        assert_eq!(right.json()["error"], "invalid_grant", "who authenticates has not failed");
    }
}
