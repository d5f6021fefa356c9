//! Waiting: what somebody else holds on PostgreSQL, or what takes too long, keeps nobody else from
//! their work, and nobody waiting for ever.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use tokio::task::JoinSet;
use vestibule_protocol::client::Status;
use vestibule_protocol::grant::AccessTokenRecord;
use vestibule_protocol::ids::{ClientKey, OrgId};
use vestibule_store::changes::{CountFailure, IssueClientToken, TouchSession};
use vestibule_store::throttles::{ThrottleKey, ThrottlePolicy};
use vestibule_store::{Guard, StoreError, StoreOptions};
use vestibule_tests::browser::{Answer, plain_client};
use vestibule_tests::databases::Database;
use vestibule_tests::eventually;
use vestibule_tests::installation::Installation;
use vestibule_tests::process::{self, Process, free_port};
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::Server;

use super::fixtures::{NOW, World, client, later};

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Bool)]
    seen: bool,
}

/// Somebody who works on the database beside us.
fn somebody(database: &Database) -> PgConnection {
    PgConnection::establish(database.url()).expect("the database of a test")
}

fn sees(database: &Database, what: &str) -> bool {
    let query = format!("SELECT EXISTS ({what}) AS seen");
    let seen: Seen = diesel::sql_query(query).get_result(&mut somebody(database)).expect("a query");
    seen.seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_somebody_holds_keeps_nobody_else_from_writing() {
    let database = Database::postgres();
    let options = StoreOptions { patience: Duration::from_secs(30), ..Database::options() };
    let world = World::within(database.store_with(options), OrgId::ROOT).await;
    let mut somebody = somebody(&database);
    let hold = format!("BEGIN; SELECT 1 FROM users WHERE id = {} FOR UPDATE", world.user.id.0);
    somebody.batch_execute(&hold).unwrap();
    let touch = TouchSession { id: world.session.id, at: later(60) };
    let authorization = world.authorization(&["openid"]);
    let (held, other) =
        tokio::join!(world.store.apply(world.issue(&authorization)), world.store.apply(touch),);
    assert!(matches!(held, Err(StoreError::Held(_))), "{held:?}");
    assert_eq!(other.unwrap(), Guard::Held, "what needs another row is written");
    assert!(world.store.check_writes().await.is_ok());
    somebody.batch_execute("ROLLBACK").unwrap();
    assert_eq!(world.store.apply(world.issue(&authorization)).await.unwrap(), Guard::Held);
}

/// An operator's open transaction, say, under the steady traffic of all clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stays_held_keeps_no_other_client_from_its_tokens() {
    let database = Database::postgres();
    let world = World::new(&database).await;
    let (held, free) = (world.client.key, ClientKey(world.id()));
    let other = client(OrgId::ROOT, free);
    world.store.write(move |tx| tx.insert_client(&other)).await.unwrap();
    let mut somebody = somebody(&database);
    let hold = format!("BEGIN; SELECT 1 FROM clients WHERE id = {} FOR UPDATE", held.0);
    somebody.batch_execute(&hold).unwrap();
    let issued = |client| {
        let access_token = AccessTokenRecord { client, ..world.access_token(None) };
        let (store, change) =
            (world.store.clone(), IssueClientToken { access_token, events: vec![] });
        async move { store.apply(change).await }
    };
    for _ in 0..3 {
        let mut many: JoinSet<_> = (0..20).map(|_| issued(held)).collect();
        tokio::task::yield_now().await;
        assert_eq!(issued(free).await.unwrap(), Guard::Held, "in time, and not given up for them");
        while let Some(one) = many.join_next().await {
            let one = one.unwrap();
            assert!(matches!(one, Err(StoreError::Held(_))), "{one:?}");
        }
    }
    somebody.batch_execute("ROLLBACK").unwrap();
    assert_eq!(issued(held).await.unwrap(), Guard::Held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e13_nobody_waits_for_longer_than_patience() {
    let database = Database::postgres();
    let world = World::new(&database).await;
    let patience = Duration::from_millis(200);
    let store = database.store_with(StoreOptions { patience, ..Database::options() });
    let mut somebody = somebody(&database);
    somebody.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();
    let read = store.session_facts(world.session.id).await.map(|_| ());
    assert!(matches!(read, Err(StoreError::Delayed(_))), "{read:?}");
    let written = store.apply(TouchSession { id: world.session.id, at: later(60) }).await;
    assert!(matches!(written, Err(StoreError::Delayed(_))), "{written:?}");
    let issued = store.apply(world.sign_in()).await;
    assert!(matches!(issued, Err(StoreError::Delayed(_))), "{issued:?}");
    somebody.batch_execute("ROLLBACK").unwrap();
    eventually(async || store.session_facts(world.session.id).await.is_ok()).await;
}

#[tokio::test]
async fn e13_whoever_waited_for_an_answer_in_vain_does_not_wait_for_the_log_as_well() {
    let database = Database::postgres();
    let mut somebody = somebody(&database);
    let server = Server::start(database).await;
    somebody.batch_execute("BEGIN; LOCK TABLE clients, events").unwrap();
    let stranger = RelyingParty { client_id: "nobody".to_owned(), ..server.clinic() };
    let began = Instant::now();
    let refused = stranger.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    let patience = StoreOptions::default().patience;
    assert!(began.elapsed() < patience + Duration::from_secs(1), "{:?}", began.elapsed());
    somebody.batch_execute("ROLLBACK").unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_issued_is_not_counted_as_issued() {
    let installation = Installation::new(Database::postgres());
    let management = format!("127.0.0.1:{}", free_port());
    let config = installation.config();
    let mut command = process::command(&["serve", "--config", config.to_str().unwrap()]);
    command.env("VESTIBULE_SERVER__MANAGEMENT_BIND", &management);
    let server = Process::start(command, &installation.issuer);
    let made = installation.cli(&[
        "client",
        "add",
        "--name",
        "Job",
        "--grant",
        "client_credentials",
        "--scope",
        "api",
        "--auth-method",
        "basic_or_post",
        "--json",
    ]);
    let text = |name: &str| made[name].as_str().expect("it was printed").to_owned();
    let (id, secret) = (text("client_id"), text("client_secret"));
    let rp = RelyingParty::new(&server.issuer, &id, &secret, "https://rp.test/cb");
    let issued = async || {
        let metrics = plain_client().get(format!("http://{management}/metrics"));
        let metrics = Answer::read(metrics).await.text();
        let line = "vestibule_auth_events_total{event=\"token.issued\",result=\"success\",reason=\"none\"} ";
        let count = metrics.lines().find_map(|it| it.strip_prefix(line));
        count.map_or(0, |count| count.parse::<u64>().unwrap())
    };
    let asked = [("grant_type", "client_credentials")];
    assert_eq!(rp.token(&asked).await.status, 200);
    assert_eq!(issued().await, 1);
    let mut somebody = somebody(&installation.database);
    somebody.batch_execute("BEGIN; SELECT 1 FROM clients FOR UPDATE").unwrap();
    assert_eq!(rp.token(&asked).await.status, 503);
    assert_eq!(issued().await, 1, "nothing was issued");
    somebody.batch_execute("ROLLBACK").unwrap();
}

/// Some of the readers are for sign-ins, however many search.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_leave_readers_to_sign_ins() {
    let database = Database::postgres();
    let options = StoreOptions { readers: 4, ..Database::options() };
    let world = World::within(database.store_with(options), OrgId::ROOT).await;
    let mut somebody = somebody(&database);
    somebody.batch_execute("BEGIN; LOCK TABLE webhooks").unwrap();
    let searches: Vec<_> = (0..6)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.webhooks(OrgId::ROOT).await })
        })
        .collect();
    let wait = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                AND wait_event_type = 'Lock' HAVING count(*) > 1";
    eventually(async || sees(&database, wait)).await;
    assert!(world.store.session_facts(world.session.id).await.is_ok());
    somebody.batch_execute("ROLLBACK").unwrap();
    for search in searches {
        assert!(search.await.unwrap().is_ok(), "each has its turn");
    }
}

/// Stands for a server that was stopped in its tracks: what was begun there goes on when it is told to.
fn stopped() -> (std::sync::mpsc::Sender<()>, impl FnOnce() + Send) {
    let (go_on, told) = std::sync::mpsc::channel();
    let wait = move || {
        let _told = told.recv();
    };
    (go_on, wait)
}

fn impatient(database: &Database) -> vestibule_store::Store {
    let patience = Duration::from_millis(100);
    let statement_timeout = Duration::from_secs(1);
    database.store_with(StoreOptions { patience, statement_timeout, ..Database::options() })
}

/// Whoever was told to try again does so: what they gave up is not done behind their back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e13_an_ordinary_write_is_not_waited_for_for_ever() {
    let database = Database::postgres();
    let world = World::new(&database).await;
    let store = impatient(&database);
    let (go_on, wait) = stopped();
    let (user, at) = (world.user.id, later(1));
    let disable = move |tx: &mut vestibule_store::Transaction<'_>| {
        wait();
        tx.set_user_status(OrgId::ROOT, user, Status::Disabled, at)
    };
    let delayed = store.write(disable).await.map(drop);
    assert!(matches!(delayed, Err(StoreError::Delayed(_))), "{delayed:?}");
    go_on.send(()).unwrap();
    let idle = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%' HAVING count(*) = 0";
    eventually(async || sees(&database, idle)).await;
    let user = world.store.user(OrgId::ROOT, user).await.unwrap().unwrap();
    assert_eq!(user.status, Status::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_closed_though_the_database_hangs() {
    let store = impatient(&Database::postgres());
    let (go_on, wait) = stopped();
    let hangs = move |_: &mut vestibule_store::Transaction<'_>| {
        wait();
        Ok(())
    };
    assert!(store.write(hangs).await.is_err());
    let closing = tokio::task::spawn_blocking(move || store.close());
    let closed = tokio::time::timeout(Duration::from_secs(5), closing).await;
    drop(go_on);
    assert!(closed.is_ok(), "it waits for what does not end");
}

/// Reads and ordinary writes have connections of their own, and prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_hot_writes_hang_is_not_ready() {
    let database = Database::postgres();
    let world = World::new(&database).await;
    let store = impatient(&database);
    let mut somebody = somebody(&database);
    somebody.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();
    let touch = || store.apply(TouchSession { id: world.session.id, at: later(60) });
    assert!(matches!(touch().await, Err(StoreError::Delayed(_))));
    let soon = Duration::from_millis(200);
    let proved = tokio::time::timeout(soon, store.check_writes()).await;
    assert!(!matches!(proved, Ok(Ok(()))), "hot writes are held up: {proved:?}");
    somebody.batch_execute("ROLLBACK").unwrap();
    eventually(async || {
        tokio::time::timeout(soon, store.check_writes()).await.is_ok_and(|it| it.is_ok())
    })
    .await;
    assert!(touch().await.is_ok());
}

/// A sign-in clears the count that another node is about to raise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i24_a_failure_is_counted_though_the_count_is_cleared_meanwhile() {
    const POLICY: ThrottlePolicy = ThrottlePolicy {
        free: 2,
        window: Duration::from_secs(900),
        first_delay: Duration::from_secs(1),
        longest_delay: Duration::from_secs(3),
    };
    let database = Database::postgres();
    let world = World::new(&database).await;
    let key = ThrottleKey::account(world.user.id);
    let failure = || CountFailure { key: key.clone(), policy: POLICY, at: NOW, events: vec![] };
    assert_eq!(world.store.count_failure(failure()).await.unwrap().failures, 1);
    let mut sign_in = somebody(&database);
    sign_in.batch_execute("BEGIN; DELETE FROM throttles").unwrap();
    let counting = tokio::spawn({
        let (store, failure) = (world.store.clone(), failure());
        async move { store.count_failure(failure).await }
    });
    let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                 AND wait_event_type = 'Lock' AND query LIKE '%throttles%'";
    eventually(async || sees(&database, waits)).await;
    sign_in.batch_execute("COMMIT").unwrap();
    assert_eq!(counting.await.unwrap().unwrap().failures, 1, "the first since the sign-in");
}

/// An index of a large table takes minutes, and so may another node that migrates.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_is_given_the_time_it_takes() {
    const LOCK: i64 = 0x7665_7374_6962_756c;
    let database = Database::empty_postgres();
    let mut first = somebody(&database);
    first.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).unwrap();
    let hurried =
        StoreOptions { statement_timeout: Duration::from_millis(200), ..Database::options() };
    let second = database.store_with(hurried);
    let migrating = tokio::task::spawn_blocking(move || second.migrate());
    let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                 AND wait_event = 'advisory' \
                 AND query_start < clock_timestamp() - interval '400 milliseconds'";
    eventually(async || migrating.is_finished() || sees(&database, waits)).await;
    first.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")).unwrap();
    assert!(!migrating.await.unwrap().unwrap().is_empty());
}

/// Everybody who comes after it would wait for whoever waits for a whole table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_waits_for_no_dump() {
    let database = Database::postgres();
    let mut dump = somebody(&database);
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261121000016'";
    dump.batch_execute(forget).unwrap();
    dump.batch_execute("BEGIN; LOCK TABLE events IN ACCESS SHARE MODE").unwrap();
    let migrate = || {
        let store = database.store();
        tokio::task::spawn_blocking(move || store.migrate())
    };
    let refused = migrate().await.unwrap();
    let Err(StoreError::Held(said)) = refused else { panic!("{refused:?}") };
    assert!(said.contains("dump"), "{said}");
    dump.batch_execute("ROLLBACK").unwrap();
    assert_eq!(migrate().await.unwrap().unwrap(), ["20261121000016"]);
}
