//! Guards: what must still be true when a change is written, judged in its own transaction.
//!
//! On SQLite the transaction has the file to itself, and each guard is a statement of a few
//! microseconds. On PostgreSQL a guard judges a whole batch in one statement and locks what it
//! relies on (`FOR SHARE`), so that whoever disables the user, ends the session or withdraws the
//! consent at that moment is waited for, or waits. Locks are taken in one order: users, sessions,
//! clients, organizations, consents, passwords, then what the change is about.

mod postgres;
mod sqlite;

use crate::StoreError;
use crate::connection::Db;

/// A code to be redeemed.
pub(super) struct Redemption {
    pub(super) id: i64,
    pub(super) at: i64,
}

/// A refresh token to be rotated, or used as it is.
pub(super) struct Refresh {
    pub(super) id: i64,
    pub(super) at: i64,
    /// What takes its place.
    pub(super) successor: Option<i64>,
    /// When it now ends, if it stays.
    pub(super) expires_at: Option<i64>,
}

/// A code to be issued.
pub(super) struct Issue {
    pub(super) session: i64,
    pub(super) user: i64,
    pub(super) client: i64,
    pub(super) at: i64,
    /// Whether an earlier consent must stand.
    pub(super) standing: bool,
    /// The request that this answers.
    pub(super) pending: Option<i64>,
}

/// A session to be started.
pub(super) struct SignIn {
    pub(super) user: i64,
    pub(super) at: i64,
    /// When the password was set that must still be the user's.
    pub(super) password_set_at: Option<i64>,
}

macro_rules! judged {
    ($($(#[$doc:meta])* $name:ident($item:ty)),+ $(,)?) => {$(
        $(#[$doc])*
        pub(super) fn $name(db: &mut Db, asked: &[$item]) -> Result<Vec<bool>, StoreError> {
            match (db, asked) {
                (_, []) => Ok(Vec::new()),
                (Db::Sqlite(db), asked) => Ok(sqlite::$name(db, asked)?),
                (Db::Postgres(db), asked) => Ok(postgres::$name(db, asked)?),
            }
        }
    )+};
}

judged! {
    /// Uses up the codes whose guard holds. No id may be asked for twice.
    redeem(Redemption),
    /// Retires or renews the refresh tokens whose guard holds. No id may be asked for twice.
    refresh(Refresh),
    /// Judges whether codes may be issued, and completes the requests they answer. No request may
    /// be asked for twice.
    issue(Issue),
    /// Judges whether clients may have tokens for themselves.
    client_token(i64),
    /// Judges whether users may be signed in.
    sign_in(SignIn),
}
