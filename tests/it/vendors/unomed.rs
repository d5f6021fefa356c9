//! Unomed's document "Vendor SSO", its requests and answers character by character.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use vestibule_tests::browser::{Browser, Return};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::Server;

const PRODUCTION: &str = "https://api.unomed.ch/accounts/vendor_oauth2/login/callback/";
const DEVELOPMENT: &str = "https://api.dev.unomed.ch/accounts/vendor_oauth2/login/callback/";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn add(server: &Server) -> RelyingParty {
    let rp = server.register_vendor("unomed", &[]).await;
    assert_eq!(rp.redirect_uri, PRODUCTION);
    rp
}

/// Step 1, as the document writes it: the parameters in its order, nothing more.
fn authorization_request(rp: &RelyingParty, redirect_uri: &str, scope: &str) -> String {
    let redirect_uri = redirect_uri.replace(':', "%3A").replace('/', "%2F");
    let (base, client) = (rp.at("/oauth/authorize"), &rp.client_id);
    format!(
        "{base}?response_type=code&client_id={client}&redirect_uri={redirect_uri}&scope={scope}&state=xkWmdRTg1ZpPV9Qe"
    )
}

fn tokens(answer: &Value) -> &str {
    assert_eq!(answer["token_type"], "Bearer", "exact case");
    assert!(answer["expires_in"].as_i64().is_some_and(|seconds| seconds > 0), "{answer}");
    answer["access_token"].as_str().unwrap()
}

async fn redeem(rp: &RelyingParty, back: &Return, basic: bool, redirect_uri: &str) -> Value {
    let redirect_uri = redirect_uri.replace(':', "%3A").replace('/', "%2F");
    let (id, secret, code) = (&rp.client_id, &rp.client_secret, back.code());
    let mut body = format!("redirect_uri={redirect_uri}&grant_type=authorization_code&code={code}");
    let header = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let mut headers = vec![FORM, ("accept", "*/*")];
    if basic {
        headers.push(("authorization", &header));
    } else {
        body.push_str(&format!("&client_id={id}&client_secret={secret}"));
    }
    let answer = rp.send(Method::POST, "/oauth/token", &headers, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    answer.json()
}

on_both_databases! {
    async fn the_whole_walk_by_post_and_by_basic_in_any_scope_order(server) {
        let rp = add(server).await;
        let ada = server.ada();
        server.cli(&["user", "update", &ada.email, "--username", "countess", "--json"]);
        let mut browser = Browser::new();
        for (redirect_uri, scope, basic) in [
            (PRODUCTION, "openid+email+profile", false),
            (PRODUCTION, "profile+openid+email", true),
            (DEVELOPMENT, "email%20openid%20profile", false),
        ] {
            let url = authorization_request(&rp, redirect_uri, scope);
            let back = browser.authorize(&url, &ada).await;
            assert!(back.url.starts_with(&format!("{redirect_uri}?code=")), "{}", back.url);
            assert_eq!(back.get("state"), Some("xkWmdRTg1ZpPV9Qe"));
            let answer = redeem(&rp, &back, basic, redirect_uri).await;
            let token = tokens(&answer);
            let header = format!("Bearer {token}");
            let userinfo = rp.send(Method::GET, "/oauth/userinfo", &[("authorization", &header)], "").await;
            assert_eq!(userinfo.status, 200);
            let claims = userinfo.json();
            assert!(claims["sub"].is_string());
            assert_eq!(claims["id"], claims["sub"], "the alias the document allows");
            assert_eq!(claims["email"], "ada@clinic.test");
            assert_eq!(claims["email_verified"], true, "without it no account is linked");
            assert_eq!(claims["given_name"], "Ada");
            assert_eq!(claims["family_name"], "Lovelace");
            assert_eq!(claims["first_name"], "Ada");
            assert_eq!(claims["last_name"], "Lovelace");
            assert_eq!(claims["preferred_username"], "countess");
            assert_eq!(claims["picture"], "https://clinic.test/ada.png");
        }
        assert!(browser.pages.is_empty(), "one consent holds for every order: {:?}", browser.pages);
    }

    async fn the_trailing_slash_counts(server) {
        let rp = add(server).await;
        let without = PRODUCTION.trim_end_matches('/');
        let answer = Browser::new().open(&authorization_request(&rp, without, "openid")).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.onward(), None);
    }

    async fn denial_is_access_denied_with_description_and_state(server) {
        let rp = add(server).await;
        let url = authorization_request(&rp, PRODUCTION, "openid+email+profile");
        let back = Browser::new().refuse(&url, &server.ada()).await;
        assert!(back.url.starts_with(&format!("{PRODUCTION}?error=access_denied&")), "{}", back.url);
        assert!(!back.get("error_description").unwrap().is_empty());
        assert_eq!(back.get("state"), Some("xkWmdRTg1ZpPV9Qe"));
    }

    async fn the_documents_own_check_with_curl(server) {
        let rp = add(server).await;
        // curl -X POST …/oauth/token -d "grant_type=client_credentials" -d "client_id=…" -d "client_secret=…"
        let body = format!("grant_type=client_credentials&client_id={}&client_secret={}", rp.client_id, rp.client_secret);
        let headers = [FORM, ("user-agent", "curl/8.5.0"), ("accept", "*/*")];
        let answer = rp.send(Method::POST, "/oauth/token", &headers, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let state = rp.introspect(tokens(&answer)).await.json();
        assert_eq!(state["client_id"], rp.client_id.as_str(), "a token for the same client");
        assert!(answer.get("id_token").is_none() && answer.get("refresh_token").is_none());
        let wrong = body.replace(&rp.client_secret, "wrong");
        let answer = rp.send(Method::POST, "/oauth/token", &headers, &wrong).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")));
        // With `basic` chosen at Unomed the same check works by the header.
        let header = format!("Basic {}", STANDARD.encode(format!("{}:{}", rp.client_id, rp.client_secret)));
        let headers = [FORM, ("authorization", header.as_str())];
        let answer = rp.send(Method::POST, "/oauth/token", &headers, "grant_type=client_credentials").await;
        tokens(&answer.json());
    }

    async fn its_pages_may_be_framed_by_unomed_alone(server) {
        let rp = add(server).await;
        let mut browser = Browser::new();
        let mut answer = browser.open(&authorization_request(&rp, PRODUCTION, "openid")).await;
        while let Some(onward) = answer.onward() {
            answer = browser.open(onward.as_str()).await;
        }
        assert!(answer.page().has_id("password"), "{}", answer.text());
        let policy = answer.header("content-security-policy").unwrap().to_owned();
        let ancestors = policy.split(';').find(|part| part.trim().starts_with("frame-ancestors"));
        let ancestors = ancestors.unwrap_or_else(|| panic!("{policy}"));
        assert!(ancestors.contains("https://app.unomed.ch"), "{ancestors}");
        assert!(!ancestors.contains('*'), "{ancestors}");
        assert_eq!(answer.header("x-frame-options"), None);
    }
}
