//! The schema's versions: up, down, up, and by two processes at once.

use vestibule_protocol::ids::OrgId;
use vestibule_store::{Store, StoreError};
use vestibule_tests::databases::Database;

async fn i32_up_down_and_up_again(database: Database) {
    let store = database.store();
    let before = store.migration_status().unwrap();
    assert_eq!((before.applied.len(), before.unknown.len()), (0, 0));
    let applied = store.migrate().unwrap();
    assert_eq!(applied, before.pending);
    assert_eq!(store.migrate().unwrap(), Vec::<String>::new(), "nothing twice");
    assert!(store.organization(OrgId::ROOT).await.unwrap().is_some());
    store.revert_all().unwrap();
    assert_eq!(store.migration_status().unwrap().applied, Vec::<String>::new());
    assert!(store.organization(OrgId::ROOT).await.is_err(), "the tables are gone");
    assert_eq!(store.migrate().unwrap(), applied);
    assert!(store.organization(OrgId::ROOT).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i32_up_down_and_up_again_sqlite() {
    i32_up_down_and_up_again(Database::empty_sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i32_up_down_and_up_again_postgres() {
    i32_up_down_and_up_again(Database::empty_postgres()).await;
}

/// Labels were not unique before 000015.
async fn of_several_webhooks_of_one_label_the_oldest_keeps_it(database: Database) {
    database.execute("DROP INDEX webhooks_by_label");
    for (id, org, label) in [(7, 1, "siem"), (8, 1, "siem"), (9, 1, "other"), (10, 1, "siem")] {
        database.execute(&format!(
            "INSERT INTO webhooks (id, org_id, label, url, kinds, status, closed, seen, fed_at, \
             created_at, updated_at) VALUES ({id}, {org}, '{label}', '', '', 0, 0, 0, 0, 0, 0)"
        ));
    }
    database.execute(include_str!(
        "../../../migrations/sqlite/2026-11-21-000015_webhook_labels/up.sql"
    ));
    let found = database.store().webhooks(OrgId::ROOT).await.unwrap();
    let labels: Vec<&str> = found.iter().map(|webhook| webhook.label.as_str()).collect();
    assert_eq!(labels, ["siem", "siem 8", "other", "siem 10"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_webhooks_of_one_label_the_oldest_keeps_it_sqlite() {
    of_several_webhooks_of_one_label_the_oldest_keeps_it(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_webhooks_of_one_label_the_oldest_keeps_it_postgres() {
    of_several_webhooks_of_one_label_the_oldest_keeps_it(Database::postgres()).await;
}

fn nodes_that_start_together_migrate_once(database: &Database) {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let store = database.store();
            std::thread::spawn(move || store.migrate().unwrap().len())
        })
        .collect();
    let applied: Vec<usize> = threads.into_iter().map(|one| one.join().unwrap()).collect();
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
}

#[test]
fn nodes_that_start_together_migrate_once_sqlite() {
    nodes_that_start_together_migrate_once(&Database::empty_sqlite());
}

#[test]
fn nodes_that_start_together_migrate_once_postgres() {
    nodes_that_start_together_migrate_once(&Database::empty_postgres());
}

#[test]
fn a_url_that_names_no_database_is_refused_without_repeating_a_password() {
    let table = ["", "mysql://u:hunter2@h/d", "sqlite:", "sqlite::memory:", "hunter2"];
    for url in table {
        let refused = Store::open(url, Database::options());
        let Err(error @ StoreError::Url(_)) = refused else { panic!("{url}: {refused:?}") };
        assert!(!error.to_string().contains("hunter2@"), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_made_only_where_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vestibule.db");
    let url = format!("sqlite:{}", file.display());
    let refused = Store::open(&url, Database::options());
    assert!(matches!(refused, Err(StoreError::Schema(_))), "{refused:?}");
    assert!(!file.exists());
    let store = Store::create(&url, Database::options()).unwrap();
    store.migrate().unwrap();
    store.close();
    Store::open(&url, Database::options()).unwrap().require_current_schema().unwrap();
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    // Port 1 of loopback: nobody listens.
    let refused = Store::open("postgres://vestibule@127.0.0.1:1/none", Database::options());
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let refused = Store::create("sqlite:/nonexistent/folder/db", Database::options());
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[test]
fn e5_a_server_that_can_forget_is_refused_unless_allowed() {
    let database = Database::postgres();
    let options =
        vestibule_store::StoreOptions { allow_unsafe_durability: false, ..Database::options() };
    let refused = Store::open(database.url(), options);
    let Err(StoreError::Unsafe(sentence)) = refused else { panic!("{refused:?}") };
    assert!(sentence.contains("fsync=off"), "{sentence}");
}
