use vestibule_protocol::admin::Rights;
use vestibule_protocol::ids::OrgId;
mod acts;

use vestibule_store::events::EventQuery;

use super::*;
use crate::services::callers::Caller;
use crate::services::testing::{Installation, passwords};
use crate::services::{events, links};

const PASSWORD: &str = "four-words-and-a-pelican";

fn new(email: &str) -> NewUser {
    NewUser {
        email: Some(email.to_owned()),
        password: Some(Zeroizing::new(PASSWORD.to_owned())),
        ..NewUser::default()
    }
}

#[tokio::test]
async fn a_user_is_found_by_every_spelling_of_its_name() {
    let installation = Installation::new().await;
    let act = installation.act();
    let user = add(act, &passwords(), new("Ada@Clinic.Example")).await.unwrap();
    assert_eq!(user.claims.email.as_deref(), Some("Ada@Clinic.Example"));
    let subject = user.subject.to_string();
    for name in ["ada@clinic.example", " ADA@CLINIC.EXAMPLE ", subject.as_str()] {
        assert_eq!(find(act, name).await.unwrap().id, user.id, "{name}");
    }
    let again = add(act, &passwords(), new("ADA@clinic.example")).await;
    assert!(matches!(again, Err(ServiceFault::Conflict(_))));
}

#[tokio::test]
async fn i16_the_log_holds_neither_password_nor_personal_data() {
    let installation = Installation::new().await;
    let act = installation.act();
    let mut ada = new("ada@clinic.example");
    ada.claims = vec![("birthdate".to_owned(), "1815-12-10".to_owned())];
    add(act, &passwords(), ada).await.unwrap();
    let log = events::search(act, EventQuery { limit: 10, ..EventQuery::default() }).await.unwrap();
    let log = serde_json::to_string(&log).unwrap();
    assert!(log.contains("user.added"));
    for secret in [PASSWORD, "1815-12-10", "ada@clinic.example"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn all_faults_of_a_user_are_told_at_once() {
    let installation = Installation::new().await;
    let act = installation.act();
    let mut bad = new("no address");
    bad.password = Some(Zeroizing::new("short".to_owned()));
    bad.claims = vec![("sub".to_owned(), "x".to_owned())];
    bad.groups = BTreeSet::from([String::new()]);
    let Err(ServiceFault::Invalid(faults)) = add(act, &passwords(), bad).await else {
        panic!("it was added");
    };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["claims.sub", "email", "groups", "password"]);
    let nameless = NewUser::default();
    assert!(matches!(add(act, &passwords(), nameless).await, Err(ServiceFault::Invalid(_))));
}

#[tokio::test]
async fn users_join_groups_that_there_are() {
    let installation = Installation::new().await;
    let act = installation.act();
    groups::add(act, "providers").await.unwrap();
    for email in ["a@clinic.example", "b@clinic.example"] {
        let mut user = new(email);
        user.groups = BTreeSet::from(["providers".to_owned()]);
        let user = add(act, &passwords(), user).await.unwrap();
        let found = find(act, email).await.unwrap();
        assert_eq!(found.groups, user.groups);
    }
    assert_eq!(act.core.store.groups(act.org).await.unwrap().len(), 1);
}

#[tokio::test]
async fn disabling_writes_an_event_once() {
    let installation = Installation::new().await;
    let act = installation.act();
    add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    for _ in 0..2 {
        let user = set_status(act, "ada@clinic.example", Status::Disabled).await.unwrap();
        assert_eq!(user.status, Status::Disabled);
    }
    let kind = Some("user.disabled".to_owned());
    let query = EventQuery { kind, limit: 10, ..EventQuery::default() };
    assert_eq!(events::search(act, query).await.unwrap().len(), 1);
    assert!(unlock(act, "ada@clinic.example").await.is_ok());
    let nobody = set_status(act, "nobody@clinic.example", Status::Active).await;
    assert!(matches!(nobody, Err(ServiceFault::NotFound { .. })));
}

#[tokio::test]
async fn i22_an_admin_link_makes_one_administrator() {
    let installation = Installation::new().await;
    let act = installation.act();
    let link = links::make_admin_link(act).await.unwrap();
    let token = link.url.strip_prefix("https://id.example/setup/").unwrap();
    let opened = links::open_admin_link(act.core, token, act.now).await.unwrap().unwrap();
    let later = links::open_admin_link(act.core, token, link.expires_at).await.unwrap();
    assert!(later.is_none(), "an ended link opens nothing");
    assert!(links::open_admin_link(act.core, "vbl_nonsense", act.now).await.unwrap().is_none());
    let pool = passwords();
    let first = links::spend_admin_link(act, &pool, &opened, new("one@clinic.example")).await;
    let first = first.unwrap().unwrap();
    let caller = Caller::of_user(&installation.core, &first).await.unwrap();
    assert_eq!(caller.rights(&installation.core, OrgId::ROOT).await.unwrap(), Rights::all());
    let second = links::spend_admin_link(act, &pool, &opened, new("two@clinic.example")).await;
    assert!(second.unwrap().is_none());
    let nobody = find(act, "two@clinic.example").await;
    assert!(matches!(nobody, Err(ServiceFault::NotFound { .. })), "nothing of it was done");
    assert!(links::open_admin_link(act.core, token, act.now).await.unwrap().is_none());
}

#[tokio::test]
async fn a_refused_set_up_leaves_the_link_good() {
    let installation = Installation::new().await;
    let act = installation.act();
    let link = links::make_admin_link(act).await.unwrap();
    let token = link.url.strip_prefix("https://id.example/setup/").unwrap();
    let opened = links::open_admin_link(act.core, token, act.now).await.unwrap().unwrap();
    let mut weak = new("one@clinic.example");
    weak.password = Some(Zeroizing::new("short".to_owned()));
    let refused = links::spend_admin_link(act, &passwords(), &opened, weak).await;
    assert!(matches!(refused, Err(ServiceFault::Invalid(_))));
    assert!(links::open_admin_link(act.core, token, act.now).await.unwrap().is_some());
}

#[tokio::test]
async fn i27_a_text_that_names_two_users_names_none() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = add(act, &passwords(), new("ada@clinic.example")).await.unwrap();
    let called = |name: &str| NewUser { username: Some(name.to_owned()), ..NewUser::default() };
    let decoy = add(act, &passwords(), called(&ada.subject.0)).await.unwrap_err();
    assert_eq!(decoy.kind(), crate::services::FaultKind::Conflict, "{decoy}");
    let bob = add(act, &passwords(), called("bob")).await.unwrap();
    let renamed = update::UserChange {
        username: update::Edit::Set(ada.subject.0.clone()),
        ..update::UserChange::default()
    };
    let decoy = update::update(act, "bob", renamed).await.unwrap_err();
    assert_eq!(decoy.kind(), crate::services::FaultKind::Conflict, "{decoy}");
    // Rows that stand so already are not acted on by a name that is both.
    let mut other = User { id: UserId(act.core.ids.next(act.now)), ..ada.clone() };
    other.subject = Subject("bob".to_owned());
    act.core.store.write(move |tx| tx.insert_user(&other, &[])).await.unwrap();
    let refused = set_status(act, "bob", Status::Disabled).await.unwrap_err();
    assert_eq!(refused.kind(), crate::services::FaultKind::Conflict);
    assert!(refused.to_string().contains(&bob.subject.0), "{refused}");
    assert_eq!(find(act, &bob.subject.0).await.unwrap().id, bob.id);
    assert_eq!(find(act, "ada@clinic.example").await.unwrap().id, ada.id);
}
