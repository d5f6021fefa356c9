//! The store's contract: every operation on both databases, the races included.

mod accounts;
mod administration;
mod brands;
mod clients;
mod codes;
mod durability;
mod events;
mod finding;
mod fixtures;
mod groups;
mod hot;
mod idempotency;
mod links;
mod managed;
mod migrations;
mod operations;
mod people;
mod races;
mod refresh;
mod sightings;
mod trials;
mod waiting;
mod webhooks;

/// Declares tests that run on a fresh SQLite database and on a fresh PostgreSQL one.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: Database) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs each of them")]
            use super::*;

            async fn judge($database: vestibule_tests::databases::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                judge(vestibule_tests::databases::Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                judge(vestibule_tests::databases::Database::postgres()).await;
            }
        }
    )+};
}

use on_both;
