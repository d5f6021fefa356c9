//! Drills under load: the process is killed, the database goes away, the disk is full. What was
//! acknowledged stays, nothing is issued that is not written, and all goes on by itself afterwards.

mod disk;
mod load;
#[cfg(target_os = "linux")]
mod power;

use vestibule_tests::databases::Database;
use vestibule_tests::eventually;
use vestibule_tests::installation::Installation;
use vestibule_tests::postgres::Postgres;

use load::{Ledger, Load};

/// E4: kill -9 in the middle of it, again and again.
async fn killed_again_and_again(database: Database) {
    let installation = Installation::new(database);
    let mut server = installation.serve();
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let mut ledger = Ledger::default();
    for round in 1..=5 {
        let mut load = Load::start(&rp.reconnected(), &ada, 8).await;
        load.until(&mut ledger, 20 + 13 * round).await;
        server.kill();
        load.end(&mut ledger).await;
        server = installation.serve();
        ledger.holds(&rp.reconnected()).await;
    }
    ledger.no_code_is_redeemed_again(&rp.reconnected()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e4_kill_9_under_load_loses_and_revives_nothing_on_sqlite() {
    killed_again_and_again(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e4_kill_9_under_load_loses_and_revives_nothing_on_postgresql() {
    killed_again_and_again(Database::postgres()).await;
}

/// E6: the database server dies under load, stays away for a while, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e6_a_lost_database_is_503_and_nothing_acknowledged_is_lost() {
    let postgres = Postgres::start().expect("a server of our own");
    let installation = Installation::new(Database::on(&postgres));
    let server = installation.serve();
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let mut ledger = Ledger::default();
    for round in 1..=2 {
        let mut load = Load::start(&rp.reconnected(), &ada, 8).await;
        let unredeemed = rp.code(&ada, &[]).await;
        load.until(&mut ledger, 25 * round).await;
        postgres.crash().expect("the database server stops");
        load.end(&mut ledger).await;

        let refused = rp.redeem(unredeemed.code()).await;
        assert_eq!(refused.status, 503, "{}", refused.text());
        assert!(refused.header("retry-after").is_some(), "it says when to come back");
        assert!(!refused.text().contains("access_token"));
        let unready = rp.get("/health/ready").await;
        assert_eq!(unready.status, 503);
        assert_eq!(unready.json()["because"][0], "database", "{}", unready.text());
        for path in ["/health/live", "/.well-known/jwks.json", "/.well-known/openid-configuration"]
        {
            assert_eq!(rp.get(path).await.status, 200, "{path} needs no database");
        }

        postgres.crash_and_restart().expect("the database server comes back");
        eventually(async || rp.get("/health/ready").await.status == 200).await;
        let redeemed = rp.redeem(unredeemed.code()).await;
        assert_eq!(redeemed.status, 200, "nothing of it was written: {}", redeemed.text());
        ledger.holds(&rp).await;
    }
    ledger.no_code_is_redeemed_again(&rp).await;
}
