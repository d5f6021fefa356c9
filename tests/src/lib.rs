//! The harness of the integration tests: servers to test, databases for them, a browser without
//! scripts, a relying party, and the outside judges.
//!
//! | room | what it gives a test |
//! |---|---|
//! | [`server`] | the server in the test's process, with a clock that can be moved |
//! | [`installation`], [`process`] | the real program, as many processes as wanted, killed at will |
//! | [`databases`], [`postgres`] | a database of its own |
//! | [`browser`], [`page`] | a person without scripts |
//! | [`api`] | a program that uses the administration API |
//! | [`relying_party`], [`pkce`] | a client that sends exactly what the test means |
//! | [`chromium`], [`landing`] | a real browser, and somewhere for it to arrive |
//! | [`receiver`], [`relay`] | somewhere for webhooks and mails to arrive |
//! | [`python`] | relying parties from PyPI |

pub mod api;
pub mod browser;
pub mod chromium;
pub mod databases;
pub mod installation;
pub mod landing;
pub mod node;
pub mod page;
pub mod pkce;
pub mod postgres;
pub mod process;
pub mod python;
pub mod receiver;
pub mod relay;
pub mod relying_party;
pub mod server;

/// Waits until something holds that other processes must see within a second.
///
/// # Panics
/// When it does not hold in time.
pub async fn eventually(holds: impl AsyncFn() -> bool) {
    let until = tokio::time::Instant::now() + std::time::Duration::from_millis(1500);
    while !holds().await {
        assert!(tokio::time::Instant::now() < until, "not seen within a second");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}

/// Makes each test two: one on a fresh SQLite database, one on a fresh PostgreSQL one. Before the
/// arrow stands what makes it a test.
#[macro_export]
macro_rules! on_each_database {
    ($test:meta => $($(#[$attribute:meta])* async fn $name:ident($database:ident) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "one list of imports serves all tests of a file")]
            use super::*;

            async fn test($database: $crate::databases::Database) $body

            #[$test]
            async fn sqlite() {
                test($crate::databases::Database::sqlite()).await;
            }

            #[$test]
            async fn postgres() {
                test($crate::databases::Database::postgres()).await;
            }
        }
    )*};
}

/// As [`on_each_database!`], each test with a server of its own and these settings.
#[macro_export]
macro_rules! on_both_databases_with {
    ($settings:expr => $(async fn $name:ident($server:ident) $body:block)*) => {
        $crate::on_each_database! { tokio::test => $(async fn $name(database) {
            async fn with($server: &$crate::server::Server) $body
            let server = $crate::server::Server::start_with(database, $settings).await;
            with(&server).await;
            server.stop().await;
        })* }
    };
}

/// As [`on_each_database!`], each test with a server of its own.
#[macro_export]
macro_rules! on_both_databases {
    ($(async fn $name:ident($server:ident) $body:block)*) => {
        $crate::on_each_database! { tokio::test => $(async fn $name(database) {
            async fn with($server: &$crate::server::Server) $body
            let server = $crate::server::Server::start(database).await;
            with(&server).await;
            server.stop().await;
        })* }
    };
}
