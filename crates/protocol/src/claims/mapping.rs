//! What a client is told beyond its scopes: from what is known of a user to claims of the client's
//! choice.
//!
//! A rule copies an attribute, or states a constant, under a name that the protocol does not use
//! itself (CVE-2026-16102). What it releases is shared data: the user agrees to it by the name of
//! the attribute, and a rule that is added later waits for the next consent.

mod source;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::names_within;
use crate::client::Client;
use crate::scope::Scope;
use crate::user::User;

pub use source::{Attribute, Source};

/// Most rules of a client.
const MAX_RULES: usize = 50;
/// Longest name of a claim.
const MAX_CLAIM: usize = 128;

/// Names that a rule cannot write beside those of the protocol: members of introspection (RFC 7662
/// §2.2), and statements about an address or number that only the account itself can make.
const NEVER: [&str; 14] = [
    "active",
    "token_type",
    "may_act",
    "sub_id",
    "sub_jwk",
    "txn",
    "toe",
    "_claim_names",
    "_claim_sources",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "updated_at",
];

/// The rules of a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimMap {
    /// In the order in which they are shown; no two write the same claim to the same place.
    pub rules: Vec<ClaimRule>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// The name that the client reads.
    pub claim: String,
    /// What it tells.
    pub from: Source,
    /// Where it is told.
    pub places: BTreeSet<Place>,
    /// The scope that has to be granted; without one `openid`, which every sign-in has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Where a claim is told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The ID token (OIDC Core §2).
    IdToken,
    /// The access token (RFC 9068), and what introspection tells of it (RFC 7662).
    AccessToken,
    /// Userinfo (OIDC Core §5.3).
    Userinfo,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::IdToken, Self::AccessToken, Self::Userinfo];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::AccessToken => "access_token",
            Self::Userinfo => "userinfo",
        }
    }
}

impl ClaimRule {
    fn applies(&self, scope: &Scope) -> bool {
        scope.contains(self.scope.as_deref().unwrap_or("openid"))
    }
}

impl ClaimMap {
    /// The attributes that a user shares by agreeing to `scope`, beyond those that the scope itself
    /// releases, by their words.
    pub fn attributes(&self, scope: &Scope) -> BTreeSet<String> {
        let applying = self.rules.iter().filter(|rule| rule.applies(scope));
        let attributes = applying.filter_map(|rule| rule.from.attribute());
        let beyond = attributes.filter(|attribute| !attribute.is_within(scope));
        beyond.map(Attribute::word).collect()
    }

    /// All that is wrong with the rules, each with the number of its rule.
    pub fn faults(&self, registered: &Scope) -> Vec<(usize, String)> {
        let mut faults = Vec::new();
        if self.rules.len() > MAX_RULES {
            let count = self.rules.len();
            faults.push((MAX_RULES, format!("{count} rules are too many; at most {MAX_RULES}")));
        }
        let mut written = BTreeSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let mut fault = |problem: String| faults.push((index, problem));
            if let Err(problem) = judge_claim(&rule.claim) {
                fault(problem);
            }
            if let Err(problem) = rule.from.judge() {
                fault(problem);
            }
            if rule.places.is_empty() {
                fault("places is empty; name id_token, access_token or userinfo".to_owned());
            }
            if let Some(scope) = rule.scope.as_deref().filter(|scope| !registered.contains(scope)) {
                fault(format!("the client cannot ask for the scope {scope:.80}; add it to scope"));
            }
            for place in &rule.places {
                if !written.insert((rule.claim.as_str(), *place)) {
                    fault(format!(
                        "{:.80} is written to {} by an earlier rule",
                        rule.claim,
                        place.as_str()
                    ));
                }
            }
        }
        faults
    }
}

fn judge_claim(name: &str) -> Result<(), String> {
    let fits = (1..=MAX_CLAIM).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\<>".contains(&byte));
    if !fits {
        return Err(format!(
            "a claim's name has 1 to {MAX_CLAIM} visible ASCII characters other than \" \\ < >"
        ));
    }
    if super::is_reserved(name) || NEVER.contains(&name) {
        return Err(format!(
            "the server alone states {name}, so that no rule can forge it; choose another name"
        ));
    }
    Ok(())
}

/// The claims that the client's rules tell of the user in this place. `agreed` are the attributes
/// beyond the scope that the user agreed to share (invariant I14).
pub fn released(
    client: &Client,
    user: &User,
    scope: &Scope,
    agreed: &BTreeSet<String>,
    place: Place,
) -> Map<String, Value> {
    let rules = &client.settings.claims.rules;
    let here = rules.iter().filter(|rule| rule.places.contains(&place) && rule.applies(scope));
    let told = here.filter_map(|rule| {
        let attribute = rule.from.attribute();
        let shared = attribute.is_none_or(|attribute| {
            attribute.is_within(scope) || agreed.contains(&attribute.word())
        });
        let value = shared.then(|| rule.from.value(user)).flatten()?;
        Some((rule.claim.clone(), value))
    });
    told.collect()
}

/// Whether the scope itself releases the claim of this name.
fn releases(scope: &Scope, claim: &str) -> bool {
    names_within(scope).contains(claim)
}

#[cfg(test)]
mod tests;
