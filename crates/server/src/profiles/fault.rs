//! Why a profile cannot be used.

use crate::services::FieldFault;
use crate::services::texts::cut;

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileFault {
    /// No profile of that name.
    #[error("there is no profile {name:?}{meant}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Which one may be meant, in words.
        meant: String,
    },
    /// This version cannot serve the vendor yet.
    #[error("profile {profile} is planned, not yet offered: {note}")]
    Planned {
        /// Which profile.
        profile: String,
        /// What is missing.
        note: String,
    },
    /// A variable was not given.
    #[error("profile {profile} needs a value for {name}: {help}; such as {example}")]
    Missing {
        /// Of which profile.
        profile: String,
        /// Which variable.
        name: String,
        /// What it is.
        help: String,
        /// A value as it may look.
        example: String,
    },
    /// A variable that the profile does not have.
    #[error("profile {profile} has no variable {name:?}; {known}")]
    NoVariable {
        /// Which profile.
        profile: String,
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
    /// A value that does not fit.
    #[error("{name}: {value:?} came, expected {expected}, such as {example}")]
    Value {
        /// Which variable.
        name: String,
        /// What was given.
        value: String,
        /// What fits, in words.
        expected: String,
        /// A value as it may look.
        example: String,
    },
    /// A profile file that cannot be read.
    #[error("profile {file}: {problem}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong.
        problem: String,
    },
}

impl ProfileFault {
    /// The fault as one of a field, in the words of a document: `variables.company`.
    pub fn in_field(&self) -> FieldFault {
        match self {
            Self::Unknown { meant, .. } => {
                FieldFault::new("profile", format!("there is no such profile{meant}"))
            }
            Self::Planned { note, .. } => {
                FieldFault::new("profile", format!("it is planned, not yet offered: {note}"))
            }
            Self::Missing { name, help, example, .. } => {
                FieldFault::new(format!("variables.{name}"), format!("{help}; such as {example:?}"))
            }
            Self::NoVariable { name, known, .. } => FieldFault::new(
                format!("variables.{}", cut(name)),
                format!("the profile has no such variable; {known}"),
            ),
            Self::Value { name, expected, example, .. } => FieldFault::new(
                format!("variables.{name}"),
                format!("expected {expected}, such as {example:?}"),
            ),
            Self::File { .. } => FieldFault::new("profile", self.to_string()),
        }
    }
}
