//! A browser's signed-in session, and how its user proved who they are.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{OrgId, SessionId, UserId};

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The row.
    pub id: SessionId,
    /// The user's organization.
    pub org: OrgId,
    /// Who is signed in.
    pub user: UserId,
    /// What clients know the session by (Back-Channel Logout §2.1).
    pub sid: String,
    /// How and when the user proved who they are.
    pub authentication: Authentication,
    /// When the session began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends whatever its use.
    pub expires_at: Timestamp,
    /// When it was ended: logout, revocation, replacement.
    pub ended_at: Option<Timestamp>,
}

/// How long sessions last; the moment a session ends whatever its use is written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Without use.
    pub idle: Duration,
}

/// What an ID token tells of the sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// `auth_time`.
    pub at: Timestamp,
    /// `acr`.
    pub acr: Acr,
    /// `amr` (RFC 8176).
    pub amr: BTreeSet<String>,
}

/// Authentication context classes, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Acr {
    /// One factor.
    #[serde(rename = "urn:vestibule:acr:single-factor")]
    SingleFactor,
    /// Two factors, or a passkey with user verification.
    #[serde(rename = "urn:vestibule:acr:multi-factor")]
    MultiFactor,
}

impl Acr {
    /// All classes, weakest first.
    pub const ALL: [Self; 2] = [Self::SingleFactor, Self::MultiFactor];

    /// The classes that the sign-in can lead to: there is no second factor yet.
    pub const REACHABLE: [Self; 1] = [Self::SingleFactor];

    /// The value on the wire.
    pub fn value(self) -> &'static str {
        match self {
            Self::SingleFactor => "urn:vestibule:acr:single-factor",
            Self::MultiFactor => "urn:vestibule:acr:multi-factor",
        }
    }

    /// The class of this name.
    pub fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acr| acr.value() == value)
    }
}
