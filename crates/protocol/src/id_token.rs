//! The claims of an ID token (OIDC Core §2).

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::Timestamp;
use crate::claims;
use crate::claims::mapping::{self, Place};
use crate::client::{ClaimsPlacement, Client};
use crate::grant::Terms;
use crate::hashes::at_hash;
use crate::scope::Scope;
use crate::token::TRIAL_TOKENS;
use crate::user::User;

/// How many claims there are beside those of the user: a map that grows is hashed anew.
const PROTOCOL_CLAIMS: usize = 13;

/// What an ID token tells of.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenFacts<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// `aud` and `azp`.
    pub client: &'a Client,
    /// Whom it is about.
    pub user: &'a User,
    /// What the user agreed to.
    pub terms: &'a Terms,
    /// The scope of this issuance, within that of the terms.
    pub scope: &'a Scope,
    /// What clients know the session by.
    pub sid: &'a str,
    /// `nonce` of the request; `None` on refresh (OIDC Core §12.2).
    pub nonce: Option<&'a str>,
    /// The access token that goes with it.
    pub access_token: Option<&'a str>,
    /// `jti`, fresh each time: some clients refuse one they have seen.
    pub jti: &'a str,
    /// The moment of issue.
    pub now: Timestamp,
}

/// The claims, without those that have no value (AS-83 to AS-88).
pub fn claims(facts: &IdTokenFacts<'_>) -> Map<String, Value> {
    let settings = &facts.client.settings;
    // What the user is comes first, so that no attribute can take the place of a protocol claim.
    let mut claims = Map::with_capacity(PROTOCOL_CLAIMS);
    claims.extend(about_user(facts));
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    let lifetime = lifetime_of(settings.lifetimes.id_token_seconds, facts.terms);
    set("iss", json!(facts.issuer));
    set("sub", json!(facts.user.subject));
    set("aud", json!(facts.client.client_id));
    set("azp", json!(facts.client.client_id));
    set("iat", json!(facts.now.as_seconds()));
    set("exp", json!(facts.now.plus(lifetime).as_seconds()));
    set("jti", json!(facts.jti));
    let authentication = &facts.terms.authentication;
    set("acr", json!(authentication.acr.value()));
    if !authentication.amr.is_empty() {
        set("amr", json!(authentication.amr));
    }
    set("auth_time", json!(authentication.at.as_seconds()));
    if let Some(nonce) = facts.nonce {
        set("nonce", json!(nonce));
    }
    if let Some(token) = facts.access_token {
        set("at_hash", json!(at_hash(settings.id_token_alg, token)));
    }
    if settings.sid_in_id_token {
        set("sid", json!(facts.sid));
    }
    claims
}

/// An administrator's trial is over soon, and so is what it was issued.
fn lifetime_of(seconds: u64, terms: &Terms) -> Duration {
    let lifetime = Duration::from_secs(seconds);
    if terms.trial { lifetime.min(TRIAL_TOKENS) } else { lifetime }
}

/// The claims asked for one by one, and those of the scope where the client wants them here
/// (AS-87: userinfo has them otherwise).
fn about_user(facts: &IdTokenFacts<'_>) -> Map<String, Value> {
    let of_scope = match facts.client.settings.claims_placement {
        ClaimsPlacement::IdTokenAndUserinfo => claims::names_within(facts.scope),
        ClaimsPlacement::Userinfo => Default::default(),
    };
    let IdTokenFacts { client, user, terms, scope, .. } = *facts;
    let demanded = terms.claims.id_token.keys().map(String::as_str);
    let mut claims = claims::of_user(user, of_scope.into_iter().chain(demanded));
    claims.extend(mapping::released(client, user, scope, &terms.attributes, Place::IdToken));
    claims
}

#[cfg(test)]
mod tests;
