//! `/oauth/introspect` (RFC 7662).

use serde_json::json;
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::{RelyingParty, claims};
use vestibule_tests::server::Registration;

on_both_databases! {
    async fn rfc7662_2_2_an_active_token(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
        let answer = rp.introspect(tokens.access()).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("cache-control").unwrap().contains("no-store"));
        let state = answer.json();
        assert_eq!(state["active"], true);
        assert_eq!(state["client_id"], rp.client_id.as_str());
        assert_eq!(state["sub"], tokens.id_claims()["sub"]);
        assert_eq!(state["token_type"], "Bearer");
        assert_eq!(state["iss"], rp.issuer.as_str());
        assert_eq!(state["jti"], claims(tokens.access())["jti"], "RFC 7662 §2.2: as the JWT has it");
        assert!(state["exp"].is_i64() && state["iat"].is_i64());
        let scope: std::collections::BTreeSet<_> = state["scope"].as_str().unwrap().split(' ').collect();
        assert_eq!(scope, ["offline_access", "openid"].into());
        assert_eq!(rp.introspect(tokens.refresh()).await.json()["active"], true);
    }

    async fn rfc7662_2_2_everything_else_is_only_inactive(server) {
        let rp = server.clinic();
        let other = server.register(Registration::default()).await;
        let tokens = other.sign_in(&server.ada(), &[]).await;
        for token in ["nonsense", "", "a.b.c", tokens.access()] {
            let answer = rp.introspect(token).await;
            if token.is_empty() && answer.status == 400 {
                continue;
            }
            assert_eq!(answer.json(), json!({ "active": false }), "{token:.30}");
        }
        rp.revoke(tokens.access()).await;
        assert_eq!(other.introspect(tokens.access()).await.json()["active"], true, "another client cannot revoke it");
    }

    async fn rfc7662_2_1_the_caller_must_authenticate(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[]).await;
        let mut stranger = RelyingParty::new(&rp.issuer, &rp.client_id, "wrong", &rp.redirect_uri);
        assert_eq!(stranger.introspect(tokens.access()).await.status, 401);
        stranger.authentication = vestibule_tests::relying_party::Authentication::None;
        assert_eq!(stranger.introspect(tokens.access()).await.status, 401);
    }
}
