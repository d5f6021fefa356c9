//! Changing, inviting, resetting, erasing; and who may do it to whom.

use vestibule_protocol::admin::{Assignment, Reach, Role};
use vestibule_protocol::ids::OrgId;
use vestibule_store::events::EventQuery;

use super::*;
use crate::services::organizations::{self, NewOrganization};
use crate::services::testing::{Installation, passwords};
use crate::services::users::update::{Edit, UserChange, update};
use crate::services::users::welcome::{self, Handed, Handover, Occasion};
use crate::services::users::{access, erase};
use crate::services::{FaultKind, admins, events, groups};

const NEXT: &str = "another-four-words-and-a-heron";

fn kind<T: std::fmt::Debug>(done: Result<T, ServiceFault>) -> FaultKind {
    done.expect_err("it was done").kind()
}

#[tokio::test]
async fn a_new_address_is_not_verified_unless_that_is_stated() {
    let installation = Installation::new().await;
    let act = installation.act();
    let mut ada = new("ada@clinic.example");
    ada.claims = vec![("email_verified".to_owned(), "true".to_owned())];
    ada.username = Some("ada".to_owned());
    add(act, &passwords(), ada).await.unwrap();
    let set = |email: &str, verified| UserChange {
        email: Edit::Set(email.to_owned()),
        email_verified: verified,
        ..UserChange::default()
    };
    let same = update(act, "ada", set("ADA@clinic.example", None)).await.unwrap();
    assert!(same.claims.email_verified, "another spelling is the same address");
    let moved = update(act, "ada", set("ada@hospital.example", None)).await.unwrap();
    assert!(!moved.claims.email_verified);
    let stated = update(act, "ada", set("ada@ward.example", Some(true))).await.unwrap();
    assert!(stated.claims.email_verified);
    assert_eq!(kind(find(act, "ada@clinic.example").await), FaultKind::NotFound);
    let query = UserQuery { text: Some("ward.ex".to_owned()), ..UserQuery::default() };
    assert_eq!(list(act, query, PageRequest::first(5)).await.unwrap().items.len(), 1);
    let query = UserQuery { text: Some("hospital".to_owned()), ..UserQuery::default() };
    assert!(list(act, query, PageRequest::first(5)).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_change_says_everything_that_is_wrong_and_notices_others() {
    let installation = Installation::new().await;
    let act = installation.act();
    let read = add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    add(act, &passwords(), new("bob@clinic.example")).await.unwrap();
    let bad = UserChange {
        email: Edit::Set("nonsense".to_owned()),
        claims: vec![
            ("sub".to_owned(), Some("x".to_owned())),
            ("email_verified".to_owned(), Some("true".to_owned())),
        ],
        external_id: Edit::Set(" padded".to_owned()),
        ..UserChange::default()
    };
    let Err(ServiceFault::Invalid(faults)) = update(act, "ada@clinic.example", bad).await else {
        panic!("it was changed");
    };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["claims.email_verified", "claims.sub", "email", "external_id"]);
    let gone = UserChange { email: Edit::Clear, ..UserChange::default() };
    assert_eq!(kind(update(act, "ada@clinic.example", gone).await), FaultKind::Invalid);
    let theirs =
        UserChange { email: Edit::Set("bob@clinic.example".to_owned()), ..UserChange::default() };
    assert_eq!(kind(update(act, "ada@clinic.example", theirs).await), FaultKind::Conflict);
    let named = |name: &str| UserChange {
        claims: vec![("name".to_owned(), Some(name.to_owned()))],
        version: Some(read.updated_at),
        ..UserChange::default()
    };
    update(act, "ada@clinic.example", named("Ada")).await.unwrap();
    assert_eq!(kind(update(act, "ada@clinic.example", named("Eve")).await), FaultKind::Conflict);
    let external = |name: &str| UserChange {
        external_id: Edit::Set(name.to_owned()),
        ..UserChange::default()
    };
    update(act, "ada@clinic.example", external("p-1")).await.unwrap();
    let refused = update(act, "bob@clinic.example", external("p-1")).await.unwrap_err();
    assert!(refused.to_string().contains("external id p-1"), "{refused}");
}

/// The link that was shown, there being no mail.
fn shown(made: Result<(User, Handed), ServiceFault>) -> (User, links::NewLink) {
    match made.unwrap() {
        (user, Handed::Shown(link)) => (user, link),
        (_, Handed::Mailed { to, .. }) => panic!("it went to {to}"),
    }
}

#[tokio::test]
async fn i20_an_invitation_sets_a_password_once_and_a_newer_link_ends_it() {
    let installation = Installation::new().await;
    let (act, pool) = (installation.act(), passwords());
    let invited = NewUser { email: Some("ada@clinic.example".to_owned()), ..NewUser::default() };
    let (user, first) = shown(welcome::invite(act, &pool, invited, Handover::Usual).await);
    let token = |link: &links::NewLink| {
        link.url.strip_prefix("https://id.example/welcome/").unwrap().to_owned()
    };
    let opened = welcome::open(act.core, &token(&first), act.now).await.unwrap().unwrap();
    assert_eq!((opened.occasion, opened.by.as_str()), (Occasion::Invitation, "test"));
    let weak = Zeroizing::new("ada@clinic.example".to_owned());
    let refused = welcome::spend(act.core, &pool, &opened, weak, act.now).await;
    assert_eq!(kind(refused), FaultKind::Invalid);
    assert!(welcome::open(act.core, &token(&first), act.now).await.unwrap().is_some());
    let (_, second) =
        shown(welcome::reset_link(act, "ada@clinic.example", None, Handover::Usual).await);
    assert!(welcome::open(act.core, &token(&first), act.now).await.unwrap().is_none());
    let next = || Zeroizing::new(NEXT.to_owned());
    assert!(!welcome::spend(act.core, &pool, &opened, next(), act.now).await.unwrap());
    let opened = welcome::open(act.core, &token(&second), act.now).await.unwrap().unwrap();
    assert_eq!(opened.occasion, Occasion::Invitation, "there was no password yet");
    assert!(welcome::spend(act.core, &pool, &opened, next(), act.now).await.unwrap());
    assert!(!welcome::spend(act.core, &pool, &opened, next(), act.now).await.unwrap());
    assert!(act.core.store.password(act.org, user.id).await.unwrap().is_some());
    let (_, third) =
        shown(welcome::reset_link(act, "ada@clinic.example", None, Handover::Usual).await);
    let opened = welcome::open(act.core, &token(&third), act.now).await.unwrap().unwrap();
    assert_eq!(opened.occasion, Occasion::Reset);
    let ended = welcome::open(act.core, &token(&third), third.expires_at).await.unwrap();
    assert!(ended.is_none());
    set_status(act, "ada@clinic.example", Status::Disabled).await.unwrap();
    assert!(welcome::open(act.core, &token(&third), act.now).await.unwrap().is_none());
    assert!(!welcome::spend(act.core, &pool, &opened, next(), act.now).await.unwrap());
    let made = welcome::reset_link(act, "ada@clinic.example", None, Handover::Usual).await;
    assert!(matches!(made, Err(ServiceFault::Conflict(_))));
}

#[tokio::test]
async fn i27_nobody_acts_on_a_user_who_may_more() {
    let installation = Installation::new().await;
    let act = installation.act();
    add(act, &passwords(), new("owner@clinic.example")).await.unwrap();
    add(act, &passwords(), new("other@clinic.example")).await.unwrap();
    for name in ["owner@clinic.example", "other@clinic.example"] {
        let named = admins::user(act, name).await.unwrap();
        let role = Assignment { role: Role::Owner, reach: Reach::Everywhere };
        admins::grant(act, &named, role).await.unwrap();
    }
    let theirs = Act { rights: Role::UserManager.rights(), ..act };
    let name = "owner@clinic.example";
    let change = UserChange { test: Some(true), ..UserChange::default() };
    assert_eq!(kind(update(theirs, name, change).await), FaultKind::Forbidden);
    assert!(matches!(
        welcome::reset_link(theirs, name, None, Handover::Usual).await,
        Err(ServiceFault::Grant(_))
    ));
    assert_eq!(kind(access::sign_out_everywhere(theirs, name).await), FaultKind::Forbidden);
    let session = vestibule_protocol::ids::SessionId(1);
    assert_eq!(kind(access::end_session(theirs, name, session).await), FaultKind::Forbidden);
    assert_eq!(kind(access::withdraw_consent(theirs, name, "x").await), FaultKind::Forbidden);
    assert_eq!(kind(erase::erase(theirs, name).await), FaultKind::Forbidden);
    assert_eq!(kind(unlock(theirs, name).await), FaultKind::Forbidden);
    erase::erase(act, "other@clinic.example").await.unwrap();
    assert_eq!(kind(erase::erase(act, name).await), FaultKind::Conflict, "the last owner stays");
    let support = Act { rights: Role::Support.rights(), ..act };
    assert_eq!(kind(erase::erase(support, name).await), FaultKind::Forbidden);
    let auditor = Act { rights: Role::Auditor.rights(), ..act };
    assert_eq!(kind(groups::add(auditor, "x").await), FaultKind::Forbidden);
    let org = NewOrganization { slug: "x".to_owned(), name: "X".to_owned(), parent: None };
    assert_eq!(kind(organizations::add(auditor, org).await), FaultKind::Forbidden);
}

#[tokio::test]
async fn i26_users_and_organizations_of_others_answer_like_unknown_ones() {
    let installation = Installation::new().await;
    let act = installation.act();
    let sub = |slug: &str, parent: Option<&str>| NewOrganization {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        parent: parent.map(str::to_owned),
    };
    let east = organizations::add(act, sub("east", None)).await.unwrap();
    let west = organizations::add(act, sub("west", None)).await.unwrap();
    let (in_east, in_west) = (Act { org: east.id, ..act }, Act { org: west.id, ..act });
    let ada = add(in_east, &passwords(), new("ada@clinic.example")).await.unwrap();
    let unknown = kind(erase::erase(in_west, "nobody@clinic.example").await);
    let subject = ada.subject.0.as_str();
    for name in ["ada@clinic.example", subject] {
        assert_eq!(kind(find(in_west, name).await), unknown);
        assert_eq!(kind(update(in_west, name, UserChange::default()).await), unknown);
        assert_eq!(kind(erase::erase(in_west, name).await), unknown);
        assert_eq!(kind(access::sign_out_everywhere(in_west, name).await), unknown);
        assert_eq!(kind(set_status(in_west, name, Status::Disabled).await), unknown);
        assert_eq!(kind(detail::detail(in_west, name).await), unknown);
    }
    let query = UserQuery { text: Some("ada".to_owned()), ..UserQuery::default() };
    let found = list(in_west, query.clone(), PageRequest::first(5)).await.unwrap();
    assert!(found.items.is_empty());
    assert_eq!(list(in_east, query, PageRequest::first(5)).await.unwrap().items.len(), 1);
    groups::add(in_east, "nurses").await.unwrap();
    assert_eq!(kind(groups::remove(in_west, "nurses").await), unknown);
    assert_eq!(kind(organizations::find(in_west, "east").await), unknown);
    assert_eq!(kind(organizations::find(in_west, "root").await), unknown);
    assert_eq!(kind(organizations::rename(in_west, "east", "Mine").await), unknown);
    assert_eq!(organizations::tree(in_west).await.unwrap().len(), 1);
    assert_eq!(organizations::tree(act).await.unwrap().len(), 3);
}

#[tokio::test]
async fn organizations_are_bounded_in_depth_and_switched_as_a_whole() {
    let installation = Installation::new().await;
    let act = installation.act();
    let mut parent = None;
    for depth in 1..organizations::MAX_DEPTH {
        let slug = format!("level-{depth}");
        let new = NewOrganization { slug: slug.clone(), name: "Level".to_owned(), parent };
        organizations::add(act, new).await.unwrap();
        parent = Some(slug);
    }
    let deeper = |slug: &str, parent| NewOrganization {
        slug: slug.to_owned(),
        name: "N".to_owned(),
        parent,
    };
    assert_eq!(
        kind(organizations::add(act, deeper("x", parent.clone())).await),
        FaultKind::Invalid
    );
    for slug in ["", "Upper", "-x", "x-", "a b", &"x".repeat(64)] {
        assert_eq!(kind(organizations::add(act, deeper(slug, None)).await), FaultKind::Invalid);
    }
    assert_eq!(kind(organizations::add(act, deeper("level-1", None)).await), FaultKind::Conflict);
    let status = async |slug: &str| organizations::find(act, slug).await.unwrap().status;
    organizations::set_status(act, "level-3", Status::Disabled).await.unwrap();
    organizations::set_status(act, "level-1", Status::Disabled).await.unwrap();
    assert_eq!(
        (status("level-2").await, status("level-4").await),
        (Status::Disabled, Status::Disabled)
    );
    let above_is_off = organizations::set_status(act, "level-2", Status::Active).await;
    assert_eq!(kind(above_is_off), FaultKind::Conflict);
    assert_eq!(
        kind(organizations::add(act, deeper("y", Some("level-2".into()))).await),
        FaultKind::Conflict
    );
    organizations::set_status(act, "level-1", Status::Active).await.unwrap();
    assert_eq!(status("level-2").await, Status::Active, "it went off with level-1, and comes back");
    assert_eq!(status("level-3").await, Status::Disabled, "it was switched off by itself");
    assert_eq!(status("level-4").await, Status::Disabled);
    organizations::set_status(act, "level-3", Status::Active).await.unwrap();
    assert_eq!(status("level-4").await, Status::Active);
    let root = organizations::set_status(act, "root", Status::Disabled).await;
    assert_eq!(kind(root), FaultKind::Conflict);
    assert_eq!(organizations::find(act, "root").await.unwrap().id, OrgId::ROOT);
}

#[tokio::test]
async fn groups_are_made_renamed_filled_and_removed() {
    let installation = Installation::new().await;
    let act = installation.act();
    add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    groups::add(act, "nurses").await.unwrap();
    assert_eq!(kind(groups::add(act, "nurses").await), FaultKind::Conflict);
    for name in ["", " x", "a\u{7}b"] {
        assert_eq!(kind(groups::add(act, name).await), FaultKind::Invalid);
    }
    groups::add_member(act, "nurses", "ada@clinic.example").await.unwrap();
    groups::rename(act, "nurses", "carers").await.unwrap();
    let ada = find(act, "ada@clinic.example").await.unwrap();
    assert_eq!(ada.groups, BTreeSet::from(["carers".to_owned()]));
    let sizes = groups::list(act).await.unwrap();
    assert_eq!((sizes.len(), sizes[0].members), (1, 1));
    let members = groups::members(act, "carers", PageRequest::first(5)).await.unwrap();
    assert_eq!(members.items.len(), 1);
    let new = crate::services::clients::NewClient {
        name: Some("App".to_owned()),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        ..Default::default()
    };
    let mut client = crate::services::clients::add(act, new).await.unwrap().client;
    client.settings.groups = ["carers".to_owned()].into();
    let now = act.now;
    act.core.store.write(move |tx| tx.update_client(&client, now)).await.unwrap();
    assert_eq!(kind(groups::remove(act, "carers").await), FaultKind::Conflict);
    assert_eq!(kind(groups::rename(act, "carers", "x").await), FaultKind::Conflict);
    groups::remove_member(act, "carers", "ada@clinic.example").await.unwrap();
    assert!(find(act, "ada@clinic.example").await.unwrap().groups.is_empty());
}

#[tokio::test]
async fn gdpr_17_nothing_of_an_erased_user_is_left_but_the_subject() {
    let installation = Installation::new().await;
    let act = installation.act();
    let mut ada = new("ada@clinic.example");
    ada.claims = vec![("given_name".to_owned(), "Adalbertina".to_owned())];
    ada.external_id = Some("mrn-4711".to_owned());
    ada.groups = ["nurses".to_owned()].into();
    groups::add(act, "nurses").await.unwrap();
    let ada = add(act, &passwords(), ada).await.unwrap();
    welcome::reset_link(act, "ada@clinic.example", None, Handover::Usual).await.unwrap();
    erase::erase(act, "ada@clinic.example").await.unwrap();
    let query = EventQuery { limit: 50, ..EventQuery::default() };
    let log = serde_json::to_string(&events::search(act, query).await.unwrap()).unwrap();
    assert!(log.contains("user.erased") && log.contains(&ada.subject.0), "{log}");
    for personal in ["Adalbertina", "mrn-4711", "ada@clinic.example"] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
    for text in ["adalb", "mrn-4711", "ada@cl"] {
        let query = UserQuery { text: Some(text.to_owned()), ..UserQuery::default() };
        assert!(list(act, query, PageRequest::first(5)).await.unwrap().items.is_empty());
    }
    assert_eq!(groups::list(act).await.unwrap()[0].members, 0);
    let again = add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    assert_ne!(again.subject, ada.subject, "a subject is never given again");
}

#[tokio::test]
async fn a_group_that_is_mistyped_is_refused_with_the_one_that_was_meant() {
    let installation = Installation::new().await;
    let act = installation.act();
    groups::add(act, "nurses").await.unwrap();
    let mut ada = new("ada@clinic.example");
    ada.groups = ["nurse".to_owned()].into();
    let Err(ServiceFault::Invalid(faults)) = add(act, &passwords(), ada).await else { panic!() };
    assert_eq!(faults[0].field, "groups");
    assert!(faults[0].problem.contains("did you mean \"nurses\"?"), "{}", faults[0].problem);
    add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    let joining = |group: &str| UserChange {
        groups: Some([group.to_owned()].into()),
        ..UserChange::default()
    };
    let refused = update(act, "ada@clinic.example", joining("Nurses!")).await;
    assert_eq!(kind(refused), FaultKind::Invalid);
    update(act, "ada@clinic.example", joining("nurses")).await.unwrap();
    assert_eq!(groups::list(act).await.unwrap().len(), 1, "none was made");
}

#[tokio::test]
async fn who_was_changed_meanwhile_is_not_erased() {
    let installation = Installation::new().await;
    let act = installation.act();
    groups::add(act, "nurses").await.unwrap();
    let read = add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    groups::add_member(act, "nurses", "ada@clinic.example").await.unwrap();
    let stale = erase::erase_if(act, "ada@clinic.example", Some(read)).await;
    assert_eq!(kind(stale), FaultKind::Conflict);
    let read = find(act, "ada@clinic.example").await.unwrap();
    groups::rename(act, "nurses", "carers").await.unwrap();
    let stale = erase::erase_if(act, "ada@clinic.example", Some(read)).await;
    assert_eq!(kind(stale), FaultKind::Conflict, "also by what its group is called");
    let read = find(act, "ada@clinic.example").await.unwrap();
    erase::erase_if(act, "ada@clinic.example", Some(read)).await.unwrap();
}

#[tokio::test]
async fn an_organization_that_was_changed_meanwhile_keeps_its_name() {
    let installation = Installation::new().await;
    let act = installation.act();
    let new = NewOrganization { slug: "north".to_owned(), name: "North".to_owned(), parent: None };
    let read = organizations::add(act, new).await.unwrap();
    organizations::rename(act, "north", "North Clinic").await.unwrap();
    let stale = organizations::rename_read(act, read, "Other").await;
    assert_eq!(kind(stale), FaultKind::Conflict);
}
