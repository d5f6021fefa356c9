//! Saying no, to two readers.
//!
//! A decision that refuses returns a [`Reason`]: one variant per misdeed, with the facts that were
//! compared. The operator reads it ([`Reason::word`], [`Reason::facts`], [`Reason::entry`]).
//! The peer hears a [`WireError`], which [`Reason::wire`] alone makes: a standard code and a
//! description that gives nothing away. Nothing leads back from the second type to the first.
//!
//! Facts never hold a secret, a code or a token. What a stranger sent passes through [`excerpt`].

pub mod catalogue;
mod error;
mod hint;
mod wire;

use serde::Serialize;

pub use catalogue::{Entry, Mender, Situation};
pub use error::{Challenge, ErrorCode, WireError};
pub use hint::Hint;

use crate::Timestamp;
use crate::authorize::claims_request::ClaimsFault;
use crate::authorize::interaction::LoginReason;
use crate::client::{AuthMethod, GrantType};
use crate::client_auth::{AuthMethodUsed, SecretDiagnosis};
use crate::ids::ClientId;
use crate::params::ParamsError;
use crate::redirect_uri::Difference;
use crate::scope::Scope;

/// Why a request was refused. One variant per misdeed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reason", content = "facts", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the compared facts and bear the parameters' names")]
pub enum Reason {
    // The shape of a request, at any endpoint.
    /// The bytes are no parameters.
    MalformedParameters { error: ParamsError },
    /// The body was not read: not a form, too large, too slow, broken off.
    UnreadableBody { fault: String, media_type: Option<String>, status: u16 },
    /// A parameter was sent twice (RFC 6749 §3.1, §3.2).
    RepeatedParameter { parameter: &'static str },
    /// A required parameter is absent.
    MissingParameter { parameter: &'static str },
    /// A value is longer than we keep.
    ParameterTooLong { parameter: &'static str, length: usize, limit: usize },
    /// A method that the endpoint does not take.
    MethodNotAllowed { received: String, allowed: &'static str, secret_in_url: bool },
    /// A discovery document at a path where there is none.
    DiscoveryMisplaced { received: String },

    // The authorization endpoint before the redirect URI is trusted: shown, never redirected.
    /// No registered client has this `client_id`.
    ClientUnknown { client_id: String },
    /// The client is switched off.
    ClientDisabled { client_id: ClientId },
    /// `redirect_uri` was omitted and the client has not exactly one.
    RedirectUriMissing { registered: usize },
    /// `redirect_uri` is not a registered one.
    RedirectUriMismatch { received: String, nearest: Option<String>, difference: Difference },

    // The authorization endpoint afterwards: sent back to the client.
    /// `response_type` is absent.
    ResponseTypeMissing,
    /// `response_type` is not `code`.
    ResponseTypeUnsupported { received: String },
    /// `response_mode` is none of ours.
    ResponseModeUnknown { received: String },
    /// `request` was sent (OIDC Core §6.1).
    RequestObjectUnsupported,
    /// `request_uri` was sent (OIDC Core §6.2).
    RequestUriUnsupported,
    /// `registration` was sent (OIDC Core §7.2.1).
    RegistrationUnsupported,
    /// The client is not registered for the grant.
    GrantTypeNotRegistered { used: GrantType, registered: Vec<GrantType> },
    /// `scope` breaks the character rules of RFC 6749 §3.3.
    ScopeMalformed { received: String },
    /// `scope` is a list with commas instead of spaces.
    ScopeSeparatedByCommas { received: String },
    /// Nothing of what was asked for is allowed.
    ScopeNotAllowed { received: String, registered: Scope },
    /// The client's registration demands `state`.
    StateRequired,
    /// The client's registration demands `nonce`.
    NonceRequired,
    /// `prompt=none` beside another value (OIDC Core §3.1.2.1).
    PromptNoneCombined { received: String },
    /// `max_age` is no whole number of seconds.
    MaxAgeMalformed { received: String },
    /// `claims` is not what OIDC Core §5.5 describes.
    ClaimsMalformed { fault: ClaimsFault },
    /// The client must use PKCE and did not.
    PkceRequired,
    /// A method without a challenge.
    PkceChallengeMissing { method: String },
    /// A challenge with a method that is not S256.
    PkceMethodUnsupported { received: Option<String> },
    /// A challenge that is no SHA-256 in base64url.
    PkceChallengeMalformed { length: usize },
    /// `id_token_hint` is no ID token of ours.
    IdTokenHintUnusable,

    // The interaction with the user.
    /// `prompt=none`, but the user has to sign in.
    LoginRequired { why: LoginReason },
    /// `prompt=none`, but the user has to do something besides.
    InteractionRequired { why: LoginReason },
    /// `prompt=none`, but the user has to agree.
    ConsentRequired { scope: Scope, claims: Vec<String> },
    /// `prompt=none`, but the user has to choose.
    AccountSelectionRequired,
    /// An essential `acr` that the sign-in cannot reach.
    AcrUnmet { wanted: Vec<String>, held: Option<&'static str> },
    /// The user is in none of the client's groups.
    UserNotInGroups { allowed: Vec<String>, member_of: Vec<String> },
    /// The user belongs to none of the client's organizations.
    UserNotInOrganizations { allowed: Vec<String>, organization: String },
    /// A test user at the live registration of a client.
    TestUserAtLiveClient { client_id: ClientId },
    /// The user gave up signing in.
    CancelledAtLogin,
    /// The user declined to share.
    ConsentDeclined,
    /// No such pending request, or none of this browser's.
    PendingUnknown,
    /// The browser sent no cookie that would show which requests are its own.
    CookieMissing,
    /// The pending request waited too long.
    PendingExpired { expired_at: Timestamp },
    /// The pending request was answered before.
    PendingCompleted { completed_at: Timestamp },
    /// A form that did not come from our page.
    CrossSiteForm,
    /// A one-time link that was used, replaced, or is too old.
    LinkUnusable,

    // Client authentication: all the same to the peer.
    /// Nothing says which client it is.
    ClientAuthMissing,
    /// An `Authorization` scheme other than Basic.
    AuthorizationScheme { scheme: String },
    /// Basic credentials that are not base64 of UTF-8.
    BasicNotBase64,
    /// Basic credentials without a colon.
    BasicWithoutColon,
    /// Basic credentials beyond the bound.
    BasicTooLong { length: usize, limit: usize },
    /// Credentials in two places (RFC 6749 §2.3).
    SeveralAuthMethods,
    /// A client assertion, which we do not read.
    ClientAssertionUnsupported,
    /// `client_id` in the form is not the one of the header.
    ClientIdContradiction { header: String, form: String },
    /// No registered client has this `client_id`.
    AuthClientUnknown { client_id: String, used: AuthMethodUsed, secret_of: Option<ClientId> },
    /// The client is switched off.
    AuthClientDisabled { client_id: ClientId },
    /// Not the method the client registered (AS-67).
    AuthMethodNotRegistered { used: AuthMethodUsed, registered: AuthMethod },
    /// A confidential client without any secret.
    SecretNoneRegistered { client_id: ClientId },
    /// A secret past its end.
    SecretExpired { label: String, expired_at: Timestamp },
    /// A revoked secret.
    SecretRevoked { label: String, revoked_at: Timestamp },
    /// A wrong secret.
    SecretWrong { used: AuthMethodUsed, diagnosis: SecretDiagnosis, secret_of: Option<ClientId> },
    /// The secret was sent as id and the id as secret.
    CredentialsSwapped { client_id: ClientId },

    // The token endpoint.
    /// `grant_type` is none of ours.
    GrantTypeUnsupported { received: String },
    /// A code that we never made, or purged.
    CodeUnknown,
    /// A code that was issued to another client.
    CodeOfAnotherClient { client_id: ClientId },
    /// A code that was used before.
    CodeReplayed { redeemed_at: Timestamp, now: Timestamp },
    /// A code past its end.
    CodeExpired { expired_at: Timestamp, late_by_seconds: u64 },
    /// The authorization request named its `redirect_uri`, the token request does not.
    CodeRedirectUriMissing { expected: String },
    /// Another `redirect_uri` than that of the authorization request.
    CodeRedirectUriMismatch { received: String, expected: String, difference: Difference },
    /// A challenge was sent, a verifier is not.
    CodeVerifierMissing,
    /// A verifier outside of RFC 7636 §4.1.
    CodeVerifierMalformed { length: usize },
    /// A verifier that does not match the challenge.
    CodeVerifierWrong { is_challenge: bool },
    /// A verifier although no challenge was sent: somebody removed it (RFC 9700 §4.8.2).
    CodeVerifierUnexpected,
    /// A refresh token that we never made, or purged.
    RefreshTokenUnknown,
    /// A refresh token that was issued to another client.
    RefreshTokenOfAnotherClient { client_id: ClientId },
    /// A refresh token that has a successor: it, or the successor, was stolen.
    RefreshTokenReused { generation: i64, retired_at: Timestamp, now: Timestamp },
    /// A refresh token that was not used for too long.
    RefreshTokenExpired { expired_at: Timestamp },
    /// A grant past its longest life.
    GrantTooOld { created_at: Timestamp, limit_seconds: u64 },
    /// More scope than was granted (RFC 6749 §6).
    ScopeWidened { received: Scope, granted: Scope },
    /// client_credentials without credentials (RFC 6749 §4.4).
    ClientCredentialsOfPublicClient,

    // What every path that mints a token checks again.
    /// The client was switched off, or moved, since the grant.
    GrantClientInactive { client_id: ClientId },
    /// The user is gone.
    GrantUserGone,
    /// The user may no longer sign in.
    GrantUserDisabled,
    /// The organization was switched off.
    GrantOrganizationDisabled,
    /// Client, user and grant do not belong together.
    GrantAcrossOrganizations,
    /// The user left the client's groups.
    GrantUserNotInGroups { allowed: Vec<String>, member_of: Vec<String> },
    /// The client was limited to organizations that the user's is not among.
    GrantUserNotInOrganizations { allowed: Vec<String>, organization: String },
    /// The user is a test user and the client's registration is live.
    GrantOfTestUser { client_id: ClientId },
    /// The grant was revoked.
    GrantRevoked { revoked_at: Timestamp },
    /// The grant is older than the user's "sign out everywhere".
    GrantBeforeNotBefore { granted_at: Timestamp, not_before: Timestamp },
    /// The session that the grant lives in is over.
    GrantSessionOver { ended_at: Option<Timestamp> },

    // Bearer tokens at our own endpoints (RFC 6750).
    /// No token was sent.
    BearerMissing,
    /// The header or the form holds no token.
    BearerMalformed,
    /// A token in two places (RFC 6750 §2).
    BearerInSeveralPlaces,
    /// A token in the query, where logs and histories keep it.
    BearerInQuery,
    /// A token that we never made, or purged.
    AccessTokenUnknown,
    /// A token past its end.
    AccessTokenExpired { expired_at: Timestamp, late_by_seconds: u64 },
    /// A revoked token.
    AccessTokenRevoked { revoked_at: Timestamp },
    /// What the token came from no longer stands.
    AccessTokenOrphaned { because: Box<Reason> },
    /// A token without the scope that is needed.
    ScopeInsufficient { required: &'static str, granted: Scope },
    /// A token of a client itself, where a user's is needed.
    AccessTokenWithoutUser,

    // Introspection and revocation.
    /// A client without secret asks about tokens.
    IntrospectionByPublicClient { client_id: ClientId },
    /// A token of another client is asked about.
    TokenOfAnotherClient { client_id: ClientId },
    /// Something that is no token is to be revoked (RFC 7009 §2.2.1).
    TokenTypeUnsupported { presented: &'static str },

    // Logout.
    /// The hint is no ID token of ours.
    LogoutHintUnusable,
    /// `client_id` is not the audience of the hint.
    LogoutClientContradiction { client_id: ClientId, hint: ClientId },
    /// No registered client has this `client_id`.
    LogoutClientUnknown { client_id: String },
    /// A redirect is wanted and nothing says which client's.
    LogoutRedirectWithoutClient { received: String },
    /// `post_logout_redirect_uri` is not a registered one.
    LogoutRedirectMismatch { received: String, nearest: Option<String>, difference: Difference },

    // Ourselves.
    /// Too many requests from one place.
    TooManyRequests { retry_after_seconds: u64 },
    /// A queue is full.
    Overloaded { queue: &'static str },
    /// The account store does not answer.
    StoreUnavailable { during: &'static str },
    /// A fault of ours.
    ServerFault { during: &'static str },
}

impl Reason {
    /// The stable word of the misdeed: `redirect_uri_mismatch`.
    pub fn word(&self) -> String {
        match self.document().get_mut("reason").map(serde_json::Value::take) {
            Some(serde_json::Value::String(word)) => word,
            _ => "unknown".to_owned(),
        }
    }

    /// The compared facts; null when there are none.
    pub fn facts(&self) -> serde_json::Value {
        self.document().get_mut("facts").map(serde_json::Value::take).unwrap_or_default()
    }

    /// The compared facts, and what the request looks like, as the event log keeps them.
    pub fn recorded(&self) -> serde_json::Value {
        let hints = self.hints();
        let mut facts = self.facts();
        if hints.is_empty() {
            return facts;
        }
        if facts.is_null() {
            facts = serde_json::json!({});
        }
        if let Some(facts) = facts.as_object_mut() {
            facts.insert("hints".to_owned(), serde_json::to_value(hints).unwrap_or_default());
        }
        facts
    }

    /// Says whose secret it is that did not fit, where that is what went wrong.
    #[must_use]
    pub fn with_secret_of(mut self, owner: Option<ClientId>) -> Self {
        if let Self::SecretWrong { secret_of, .. } | Self::AuthClientUnknown { secret_of, .. } =
            &mut self
        {
            *secret_of = owner;
        }
        self
    }

    /// Whether it answers a flood: those are counted by the metrics, not written down one by one.
    pub fn is_flood(&self) -> bool {
        matches!(self, Self::TooManyRequests { .. } | Self::Overloaded { .. })
    }

    fn document(&self) -> serde_json::Value {
        // Every fact is a plain value with string keys, so this does not fail.
        serde_json::to_value(self).unwrap_or_default()
    }
}

const EXCERPT_CHARACTERS: usize = 512;
/// Ids that we hand out are shorter, secrets are longer.
const LONGEST_SHOWN_ID: usize = 40;

/// What a stranger sent, short enough to keep.
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A URI that a stranger sent: whole, unless no such URI could be registered anyway.
pub fn uri_excerpt(uri: &str) -> String {
    if uri.len() <= crate::redirect_uri::MAX_BYTES { uri.to_owned() } else { excerpt(uri) }
}

/// An unknown `client_id` as the operator may see it: a long one may be a secret in the wrong
/// place, so only its beginning is kept.
pub fn id_excerpt(text: &str) -> String {
    if text.len() <= LONGEST_SHOWN_ID {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(8).collect();
    format!("{beginning}… ({} bytes)", text.len())
}

#[cfg(test)]
mod tests;
