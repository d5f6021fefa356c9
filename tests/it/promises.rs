//! The promises of DESIGN section 3, kept by real processes that are killed.

use std::io::{Read as _, Write as _};
use std::process::Command;

use vestibule_tests::browser::{Answer, Browser, encode, plain_client};
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::process::{Process, command};
use vestibule_tests::relying_party::Tokens;

const OFFLINE: [(&str, &str); 2] = [("scope", "openid offline_access"), ("prompt", "consent")];

/// 64 redemptions of one code at two nodes: one success, and its tokens do not outlive the replays.
async fn p1(database: Database) {
    let installation = Installation::new(database);
    let (first, second) = (installation.serve(), installation.serve_beside());
    let rp = installation.client(&first);
    let ada = installation.person("ada@clinic.test");
    for _ in 0..3 {
        let back = Browser::new().authorize(&rp.request(&OFFLINE), &ada).await;
        let calls: Vec<_> = (0..64)
            .map(|number| {
                let mut rp = rp.clone();
                if number % 2 == 1 {
                    rp.issuer.clone_from(&second.issuer);
                }
                let code = back.code().to_owned();
                tokio::spawn(async move { rp.redeem(&code).await })
            })
            .collect();
        let mut successes = Vec::new();
        for call in calls {
            let answer = call.await.expect("a redemption is answered");
            if answer.status == 200 {
                successes.push(Tokens::read(&answer));
            } else {
                assert_eq!(answer.json()["error"], "invalid_grant", "{}", answer.text());
            }
        }
        assert_eq!(successes.len(), 1, "exactly one");
        let winner = &successes[0];
        for issuer in [&first.issuer, &second.issuer] {
            let mut rp = rp.clone();
            rp.issuer.clone_from(issuer);
            assert_eq!(rp.userinfo(winner.access()).await.status, 401, "the access token is dead");
            assert_eq!(rp.refresh(winner.refresh()).await.status, 400, "so is the refresh token");
        }
    }
}

#[tokio::test]
async fn p1_a_code_is_exchanged_at_most_once_over_two_nodes_on_postgresql() {
    p1(Database::postgres()).await;
}

#[tokio::test]
async fn p1_a_code_is_exchanged_at_most_once_over_two_processes_on_sqlite() {
    p1(Database::sqlite()).await;
}

/// An acknowledged token lives on after kill -9; an acknowledged revocation stays.
async fn p3_p4(database: Database) {
    let installation = Installation::new(database);
    let mut server = installation.serve();
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let (kept, revoked) = (rp.sign_in(&ada, &OFFLINE).await, rp.sign_in(&ada, &OFFLINE).await);
    assert_eq!(rp.revoke(revoked.refresh()).await.status, 200);
    let replayed = rp.code(&ada, &OFFLINE).await;
    let from_code = Tokens::read(&rp.redeem(replayed.code()).await);
    let unredeemed = rp.code(&ada, &OFFLINE).await;
    server.kill();
    let server = installation.serve();
    let rp = rp.reconnected();
    assert_eq!(server.issuer, rp.issuer);
    assert_eq!(rp.userinfo(kept.access()).await.status, 200, "p4: still valid");
    Tokens::read(&rp.refresh(kept.refresh()).await);
    assert_eq!(rp.userinfo(revoked.access()).await.status, 401, "p3: still revoked");
    assert_eq!(rp.refresh(revoked.refresh()).await.status, 400, "p3: still revoked");
    assert_eq!(rp.userinfo(from_code.access()).await.status, 200);
    assert_eq!(
        rp.redeem(replayed.code()).await.json()["error"],
        "invalid_grant",
        "p1: still redeemed"
    );
    assert_eq!(rp.userinfo(from_code.access()).await.status, 401, "and the replay is punished");
    Tokens::read(&rp.redeem(unredeemed.code()).await);
}

#[tokio::test]
async fn p3_p4_kill_9_loses_and_revives_nothing_on_sqlite() {
    p3_p4(Database::sqlite()).await;
}

#[tokio::test]
async fn p3_p4_kill_9_loses_and_revives_nothing_on_postgresql() {
    p3_p4(Database::postgres()).await;
}

#[tokio::test]
async fn p8_no_secret_is_written_to_a_log() {
    let installation = Installation::new(Database::sqlite());
    // At the level that tells all: an operator who looks for a fault turns it on.
    let mut serve = command(&["serve", "--config", installation.config().to_str().unwrap()]);
    serve.env("VESTIBULE_TELEMETRY__LOG_LEVEL", "trace");
    let mut server = Process::start(serve, &installation.issuer);
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let mut browser = Browser::new();
    let back = browser.authorize(&rp.request(&OFFLINE), &ada).await;
    let tokens = Tokens::read(&rp.redeem(back.code()).await);
    let wrong = vestibule_tests::browser::Person {
        password: "a wrong but memorable phrase".to_owned(),
        ..ada.clone()
    };
    let _ = Browser::new().try_authorize(&rp.request(&[]), &wrong, "approve").await;
    rp.userinfo(tokens.access()).await;
    rp.redeem(back.code()).await;
    rp.get(&format!("/oauth/userinfo?access_token={}", tokens.access())).await;
    assert!(server.terminate(), "SIGTERM ends it in good order");
    let log = server.log();
    assert!(log.contains("\"level\":\"TRACE\""), "there is a log to look at: {log:.2000}");
    let session = browser.cookie("vestibule-session").unwrap();
    for (what, secret) in [
        ("the client secret", rp.client_secret.as_str()),
        ("the password", ada.password.as_str()),
        ("the wrong password", wrong.password.as_str()),
        ("the access token", tokens.access()),
        ("the refresh token", tokens.refresh()),
        ("the code", back.code()),
        ("the session", session),
    ] {
        let at = log.find(secret);
        assert_eq!(at.map(|at| log[at.saturating_sub(200)..at].to_owned()), None, "{what}");
    }
}

/// Of all that is secret in a sign-in nothing is on the pages that tell of a fault, in what is measured, or in
/// an address, whoever put it where it does not belong.
#[tokio::test]
async fn p8_no_secret_is_on_an_error_page_in_a_metric_or_in_an_address() {
    let installation = Installation::new(Database::sqlite());
    let management = format!("http://127.0.0.1:{}", vestibule_tests::process::free_port());
    let mut serve = command(&["serve", "--config", installation.config().to_str().unwrap()]);
    serve.env("VESTIBULE_SERVER__MANAGEMENT_BIND", management.trim_start_matches("http://"));
    let server = Process::start(serve, &installation.issuer);
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let mut browser = Browser::new();
    let back = browser.authorize(&rp.request(&OFFLINE), &ada).await;
    let tokens = Tokens::read(&rp.redeem(back.code()).await);
    let session = browser.cookie("vestibule-session").unwrap().to_owned();
    let secrets = [
        ("the client secret", rp.client_secret.as_str()),
        ("the password", ada.password.as_str()),
        ("the access token", tokens.access()),
        ("the refresh token", tokens.refresh()),
        ("the session", session.as_str()),
    ];
    let is_clean = |place: &str, text: &str| {
        for (what, secret) in secrets {
            let encoded = encode(&[("", secret)]);
            for spelling in [secret, &encoded[1..]] {
                assert!(!text.contains(spelling), "{what} is in {place}: {text}");
            }
        }
    };
    is_clean("the address of the answer", &back.url);
    // A password is nothing that an app has.
    for (what, secret) in secrets.into_iter().filter(|(what, _)| *what != "the password") {
        // Shown, and redirected.
        for redirect_uri in ["https://rp.test/other", rp.redirect_uri.as_str()] {
            for name in
                ["client_id", "response_type", "prompt", "id_token_hint", "claims", "password"]
            {
                let url = rp.request(&[(name, secret), ("redirect_uri", redirect_uri)]);
                let answer = browser.open(&url).await;
                is_clean(&format!("the answer to {what} as {name}"), &answer.text());
                let location = answer.location().unwrap_or_default();
                is_clean(&format!("the address after {what} as {name}"), location);
            }
        }
        for path in ["/setup", "/welcome", "/handover", "/errors", "/case", "/nowhere"] {
            let answer = rp.get(&format!("{path}/{}", &encode(&[("", secret)])[1..])).await;
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
            is_clean(&format!("the page {path}/ of {what}"), &answer.text());
        }
        for field in ["grant_type", "code", "refresh_token", "client_id", "scope"] {
            let answer = rp.token(&[("grant_type", "refresh_token"), (field, secret)]).await;
            if field != "refresh_token" || what != "the refresh token" {
                assert!(answer.status.is_client_error(), "{what} as {field}: {}", answer.status);
                is_clean(&format!("the refusal of {what} as {field}"), &answer.text());
            }
        }
    }
    let metrics = Answer::read(plain_client().get(format!("{management}/metrics"))).await.text();
    assert!(metrics.contains("vestibule_token_requests_total"), "there was something to measure");
    is_clean("the metrics", &metrics);
}

#[tokio::test]
async fn sigterm_lets_requests_end() {
    let installation = Installation::new(Database::sqlite());
    let mut server = installation.serve();
    assert!(server.terminate(), "exit status 0: {}", server.log());
}

/// A client that was switched off elsewhere is told so, and not to try again in a second.
#[tokio::test]
async fn i4_a_client_that_was_switched_off_beside_a_node_refreshes_no_more() {
    let installation = Installation::new(Database::sqlite());
    let server = installation.serve();
    let ada = installation.person("ada@clinic.test");
    for _ in 0..4 {
        let rp = installation.client(&server);
        let tokens = rp.sign_in(&ada, &OFFLINE).await;
        installation.cli(&["client", "disable", &rp.client_id, "--json"]);
        let refused = rp.refresh(tokens.refresh()).await;
        assert!(
            [400, 401].contains(&refused.status.as_u16()),
            "{} {}",
            refused.status,
            refused.text()
        );
    }
}

/// Its users are told that, too, and not that their request is unknown.
#[tokio::test]
async fn i4_a_client_that_was_switched_off_beside_a_node_gets_no_code() {
    let installation = Installation::new(Database::sqlite());
    let server = installation.serve();
    let ada = installation.person("ada@clinic.test");
    for _ in 0..4 {
        let rp = installation.client(&server);
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &ada).await;
        installation.cli(&["client", "disable", &rp.client_id, "--json"]);
        let refused = browser.open(&rp.request(&[("prompt", "none")])).await;
        assert!(refused.text().contains("VB-2000"), "{} {}", refused.status, refused.text());
    }
}

/// What a proxy sends on a connection that it has kept is answered, and it is told to use another.
#[tokio::test]
async fn sigterm_ends_no_connection_without_a_word() {
    let installation = Installation::new(Database::sqlite());
    let server = installation.serve();
    let address = server.issuer.trim_start_matches("http://");
    let mut kept = std::net::TcpStream::connect(address).expect("it listens");
    let mut ask = || -> String {
        let request = format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\n\r\n");
        kept.write_all(request.as_bytes()).expect("the connection is open");
        let mut answer = vec![0; 16 * 1024];
        let read = kept.read(&mut answer).expect("the connection is open");
        assert!(read > 0, "a request was lost: {}", server.log());
        String::from_utf8_lossy(&answer[..read]).to_lowercase()
    };
    assert!(!ask().contains("connection: close"));
    let sent = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIGTERM can be sent");
    while !ask().contains("connection: close") {}
}

/// Who had connected before a server that stops closed its door is answered: a proxy cannot send what it
/// has sent once to another node.
#[tokio::test]
async fn sigterm_loses_nobody_who_was_let_in() {
    let installation = Installation::new(Database::sqlite());
    for round in 1..=3 {
        let mut server = installation.serve();
        let address = server.issuer.trim_start_matches("http://").to_owned();
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let address = address.clone();
                std::thread::spawn(move || call_until_refused(&address))
            })
            .collect();
        let sent = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM can be sent");
        let lost: usize = callers.into_iter().map(|caller| caller.join().expect("it ends")).sum();
        assert_eq!(lost, 0, "round {round}: requests were lost: {}", server.log());
        assert!(server.terminate());
    }
}

/// Calls by a new connection each time, until nobody listens; counts the calls that were not answered.
fn call_until_refused(address: &str) -> usize {
    let mut lost = 0;
    while let Ok(mut connection) = std::net::TcpStream::connect(address) {
        let request =
            format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        let called = connection
            .write_all(request.as_bytes())
            .and_then(|()| connection.read_to_string(&mut answer));
        lost += usize::from(called.is_err() || !answer.contains("200 OK"));
    }
    lost
}
