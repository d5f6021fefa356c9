//! Finding users by their words, many users at once, erasing, organizations, checkpoints.

use std::collections::BTreeSet;

use vestibule_protocol::client::Status;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{GroupId, OrgId, Subject, UserId};
use vestibule_protocol::search::words;
use vestibule_protocol::user::User;
use vestibule_store::checkpoints::Checkpoint;
use vestibule_store::credentials::PasswordHash;
use vestibule_store::events::EventQuery;
use vestibule_store::groups::Group;
use vestibule_store::organizations::Organization;
use vestibule_store::users::bulk::{NewUser, UserKeys};
use vestibule_store::users::{Identifier, UserFilter};
use vestibule_store::{PageRequest, Store, StoreError};

use super::fixtures::{NOW, World, email, later, user};
use super::on_both;

async fn found(store: &Store, org: OrgId, text: &str) -> Vec<String> {
    let filter = UserFilter { words: words(text), ..UserFilter::default() };
    let page = store.users(org, filter, PageRequest::first(20)).await.unwrap();
    page.items.into_iter().map(|user| user.claims.email.unwrap_or_default()).collect()
}

fn person(world: &World, given: &str, family: &str, address: &str) -> NewUser {
    let mut one = user(world.user.org, UserId(world.id()), address);
    one.subject = vestibule_protocol::ids::Subject(format!("sub-{address}"));
    one.claims.given_name = Some(given.to_owned());
    one.claims.family_name = Some(family.to_owned());
    one.claims.email = Some(address.to_owned());
    one.external_id = Some(format!("MRN-{address}"));
    NewUser { user: one, identifiers: vec![email(address)], password: None }
}

on_both! {
    async fn users_are_found_by_all_their_words_and_only_then(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        let new = vec![
            person(&world, "Zoë", "Müller", "zoe@lake.test"),
            person(&world, "Zora", "Meier", "zora@lake.test"),
            person(&world, "Ann", "Zola", "ann@hill.test"),
        ];
        let rows = new.clone();
        store.write(move |tx| tx.insert_users(org, &rows)).await.unwrap();
        assert_eq!(found(store, org, "zo").await.len(), 3);
        assert_eq!(found(store, org, "zoe MULL").await, ["zoe@lake.test"]);
        assert_eq!(found(store, org, "lake.test zora").await, ["zora@lake.test"]);
        assert_eq!(found(store, org, "mrn-ann").await, ["ann@hill.test"]);
        assert_eq!(found(store, org, "zora muller").await, Vec::<String>::new());
        assert_eq!(found(store, org, "z%").await, Vec::<String>::new());
        assert_eq!(found(store, OrgId(99), "zo").await, Vec::<String>::new());
        // The terms follow the claims.
        let mut moved = new[0].user.clone();
        moved.claims.family_name = Some("Keller".to_owned());
        let written = moved.clone();
        let at = store.write(move |tx| tx.update_user(&written, later(5))).await.unwrap();
        assert_eq!(at, later(5));
        assert_eq!(found(store, org, "zoe kell").await, ["zoe@lake.test"]);
        assert!(found(store, org, "zoe mull").await.is_empty());
        let again = store.write(move |tx| tx.update_user(&moved, later(6))).await;
        assert!(matches!(again, Err(StoreError::Stale { .. })), "{again:?}");
    }

    async fn a_search_comes_in_pages_and_passes_the_filters(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        let new: Vec<NewUser> = (0..25)
            .map(|n| {
                let mut one = person(&world, "Same", "Name", &format!("n{n:02}@lake.test"));
                one.user.test = n % 5 == 0;
                one
            })
            .collect();
        store.write(move |tx| tx.insert_users(org, &new)).await.unwrap();
        let filter = |test| UserFilter { words: words("same nam"), test, ..UserFilter::default() };
        let (mut seen, mut page) = (BTreeSet::new(), PageRequest::first(7));
        loop {
            let read = store.users(org, filter(None), page).await.unwrap();
            seen.extend(read.items.into_iter().map(|one| one.id.0));
            match read.next {
                Some(after) => page.after = after,
                None => break,
            }
        }
        assert_eq!(seen.len(), 25, "each once");
        let tests = store.users(org, filter(Some(true)), PageRequest::first(20)).await.unwrap();
        assert_eq!((tests.items.len(), tests.next), (5, None));
        let plain = UserFilter { test: Some(true), ..UserFilter::default() };
        let listed = store.users(org, plain, PageRequest::first(20)).await.unwrap();
        assert_eq!(listed.items.len(), 5);
    }

    async fn users_of_earlier_versions_are_filled_in(database: Database) {
        let world = World::new(&database).await;
        assert_eq!(world.store.fill_user_terms().await.unwrap(), 0, "they have terms already");
        database.execute("DELETE FROM user_terms");
        database.execute("UPDATE users SET terms_version = 0");
        assert!(found(&world.store, world.user.org, "ada@cl").await.is_empty());
        assert_eq!(world.store.fill_user_terms().await.unwrap(), 1);
        assert_eq!(world.store.fill_user_terms().await.unwrap(), 0);
        let filter = UserFilter { words: words("ada@cl"), ..UserFilter::default() };
        let page = world.store.users(world.user.org, filter, PageRequest::first(5)).await.unwrap();
        assert_eq!(page.items, vec![world.user.clone()]);
    }

    async fn many_users_are_written_as_one_is(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        let group = Group { id: GroupId(world.id()), org, name: "staff".to_owned(), created_at: NOW };
        store.write(move |tx| tx.insert_group(&group)).await.unwrap();
        let mut one = person(&world, "Bulk", "Person", "bulk@lake.test");
        one.user.groups = BTreeSet::from(["staff".to_owned()]);
        one.user.account_type = Some("provider".to_owned());
        one.user.test = true;
        one.password = Some(PasswordHash { user: one.user.id, hash: "$x".to_owned(), updated_at: NOW });
        let rows = vec![one.clone()];
        store.write(move |tx| tx.insert_users(org, &rows)).await.unwrap();
        let read: Option<User> = store.user(org, one.user.id).await.unwrap();
        assert_eq!(read, Some(one.user.clone()));
        assert_eq!(store.group_sizes(org).await.unwrap()[0].members, 1);
        let keys = UserKeys {
            external_ids: BTreeSet::from(["MRN-bulk@lake.test".to_owned()]),
            identifiers: BTreeSet::from(["ada@clinic.test".to_owned()]),
            subjects: BTreeSet::new(),
        };
        let known = store.known_users(org, keys.clone()).await.unwrap();
        assert_eq!(known.len(), 2);
        assert_eq!(known.iter().filter(|known| known.has_password).count(), 1);
        assert_eq!(store.known_users(OrgId(99), keys).await.unwrap(), vec![]);
        let stepped = store.users_after(org, UserId(0), 10).await.unwrap();
        assert_eq!(stepped.len(), 2);
        let mut twice = one.clone();
        twice.user.id = UserId(world.id());
        let refused = store.write(move |tx| tx.insert_users(org, &[twice])).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        let mut same_external = person(&world, "A", "B", "other@lake.test");
        same_external.user.external_id = one.user.external_id.clone();
        let refused = store
            .write(move |tx| tx.insert_user(&same_external.user, &same_external.identifiers))
            .await;
        let Err(StoreError::Conflict { what: "external_id", .. }) = refused else {
            panic!("{refused:?}")
        };
    }

    async fn gdpr_17_an_erased_user_leaves_no_row(database: Database) {
        let world = World::new(&database).await;
        let (store, org, id) = (&world.store, world.user.org, world.user.id);
        let redemption = world.grant(&["openid", "offline_access"]).await;
        let foreign = store.write(move |tx| tx.erase_user(OrgId(99), id, later(1))).await;
        assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "i26: {foreign:?}");
        store.write(move |tx| tx.erase_user(org, id, later(1))).await.unwrap();
        assert_eq!(store.user(org, id).await.unwrap(), None);
        assert_eq!(store.identifiers(org, id).await.unwrap(), Vec::<Identifier>::new());
        assert!(store.sessions(org, id).await.unwrap().is_empty());
        assert!(store.grants(org, id).await.unwrap().is_empty());
        assert!(store.consents(org, id).await.unwrap().is_empty());
        assert!(found(store, org, "ada").await.is_empty());
        let facts = store.access_token_facts(redemption.access_token.id).await.unwrap().unwrap();
        assert_eq!(facts.family, None, "the token is dead");
        let again = store.write(move |tx| tx.erase_user(org, id, later(2))).await;
        assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    }

    async fn an_organization_takes_those_below_along(database: Database) {
        let world = World::new_in_sub_organization(&database, "above").await;
        let (store, above) = (&world.store, world.user.org);
        let below = Organization {
            id: OrgId(world.id()),
            parent: Some(above),
            slug: "below".to_owned(),
            name: "Below".to_owned(),
            status: Status::Active,
            created_at: NOW,
            updated_at: NOW,
        };
        let (row, id) = (below.clone(), below.id);
        store.write(move |tx| tx.insert_organization(&row)).await.unwrap();
        store.write(move |tx| tx.disable_organization(above, later(1))).await.unwrap();
        let status = async |id| store.organization(id).await.unwrap().unwrap().status;
        assert_eq!((status(above).await, status(id).await), (Status::Disabled, Status::Disabled));
        let alone = store.write(move |tx| tx.enable_organization(id, later(2))).await;
        assert!(matches!(alone, Err(StoreError::Stale { .. })), "{alone:?}");
        let held = store.write(move |tx| tx.hold_organization(above)).await;
        assert!(matches!(held, Err(StoreError::Stale { .. })), "{held:?}");
        store.write(move |tx| tx.enable_organization(above, later(3))).await.unwrap();
        assert_eq!((status(above).await, status(id).await), (Status::Active, Status::Active));
        let read = store.organization(id).await.unwrap().unwrap();
        let (first, second) = (read.clone(), read);
        let version = store.write(move |tx| tx.rename_organization(&first, "New", later(4))).await;
        assert_eq!(version.unwrap(), later(4));
        assert_eq!(store.organization(id).await.unwrap().unwrap().name, "New");
        let stale = store.write(move |tx| tx.rename_organization(&second, "Other", later(5))).await;
        assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
    }

    async fn a_checkpoint_moves_and_goes(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        let at = |position, seconds| Checkpoint {
            position,
            state: format!("{{\"n\":{position}}}"),
            updated_at: later(seconds),
        };
        assert_eq!(store.checkpoint(org, "import:x".to_owned()).await.unwrap(), None);
        for position in [1, 2] {
            let moved = at(position, 1);
            store.write(move |tx| tx.set_checkpoint(org, "import:x", &moved)).await.unwrap();
        }
        assert_eq!(store.checkpoint(org, "import:x".to_owned()).await.unwrap(), Some(at(2, 1)));
        assert_eq!(store.checkpoint(OrgId(99), "import:x".to_owned()).await.unwrap(), None);
        let (old, long) = (at(3, 1), 40 * 86_400);
        store.write(move |tx| tx.set_checkpoint(org, "import:old", &old)).await.unwrap();
        store.write(move |tx| tx.remove_checkpoint(org, "import:x", later(long))).await.unwrap();
        assert_eq!(store.checkpoint(org, "import:x".to_owned()).await.unwrap(), None);
        assert_eq!(store.checkpoint(org, "import:old".to_owned()).await.unwrap(), None);
    }

    async fn events_about_a_user_are_found_without_its_tokens(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        let mut added = world.event("user.added");
        added.subject = Some(world.user.subject.clone());
        let mut token = world.event("token.issued");
        token.subject = Some(world.user.subject.clone());
        let rows = vec![added.clone(), token, world.event("user.added")];
        store.write(move |tx| tx.record(rows)).await.unwrap();
        let about = store.events_about(org, world.user.subject.clone(), 10).await.unwrap();
        assert!(about.iter().any(|event| event.id == added.id));
        assert!(about.iter().all(|event| event.kind != "token.issued"));
        let foreign = store.events_about(OrgId(99), world.user.subject.clone(), 10).await.unwrap();
        assert!(foreign.is_empty());
    }

    async fn i26_what_a_user_did_elsewhere_is_seen_by_the_users_organization_alone(database: Database) {
        let world = World::new(&database).await;
        let (store, org, subject) = (&world.store, world.user.org, world.user.subject.clone());
        let above = OrgId(98);
        let mut line = world.event("session.started");
        (line.org, line.subject) = (above, Some(subject.clone()));
        let mut other = world.event("session.started");
        (other.org, other.subject) = (above, Some(Subject("somebody-else".to_owned())));
        let rows = vec![line.clone(), other];
        store.write(move |tx| tx.record(rows)).await.unwrap();
        let query = |subject: Option<&Subject>| {
            EventQuery { subject: subject.cloned(), limit: 100, ..EventQuery::default() }
        };
        let seen = async |org, subject| {
            let query = query(subject);
            let found = store.events(org, query.clone()).await.unwrap();
            let page = store.events_page(org, query).await.unwrap();
            let has = |events: &[Event]| events.iter().any(|event| event.id == line.id);
            assert_eq!(has(&found), has(&page.events));
            has(&found)
        };
        assert!(seen(org, Some(&subject)).await);
        assert!(!seen(org, None).await, "the log of an organization holds what happened there");
        assert!(seen(above, Some(&subject)).await && seen(above, None).await);
        assert!(!seen(OrgId(99), Some(&subject)).await);
        let theirs = Subject("somebody-else".to_owned());
        let found = store.events(org, query(Some(&theirs))).await.unwrap();
        assert_eq!(found, vec![], "somebody else's user");
        let about = store.events_about(org, subject.clone(), 10).await.unwrap();
        assert!(about.iter().any(|event| event.id == line.id));
        assert!(store.events_about(above, subject, 10).await.unwrap().is_empty());
    }
}
