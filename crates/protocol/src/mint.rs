//! The one function that every path to a token goes through (invariant I13).
//!
//! What was true when the user agreed need not be true now. Published failures of this kind (a
//! disabled user who still refreshed, a withdrawn client that still exchanged) were all one grant
//! that lacked a check the others had; here a grant cannot lack one.

use crate::Timestamp;
use crate::client::{Client, NotAdmitted, Status};
use crate::ids::OrgId;
use crate::organization::Organization;
use crate::refusal::Reason;
use crate::session::Session;
use crate::user::User;

/// What a token is to be made from.
#[derive(Clone, Copy, Debug)]
pub struct MintFacts<'a> {
    /// To whom it goes.
    pub client: &'a Client,
    /// In whose name; `None` for the client's own (RFC 6749 §4.4).
    pub delegation: Option<Delegation<'a>>,
    /// The moment of the decision.
    pub now: Timestamp,
}

/// What a user has delegated, and what still stands behind it.
#[derive(Clone, Copy, Debug)]
pub struct Delegation<'a> {
    /// The organization of the user who agreed.
    pub org: OrgId,
    /// Whether that organization takes part.
    pub organization: Organization<'a>,
    /// Its user, if the account still exists.
    pub user: Option<&'a User>,
    /// When the user agreed.
    pub granted_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The session it was made in, if that still exists.
    pub session: Option<&'a Session>,
    /// Whether it outlives that session (OIDC Core §11).
    pub offline: bool,
}

/// Checks that everything a token rests on still stands.
pub fn check(facts: &MintFacts<'_>) -> Result<(), Reason> {
    let client = facts.client;
    if client.status != Status::Active {
        return Err(Reason::GrantClientInactive { client_id: client.client_id.clone() });
    }
    let Some(delegation) = facts.delegation else { return Ok(()) };
    if let Some(revoked_at) = delegation.revoked_at {
        return Err(Reason::GrantRevoked { revoked_at });
    }
    let user = delegation.user.ok_or(Reason::GrantUserGone)?;
    if user.status != Status::Active {
        return Err(Reason::GrantUserDisabled);
    }
    if delegation.organization.status != Status::Active {
        return Err(Reason::GrantOrganizationDisabled);
    }
    let own = client.org == delegation.org || client.settings.is_limited_to_organizations();
    if !own || user.org != delegation.org {
        return Err(Reason::GrantAcrossOrganizations);
    }
    client.settings.admission(user, delegation.organization).map_err(|why| match why {
        NotAdmitted::Groups { allowed, member_of } => {
            Reason::GrantUserNotInGroups { allowed, member_of }
        }
        NotAdmitted::Organizations { allowed, organization } => {
            Reason::GrantUserNotInOrganizations { allowed, organization }
        }
        NotAdmitted::TestUser => Reason::GrantOfTestUser { client_id: client.client_id.clone() },
    })?;
    if delegation.granted_at < user.not_before {
        let (granted_at, not_before) = (delegation.granted_at, user.not_before);
        return Err(Reason::GrantBeforeNotBefore { granted_at, not_before });
    }
    if delegation.offline { Ok(()) } else { check_session(delegation.session, facts.now) }
}

/// A grant that is bound to its session ends with it. Idle time does not count: it measures the
/// browser, which the client's own use does not touch.
fn check_session(session: Option<&Session>, now: Timestamp) -> Result<(), Reason> {
    match session {
        None => Err(Reason::GrantSessionOver { ended_at: None }),
        Some(Session { ended_at: Some(ended_at), .. }) => {
            Err(Reason::GrantSessionOver { ended_at: Some(*ended_at) })
        }
        Some(session) if session.expires_at <= now => {
            Err(Reason::GrantSessionOver { ended_at: Some(session.expires_at) })
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
