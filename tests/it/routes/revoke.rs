//! `/oauth/revoke` (RFC 7009).

use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;

const OFFLINE: [(&str, &str); 2] = [("scope", "openid offline_access"), ("prompt", "consent")];

on_both_databases! {
    async fn rfc7009_2_1_a_refresh_token_takes_the_grant_with_it(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &OFFLINE).await;
        assert_eq!(rp.revoke(tokens.refresh()).await.status, 200);
        assert_eq!(rp.refresh(tokens.refresh()).await.json()["error"], "invalid_grant");
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
        assert_eq!(rp.revoke(tokens.refresh()).await.status, 200, "again changes nothing");
    }

    async fn rfc7009_2_1_an_access_token_goes_alone(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &OFFLINE).await;
        assert_eq!(rp.revoke(tokens.access()).await.status, 200);
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
        assert_eq!(rp.introspect(tokens.access()).await.json()["active"], false);
        assert_eq!(rp.refresh(tokens.refresh()).await.status, 200);
    }

    async fn rfc7009_2_2_an_unknown_token_is_no_error(server) {
        let rp = server.clinic();
        assert_eq!(rp.revoke("nonsense").await.status, 200);
    }

    async fn rfc7009_2_1_only_its_client_may_revoke_a_token(server) {
        let rp = server.clinic();
        let other = server.register(Default::default()).await;
        let tokens = rp.sign_in(&server.ada(), &OFFLINE).await;
        for token in [tokens.refresh(), tokens.access()] {
            let answer = other.revoke(token).await;
            assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some("invalid_grant")));
        }
        assert_eq!(rp.refresh(tokens.refresh()).await.status, 200, "still alive");
        assert_eq!(rp.userinfo(tokens.access()).await.status, 200, "still alive");
        let stranger = RelyingParty::new(&rp.issuer, &rp.client_id, "wrong", &rp.redirect_uri);
        assert_eq!(stranger.revoke(tokens.refresh()).await.status, 401);
    }
}
