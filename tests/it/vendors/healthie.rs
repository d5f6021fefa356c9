//! Healthie: discovery, code flow with nonce, ID token and userinfo, as omniauth does them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use vestibule_tests::browser::{Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::Tokens;

const STATE: &str = "3f2b0c9d8e7a6f5b4c3d2e1f0a9b8c7d";
const NONCE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// Ruby's `CGI.escape`, by which omniauth writes an id or a secret into the Basic header.
fn cgi_escape(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('~', "%7E")
}

on_both_databases! {
    async fn omniauths_walk(server) {
        let rp = server.register_vendor("healthie", &[("company", "acme")]).await;
        let redirect_uri = "https://secure.gethealthie.com/sso/acme_auth";
        assert_eq!(rp.redirect_uri, redirect_uri);

        let metadata = rp.get("/.well-known/openid-configuration").await.json();
        for required in [
            "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
            "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
        ] {
            assert!(metadata.get(required).is_some_and(|value| !value.is_null() && value != ""), "{required}");
        }

        let changes = [("state", STATE), ("nonce", NONCE)];
        let back = Browser::new().authorize(&rp.request(&changes), &server.ada()).await;
        assert!(back.url.starts_with(redirect_uri));
        assert_eq!(back.get("state"), Some(STATE));

        let pair = format!("{}:{}", cgi_escape(&rp.client_id), cgi_escape(&rp.client_secret));
        let header = format!("Basic {}", STANDARD.encode(pair));
        let body = encode(&[
            ("grant_type", "authorization_code"),
            ("code", back.code()),
            ("redirect_uri", redirect_uri),
            ("scope", "openid profile email"),
        ]);
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", header.as_str())];
        let tokens = Tokens::read(&rp.send(Method::POST, "/oauth/token", &headers, &body).await);
        let id = tokens.id_claims();
        assert_eq!(id["iss"], metadata["issuer"], "byte for byte");
        assert_eq!(id["nonce"], NONCE);
        assert_eq!(id["aud"], rp.client_id.as_str());
        assert!(id["exp"].is_i64());
        let keys = rp.get("/.well-known/jwks.json").await;
        assert!(keys.header("content-type").unwrap().contains("json"));
        assert!(keys.json()["keys"].as_array().unwrap().iter().any(|key| key["kid"] == tokens.id_header()["kid"]));

        let claims = rp.userinfo(tokens.access()).await.json();
        assert_eq!(claims["sub"], id["sub"]);
        assert_eq!(claims["email_verified"], true, "a boolean, not a text");
        for name in ["email", "given_name", "family_name"] {
            assert!(claims[name].is_string(), "{name} links or names the account");
        }
        assert!(claims.get("updated_at").is_none_or(serde_json::Value::is_i64));
    }

    // "Any other configured value" of omniauth: the secret goes in the form.
    async fn by_post_with_every_optional_parameter(server) {
        let rp = server.register_vendor("healthie", &[("company", "acme")]).await;
        let ada = server.ada();
        let changes = [
            ("state", STATE),
            ("nonce", NONCE),
            ("response_mode", "query"),
            ("prompt", "login"),
            ("login_hint", "ada@clinic.test"),
            ("ui_locales", "en"),
            ("acr_values", "1"),
            ("hd", "clinic.test"),
        ];
        let back = Browser::new().authorize(&rp.request(&changes), &ada).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", back.code()),
            ("redirect_uri", rp.redirect_uri.as_str()),
            ("scope", "openid profile email"),
        ];
        let tokens = Tokens::read(&rp.token(&fields).await);
        let id = tokens.id_claims();
        assert_eq!(id["nonce"], NONCE);
        let userinfo = rp.userinfo(tokens.access()).await;
        assert_eq!(userinfo.status, 200, "only 200 is accepted");
        assert!(userinfo.header("content-type").unwrap().starts_with("application/json"));
        let claims = userinfo.json();
        for name in ["email", "given_name", "family_name"] {
            assert_eq!(id[name], claims[name], "names are always released, in both places");
        }
        assert_eq!(claims["zoneinfo"], "Europe/London");
        for name in ["picture", "profile", "website"] {
            assert!(claims[name].as_str().unwrap().starts_with("https://"), "{name}");
        }
    }

    async fn a_refusal_brings_error_description_uri_and_state(server) {
        let rp = server.register_vendor("healthie", &[("company", "acme")]).await;
        let changes = [("state", STATE), ("nonce", NONCE)];
        let back = Browser::new().refuse(&rp.request(&changes), &server.ada()).await;
        assert!(back.url.starts_with("https://secure.gethealthie.com/sso/acme_auth?error=access_denied&"));
        assert!(!back.get("error_description").unwrap().is_empty());
        assert!(back.get("error_uri").unwrap().starts_with(&format!("{}/errors/", rp.issuer)));
        assert_eq!(back.get("state"), Some(STATE));
    }

    // Another company's address, the older host, a slash too many.
    async fn only_the_address_of_its_company(server) {
        let rp = server.register_vendor("healthie", &[("company", "acme")]).await;
        for other in [
            "https://secure.gethealthie.com/sso/other_auth",
            "https://app.gethealthie.com/sso/acme_auth",
            "https://secure.gethealthie.com/sso/acme_auth/",
        ] {
            let answer = Browser::new().open(&rp.request(&[("redirect_uri", other)])).await;
            assert!(answer.status.is_client_error(), "{other}");
            assert_eq!(answer.onward(), None, "{other}");
        }
    }
}
