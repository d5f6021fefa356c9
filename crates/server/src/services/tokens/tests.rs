use vestibule_protocol::admin::{Assignment, Role};
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;

use super::*;
use crate::services::admins::{self, Named};
use crate::services::callers::Caller;
use crate::services::testing::{Installation, passwords};
use crate::services::users::{self, NewUser};
use crate::services::{FaultKind, clients};

async fn manager(act: Act<'_>) -> User {
    let new = NewUser { email: Some("ada@clinic.test".to_owned()), ..NewUser::default() };
    let user = users::add(act, &passwords(), new).await.unwrap();
    let role = Assignment { role: Role::ClientManager, reach: Reach::Everywhere };
    admins::grant(act, &Named::User(Box::new(user.clone())), role).await.unwrap();
    user
}

fn reading() -> NewToken {
    NewToken {
        label: "deploy".to_owned(),
        permissions: Rights::of([Permission::ClientsRead]),
        lifetime: Duration::from_secs(3600),
    }
}

#[tokio::test]
async fn a_token_may_what_it_says_and_what_its_user_may() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = manager(act).await;
    let made = make(act, &ada, reading()).await.unwrap();
    let caller = Caller::of_api_token(act.core, &made.text, act.now).await.unwrap().unwrap();
    let theirs = caller.act(act.core, OrgId::ROOT).await.unwrap().unwrap();
    assert_eq!(theirs.rights, Rights::of([Permission::ClientsRead]));
    let refused = clients::add_uri(theirs, "x", "https://a.example").await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Forbidden);
    assert_eq!(installation.core.store.api_tokens(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_user_and_its_revocation() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = manager(act).await;
    let made = make(act, &ada, reading()).await.unwrap();
    let works =
        async |now| Caller::of_api_token(act.core, &made.text, now).await.unwrap().is_some();
    assert!(works(act.now).await);
    assert!(!works(made.kept.expires_at).await);
    users::set_status(act, "ada@clinic.test", Status::Disabled).await.unwrap();
    assert!(!works(act.now).await);
    users::set_status(act, "ada@clinic.test", Status::Active).await.unwrap();
    revoke(act, &ada, made.kept.id).await.unwrap();
    assert!(!works(act.now).await);
    assert_eq!(revoke(act, &ada, made.kept.id).await.unwrap_err().kind(), FaultKind::NotFound);
}

#[tokio::test]
async fn i27_a_token_is_not_made_for_more_than_its_maker_may() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = manager(act).await;
    let caller = Caller::of_user(act.core, &ada).await.unwrap();
    let theirs = caller.act(act.core, OrgId::ROOT).await.unwrap().unwrap();
    let beyond = NewToken { permissions: Rights::of([Permission::UsersRead]), ..reading() };
    assert_eq!(make(theirs, &ada, beyond).await.err().unwrap().kind(), FaultKind::Forbidden);
}

#[tokio::test]
async fn a_token_that_makes_no_sense_is_refused_with_every_reason() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = manager(act).await;
    let senseless = NewToken {
        label: "\n".to_owned(),
        permissions: Rights::NONE,
        lifetime: Duration::from_secs(59),
    };
    let Err(ServiceFault::Invalid(faults)) = make(act, &ada, senseless).await else { panic!() };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["label", "permissions", "lifetime"]);
}

#[tokio::test]
async fn i16_the_token_itself_is_nowhere() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = manager(act).await;
    let made = make(act, &ada, reading()).await.unwrap();
    let query = vestibule_store::events::EventQuery { limit: 100, ..Default::default() };
    let log = crate::services::events::search(act, query).await.unwrap();
    let log = serde_json::to_string(&log).unwrap();
    assert!(log.contains("api_token.made") && !log.contains(made.text.as_str()));
    assert!(Caller::of_api_token(act.core, "vbt_nonsense", act.now).await.unwrap().is_none());
}
