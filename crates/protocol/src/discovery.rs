//! The metadata documents (OIDC Discovery §3, RFC 8414 §2), built with the types of `openidconnect`.
//!
//! Every member is registered with IANA; there is no other, not even a version (AS-04). They are
//! rendered once and kept as bytes.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, AuthenticationContextClass, IssuerUrl, JsonWebKeySetUrl,
    LanguageTag, ProviderMetadata, ResponseTypes, Scope, TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};

use crate::authorize::request::Prompt;
use crate::claims;
use crate::session::Acr;

/// What this server says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMetadata {
    /// The issuer identifier, byte for byte as configured; a URL.
    pub issuer: String,
    /// What ID tokens can be signed with.
    pub id_token_algs: Vec<String>,
    /// The languages of the pages, as BCP 47 tags.
    pub ui_locales: Vec<String>,
}

/// Members that `openidconnect` does not have.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Additional {
    end_session_endpoint: String,
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: Vec<String>,
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<String>,
    code_challenge_methods_supported: Vec<String>,
    authorization_response_iss_parameter_supported: bool,
    prompt_values_supported: Vec<String>,
}

impl AdditionalProviderMetadata for Additional {}

type Document = ProviderMetadata<
    Additional,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// `/.well-known/openid-configuration` (OIDC Discovery §4).
#[expect(clippy::expect_used, reason = "the issuer was read as a URL when the server started")]
pub fn openid_configuration(metadata: &ServerMetadata) -> String {
    let document = document(metadata).expect("URLs below the issuer");
    serde_json::to_string(&document).expect("metadata are plain JSON values")
}

/// `/.well-known/oauth-authorization-server` (RFC 8414 §3). The two documents share one registry of
/// members (RFC 8414 §7.1), so they are one.
pub fn authorization_server(metadata: &ServerMetadata) -> String {
    openid_configuration(metadata)
}

fn document(metadata: &ServerMetadata) -> Result<Document, url::ParseError> {
    let base = metadata.issuer.trim_end_matches('/');
    let at = |path: &str| format!("{base}{path}");
    let algs = metadata.id_token_algs.iter().filter_map(|alg| algorithm(alg)).collect();
    let locales = metadata.ui_locales.iter().cloned().map(LanguageTag::new).collect();
    let document = Document::new(
        IssuerUrl::new(metadata.issuer.clone())?,
        AuthUrl::new(at("/oauth/authorize"))?,
        JsonWebKeySetUrl::new(at("/.well-known/jwks.json"))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        algs,
        additional(base),
    )
    .set_token_endpoint(Some(TokenUrl::new(at("/oauth/token"))?))
    .set_userinfo_endpoint(Some(UserInfoUrl::new(at("/oauth/userinfo"))?))
    .set_scopes_supported(Some(scopes()))
    .set_response_modes_supported(Some(response_modes()))
    .set_grant_types_supported(Some(vec![
        CoreGrantType::AuthorizationCode,
        CoreGrantType::RefreshToken,
        CoreGrantType::ClientCredentials,
    ]))
    .set_token_endpoint_auth_methods_supported(Some(vec![
        CoreClientAuthMethod::ClientSecretBasic,
        CoreClientAuthMethod::ClientSecretPost,
        CoreClientAuthMethod::None,
    ]))
    .set_acr_values_supported(Some(
        // Only what the sign-in can return (AS-12).
        Acr::REACHABLE.map(|acr| AuthenticationContextClass::new(acr.value().to_owned())).into(),
    ))
    .set_display_values_supported(Some(vec![CoreAuthDisplay::Page, CoreAuthDisplay::Popup]))
    .set_claim_types_supported(Some(vec![CoreClaimType::Normal]))
    .set_claims_supported(Some(claim_names()))
    .set_ui_locales_supported(Some(locales))
    .set_claims_parameter_supported(Some(true))
    .set_request_parameter_supported(Some(false))
    // Explicit, because its default is true (AS-11).
    .set_request_uri_parameter_supported(Some(false));
    Ok(document)
}

fn additional(base: &str) -> Additional {
    let secret_methods = ["client_secret_basic", "client_secret_post"].map(str::to_owned);
    let with_none = secret_methods.iter().cloned().chain(["none".to_owned()]).collect();
    Additional {
        end_session_endpoint: format!("{base}/oauth/logout"),
        introspection_endpoint: format!("{base}/oauth/introspect"),
        introspection_endpoint_auth_methods_supported: secret_methods.into(),
        revocation_endpoint: format!("{base}/oauth/revoke"),
        revocation_endpoint_auth_methods_supported: with_none,
        code_challenge_methods_supported: vec![crate::pkce::S256.to_owned()],
        authorization_response_iss_parameter_supported: true,
        prompt_values_supported: Prompt::ALL.map(|prompt| prompt.value().to_owned()).into(),
    }
}

fn scopes() -> Vec<Scope> {
    let standard = ["openid", "profile", "email", "address", "phone", "offline_access"];
    standard.map(|word| Scope::new(word.to_owned())).into()
}

fn response_modes() -> Vec<CoreResponseMode> {
    vec![CoreResponseMode::Query, CoreResponseMode::Fragment, CoreResponseMode::FormPost]
}

fn claim_names() -> Vec<CoreClaimName> {
    let about_the_token =
        ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid"];
    let standard = claims::PROFILE.into_iter().chain(claims::EMAIL).chain(claims::PHONE);
    let names = about_the_token.into_iter().chain(standard).chain(claims::ADDRESS);
    names.map(|name| CoreClaimName::new(name.to_owned())).collect()
}

fn algorithm(name: &str) -> Option<CoreJwsSigningAlgorithm> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}

#[cfg(test)]
mod tests;
