//! Tokens of a client's own (RFC 6749 §4.4): no user, no ID token, no refresh token (AS-82).

use super::{Issuance, access_token_lifetime};
use crate::Timestamp;
use crate::client::{Client, GrantType};
use crate::mint::{self, MintFacts};
use crate::refusal::Reason;
use crate::scope::Scope;

/// Decides for an authenticated client.
pub fn decide(asked: Option<&Scope>, client: &Client, now: Timestamp) -> Result<Issuance, Reason> {
    client.settings.check_grant_type(GrantType::ClientCredentials)?;
    // RFC 6749 §4.4: the grant MUST only be used by confidential clients.
    if client.settings.is_public() {
        return Err(Reason::ClientCredentialsOfPublicClient);
    }
    mint::check(&MintFacts { client, delegation: None, now })?;
    let scope = scope(asked, client)?;
    Ok(Issuance {
        id_token: false,
        refresh_token_until: None,
        access_token_lifetime: access_token_lifetime(client, None),
        echo_scope: asked != Some(&scope),
        scope,
    })
}

/// What the client may have of what it asks for. The words that speak of a user mean nothing here
/// and are ignored; Unomed's own check of a login client sends them or nothing at all.
fn scope(asked: Option<&Scope>, client: &Client) -> Result<Scope, Reason> {
    let of_users = Scope::of(["openid", "profile", "email", "address", "phone", "offline_access"]);
    let registered = client.settings.scope.difference(&of_users);
    let Some(asked) = asked else { return Ok(registered) };
    let scope = asked.intersection(&registered);
    let about_itself = asked.difference(&of_users);
    if scope.is_empty() && !about_itself.is_empty() {
        return Err(Reason::ScopeNotAllowed { received: asked.to_string(), registered });
    }
    Ok(scope)
}

#[cfg(test)]
mod tests;
