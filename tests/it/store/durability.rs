//! What is acknowledged stays, whatever happens next; what cannot be written is not acknowledged.

use vestibule_store::changes::{RevokeGrant, TouchSession};
use vestibule_store::{Guard, StoreError};
use vestibule_tests::databases::Database;
use vestibule_tests::postgres;

use super::fixtures::{World, later};
use super::on_both;

on_both! {
    /// A process that ends without a word: its store is never closed.
    async fn p3_p4_what_was_acknowledged_outlives_its_process(database: Database) {
        let world = World::new(&database).await;
        let kept = world.grant(&["openid"]).await;
        let revoked = world.grant(&["openid"]).await;
        let revoke = RevokeGrant { id: revoked.grant.id, at: later(2), events: vec![] };
        assert_eq!(world.store.apply(revoke).await.unwrap(), Guard::Held);
        std::mem::forget(world.store.clone());
        let next = database.store();
        let of = async |id| next.access_token_facts(id).await.unwrap().unwrap().family.unwrap();
        assert_eq!(of(kept.access_token.id).await.grant.revoked_at, None);
        assert_eq!(of(revoked.access_token.id).await.grant.revoked_at, Some(later(2)));
        assert_eq!(next.apply(world.redemption(
            &next.code_facts(kept.id).await.unwrap().unwrap().authorization
        )).await.unwrap(), Guard::Lost, "used is used");
    }
}

/// The file as `kill -9` leaves it: copied with its log while it is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_copy_of_the_open_file_holds_everything_acknowledged() {
    let database = Database::sqlite();
    let world = World::new(&database).await;
    let redemption = world.grant(&["openid", "offline_access"]).await;
    let copy = Database::empty_sqlite();
    for suffix in ["", "-wal"] {
        let of = |database: &Database| format!("{}{suffix}", database.path().unwrap().display());
        std::fs::copy(of(&database), of(&copy)).unwrap();
    }
    let store = copy.store();
    let facts = store.refresh_facts(redemption.refresh.unwrap().id).await.unwrap();
    assert_eq!(facts.unwrap().grant, redemption.grant);
}

/// A server of its own, since it is stopped under everybody's feet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e6_connections_heal_after_a_server_crash() {
    let server = postgres::Postgres::start().unwrap();
    let name = server.create_database(None).unwrap();
    let options = Database::options();
    let store = vestibule_store::Store::open(&server.url(&name), options).unwrap();
    store.migrate().unwrap();
    let world = World::within(store, vestibule_protocol::ids::OrgId::ROOT).await;
    server.crash_and_restart().unwrap();
    // A read is repeated on a new connection, and so is a batch of which nothing was committed.
    assert!(world.store.session_facts(world.session.id).await.unwrap().is_some());
    let touch = TouchSession { id: world.session.id, at: later(60) };
    assert_eq!(world.store.apply(touch).await.unwrap(), Guard::Held);
    // An ordinary transaction is not repeated: each of the two connections for them says so once,
    // whichever takes which, and then works.
    let (mut lost, mut done) = (0, 0);
    for _ in 0..8 {
        match world.store.write(|tx| tx.reseal_value("none", "x", later(1))).await {
            Err(StoreError::Unavailable(_)) => lost += 1,
            Err(StoreError::NotFound { .. }) => done += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(lost <= 2 && done >= 6, "{lost} of 8 were lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_cannot_be_read_is_named() {
    let database = Database::postgres();
    let world = World::new(&database).await;
    let statement = format!("UPDATE users SET claims = '{{' WHERE id = {}", world.user.id.0);
    postgres::shared().execute(database.name(), &statement).unwrap();
    let refused = world.store.user(world.user.org, world.user.id).await;
    let Err(StoreError::Corrupt { table, id, detail }) = refused else { panic!("{refused:?}") };
    assert_eq!((table, id), ("users", world.user.id.0.to_string()));
    assert!(detail.contains("claims"), "{detail}");
}
