//! Codes: from the pending request to the grant.

use std::collections::BTreeSet;

use vestibule_protocol::authorize::interaction::{Consent, Progress};
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{AuthorizationId, PendingId, SessionId};
use vestibule_protocol::opaque::Digest;
use vestibule_protocol::scope::Scope;
use vestibule_store::Guard;
use vestibule_store::changes::{
    CompletePending, ConsentBasis, EndSession, IssueCode, RevokeGrant, SpoilCode,
    StartAuthorization, UpdateProgress,
};
use vestibule_store::events::EventQuery;

use super::fixtures::{World, later};
use super::on_both;

on_both! {
    async fn a_pending_authorization_reads_as_it_was_written(database: Database) {
        let world = World::new(&database).await;
        let pending = world.pending();
        let start = StartAuthorization { pending: pending.clone(), events: vec![] };
        assert_eq!(world.store.apply(start).await.unwrap(), Guard::Held);
        assert_eq!(world.store.pending(pending.id).await.unwrap(), Some(pending));
        assert_eq!(world.store.pending(PendingId(1)).await.unwrap(), None);
    }

    async fn progress_is_kept_until_the_request_is_answered(database: Database) {
        let world = World::new(&database).await;
        let pending = world.pending();
        let start = StartAuthorization { pending: pending.clone(), events: vec![] };
        let _held = world.store.apply(start).await.unwrap();
        let progress =
            Progress { signed_in: Some(world.session.id), ..Progress::default() };
        let update =
            UpdateProgress { id: pending.id, progress: progress.clone(), events: vec![] };
        assert_eq!(world.store.apply(update.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.pending(pending.id).await.unwrap().unwrap().progress, progress);
        let complete = CompletePending { id: pending.id, at: later(5), events: vec![] };
        assert_eq!(world.store.apply(complete.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(complete).await.unwrap(), Guard::Lost);
        assert_eq!(world.store.apply(update).await.unwrap(), Guard::Lost);
        let answered = world.store.pending(pending.id).await.unwrap().unwrap();
        assert_eq!(answered.completed_at, Some(later(5)));
    }

    async fn a_pending_request_is_answered_by_one_code(database: Database) {
        let world = World::new(&database).await;
        let pending = world.pending();
        let start = StartAuthorization { pending: pending.clone(), events: vec![] };
        let _held = world.store.apply(start).await.unwrap();
        let issue = |scope: &[&str]| IssueCode {
            completes: Some(pending.id),
            ..world.issue(&world.authorization(scope))
        };
        let (first, second) = (issue(&["openid"]), issue(&["openid", "email"]));
        assert_eq!(world.store.apply(first).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(second.clone()).await.unwrap(), Guard::Lost);
        let facts = world.store.code_facts(second.authorization.id).await.unwrap();
        assert_eq!(facts, None, "a lost guard writes nothing");
    }

    async fn the_facts_of_a_code_are_what_was_approved(database: Database) {
        let world = World::new(&database).await;
        let authorization = world.code(&["openid", "email"]).await;
        let facts = world.store.code_facts(authorization.id).await.unwrap().unwrap();
        assert_eq!(facts.authorization, authorization);
        assert_eq!(facts.user, world.user);
        assert_eq!(facts.session, world.session);
        assert_eq!(facts.organization.status, Status::Active);
        assert_eq!(facts.grant, None);
        assert_eq!(world.store.code_facts(AuthorizationId(1)).await.unwrap(), None);
    }

    async fn rfc6749_4_1_2_a_code_is_redeemed_once(database: Database) {
        let world = World::new(&database).await;
        let authorization = world.code(&["openid", "offline_access"]).await;
        let redemption = world.redemption(&authorization);
        assert_eq!(world.store.apply(redemption.clone()).await.unwrap(), Guard::Held);
        let again = world.redemption(&authorization);
        assert_eq!(world.store.apply(again.clone()).await.unwrap(), Guard::Lost);
        let facts = world.store.code_facts(authorization.id).await.unwrap().unwrap();
        assert_eq!(facts.authorization.redeemed_at, Some(redemption.at));
        assert_eq!(facts.grant, Some(redemption.grant.clone()));
        let lost = world.store.access_token_facts(again.access_token.id).await.unwrap();
        assert_eq!(lost, None, "the loser's token was never written");
        let token =
            world.store.access_token_facts(redemption.access_token.id).await.unwrap().unwrap();
        assert_eq!(token.token, redemption.access_token);
        let family = token.family.unwrap();
        assert_eq!((family.grant, family.user), (redemption.grant, world.user.clone()));
        let refresh = redemption.refresh.unwrap();
        let facts = world.store.refresh_facts(refresh.id).await.unwrap().unwrap();
        assert_eq!((facts.token, facts.successor), (refresh, None));
    }

    async fn i2_a_spoilt_code_is_used_up(database: Database) {
        let world = World::new(&database).await;
        let authorization = world.code(&["openid"]).await;
        let spoil = SpoilCode { id: authorization.id, at: later(1), events: vec![] };
        assert_eq!(world.store.apply(spoil.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(spoil).await.unwrap(), Guard::Lost);
        let redemption = world.redemption(&authorization);
        assert_eq!(world.store.apply(redemption).await.unwrap(), Guard::Lost);
    }

    async fn i2_a_replay_finds_the_grant_to_revoke(database: Database) {
        let world = World::new(&database).await;
        let redemption = world.grant(&["openid"]).await;
        let revoke = RevokeGrant { id: redemption.grant.id, at: later(3), events: vec![] };
        assert_eq!(world.store.apply(revoke.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(revoke).await.unwrap(), Guard::Lost);
        let facts =
            world.store.access_token_facts(redemption.access_token.id).await.unwrap().unwrap();
        assert_eq!(facts.family.unwrap().grant.revoked_at, Some(later(3)));
    }

    /// Invariant I13: whatever stopped taking part since the code was issued stops its redemption.
    async fn i13_a_code_is_worth_nothing_once_its_ground_is_gone(database: Database) {
        for ground in ["session", "user", "not before", "client", "organization"] {
            let world = World::new_in_sub_organization(&database, ground).await;
            let authorization = world.code(&["openid"]).await;
            world.take_away(ground).await;
            let redemption = world.redemption(&authorization);
            let guard = world.store.apply(redemption.clone()).await.unwrap();
            assert_eq!(guard, Guard::Lost, "without its {ground}");
            let issue = world.issue(&world.authorization(&["openid"]));
            assert_eq!(world.store.apply(issue).await.unwrap(), Guard::Lost, "{ground}");
            let token = world.store.access_token_facts(redemption.access_token.id).await;
            assert_eq!(token.unwrap(), None, "{ground}");
        }
    }

    async fn a_code_needs_the_consent_it_stands_on(database: Database) {
        let world = World::new(&database).await;
        let standing = || IssueCode {
            consent: ConsentBasis::Standing,
            ..world.issue(&world.authorization(&["openid"]))
        };
        assert_eq!(world.store.apply(standing()).await.unwrap(), Guard::Lost);
        let consent = Consent {
            user: world.user.id,
            client: world.client.key,
            scope: Scope::of(["openid", "email"]),
            claims: BTreeSet::from(["birthdate".to_owned()]),
            granted_at: later(1),
        };
        let given = IssueCode {
            consent: ConsentBasis::Given(consent.clone()),
            ..world.issue(&world.authorization(&["openid"]))
        };
        assert_eq!(world.store.apply(given).await.unwrap(), Guard::Held);
        let read = world.store.consent(world.user.id, world.client.key).await.unwrap();
        assert_eq!(read, Some(consent.clone()));
        let facts =
            world.store.authorize_facts(world.session.id, world.client.key).await.unwrap();
        assert_eq!(facts.unwrap().consent, Some(consent.clone()));
        assert_eq!(world.store.apply(standing()).await.unwrap(), Guard::Held);
        let wider = Consent { scope: Scope::of(["openid", "email", "phone"]), ..consent };
        let given = IssueCode {
            consent: ConsentBasis::Given(wider.clone()),
            ..world.issue(&world.authorization(&["openid"]))
        };
        assert_eq!(world.store.apply(given).await.unwrap(), Guard::Held);
        let all = world.store.consents(world.user.org, world.user.id).await.unwrap();
        assert_eq!(all, vec![wider]);
    }

    async fn i4_a_withdrawn_consent_ends_grants_and_codes_on_their_way(database: Database) {
        let world = World::new(&database).await;
        let consent = Consent {
            user: world.user.id,
            client: world.client.key,
            scope: Scope::of(["openid"]),
            claims: BTreeSet::new(),
            granted_at: later(0),
        };
        let given = IssueCode {
            consent: ConsentBasis::Given(consent),
            ..world.issue(&world.authorization(&["openid"]))
        };
        assert_eq!(world.store.apply(given).await.unwrap(), Guard::Held);
        let redeemed = world.grant(&["openid", "offline_access"]).await;
        let on_its_way = world.code(&["openid"]).await;
        let (org, user, client) = (world.user.org, world.user.id, world.client.key);
        world
            .store
            .write(move |tx| tx.withdraw_consent(org, user, client, later(5)))
            .await
            .unwrap();
        let redemption = world.redemption(&on_its_way);
        assert_eq!(world.store.apply(redemption).await.unwrap(), Guard::Lost);
        let rotation = world.rotation(&redeemed.refresh.unwrap());
        assert_eq!(world.store.apply(rotation).await.unwrap(), Guard::Lost);
        let again =
            world.store.write(move |tx| tx.withdraw_consent(org, user, client, later(6))).await;
        assert!(again.is_err(), "there is nothing left to withdraw");
    }

    async fn the_facts_of_a_session_are_its_user_and_digest(database: Database) {
        let world = World::new(&database).await;
        let facts = world.store.session_facts(world.session.id).await.unwrap().unwrap();
        assert_eq!((&facts.session, &facts.user), (&world.session, &world.user));
        assert_eq!(facts.digest, Digest::of(b"session"));
        assert_eq!(world.store.session_facts(SessionId(1)).await.unwrap(), None);
        let end = EndSession { id: world.session.id, at: later(9), events: vec![] };
        assert_eq!(world.store.apply(end.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(end).await.unwrap(), Guard::Lost);
        let facts = world.store.session_facts(world.session.id).await.unwrap().unwrap();
        assert_eq!(facts.session.ended_at, Some(later(9)));
    }

    async fn i30_events_are_written_with_their_change_and_only_then(database: Database) {
        let world = World::new(&database).await;
        let authorization = world.code(&["openid"]).await;
        let (won, lost) = (world.redemption(&authorization), world.redemption(&authorization));
        assert_eq!(world.store.apply(won.clone()).await.unwrap(), Guard::Held);
        assert_eq!(world.store.apply(lost.clone()).await.unwrap(), Guard::Lost);
        let query = EventQuery {
            kind: Some("token.issued".to_owned()),
            limit: 10,
            ..EventQuery::default()
        };
        let lines = world.store.events(world.user.org, query).await.unwrap();
        assert_eq!(lines, won.events);
    }
}
