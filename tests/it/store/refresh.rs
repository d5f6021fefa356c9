//! Refresh tokens, access tokens and their families.

use vestibule_protocol::grant::Retired;
use vestibule_protocol::ids::{AccessTokenId, RefreshTokenId};
use vestibule_store::Guard;
use vestibule_store::changes::{
    EndSession, IssueClientToken, RevokeAccessToken, RevokeGrant, UseRefresh,
};

use super::fixtures::{World, later};
use super::on_both;

const OFFLINE: &[&str] = &["openid", "offline_access"];

on_both! {
    async fn rfc6749_6_a_rotated_token_names_its_successor(database: Database) {
        let world = World::new(&database).await;
        let first = world.grant(OFFLINE).await.refresh.unwrap();
        let rotation = world.rotation(&first);
        assert_eq!(world.store.apply(rotation.clone()).await.unwrap(), Guard::Held);
        let facts = world.store.refresh_facts(first.id).await.unwrap().unwrap();
        let retired = Retired { at: rotation.at, successor: rotation.successor.id };
        assert_eq!(facts.token.retired, Some(retired));
        assert_eq!(facts.successor, Some(rotation.successor.clone()));
        assert_eq!(facts.grant.id, first.grant);
        assert_eq!(facts.user, world.user);
        let facts = world.store.refresh_facts(rotation.successor.id).await.unwrap().unwrap();
        assert_eq!((facts.token, facts.successor), (rotation.successor, None));
        assert_eq!(world.store.refresh_facts(RefreshTokenId(1)).await.unwrap(), None);
    }

    async fn i3_a_generation_has_one_successor(database: Database) {
        let world = World::new(&database).await;
        let first = world.grant(OFFLINE).await.refresh.unwrap();
        let (won, lost) = (world.rotation(&first), world.rotation(&first));
        assert_eq!(world.store.apply(won).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(lost.clone()).await.unwrap(), Guard::Lost);
        assert_eq!(world.store.refresh_facts(lost.successor.id).await.unwrap(), None);
    }

    async fn a_token_that_stays_is_renewed_and_a_retired_one_is_not(database: Database) {
        let world = World::new(&database).await;
        let first = world.grant(OFFLINE).await.refresh.unwrap();
        let using = |id| UseRefresh {
            id,
            at: later(2),
            expires_at: later(99_999),
            access_token: world.access_token(Some(first.grant)),
            events: vec![],
        };
        let used = using(first.id);
        assert_eq!(world.store.apply(used.clone()).await.unwrap(), Guard::Held);
        let facts = world.store.refresh_facts(first.id).await.unwrap().unwrap();
        assert_eq!(facts.token.expires_at, later(99_999));
        assert!(world.store.access_token_facts(used.access_token.id).await.unwrap().is_some());
        assert_eq!(world.store.apply(world.rotation(&first)).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(using(first.id)).await.unwrap(), Guard::Lost);
    }

    async fn i4_a_revoked_family_yields_nothing(database: Database) {
        let world = World::new(&database).await;
        let first = world.grant(OFFLINE).await.refresh.unwrap();
        let revoke = RevokeGrant { id: first.grant, at: later(2), events: vec![] };
        assert_eq!(world.store.apply(revoke).await.unwrap(), Guard::Held);
        let rotation = world.rotation(&first);
        assert_eq!(world.store.apply(rotation).await.unwrap(), Guard::Lost);
    }

    async fn i13_a_refresh_token_is_worth_nothing_once_its_ground_is_gone(database: Database) {
        for ground in ["user", "not before", "client", "organization"] {
            let world = World::new_in_sub_organization(&database, ground).await;
            let first = world.grant(OFFLINE).await.refresh.unwrap();
            world.take_away(ground).await;
            let using = UseRefresh {
                id: first.id,
                at: later(2),
                expires_at: later(99_999),
                access_token: world.access_token(Some(first.grant)),
                events: vec![],
            };
            assert_eq!(world.store.apply(using).await.unwrap(), Guard::Lost, "{ground}");
            let rotation = world.rotation(&first);
            assert_eq!(world.store.apply(rotation).await.unwrap(), Guard::Lost, "{ground}");
        }
    }

    async fn oidc_core_11_an_offline_grant_outlives_its_session_and_no_other(database: Database) {
        let world = World::new(&database).await;
        let offline = world.grant(OFFLINE).await;
        let mut bound = world.redemption(&world.code(&["openid"]).await);
        bound.refresh = Some(world.refresh_token(bound.grant.id, 1));
        assert_eq!(world.store.apply(bound.clone()).await.unwrap(), Guard::Held);
        let end = EndSession { id: world.session.id, at: later(2), events: vec![] };
        assert_eq!(world.store.apply(end).await.unwrap(), Guard::Held);
        let rotation = world.rotation(&bound.refresh.unwrap());
        assert_eq!(world.store.apply(rotation).await.unwrap(), Guard::Lost);
        let rotation = world.rotation(&offline.refresh.unwrap());
        assert_eq!(world.store.apply(rotation).await.unwrap(), Guard::Held);
        let of = async |id| {
            let facts = world.store.access_token_facts(id).await.unwrap().unwrap();
            facts.family.unwrap().grant.revoked_at
        };
        assert_eq!(of(bound.access_token.id).await, Some(later(2)));
        assert_eq!(of(offline.access_token.id).await, None);
    }

    async fn rfc7009_2_one_access_token_is_revoked_alone(database: Database) {
        let world = World::new(&database).await;
        let redemption = world.grant(&["openid"]).await;
        let id = redemption.access_token.id;
        let revoke = RevokeAccessToken { id, at: later(2), events: vec![] };
        assert_eq!(world.store.apply(revoke.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(revoke).await.unwrap(), Guard::Lost);
        let facts = world.store.access_token_facts(id).await.unwrap().unwrap();
        assert_eq!(facts.token.revoked_at, Some(later(2)));
        assert_eq!(facts.family.unwrap().grant.revoked_at, None);
        assert_eq!(world.store.access_token_facts(AccessTokenId(1)).await.unwrap(), None);
    }

    async fn rfc6749_4_4_a_clients_own_token_has_no_family(database: Database) {
        let world = World::new_in_sub_organization(&database, "clinic").await;
        let issue = || IssueClientToken { access_token: world.access_token(None), events: vec![] };
        let issued = issue();
        assert_eq!(world.store.apply(issued.clone()).await.unwrap(), Guard::Held);
        let facts = world.store.access_token_facts(issued.access_token.id).await.unwrap().unwrap();
        assert_eq!((facts.token, facts.family), (issued.access_token, None));
        world.take_away("client").await;
        assert_eq!(world.store.apply(issue()).await.unwrap(), Guard::Lost);
    }

    async fn a_users_grants_are_found_through_its_sessions(database: Database) {
        let world = World::new(&database).await;
        let redemption = world.grant(OFFLINE).await;
        let (org, user) = (world.user.org, world.user.id);
        let grants = world.store.grants(org, user).await.unwrap();
        assert_eq!(grants, vec![redemption.grant.clone()]);
        let revoke = |at| RevokeGrant { id: redemption.grant.id, at, events: vec![] };
        assert_eq!(world.store.apply(revoke(later(4))).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(revoke(later(5))).await.unwrap(), Guard::Lost);
        let grants = world.store.grants(org, user).await.unwrap();
        assert_eq!(grants.first().unwrap().revoked_at, Some(later(4)));
    }
}
