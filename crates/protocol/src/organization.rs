//! An organization, as far as decisions look at it.

use crate::client::Status;

/// The organization that a user belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Organization<'a> {
    /// Its short name, which never changes.
    pub slug: &'a str,
    /// Whether it takes part.
    pub status: Status,
}
