//! Health, and what every answer carries.

use reqwest::Method;
use vestibule_tests::on_both_databases;

on_both_databases! {
    async fn live_and_ready(server) {
        let rp = server.clinic();
        for path in ["/health/live", "/health/ready", "/healthz", "/readyz"] {
            let answer = rp.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.header("cache-control").unwrap().contains("no-store"), "{path}");
        }
    }

    async fn every_answer_has_the_headers_of_security_md_5(server) {
        let rp = server.clinic();
        let paths = [
            "/login", "/oauth/authorize", "/oauth/userinfo", "/health/live", "/nowhere",
            "/.well-known/openid-configuration", "/.well-known/jwks.json",
        ];
        for path in paths {
            let answer = rp.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
            let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path}"));
            assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe-"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert_eq!(answer.header("server"), None, "{path}");
            // Plain http on loopback must not pin browsers to https.
            assert_eq!(answer.header("strict-transport-security"), None, "{path}");
        }
    }

    async fn an_unknown_path_and_a_wrong_method_are_told_so(server) {
        let rp = server.clinic();
        assert_eq!(rp.get("/nowhere").await.status, 404);
        assert_eq!(rp.get("/oauth/token").await.status, 405);
        for page in ["/login", "/consent", "/accounts", "/setup/x", "/welcome/x", "/oauth/logout"] {
            let answer = rp.send(Method::PUT, page, &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("GET, POST")), "{page}");
            assert!(answer.page().has_id("error-code"), "{page}: {}", answer.text());
        }
        let answer = rp.send(Method::DELETE, "/oauth/authorize", &[], "").await;
        assert_eq!(answer.status, 405);
    }

    // People copy the issuer into the address bar.
    async fn the_issuer_itself_leads_to_the_account(server) {
        let rp = server.clinic();
        for method in [Method::GET, Method::HEAD] {
            let answer = rp.send(method, "/", &[], "").await;
            assert!(answer.status.is_redirection());
            assert_eq!(answer.header("location"), Some("/account"));
        }
    }

    // Monitors and `curl -I` ask so; a document that answers them 404 looks gone.
    async fn rfc9110_9_3_2_head_answers_as_get_without_the_body(server) {
        let rp = server.clinic();
        let documents = [
            "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
            "/.well-known/jwks.json", "/oauth/jwks", "/health/live", "/health/ready", "/healthz",
            "/readyz", "/errors", "/errors/VB-1001",
        ];
        for path in documents {
            let (head, get) = (rp.send(Method::HEAD, path, &[], "").await, rp.get(path).await);
            assert_eq!(head.status, get.status, "{path}");
            for name in ["content-type", "content-length", "cache-control", "access-control-allow-origin"] {
                assert_eq!(head.header(name), get.header(name), "{path}: {name}");
            }
            assert!(head.body.is_empty(), "{path}");
            let posted = rp.send(Method::POST, path, &[], "").await;
            assert_eq!(posted.status, 405, "{path}");
            assert_eq!(posted.header("allow"), Some("GET, HEAD"), "{path}");
        }
    }

    async fn head_does_nothing_where_get_does_something(server) {
        let rp = server.clinic();
        for path in [rp.request(&[]).as_str(), &rp.at("/oauth/logout")] {
            let path = path.strip_prefix(&rp.issuer).unwrap();
            assert_eq!(rp.send(Method::HEAD, path, &[], "").await.status, 405, "{path}");
        }
    }
}
