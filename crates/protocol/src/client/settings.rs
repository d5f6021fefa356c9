//! A client's policy and metadata.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};

use super::Relaxation;
use crate::brand::{Accent, LogoDigest};
use crate::claims::mapping::ClaimMap;
use crate::organization::Organization;
use crate::refusal::Reason;
use crate::scope::Scope;
use crate::user::User;

/// Policy and metadata of a client, as one document: what a declarative file states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSettings {
    /// Where codes may be sent, byte for byte (RFC 6749 §3.1.2).
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after logout, byte for byte (RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// What the client may ask for.
    pub scope: Scope,
    /// How it may obtain tokens.
    pub grant_types: BTreeSet<GrantType>,
    /// How it proves who it is at the token endpoint.
    pub auth_method: AuthMethod,
    /// Whether a code flow without PKCE is refused (RFC 7636).
    pub pkce: PkcePolicy,
    /// Whether it is an app on the user's device: custom schemes are allowed, and any port of an
    /// http loopback address (RFC 8252 §7).
    pub native: bool,
    /// Whether `nonce` is demanded.
    pub require_nonce: bool,
    /// Whether `state` is demanded.
    pub require_state: bool,
    /// What signs its ID tokens (OIDC Registration `id_token_signed_response_alg`).
    pub id_token_alg: SigningAlg,
    /// What an access token looks like.
    pub access_token: AccessTokenFormat,
    /// Where the claims of the granted scopes are delivered.
    pub claims_placement: ClaimsPlacement,
    /// What it is told beyond the claims of its scopes.
    pub claims: ClaimMap,
    /// Whether userinfo repeats `sub` as `id` and the names as `first_name` and `last_name`.
    pub claim_aliases: bool,
    /// Whether ID tokens carry `sid`.
    pub sid_in_id_token: bool,
    /// The `max_age` of requests that carry none, in seconds.
    pub default_max_age: Option<u64>,
    /// What happens with refresh tokens.
    pub refresh: RefreshPolicy,
    /// How long its artefacts live.
    pub lifetimes: Lifetimes,
    /// Whether the user is asked before data is shared.
    pub consent: ConsentPolicy,
    /// Origins that may show the sign-in pages in a frame; empty forbids framing.
    pub frame_ancestors: Vec<String>,
    /// Names of the groups whose members may use the client; empty lets everybody in whose
    /// organization may use it.
    pub groups: BTreeSet<String>,
    /// Slugs of the organizations whose users may use the client: its own, or ones below it. Empty
    /// lets in the users of its own organization alone.
    pub organizations: BTreeSet<String>,
    /// Whether it is a test registration or the real one.
    pub environment: Environment,
    /// The vendor profile it was made from.
    pub vendor_profile: Option<String>,
    /// The client's home page.
    pub client_uri: Option<String>,
    /// Its logo, an https URI; our pages show nothing from elsewhere, so they do not show it.
    pub logo_uri: Option<String>,
    /// The picture on our pages, one that was uploaded; without one the organization's is there.
    pub logo: Option<LogoDigest>,
    /// The colour of our pages, `#rrggbb`; without one it is the organization's.
    pub accent: Option<Accent>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Whom to ask about it.
    pub contacts: Vec<String>,
    /// The public keys of the client itself (OIDC Registration `jwks`).
    pub jwks: Option<serde_json::Value>,
    /// Where the client publishes them instead (OIDC Registration `jwks_uri`).
    pub jwks_uri: Option<String>,
    /// Why it is trusted more than the default trusts it, for each such point.
    pub reasons: BTreeMap<Relaxation, String>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            scope: Scope::of(["openid", "email", "profile"]),
            grant_types: BTreeSet::from([GrantType::AuthorizationCode]),
            auth_method: AuthMethod::Basic,
            pkce: PkcePolicy::Required,
            native: false,
            require_nonce: false,
            require_state: false,
            id_token_alg: SigningAlg::Rs256,
            access_token: AccessTokenFormat::Jwt { alg: SigningAlg::Es256 },
            claims_placement: ClaimsPlacement::Userinfo,
            claims: ClaimMap::default(),
            claim_aliases: false,
            sid_in_id_token: false,
            default_max_age: None,
            refresh: RefreshPolicy::default(),
            lifetimes: Lifetimes::default(),
            consent: ConsentPolicy::Ask,
            frame_ancestors: Vec::new(),
            groups: BTreeSet::new(),
            organizations: BTreeSet::new(),
            environment: Environment::Live,
            vendor_profile: None,
            client_uri: None,
            logo_uri: None,
            logo: None,
            accent: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            jwks: None,
            jwks_uri: None,
            reasons: BTreeMap::new(),
        }
    }
}

/// The settings of the first version. Whatever came later is kept only where it was set.
const FIRST: [&str; 27] = [
    "redirect_uris",
    "post_logout_redirect_uris",
    "scope",
    "grant_types",
    "auth_method",
    "pkce",
    "native",
    "require_nonce",
    "require_state",
    "id_token_alg",
    "access_token",
    "claims_placement",
    "claim_aliases",
    "sid_in_id_token",
    "default_max_age",
    "refresh",
    "lifetimes",
    "consent",
    "frame_ancestors",
    "groups",
    "environment",
    "vendor_profile",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
];

/// Settings as a row keeps them: without the later ones that are at their default.
///
/// A node of the version before refuses words that it does not know. So it still reads such a client
/// during a rolling upgrade (promise P7); one of which a later setting says something it refuses,
/// rather than forget a limit that it knows nothing of. For the same reason the default of a later
/// setting never changes.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a>(pub &'a ClientSettings);

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let written = |settings| serde_json::to_value(settings).map_err(S::Error::custom);
        let (mut kept, usual) = (written(self.0)?, written(&ClientSettings::default())?);
        if let Some(settings) = kept.as_object_mut() {
            settings.retain(|name, value| {
                FIRST.contains(&name.as_str()) || usual.get(name) != Some(value)
            });
        }
        kept.serialize(to)
    }
}

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

/// What happens with refresh tokens (RFC 9700 §4.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RefreshPolicy {
    /// Whether each use yields a successor; `None` means: for public clients only.
    pub rotate: Option<bool>,
    /// For how many seconds a rotated token still yields the *same* successor, so that a lost
    /// answer is not taken for theft.
    pub grace_seconds: u64,
    /// Seconds without use after which the token ends.
    pub idle_seconds: u64,
    /// Seconds after the grant's start at which it ends whatever its use.
    pub absolute_seconds: u64,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            rotate: None,
            grace_seconds: 10,
            idle_seconds: 30 * 86_400,
            absolute_seconds: 90 * 86_400,
        }
    }
}

/// Lifetimes in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// Of an authorization code.
    pub code_seconds: u64,
    /// Of an access token.
    pub access_token_seconds: u64,
    /// Of an ID token.
    pub id_token_seconds: u64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { code_seconds: 60, access_token_seconds: 300, id_token_seconds: 300 }
    }
}

/// Why a user may not use a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// The user is in none of the client's groups.
    Groups {
        /// The client's groups.
        allowed: Vec<String>,
        /// The user's.
        member_of: Vec<String>,
    },
    /// The user belongs to none of the client's organizations.
    Organizations {
        /// The client's organizations.
        allowed: Vec<String>,
        /// The user's.
        organization: String,
    },
    /// A test user at the live registration of a client.
    TestUser,
}

impl ClientSettings {
    /// Whether the client holds no secret.
    pub fn is_public(&self) -> bool {
        self.auth_method == AuthMethod::None
    }

    /// Whether a used refresh token yields a successor.
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.refresh.rotate.unwrap_or(self.is_public())
    }

    /// Whether the client may obtain tokens in this way.
    pub fn check_grant_type(&self, used: GrantType) -> Result<(), Reason> {
        if self.grant_types.contains(&used) {
            return Ok(());
        }
        let registered = self.grant_types.iter().copied().collect();
        Err(Reason::GrantTypeNotRegistered { used, registered })
    }

    /// Whether a user of this organization may use the client: no groups let everybody in, and a
    /// test user reaches test registrations alone. Without organizations only those of the client's
    /// own may; that is compared by id, where the two are at hand.
    pub fn admission(
        &self,
        user: &User,
        organization: Organization<'_>,
    ) -> Result<(), NotAdmitted> {
        if user.test && self.environment == Environment::Live {
            return Err(NotAdmitted::TestUser);
        }
        if self.is_limited_to_organizations() && !self.organizations.contains(organization.slug) {
            return Err(NotAdmitted::Organizations {
                allowed: self.organizations.iter().cloned().collect(),
                organization: organization.slug.to_owned(),
            });
        }
        match self.groups.is_empty() || !self.groups.is_disjoint(&user.groups) {
            true => Ok(()),
            false => Err(NotAdmitted::Groups {
                allowed: self.groups.iter().cloned().collect(),
                member_of: user.groups.iter().cloned().collect(),
            }),
        }
    }

    /// Whether a user of this organization may use the client.
    pub fn admits(&self, user: &User, organization: Organization<'_>) -> bool {
        self.admission(user, organization).is_ok()
    }

    /// Whether it names the organizations whose users may use it.
    pub fn is_limited_to_organizations(&self) -> bool {
        !self.organizations.is_empty()
    }

    /// What a user can grant the client: `offline_access` is worth nothing to a client that may
    /// not refresh.
    pub fn grantable_scope(&self) -> Scope {
        if self.grant_types.contains(&GrantType::RefreshToken) {
            return self.scope.clone();
        }
        self.scope.difference(&Scope::of(["offline_access"]))
    }

    /// PKCE as it is enforced: a public client cannot be relaxed (RFC 9700 §2.1.1).
    pub fn requires_pkce(&self) -> bool {
        self.is_public() || self.pkce == PkcePolicy::Required
    }
}
