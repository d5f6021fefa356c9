//! The userinfo endpoint (OIDC Core §5.3).

use serde_json::{Map, Value, json};

use crate::Timestamp;
use crate::bearer::{self, TokenFacts};
use crate::claims;
use crate::claims::mapping::{self, Place};
use crate::client::Client;
use crate::grant::Terms;
use crate::refusal::Reason;
use crate::scope::Scope;
use crate::user::User;

/// Decides what the bearer of a token learns. `facts` are `None` for a token that is not ours.
pub fn decide(
    facts: Option<&TokenFacts<'_>>,
    now: Timestamp,
) -> Result<Map<String, Value>, Reason> {
    let facts = facts.ok_or(Reason::AccessTokenUnknown)?;
    bearer::check(facts, now)?;
    let family = facts.family.ok_or(Reason::AccessTokenWithoutUser)?;
    let user = family.user.ok_or(Reason::AccessTokenWithoutUser)?;
    let scope = &facts.record.scope;
    if !scope.contains("openid") {
        return Err(Reason::ScopeInsufficient { required: "openid", granted: scope.clone() });
    }
    Ok(claims(user, &family.grant.terms, scope, facts.client))
}

/// What the token's scope and the request's `claims` release of the user; `sub` always (AS-92).
pub fn claims(user: &User, terms: &Terms, scope: &Scope, client: &Client) -> Map<String, Value> {
    let of_scope = claims::names_within(scope);
    let demanded = terms.claims.userinfo.keys().map(String::as_str);
    let names = of_scope.into_iter().chain(demanded);
    let mut claims = claims::of_user(user, names);
    claims.extend(mapping::released(client, user, scope, &terms.attributes, Place::Userinfo));
    claims.insert("sub".to_owned(), json!(user.subject));
    if client.settings.claim_aliases {
        add_aliases(&mut claims);
    }
    claims
}

/// The names that some vendors read instead of the standard ones. They hold nothing that the
/// standard claims beside them do not.
fn add_aliases(claims: &mut Map<String, Value>) {
    let aliases = [("id", "sub"), ("first_name", "given_name"), ("last_name", "family_name")];
    for (alias, standard) in aliases {
        if let Some(value) = claims.get(standard).cloned() {
            claims.insert(alias.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests;
