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
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: Database) $body:block)+) => {
        vestibule_tests::on_each_database! {
            tokio::test(flavor = "multi_thread", worker_threads = 2) =>
            $($(#[$attribute])* async fn $name($database) $body)+
        }
    };
}

use on_both;
