//! The configuration as it is in force, for people: each key with its value and its origin.

use serde::Serialize;

use super::catalogue;
use super::sources::{Merged, Sources, shown};

/// A key in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// `section.key`.
    pub key: String,
    /// Its value as TOML writes it; secrets are masked.
    pub value: String,
    /// A file and line, a variable, or "default".
    pub origin: String,
}

/// All keys that have a value.
pub fn shown_keys(sources: &Sources) -> Vec<Shown> {
    let (merged, _) = Merged::read(sources);
    catalogue::keys()
        .iter()
        .filter_map(|key| {
            let value = match (merged.value(&key.path), &key.default) {
                (Some(value), _) => shown(&key.path, value),
                (None, Some(default)) => default.to_string(),
                (None, None) => return None,
            };
            Some(Shown { key: key.path.clone(), value, origin: merged.origin(&key.path) })
        })
        .collect()
}
