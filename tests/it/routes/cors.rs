//! What scripts of other origins may read: an app that runs in the browser alone asks from its own.

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::pkce;
use vestibule_tests::relying_party::{RelyingParty, Tokens};
use vestibule_tests::server::{Registration, Server};

const APP: &str = "https://app.test";
const ALLOWED: &str = "access-control-allow-origin";

async fn app(server: &Server) -> RelyingParty {
    let redirect_uris = ["https://app.test/callback?from=us", "http://127.0.0.1:5173/"];
    server
        .register(Registration {
            auth_method: "none",
            pkce: "required",
            redirect_uris: redirect_uris.map(str::to_owned).to_vec(),
            ..Registration::default()
        })
        .await
}

/// As a browser sends what a script asks for: with the script's origin.
async fn from(rp: &RelyingParty, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
    let fields = [&[("client_id", rp.client_id.as_str())], fields].concat();
    rp.send(Method::POST, path, &headers, &encode(&fields)).await
}

async fn signs_in(server: &Server, rp: &RelyingParty) -> Tokens {
    let challenge = pkce::challenge(pkce::VERIFIER);
    let changes = [
        ("scope", "openid email offline_access"),
        ("prompt", "consent"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let back = Browser::new().authorize(&rp.request(&changes), &server.ada()).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", back.code()),
        ("redirect_uri", rp.redirect_uri.as_str()),
        ("code_verifier", pkce::VERIFIER),
    ];
    let answer = from(rp, APP, "/oauth/token", &fields).await;
    assert_eq!(answer.header(ALLOWED), Some(APP), "{}", answer.text());
    assert_eq!(answer.header("vary"), Some("Origin"));
    Tokens::read(&answer)
}

async fn asks(rp: &RelyingParty, origin: &str, access_token: &str) -> Answer {
    let bearer = format!("Bearer {access_token}");
    let headers = [("origin", origin), ("authorization", bearer.as_str())];
    rp.send(Method::GET, "/oauth/userinfo", &headers, "").await
}

on_both_databases! {
    async fn oauth21_3_2_an_app_in_the_browser_alone_has_its_answers(server) {
        let rp = app(server).await;
        let tokens = signs_in(server, &rp).await;
        let claims = asks(&rp, APP, tokens.access()).await;
        assert_eq!((claims.status.as_u16(), claims.header(ALLOWED)), (200, Some(APP)));
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
        let renewed = from(&rp, APP, "/oauth2/v1/token", &fields).await;
        assert_eq!(renewed.header(ALLOWED), Some(APP));
        let renewed = Tokens::read(&renewed);
        let given_up = from(&rp, APP, "/oauth/revoke", &[("token", renewed.refresh())]).await;
        assert_eq!((given_up.status.as_u16(), given_up.header(ALLOWED)), (200, Some(APP)));
        let dead = asks(&rp, APP, renewed.access()).await;
        assert_eq!((dead.status.as_u16(), dead.header(ALLOWED)), (401, Some(APP)));
        assert!(dead.header("access-control-expose-headers").unwrap().contains("WWW-Authenticate"));
    }

    async fn only_the_whole_origin_of_a_redirect_uri_reads(server) {
        let rp = app(server).await;
        let tokens = signs_in(server, &rp).await;
        for (origin, reads) in [
            ("http://127.0.0.1:5173", true),
            ("https://app.test", true),
            ("https://app.test:443", false),
            ("https://app.test/", false),
            ("https://app.test.evil.test", false),
            ("https://app.tes", false),
            ("https://APP.test", false),
            ("http://app.test", false),
            ("http://127.0.0.1:5174", false),
            ("http://127.0.0.1", false),
            ("https://evil.test", false),
            ("null", false),
            ("*", false),
        ] {
            let expected = reads.then_some(origin);
            let claims = asks(&rp, origin, tokens.access()).await;
            assert_eq!(claims.header(ALLOWED), expected, "userinfo from {origin}");
            assert_eq!(claims.header("access-control-allow-credentials"), None);
            let fields = [("grant_type", "authorization_code"), ("code", "wrong")];
            let refused = from(&rp, origin, "/oauth/token", &fields).await;
            assert_eq!(refused.status, 400);
            assert_eq!(refused.header(ALLOWED), expected, "a refusal to {origin}");
            assert_eq!(from(&rp, origin, "/oauth/revoke", &[("token", "wrong")]).await.header(ALLOWED), expected);
        }
        let own = rp.userinfo(tokens.access()).await;
        assert_eq!(own.header(ALLOWED), None, "a server has no origin");
    }

    async fn one_client_reads_nothing_for_another(server) {
        let (rp, clinic) = (app(server).await, server.clinic());
        let tokens = clinic.sign_in(&server.ada(), &[]).await;
        assert_eq!(asks(&rp, APP, tokens.access()).await.header(ALLOWED), None);
        assert_eq!(asks(&rp, "https://rp.test", tokens.access()).await.header(ALLOWED), Some("https://rp.test"));
    }

    async fn a_refusal_about_no_client_is_anybodys(server) {
        let rp = app(server).await;
        let stranger = RelyingParty { client_id: "nobody".to_owned(), ..rp.clone() };
        let fields = [("grant_type", "authorization_code"), ("code", "wrong")];
        let unknown = from(&stranger, "https://evil.test", "/oauth/token", &fields).await;
        assert_eq!((unknown.status.as_u16(), unknown.header(ALLOWED)), (401, Some("*")));
        let unknown = asks(&rp, "https://evil.test", "nonsense").await;
        assert_eq!((unknown.status.as_u16(), unknown.header(ALLOWED)), (401, Some("*")));
    }

    async fn fetch_3_3_2_a_preflight_is_answered_alike_for_everybody(server) {
        let rp = app(server).await;
        for (path, methods) in [
            ("/oauth/token", Some("POST")),
            ("/oauth2/v1/token", Some("POST")),
            ("/oauth/revoke", Some("POST")),
            ("/oauth/userinfo", Some("GET, POST")),
            ("/.well-known/openid-configuration", Some("GET, HEAD")),
            ("/.well-known/oauth-authorization-server", Some("GET, HEAD")),
            ("/.well-known/jwks.json", Some("GET, HEAD")),
            ("/oauth/jwks", Some("GET, HEAD")),
            ("/oauth/introspect", None),
            ("/oauth/authorize", None),
            ("/oauth/logout", None),
            ("/login", None),
            ("/api/v1/clients", None),
        ] {
            let origin = ("origin", "https://evil.test");
            let headers = [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,x-own")];
            let answer = rp.send(Method::OPTIONS, path, &headers, "").await;
            assert_eq!(answer.header("access-control-allow-methods"), methods, "{path}");
            assert_eq!(answer.header(ALLOWED), methods.and(Some("*")), "{path}");
            assert_eq!(answer.header("access-control-allow-headers"), methods.and(Some("Authorization, *")), "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
            assert_eq!(answer.status == 204, methods.is_some(), "{path}: {}", answer.status);
            let bare = rp.send(Method::OPTIONS, path, &[origin], "").await;
            assert_ne!(bare.status, 204, "{path}: no preflight");
        }
    }
}
