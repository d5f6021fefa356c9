//! Token revocation (RFC 7009).

use crate::client::Client;
use crate::grant::{AccessTokenRecord, Grant};
use crate::ids::{AccessTokenId, GrantId};
use crate::introspect;
use crate::opaque::{Code, Opaque, SessionToken};
use crate::params::Params;
use crate::refusal::Reason;

/// Reads `token` (RFC 7009 §2.1). What can be told by its looks to be no token of the two kinds is
/// refused (§2.2.1).
pub fn token(params: &Params) -> Result<&str, Reason> {
    let token = introspect::token(params)?;
    if Opaque::<Code>::parse(token).is_some() {
        return Err(Reason::TokenTypeUnsupported { presented: "authorization_code" });
    }
    if Opaque::<SessionToken>::parse(token).is_some() {
        return Err(Reason::TokenTypeUnsupported { presented: "session" });
    }
    Ok(token)
}

/// What was found; the caller has compared the digest.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// An access token.
    Access(&'a AccessTokenRecord),
    /// A refresh token, by its family.
    Refresh(&'a Grant),
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// This access token ends; its family lives on.
    AccessToken(AccessTokenId),
    /// The whole family ends, access tokens included (RFC 7009 §2.1).
    Grant(GrantId),
    /// Nothing: the token is dead already, which is what the client wants (RFC 7009 §2.2).
    Nothing,
}

/// Decides for an authenticated client. A token of another client is refused and stays as it is
/// (RFC 7009 §2.1).
pub fn decide(found: Option<&Found<'_>>, caller: &Client) -> Result<Revocation, Reason> {
    let (owner, revocation) = match found {
        None => return Ok(Revocation::Nothing),
        Some(Found::Access(record)) => (record.client, Revocation::AccessToken(record.id)),
        Some(Found::Refresh(grant)) => (grant.client, Revocation::Grant(grant.id)),
    };
    if owner == caller.key {
        return Ok(revocation);
    }
    Err(Reason::TokenOfAnotherClient { client_id: caller.client_id.clone() })
}

#[cfg(test)]
mod tests;
