//! What is stored while a user signs in, and what is remembered afterwards.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::request::AuthorizationRequest;
use crate::Timestamp;
use crate::case_code::CaseCode;
use crate::ids::{ClientKey, OrgId, PendingId, SessionId, UserId};
use crate::scope::Scope;

/// A valid request that waits for its user, bound to one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingAuthorization {
    /// The row; it stands in the pages' URLs and is worth nothing without the browser's cookie.
    pub id: PendingId,
    /// The client's organization.
    pub org: OrgId,
    /// SHA-256 of the browser cookie's value.
    pub browser: [u8; 32],
    /// The request as it was read.
    pub request: AuthorizationRequest,
    /// What the user has done for it so far.
    pub progress: Progress,
    /// The attempt it belongs to.
    pub case_code: CaseCode,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// When it was answered: approved or refused.
    pub completed_at: Option<Timestamp>,
}

/// What the user has done for one pending authorization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The session that a sign-in made *for this request* led to; it satisfies `prompt=login`.
    pub signed_in: Option<SessionId>,
    /// The account that was chosen for it; it satisfies `prompt=select_account`.
    pub chosen: Option<UserId>,
}

/// What a user has agreed to share with a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// Who agreed.
    pub user: UserId,
    /// With whom.
    pub client: ClientKey,
    /// To which scope, all approvals together.
    pub scope: Scope,
    /// To which individually requested claims.
    pub claims: BTreeSet<String>,
    /// When it was last widened.
    pub granted_at: Timestamp,
}
