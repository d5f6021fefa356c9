//! Finding users where many have each word and few have all.

use std::collections::BTreeSet;

use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::search::words;
use vestibule_protocol::user::User;
use vestibule_store::users::UserFilter;
use vestibule_store::{Page, PageRequest, Store};
use vestibule_tests::databases::Database;

use super::fixtures::World;
use super::on_both;

/// Adds users of these numbers, whose terms are `terms` and who are otherwise like the world's own.
fn add(database: &Database, world: &World, numbers: std::ops::Range<i64>, terms: &[&str]) {
    let (org, like) = (world.user.org.0, world.user.id.0);
    let (first, end) = (numbers.start, numbers.end);
    let mut statements = format!(
        "INSERT INTO users (id, org_id, subject, status, claims, group_names, not_before,
             created_at, updated_at, terms_version)
         WITH RECURSIVE n (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {end})
         SELECT n, {org}, 'found-' || n, 0, (SELECT claims FROM users WHERE id = {like}), '[]', 0,
             0, 0, 1 FROM n;"
    );
    for term in terms {
        statements.push_str(&format!(
            "INSERT INTO user_terms (org_id, term, user_id)
             SELECT {org}, '{term}', id FROM users WHERE id >= {first} AND id < {end};"
        ));
    }
    database.execute(&statements);
}

fn filter(text: &str) -> UserFilter {
    UserFilter { words: words(text), ..UserFilter::default() }
}

fn ids(page: &Page<User>) -> Vec<i64> {
    page.items.iter().map(|user| user.id.0).collect()
}

/// Everybody on all pages, and how many pages that took.
async fn all(
    store: &Store,
    org: OrgId,
    filter: &UserFilter,
    mut page: PageRequest,
) -> (Vec<i64>, u32) {
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let read = store.users(org, filter.clone(), page).await.unwrap();
        pages += 1;
        assert!(pages < 100, "the cursor leads nowhere");
        found.extend(ids(&read));
        match read.next {
            Some(after) => page.after = after,
            None => return (found, pages),
        }
    }
}

on_both! {
    async fn words_that_many_have_and_few_together_come_on_short_pages(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        add(&database, &world, 1..7001, &["anna"]);
        add(&database, &world, 7001..14001, &["meier"]);
        add(&database, &world, 14001..14004, &["anna", "meier"]);
        let page = PageRequest::first(20);
        let first = store.users(org, filter("anna meier"), page).await.unwrap();
        assert_eq!(ids(&first), Vec::<i64>::new(), "it stops before it has looked at all of them");
        assert!(first.is_short(page) && first.next.is_some(), "and says so");
        let (found, pages) = all(store, org, &filter("anna meier"), page).await;
        assert_eq!((found, pages), (vec![14001, 14002, 14003], 2));
        let page = PageRequest::first(2);
        let (found, _) = all(store, org, &filter("anna meier"), page).await;
        assert_eq!(found, [14001, 14002, 14003], "a full page among short ones");
        // Where the page is full at once, nothing of this shows.
        let full = store.users(org, filter("an"), PageRequest::first(20)).await.unwrap();
        assert_eq!((full.items.len(), full.is_short(PageRequest::first(20))), (20, false));
    }

    async fn what_fewest_pass_leads_so_that_one_page_has_all(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        add(&database, &world, 1..7001, &["anna"]);
        add(&database, &world, 7001..7003, &["anna", "rare"]);
        database.execute(&format!(
            "INSERT INTO groups (id, org_id, name, created_at) VALUES (5, {org}, 'few', 0);
             INSERT INTO group_members (group_id, user_id) VALUES (5, 7001), (5, 6000), (5, {ada});
             UPDATE users SET test = TRUE WHERE id IN (7002, {ada});
             UPDATE users SET status = 1 WHERE id IN (6001, 7002);",
            org = org.0,
            ada = world.user.id.0,
        ));
        let group = Some("few".to_owned());
        let cases = [
            (filter("anna rare"), vec![7001, 7002]),
            (UserFilter { group: group.clone(), ..filter("anna") }, vec![6000, 7001]),
            (UserFilter { test: Some(true), ..filter("anna") }, vec![7002]),
            (UserFilter { status: Some(Status::Disabled), ..filter("anna") }, vec![6001, 7002]),
            (UserFilter { group: group.clone(), test: Some(false), ..filter("an") }, vec![6000, 7001]),
            (UserFilter { group: group.clone(), ..filter("rare") }, vec![7001]),
            (UserFilter { group, status: Some(Status::Disabled), ..filter("") }, vec![]),
            (UserFilter { test: Some(true), status: Some(Status::Disabled), ..filter("") }, vec![7002]),
            (UserFilter { group: Some("none".to_owned()), ..filter("anna") }, vec![]),
        ];
        for (filter, expected) in cases {
            let read = store.users(org, filter.clone(), PageRequest::first(20)).await.unwrap();
            assert_eq!((ids(&read), read.next), (expected, None), "{filter:?}");
            let nobody = store.users(OrgId(99), filter, PageRequest::first(20)).await.unwrap();
            assert_eq!((ids(&nobody), nobody.next), (vec![], None));
        }
    }

    async fn a_user_is_found_once_however_many_terms_begin_alike(database: Database) {
        let world = World::new(&database).await;
        let (store, org) = (&world.store, world.user.org);
        add(&database, &world, 1..4, &["zora", "zora.a@x.test", "zulu"]);
        add(&database, &world, 4..6, &["z", "zulu"]);
        add(&database, &world, 6..7, &["zz"]);
        for limit in 1..8 {
            let (found, _) = all(store, org, &filter("z"), PageRequest::first(limit)).await;
            assert_eq!(found, [4, 5, 1, 2, 3, 6], "in pages of {limit}");
            let (found, _) = all(store, org, &filter("zu z"), PageRequest::first(limit)).await;
            assert_eq!(found.len(), 5, "in pages of {limit}");
            let once: BTreeSet<i64> = found.into_iter().collect();
            assert_eq!(once, BTreeSet::from([1, 2, 3, 4, 5]), "in pages of {limit}");
        }
    }
}
