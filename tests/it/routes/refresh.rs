//! `/oauth/token` with `grant_type=refresh_token`.

use std::time::Duration;

use vestibule_tests::browser::Answer;
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::{RelyingParty, Tokens};
use vestibule_tests::server::{Registration, Server};
use vestibule_tests::{browser::Browser, pkce};

const OFFLINE: [(&str, &str); 2] =
    [("scope", "openid email offline_access"), ("prompt", "consent")];

fn refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {}", answer.text());
    assert_eq!(answer.json()["error"], "invalid_grant", "{what}");
}

/// A public client with PKCE and its first tokens.
async fn public(server: &Server) -> (RelyingParty, Tokens) {
    let rp = server
        .register(Registration { auth_method: "none", pkce: "required", ..Registration::default() })
        .await;
    let challenge = pkce::challenge(pkce::VERIFIER);
    let changes =
        [&OFFLINE[..], &[("code_challenge", &challenge), ("code_challenge_method", "S256")]]
            .concat();
    let back = Browser::new().authorize(&rp.request(&changes), &server.ada()).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", back.code()),
        ("redirect_uri", rp.redirect_uri.as_str()),
        ("code_verifier", pkce::VERIFIER),
    ];
    let tokens = Tokens::read(&rp.token(&fields).await);
    (rp, tokens)
}

on_both_databases! {
    async fn as_78_a_refresh_keeps_who_and_renews_when(server) {
        let rp = server.clinic();
        let changes = [&OFFLINE[..], &[("nonce", "n1")]].concat();
        let first = rp.sign_in(&server.ada(), &changes).await;
        server.advance(Duration::from_secs(30));
        let second = Tokens::read(&rp.refresh(first.refresh()).await);
        let (before, after) = (first.id_claims(), second.id_claims());
        for same in ["iss", "sub", "aud", "azp", "auth_time"] {
            assert!(before.get(same).is_some(), "{same}");
            assert_eq!(before.get(same), after.get(same), "{same}");
        }
        assert!(after["iat"].as_i64() >= before["iat"].as_i64().map(|iat| iat + 30));
        assert_ne!(before["jti"], after["jti"]);
        assert!(after.get("nonce").is_none(), "{after}");
        assert_ne!(first.access(), second.access());
        assert_eq!(rp.userinfo(second.access()).await.status, 200);
    }

    async fn as_78_scope_may_shrink_and_never_grow(server) {
        let rp = server.clinic();
        let first = rp.sign_in(&server.ada(), &OFFLINE).await;
        let fields = |scope| [("grant_type", "refresh_token"), ("refresh_token", first.refresh()), ("scope", scope)];
        let less = Tokens::read(&rp.token(&fields("openid")).await);
        assert_eq!(rp.introspect(less.access()).await.json()["scope"], "openid");
        assert!(rp.userinfo(less.access()).await.json().get("email").is_none());
        let more = rp.token(&fields("openid email phone")).await;
        assert_eq!((more.status.as_u16(), more.json()["error"].as_str()), (400, Some("invalid_scope")));
        let same = Tokens::read(&rp.refresh(first.refresh()).await);
        assert_eq!(rp.userinfo(same.access()).await.json()["email"], "ada@clinic.test");
    }

    async fn as_77_a_refresh_token_is_bound_to_its_client(server) {
        let rp = server.clinic();
        let other = server.register(Registration::default()).await;
        let tokens = rp.sign_in(&server.ada(), &OFFLINE).await;
        refused(&other.refresh(tokens.refresh()).await, "another client");
        Tokens::read(&rp.refresh(tokens.refresh()).await);
    }

    async fn as_79_confidential_clients_keep_their_refresh_token(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &OFFLINE).await;
        for _ in 0..3 {
            let next = Tokens::read(&rp.refresh(tokens.refresh()).await);
            assert_eq!(next.refresh(), tokens.refresh(), "not rotated by default");
        }
    }

    async fn p2_and_i3_reuse_of_a_retired_token_ends_the_family(server) {
        let (rp, first) = public(server).await;
        let second = Tokens::read(&rp.refresh(first.refresh()).await);
        assert_ne!(first.refresh(), second.refresh(), "public clients rotate");
        server.advance(Duration::from_secs(120));
        let third = Tokens::read(&rp.refresh(second.refresh()).await);
        server.advance(Duration::from_secs(120));
        refused(&rp.refresh(first.refresh()).await, "a thief's copy");
        refused(&rp.refresh(third.refresh()).await, "the family is gone");
        assert_eq!(rp.userinfo(third.access()).await.status, 401, "its access tokens too");
    }

    async fn p2_two_at_once_get_the_same_successor(server) {
        server.stop_clock();
        let (rp, first) = public(server).await;
        let calls: Vec<_> = (0..8).map(|_| {
            let (rp, token) = (rp.clone(), first.refresh().to_owned());
            tokio::spawn(async move { rp.refresh(&token).await })
        }).collect();
        let mut successors = std::collections::BTreeSet::new();
        for call in calls {
            successors.insert(Tokens::read(&call.await.unwrap()).refresh().to_owned());
        }
        assert_eq!(successors.len(), 1, "a lost answer is no theft, and yields nothing more");
        let second = successors.pop_first().unwrap();
        assert_ne!(second, first.refresh());
        // i3: whoever uses the successor ends the grace of its parent.
        Tokens::read(&rp.refresh(&second).await);
        refused(&rp.refresh(first.refresh()).await, "its successor was used");
    }

    async fn rfc9700_4_14_2_thirty_days_without_use_and_ninety_in_all(server) {
        server.stop_clock();
        let days = |count: u64| Duration::from_secs(count * 86_400);
        let rp = server.clinic();
        let (used, unused) = (rp.sign_in(&server.ada(), &OFFLINE).await, rp.sign_in(&server.ada(), &OFFLINE).await);
        let (app, first) = public(server).await;
        let mut newest = first.refresh().to_owned();
        for _ in 0..3 {
            server.advance(days(29));
            Tokens::read(&rp.refresh(used.refresh()).await);
            newest = Tokens::read(&app.refresh(&newest).await).refresh().to_owned();
        }
        refused(&rp.refresh(unused.refresh()).await, "unused for 87 days");
        server.advance(days(3));
        refused(&rp.refresh(used.refresh()).await, "90 days old");
        refused(&app.refresh(&newest).await, "90 days old, however often it was rotated");
    }

    async fn as_81_no_refresh_token_without_offline_access(server) {
        let rp = server.clinic();
        assert!(rp.sign_in(&server.ada(), &[]).await.response.get("refresh_token").is_none());
    }

    async fn i4_i13_what_ends_a_person_ends_their_tokens(server) {
        let rp = server.clinic();
        let grace = server.person("grace@clinic.test").await;
        let tokens = rp.sign_in(&grace, &OFFLINE).await;
        server.disable_person(&grace).await;
        refused(&rp.refresh(tokens.refresh()).await, "a disabled person");
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
        assert_eq!(rp.introspect(tokens.access()).await.json()["active"], false);
    }

    async fn i4_i13_a_code_of_a_disabled_person_gives_nothing(server) {
        let rp = server.clinic();
        let grace = server.person("grace@clinic.test").await;
        let back = rp.code(&grace, &[]).await;
        server.disable_person(&grace).await;
        refused(&rp.redeem(back.code()).await, "a disabled person's code");
    }
}
