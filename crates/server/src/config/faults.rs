//! What is wrong with a configuration: every fault at once, each with where it stands.

use std::fmt;

use serde::Serialize;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The key, as `section.key`.
    pub key: String,
    /// Where its value stands: a file and line, or a variable.
    pub origin: String,
    /// What stands there; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
    /// What is wrong, what is expected, and how to mend it.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(came) = &self.came {
            write!(f, " = {came}")?;
        }
        write!(f, " ({}): {}", self.origin, self.problem)
    }
}

/// All faults of a configuration; there is at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} fault{}:", if count == 1 { "" } else { "s" })?;
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}
