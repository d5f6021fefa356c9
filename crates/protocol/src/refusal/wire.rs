//! From the reason to what the peer hears.

use std::borrow::Cow;

use super::Reason;
use super::error::{Challenge, ErrorCode, WireError};

impl Reason {
    /// What the peer hears of it. There is no wildcard arm: a new misdeed needs a decision.
    pub fn wire(&self) -> WireError {
        use ErrorCode as E;
        let (code, description): (ErrorCode, Cow<'static, str>) = match self {
            Self::MalformedParameters { .. } => {
                (E::InvalidRequest, "the parameters cannot be read".into())
            }
            Self::UnreadableBody { fault, .. } => (E::InvalidRequest, fault.clone().into()),
            Self::RepeatedParameter { parameter } => {
                (E::InvalidRequest, format!("{parameter} was sent more than once").into())
            }
            Self::MissingParameter { parameter } => {
                (E::InvalidRequest, format!("{parameter} is missing").into())
            }
            Self::ParameterTooLong { parameter, .. } => {
                (E::InvalidRequest, format!("{parameter} is too long").into())
            }
            Self::MethodNotAllowed { allowed, .. } => {
                (E::InvalidRequest, format!("this endpoint takes {allowed} only").into())
            }
            Self::DiscoveryMisplaced { .. } => (
                E::InvalidRequest,
                "there is no discovery document here; use the bare issuer as issuer".into(),
            ),

            Self::ClientUnknown { .. } | Self::ClientDisabled { .. } => {
                (E::InvalidClient, "no active client has this client_id".into())
            }
            Self::RedirectUriMissing { .. } => {
                (E::InvalidRequest, "redirect_uri is missing".into())
            }
            Self::RedirectUriMismatch { .. } => {
                (E::InvalidRequest, "redirect_uri is not registered for this client".into())
            }

            Self::ResponseTypeMissing => (E::InvalidRequest, "response_type is missing".into()),
            Self::ResponseTypeUnsupported { .. } => {
                (E::UnsupportedResponseType, "the supported response_type is code".into())
            }
            Self::ResponseModeUnknown { .. } => {
                (E::InvalidRequest, "response_mode must be query, fragment or form_post".into())
            }
            Self::RequestObjectUnsupported => {
                (E::RequestNotSupported, "the request parameter is not supported".into())
            }
            Self::RequestUriUnsupported => {
                (E::RequestUriNotSupported, "the request_uri parameter is not supported".into())
            }
            Self::RegistrationUnsupported => {
                (E::RegistrationNotSupported, "the registration parameter is not supported".into())
            }
            Self::GrantTypeNotRegistered { .. } => {
                (E::UnauthorizedClient, "the client is not registered for this grant".into())
            }
            Self::ScopeMalformed { .. } => (E::InvalidScope, "scope is malformed".into()),
            Self::ScopeSeparatedByCommas { .. } => {
                (E::InvalidScope, "separate the words of scope by spaces, not by commas".into())
            }
            Self::ScopeNotAllowed { .. } => {
                (E::InvalidScope, "nothing of this scope is allowed to the client".into())
            }
            Self::StateRequired => {
                (E::InvalidRequest, "state is missing; this client must send it".into())
            }
            Self::NonceRequired => {
                (E::InvalidRequest, "nonce is missing; this client must send it".into())
            }
            Self::PromptNoneCombined { .. } => {
                (E::InvalidRequest, "prompt=none cannot be combined with other values".into())
            }
            Self::MaxAgeMalformed { .. } => {
                (E::InvalidRequest, "max_age must be a whole number of seconds".into())
            }
            Self::ClaimsMalformed { .. } => (
                E::InvalidRequest,
                "claims must be a JSON object as in OpenID Connect Core section 5.5".into(),
            ),
            Self::PkceRequired => (
                E::InvalidRequest,
                "code_challenge is missing; this client must use PKCE with S256".into(),
            ),
            Self::PkceChallengeMissing { .. } => {
                (E::InvalidRequest, "code_challenge_method was sent without code_challenge".into())
            }
            Self::PkceMethodUnsupported { .. } => {
                (E::InvalidRequest, "code_challenge_method must be S256".into())
            }
            Self::PkceChallengeMalformed { .. } => (
                E::InvalidRequest,
                "code_challenge must be 43 characters of base64url, the SHA-256 of the verifier"
                    .into(),
            ),
            Self::IdTokenHintUnusable => {
                (E::InvalidRequest, "id_token_hint is not an ID token of this issuer".into())
            }

            Self::LoginRequired { .. } => (E::LoginRequired, "the user has to sign in".into()),
            Self::InteractionRequired { .. } => {
                (E::InteractionRequired, "the user has to be asked for more".into())
            }
            Self::ConsentRequired { .. } => {
                (E::ConsentRequired, "the user has to agree first".into())
            }
            Self::AccountSelectionRequired => {
                (E::AccountSelectionRequired, "the user has to choose an account".into())
            }
            Self::AcrUnmet { .. } => (
                E::UnmetAuthenticationRequirements,
                "the essential acr cannot be reached for this user".into(),
            ),
            Self::UserNotInGroups { .. }
            | Self::UserNotInOrganizations { .. }
            | Self::TestUserAtLiveClient { .. } => {
                (E::AccessDenied, "this user may not use this client".into())
            }
            Self::CancelledAtLogin => (E::AccessDenied, "the user cancelled the sign-in".into()),
            Self::ConsentDeclined => (E::AccessDenied, "the user declined".into()),
            Self::PendingUnknown => {
                (E::InvalidRequest, "this sign-in was not started in this browser".into())
            }
            Self::CookieMissing => {
                (E::InvalidRequest, "the browser did not send the cookie of the sign-in".into())
            }
            Self::PendingExpired { .. } => {
                (E::InvalidRequest, "this sign-in took too long; start again".into())
            }
            Self::PendingCompleted { .. } => {
                (E::InvalidRequest, "this sign-in was completed before; start again".into())
            }
            Self::LinkUnusable => {
                (E::InvalidRequest, "this link was used, replaced or is too old".into())
            }
            Self::CrossSiteForm => {
                (E::InvalidRequest, "the form was not sent by its own page".into())
            }

            Self::ClientAuthMissing
            | Self::AuthorizationScheme { .. }
            | Self::BasicNotBase64
            | Self::BasicWithoutColon
            | Self::BasicTooLong { .. }
            | Self::ClientAssertionUnsupported
            | Self::ClientIdContradiction { .. }
            | Self::AuthClientUnknown { .. }
            | Self::AuthClientDisabled { .. }
            | Self::AuthMethodNotRegistered { .. }
            | Self::SecretNoneRegistered { .. }
            | Self::SecretExpired { .. }
            | Self::SecretRevoked { .. }
            | Self::SecretWrong { .. }
            | Self::CredentialsSwapped { .. } => {
                (E::InvalidClient, "client authentication failed".into())
            }
            Self::SeveralAuthMethods => (
                E::InvalidRequest,
                "send the client credentials in the header or in the form, not in both".into(),
            ),

            Self::GrantTypeUnsupported { .. } => (
                E::UnsupportedGrantType,
                "grant_type must be authorization_code, refresh_token or client_credentials".into(),
            ),
            Self::CodeUnknown | Self::CodeOfAnotherClient { .. } | Self::CodeReplayed { .. } => {
                (E::InvalidGrant, "the code is not valid".into())
            }
            Self::CodeExpired { .. } => (E::InvalidGrant, "the code has expired".into()),
            Self::CodeRedirectUriMissing { .. } => (
                E::InvalidGrant,
                "redirect_uri is missing; it must repeat that of the authorization request".into(),
            ),
            Self::CodeRedirectUriMismatch { .. } => {
                (E::InvalidGrant, "redirect_uri is not that of the authorization request".into())
            }
            Self::CodeVerifierMissing => (E::InvalidGrant, "code_verifier is missing".into()),
            Self::CodeVerifierMalformed { .. } => (
                E::InvalidGrant,
                "code_verifier must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~".into(),
            ),
            Self::CodeVerifierWrong { .. } => {
                (E::InvalidGrant, "code_verifier does not match the code_challenge".into())
            }
            Self::CodeVerifierUnexpected => (
                E::InvalidGrant,
                "code_verifier was sent, but the authorization request had no code_challenge"
                    .into(),
            ),
            Self::RefreshTokenUnknown
            | Self::RefreshTokenOfAnotherClient { .. }
            | Self::RefreshTokenReused { .. } => {
                (E::InvalidGrant, "the refresh token is not valid".into())
            }
            Self::RefreshTokenExpired { .. } | Self::GrantTooOld { .. } => {
                (E::InvalidGrant, "the refresh token has expired".into())
            }
            Self::ScopeWidened { .. } => {
                (E::InvalidScope, "scope asks for more than was granted".into())
            }
            Self::ClientCredentialsOfPublicClient => (
                E::UnauthorizedClient,
                "a client without credentials cannot use client_credentials".into(),
            ),
            Self::GrantClientInactive { .. }
            | Self::GrantUserGone
            | Self::GrantUserDisabled
            | Self::GrantOrganizationDisabled
            | Self::GrantAcrossOrganizations
            | Self::GrantUserNotInGroups { .. }
            | Self::GrantUserNotInOrganizations { .. }
            | Self::GrantOfTestUser { .. }
            | Self::GrantRevoked { .. }
            | Self::GrantBeforeNotBefore { .. }
            | Self::GrantSessionOver { .. } => {
                (E::InvalidGrant, "the grant is no longer valid".into())
            }

            Self::BearerMissing => (E::InvalidToken, "an access token is needed".into()),
            Self::BearerMalformed => (E::InvalidRequest, "the access token cannot be read".into()),
            Self::BearerInSeveralPlaces => {
                (E::InvalidRequest, "send the access token in one place".into())
            }
            Self::BearerInQuery => {
                (E::InvalidRequest, "send the access token in the Authorization header".into())
            }
            Self::AccessTokenUnknown
            | Self::AccessTokenRevoked { .. }
            | Self::AccessTokenOrphaned { .. } => {
                (E::InvalidToken, "the access token is not valid".into())
            }
            Self::AccessTokenExpired { .. } => {
                (E::InvalidToken, "the access token has expired".into())
            }
            Self::ScopeInsufficient { .. } => {
                (E::InsufficientScope, "the access token lacks the needed scope".into())
            }
            Self::AccessTokenWithoutUser => {
                (E::InsufficientScope, "the access token stands for no user".into())
            }

            Self::IntrospectionByPublicClient { .. } => {
                (E::UnauthorizedClient, "a client without credentials cannot introspect".into())
            }
            Self::TokenOfAnotherClient { .. } => {
                (E::InvalidGrant, "the token was issued to another client".into())
            }
            Self::TokenTypeUnsupported { .. } => {
                (E::UnsupportedTokenType, "only access and refresh tokens can be revoked".into())
            }

            Self::LogoutHintUnusable => {
                (E::InvalidRequest, "id_token_hint is not an ID token of this issuer".into())
            }
            Self::LogoutClientContradiction { .. } => {
                (E::InvalidRequest, "client_id is not the client of id_token_hint".into())
            }
            Self::LogoutClientUnknown { .. } => {
                (E::InvalidRequest, "no active client has this client_id".into())
            }
            Self::LogoutRedirectWithoutClient { .. } => (
                E::InvalidRequest,
                "post_logout_redirect_uri needs id_token_hint or client_id".into(),
            ),
            Self::LogoutRedirectMismatch { .. } => (
                E::InvalidRequest,
                "post_logout_redirect_uri is not registered for this client".into(),
            ),

            Self::TooManyRequests { .. } => {
                (E::TemporarilyUnavailable, "too many requests; try again later".into())
            }
            Self::Overloaded { .. } | Self::StoreUnavailable { .. } => {
                (E::TemporarilyUnavailable, "the server is busy; try again shortly".into())
            }
            Self::ServerFault { .. } => {
                (E::ServerError, "the server failed; the operator has been told".into())
            }
        };
        WireError {
            code,
            description,
            catalogue: self.entry().heard,
            status: self.status(code),
            challenge: self.challenge(code),
            retry_after: self.retry_after(),
        }
    }

    fn status(&self, code: ErrorCode) -> u16 {
        match self {
            // Shown to a person by the authorization endpoint, where 401 would promise a challenge.
            Self::ClientUnknown { .. } | Self::ClientDisabled { .. } => 400,
            Self::CrossSiteForm => 403,
            Self::DiscoveryMisplaced { .. } => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::LinkUnusable => 410,
            Self::UnreadableBody { status, .. } => *status,
            Self::TooManyRequests { .. } => 429,
            _ => code.status(),
        }
    }

    fn challenge(&self, code: ErrorCode) -> Option<Challenge> {
        match (self, code) {
            (Self::ClientUnknown { .. } | Self::ClientDisabled { .. }, _) => None,
            (Self::BearerMissing, _) => Some(Challenge::BearerBare),
            (Self::ScopeInsufficient { required, .. }, _) => {
                Some(Challenge::Bearer { scope: Some(required) })
            }
            (Self::AccessTokenWithoutUser, _) => Some(Challenge::Bearer { scope: Some("openid") }),
            (Self::BearerMalformed | Self::BearerInSeveralPlaces | Self::BearerInQuery, _)
            | (_, ErrorCode::InvalidToken) => Some(Challenge::Bearer { scope: None }),
            (_, ErrorCode::InvalidClient) => Some(Challenge::Basic),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after_seconds } => Some(*retry_after_seconds),
            Self::Overloaded { .. } | Self::StoreUnavailable { .. } => Some(1),
            _ => None,
        }
    }
}
