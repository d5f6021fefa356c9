//! Organizations, signing keys, sealed values, links, the outbox, counts and the purge.

use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_protocol::brand::Brand;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{LinkId, OrgId, OutboxId};
use vestibule_protocol::opaque::Digest;
use vestibule_store::changes::{ConsumeOnce, EndSession, RecordEvents, StartAuthorization};
use vestibule_store::counts::{Count, Counts};
use vestibule_store::events::EventQuery;
use vestibule_store::links::Link;
use vestibule_store::organizations::Organization;
use vestibule_store::outbox::{Failure, Message, Outcome, Queue};
use vestibule_store::signing_keys::SigningKey;
use vestibule_store::single_use::{SingleUse, SingleUsePurpose};
use vestibule_store::{Backend, Guard, StoreError};

use super::fixtures::{NOW, World, later};
use super::on_both;

const DAY: u64 = 86_400;

on_both! {
    async fn the_first_organization_is_there_and_others_follow(database: Database) {
        let store = database.store();
        let root = store.organization(OrgId::ROOT).await.unwrap().unwrap();
        assert_eq!((root.slug.as_str(), root.status), ("root", Status::Active));
        let clinic = Organization {
            id: OrgId(2),
            parent: Some(OrgId::ROOT),
            slug: "clinic".to_owned(),
            name: "Clinic".to_owned(),
            status: Status::Active,
            created_at: NOW,
            updated_at: NOW,
        };
        let before = store.change_counter().await.unwrap();
        let insert = clinic.clone();
        store.write(move |tx| tx.insert_organization(&insert)).await.unwrap();
        assert!(store.change_counter().await.unwrap() > before);
        assert_eq!(store.organizations().await.unwrap(), vec![root, clinic.clone()]);
        let twin = Organization { id: OrgId(3), ..clinic.clone() };
        let refused = store.write(move |tx| tx.insert_organization(&twin)).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        let closed = Organization { status: Status::Disabled, updated_at: later(1), ..clinic };
        store.write(move |tx| tx.disable_organization(OrgId(2), later(1))).await.unwrap();
        assert_eq!(store.organization(OrgId(2)).await.unwrap(), Some(closed));
        let refused = store.write(move |tx| tx.disable_organization(OrgId(9), later(1))).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
    }

    async fn a_brand_is_changed_only_from_what_it_was_read_as(database: Database) {
        let store = database.store();
        let plain = Brand::default();
        let blue = Brand { accent: Some("#0b57d0".parse().unwrap()), ..plain };
        let green = Brand { accent: Some("#146c2e".parse().unwrap()), ..plain };
        let set = async |from, to| {
            let set = store.write(move |tx| tx.set_organization_brand(OrgId::ROOT, from, to, NOW));
            set.await
        };
        set(plain, blue).await.unwrap();
        let late = set(plain, green).await;
        assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
        assert_eq!(store.organization_brand(OrgId::ROOT).await.unwrap(), blue);
        set(blue, green).await.unwrap();
    }

    /// They are put back some hundred at a time, and the one above them must be there before.
    async fn a_backup_has_an_organization_before_those_below_it(database: Database) {
        let store = database.store();
        store
            .write(|tx| {
                (2..700).try_for_each(|number| {
                    tx.insert_organization(&Organization {
                        id: OrgId(number),
                        parent: Some(OrgId::ROOT),
                        slug: format!("clinic-{number}"),
                        name: format!("Clinic {number}"),
                        status: Status::Active,
                        created_at: NOW,
                        updated_at: NOW,
                    })
                })
            })
            .await
            .unwrap();
        database.execute("UPDATE organizations SET name = 'All clinics' WHERE id = 1");
        let (mut file, target) = (Vec::new(), database.another());
        store.back_up(&mut file, "key", NOW).unwrap();
        target.store().restore(&mut file.as_slice()).unwrap();
        let restored = target.store().organizations().await.unwrap();
        assert_eq!(restored, store.organizations().await.unwrap());
    }

    async fn signing_keys_move_through_their_phases_and_are_resealed_together(database: Database) {
        let store = database.store();
        let key = |kid: &str, second: u64| SigningKey {
            kid: kid.to_owned(),
            alg: "ES256".to_owned(),
            public_jwk: "{}".to_owned(),
            sealed: format!("sealed {kid}"),
            created_at: later(second),
            published_at: later(second),
            signing_at: None,
            retired_at: None,
            removed_at: None,
        };
        let (first, second) = (key("b", 0), key("a", 1));
        let inserted = [first.clone(), second.clone()];
        store
            .write(move |tx| inserted.iter().try_for_each(|key| tx.insert_signing_key(key)))
            .await
            .unwrap();
        assert_eq!(store.signing_keys().await.unwrap(), vec![first.clone(), second.clone()]);
        let before = store.change_counter().await.unwrap();
        let signing = SigningKey { signing_at: Some(later(5)), ..first.clone() };
        let removed = SigningKey { removed_at: Some(later(6)), ..second.clone() };
        let updates = [signing.clone(), removed];
        store
            .write(move |tx| updates.iter().try_for_each(|key| tx.update_signing_key_phase(key)))
            .await
            .unwrap();
        assert!(store.change_counter().await.unwrap() > before, "nodes see it");
        assert_eq!(store.signing_keys().await.unwrap(), vec![signing]);
        let failed = store
            .write(|tx| {
                tx.reseal_signing_key("b", "anew")?;
                tx.reseal_signing_key("unknown", "anew")
            })
            .await;
        assert!(matches!(failed, Err(StoreError::NotFound { .. })), "{failed:?}");
        assert_eq!(store.signing_keys().await.unwrap()[0].sealed, "sealed b", "all or none");
        let twin = store.write(move |tx| tx.insert_signing_key(&first)).await;
        assert!(matches!(twin, Err(StoreError::Conflict { .. })), "{twin:?}");
        assert!(!format!("{second:?}").contains("sealed a"), "i16: never shown");
    }

    async fn of_two_nodes_the_first_ones_sealed_value_counts(database: Database) {
        let (one, two) = (database.store(), database.store());
        let put = |text: &'static str| {
            move |tx: &mut vestibule_store::Transaction<'_>| {
                tx.sealed_value_or_insert("digest-key", text, NOW)
            }
        };
        assert_eq!(one.sealed_value("digest-key").await.unwrap(), None);
        assert_eq!(one.write(put("first")).await.unwrap(), "first");
        assert_eq!(two.write(put("second")).await.unwrap(), "first");
        two.write(|tx| tx.reseal_value("digest-key", "resealed", NOW)).await.unwrap();
        let expected = vec![("digest-key".to_owned(), "resealed".to_owned())];
        assert_eq!(one.sealed_values().await.unwrap(), expected);
    }

    async fn a_link_is_used_once_with_what_it_is_used_for(database: Database) {
        let world = World::new(&database).await;
        let link = |world: &World| Link {
            id: LinkId(world.id()),
            org: world.user.org,
            purpose: "admin".to_owned(),
            user: Some(world.user.id),
            digest: Digest::of(b"link"),
            data: serde_json::json!({"role": "admin"}),
            created_at: NOW,
            expires_at: later(60),
            used_at: None,
        };
        let (first, second) = (link(&world), link(&world));
        for insert in [first.clone(), second.clone()] {
            world.store.write(move |tx| tx.insert_link(&insert)).await.unwrap();
        }
        assert_eq!(world.store.link(second.id, "admin").await.unwrap(), Some(second.clone()));
        assert_eq!(world.store.link(second.id, "reset").await.unwrap(), None, "i15");
        let table = [
            (first.id, "admin", 1, "the newest counts"),
            (second.id, "reset", 1, "another purpose"),
            (second.id, "admin", 61, "too late"),
        ];
        for (id, purpose, second, why) in table {
            let refused =
                world.store.write(move |tx| tx.consume_link(id, purpose, later(second))).await;
            assert!(matches!(refused, Err(StoreError::Stale { .. })), "{why}: {refused:?}");
        }
        let (event, id) = (world.event("link.failed"), second.id);
        let rolled_back = world
            .store
            .write(move |tx| {
                tx.consume_link(id, "admin", later(1))?;
                tx.record(vec![event])?;
                Err::<(), _>(StoreError::NotFound { what: "user" })
            })
            .await;
        assert!(rolled_back.is_err());
        let consume = || world.store.write(move |tx| tx.consume_link(id, "admin", later(1)));
        consume().await.unwrap();
        assert!(consume().await.is_err());
    }

    async fn a_message_is_leased_retried_and_done(database: Database) {
        let world = World::new(&database).await;
        let message = Message {
            id: OutboxId(world.id()),
            org: OrgId::ROOT,
            kind: "mail".to_owned(),
            payload: serde_json::json!({"to": "ada@clinic.test"}),
            attempts: 0,
            due_at: NOW,
            created_at: NOW,
            last_error: None,
        };
        let queued = message.clone();
        world.store.write(move |tx| tx.enqueue(&queued)).await.unwrap();
        let other = database.store();
        let lease = Duration::from_secs(30);
        let claim = async |at: Timestamp| other.claim_messages("mail", at, lease, 10).await.unwrap();
        let claimed = world.store.claim_messages("mail", later(1), lease, 10).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!((claimed[0].attempts, &claimed[0].payload), (1, &message.payload));
        assert_eq!(claim(later(2)).await, vec![], "somebody has it");
        let again = claim(later(31)).await;
        assert_eq!(again[0].attempts, 2, "whoever had it went away");
        let tried = async |message: &Message, outcome: Outcome, at: Timestamp| {
            other.message_tried(message, outcome, None, vec![], at).await.unwrap()
        };
        let late = tried(&claimed[0], Outcome::Delivered, later(32)).await;
        assert!(!late, "its lease had ended, and somebody else has it");
        assert!(tried(&again[0], Outcome::Again(later(42), "refused".to_owned()), later(32)).await);
        let queue = world.store.queue("mail").await.unwrap();
        assert_eq!((queue.waiting, queue.oldest), (1, Some(NOW)));
        let failure = Failure { at: later(32), error: "refused".to_owned(), given_up: false };
        assert_eq!(queue.last_failure, Some(failure));
        assert_eq!(claim(later(41)).await, vec![], "it pauses");
        assert_eq!(other.claim_messages("logout", later(42), lease, 10).await.unwrap(), vec![]);
        let third = claim(later(42)).await;
        assert_eq!(third[0].last_error.as_deref(), Some("refused"));
        let wiped = Some(serde_json::json!({}));
        other.message_tried(&third[0], Outcome::Delivered, wiped, vec![], later(43)).await.unwrap();
        assert_eq!(claim(later(DAY)).await, vec![]);
        assert_eq!(world.store.queue("mail").await.unwrap(), Queue::default());
        let kept = world.store.message(message.id).await.unwrap().unwrap();
        assert_eq!(kept.payload, serde_json::json!({}));
    }

    async fn a_message_goes_to_one_of_two_nodes(database: Database) {
        let world = World::new(&database).await;
        let messages: Vec<Message> = (0..24)
            .map(|_| Message {
                id: OutboxId(world.id()),
                org: OrgId::ROOT,
                kind: "mail".to_owned(),
                payload: serde_json::json!({}),
                attempts: 0,
                due_at: NOW,
                created_at: NOW,
                last_error: None,
            })
            .collect();
        let queued = messages.clone();
        world.store.write(move |tx| queued.iter().try_for_each(|one| tx.enqueue(one))).await.unwrap();
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let store = database.store();
                tokio::spawn(async move {
                    let mut claimed = Vec::new();
                    loop {
                        let lease = Duration::from_secs(30);
                        let some = store.claim_messages("mail", later(1), lease, 3).await.unwrap();
                        if some.is_empty() {
                            return claimed;
                        }
                        claimed.extend(some);
                    }
                })
            })
            .collect();
        let mut claimed = Vec::new();
        for node in nodes {
            claimed.extend(node.await.unwrap());
        }
        claimed.sort_by_key(|message| message.id);
        assert_eq!(claimed.len(), 24, "each to one");
        assert!(claimed.iter().all(|message| message.attempts == 1));
        let ids: Vec<_> = claimed.iter().map(|message| message.id).collect();
        assert_eq!(ids, messages.iter().map(|message| message.id).collect::<Vec<_>>());
    }

    async fn the_end_of_a_secret_is_told_once_for_each_notice(database: Database) {
        let world = World::new(&database).await;
        let (org, key) = (world.client.org, world.client.key);
        let secret = world.client.secrets[0].id;
        let untold = async |days: u32| {
            let until = later(u64::from(days) * DAY);
            world.store.untold_ends(NOW, until, days, 10).await.unwrap()
        };
        assert_eq!(untold(30).await, vec![], "it has no end");
        let end = |at: Timestamp| {
            world.store.write(move |tx| tx.set_client_secret_expiry(key, secret, Some(at)))
        };
        end(later(5 * DAY)).await.unwrap();
        assert_eq!(untold(1).await, vec![]);
        let found = untold(7).await;
        assert_eq!((found.len(), found[0].id, found[0].expires_at), (1, secret, later(5 * DAY)));
        let note = || {
            let one = found[0].clone();
            world.store.write(move |tx| tx.note_expiry(&one, 7, NOW))
        };
        assert_eq!((note().await.unwrap(), note().await.unwrap()), (true, false));
        assert_eq!(untold(7).await, vec![]);
        assert_eq!(untold(30).await.len(), 1, "another notice is another matter");
        end(later(6 * DAY)).await.unwrap();
        assert_eq!(untold(7).await.len(), 1, "another end is told anew");
        let at = later(1);
        world.store.write(move |tx| tx.revoke_client_secret(org, key, secret, at)).await.unwrap();
        assert_eq!(untold(7).await, vec![]);
    }

    async fn counts_count_what_is_live(database: Database) {
        let world = World::new(&database).await;
        let exactly = |number| Count { number, more: false };
        let (one, none) = (exactly(1), exactly(0));
        let counts = Counts { users: one, clients: one, sessions: one, messages: none };
        assert_eq!(world.store.counts(NOW).await.unwrap(), counts);
        let end = EndSession { id: world.session.id, at: later(1), events: vec![] };
        assert_eq!(world.store.apply(end).await.unwrap(), Guard::Held);
        let counts = Counts { sessions: none, ..counts };
        assert_eq!(world.store.counts(NOW).await.unwrap(), counts);
        world.store.check().await.unwrap();
    }

    async fn the_purge_removes_what_is_over_and_nothing_else(database: Database) {
        let world = World::new(&database).await;
        let pending = world.pending();
        let start = StartAuthorization { pending: pending.clone(), events: vec![] };
        let _held = world.store.apply(start).await.unwrap();
        let unused = world.code(&["openid"]).await;
        let offline = world.grant(&["openid", "offline_access"]).await;
        let bound = world.grant(&["openid"]).await;
        let once = ConsumeOnce {
            value: SingleUse {
                purpose: SingleUsePurpose::Form,
                digest: [5; 32],
                expires_at: later(10),
            },
            events: vec![],
        };
        let _held = world.store.apply(once.clone()).await.unwrap();
        let nothing = world.store.purge_expired(later(0)).await.unwrap();
        assert_eq!((nothing.removed, nothing.more), (0, false));

        let _purged = world.store.purge_expired(later(2 * DAY - 100)).await.unwrap();
        assert_eq!(world.store.pending(pending.id).await.unwrap(), None);
        assert_eq!(world.store.code_facts(unused.id).await.unwrap(), None);
        assert_eq!(world.store.code_facts(bound.id).await.unwrap(), None);
        let gone = world.store.access_token_facts(bound.access_token.id).await.unwrap();
        assert_eq!(gone, None);
        assert_eq!(world.store.apply(once).await.unwrap(), Guard::Held, "it was forgotten");
        let refresh = offline.refresh.clone().unwrap();
        assert!(world.store.refresh_facts(refresh.id).await.unwrap().is_some(), "still good");
        let replayed = world.store.code_facts(offline.id).await.unwrap().unwrap();
        assert!(replayed.grant.is_some(), "a replay still finds what to revoke");

        // The grant goes first, and the session that it was made in with the next walk.
        for _ in 0..2 {
            let _purged = world.store.purge_expired(later(3 * DAY)).await.unwrap();
        }
        assert_eq!(world.store.refresh_facts(refresh.id).await.unwrap(), None);
        assert_eq!(world.store.code_facts(offline.id).await.unwrap(), None);
        assert_eq!(world.store.session_facts(world.session.id).await.unwrap(), None);
        let again = world.store.purge_expired(later(3 * DAY)).await.unwrap();
        assert_eq!((again.removed, again.more), (0, false));

        let query = EventQuery { limit: 100, ..EventQuery::default() };
        let kept = world.store.purge_events(NOW).await.unwrap();
        assert_eq!(kept.removed, 0);
        let purged = world.store.purge_events(later(1)).await.unwrap();
        assert!(purged.removed > 0);
        assert_eq!(world.store.events(world.user.org, query).await.unwrap(), vec![]);
    }

    async fn a_removed_key_is_known_to_whoever_plans(database: Database) {
        let store = database.store();
        let gone = SigningKey {
            kid: "gone".to_owned(),
            alg: "ES256".to_owned(),
            public_jwk: "{}".to_owned(),
            sealed: "sealed".to_owned(),
            created_at: NOW,
            published_at: NOW,
            signing_at: Some(NOW),
            retired_at: Some(later(1)),
            removed_at: Some(later(2)),
        };
        let insert = gone.clone();
        store.write(move |tx| tx.insert_signing_key(&insert)).await.unwrap();
        store.write(move |tx| tx.update_signing_key_phase(&gone)).await.unwrap();
        assert_eq!(store.signing_keys().await.unwrap().len(), 0);
        let all = store.all_signing_keys().await.unwrap();
        assert_eq!((all.len(), all[0].kid.as_str(), all[0].removed_at), (1, "gone", Some(later(2))));
        let before = store.change_counter().await.unwrap();
        let locked = store.write(|tx| Ok((tx.lock_signing_keys()?, tx.signing_keys()?))).await;
        assert_eq!(locked.unwrap(), (all, vec![]));
        assert!(store.change_counter().await.unwrap() > before, "its row is the lock");
    }

    async fn a_sealed_value_is_kept_under_a_free_name_and_forgotten(database: Database) {
        let store = database.store();
        let insert = async || store.write(|tx| tx.insert_sealed_value("hook-7", "sealed", NOW)).await;
        insert().await.unwrap();
        let twin = insert().await;
        assert!(matches!(twin, Err(StoreError::Conflict { .. })), "{twin:?}");
        let kept = [("hook-7".to_owned(), "sealed".to_owned())];
        assert_eq!(store.write(|tx| tx.sealed_values()).await.unwrap(), kept);
        for _ in 0..2 {
            store.write(|tx| tx.remove_sealed_value("hook-7")).await.unwrap();
            assert_eq!(store.sealed_value("hook-7").await.unwrap(), None);
        }
    }

    async fn a_database_knows_its_issuer_and_the_time(database: Database) {
        let store = database.store();
        store.require_current_schema().unwrap();
        assert_eq!(store.issuer().await.unwrap(), None);
        store.write(|tx| tx.set_issuer("https://id.clinic.example")).await.unwrap();
        assert_eq!(store.issuer().await.unwrap().as_deref(), Some("https://id.clinic.example"));
        let ours = || {
            let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
            i64::try_from(since.as_millis()).expect("milliseconds")
        };
        let before = ours();
        let theirs = store.database_time().await.unwrap().as_millis();
        assert!((before - 2_000..=ours() + 2_000).contains(&theirs), "{before} {theirs}");
    }

    async fn what_a_message_carries_is_sealed_anew(database: Database) {
        let world = World::new(&database).await;
        let id = OutboxId(world.id());
        let message = Message {
            id,
            org: OrgId::ROOT,
            kind: "mail".to_owned(),
            payload: serde_json::json!("old"),
            attempts: 0,
            due_at: NOW,
            created_at: NOW,
            last_error: None,
        };
        world.store.write(move |tx| tx.enqueue(&message)).await.unwrap();
        let anew = serde_json::json!("new");
        world.store.write(move |tx| tx.replace_payload(id, &anew)).await.unwrap();
        let kept = world.store.message(id).await.unwrap().unwrap();
        assert_eq!((&kept.payload, kept.due_at), (&serde_json::json!("new"), NOW));
        let newest = world.store.messages("mail", 9).await.unwrap();
        assert_eq!(newest, [kept]);
        assert_eq!(world.store.messages("logout", 9).await.unwrap(), []);
        assert_eq!(world.store.write(|tx| tx.messages("mail")).await.unwrap(), newest);
    }

    async fn what_nobody_waits_for_is_written_all_the_same(database: Database) {
        let world = World::new(&database).await;
        let store = &world.store;
        let expected = if database.path().is_some() { Backend::Sqlite } else { Backend::Postgres };
        assert_eq!(store.backend(), expected);
        let before = store.change_counter().await.unwrap();
        store.prove_writes().await.unwrap();
        assert!(store.change_counter().await.unwrap() > before, "it is tried by a change");
        let event = world.event("left");
        store.leave(RecordEvents { events: vec![event.clone()] }).unwrap();
        // The queue is in order: what is waited for comes after it.
        let awaited = RecordEvents { events: vec![world.event("awaited")] };
        assert_eq!(store.apply(awaited).await.unwrap(), Guard::Held);
        let query = EventQuery { kind: Some("left".to_owned()), limit: 9, ..EventQuery::default() };
        assert_eq!(store.events(event.org, query).await.unwrap(), [event]);
    }
}
