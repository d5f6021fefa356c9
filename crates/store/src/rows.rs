//! Between columns and values: what every room needs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;
use vestibule_protocol::scope::Scope;

use crate::StoreError;

/// Names a row for the error that its reading may end in.
#[derive(Clone, Copy)]
pub(crate) struct RowName<'a> {
    pub(crate) table: &'static str,
    pub(crate) id: &'a dyn std::fmt::Display,
}

impl RowName<'_> {
    pub(crate) fn corrupt(&self, column: &str, detail: impl std::fmt::Display) -> StoreError {
        StoreError::corrupt(self.table, self.id, format_args!("column {column}: {detail}"))
    }

    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        column: &str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn digest(&self, column: &str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
        bytes
            .try_into()
            .map_err(|_| self.corrupt(column, format!("{} bytes instead of 32", bytes.len())))
    }

    pub(crate) fn scope(&self, text: &str) -> Result<Scope, StoreError> {
        if text.is_empty() {
            return Ok(Scope::default());
        }
        Scope::parse(text).map_err(|error| self.corrupt("scope", error))
    }

    pub(crate) fn status(&self, code: i16) -> Result<Status, StoreError> {
        match code {
            ACTIVE => Ok(Status::Active),
            DISABLED => Ok(Status::Disabled),
            other => Err(self.corrupt("status", format!("{other} is neither 0 nor 1"))),
        }
    }
}

pub(crate) const ACTIVE: i16 = 0;
pub(crate) const DISABLED: i16 = 1;

pub(crate) fn status_code(status: Status) -> i16 {
    match status {
        Status::Active => ACTIVE,
        Status::Disabled => DISABLED,
    }
}

pub(crate) fn json<T: Serialize + ?Sized>(
    what: &'static str,
    value: &T,
) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Unacceptable { what, detail: error.to_string() })
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn maybe_moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

pub(crate) fn maybe_millis(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::as_millis)
}
