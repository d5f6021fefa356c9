//! Which claims a scope releases, and in which form they are sent.
//!
//! The standard scopes are those of OIDC Core §5.4. Any other scope word releases the claim of the
//! same name among the installation's own. A claim without a value is left out: never null, never
//! an empty string (AS-92).

pub mod mapping;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::scope::Scope;
use crate::user::{Address, User};

/// The claims of `profile` (OIDC Core §5.4).
pub const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];
/// The claims of `email`.
pub const EMAIL: [&str; 2] = ["email", "email_verified"];
/// The claims of `phone`.
pub const PHONE: [&str; 2] = ["phone_number", "phone_number_verified"];
/// The claims of `address`.
pub const ADDRESS: [&str; 1] = ["address"];

/// Whether the protocol itself sets this claim: no account, no rule and no scope word can forge it.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

const RESERVED: [&str; 21] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "acr",
    "amr",
    "azp",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "client_id",
    "scope",
    "cnf",
    "events",
    "act",
];

/// The standard claims that a scope word releases; none for other words.
fn standard(word: &str) -> &'static [&'static str] {
    match word {
        "profile" => &PROFILE,
        "email" => &EMAIL,
        "phone" => &PHONE,
        "address" => &ADDRESS,
        _ => &[],
    }
}

/// All claims that the words of `scope` release.
pub fn names_within(scope: &Scope) -> BTreeSet<&str> {
    let own = scope.iter().filter(|word| is_own(word));
    own.chain(scope.iter().flat_map(|word| standard(word).iter().copied())).collect()
}

/// Whether a scope word may name a claim of the installation's own.
fn is_own(word: &str) -> bool {
    let protocol = is_reserved(word) || matches!(word, "openid" | "offline_access");
    !protocol && standard(word).is_empty() && !is_standard_claim(word)
}

fn is_standard_claim(name: &str) -> bool {
    [PROFILE.as_slice(), &EMAIL, &PHONE, &ADDRESS].iter().any(|claims| claims.contains(&name))
}

/// The claims of these names that the user has, in the types of OIDC Core §5.1 (AS-93).
pub fn of_user<'a>(user: &User, names: impl IntoIterator<Item = &'a str>) -> Map<String, Value> {
    let values = names.into_iter().filter_map(|name| Some((name.to_owned(), value(user, name)?)));
    values.collect()
}

fn value(user: &User, name: &str) -> Option<Value> {
    let claims = &user.claims;
    let text = |value: &Option<String>| {
        value.as_deref().filter(|text| !text.trim().is_empty()).map(|text| json!(text))
    };
    match name {
        "name" => text(&claims.name),
        "given_name" => text(&claims.given_name),
        "family_name" => text(&claims.family_name),
        "middle_name" => text(&claims.middle_name),
        "nickname" => text(&claims.nickname),
        "preferred_username" => text(&claims.preferred_username),
        "profile" => text(&claims.profile),
        "picture" => text(&claims.picture),
        "website" => text(&claims.website),
        "gender" => text(&claims.gender),
        "birthdate" => text(&claims.birthdate),
        "zoneinfo" => text(&claims.zoneinfo),
        "locale" => text(&claims.locale),
        "updated_at" => Some(json!(user.updated_at.as_seconds())),
        "email" => text(&claims.email),
        "email_verified" => text(&claims.email).map(|_| json!(claims.email_verified)),
        "phone_number" => text(&claims.phone_number),
        "phone_number_verified" => {
            text(&claims.phone_number).map(|_| json!(claims.phone_number_verified))
        }
        "address" => claims.address.as_ref().and_then(address),
        own if is_reserved(own) => None,
        own => claims.other.get(own).filter(|value| !is_void(value)).cloned(),
    }
}

fn address(address: &Address) -> Option<Value> {
    let Ok(Value::Object(mut members)) = serde_json::to_value(address) else { return None };
    members.retain(|_, value| !is_void(value));
    (!members.is_empty()).then_some(Value::Object(members))
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
