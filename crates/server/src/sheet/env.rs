//! A sheet as a `.env` file.

use std::fmt::Write as _;

use super::markup::{comment, dotenv};
use super::{SECRET_NOTE, Sheet};
use crate::profiles::Fact;

/// The file.
pub fn of(sheet: &Sheet) -> String {
    let mut text = format!("# {} at {}\n", comment(&sheet.client_name), comment(&sheet.provider));
    let mut set = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}={}", dotenv(value));
    };
    for (name, fact) in [
        ("OIDC_ISSUER", Fact::Issuer),
        ("OIDC_DISCOVERY_URL", Fact::Discovery),
        ("OIDC_AUTHORIZATION_ENDPOINT", Fact::AuthorizationEndpoint),
        ("OIDC_TOKEN_ENDPOINT", Fact::TokenEndpoint),
        ("OIDC_USERINFO_ENDPOINT", Fact::UserinfoEndpoint),
        ("OIDC_JWKS_URI", Fact::JwksUri),
        ("OIDC_INTROSPECTION_ENDPOINT", Fact::IntrospectionEndpoint),
        ("OIDC_REVOCATION_ENDPOINT", Fact::RevocationEndpoint),
        ("OIDC_END_SESSION_ENDPOINT", Fact::EndSessionEndpoint),
    ] {
        set(name, sheet.endpoint(fact));
    }
    set("OIDC_CLIENT_ID", &sheet.client_id);
    if let Some(method) = sheet.token_endpoint_auth_methods.first() {
        set("OIDC_TOKEN_ENDPOINT_AUTH_METHOD", method);
    }
    let scopes: Vec<&str> = sheet.scopes.iter().map(|line| line.scope.as_str()).collect();
    set("OIDC_SCOPE", &scopes.join(" "));
    for (index, uri) in sheet.redirect_uris.iter().enumerate() {
        match index {
            0 => set("OIDC_REDIRECT_URI", uri),
            _ => set(&format!("OIDC_REDIRECT_URI_{}", index + 1), uri),
        }
    }
    if sheet.fields.iter().any(super::Field::is_secret) {
        let _ = writeln!(text, "# {SECRET_NOTE}\nOIDC_CLIENT_SECRET=");
    }
    text
}
