//! `/oauth/token`: a code is redeemed; client credentials.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::pkce;
use vestibule_tests::relying_party::{Authentication, Tokens, claims};
use vestibule_tests::server::Registration;

/// RFC 6749 §5.2: status, code, and nothing that caches or leaks.
fn refused(answer: &Answer, status: u16, error: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    let body = answer.json();
    assert_eq!(body["error"], error, "{what}: {body}");
    for (name, value) in body.as_object().unwrap() {
        assert!(["error", "error_description", "error_uri"].contains(&name.as_str()), "{body}");
        let value = value.as_str().unwrap();
        assert!(value.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\'), "{value}");
    }
    assert!(answer.header("cache-control").unwrap().contains("no-store"), "{what}");
    assert!(answer.header("content-type").unwrap().starts_with("application/json"), "{what}");
}

on_both_databases! {
    async fn rfc6749_5_1_and_as_76_a_good_answer(server) {
        let rp = server.clinic();
        let back = rp.code(&server.ada(), &[("nonce", "n1")]).await;
        let answer = rp.redeem(back.code()).await;
        assert!(answer.header("cache-control").unwrap().contains("no-store"), "as_18");
        assert!(answer.header("content-type").unwrap().starts_with("application/json"), "as_18");
        let tokens = Tokens::read(&answer);
        assert_eq!(tokens.response["token_type"], "Bearer");
        let lifetime = tokens.response["expires_in"].as_i64().unwrap();
        assert!((1..=3600).contains(&lifetime), "{lifetime}");
        assert!(tokens.access().len() >= 22 && tokens.access().is_ascii());
        let mut members: Vec<&str> = tokens.response.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        // No refresh token, since offline_access was not asked for; no scope, since it is the one asked for.
        assert_eq!(members, ["access_token", "expires_in", "id_token", "token_type"]);
    }

    async fn as_76_a_narrowed_scope_is_told(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[("scope", "openid email unknown:thing")]).await;
        assert_eq!(tokens.response["scope"], "email openid");
        let claims = rp.userinfo(tokens.access()).await.json();
        assert!(claims["email"].is_string() && claims.get("given_name").is_none(), "{claims}");
    }

    async fn opaque_access_tokens_work_like_signed_ones(server) {
        let rp = server.clinic();
        server.change_client(&rp, serde_json::json!({ "access_token": "opaque" })).await;
        let scope = [("scope", "openid email offline_access"), ("prompt", "consent")];
        let tokens = rp.sign_in(&server.ada(), &scope).await;
        let token = tokens.access();
        assert!(token.starts_with("vba_") && token.len() >= 40, "{token}");
        assert_eq!(rp.userinfo(token).await.json()["email"], "ada@clinic.test");
        let state = rp.introspect(token).await.json();
        assert_eq!((&state["active"], &state["sub"]), (&serde_json::json!(true), &tokens.id_claims()["sub"]));
        let digest = <sha2::Sha256 as sha2::Digest>::digest(token.as_bytes());
        assert_eq!(tokens.id_claims()["at_hash"], URL_SAFE_NO_PAD.encode(&digest[..16]), "as_86");
        let next = Tokens::read(&rp.refresh(tokens.refresh()).await);
        assert_ne!(next.access(), token);
        // i17: every character counts.
        for at in [4, 20, token.len() - 2] {
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_eq!(rp.userinfo(&changed).await.status, 401, "character {at}");
        }
        rp.revoke(token).await;
        assert_eq!(rp.userinfo(token).await.status, 401);
        assert_eq!(rp.userinfo(next.access()).await.status, 200, "it goes alone");
        server.advance(Duration::from_secs(301));
        assert_eq!(rp.userinfo(next.access()).await.status, 401);
    }

    async fn i11_a_code_is_bound_to_the_session_it_was_issued_in(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        for scope in ["openid", "openid offline_access"] {
            let request = rp.request(&[("scope", scope), ("prompt", "consent")]);
            let back = browser.authorize(&request, &server.ada()).await;
            let asked = browser.open(&rp.at("/oauth/logout")).await;
            let form = asked.page().form_with("logout-confirm").unwrap().press("logout-confirm");
            assert!(browser.submit(&asked.url, &form).await.page().has_id("signed-out"));
            refused(&rp.redeem(back.code()).await, 400, "invalid_grant", scope);
        }
    }

    async fn as_83_to_88_the_id_token(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[("nonce", "n1")]).await;
        let id = tokens.id_claims();
        assert_eq!(id["iss"], rp.issuer.as_str());
        assert_eq!(id["aud"], rp.client_id.as_str());
        let sub = id["sub"].as_str().unwrap();
        assert!((1..=255).contains(&sub.len()) && sub.is_ascii());
        let now = server.now().as_millis() / 1000;
        let (iat, exp) = (id["iat"].as_i64().unwrap(), id["exp"].as_i64().unwrap());
        assert!(iat <= now && now - iat < 60, "iat {iat}, now {now}");
        assert!(exp > now && exp <= iat + 3600, "{exp}");
        assert!(id["jti"].as_str().unwrap().len() >= 16);
        assert_eq!(id["nonce"], "n1");
        assert!(id.as_object().unwrap().values().all(|value| !value.is_null() && value != ""));
        let digest = <sha2::Sha256 as sha2::Digest>::digest(tokens.access().as_bytes());
        let half = URL_SAFE_NO_PAD.encode(&digest[..16]);
        assert_eq!(id["at_hash"], half.as_str(), "as_86");
        let again = rp.sign_in(&server.ada(), &[]).await.id_claims();
        assert_ne!(again["jti"], id["jti"], "allauth refuses a jti it has seen");
        assert_eq!(again["sub"], id["sub"]);
    }

    async fn as_76_no_id_token_without_openid(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[("scope", "profile email")]).await;
        assert!(tokens.response.get("id_token").is_none(), "{}", tokens.response);
    }

    async fn as_73_and_rfc6749_4_1_3_a_code_is_bound_to_its_redirect_uri(server) {
        let rp = server.clinic();
        for redirect_uri in ["https://rp.test/cb/", "https://rp.test/other", ""] {
            let back = rp.code(&server.ada(), &[]).await;
            let mut fields = vec![("grant_type", "authorization_code"), ("code", back.code())];
            if !redirect_uri.is_empty() {
                fields.push(("redirect_uri", redirect_uri));
            }
            refused(&rp.token(&fields).await, 400, "invalid_grant", redirect_uri);
        }
        // AS-73: only when the authorization request carried one.
        let back = rp.code(&server.ada(), &[("redirect_uri", "")]).await;
        let fields = [("grant_type", "authorization_code"), ("code", back.code())];
        Tokens::read(&rp.token(&fields).await);
    }

    async fn as_74_and_i2_a_replayed_code_revokes_what_it_gave(server) {
        let rp = server.clinic();
        let scope = [("scope", "openid offline_access"), ("prompt", "consent")];
        let back = rp.code(&server.ada(), &scope).await;
        let tokens = Tokens::read(&rp.redeem(back.code()).await);
        assert_eq!(rp.userinfo(tokens.access()).await.status, 200);
        refused(&rp.redeem(back.code()).await, 400, "invalid_grant", "replay");
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401, "the access token is dead");
        refused(&rp.refresh(tokens.refresh()).await, 400, "invalid_grant", "the refresh token is dead");
        refused(&rp.redeem(back.code()).await, 400, "invalid_grant", "any time later");
    }

    async fn i2_as_75_another_client_never_consumes_a_code(server) {
        let rp = server.clinic();
        let other = server.register(Registration::default()).await;
        let back = rp.code(&server.ada(), &[]).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", back.code()),
            ("redirect_uri", "https://rp.test/cb"),
        ];
        refused(&other.token(&fields).await, 400, "invalid_grant", "another client");
        let tokens = Tokens::read(&rp.redeem(back.code()).await);
        refused(&other.token(&fields).await, 400, "invalid_grant", "another client, after redemption");
        assert_eq!(rp.userinfo(tokens.access()).await.status, 200, "its owner's tokens live on");
    }

    async fn as_75_rfc7636_4_6_the_verifier_must_fit(server) {
        let rp = server.clinic();
        let challenge = pkce::challenge(pkce::VERIFIER);
        let changes = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
        for verifier in [None, Some("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"), Some(challenge.as_str())] {
            let back = rp.code(&server.ada(), &changes).await;
            let mut fields = vec![
                ("grant_type", "authorization_code"),
                ("code", back.code()),
                ("redirect_uri", rp.redirect_uri.as_str()),
            ];
            if let Some(verifier) = verifier {
                fields.push(("code_verifier", verifier));
            }
            refused(&rp.token(&fields).await, 400, "invalid_grant", &format!("{verifier:?}"));
            // i2: the right client with a wrong verifier has spoilt the code.
            fields.retain(|(name, _)| *name != "code_verifier");
            fields.push(("code_verifier", pkce::VERIFIER));
            if verifier.is_some() {
                refused(&rp.token(&fields).await, 400, "invalid_grant", "spoilt");
            }
        }
        let back = rp.code(&server.ada(), &changes).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", back.code()),
            ("redirect_uri", rp.redirect_uri.as_str()),
            ("code_verifier", pkce::VERIFIER),
        ];
        Tokens::read(&rp.token(&fields).await);
    }

    async fn i12_a_verifier_without_a_challenge_is_refused(server) {
        let rp = server.clinic();
        let back = rp.code(&server.ada(), &[]).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", back.code()),
            ("redirect_uri", rp.redirect_uri.as_str()),
            ("code_verifier", pkce::VERIFIER),
        ];
        refused(&rp.token(&fields).await, 400, "invalid_grant", "a downgrade");
    }

    async fn as_44_a_code_lives_a_minute(server) {
        let rp = server.clinic();
        let back = rp.code(&server.ada(), &[]).await;
        server.advance(Duration::from_secs(61));
        refused(&rp.redeem(back.code()).await, 400, "invalid_grant", "expired");
    }

    async fn i31_a_clock_set_back_revives_nothing(server) {
        let rp = server.clinic();
        let back = rp.code(&server.ada(), &[]).await;
        Tokens::read(&rp.redeem(back.code()).await);
        server.rewind(Duration::from_secs(30));
        refused(&rp.redeem(back.code()).await, 400, "invalid_grant", "redeemed before");
    }

    async fn rfc6749_5_2_requests_that_are_not_well_formed(server) {
        let rp = server.clinic();
        for (fields, error) in [
            (vec![], "invalid_request"),
            (vec![("grant_type", "password"), ("username", "a"), ("password", "b")], "unsupported_grant_type"),
            (vec![("grant_type", "implicit")], "unsupported_grant_type"),
            (vec![("grant_type", "authorization_code")], "invalid_request"),
            (vec![("grant_type", "refresh_token")], "invalid_request"),
            (vec![("grant_type", "authorization_code"), ("code", "nonsense"), ("redirect_uri", "https://rp.test/cb")], "invalid_grant"),
            (vec![("grant_type", "authorization_code"), ("code", ""), ("redirect_uri", "https://rp.test/cb")], "invalid_request"),
            (vec![("grant_type", "refresh_token"), ("refresh_token", "nonsense")], "invalid_grant"),
            (vec![("grant_type", "client_credentials"), ("grant_type", "client_credentials")], "invalid_request"),
        ] {
            refused(&rp.token(&fields).await, 400, error, &format!("{fields:?}"));
        }
    }

    async fn i15_a_value_issued_for_one_purpose_means_nothing_for_another(server) {
        let rp = server.clinic();
        let scope = [("scope", "openid offline_access"), ("prompt", "consent")];
        let tokens = rp.sign_in(&server.ada(), &scope).await;
        let back = rp.code(&server.ada(), &scope).await;
        refused(&rp.redeem(tokens.refresh()).await, 400, "invalid_grant", "a refresh token as code");
        refused(&rp.redeem(tokens.access()).await, 400, "invalid_grant", "an access token as code");
        refused(&rp.refresh(back.code()).await, 400, "invalid_grant", "a code as refresh token");
        refused(&rp.refresh(tokens.access()).await, 400, "invalid_grant", "an access token as refresh token");
        assert_eq!(rp.userinfo(tokens.refresh()).await.status, 401, "a refresh token at userinfo");
        assert_eq!(rp.userinfo(back.code()).await.status, 401, "a code at userinfo");
        // i17: the whole value counts.
        let cut = &tokens.access()[..tokens.access().len() - 1];
        assert_eq!(rp.userinfo(cut).await.status, 401, "one character short");
        assert_eq!(rp.userinfo(&format!("{}A", tokens.access())).await.status, 401, "one too many");
    }

    async fn vendors_md_9_2_scope_and_charset_in_a_code_exchange_are_tolerated(server) {
        let rp = server.clinic();
        let back = rp.code(&server.ada(), &[]).await;
        let body = encode(&[
            ("grant_type", "authorization_code"),
            ("code", back.code()),
            ("redirect_uri", rp.redirect_uri.as_str()),
            ("client_id", rp.client_id.as_str()),
            ("client_secret", rp.client_secret.as_str()),
            ("scope", "openid email profile"),
            ("foo", "bar"),
        ]);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded;charset=UTF-8"),
            ("accept", "text/html"),
        ];
        let answer = rp.send(Method::POST, "/oauth/token", &headers, &body).await;
        Tokens::read(&answer);
        assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    }

    async fn rfc6749_4_4_client_credentials(server) {
        let mut rp = server.register(Registration {
            grants: vec!["authorization_code", "refresh_token", "client_credentials"],
            ..Registration::default()
        }).await;
        for authentication in [Authentication::Post, Authentication::Basic] {
            rp.authentication = authentication;
            let tokens = Tokens::read(&rp.token(&[("grant_type", "client_credentials")]).await);
            assert_eq!(tokens.response["token_type"], "Bearer");
            assert!(tokens.response.get("refresh_token").is_none());
            assert!(tokens.response.get("id_token").is_none());
            let state = rp.introspect(tokens.access()).await.json();
            assert_eq!(state["active"], true);
            assert_eq!(state["client_id"], rp.client_id.as_str());
            if tokens.access().split('.').count() == 3 {
                assert_eq!(claims(tokens.access())["sub"], rp.client_id.as_str());
            }
            let answer = rp.userinfo(tokens.access()).await;
            assert_eq!(answer.status, 403, "no person behind it");
            assert!(answer.header("www-authenticate").unwrap().contains("insufficient_scope"));
        }
    }

    async fn rfc6749_4_4_only_clients_that_may(server) {
        let public = server.register(Registration { auth_method: "none", ..Registration::default() }).await;
        let answer = public.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(answer.json()["error"], "unauthorized_client", "{}", answer.text());
    }
}
