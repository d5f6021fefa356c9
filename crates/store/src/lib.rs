//! The account store: rows in, domain values out, one transaction per decision.
//!
//! [`Store`] is a cheap clone over one database, SQLite or PostgreSQL, through one code base.
//!
//! - **Facts** ([`facts`]) are read in one statement each: what a decision looks at.
//! - **Changes** ([`changes`]) are the hot writes, as data: [`Store::apply`] hands one to the
//!   committer, which applies what is waiting in one transaction and answers after the commit.
//! - **Everything else** is an ordinary transaction: [`Store::write`] runs a closure over a
//!   [`Transaction`], whose methods live in the room of the table they write.
//!
//! Rows and the values they stand for are in a room a table, by the table's name. What is no table:
//!
//! | rooms | own |
//! |---|---|
//! | `store`, `connection`, `workers` | opening a database, its connections and their threads |
//! | `transaction`, `statement`, `rows`, `page` | what the rooms of tables are written with |
//! | `committer` | batches: guards, set-wise statements, the answers |
//! | `migrations`, `meta`, `clock` | the schema's version, whose database it is, what time it has |
//! | [`users`], [`counts`] | users are searched and counted within bounds |
//! | `purge`, [`backup`] | what has expired goes; everything comes out of one snapshot |
//!
//! Every lookup names the organization where the row belongs to one; a foreign id answers like an
//! unknown one. What must happen once is decided by the database, in one conditional statement.

pub mod admin_roles;
pub mod api_tokens;
mod authorizations;
pub mod backup;
pub mod brands;
pub mod changes;
pub mod checkpoints;
pub mod clients;
mod clock;
mod committer;
mod connection;
mod consents;
pub mod counts;
pub mod credentials;
mod error;
pub mod events;
pub mod facts;
mod grants;
pub mod groups;
pub mod idempotency;
pub mod key_sightings;
pub mod links;
pub mod managed;
mod meta;
mod migrations;
pub mod notices;
pub mod organizations;
pub mod outbox;
mod page;
mod purge;
mod rows;
mod schema;
mod sealed_values;
mod sessions;
pub mod signing_keys;
pub mod single_use;
mod statement;
mod store;
pub mod throttles;
mod transaction;
pub mod trials;
pub mod users;
pub mod webhooks;
mod workers;

pub use changes::{Change, Guard};
pub use committer::deliver_answers;
pub use connection::{Backend, check_url};
pub use error::StoreError;
pub use migrations::MigrationStatus;
pub use page::{Page, PageRequest};
pub use purge::Purged;
pub use store::{Store, StoreOptions};
pub use transaction::Transaction;
