//! Why a profile cannot be used.

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileFault {
    /// No profile of that name.
    #[error("there is no profile {name:?}{meant}; see: vestibule profile list")]
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
    #[error("profile {profile} needs {name}: {help}; add --set {name}={example}")]
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
    #[error("--set {name}={value:?}: expected {expected}, such as {example}")]
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
