//! Reading an authorization request, in two stages.
//!
//! 1. *Identify*: [`client_id`], then [`destination`]. What fails here is shown to the user and
//!    never redirected, because nothing says yet where a redirect may go (AS-24, invariant I10).
//! 2. *The rest*: [`read`]. What fails here goes back to the client by [`reply_to`].
//!
//! The two stages cannot be confused: a [`ReplyTo`] is only made from a [`Destination`], and a
//! `Destination` only from a registered URI.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::claims_request::ClaimsRequest;
use crate::claims;
use crate::client::{Client, GrantType, Status};
use crate::ids::{ClientId, ClientKey, Subject, TrialId};
use crate::params::Params;
use crate::pkce;
use crate::redirect_uri;
use crate::refusal::{Reason, excerpt, id_excerpt, uri_excerpt};
use crate::scope::Scope;

pub use super::words::{Display, Prompt, ResponseMode};

/// A valid authorization request: every parameter parsed, the client and its redirect URI known.
/// It is stored as it is while its user signs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientKey,
    /// Where the answer goes; registered, byte for byte.
    pub redirect_uri: String,
    /// Whether the request named it.
    pub redirect_uri_was_sent: bool,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What is asked for, without what the client may not have.
    pub scope: Scope,
    /// Whether `scope` here is not what was sent: unknown words ignored, or a default taken. The
    /// token response must then say what was granted (RFC 6749 §3.3).
    #[serde(default)]
    pub scope_differs: bool,
    /// Returned unchanged.
    pub state: Option<String>,
    /// To be repeated in the ID token.
    pub nonce: Option<String>,
    /// The S256 challenge (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    /// What the client demands to be asked.
    pub prompt: BTreeSet<Prompt>,
    /// The oldest sign-in that will do, in seconds.
    pub max_age: Option<u64>,
    /// Who is expected, for filling in.
    pub login_hint: Option<String>,
    /// Who is expected: the subject of a verified ID token of ours.
    pub id_token_hint: Option<String>,
    /// Wanted authentication contexts, most wanted first.
    pub acr_values: Vec<String>,
    /// Wanted languages, most wanted first.
    pub ui_locales: Vec<String>,
    /// `display`, if it was one of the registered words.
    pub display: Option<Display>,
    /// Individually requested claims.
    pub claims: ClaimsRequest,
    /// The administrator's trial of the client that this request belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialId>,
}

/// Parameters that must not repeat. All others are ignored (RFC 6749 §3.1).
const KNOWN: [&str; 21] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "acr_values",
    "ui_locales",
    "claims_locales",
    "display",
    "claims",
    "request",
    "request_uri",
    "registration",
];

/// The longest `state` that is carried back, in bytes.
pub const MAX_STATE_BYTES: usize = 4 * 1024;
/// The longest `nonce`; AS-33 wants 384 characters and more.
pub const MAX_NONCE_BYTES: usize = 1024;
const MAX_LOGIN_HINT_BYTES: usize = 512;
const MAX_LISTED_VALUES: usize = 16;

/// Where the answer may go: a registered redirect URI of the client, or our own page that waits for
/// the answer of an administrator's [trial](super::trial).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub(super) redirect_uri: String,
    pub(super) was_sent: bool,
    pub(super) trial: Option<TrialId>,
}

impl Destination {
    /// The URI, byte for byte as it was sent or registered.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Whether the request named it.
    pub fn was_sent(&self) -> bool {
        self.was_sent
    }
}

/// Everything that an answer needs, on success and on error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    pub(super) redirect_uri: String,
    pub(super) response_mode: ResponseMode,
    pub(super) state: Option<String>,
}

impl From<&AuthorizationRequest> for ReplyTo {
    fn from(request: &AuthorizationRequest) -> Self {
        Self {
            redirect_uri: request.redirect_uri.clone(),
            response_mode: request.response_mode,
            state: request.state.clone(),
        }
    }
}

/// What the caller found when it verified `id_token_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdTokenHint {
    /// None was sent.
    Absent,
    /// It is an ID token of ours, expired or not, about this subject (AS-39).
    Subject(Subject),
    /// It is something else.
    Unusable,
}

/// Stage one: which client is meant.
pub fn client_id(params: &Params) -> Result<ClientId, Reason> {
    if params.is_repeated("client_id") {
        return Err(Reason::RepeatedParameter { parameter: "client_id" });
    }
    match params.one("client_id") {
        Some(id) if id.len() <= 256 => Ok(ClientId(id.to_owned())),
        Some(id) => {
            Err(Reason::ParameterTooLong { parameter: "client_id", length: id.len(), limit: 256 })
        }
        None => Err(Reason::MissingParameter { parameter: "client_id" }),
    }
}

/// Stage one, when no client was found for the [`client_id`].
pub fn unknown_client(client_id: &ClientId) -> Reason {
    Reason::ClientUnknown { client_id: id_excerpt(&client_id.0) }
}

/// Stage one: where the answer may go. Omitting `redirect_uri` is allowed when exactly one is
/// registered (RFC 6749 §3.1.2.3).
pub fn destination(params: &Params, client: &Client) -> Result<Destination, Reason> {
    if client.status != Status::Active {
        return Err(Reason::ClientDisabled { client_id: client.client_id.clone() });
    }
    if params.is_repeated("redirect_uri") {
        return Err(Reason::RepeatedParameter { parameter: "redirect_uri" });
    }
    let registered = client.settings.redirect_uris.as_slice();
    match (params.one("redirect_uri"), registered) {
        (Some(received), _) => {
            if redirect_uri::matches(received, registered, client.settings.native) {
                return Ok(Destination {
                    redirect_uri: received.to_owned(),
                    was_sent: true,
                    trial: None,
                });
            }
            let (nearest, difference) = redirect_uri::nearest(received, registered);
            Err(Reason::RedirectUriMismatch {
                received: uri_excerpt(received),
                nearest: nearest.map(str::to_owned),
                difference,
            })
        }
        (None, [only]) => {
            Ok(Destination { redirect_uri: only.clone(), was_sent: false, trial: None })
        }
        (None, several) => Err(Reason::RedirectUriMissing { registered: several.len() }),
    }
}

/// How errors of stage two travel: as asked if that can be told, else as the response type has it
/// (AS-26, AS-27). A `state` that repeats, or that is too long to carry, is not sent back.
pub fn reply_to(params: &Params, destination: &Destination) -> ReplyTo {
    let once = |name: &str| params.one(name).filter(|_| !params.is_repeated(name));
    let asked = once("response_mode").and_then(ResponseMode::from_value);
    ReplyTo {
        redirect_uri: destination.redirect_uri.clone(),
        response_mode: asked.unwrap_or_else(|| usual_mode(once("response_type"))),
        state: once("state").filter(|state| state.len() <= MAX_STATE_BYTES).map(str::to_owned),
    }
}

/// Where a client looks for the answer when it did not say: with a token or an ID token in the
/// response type in the fragment (Multiple Response Types §3 and §5), although we refuse all of these.
fn usual_mode(response_type: Option<&str>) -> ResponseMode {
    let mut words = response_type.unwrap_or_default().split_ascii_whitespace();
    match words.any(|word| word == "token" || word == "id_token") {
        true => ResponseMode::Fragment,
        false => ResponseMode::Query,
    }
}

/// Whether the client forbids every page (`prompt=none`). It is asked before the request is read,
/// and of a request that is refused for what else it holds as well.
pub fn forbids_pages(params: &Params) -> bool {
    params.one("prompt").is_some_and(|sent| sent.split_ascii_whitespace().any(|it| it == "none"))
}

/// Stage two: the rest of the request.
pub fn read(
    params: &Params,
    client: &Client,
    destination: Destination,
    id_token_hint: IdTokenHint,
) -> Result<AuthorizationRequest, Reason> {
    if let Some(parameter) = params.repeated(&KNOWN) {
        return Err(Reason::RepeatedParameter { parameter });
    }
    check_unsupported(params)?;
    check_response_type(params, client)?;
    let response_mode = response_mode(params)?;
    let state = bounded(params, "state", MAX_STATE_BYTES)?;
    if state.is_none() && client.settings.require_state {
        return Err(Reason::StateRequired);
    }
    let nonce = bounded(params, "nonce", MAX_NONCE_BYTES)?;
    if nonce.is_none() && client.settings.require_nonce {
        return Err(Reason::NonceRequired);
    }
    let scope = scope(params, client)?;
    let code_challenge =
        pkce::challenge(params.one("code_challenge"), params.one("code_challenge_method"))?;
    if code_challenge.is_none() && client.settings.requires_pkce() {
        return Err(Reason::PkceRequired);
    }
    let claims = ClaimsRequest::parse(params.one("claims"))
        .map_err(|fault| Reason::ClaimsMalformed { fault })?
        .limited_to(&claims::names_within(&client.settings.scope));
    Ok(AuthorizationRequest {
        client: client.key,
        redirect_uri: destination.redirect_uri,
        redirect_uri_was_sent: destination.was_sent,
        response_mode,
        scope_differs: is_not(&scope, params.one("scope")),
        scope,
        state,
        nonce,
        code_challenge,
        prompt: prompt(params)?,
        max_age: max_age(params)?.or(client.settings.default_max_age),
        login_hint: params
            .one("login_hint")
            .filter(|hint| hint.len() <= MAX_LOGIN_HINT_BYTES)
            .map(str::to_owned),
        id_token_hint: hinted_subject(id_token_hint)?,
        acr_values: list(params, "acr_values"),
        ui_locales: list(params, "ui_locales"),
        display: params.one("display").and_then(Display::from_value),
        claims,
        trial: destination.trial,
    })
}

fn check_unsupported(params: &Params) -> Result<(), Reason> {
    let unsupported = [
        ("request", Reason::RequestObjectUnsupported),
        ("request_uri", Reason::RequestUriUnsupported),
        ("registration", Reason::RegistrationUnsupported),
    ];
    match unsupported.into_iter().find(|(name, _)| params.one(name).is_some()) {
        Some((_, reason)) => Err(reason),
        None => Ok(()),
    }
}

fn check_response_type(params: &Params, client: &Client) -> Result<(), Reason> {
    match params.one("response_type") {
        Some("code") => {}
        Some(other) => return Err(Reason::ResponseTypeUnsupported { received: excerpt(other) }),
        None => return Err(Reason::ResponseTypeMissing),
    }
    client.settings.check_grant_type(GrantType::AuthorizationCode)
}

fn response_mode(params: &Params) -> Result<ResponseMode, Reason> {
    let Some(sent) = params.one("response_mode") else { return Ok(ResponseMode::Query) };
    ResponseMode::from_value(sent)
        .ok_or_else(|| Reason::ResponseModeUnknown { received: excerpt(sent) })
}

fn bounded(
    params: &Params,
    parameter: &'static str,
    limit: usize,
) -> Result<Option<String>, Reason> {
    match params.one(parameter) {
        Some(value) if value.len() > limit => {
            Err(Reason::ParameterTooLong { parameter, length: value.len(), limit })
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// What the client may have of what it asks for (AS-23: words it may not have are ignored). Without
/// `scope` it gets its registered default, which never makes the request an OpenID one.
fn scope(params: &Params, client: &Client) -> Result<Scope, Reason> {
    let allowed = client.settings.grantable_scope();
    let Some(sent) = params.one("scope") else {
        return Ok(allowed.difference(&Scope::of(["openid", "offline_access"])));
    };
    let asked =
        Scope::parse(sent).map_err(|_| Reason::ScopeMalformed { received: excerpt(sent) })?;
    let granted = asked.intersection(&allowed);
    let with_comma = asked.iter().filter(|word| word.contains(',') && !allowed.contains(word));
    if with_comma.flat_map(|word| word.split(',')).any(|word| allowed.contains(word)) {
        return Err(Reason::ScopeSeparatedByCommas { received: excerpt(sent) });
    }
    if granted.is_empty() && !asked.is_empty() {
        let registered = client.settings.scope.clone();
        return Err(Reason::ScopeNotAllowed { received: excerpt(sent), registered });
    }
    Ok(granted)
}

fn is_not(scope: &Scope, sent: Option<&str>) -> bool {
    sent.and_then(|sent| Scope::parse(sent).ok()).as_ref() != Some(scope)
}

/// Values that we do not know are ignored, as OIDC Core §3.1.2.1 permits.
fn prompt(params: &Params) -> Result<BTreeSet<Prompt>, Reason> {
    let Some(sent) = params.one("prompt") else { return Ok(BTreeSet::new()) };
    let words: Vec<&str> = sent.split_ascii_whitespace().collect();
    if words.contains(&"none") && words.len() > 1 {
        return Err(Reason::PromptNoneCombined { received: excerpt(sent) });
    }
    Ok(words.into_iter().filter_map(Prompt::from_value).collect())
}

fn max_age(params: &Params) -> Result<Option<u64>, Reason> {
    let Some(sent) = params.one("max_age") else { return Ok(None) };
    let digits = sent.bytes().all(|byte| byte.is_ascii_digit());
    match sent.parse() {
        Ok(seconds) if digits => Ok(Some(seconds)),
        _ => Err(Reason::MaxAgeMalformed { received: excerpt(sent) }),
    }
}

fn hinted_subject(hint: IdTokenHint) -> Result<Option<String>, Reason> {
    match hint {
        IdTokenHint::Absent => Ok(None),
        IdTokenHint::Subject(subject) => Ok(Some(subject.0)),
        IdTokenHint::Unusable => Err(Reason::IdTokenHintUnusable),
    }
}

/// A list of preferences is never an error (AS-41): what is beyond the bound is not read.
fn list(params: &Params, name: &str) -> Vec<String> {
    let words = params.one(name).unwrap_or_default().split_ascii_whitespace();
    words.filter(|word| word.len() <= 256).take(MAX_LISTED_VALUES).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
