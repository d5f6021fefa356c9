use std::collections::BTreeSet;

use openidconnect::core::CoreProviderMetadata;
use serde_json::Value;

use super::*;

fn metadata(issuer: &str) -> ServerMetadata {
    ServerMetadata {
        issuer: issuer.to_owned(),
        id_token_algs: ["RS256", "ES256", "EdDSA"].map(str::to_owned).into(),
        ui_locales: ["en", "de-CH"].map(str::to_owned).into(),
    }
}

fn document(issuer: &str) -> Value {
    serde_json::from_str(&openid_configuration(&metadata(issuer))).unwrap()
}

fn words(document: &Value, member: &str) -> Vec<String> {
    let list = document[member].as_array().unwrap_or_else(|| panic!("{member} is a list"));
    list.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn as_01_and_as_03_the_issuer_is_kept_byte_for_byte_and_every_url_is_absolute() {
    for issuer in ["https://id.clinic.example", "https://clinic.example/id", "https://c.example/"] {
        let document = document(issuer);
        assert_eq!(document["issuer"], issuer);
        let base = issuer.trim_end_matches('/');
        assert_eq!(document["jwks_uri"], format!("{base}/.well-known/jwks.json"));
        let members = document.as_object().unwrap();
        let endpoints: Vec<_> =
            members.iter().filter(|(name, _)| name.ends_with("_endpoint")).collect();
        assert_eq!(endpoints.len(), 6);
        for (name, url) in endpoints {
            let url = url.as_str().unwrap();
            assert!(url.starts_with(&format!("{base}/oauth/")), "{name}: {url}");
        }
    }
}

/// Every member with the form that the registries give it, and no other.
#[test]
fn as_03_and_as_04_registered_members_in_their_form() {
    let expected: BTreeSet<&str> = [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "acr_values_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_methods_supported",
        "display_values_supported",
        "claim_types_supported",
        "claims_supported",
        "ui_locales_supported",
        "prompt_values_supported",
        "code_challenge_methods_supported",
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "authorization_response_iss_parameter_supported",
    ]
    .into();
    let document = document("https://id.clinic.example");
    let members = document.as_object().unwrap();
    assert_eq!(members.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    for (name, value) in members {
        let well_formed = match name.as_str() {
            n if n.ends_with("_parameter_supported") => value.is_boolean(),
            n if n.ends_with("_supported") => {
                value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
            }
            _ => value.is_string(),
        };
        assert!(well_formed, "{name}: {value}");
    }
}

#[test]
fn as_05_to_as_12_the_lists_say_what_is_true() {
    let document = document("https://id.clinic.example");
    let words = |member| words(&document, member);
    assert_eq!(words("response_types_supported"), ["code"]);
    assert_eq!(words("response_modes_supported"), ["query", "fragment", "form_post"]);
    assert_eq!(
        words("grant_types_supported"),
        ["authorization_code", "refresh_token", "client_credentials"]
    );
    assert_eq!(words("subject_types_supported"), ["public"]);
    assert_eq!(words("id_token_signing_alg_values_supported"), ["RS256", "ES256", "EdDSA"]);
    assert_eq!(
        words("token_endpoint_auth_methods_supported"),
        ["client_secret_basic", "client_secret_post", "none"]
    );
    assert!(words("scopes_supported").contains(&"openid".to_owned()));
    assert!(words("claims_supported").contains(&"sub".to_owned()));
    assert_eq!(words("ui_locales_supported"), ["en", "de-CH"]);
    assert_eq!(words("code_challenge_methods_supported"), ["S256"]);
    assert_eq!(words("acr_values_supported"), ["urn:vestibule:acr:single-factor"]);
    assert_eq!(document["request_uri_parameter_supported"], false);
    assert_eq!(document["claims_parameter_supported"], true);
}

#[test]
fn as_13_nothing_is_demanded_of_every_client() {
    let document = document("https://id.clinic.example");
    for member in ["require_pushed_authorization_requests", "require_signed_request_object"] {
        assert!(document.get(member).is_none());
    }
}

#[test]
fn as_02_rfc8414_metadata_agree_with_the_openid_ones() {
    let metadata = metadata("https://id.clinic.example");
    assert_eq!(authorization_server(&metadata), openid_configuration(&metadata));
}

#[test]
fn a_relying_party_reads_the_document() {
    let text = openid_configuration(&metadata("https://id.clinic.example"));
    let read: CoreProviderMetadata = serde_json::from_str(&text).unwrap();
    assert_eq!(read.issuer().as_str(), "https://id.clinic.example");
    assert_eq!(read.token_endpoint().unwrap().as_str(), "https://id.clinic.example/oauth/token");
}
