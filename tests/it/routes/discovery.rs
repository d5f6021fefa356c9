//! `/.well-known/openid-configuration` and its OAuth 2.0 twin.

use reqwest::Method;
use serde_json::Value;
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::on_both_databases;
use vestibule_tests::process::{Process, command};
use vestibule_tests::relying_party::RelyingParty;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// Members that the IANA registry "OAuth Authorization Server Metadata" knows.
const REGISTERED: &[&str] = &[
    "acr_values_supported",
    "authorization_endpoint",
    "authorization_response_iss_parameter_supported",
    "backchannel_logout_session_supported",
    "backchannel_logout_supported",
    "claim_types_supported",
    "claims_locales_supported",
    "claims_parameter_supported",
    "claims_supported",
    "code_challenge_methods_supported",
    "display_values_supported",
    "end_session_endpoint",
    "frontchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "grant_types_supported",
    "id_token_signing_alg_values_supported",
    "introspection_endpoint",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "issuer",
    "jwks_uri",
    "op_policy_uri",
    "op_tos_uri",
    "prompt_values_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    "response_modes_supported",
    "response_types_supported",
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "scopes_supported",
    "service_documentation",
    "subject_types_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "userinfo_endpoint",
    "userinfo_signing_alg_values_supported",
];

fn list(metadata: &Value, member: &str) -> Vec<String> {
    let values = metadata[member].as_array().unwrap_or_else(|| panic!("{member} is no list"));
    values.iter().map(|value| value.as_str().expect("lists hold strings").to_owned()).collect()
}

#[tokio::test]
async fn as_02_rfc8414_3_1_the_path_of_an_issuer_follows_the_well_known_word() {
    let installation = Installation::new(Database::sqlite());
    let host = RelyingParty::new(&installation.issuer, "", "", "");
    let issuer = host.at("/clinic/sso");
    let mut serve = command(&["serve", "--config", installation.config().to_str().unwrap()]);
    serve.env("VESTIBULE_ISSUER", &issuer);
    let _server = Process::start(serve, &issuer);
    let below = host.get(&format!("/clinic/sso{OAUTH}")).await;
    assert_eq!(below.json()["issuer"], issuer.as_str());
    assert_eq!(host.get(&format!("{OAUTH}/clinic/sso")).await.body, below.body);
    for nowhere in [OAUTH.to_owned(), format!("{OAUTH}/clinic"), format!("{OAUTH}/clinic/sso/more")]
    {
        assert_eq!(host.get(&nowhere).await.status, 404, "{nowhere}");
    }
}

on_both_databases! {
    async fn as_01_and_02_metadata_stands_under_the_issuer(server) {
        let rp = server.clinic();
        for path in [OPENID, OAUTH] {
            let answer = rp.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.header("content-type").unwrap().starts_with("application/json"));
            assert_eq!(answer.json()["issuer"], rp.issuer.as_str(), "{path}");
        }
    }

    async fn as_03_and_04_members_are_registered_and_well_formed(server) {
        let rp = server.clinic();
        for path in [OPENID, OAUTH] {
            let metadata = rp.get(path).await.json();
            for (name, value) in metadata.as_object().unwrap() {
                assert!(REGISTERED.contains(&name.as_str()), "{name} is not registered");
                if name.ends_with("_endpoint") || name == "jwks_uri" {
                    let address = value.as_str().unwrap();
                    assert!(address.starts_with(&format!("{}/", rp.issuer)), "{name}: {address}");
                } else if name.ends_with("_supported") && value.is_array() {
                    assert!(!list(&metadata, name).is_empty(), "{name} is empty");
                }
            }
        }
    }

    async fn as_05_to_11_what_is_offered(server) {
        let rp = server.clinic();
        let metadata = rp.get(OPENID).await.json();
        let has = |member: &str, value: &str| list(&metadata, member).iter().any(|v| v == value);
        assert!(has("response_types_supported", "code"));
        assert!(has("grant_types_supported", "authorization_code"));
        assert!(has("grant_types_supported", "refresh_token"));
        assert!(has("grant_types_supported", "client_credentials"));
        assert!(has("subject_types_supported", "public"));
        assert!(has("id_token_signing_alg_values_supported", "RS256"));
        assert!(has("scopes_supported", "openid"));
        assert!(has("claims_supported", "sub"));
        assert!(has("token_endpoint_auth_methods_supported", "client_secret_basic"));
        assert!(has("token_endpoint_auth_methods_supported", "client_secret_post"));
        for mode in ["query", "fragment", "form_post"] {
            assert!(has("response_modes_supported", mode), "{mode}");
        }
        assert_eq!(list(&metadata, "code_challenge_methods_supported"), ["S256"]);
        assert_eq!(metadata["request_uri_parameter_supported"], false);
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(metadata["claims_parameter_supported"], true);
    }

    async fn as_13_no_requirement_is_global(server) {
        let rp = server.clinic();
        let metadata = rp.get(OPENID).await.json();
        for member in ["require_pushed_authorization_requests", "require_signed_request_object"] {
            assert_ne!(metadata[member], true, "{member}");
        }
    }

    async fn as_21_as_90_as_94_what_is_not_there_is_not_offered(server) {
        let rp = server.clinic();
        let metadata = rp.get(OPENID).await.json();
        let absent = ["_encryption_", "mtls_", "tls_client_", "userinfo_signing_", "dpop_", "_jwt"];
        for (name, value) in metadata.as_object().unwrap() {
            for part in absent {
                assert!(!name.contains(part) && !value.to_string().contains(part), "{name}: {value}");
            }
        }
        let tokens = rp.sign_in(&server.ada(), &[]).await;
        let answer = rp.userinfo(tokens.access()).await;
        assert!(answer.header("content-type").unwrap().starts_with("application/json"));
        assert_eq!(tokens.response["id_token"].as_str().unwrap().split('.').count(), 3, "signed, not encrypted");
    }

    async fn i8_no_request_header_moves_the_issuer(server) {
        let rp = server.clinic();
        let usual = rp.get(OPENID).await.body;
        for header in ["x-forwarded-host", "x-forwarded-proto", "forwarded", "x-original-host"] {
            let value = if header == "forwarded" { "host=evil.test;proto=https" } else { "evil.test" };
            let answer = rp.send(Method::GET, OPENID, &[(header, value)], "").await;
            assert_eq!(answer.body, usual, "{header}");
        }
        let answer = rp.send(Method::GET, OPENID, &[("host", "evil.test")], "").await;
        assert!(!answer.text().contains("evil.test"), "{}", answer.text());
    }

    async fn i8_no_request_header_moves_a_page_an_answer_or_a_cookie(server) {
        let rp = server.clinic();
        let hostile = [
            ("host", "evil.test"),
            ("x-forwarded-host", "evil.test"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/evil.test"),
            ("x-original-url", "/evil.test"),
            ("x-rewrite-url", "/evil.test"),
            ("forwarded", "host=evil.test;proto=https"),
        ];
        let path = |changes: &[(&str, &str)]| rp.request(changes)[rp.issuer.len()..].to_owned();
        let paths = [
            "/".to_owned(), "/login".to_owned(), "/account".to_owned(), "/admin".to_owned(),
            "/oauth/logout".to_owned(), "/oauth/userinfo".to_owned(), "/errors/VB-1001".to_owned(),
            "/api/openapi.json".to_owned(), OAUTH.to_owned(), "/nowhere".to_owned(), path(&[]),
            path(&[("prompt", "none")]), path(&[("redirect_uri", "https://other.test/")]),
        ];
        for path in paths {
            let usual = rp.get(&path).await;
            let answer = rp.send(Method::GET, &path, &hostile, "").await;
            assert_eq!(answer.status, usual.status, "{path}");
            assert!(!answer.text().contains("evil.test"), "{path}: {}", answer.text());
            for (name, value) in &answer.headers {
                assert!(!value.to_str().unwrap().contains("evil.test"), "{path}: {name}: {value:?}");
            }
            let cookie = answer.header("set-cookie").unwrap_or_default();
            assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{path}: {cookie}");
        }
        let answer = rp.send(Method::POST, "/oauth/token", &hostile, "").await;
        let uri = answer.json()["error_uri"].as_str().unwrap().to_owned();
        assert!(uri.starts_with(&format!("{}/errors/", rp.issuer)), "{uri}");
    }

    async fn any_web_page_may_read_metadata(server) {
        let rp = server.clinic();
        let answer = rp.send(Method::GET, OPENID, &[("origin", "https://spa.test")], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}
