//! The promises of DESIGN section 3, kept by real processes that are killed.

use vestibule_tests::browser::Browser;
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
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
    let mut server = installation.serve();
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
    assert!(!log.is_empty(), "there is a log to look at");
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

#[tokio::test]
async fn sigterm_lets_requests_end() {
    let installation = Installation::new(Database::sqlite());
    let mut server = installation.serve();
    assert!(server.terminate(), "exit status 0: {}", server.log());
}
