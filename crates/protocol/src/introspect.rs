//! Token introspection (RFC 7662). A client learns about its own tokens and no others.

use serde_json::{Map, Value, json};

use crate::Timestamp;
use crate::bearer::{self, Family, TokenFacts};
use crate::claims::mapping::{self, Place};
use crate::client::Client;
use crate::grant::{Grant, RefreshGeneration};
use crate::mint::{self, Delegation, MintFacts};
use crate::opaque::{Opaque, RefreshToken};
use crate::organization::Organization;
use crate::params::Params;
use crate::refusal::Reason;

const KNOWN: [&str; 2] = ["token", "token_type_hint"];
/// How many members an active token has of its own: a map that grows is hashed anew.
const MEMBERS: usize = 12;

/// Reads `token`. The hint is not needed: the two kinds are told apart by their looks.
pub fn token(params: &Params) -> Result<&str, Reason> {
    if let Some(parameter) = params.repeated(&KNOWN) {
        return Err(Reason::RepeatedParameter { parameter });
    }
    params.one("token").ok_or(Reason::MissingParameter { parameter: "token" })
}

/// What a presented text could be, and so where to look for it.
pub enum Presented {
    /// A refresh token.
    Refresh(Opaque<RefreshToken>),
    /// An access token, or nothing of ours; found by [`bearer::digest`].
    Access,
}

impl Presented {
    /// Tells by the text alone.
    pub fn of(token: &str) -> Self {
        Opaque::parse(token).map_or(Self::Access, Self::Refresh)
    }
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// An access token.
    Access {
        /// What is known of it.
        facts: TokenFacts<'a>,
        /// What it is called by: a JWT's own `jti`, so that both tell of one token.
        jti: &'a str,
    },
    /// A refresh token; the caller has compared its digest.
    Refresh {
        /// Its row.
        token: &'a RefreshGeneration,
        /// What it came from.
        family: Family<'a>,
        /// To whom it was issued.
        client: &'a Client,
        /// The organization of the user.
        organization: Organization<'a>,
    },
}

/// What the caller is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Introspection {
    /// The members of an active token.
    Active(Map<String, Value>),
    /// `{"active":false}` and nothing else (RFC 7662 §2.2); the reason is for the operator.
    Inactive(Reason),
}

impl Introspection {
    /// The response body.
    pub fn into_body(self) -> Map<String, Value> {
        match self {
            Self::Active(members) => members,
            Self::Inactive(_) => Map::from_iter([("active".to_owned(), json!(false))]),
        }
    }
}

/// Decides for an authenticated client. A public client proves nothing, so it is told nothing.
pub fn decide(
    found: Option<&Found<'_>>,
    caller: &Client,
    issuer: &str,
    now: Timestamp,
) -> Result<Introspection, Reason> {
    let client_id = caller.client_id.clone();
    if caller.settings.is_public() {
        return Err(Reason::IntrospectionByPublicClient { client_id });
    }
    let Some(found) = found else {
        return Ok(Introspection::Inactive(Reason::AccessTokenUnknown));
    };
    let (owner, checked) = match found {
        Found::Access { facts, .. } => (facts.client, bearer::check(facts, now)),
        Found::Refresh { token, family, client, organization } => {
            (*client, check_refresh(token, family, client, *organization, now))
        }
    };
    if owner.key != caller.key {
        return Ok(Introspection::Inactive(Reason::TokenOfAnotherClient { client_id }));
    }
    Ok(match checked {
        Ok(()) => Introspection::Active(members(found, caller, issuer)),
        Err(reason) => Introspection::Inactive(reason),
    })
}

fn check_refresh(
    token: &RefreshGeneration,
    family: &Family<'_>,
    client: &Client,
    organization: Organization<'_>,
    now: Timestamp,
) -> Result<(), Reason> {
    if let Some(retired) = token.retired {
        let generation = token.generation;
        return Err(Reason::RefreshTokenReused { generation, retired_at: retired.at, now });
    }
    if token.expires_at <= now {
        return Err(Reason::RefreshTokenExpired { expired_at: token.expires_at });
    }
    let delegation = Delegation {
        org: family.grant.org,
        organization,
        user: family.user,
        granted_at: family.grant.created_at,
        revoked_at: family.grant.revoked_at,
        session: family.session,
        offline: family.grant.is_offline(),
    };
    mint::check(&MintFacts { client, delegation: Some(delegation), now })
}

fn members(found: &Found<'_>, client: &Client, issuer: &str) -> Map<String, Value> {
    // What the user is comes first, so that no rule can take the place of a protocol member.
    let mut members = Map::with_capacity(MEMBERS);
    members.extend(told_of_user(found, client));
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    set("active", json!(true));
    set("iss", json!(issuer));
    set("client_id", json!(client.client_id));
    let (scope, issued_at, expires_at) = match found {
        Found::Access { facts, jti } => {
            set("token_type", json!("Bearer"));
            set("aud", json!(issuer));
            set("jti", json!(jti));
            (&facts.record.scope, facts.record.issued_at, facts.record.expires_at)
        }
        Found::Refresh { token, family, .. } => {
            (&family.grant.terms.scope, token.issued_at, token.expires_at)
        }
    };
    if !scope.is_empty() {
        set("scope", json!(scope));
    }
    set("iat", json!(issued_at.as_seconds()));
    set("exp", json!(expires_at.as_seconds()));
    match user_of(found) {
        Some((subject, grant)) => {
            set("sub", json!(subject));
            set("auth_time", json!(grant.terms.authentication.at.as_seconds()));
            set("acr", json!(grant.terms.authentication.acr.value()));
        }
        None => {
            set("sub", json!(client.client_id));
        }
    }
    members
}

/// What the access token itself tells by the client's rules, also when it is opaque.
fn told_of_user(found: &Found<'_>, client: &Client) -> Map<String, Value> {
    let Found::Access { facts: TokenFacts { record, family: Some(family), .. }, .. } = found else {
        return Map::new();
    };
    let Family { user: Some(user), grant, .. } = family else {
        return Map::new();
    };
    mapping::released(client, user, &record.scope, &grant.terms.attributes, Place::AccessToken)
}

fn user_of<'a>(found: &Found<'a>) -> Option<(&'a str, &'a Grant)> {
    let family = match found {
        Found::Access { facts, .. } => facts.family?,
        Found::Refresh { family, .. } => *family,
    };
    Some((family.user?.subject.0.as_str(), family.grant))
}

#[cfg(test)]
mod tests;
