//! Users, their names, passwords, groups and sessions.

use std::collections::BTreeSet;

use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{GroupId, OrgId, SessionId, Subject, UserId};
use vestibule_protocol::opaque::Digest;
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::changes::StartSession;
use vestibule_store::credentials::PasswordHash;
use vestibule_store::groups::Group;
use vestibule_store::throttles::ThrottleKey;
use vestibule_store::users::{Identifier, IdentifierKind, UserFilter};
use vestibule_store::{Guard, PageRequest, StoreError};

use super::fixtures::{NOW, World, email, later, session, user};
use super::on_both;

on_both! {
    async fn a_user_reads_as_it_was_written(database: Database) {
        let world = World::new(&database).await;
        let (org, id) = (world.user.org, world.user.id);
        let expected = Some(world.user.clone());
        assert_eq!(world.store.user(org, id).await.unwrap(), expected);
        let by_subject = world.store.user_by_subject(org, world.user.subject.clone()).await;
        assert_eq!(by_subject.unwrap(), expected);
        let by_name = world.store.user_by_identifier(org, "ada@clinic.test".to_owned()).await;
        assert_eq!(by_name.unwrap(), expected);
        let names = world.store.identifiers(org, id).await.unwrap();
        assert_eq!(names, vec![email("ada@clinic.test")]);
    }

    async fn i26_a_foreign_id_answers_like_an_unknown_one(database: Database) {
        let world = World::new(&database).await;
        let (foreign, id, store) = (OrgId(99), world.user.id, &world.store);
        assert_eq!(store.user(foreign, id).await.unwrap(), None);
        let subject = store.user_by_subject(foreign, world.user.subject.clone()).await;
        assert_eq!(subject.unwrap(), None);
        let named = store.user_by_identifier(foreign, "ada@clinic.test".to_owned()).await;
        assert_eq!(named.unwrap(), None);
        let sign_in = store.sign_in_facts(foreign, Vec::new(), "ada@clinic.test".to_owned()).await;
        assert_eq!(sign_in.unwrap(), None);
        assert_eq!(store.identifiers(foreign, id).await.unwrap(), vec![]);
        assert_eq!(store.password(foreign, id).await.unwrap(), None);
        assert_eq!(store.sessions(foreign, id).await.unwrap(), vec![]);
        assert_eq!(store.grants(foreign, id).await.unwrap(), vec![]);
        assert_eq!(store.consents(foreign, id).await.unwrap(), vec![]);
        assert_eq!(store.client(foreign, world.client.key).await.unwrap(), None);
        let page = PageRequest::first(10);
        let users = store.users(foreign, UserFilter::default(), page).await.unwrap();
        assert_eq!(users.items, vec![]);
        let clients = store.clients(foreign, Default::default(), page).await.unwrap();
        assert_eq!(clients.items, vec![]);
        let session = world.session.id;
        let client = world.client.clone();
        let stranger = User { org: foreign, ..world.user.clone() };
        let refused = store
            .write(move |tx| {
                let names = BTreeSet::new();
                let hash = PasswordHash { user: id, hash: "x".to_owned(), updated_at: NOW };
                let mut moved = client.clone();
                moved.org = foreign;
                Ok([
                    tx.update_user(&stranger, NOW).is_err(),
                    tx.set_user_status(foreign, id, Status::Disabled, NOW).is_err(),
                    tx.sign_out_everywhere(foreign, id, NOW).is_err(),
                    tx.set_user_groups(foreign, id, &names).is_err(),
                    tx.set_password(foreign, &hash).is_err(),
                    tx.end_session(foreign, id, session, NOW).is_err(),
                    tx.withdraw_consent(foreign, id, client.key, NOW).is_err(),
                    tx.update_client(&moved, NOW).is_err(),
                    tx.revoke_client_secret(foreign, client.key, client.secrets[0].id, NOW).is_err(),
                    tx.add_client_secret(foreign, client.key, &client.secrets[0]).is_err(),
                ])
            })
            .await
            .unwrap();
        assert_eq!(refused, [true; 10]);
        assert_eq!(store.user(world.user.org, id).await.unwrap(), Some(world.user.clone()));
    }

    async fn a_normal_form_names_one_account_whatever_its_kind(database: Database) {
        let world = World::new(&database).await;
        let org = world.user.org;
        let second = user(org, UserId(world.id()), "grace@clinic.test");
        let as_name =
            Identifier { kind: IdentifierKind::Username, value: "ada@clinic.test".to_owned() };
        let insert = second.clone();
        let refused = world.store.write(move |tx| tx.insert_user(&insert, &[as_name])).await;
        let Err(StoreError::Conflict { what, value }) = refused else { panic!("{refused:?}") };
        assert_eq!((what, value.as_str()), ("identifier", "ada@clinic.test"));
        let absent = world.store.user(org, second.id).await.unwrap();
        assert_eq!(absent, None, "the transaction left nothing");
        let both = [
            email("grace@clinic.test"),
            Identifier { kind: IdentifierKind::Username, value: "grace@clinic.test".to_owned() },
        ];
        let insert = second.clone();
        world.store.write(move |tx| tx.insert_user(&insert, &both)).await.unwrap();
        let clash = world
            .store
            .write(move |tx| {
                tx.set_identifiers(org, second.id, &[email("ada@clinic.test")], NOW)
            })
            .await;
        assert!(matches!(clash, Err(StoreError::Conflict { .. })), "{clash:?}");
        let kept = world.store.identifiers(org, second.id).await.unwrap();
        assert_eq!(kept, vec![email("grace@clinic.test")], "what was there is there");
    }

    async fn a_sign_in_finds_the_user_and_the_password(database: Database) {
        let world = World::new(&database).await;
        let (org, id) = (world.user.org, world.user.id);
        let named = || world.store.sign_in_facts(org, Vec::new(), "ada@clinic.test".to_owned());
        assert_eq!(named().await.unwrap().unwrap().password, None);
        let set = PasswordHash { user: id, hash: "$argon2id$1".to_owned(), updated_at: NOW };
        let stored = set.clone();
        world.store.write(move |tx| tx.set_password(org, &stored)).await.unwrap();
        let facts = named().await.unwrap().unwrap();
        assert_eq!((facts.user, facts.password), (world.user.clone(), Some(set)));
        let next = PasswordHash { user: id, hash: "$argon2id$2".to_owned(), updated_at: later(1) };
        let stored = next.clone();
        world.store.write(move |tx| tx.set_password(org, &stored)).await.unwrap();
        assert_eq!(world.store.password(org, id).await.unwrap(), Some(next));
        world.store.write(move |tx| tx.remove_password(org, id)).await.unwrap();
        assert_eq!(named().await.unwrap().unwrap().password, None);
    }

    async fn a_sign_in_replaces_the_session_clears_throttles_and_rehashes(database: Database) {
        let world = World::new(&database).await;
        let (org, id) = (world.user.org, world.user.id);
        let old = PasswordHash { user: id, hash: "old".to_owned(), updated_at: NOW };
        world.store.write(move |tx| tx.set_password(org, &old)).await.unwrap();
        let next = session(org, SessionId(world.id()), id);
        let rehash = PasswordHash { user: id, hash: "new".to_owned(), updated_at: NOW };
        let start = StartSession {
            session: next.clone(),
            digest: Digest::of(b"next"),
            replaces: Some((world.session.id, Digest::of(b"session"))),
            progress: None,
            clears: vec![ThrottleKey::account(id)],
            password_set_at: Some(NOW),
            rehash: Some(rehash.clone()),
            events: vec![],
        };
        assert_eq!(world.store.apply(start).await.unwrap(), Guard::Held);
        let before = world.store.session_facts(world.session.id).await.unwrap().unwrap();
        assert_eq!(before.session.ended_at, Some(next.created_at));
        assert_eq!(world.store.password(org, id).await.unwrap(), Some(rehash));
        let all = world.store.sessions(org, id).await.unwrap();
        assert_eq!(all.into_iter().filter(|one| one.ended_at.is_none()).collect::<Vec<_>>(), [next]);
    }

    async fn i18_the_number_of_a_session_without_its_token_ends_nothing(database: Database) {
        let world = World::new(&database).await;
        let (org, victim) = (world.user.org, world.session.id);
        let stranger = user(org, UserId(world.id()), "mallory@clinic.test");
        let insert = stranger.clone();
        let names = [email("mallory@clinic.test")];
        world.store.write(move |tx| tx.insert_user(&insert, &names)).await.unwrap();
        let mut start = world.sign_in();
        start.session = session(org, SessionId(world.id()), stranger.id);
        start.digest = Digest::of(b"another");
        start.replaces = Some((victim, Digest::of(b"made up")));
        assert_eq!(world.store.apply(start).await.unwrap(), Guard::Held);
        let kept = world.store.session_facts(victim).await.unwrap().unwrap();
        assert_eq!(kept.session.ended_at, None);
    }

    /// It takes a while to compare a password; another one may be set meanwhile.
    async fn i4_a_password_that_was_replaced_signs_nobody_in(database: Database) {
        let world = World::new(&database).await;
        let (org, id) = (world.user.org, world.user.id);
        let compared = PasswordHash { user: id, hash: "old".to_owned(), updated_at: NOW };
        let chosen = PasswordHash { user: id, hash: "new".to_owned(), updated_at: later(1) };
        let (before, after) = (compared.clone(), chosen.clone());
        world.store.write(move |tx| tx.set_password(org, &before)).await.unwrap();
        world
            .store
            .write(move |tx| {
                tx.sign_out_everywhere(org, id, later(1))?;
                tx.set_password(org, &after)
            })
            .await
            .unwrap();
        let mut start = world.sign_in();
        start.session = session(org, SessionId(world.id()), id);
        start.session.created_at = later(2);
        start.password_set_at = Some(NOW);
        start.rehash = Some(compared);
        assert_eq!(world.store.apply(start.clone()).await.unwrap(), Guard::Lost);
        assert_eq!(world.store.password(org, id).await.unwrap(), Some(chosen));
        start.password_set_at = Some(later(1));
        start.rehash = None;
        assert_eq!(world.store.apply(start.clone()).await.unwrap(), Guard::Held);
        world.store.write(move |tx| tx.remove_password(org, id)).await.unwrap();
        start.session.id = SessionId(world.id());
        assert_eq!(world.store.apply(start).await.unwrap(), Guard::Lost);
    }

    async fn i13_nobody_signs_in_who_may_not(database: Database) {
        for ground in ["user", "organization"] {
            let world = World::new_in_sub_organization(&database, ground).await;
            world.take_away(ground).await;
            let mut start = world.sign_in();
            start.session = session(world.user.org, SessionId(world.id()), world.user.id);
            start.session.created_at = later(5);
            assert_eq!(world.store.apply(start).await.unwrap(), Guard::Lost, "{ground}");
        }
    }

    async fn claims_and_groups_are_replaced_whole(database: Database) {
        let world = World::new(&database).await;
        let (org, id) = (world.user.org, world.user.id);
        let claims =
            StandardClaims { nickname: Some("Countess".to_owned()), ..StandardClaims::default() };
        let names: BTreeSet<String> = ["providers".to_owned(), "patients".to_owned()].into();
        let new_names = names.clone();
        let told = User { claims: claims.clone(), ..world.user.clone() };
        let ids = [GroupId(world.id()), GroupId(world.id())];
        world
            .store
            .write(move |tx| {
                for (id, name) in ids.into_iter().zip(&new_names) {
                    let name = name.clone();
                    tx.insert_group(&Group { id, org, name, created_at: NOW })?;
                }
                tx.update_user(&told, later(3))?;
                tx.set_user_groups(org, id, &new_names)
            })
            .await
            .unwrap();
        let read = world.store.user(org, id).await.unwrap().unwrap();
        assert_eq!((read.claims, read.groups, read.updated_at), (claims, names, later(3)));
        let groups = world.store.groups(org).await.unwrap();
        assert_eq!(groups.len(), 2);
        let unknown: BTreeSet<String> = ["nobody".to_owned()].into();
        let refused =
            world.store.write(move |tx| tx.set_user_groups(org, id, &unknown)).await;
        assert!(matches!(refused, Err(StoreError::NotFound { what: "group" })), "{refused:?}");
        let group = groups.iter().find(|group| group.id == ids[0]).cloned().unwrap();
        let renamed = Group { name: "another".to_owned(), ..group.clone() };
        let stale = world.store.write(move |tx| tx.remove_group(&renamed)).await;
        assert!(matches!(stale, Err(StoreError::Stale { what: "group" })), "{stale:?}");
        world.store.write(move |tx| tx.remove_group(&group)).await.unwrap();
        let left = world.store.user(org, id).await.unwrap().unwrap().groups;
        assert_eq!(left, BTreeSet::from(["providers".to_owned()]));
        let twice = Group { id: GroupId(world.id()), name: "providers".to_owned(), org, created_at: NOW };
        let clash = world.store.write(move |tx| tx.insert_group(&twice)).await;
        assert!(matches!(clash, Err(StoreError::Conflict { what: "group", .. })), "{clash:?}");
    }

    async fn users_come_in_pages_and_are_found_by_prefix(database: Database) {
        let world = World::new(&database).await;
        let org = world.user.org;
        let mut expected = vec![world.user.clone()];
        for number in 0..5 {
            let value = format!("u{number}@x.test");
            let mut one = user(org, UserId(world.id()), &value);
            one.subject = Subject(format!("s{number}"));
            let insert = one.clone();
            world.store.write(move |tx| tx.insert_user(&insert, &[email(&value)])).await.unwrap();
            expected.push(one);
        }
        let (mut seen, mut page) = (Vec::new(), PageRequest::first(4));
        loop {
            let read = world.store.users(org, UserFilter::default(), page).await.unwrap();
            seen.extend(read.items);
            match read.next {
                Some(after) => page.after = after,
                None => break,
            }
        }
        assert_eq!(seen, expected);
        let filter = |prefix: &str| UserFilter {
            words: vestibule_protocol::search::words(prefix),
            status: Some(Status::Active),
            ..UserFilter::default()
        };
        let found = world.store.users(org, filter("u3@"), PageRequest::first(4)).await.unwrap();
        assert_eq!(found.items, expected[4..5]);
        let found = world.store.users(org, filter("u%"), PageRequest::first(4)).await.unwrap();
        assert_eq!(found.items, vec![], "no letter of a prefix is special");
    }

    async fn disabling_a_user_ends_everything(database: Database) {
        let world = World::new(&database).await;
        let (org, id) = (world.user.org, world.user.id);
        let redemption = world.grant(&["openid", "offline_access"]).await;
        world.take_away("user").await;
        let facts = world.store.access_token_facts(redemption.access_token.id).await.unwrap();
        let family = facts.unwrap().family.unwrap();
        assert_eq!(family.user.status, Status::Disabled);
        assert_eq!(family.grant.revoked_at, Some(later(1)));
        assert_eq!(family.session.ended_at, Some(later(1)));
        world
            .store
            .write(move |tx| tx.set_user_status(org, id, Status::Active, later(9)))
            .await
            .unwrap();
        let rotation = world.rotation(&redemption.refresh.unwrap());
        let guard = world.store.apply(rotation).await.unwrap();
        assert_eq!(guard, Guard::Lost, "what was revoked does not come back");
    }

    async fn one_session_of_a_user_is_ended(database: Database) {
        let world = World::new(&database).await;
        let (org, id, session) = (world.user.org, world.user.id, world.session.id);
        let theirs = world
            .store
            .write(move |tx| tx.end_session(org, UserId(1), session, later(1)))
            .await;
        assert!(matches!(theirs, Err(StoreError::NotFound { .. })), "{theirs:?}");
        world.store.write(move |tx| tx.end_session(org, id, session, later(1))).await.unwrap();
        let read = world.store.sessions(org, id).await.unwrap();
        assert_eq!(read.first().unwrap().ended_at, Some(later(1)));
    }
}
