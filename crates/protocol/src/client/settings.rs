//! A client's policy and metadata.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relaxation;
use super::words::{
    AccessTokenFormat, AuthMethod, ClaimsPlacement, ConsentPolicy, Environment, GrantType,
    PkcePolicy, SigningAlg,
};
use crate::brand::{Accent, LogoDigest};
use crate::claims::mapping::ClaimMap;
use crate::refusal::Reason;
use crate::scope::Scope;

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
