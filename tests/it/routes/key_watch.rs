//! Who has seen the next key: what a fetch of the key set tells, and to whom.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::api::Api;
use vestibule_tests::browser::Answer;
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::Server;

/// Writes down what was noted, as the background job does.
async fn noted(server: &Server) {
    let app = server.app();
    app.key_watch.write_down(&app.store, server.now()).await.expect("a database that answers");
}

async fn line(api: &Api, id: &str) -> Value {
    let answer = api.get("/keys/clients").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.into_iter().find(|item| item["client_id"] == id).unwrap_or_default()
}

/// The client's server asks for a token.
async fn token(rp: &RelyingParty) -> Answer {
    rp.token(&[("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "x")]).await
}

on_both_databases! {
    async fn a_client_that_fetched_before_the_next_key_lags_behind_until_it_fetches_again(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        assert_eq!(line(&api, &rp.client_id).await, Value::Null, "it has not authenticated yet");
        token(&rp).await;
        noted(server).await;
        let seen = line(&api, &rp.client_id).await;
        assert_eq!(seen["last_fetch_at"], Value::Null, "{seen}");

        rp.get("/oauth/jwks").await;
        noted(server).await;
        let seen = line(&api, &rp.client_id).await;
        assert!(!seen["last_fetch_at"].is_null(), "{seen}");
        assert_eq!(seen["unseen"], json!([]), "{seen}");

        server.advance(std::time::Duration::from_secs(60));
        let rotated = api.post("/keys/rotate", &json!({ "alg": "RS256", "rotation": "planned" })).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text());
        let next = rotated.json()["items"].as_array().unwrap().iter().find(|key| key["phase"] == "published" && key["alg"] == "RS256").unwrap()["kid"].clone();
        let seen = line(&api, &rp.client_id).await;
        assert_eq!(seen["unseen"], json!([next]), "{seen}");
        let listed = server.cli(&["key", "list", "--clients", "--json"]);
        assert_eq!(listed["clients"][0]["unseen"], json!([next]), "{listed}");

        let published = async || {
            let set = rp.get("/.well-known/jwks.json").await.json();
            set["keys"].as_array().unwrap().iter().any(|key| key["kid"] == next)
        };
        vestibule_tests::eventually(published).await;
        server.advance(std::time::Duration::from_secs(60));
        rp.get("/.well-known/jwks.json").await;
        noted(server).await;
        assert_eq!(line(&api, &rp.client_id).await["unseen"], json!([]));
    }

    async fn a_fetch_before_the_first_token_is_held_for_the_client_that_comes(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        rp.get("/oauth/jwks").await;
        noted(server).await;
        token(&rp).await;
        noted(server).await;
        let seen = line(&api, &rp.client_id).await;
        assert_eq!(seen["unseen"], json!([]), "{seen}");
    }

    async fn somebody_else_at_the_address_is_told_apart_by_the_software(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        let other = server.register(vestibule_tests::server::Registration::default()).await;
        let as_software = async |rp: &RelyingParty, agent: &str| {
            let form = ("content-type", "application/x-www-form-urlencoded");
            let body = format!("grant_type=refresh_token&refresh_token=x&client_id={}&client_secret={}", rp.client_id, rp.client_secret);
            rp.send(Method::POST, "/oauth/token", &[form, ("user-agent", agent)], &body).await
        };
        as_software(&rp, "ruby/3").await;
        as_software(&other, "python/3").await;
        noted(server).await;
        rp.send(Method::GET, "/oauth/jwks", &[("user-agent", "python/3")], "").await;
        noted(server).await;
        assert!(line(&api, &rp.client_id).await["last_fetch_at"].is_null());
        assert!(!line(&api, &other.client_id).await["last_fetch_at"].is_null());
    }

    async fn a_failed_authentication_is_nobodys_address(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        let stranger = RelyingParty { client_secret: "vcs_wrong".to_owned(), ..rp.clone() };
        assert_eq!(token(&stranger).await.status, 401);
        noted(server).await;
        assert_eq!(line(&api, &rp.client_id).await, Value::Null);
    }
}
