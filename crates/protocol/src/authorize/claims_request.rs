//! The `claims` parameter (OIDC Core §5.5).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Individually requested claims. Unknown members and names are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// To be returned from userinfo.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, ClaimDemand>,
    /// To be returned in the ID token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, ClaimDemand>,
}

/// How a single claim is wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimDemand {
    /// Whether the client calls it essential.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The one wanted value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// The wanted values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<serde_json::Value>,
}

/// The longest `claims` that is read, in bytes.
pub const MAX_BYTES: usize = 4 * 1024;
const MAX_CLAIMS: usize = 64;
/// Claims about the sign-in itself, which no scope limits.
const ALWAYS: [&str; 3] = ["sub", "acr", "auth_time"];

/// Why `claims` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are explained by the messages")]
pub enum ClaimsFault {
    /// Too long.
    #[error("claims has {length} bytes; at most {limit} are read")]
    TooLong { length: usize, limit: usize },
    /// More claims than there are.
    #[error("claims asks for {count} claims; at most {limit} are read")]
    TooMany { count: usize, limit: usize },
    /// No JSON object.
    #[error("claims is not a JSON object; the text breaks at line {line}, column {column}")]
    NotAnObject { line: usize, column: usize },
    /// A member that must be an object.
    #[error("the member {member} of claims must be an object of claim names")]
    MemberNotAnObject { member: &'static str },
    /// A demand that is neither null nor an object of the known form.
    #[error("a claim is asked for by null or by an object of essential, value and values")]
    MalformedDemand { member: &'static str },
}

impl ClaimsRequest {
    /// Reads the parameter; absent, it asks for nothing.
    pub fn parse(text: Option<&str>) -> Result<Self, ClaimsFault> {
        let Some(text) = text else { return Ok(Self::default()) };
        if text.len() > MAX_BYTES {
            return Err(ClaimsFault::TooLong { length: text.len(), limit: MAX_BYTES });
        }
        let mut members: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            ClaimsFault::NotAnObject { line: error.line(), column: error.column() }
        })?;
        let request = Self {
            userinfo: demands(members.remove("userinfo"), "userinfo")?,
            id_token: demands(members.remove("id_token"), "id_token")?,
        };
        let count = request.userinfo.len() + request.id_token.len();
        if count > MAX_CLAIMS {
            return Err(ClaimsFault::TooMany { count, limit: MAX_CLAIMS });
        }
        Ok(request)
    }

    /// The request without what this client may not learn: the parameter refines what the client is
    /// registered for, it does not widen it (invariant I14).
    pub fn limited_to(mut self, names: &BTreeSet<&str>) -> Self {
        let allowed = |name: &str| ALWAYS.contains(&name) || names.contains(name);
        self.userinfo.retain(|name, _| allowed(name));
        self.id_token.retain(|name, _| allowed(name));
        self
    }

    /// The claims that tell something about the user, wherever they are delivered.
    pub fn personal_names(&self) -> BTreeSet<String> {
        let names = self.userinfo.keys().chain(self.id_token.keys());
        names.filter(|name| !ALWAYS.contains(&name.as_str())).cloned().collect()
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

impl ClaimDemand {
    /// Whether not every value will do.
    pub fn names_values(&self) -> bool {
        self.value.is_some() || !self.values.is_empty()
    }

    /// The wanted values that are texts, most wanted first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.value.iter().chain(&self.values).filter_map(Value::as_str)
    }
}

fn demands(
    member: Option<Value>,
    name: &'static str,
) -> Result<BTreeMap<String, ClaimDemand>, ClaimsFault> {
    let claims = match member {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(claims)) => claims,
        Some(_) => return Err(ClaimsFault::MemberNotAnObject { member: name }),
    };
    let read = |(claim, demand): (String, Value)| match demand {
        Value::Null => Ok((claim, ClaimDemand::default())),
        other => serde_json::from_value(other)
            .map(|demand| (claim, demand))
            .map_err(|_| ClaimsFault::MalformedDemand { member: name }),
    };
    claims.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
