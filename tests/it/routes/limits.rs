//! `[limits]`: what one account and one address may get wrong.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, Person};
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::{on_both_databases_with, process, server::Server};

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

on_both_databases_with! {
    &[("server", "trusted_proxies = [\"127.0.0.1\"]"), ("limits", "sign_in_per_minute = 1")] =>

    async fn i28_no_address_fills_the_disk_with_requests_that_wait(server) {
        let rp = server.clinic();
        let request = rp.request(&[]);
        let path = request.strip_prefix(&rp.at("")).unwrap();
        let begun = async |from: &str| {
            rp.send(Method::GET, path, &[("x-forwarded-for", from)], "").await
        };
        for count in 1..=10 {
            assert!(begun("203.0.113.7").await.status.is_redirection(), "request {count}");
        }
        let refused = begun("203.0.113.7").await;
        assert_eq!(refused.status, 429, "{}", refused.text());
        assert!(refused.header("retry-after").is_some(), "it says when to come back");
        assert!(begun("203.0.113.8").await.status.is_redirection(), "another address");
    }
}

on_both_databases_with! {
    &[("server", "trusted_proxies = [\"127.0.0.1\"]")] =>

    async fn i28_strangers_do_not_fill_the_event_log(server) {
        const SENT: usize = 400;
        let rp = server.clinic();
        let recorded = |kind: &str| {
            let search = ["events", "search", "--kind", kind, "--limit", "1000", "--json"];
            let found = process::run(&[&search, ["--config", server.config()].as_slice()].concat());
            String::from_utf8_lossy(&found.stdout).lines().count()
        };
        let stranger = ("x-forwarded-for", "203.0.113.9");
        let began = Instant::now();
        for _ in 0..SENT {
            let answer = rp.send(Method::GET, "/oauth/userinfo", &[stranger, ("authorization", "Bearer guessed")], "").await;
            assert_eq!(answer.status, 401, "it is answered as always");
        }
        let lines = recorded("userinfo.refused");
        // A budget fills up again while it is used.
        let most = 240 + (began.elapsed().as_secs() as usize + 1) * 4;
        assert!((240..=most.min(SENT - 1)).contains(&lines), "{lines} of {SENT}");
        let shown = rp.send(Method::GET, "/oauth/authorize?client_id=nobody", &[stranger], "").await;
        assert_eq!(shown.status, 400);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let body = format!("grant_type=refresh_token&refresh_token=x&client_id={}&client_secret={}", rp.client_id, rp.client_secret);
        for _ in 0..20 {
            rp.send(Method::POST, "/oauth/token", &[form, stranger], &body).await;
        }
        assert_eq!(recorded("token.refused"), 20, "a client that has proved itself is no stranger");
    }
}

/// For how long the server keeps a connection on which these bytes are sent, an answer awaited between
/// them.
fn kept(issuer: &str, first: &str, then: &str) -> Duration {
    let mut stream = TcpStream::connect(issuer.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(first.as_bytes()).unwrap();
    let mut chunk = [0; 4096];
    assert!(stream.read(&mut chunk).unwrap() > 0, "an answer to {first:?}");
    let began = Instant::now();
    stream.write_all(then.as_bytes()).unwrap();
    while stream.read(&mut chunk).is_ok_and(|read| read > 0) {}
    began.elapsed()
}

on_both_databases_with! {
    &[("limits", "keep_alive = \"1s\"\nhead_timeout = \"1s\"\nbody_timeout = \"1s\"")] =>

    async fn i28_no_connection_is_held_by_sending_nothing(server) {
        let issuer = server.issuer().to_owned();
        let longest = tokio::task::spawn_blocking(move || {
            let head = "HTTP/1.1\r\nHost: id.test\r\n";
            let live = format!("GET /health/live {head}\r\n");
            let chunked = format!("{head}Transfer-Encoding: chunked\r\n");
            let form = "Content-Type: application/x-www-form-urlencoded\r\n";
            [
                ("a second head that does not end", live.clone(), "GET /he".to_owned()),
                ("a body that nobody reads", format!("GET /health/live {chunked}\r\n1\r\na\r\n"), "1\r\n".to_owned()),
                ("a body that came too late", format!("POST /oauth/token {chunked}{form}\r\n1\r\na\r\n"), "1\r\n".to_owned()),
                ("a body that was too large", format!("POST /oauth/token {chunked}{form}\r\n5000\r\n{}\r\n", "a".repeat(0x5000)), "1\r\n".to_owned()),
            ]
            .map(|(what, first, then)| (what, kept(&issuer, &first, &then)))
        });
        for (what, kept) in longest.await.unwrap() {
            assert!(kept < Duration::from_secs(10), "{what} holds a connection for {kept:?}");
        }
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
