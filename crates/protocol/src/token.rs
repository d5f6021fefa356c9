//! The token endpoint (RFC 6749 §3.2): reading a request, and what a decision may answer.
//!
//! The path of every grant: the client has been authenticated ([`crate::client_auth`]), the request
//! is read here into a closed type, the store loads the facts, the grant's module decides, always
//! through [`crate::mint`], and the store commits. A decision that must *write* although it refuses
//! (a replay revokes) is a variant of its own, not an error.

pub mod authorization_code;
pub mod client_credentials;
pub mod refresh_token;

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::Timestamp;
use crate::client::{Client, GrantType};
use crate::grant::Terms;
use crate::opaque::{Code, Opaque, RefreshToken};
use crate::params::Params;
use crate::refusal::{Reason, excerpt};
use crate::scope::Scope;

const KNOWN: [&str; 6] =
    ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"];

/// A token request, read once.
#[derive(Debug)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3.
    AuthorizationCode(CodeRequest),
    /// RFC 6749 §6.
    RefreshToken(RefreshRequest),
    /// RFC 6749 §4.4.2.
    ClientCredentials {
        /// What is asked for; `None` means the client's registered scope.
        scope: Option<Scope>,
    },
}

/// The exchange of a code. A `scope` sent with it is ignored: it was decided when the user agreed.
pub struct CodeRequest {
    /// The code; `None` for a text that we never made.
    pub code: Option<Opaque<Code>>,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier` (RFC 7636 §4.5).
    pub code_verifier: Option<Zeroizing<String>>,
}

/// The use of a refresh token.
pub struct RefreshRequest {
    /// The token; `None` for a text that we never made.
    pub refresh_token: Option<Opaque<RefreshToken>>,
    /// What is asked for; `None` means what was granted.
    pub scope: Option<Scope>,
}

impl TokenRequest {
    /// Reads a form.
    pub fn parse(params: &Params) -> Result<Self, Reason> {
        if let Some(parameter) = params.repeated(&KNOWN) {
            return Err(Reason::RepeatedParameter { parameter });
        }
        match required(params, "grant_type")? {
            "authorization_code" => Ok(Self::AuthorizationCode(CodeRequest {
                code: Opaque::parse(required(params, "code")?),
                redirect_uri: params.one("redirect_uri").map(str::to_owned),
                code_verifier: params.one("code_verifier").map(|v| Zeroizing::new(v.to_owned())),
            })),
            "refresh_token" => Ok(Self::RefreshToken(RefreshRequest {
                refresh_token: Opaque::parse(required(params, "refresh_token")?),
                scope: scope(params)?,
            })),
            "client_credentials" => Ok(Self::ClientCredentials { scope: scope(params)? }),
            other => Err(Reason::GrantTypeUnsupported { received: excerpt(other) }),
        }
    }

    /// The grant type that the client must be registered for.
    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
        }
    }
}

fn required<'a>(params: &'a Params, parameter: &'static str) -> Result<&'a str, Reason> {
    params.one(parameter).ok_or(Reason::MissingParameter { parameter })
}

fn scope(params: &Params) -> Result<Option<Scope>, Reason> {
    let Some(sent) = params.one("scope") else { return Ok(None) };
    let scope =
        Scope::parse(sent).map_err(|_| Reason::ScopeMalformed { received: excerpt(sent) })?;
    Ok((!scope.is_empty()).then_some(scope))
}

/// What is to be issued. It says what, never how: signing and storing follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// The scope of the access token.
    pub scope: Scope,
    /// Whether an ID token goes with it (OIDC Core §3.1.3.3).
    pub id_token: bool,
    /// When the refresh token ends that goes with it, if any does.
    pub refresh_token_until: Option<Timestamp>,
    /// How long the access token lives.
    pub access_token_lifetime: Duration,
    /// Whether the response says the scope: only when it is not what was asked for, because RP
    /// libraries take any `scope` for a change.
    pub echo_scope: bool,
}

impl Issuance {
    /// `expires_in`, in seconds.
    pub fn expires_in(&self) -> u64 {
        self.access_token_lifetime.as_secs()
    }

    /// The token response (RFC 6749 §5.1, OIDC Core §3.1.3.3).
    pub fn response(
        &self,
        access_token: &str,
        refresh_token: Option<&str>,
        id_token: Option<&str>,
    ) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("access_token".to_owned(), json!(access_token));
        body.insert("token_type".to_owned(), json!("Bearer"));
        body.insert("expires_in".to_owned(), json!(self.expires_in()));
        let optional = [("refresh_token", refresh_token), ("id_token", id_token)];
        for (name, value) in optional {
            body.extend(value.map(|value| (name.to_owned(), json!(value))));
        }
        // The grammar of RFC 6749 §3.3 has no empty scope.
        if self.echo_scope && !self.scope.is_empty() {
            body.insert("scope".to_owned(), json!(self.scope.to_string()));
        }
        body
    }
}

/// Tokens of an administrator's trial outlive the trial by no more than this.
pub(crate) const TRIAL_TOKENS: Duration = Duration::from_secs(300);

/// When a refresh token ends that is used, or made, at `now`: a time without use, within the
/// grant's longest life (RFC 9700 §4.14.2).
fn refresh_token_until(
    client: &Client,
    terms: &Terms,
    grant_began: Timestamp,
    now: Timestamp,
) -> Timestamp {
    let policy = client.settings.refresh;
    let idle = now.plus(Duration::from_secs(policy.idle_seconds));
    let absolute = grant_began.plus(Duration::from_secs(policy.absolute_seconds));
    match terms.trial {
        true => idle.min(absolute).min(grant_began.plus(TRIAL_TOKENS)),
        false => idle.min(absolute),
    }
}

/// How long an access token lives; `None` are the terms of a client's own token.
fn access_token_lifetime(client: &Client, terms: Option<&Terms>) -> Duration {
    let lifetime = Duration::from_secs(client.settings.lifetimes.access_token_seconds);
    match terms {
        Some(terms) if terms.trial => lifetime.min(TRIAL_TOKENS),
        _ => lifetime,
    }
}

/// Whether a grant of this scope may be refreshed: an OpenID grant if the user granted
/// `offline_access` (OIDC Core §11), a plain OAuth grant, which knows no such word, always, as long
/// as its session lasts.
fn is_refreshable(client: &Client, scope: &Scope) -> bool {
    client.settings.grant_types.contains(&GrantType::RefreshToken)
        && (scope.contains("offline_access") || !scope.contains("openid"))
}

impl fmt::Debug for CodeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRequest")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RefreshRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshRequest").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
