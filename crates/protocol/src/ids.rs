//! Identifiers: one type each, so that none is taken for another.
//!
//! Row identifiers are 63-bit and ordered by time. As primary keys they keep inserts at the end of
//! the table; random keys were measured to cost three to four times as much on a filled store.

use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

use crate::Timestamp;

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
    )+};
}

row_ids! {
    /// An organization; [`OrgId::ROOT`] exists from the first migration on.
    OrgId,
    /// A user's row; what the outside sees is the [`Subject`].
    UserId,
    /// A client's row; what the outside sees is the [`ClientId`].
    ClientKey,
    /// One of a client's secrets.
    ClientSecretId,
    /// A credential of a user.
    CredentialId,
    /// A group of users.
    GroupId,
    /// A browser's signed-in session.
    SessionId,
    /// An authorization request that waits for its user.
    PendingId,
    /// An approved authorization, and the code that stands for it.
    AuthorizationId,
    /// What a redeemed authorization grew into: the family of its tokens.
    GrantId,
    /// An issued access token.
    AccessTokenId,
    /// One generation of a refresh token.
    RefreshTokenId,
    /// A line of the event log.
    EventId,
    /// A message that waits for delivery.
    OutboxId,
    /// A one-time link.
    LinkId,
    /// A trial of a client by an administrator.
    TrialId,
    /// A role that somebody holds.
    AdminRoleId,
    /// A token of the administration API.
    ApiTokenId,
    /// An address that events are told to.
    WebhookId,
}

impl OrgId {
    /// The organization that every installation starts with.
    pub const ROOT: Self = Self(1);
}

/// `client_id` (RFC 6749 §2.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub String);

/// `sub`: locally unique, never reassigned, at most 255 ASCII characters (OIDC Core §2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(pub String);

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Draws time-ordered row identifiers: 41 bits of milliseconds, 22 that keep ids of the same
/// millisecond apart.
///
/// Ids of one generator strictly grow, also when the clock steps back. Generators that run at the
/// same time on one database begin at different places of the 22 bits: by node number, or at random
/// where processes come and go.
#[derive(Debug)]
pub struct OrderedIds {
    start: i64,
    last: AtomicI64,
}

/// 2024-01-01T00:00:00Z; 41 bits of milliseconds last until 2093.
const ID_EPOCH_MILLIS: i64 = 1_704_067_200_000;
const SUFFIX_BITS: u32 = 22;
const SUFFIX_MASK: i64 = (1 << SUFFIX_BITS) - 1;
/// The last millisecond that an id can tell.
const LAST_MILLI: i64 = i64::MAX >> SUFFIX_BITS;
/// How many ids a millisecond has for one generator before it borrows from the next.
const SEQUENCE_BITS: u32 = 12;

impl OrderedIds {
    /// The generator of a node; only the low ten bits of its number count.
    pub fn new(node: u16) -> Self {
        Self::starting_at(u32::from(node) << SEQUENCE_BITS)
    }

    /// A generator that begins at a random place.
    pub fn starting_at(place: u32) -> Self {
        Self { start: i64::from(place) & SUFFIX_MASK, last: AtomicI64::new(0) }
    }

    /// The smallest id that any generator draws at `moment` or later; beyond all that ids can tell,
    /// it is as good as their end.
    pub fn first_at(moment: Timestamp) -> i64 {
        moment.as_millis().saturating_sub(ID_EPOCH_MILLIS).clamp(0, LAST_MILLI) << SUFFIX_BITS
    }

    /// When an id was drawn, to the millisecond; a generator under load may run ahead a little.
    pub fn moment_of(id: i64) -> Timestamp {
        Timestamp::from_millis((id.max(0) >> SUFFIX_BITS) + ID_EPOCH_MILLIS)
    }

    /// The next id at `now`.
    pub fn next(&self, now: Timestamp) -> i64 {
        let tick = (now.as_millis() - ID_EPOCH_MILLIS).max(0) << SEQUENCE_BITS;
        // `last` holds milliseconds and sequence; when a millisecond's sequence runs over it
        // borrows from the next, which keeps ids unique and growing.
        let drawn = self
            .last
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(tick.max(last + 1)))
            .map_or(tick, |last| tick.max(last + 1));
        let (millis, sequence) = (drawn >> SEQUENCE_BITS, drawn & ((1 << SEQUENCE_BITS) - 1));
        // A generator's place is kept clear of the end, so that its ids of one millisecond grow.
        let place = self.start.min(SUFFIX_MASK - (1 << SEQUENCE_BITS));
        (millis << SUFFIX_BITS) | (place + sequence)
    }
}

#[cfg(test)]
mod tests;
