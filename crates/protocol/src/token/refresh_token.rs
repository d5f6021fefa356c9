//! Using a refresh token (RFC 6749 §6, OIDC Core §12, RFC 9700 §4.14).
//!
//! A grant's tokens are generations 1, 2, 3 …; each has at most one successor (invariant I3). A
//! token that has one and comes again was copied, except within a short window: a lost answer, or
//! two tabs, present the same token twice and get the *same* successor.

use std::time::Duration;

use super::{Issuance, RefreshRequest, access_token_lifetime, refresh_token_until};
use crate::Timestamp;
use crate::client::{Client, GrantType};
use crate::grant::{Grant, RefreshGeneration, Retired};
use crate::ids::{GrantId, RefreshTokenId};
use crate::mint::{self, Delegation, MintFacts};
use crate::organization::Organization;
use crate::refusal::Reason;
use crate::scope::Scope;
use crate::session::Session;
use crate::user::User;

/// What the store knows about the row that the token names.
#[derive(Clone, Copy, Debug)]
pub struct RefreshFacts<'a> {
    /// The row.
    pub token: &'a RefreshGeneration,
    /// Its successor, if it has one.
    pub successor: Option<&'a RefreshGeneration>,
    /// The family.
    pub grant: &'a Grant,
    /// Its user, if the account still exists.
    pub user: Option<&'a User>,
    /// Its session, if that still exists.
    pub session: Option<&'a Session>,
    /// The organization of the user.
    pub organization: Organization<'a>,
}

/// What becomes of the refresh token.
#[derive(Clone, Debug, PartialEq)]
pub enum Refresh {
    /// It gets its successor, the next generation, and tokens are issued.
    Rotate(Issuance),
    /// It stays, its end moves to [`Issuance::refresh_token_until`], and tokens are issued.
    Keep(Issuance),
    /// It got its successor a moment ago: tokens are issued and the same successor is answered.
    Repeat {
        /// Which.
        successor: RefreshTokenId,
        /// What goes with it.
        issuance: Issuance,
    },
    /// It was copied: the family is revoked.
    Reused {
        /// The family.
        grant: GrantId,
        /// What is answered.
        reason: Reason,
    },
    /// Nothing changes.
    Refuse(Reason),
}

/// Decides, in the order of the specification. `facts` are those of the row that the token names.
pub fn decide(
    facts: Option<&RefreshFacts<'_>>,
    request: &RefreshRequest,
    client: &Client,
    now: Timestamp,
) -> Refresh {
    let (Some(facts), Some(presented)) = (facts, &request.refresh_token) else {
        return Refresh::Refuse(Reason::RefreshTokenUnknown);
    };
    let (token, grant) = (facts.token, facts.grant);
    let is_the_row = token.id.0 == presented.id() && token.digest == presented.digest();
    if !is_the_row || token.grant != grant.id {
        return Refresh::Refuse(Reason::RefreshTokenUnknown);
    }
    if grant.client != client.key {
        let client_id = client.client_id.clone();
        return Refresh::Refuse(Reason::RefreshTokenOfAnotherClient { client_id });
    }
    let repeat = match token.retired.map(|retired| repeatable(facts, retired, client, now)) {
        None => None,
        Some(Ok(successor)) => Some(successor),
        Some(Err(reason)) => return Refresh::Reused { grant: grant.id, reason },
    };
    let issuance = match check(facts, request.scope.as_ref(), client, now) {
        Ok(issuance) => issuance,
        Err(reason) => return Refresh::Refuse(reason),
    };
    match repeat {
        Some(successor) => Refresh::Repeat { successor, issuance },
        None if client.settings.rotates_refresh_tokens() => Refresh::Rotate(issuance),
        None => Refresh::Keep(issuance),
    }
}

/// Whether a retired token may still be answered with its successor: within the grace, and only as
/// long as nobody has used the successor.
fn repeatable(
    facts: &RefreshFacts<'_>,
    retired: Retired,
    client: &Client,
    now: Timestamp,
) -> Result<RefreshTokenId, Reason> {
    let grace = Duration::from_secs(client.settings.refresh.grace_seconds);
    let in_time = now < retired.at.plus(grace);
    let untouched = facts
        .successor
        .is_some_and(|successor| successor.id == retired.successor && successor.retired.is_none());
    if in_time && untouched {
        return Ok(retired.successor);
    }
    let generation = facts.token.generation;
    Err(Reason::RefreshTokenReused { generation, retired_at: retired.at, now })
}

fn check(
    facts: &RefreshFacts<'_>,
    asked: Option<&Scope>,
    client: &Client,
    now: Timestamp,
) -> Result<Issuance, Reason> {
    client.settings.check_grant_type(GrantType::RefreshToken)?;
    let (token, grant) = (facts.token, facts.grant);
    let delegation = Delegation {
        org: grant.org,
        organization: facts.organization,
        user: facts.user,
        granted_at: grant.created_at,
        revoked_at: grant.revoked_at,
        session: facts.session,
        offline: grant.is_offline(),
    };
    mint::check(&MintFacts { client, delegation: Some(delegation), now })?;
    let limit_seconds = client.settings.refresh.absolute_seconds;
    if grant.created_at.plus(Duration::from_secs(limit_seconds)) <= now {
        return Err(Reason::GrantTooOld { created_at: grant.created_at, limit_seconds });
    }
    if token.expires_at <= now {
        return Err(Reason::RefreshTokenExpired { expired_at: token.expires_at });
    }
    let granted = &grant.terms.scope;
    let scope = narrowed(asked, granted, &client.settings.scope)?;
    Ok(Issuance {
        id_token: scope.contains("openid"),
        // RFC 6749 §6: a `scope` that was sent and is granted in full goes without saying.
        echo_scope: asked.unwrap_or(granted) != &scope,
        scope,
        refresh_token_until: Some(refresh_token_until(client, &grant.terms, grant.created_at, now)),
        access_token_lifetime: access_token_lifetime(client, Some(&grant.terms)),
    })
}

/// What was granted, or the part of it that is asked for (RFC 6749 §6), without what the client has
/// lost since. The grant itself stays as wide as it was.
fn narrowed(asked: Option<&Scope>, granted: &Scope, registered: &Scope) -> Result<Scope, Reason> {
    let asked = asked.unwrap_or(granted);
    if !asked.is_within(granted) {
        return Err(Reason::ScopeWidened { received: asked.clone(), granted: granted.clone() });
    }
    let scope = asked.intersection(registered);
    if scope.is_empty() && !asked.is_empty() {
        let (received, registered) = (asked.to_string(), registered.clone());
        return Err(Reason::ScopeNotAllowed { received, registered });
    }
    Ok(scope)
}

#[cfg(test)]
mod tests;
