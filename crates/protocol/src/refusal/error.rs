//! What a peer hears, and how it is written.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::case_code::CaseCode;

/// The registered error codes that we answer (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009
/// §2.2.1, OIDC Core §3.1.2.6, Unmet Authentication Requirements).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words are the registered ones")]
pub enum ErrorCode {
    InvalidRequest,
    UnauthorizedClient,
    AccessDenied,
    UnsupportedResponseType,
    InvalidScope,
    ServerError,
    TemporarilyUnavailable,
    InvalidClient,
    InvalidGrant,
    UnsupportedGrantType,
    InteractionRequired,
    LoginRequired,
    AccountSelectionRequired,
    ConsentRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    UnmetAuthenticationRequirements,
    InvalidToken,
    InsufficientScope,
    UnsupportedTokenType,
}

impl ErrorCode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InteractionRequired => "interaction_required",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
        }
    }

    /// The HTTP status of an answer in JSON (RFC 6749 §5.2, RFC 6750 §3.1).
    pub(super) fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// How a 401 or 403 says what would be accepted (RFC 9110 §11.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// Client authentication (RFC 7617).
    Basic,
    /// A bearer token was needed and none was sent: no error is named (RFC 6750 §3.1).
    BearerBare,
    /// The bearer token that was sent would not do.
    Bearer {
        /// The scope that is needed.
        scope: Option<&'static str>,
    },
}

/// What the peer hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// `error`.
    pub code: ErrorCode,
    /// `error_description`: printable ASCII without `"` and `\`.
    pub description: Cow<'static, str>,
    /// The catalogue's code, which `error_uri` leads to.
    pub catalogue: &'static str,
    /// The HTTP status, when it is not sent by redirect.
    pub status: u16,
    /// What `WWW-Authenticate` demands.
    pub challenge: Option<Challenge>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl WireError {
    /// `error_uri` (RFC 6749 §4.1.2.1, §5.2): the page of the catalogue, below `issuer`.
    pub fn uri(&self, issuer: &str) -> String {
        format!("{}/errors/{}", issuer.trim_end_matches('/'), self.catalogue)
    }

    /// The JSON body (RFC 6749 §5.2).
    pub fn body(&self, case: Option<CaseCode>, issuer: &str) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(self.code.as_str()));
        body.insert("error_description".to_owned(), json!(self.described(case)));
        body.insert("error_uri".to_owned(), json!(self.uri(issuer)));
        body
    }

    /// The description, followed by the case code that names the attempt.
    pub fn described(&self, case: Option<CaseCode>) -> String {
        match case {
            Some(case) => format!("{} (case {case})", self.description),
            None => self.description.to_string(),
        }
    }

    /// The value of `WWW-Authenticate`. `realm` is ours and holds no quote, nor does the rest (RFC 6749
    /// §5.2). The error stands here as it does in the body, for libraries that do not read the body of
    /// an answer with a challenge (RFC 6750 §3; RFC 9110 §11.6.1 leaves parameters open for Basic).
    pub fn www_authenticate(
        &self,
        realm: &str,
        case: Option<CaseCode>,
        issuer: &str,
    ) -> Option<String> {
        let told = || {
            let (code, description) = (self.code.as_str(), self.described(case));
            let uri = self.uri(issuer);
            format!("error=\"{code}\", error_description=\"{description}\", error_uri=\"{uri}\"")
        };
        Some(match self.challenge? {
            Challenge::Basic => format!("Basic realm=\"{realm}\", charset=\"UTF-8\", {}", told()),
            Challenge::BearerBare => format!("Bearer realm=\"{realm}\""),
            Challenge::Bearer { scope } => {
                let scope = scope.map(|scope| format!(", scope=\"{scope}\"")).unwrap_or_default();
                format!("Bearer realm=\"{realm}\", {}{scope}", told())
            }
        })
    }
}
