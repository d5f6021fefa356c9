//! The closed sets of words of a client's settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How tokens are obtained (RFC 6749 §1.3).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
}

impl GrantType {
    /// All grant types.
    pub const ALL: [Self; 3] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// How a client authenticates (OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AuthMethod {
    /// HTTP Basic, RFC 6749 §2.3.1.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form, RFC 6749 §2.3.1.
    #[serde(rename = "client_secret_post")]
    Post,
    /// Either of the two.
    #[serde(rename = "basic_or_post")]
    BasicOrPost,
    /// None: a public client, which then must use PKCE.
    #[serde(rename = "none")]
    None,
}

/// Whether PKCE is demanded. It is verified whenever it is sent; `plain` is always refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PkcePolicy {
    /// A request without `code_challenge` is refused.
    Required,
    /// For confidential clients whose library sends none.
    Optional,
}

/// Signature algorithms that we sign with (RFC 7518 §3.1, RFC 8037).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum SigningAlg {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RS384")]
    Rs384,
    #[serde(rename = "RS512")]
    Rs512,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlg {
    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// What an access token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A reference that only we can resolve.
    Opaque,
    /// A signed JWT (RFC 9068), which we still resolve by its digest.
    Jwt {
        /// What signs it.
        alg: SigningAlg,
    },
}

/// Where claims of granted scopes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsPlacement {
    /// Userinfo only, as OIDC Core §5.4 has it when an access token is issued.
    Userinfo,
    /// ID token as well, for clients that never call userinfo.
    IdTokenAndUserinfo,
}

/// Whether the user is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// Asked once, and again only when the set grows.
    Ask,
    /// A first-party client: not asked.
    Implied,
}

/// Test or live registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// For trying out.
    Test,
    /// For patients.
    Live,
}
