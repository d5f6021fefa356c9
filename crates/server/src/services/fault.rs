//! Why an act was not done.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use vestibule_keys::PoolError;
use vestibule_keys::lifecycle::RotateError;
use vestibule_keys::sealing::SealError;
use vestibule_protocol::admin::{GrantFault, Permission};
use vestibule_store::StoreError;
use vestibule_store::backup::BackupError;

use crate::profiles::ProfileFault;
use crate::signing_keys::KeysFault;

/// One value that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldFault {
    /// Which value, in the words of the settings: `redirect_uris`.
    pub field: String,
    /// What came, what is expected, how to mend it.
    pub problem: String,
}

impl FieldFault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// Why an act was not done. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ServiceFault {
    /// Values that cannot be accepted; all of them.
    #[error("{}", List(.0))]
    Invalid(Vec<FieldFault>),
    /// What was named does not exist.
    #[error("there is no {what} {name:?}; {hint}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        name: String,
        /// How to find the right one.
        hint: &'static str,
    },
    /// It stands in the way of something that exists.
    #[error("{0}")]
    Conflict(String),
    /// Whoever asked may not do it.
    #[error(
        "this needs the permission {permission}, which you do not have here; an owner can grant a role that has it"
    )]
    Forbidden {
        /// What is missing.
        permission: Permission,
    },
    /// A role that is not granted or taken away.
    #[error(transparent)]
    Grant(#[from] GrantFault),
    /// The vendor profile.
    #[error(transparent)]
    Profile(#[from] ProfileFault),
    /// A change of signing keys.
    #[error(transparent)]
    Rotate(#[from] RotateError),
    /// The signing keys.
    #[error(transparent)]
    Keys(KeysFault),
    /// Sealing or opening a secret.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Hashing a password.
    #[error(transparent)]
    Password(#[from] PoolError),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<FieldFault> for ServiceFault {
    fn from(fault: FieldFault) -> Self {
        Self::Invalid(vec![fault])
    }
}

/// The kinds of fault, for those who answer by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// What was asked cannot be.
    Invalid,
    /// What was named does not exist.
    NotFound,
    /// It stands in the way of something that exists.
    Conflict,
    /// Whoever asked may not do it.
    Forbidden,
    /// Try again in a moment.
    Unavailable,
    /// Our own fault.
    Internal,
}

impl FaultKind {
    /// A stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status (RFC 9457).
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Forbidden => 403,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

impl ServiceFault {
    /// One value that cannot be accepted.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault::new(field, problem)])
    }

    /// What kind of fault it is.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Invalid(_) | Self::Profile(_) => FaultKind::Invalid,
            Self::NotFound { .. } | Self::Rotate(RotateError::UnknownKey(_)) => FaultKind::NotFound,
            Self::Conflict(_) | Self::Rotate(_) => FaultKind::Conflict,
            Self::Forbidden { .. } | Self::Grant(GrantFault::BeyondOwnRights) => {
                FaultKind::Forbidden
            }
            Self::Grant(GrantFault::LastOwner) => FaultKind::Conflict,
            Self::Store(error) | Self::Keys(KeysFault::Store(error)) => store_kind(error),
            Self::Password(PoolError::Full { .. } | PoolError::Stopped) => FaultKind::Unavailable,
            Self::Password(_) => FaultKind::Invalid,
            Self::Keys(_) | Self::Sealed(_) | Self::Backup(_) => FaultKind::Internal,
        }
    }
}

fn store_kind(error: &StoreError) -> FaultKind {
    match error {
        StoreError::Conflict { .. } | StoreError::Stale { .. } => FaultKind::Conflict,
        StoreError::NotFound { .. } => FaultKind::NotFound,
        StoreError::Unacceptable { .. } => FaultKind::Invalid,
        error if error.is_temporary() => FaultKind::Unavailable,
        _ => FaultKind::Internal,
    }
}

impl From<StoreError> for ServiceFault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeysFault> for ServiceFault {
    fn from(fault: KeysFault) -> Self {
        Self::Keys(fault)
    }
}

struct List<'a>(&'a [FieldFault]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}: {}", fault.field, fault.problem)?;
        }
        Ok(())
    }
}
