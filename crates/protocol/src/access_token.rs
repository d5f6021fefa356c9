//! The claims of an access token that is a JWT (RFC 9068).

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::Timestamp;
use crate::claims::mapping::{self, Place};
use crate::client::Client;
use crate::grant::Terms;
use crate::scope::Scope;
use crate::user::User;

/// The media type in its header (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// How many claims there are beside the client's rules: a map that grows is hashed anew.
const OWN_CLAIMS: usize = 11;

/// What an access token stands for.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenFacts<'a> {
    /// `iss`; also `aud`, since our own endpoints are the resource (RFC 9068 §3).
    pub issuer: &'a str,
    /// `client_id`.
    pub client: &'a Client,
    /// The user and the sign-in; `None` for the client's own token.
    pub user: Option<(&'a User, &'a Terms)>,
    /// `scope`.
    pub scope: &'a Scope,
    /// `jti`: the token's row.
    pub jti: &'a str,
    /// The moment of issue.
    pub now: Timestamp,
    /// How long it lives.
    pub lifetime: Duration,
}

/// The claims (RFC 9068 §2.2).
pub fn claims(facts: &AccessTokenFacts<'_>) -> Map<String, Value> {
    // What the user is comes first, so that no rule can take the place of a protocol claim.
    let mut claims = Map::with_capacity(OWN_CLAIMS);
    if let Some((user, terms)) = facts.user {
        let agreed = &terms.attributes;
        let place = Place::AccessToken;
        claims.extend(mapping::released(facts.client, user, facts.scope, agreed, place));
    }
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(facts.issuer));
    set("aud", json!(facts.issuer));
    set("client_id", json!(facts.client.client_id));
    set("iat", json!(facts.now.as_seconds()));
    set("exp", json!(facts.now.plus(facts.lifetime).as_seconds()));
    set("jti", json!(facts.jti));
    if !facts.scope.is_empty() {
        set("scope", json!(facts.scope));
    }
    match facts.user {
        Some((user, terms)) => {
            let authentication = &terms.authentication;
            set("sub", json!(user.subject));
            set("auth_time", json!(authentication.at.as_seconds()));
            set("acr", json!(authentication.acr.value()));
            if !authentication.amr.is_empty() {
                set("amr", json!(authentication.amr));
            }
        }
        None => {
            set("sub", json!(facts.client.client_id));
        }
    }
    claims
}

#[cfg(test)]
mod tests;
