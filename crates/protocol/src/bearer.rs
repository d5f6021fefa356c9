//! Access tokens at our own endpoints (RFC 6750): where they are read, and whether they are good.

use zeroize::Zeroizing;

use crate::Timestamp;
use crate::client::{Client, Status};
use crate::grant::{AccessTokenRecord, Grant};
use crate::mint::{self, Delegation, MintFacts};
use crate::opaque::{AccessToken, Digest, Opaque};
use crate::organization::Organization;
use crate::params::Params;
use crate::refusal::Reason;
use crate::session::Session;
use crate::user::User;

const PARAMETER: &str = "access_token";
/// A JWT with a long scope is far shorter.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Reads the token of a request: from the header, or from the form of a POST (RFC 6750 §2.1, §2.2).
/// In the query it is refused, whatever else was sent: it has been logged by then (§2.3, AS-91).
pub fn token(
    authorization: Option<&str>,
    form: Option<&Params>,
    query: &Params,
) -> Result<Zeroizing<String>, Reason> {
    if query.one(PARAMETER).is_some() {
        return Err(Reason::BearerInQuery);
    }
    let in_form = form.and_then(|form| form.one(PARAMETER));
    if form.is_some_and(|form| form.is_repeated(PARAMETER)) {
        return Err(Reason::RepeatedParameter { parameter: PARAMETER });
    }
    let found = match (authorization, in_form) {
        (None, None) => return Err(Reason::BearerMissing),
        (Some(_), Some(_)) => return Err(Reason::BearerInSeveralPlaces),
        (Some(header), None) => from_header(header)?,
        (None, Some(token)) => token,
    };
    if found.len() > MAX_TOKEN_BYTES || !is_b64token(found) {
        return Err(Reason::BearerMalformed);
    }
    Ok(Zeroizing::new(found.to_owned()))
}

/// Another scheme is as good as no token; the scheme's case does not matter (AS-95).
fn from_header(header: &str) -> Result<&str, Reason> {
    let (scheme, token) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Reason::BearerMissing);
    }
    Ok(token.trim())
}

/// RFC 6750 §2.1 `b64token`.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b);
    !body.is_empty() && body.bytes().all(allowed)
}

/// What the store finds a token by: of an opaque one its secret, of a JWT its whole text.
pub fn digest(token: &str) -> Digest<AccessToken> {
    match Opaque::<AccessToken>::parse(token) {
        Some(opaque) => opaque.digest(),
        None => Digest::of(token.as_bytes()),
    }
}

/// What the store knows about a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenFacts<'a> {
    /// Its row.
    pub record: &'a AccessTokenRecord,
    /// To whom it was issued.
    pub client: &'a Client,
    /// What it came from; `None` for a client's own token.
    pub family: Option<Family<'a>>,
    /// The organization of the token.
    pub organization: Organization<'a>,
}

/// What a user's token came from.
#[derive(Clone, Copy, Debug)]
pub struct Family<'a> {
    /// The grant.
    pub grant: &'a Grant,
    /// Its user, if the account still exists.
    pub user: Option<&'a User>,
    /// Its session, if that still exists.
    pub session: Option<&'a Session>,
}

/// Whether the token is good: its own row, and everything behind it as if it were minted now.
pub fn check(facts: &TokenFacts<'_>, now: Timestamp) -> Result<(), Reason> {
    let record = facts.record;
    if let Some(revoked_at) = record.revoked_at {
        return Err(Reason::AccessTokenRevoked { revoked_at });
    }
    if record.expires_at <= now {
        return Err(Reason::AccessTokenExpired {
            expired_at: record.expires_at,
            late_by_seconds: now.since(record.expires_at).as_secs(),
        });
    }
    let orphaned = |because| Reason::AccessTokenOrphaned { because: Box::new(because) };
    if facts.client.key != record.client {
        let client_id = facts.client.client_id.clone();
        return Err(orphaned(Reason::GrantClientInactive { client_id }));
    }
    if facts.organization.status != Status::Active {
        return Err(orphaned(Reason::GrantOrganizationDisabled));
    }
    let delegation = match (record.grant, facts.family) {
        (None, _) => None,
        (Some(id), Some(family)) if family.grant.id == id => Some(delegation(facts, &family)),
        // The family was purged before the token: it cannot be told whether it was revoked.
        (Some(_), _) => return Err(orphaned(Reason::RefreshTokenUnknown)),
    };
    mint::check(&MintFacts { client: facts.client, delegation, now }).map_err(orphaned)
}

fn delegation<'a>(facts: &TokenFacts<'a>, family: &Family<'a>) -> Delegation<'a> {
    Delegation {
        org: family.grant.org,
        organization: facts.organization,
        user: family.user,
        granted_at: family.grant.created_at,
        revoked_at: family.grant.revoked_at,
        session: family.session,
        offline: family.grant.is_offline(),
    }
}

#[cfg(test)]
mod tests;
