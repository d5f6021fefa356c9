//! What of ours a vendor asks for, by its registered name.

use vestibule_protocol::client::{AuthMethod, ClientSettings};
use vestibule_protocol::scope::Scope;

use crate::profiles::{Fact, Profile};

/// What values are taken from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The issuer identifier, byte for byte.
    pub issuer: &'a str,
    /// The client's id.
    pub client_id: &'a str,
    /// Its settings.
    pub settings: &'a ClientSettings,
    /// Its vendor.
    pub profile: Option<&'a Profile>,
}

/// The endpoints, in the order in which people look for them.
pub const ENDPOINTS: [Fact; 8] = [
    Fact::Discovery,
    Fact::AuthorizationEndpoint,
    Fact::TokenEndpoint,
    Fact::UserinfoEndpoint,
    Fact::JwksUri,
    Fact::IntrospectionEndpoint,
    Fact::RevocationEndpoint,
    Fact::EndSessionEndpoint,
];

impl Facts<'_> {
    /// The values of a fact: one, but for redirect URIs, and none for the secret.
    pub fn values(&self, fact: Fact) -> Vec<String> {
        let one = |value: String| vec![value];
        match fact {
            Fact::Issuer => one(self.issuer.to_owned()),
            Fact::Discovery => one(self.url("/.well-known/openid-configuration")),
            Fact::AuthorizationEndpoint => one(self.url("/oauth/authorize")),
            Fact::TokenEndpoint => one(self.url("/oauth/token")),
            Fact::UserinfoEndpoint => one(self.url("/oauth/userinfo")),
            Fact::JwksUri => one(self.url("/.well-known/jwks.json")),
            Fact::IntrospectionEndpoint => one(self.url("/oauth/introspect")),
            Fact::RevocationEndpoint => one(self.url("/oauth/revoke")),
            Fact::EndSessionEndpoint => one(self.url("/oauth/logout")),
            Fact::ClientId => one(self.client_id.to_owned()),
            Fact::ClientSecret => Vec::new(),
            Fact::RedirectUri => self.settings.redirect_uris.clone(),
            Fact::Scope => one(as_typed(&self.settings.scope).join(" ")),
            Fact::ScopeByCommas => one(as_typed(&self.settings.scope).join(",")),
            Fact::TokenEndpointAuthMethod => {
                one(self.auth_methods().into_iter().next().unwrap_or_default())
            }
            Fact::IdTokenSignedResponseAlg => one(self.settings.id_token_alg.name().to_owned()),
        }
    }

    /// The ways to authenticate that this client's settings accept, the vendor's own first.
    pub fn auth_methods(&self) -> Vec<String> {
        let accepted = accepted(self.settings.auth_method);
        let of_vendor = self.profile.map(|profile| &profile.handover.token_endpoint_auth_methods);
        let mut methods: Vec<String> = of_vendor
            .into_iter()
            .flatten()
            .filter(|method| accepted.contains(&method.as_str()))
            .cloned()
            .collect();
        let rest = accepted.iter().filter(|method| !methods.iter().any(|known| known == *method));
        let rest: Vec<String> = rest.map(|method| (*method).to_owned()).collect();
        methods.extend(rest);
        methods
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.trim_end_matches('/'))
    }
}

/// The registered names of what a setting accepts (RFC 7591 §2).
fn accepted(method: AuthMethod) -> &'static [&'static str] {
    match method {
        AuthMethod::Basic => &["client_secret_basic"],
        AuthMethod::Post => &["client_secret_post"],
        AuthMethod::BasicOrPost => &["client_secret_basic", "client_secret_post"],
        AuthMethod::None => &["none"],
    }
}

/// A fact's name for those whose vendor has none of its own.
pub fn plain_label(fact: Fact) -> &'static str {
    match fact {
        Fact::Issuer => "Issuer",
        Fact::Discovery => "Discovery URL",
        Fact::AuthorizationEndpoint => "Authorization URL",
        Fact::TokenEndpoint => "Token URL",
        Fact::UserinfoEndpoint => "Userinfo URL",
        Fact::JwksUri => "JWK set URL",
        Fact::IntrospectionEndpoint => "Introspection URL",
        Fact::RevocationEndpoint => "Revocation URL",
        Fact::EndSessionEndpoint => "Logout URL",
        Fact::ClientId => "Client ID",
        Fact::ClientSecret => "Client secret",
        Fact::RedirectUri => "Redirect URI",
        Fact::Scope | Fact::ScopeByCommas => "Scopes",
        Fact::TokenEndpointAuthMethod => "Client authentication",
        Fact::IdTokenSignedResponseAlg => "ID token signature",
    }
}

/// A scope as people write it: `openid` first. To the protocol it is a set.
pub fn as_typed(scope: &Scope) -> Vec<String> {
    let rest = scope.iter().filter(|token| *token != "openid");
    let openid = scope.contains("openid").then_some("openid");
    openid.into_iter().chain(rest).map(str::to_owned).collect()
}
