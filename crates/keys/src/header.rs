//! What JWS and JWE headers are read with.

use serde::de::{Deserialize, Deserializer, IgnoredAny};

/// Whether a member is there, whatever its value: with `Option` a `null` would pass as absent.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
