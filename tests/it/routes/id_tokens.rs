//! ID tokens as their clients registered for them: the algorithm, the session.

use std::str::FromStr as _;

use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet};
use openidconnect::{AccessToken, AccessTokenHash, ClientId, ClientSecret, IssuerUrl, Nonce};
use serde_json::json;
use vestibule_tests::browser::{Browser, encode};
use vestibule_tests::relying_party::{RelyingParty, Tokens};
use vestibule_tests::server::Registration;
use vestibule_tests::{on_both_databases, on_both_databases_with};

const OFFLINE: [(&str, &str); 2] = [("scope", "openid offline_access"), ("prompt", "consent")];

const EVERY: &[(&str, &str)] =
    &[("keys", r#"algorithms = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]"#)];

/// What a library that we did not write says of an ID token and of the access token beside it.
pub(crate) fn judged(rp: &RelyingParty, keys: &CoreJsonWebKeySet, tokens: &Tokens, nonce: &str) {
    let id_token = tokens.response["id_token"].as_str().expect("an ID token");
    let id_token = CoreIdToken::from_str(id_token).expect("a JWT");
    let alg = id_token.signing_alg().expect("an algorithm").clone();
    let verifier = CoreIdTokenVerifier::new_confidential_client(
        ClientId::new(rp.client_id.clone()),
        ClientSecret::new(rp.client_secret.clone()),
        IssuerUrl::new(rp.issuer.clone()).expect("an issuer"),
        keys.clone(),
    )
    .set_allowed_algs([alg.clone()]);
    let claims = id_token.claims(&verifier, &Nonce::new(nonce.to_owned()));
    let claims = claims.unwrap_or_else(|error| panic!("{alg:?}: {error}"));
    let key = id_token.signing_key(&verifier).expect("a published key");
    let access_token = AccessToken::new(tokens.access().to_owned());
    let hash = AccessTokenHash::from_token(&access_token, &alg, key).expect("a known hash");
    assert_eq!(claims.access_token_hash(), Some(&hash), "{alg:?}");
}

on_both_databases_with! { EVERY =>
    async fn as_84_and_as_86_each_client_has_its_algorithm(server) {
        let (rp, ada) = (server.clinic(), server.ada());
        let published = rp.get("/.well-known/jwks.json").await.json();
        let keys: CoreJsonWebKeySet = serde_json::from_value(published.clone()).unwrap();
        let metadata = rp.get("/.well-known/openid-configuration").await.json();
        let offered = metadata["id_token_signing_alg_values_supported"].as_array().unwrap();
        let mut browser = Browser::new();
        for alg in ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"] {
            assert!(offered.contains(&json!(alg)), "{alg}");
            let settings = json!({ "id_token_alg": alg, "access_token": { "jwt": { "alg": alg } } });
            server.change_client(&rp, settings).await;
            let back = browser.authorize(&rp.request(&[("nonce", "n-1")]), &ada).await;
            let tokens = Tokens::read(&rp.redeem(back.code()).await);
            let header = tokens.id_header();
            assert_eq!((&header["alg"], &header["typ"]), (&json!(alg), &json!("JWT")));
            let mut published = published["keys"].as_array().unwrap().iter();
            let key = published.find(|key| key["kid"] == header["kid"]).expect("a published key");
            assert_eq!(key["alg"], alg);
            judged(&rp, &keys, &tokens, "n-1");
            assert_eq!(rp.userinfo(tokens.access()).await.status, 200, "{alg}");

            // as_39, as_108: an ID token says who is meant; an access token of the same key does not.
            let id_token = tokens.response["id_token"].as_str().unwrap();
            for (hint, expected) in [(id_token, None), (tokens.access(), Some("invalid_request"))] {
                let url = rp.request(&[("prompt", "none"), ("id_token_hint", hint)]);
                let back = browser.authorize(&url, &ada).await;
                assert_eq!(back.get("error"), expected, "{alg}: {}", back.url);
                assert_eq!(back.get("code").is_some(), expected.is_none());
            }
        }
    }
}

on_both_databases! {
    async fn as_89_the_id_tokens_of_a_flow_are_of_one_issuer_and_one_subject(server) {
        let (rp, ada) = (server.clinic(), server.ada());
        for mode in ["query", "fragment"] {
            let mut request = OFFLINE.to_vec();
            request.push(("response_mode", mode));
            let back = Browser::new().authorize(&rp.request(&request), &ada).await;
            assert_eq!(back.get("id_token"), None, "no other comes before: {}", back.url);
            let tokens = Tokens::read(&rp.redeem(back.code()).await);
            let again = Tokens::read(&rp.refresh(tokens.refresh()).await);
            let (first, second) = (tokens.id_claims(), again.id_claims());
            assert_eq!(first["iss"], rp.issuer.as_str());
            assert_eq!(first["iss"], back.get("iss").expect("as_30"), "of the answer as well");
            assert_ne!(first["jti"], second["jti"], "they are two");
            for name in ["iss", "sub"] {
                assert!(first[name].is_string() && first[name] == second[name], "{first} {second}");
            }
            assert_eq!(rp.userinfo(again.access()).await.json()["sub"], first["sub"], "as_92");
        }
    }

    async fn as_112_sid_is_of_the_session_in_all_its_id_tokens_and_stays_over_refreshes(server) {
        let after = "https://rp.test/signed-out";
        let (rp, ada) = (server.clinic(), server.ada());
        let registration = Registration {
            post_logout_redirect_uris: vec![after.to_owned()],
            ..Registration::default()
        };
        let other = server.register(registration).await;
        assert!(rp.sign_in(&ada, &OFFLINE).await.id_claims().get("sid").is_none(), "as_88");
        for rp in [&rp, &other] {
            server.change_client(rp, json!({ "sid_in_id_token": true })).await;
        }
        let sid = |tokens: &Tokens| tokens.id_claims()["sid"].as_str().expect("a sid").to_owned();
        let mut browser = Browser::new();
        let mut seen = Vec::new();
        for rp in [&rp, &other, &rp] {
            let back = browser.authorize(&rp.request(&OFFLINE), &ada).await;
            let tokens = Tokens::read(&rp.redeem(back.code()).await);
            let again = Tokens::read(&rp.refresh(tokens.refresh()).await);
            seen.extend([sid(&tokens), sid(&again)]);
        }
        assert_eq!(browser.pages, ["consent"], "one session");
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        let elsewhere = other.sign_in(&ada, &OFFLINE).await;
        assert_ne!(sid(&elsewhere), seen[0], "another browser is another session");

        // as_106: only the hint that names this session ends it without a question.
        let back = browser.authorize(&other.request(&[]), &ada).await;
        let own = Tokens::read(&other.redeem(back.code()).await);
        for (tokens, done) in [(&elsewhere, false), (&own, true)] {
            let hint = tokens.response["id_token"].as_str().unwrap();
            let query = encode(&[("id_token_hint", hint), ("post_logout_redirect_uri", after)]);
            let answer = browser.open(&other.at(&format!("/oauth/logout?{query}"))).await;
            assert_eq!(answer.onward().is_some_and(|to| to.as_str() == after), done);
            assert_eq!(answer.page().has_id("logout-confirm"), !done);
        }
        let back = browser.authorize(&other.request(&[]), &ada).await;
        let anew = Tokens::read(&other.redeem(back.code()).await);
        assert_ne!(sid(&anew), seen[0], "a new session has a new one");
    }
}
