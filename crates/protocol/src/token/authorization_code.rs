//! Exchanging a code (RFC 6749 §4.1.3, OIDC Core §3.1.3.2).

use super::{CodeRequest, Issuance, access_token_lifetime, is_refreshable, refresh_token_until};
use crate::Timestamp;
use crate::client::{Client, GrantType};
use crate::grant::{Authorization, Grant};
use crate::ids::GrantId;
use crate::mint::{self, Delegation, MintFacts};
use crate::organization::Organization;
use crate::pkce;
use crate::redirect_uri;
use crate::refusal::{Reason, uri_excerpt};
use crate::session::Session;
use crate::user::User;

/// What the store knows about the row that the code names.
#[derive(Clone, Copy, Debug)]
pub struct CodeFacts<'a> {
    /// The row.
    pub authorization: &'a Authorization,
    /// What its first redemption began, if it has been redeemed.
    pub grant: Option<&'a Grant>,
    /// Its user, if the account still exists.
    pub user: Option<&'a User>,
    /// Its session, if that still exists.
    pub session: Option<&'a Session>,
    /// The organization of the user.
    pub organization: Organization<'a>,
}

/// What becomes of the code.
#[derive(Clone, Debug, PartialEq)]
pub enum Redemption {
    /// It is used up and tokens are issued, all in one change.
    Issue(Issuance),
    /// It was used before: whatever grew out of it is revoked (RFC 6749 §4.1.2, invariant I2).
    Replayed {
        /// The family to revoke.
        grant: GrantId,
        /// What is answered.
        reason: Reason,
    },
    /// Its own client got it wrong: it is used up without yielding anything, so that nobody can
    /// try verifiers (invariant I2).
    Spoil(Reason),
    /// Nothing changes. A code that a wrong client presents stays good for the right one.
    Refuse(Reason),
}

/// Decides, in the order of the specification. `facts` are those of the row that the code names.
pub fn decide(
    facts: Option<&CodeFacts<'_>>,
    request: &CodeRequest,
    client: &Client,
    now: Timestamp,
) -> Redemption {
    if let Err(reason) = client.settings.check_grant_type(GrantType::AuthorizationCode) {
        return Redemption::Refuse(reason);
    }
    let (Some(facts), Some(code)) = (facts, &request.code) else {
        return Redemption::Refuse(Reason::CodeUnknown);
    };
    let authorization = facts.authorization;
    if authorization.id.0 != code.id() || authorization.digest != code.digest() {
        return Redemption::Refuse(Reason::CodeUnknown);
    }
    if authorization.client != client.key {
        let client_id = client.client_id.clone();
        return Redemption::Refuse(Reason::CodeOfAnotherClient { client_id });
    }
    if let Some(redeemed_at) = authorization.redeemed_at {
        let reason = Reason::CodeReplayed { redeemed_at, now };
        return Redemption::Replayed { grant: GrantId(authorization.id.0), reason };
    }
    if authorization.expires_at <= now {
        return Redemption::Refuse(Reason::CodeExpired {
            expired_at: authorization.expires_at,
            late_by_seconds: now.since(authorization.expires_at).as_secs(),
        });
    }
    if let Err(reason) = check_redirect_uri(authorization, request.redirect_uri.as_deref()) {
        return Redemption::Spoil(reason);
    }
    let verifier = request.code_verifier.as_deref().map(String::as_str);
    if let Err(reason) = pkce::verify(authorization.code_challenge.as_deref(), verifier) {
        return Redemption::Spoil(reason);
    }
    match mint::check(&mint_facts(facts, client, now)) {
        Ok(()) => Redemption::Issue(issuance(authorization, client, now)),
        Err(reason) => Redemption::Refuse(reason),
    }
}

/// RFC 6749 §4.1.3: when the authorization request named a redirect URI, the token request repeats
/// it. When it did not, a redirect URI here must still be the one the code went to.
fn check_redirect_uri(authorization: &Authorization, sent: Option<&str>) -> Result<(), Reason> {
    let expected = &authorization.redirect_uri;
    match sent {
        None if authorization.redirect_uri_was_sent => {
            Err(Reason::CodeRedirectUriMissing { expected: expected.clone() })
        }
        Some(sent) if sent != expected => Err(Reason::CodeRedirectUriMismatch {
            received: uri_excerpt(sent),
            expected: expected.clone(),
            difference: redirect_uri::difference(sent, expected),
        }),
        _ => Ok(()),
    }
}

fn mint_facts<'a>(facts: &CodeFacts<'a>, client: &'a Client, now: Timestamp) -> MintFacts<'a> {
    let authorization = facts.authorization;
    let delegation = Delegation {
        org: authorization.org,
        organization: facts.organization,
        user: facts.user,
        granted_at: authorization.issued_at,
        revoked_at: facts.grant.and_then(|grant| grant.revoked_at),
        session: facts.session,
        // The exchange itself always needs the session: the user may have signed out since.
        offline: false,
    };
    MintFacts { client, delegation: Some(delegation), now }
}

fn issuance(authorization: &Authorization, client: &Client, now: Timestamp) -> Issuance {
    let terms = &authorization.terms;
    Issuance {
        scope: terms.scope.clone(),
        id_token: terms.scope.contains("openid"),
        refresh_token_until: is_refreshable(client, &terms.scope)
            .then(|| refresh_token_until(client, terms, now, now)),
        access_token_lifetime: access_token_lifetime(client, Some(terms)),
        echo_scope: terms.scope_differs,
    }
}

#[cfg(test)]
mod tests;
