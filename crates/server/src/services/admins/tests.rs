use vestibule_store::organizations::Organization;

use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;

use super::*;
use crate::services::FaultKind;
use crate::services::callers::Caller;
use crate::services::clients::{ClientChange, NewClient};
use crate::services::testing::{Installation, passwords};
use crate::services::users::NewUser;
use crate::services::users::welcome::{self, Handed, Handover};

const CLINIC: OrgId = OrgId(7);

fn everywhere(role: Role) -> Assignment {
    Assignment { role, reach: Reach::Everywhere }
}

fn below(role: Role, org: OrgId) -> Assignment {
    Assignment { role, reach: Reach::Below(org) }
}

async fn person(act: Act<'_>, email: &str) -> User {
    let new = NewUser { email: Some(email.to_owned()), ..NewUser::default() };
    users::add(act, &passwords(), new).await.unwrap()
}

async fn admin(act: Act<'_>, email: &str, assignment: Assignment) -> (User, AdminRole) {
    let user = person(act, email).await;
    let named = Named::User(Box::new(user.clone()));
    let role = grant(act, &named, assignment).await.unwrap();
    (user, role)
}

async fn clinic(act: Act<'_>) {
    let clinic = Organization {
        id: CLINIC,
        parent: Some(OrgId::ROOT),
        slug: "clinic".to_owned(),
        name: "Clinic".to_owned(),
        status: Status::Active,
        created_at: Timestamp::from_seconds(1),
        updated_at: Timestamp::from_seconds(1),
    };
    act.core.store.write(move |tx| tx.insert_organization(&clinic)).await.unwrap();
}

#[tokio::test]
async fn the_last_owner_is_neither_demoted_nor_disabled() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (ada, role) = admin(act, "ada@clinic.test", everywhere(Role::Owner)).await;
    let refused = revoke(act, role.id).await.unwrap_err();
    assert!(matches!(refused, ServiceFault::Grant(GrantFault::LastOwner)), "{refused}");
    let refused = users::set_status(act, "ada@clinic.test", Status::Disabled).await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Conflict);
    let (_, second) = admin(act, "bob@clinic.test", everywhere(Role::Owner)).await;
    users::set_status(act, "bob@clinic.test", Status::Disabled).await.unwrap();
    assert!(revoke(act, role.id).await.is_err(), "a disabled owner does not count");
    users::set_status(act, "bob@clinic.test", Status::Active).await.unwrap();
    revoke(act, role.id).await.unwrap();
    assert!(revoke(act, second.id).await.is_err());
    let caller = Caller::of_user(act.core, &ada).await.unwrap();
    assert!(!caller.administers());
}

#[tokio::test]
async fn i27_an_administrator_gives_only_what_they_have() {
    let installation = Installation::new().await;
    let act = installation.act();
    clinic(act).await;
    let (owner, _) = admin(act, "owner@clinic.test", below(Role::Owner, CLINIC)).await;
    let person = Named::User(Box::new(person(act, "new@clinic.test").await));
    let caller = Caller::of_user(act.core, &owner).await.unwrap();
    assert!(caller.act(act.core, OrgId::ROOT).await.unwrap().is_none(), "not above their own");
    let theirs = caller.act(act.core, CLINIC).await.unwrap().unwrap();
    grant(theirs, &person, below(Role::Support, CLINIC)).await.unwrap();
    for beyond in
        [everywhere(Role::Owner), everywhere(Role::Support), below(Role::Support, OrgId(1))]
    {
        let refused = grant(theirs, &person, beyond).await.unwrap_err();
        assert_eq!(refused.kind(), FaultKind::NotFound, "{beyond:?}");
    }
}

#[tokio::test]
async fn i27_nobody_acts_on_a_user_who_may_more() {
    let installation = Installation::new().await;
    let act = installation.act();
    admin(act, "owner@clinic.test", everywhere(Role::Owner)).await;
    admin(act, "spare@clinic.test", everywhere(Role::Owner)).await;
    let (manager, _) = admin(act, "users@clinic.test", everywhere(Role::UserManager)).await;
    let caller = Caller::of_user(act.core, &manager).await.unwrap();
    let theirs = caller.act(act.core, OrgId::ROOT).await.unwrap().unwrap();
    let refused = users::set_status(theirs, "owner@clinic.test", Status::Disabled).await;
    assert_eq!(refused.unwrap_err().kind(), FaultKind::Forbidden);
    person(act, "patient@clinic.test").await;
    users::set_status(theirs, "patient@clinic.test", Status::Disabled).await.unwrap();
}

#[tokio::test]
async fn a_role_is_granted_once_and_recorded() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (ada, role) = admin(act, "ada@clinic.test", everywhere(Role::Auditor)).await;
    let again = grant(act, &Named::User(Box::new(ada)), everywhere(Role::Auditor)).await.unwrap();
    assert_eq!(again.id, role.id);
    let log = crate::services::events::search(
        act,
        vestibule_store::events::EventQuery {
            kind: Some("admin.granted".to_owned()),
            limit: 10,
            ..Default::default()
        },
    );
    let log = log.await.unwrap();
    assert_eq!(log.len(), 1);
    let after = &log[0].facts["after"];
    assert_eq!((&after["role"], &after["reach"]), (&"auditor".into(), &"everywhere".into()));
}

async fn program(act: Act<'_>, name: &str) -> Client {
    let new = NewClient { name: Some(name.to_owned()), ..NewClient::default() };
    clients::add(act, new).await.unwrap().client
}

#[tokio::test]
async fn i27_nobody_acts_on_a_client_that_may_more() {
    let installation = Installation::new().await;
    let act = installation.act();
    clinic(act).await;
    let (manager, _) = admin(act, "clients@clinic.test", everywhere(Role::ClientManager)).await;
    let caller = Caller::of_user(act.core, &manager).await.unwrap();
    let theirs = caller.act(act.core, OrgId::ROOT).await.unwrap().unwrap();
    let client = program(act, "Pipeline").await;
    let id = client.client_id.0.as_str();
    clients::add_secret(theirs, id, "by the manager", None).await.unwrap();
    grant(act, &Named::Client(Box::new(client.clone())), everywhere(Role::Owner)).await.unwrap();
    let renamed = || ClientChange { name: Some("Mine".to_owned()), ..ClientChange::default() };
    let first = client.secrets[0].id.0.to_string();
    for (what, refused) in [
        ("secret", clients::add_secret(theirs, id, "mine", None).await.map(drop)),
        ("settings", clients::update(theirs, id, renamed()).await.map(drop)),
        ("status", clients::set_status(theirs, id, Status::Disabled).await.map(drop)),
        ("address", clients::add_uri(theirs, id, "https://evil.example/cb").await.map(drop)),
        ("revocation", clients::revoke_secret(theirs, id, &first).await.map(drop)),
        ("removal", clients::remove(theirs, id).await.map(drop)),
    ] {
        let refused = refused.expect_err(what);
        assert_eq!(refused.kind(), FaultKind::Forbidden, "{what}: {refused}");
    }
    clients::find(theirs, id).await.expect("what may be seen is seen");
    clients::update(act, id, renamed()).await.expect("who may all of it changes it");
    // Whoever owns an organization changes its programs: what concerns the whole installation is no
    // part of a role that holds below.
    let (owner, _) = admin(act, "owner@clinic.test", below(Role::Owner, CLINIC)).await;
    let caller = Caller::of_user(act.core, &owner).await.unwrap();
    let theirs = caller.act(act.core, CLINIC).await.unwrap().unwrap();
    let client = program(theirs, "Pipeline of the clinic").await;
    let named = Named::Client(Box::new(client.clone()));
    grant(theirs, &named, below(Role::Owner, CLINIC)).await.unwrap();
    clients::add_secret(theirs, &client.client_id.0, "next", None).await.unwrap();
}

#[tokio::test]
async fn i27_who_comes_to_administer_has_no_link_to_the_password_that_others_have_seen() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (helper, _) = admin(act, "support@clinic.test", everywhere(Role::Support)).await;
    let caller = Caller::of_user(act.core, &helper).await.unwrap();
    let support = caller.act(act.core, OrgId::ROOT).await.unwrap().unwrap();
    for (by, opens) in [(support, false), (act, true)] {
        let user = person(act, &format!("{opens}@clinic.test")).await;
        let name = user.subject.0.clone();
        let made = welcome::reset_link(by, &name, None, Handover::Show).await.unwrap();
        let (_, Handed::Shown(link)) = made else { panic!("it is shown") };
        let token = link.url.rsplit_once('/').unwrap().1.to_owned();
        let open = async || welcome::open(act.core, &token, act.core.clock.now()).await.unwrap();
        assert!(open().await.is_some());
        let named = Named::User(Box::new(user));
        grant(act, &named, everywhere(Role::ClientManager)).await.unwrap();
        assert_eq!(open().await.is_some(), opens, "made by {}", by.by);
    }
}
