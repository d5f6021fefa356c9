//! What can go wrong in the store, each kind with what the caller has to do about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A store operation that did not happen, or of which it is not known whether it happened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is full, or the connection broke before the commit was
    /// acknowledged. Nothing may be issued: answer 503 (invariant I6).
    #[error("the database is unavailable: {0}; nothing was issued, try again")]
    Unavailable(String),
    /// The database took longer than it may, or than the caller waits: answer 503. It is not tried
    /// again for the caller, whom that would keep waiting.
    #[error("the database did not answer in time: {0}; try again in a moment")]
    Delayed(String),
    /// Somebody else holds a row for longer than a hot write waits for it: answer 503.
    #[error("somebody else holds what is to be written: {0}")]
    Held(String),
    /// More writes are waiting than the queue holds: answer 503 with `Retry-After`.
    #[error("more than {queue_length} writes are waiting for the database; try again in a moment")]
    Overloaded {
        /// The queue's bound.
        queue_length: usize,
    },
    /// The store was closed; the process is ending.
    #[error("the store is closed because the server is stopping")]
    Closed,
    /// Something with this name exists already.
    #[error("{what} `{value}` is taken already; choose another")]
    Conflict {
        /// What was to be unique.
        what: &'static str,
        /// The value that exists.
        value: String,
    },
    /// The row was changed by somebody else since it was read.
    #[error("{what} was changed by somebody else since it was read; read it again and repeat")]
    Stale {
        /// What was to be changed.
        what: &'static str,
    },
    /// The row does not exist, or belongs to another organization, which looks the same.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// A row that this program cannot have written, or not in this version.
    #[error("row {id} of table {table} cannot be read: {detail}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A value that is too large or malformed for its column.
    #[error("{what} cannot be stored: {detail}")]
    Unacceptable {
        /// What was to be stored.
        what: &'static str,
        /// Why not.
        detail: String,
    },
    /// The database is set up so that acknowledged changes could be lost.
    #[error("{0}")]
    Unsafe(String),
    /// The database URL names no database that we know.
    #[error("database url: {0}; expected sqlite:PATH or postgres://user@host/name")]
    Url(String),
    /// The schema is not the one this program works with.
    #[error("{0}")]
    Schema(String),
    /// The database refused a statement for a reason that no caller causes.
    #[error("the database refused a statement: {0}")]
    Database(String),
}

impl StoreError {
    /// Whether the same call may succeed in a moment.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Delayed(_)
                | Self::Held(_)
                | Self::Overloaded { .. }
                | Self::Closed
        )
    }

    /// This, as what leaves open whether anything was done.
    pub(crate) fn into_unavailable(self) -> Self {
        match self {
            Self::Unavailable(_) => self,
            other => Self::Unavailable(other.to_string()),
        }
    }

    pub(crate) fn corrupt(
        table: &'static str,
        id: impl ToString,
        detail: impl std::fmt::Display,
    ) -> Self {
        Self::Corrupt { table, id: id.to_string(), detail: detail.to_string() }
    }
}

/// Told by their message only; they mean that nothing can be written at the moment.
const UNAVAILABLE_MESSAGES: [&str; 11] = [
    "database or disk is full",
    "disk I/O error",
    "database is locked",
    "unable to open database file",
    "attempt to write a readonly database",
    "terminating connection",
    "the database system is",
    "No space left on device",
    "cannot execute",
    "deadlock detected",
    "server closed the connection",
];
/// PostgreSQL gave up waiting for a row.
pub(crate) const HELD_MESSAGE: &str = "canceling statement due to lock timeout";
/// PostgreSQL gave up a statement: it took too long, or an operator had enough of it.
const DELAYED_MESSAGE: &str = "canceling statement due to";

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound { what: "row" },
            DieselError::DatabaseError(kind, information) => {
                let message = one_line(information.message());
                let says = |known: &[&str]| known.iter().any(|known| message.contains(known));
                let lost = matches!(
                    kind,
                    DatabaseErrorKind::ClosedConnection
                        | DatabaseErrorKind::UnableToSendCommand
                        | DatabaseErrorKind::SerializationFailure
                        | DatabaseErrorKind::ReadOnlyTransaction
                );
                if lost || says(&UNAVAILABLE_MESSAGES) {
                    Self::Unavailable(message)
                } else if says(&[HELD_MESSAGE]) {
                    Self::Held(message)
                } else if says(&[DELAYED_MESSAGE]) {
                    Self::Delayed(message)
                } else if says(&[OTHER_SESSION]) {
                    Self::Unsafe(format!("{POOLED} ({message})"))
                } else {
                    Self::Database(message)
                }
            }
            DieselError::BrokenTransactionManager
            | DieselError::RollbackErrorOnCommit { .. }
            | DieselError::AlreadyInTransaction
            | DieselError::NotInTransaction => Self::Unavailable(error.to_string()),
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(format!("cannot connect: {}", one_line(&error.to_string())))
    }
}

/// The name of a prepared statement of ours that the server knows from somebody else, or no longer.
const OTHER_SESSION: &str = "\"__diesel_stmt_";
const POOLED: &str = "one connection reaches several sessions of PostgreSQL, as through a pooler that \
                      pools transactions or statements; let it pool sessions (pool_mode = session)";

/// libpq writes several lines, and the same one for each of its tries.
fn one_line(said: &str) -> String {
    let mut lines: Vec<&str> = said.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    lines.dedup();
    lines.join("; ")
}

/// A unique column that refused a value names that value; anything else stays what it is.
pub(crate) fn conflict(error: DieselError, what: &'static str, value: &str) -> StoreError {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            StoreError::Conflict { what, value: value.to_owned() }
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_what_cannot_be_written_is_unavailable_and_never_a_success() {
        let table = [
            (DatabaseErrorKind::Unknown, "database or disk is full", true),
            (DatabaseErrorKind::Unknown, "disk I/O error", true),
            (DatabaseErrorKind::Unknown, "database is locked", true),
            (DatabaseErrorKind::Unknown, "deadlock detected", true),
            (DatabaseErrorKind::Unknown, "the database system is shutting down", true),
            (DatabaseErrorKind::SerializationFailure, "could not serialize access", true),
            (DatabaseErrorKind::UnableToSendCommand, "", true),
            (DatabaseErrorKind::Unknown, "canceling statement due to statement timeout", true),
            (DatabaseErrorKind::Unknown, "canceling statement due to lock timeout", true),
            (DatabaseErrorKind::Unknown, "syntax error at or near \"SELEC\"", false),
            (DatabaseErrorKind::NotNullViolation, "NOT NULL constraint failed", false),
        ];
        for (kind, message, temporary) in table {
            let error = DieselError::DatabaseError(kind, Box::new(message.to_owned()));
            assert_eq!(StoreError::from(error).is_temporary(), temporary, "{message}");
        }
    }

    #[test]
    fn what_libpq_says_in_lines_is_told_in_one() {
        let said =
            "connection to server failed: FATAL:  no\nconnection to server failed: FATAL:  no\n";
        assert_eq!(one_line(said), "connection to server failed: FATAL:  no");
        assert_eq!(
            one_line("failed\n\tIs the server running?\n"),
            "failed; Is the server running?"
        );
    }

    #[test]
    fn a_commit_that_failed_says_so_once() {
        let full = || StoreError::Unavailable("database or disk is full".to_owned());
        assert_eq!(full().into_unavailable().to_string(), full().to_string());
        let other = StoreError::Database("broken".to_owned()).into_unavailable();
        assert!(other.is_temporary() && other.to_string().contains("broken"));
    }
}
