use std::collections::BTreeMap;

use vestibule_store::events::EventQuery;

use vestibule_protocol::client::{AuthMethod, GrantType, PkcePolicy};
use vestibule_protocol::scope::Scope;

use super::*;
use crate::services::testing::Installation;
use crate::services::{FieldFault, events};

fn new(uris: &[&str]) -> NewClient {
    NewClient {
        name: Some("App".to_owned()),
        redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
        ..NewClient::default()
    }
}

async fn refused(new: NewClient) -> Vec<FieldFault> {
    let installation = Installation::new().await;
    match add(installation.act(), new).await {
        Err(ServiceFault::Invalid(faults)) => faults,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was registered"),
    }
}

#[tokio::test]
async fn i16_a_secret_is_shown_once_and_kept_as_a_digest() {
    let installation = Installation::new().await;
    let act = installation.act();
    let registered = add(act, new(&["https://app.example/cb"])).await.unwrap();
    let secret = registered.secret.unwrap();
    let id = registered.client.client_id.to_string();
    let found = find(act, &id).await.unwrap();
    assert_eq!(found.secrets.len(), 1);
    assert_eq!(found.secrets[0].digest.0, act.core.digests.client_secret(&secret));
    let log =
        events::search(act, EventQuery { limit: 100, ..EventQuery::default() }).await.unwrap();
    let log = serde_json::to_string(&log).unwrap();
    assert!(log.contains("client.added") && !log.contains(secret.as_str()), "{log}");
}

#[tokio::test]
async fn unomed_and_healthie_are_registered_by_their_profiles() {
    let installation = Installation::new().await;
    let act = installation.act();
    let unomed = NewClient { profile: Some("unomed".to_owned()), ..NewClient::default() };
    let unomed = add(act, unomed).await.unwrap().client;
    assert_eq!(unomed.name, "Unomed");
    assert_eq!(unomed.settings.vendor_profile.as_deref(), Some("unomed"));
    let healthie = NewClient {
        profile: Some("healthie".to_owned()),
        values: BTreeMap::from([("company".to_owned(), "acme".to_owned())]),
        ..NewClient::default()
    };
    let healthie = add(act, healthie).await.unwrap().client;
    assert_eq!(healthie.settings.redirect_uris, ["https://secure.gethealthie.com/sso/acme_auth"]);
    let both = list(act, ClientFilter::default(), PageRequest::first(10)).await.unwrap();
    assert_eq!(both.items.len(), 2);
}

#[tokio::test]
async fn flags_take_the_place_of_what_a_profile_says() {
    let installation = Installation::new().await;
    let new = NewClient {
        profile: Some("unomed".to_owned()),
        pkce: Some(PkcePolicy::Required),
        scope: Some(Scope::of(["openid", "offline_access"])),
        ..new(&["https://other.example/"])
    };
    let client = add(installation.act(), new).await.unwrap().client;
    assert_eq!(client.name, "App");
    assert_eq!(client.settings.pkce, PkcePolicy::Required);
    assert_eq!(client.settings.redirect_uris, ["https://other.example/"]);
    assert!(client.settings.grant_types.contains(&GrantType::RefreshToken));
    assert!(client.settings.claim_aliases, "what no flag names stays the profile's");
}

#[tokio::test]
async fn all_faults_of_a_registration_are_told_at_once() {
    let faults = refused(NewClient {
        name: Some(" ".to_owned()),
        auth_method: Some(AuthMethod::None),
        pkce: Some(PkcePolicy::Optional),
        grant_types: [GrantType::ClientCredentials, GrantType::AuthorizationCode].into(),
        ..new(&["http://evil.example/", "https://a.example/#x", "https://b.example/*"])
    })
    .await;
    let count = |field: &str| faults.iter().filter(|fault| fault.field == field).count();
    assert_eq!(count("redirect_uris"), 3, "{faults:?}");
    assert_eq!(count("name"), 1);
    assert_eq!(count("pkce"), 1);
    assert_eq!(count("grant_types"), 1);
}

#[tokio::test]
async fn a_client_that_signs_users_in_needs_a_redirect_uri() {
    let signs_in = NewClient { grant_types: [GrantType::AuthorizationCode].into(), ..new(&[]) };
    let faults = refused(signs_in).await;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].problem.contains("at least one redirect URI"), "{faults:?}");
}

#[tokio::test]
async fn rfc6749_4_4_a_client_without_redirect_uris_works_for_itself() {
    let installation = Installation::new().await;
    let machine = add(installation.act(), new(&[])).await.unwrap().client;
    assert_eq!(machine.settings.grant_types, [GrantType::ClientCredentials].into());
    assert!(machine.settings.scope.is_empty());
}

#[tokio::test]
async fn bounds_hold_on_numbers_and_lengths() {
    let many: Vec<String> = (0..51).map(|n| format!("https://a.example/{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(refused(new(&many)).await.len(), 1);
    let twice = refused(new(&["https://a.example/", "https://a.example/"])).await;
    assert!(twice[0].problem.contains("twice"));
    let long = NewClient { name: Some("n".repeat(101)), ..new(&["https://a.example/"]) };
    assert_eq!(refused(long).await.len(), 1);
}

#[tokio::test]
async fn secrets_overlap_while_a_vendor_changes_over() {
    let installation = Installation::new().await;
    let act = installation.act();
    let client = add(act, new(&["https://app.example/cb"])).await.unwrap().client;
    let id = client.client_id.to_string();
    let second = add_secret(act, &id, "second", None).await.unwrap();
    let live =
        |client: &Client| client.secrets.iter().filter(|secret| secret.is_live(act.now)).count();
    assert_eq!(live(&find(act, &id).await.unwrap()), 2);
    let first = client.secrets[0].id.0.to_string();
    revoke_secret(act, &id, &first).await.unwrap();
    let left = find(act, &id).await.unwrap();
    assert_eq!(live(&left), 1);
    assert!(left.secrets.iter().any(|s| s.id == second.kept.id && s.is_live(act.now)));
    let again = revoke_secret(act, &id, &first).await;
    assert!(matches!(again, Err(ServiceFault::NotFound { .. })));
    for _ in 0..9 {
        add_secret(act, &id, "more", None).await.unwrap();
    }
    let eleventh = add_secret(act, &id, "more", None).await;
    assert!(matches!(eleventh, Err(ServiceFault::Conflict(_))));
}

#[tokio::test]
async fn i30_each_change_writes_what_stood_there_before_and_after() {
    let installation = Installation::new().await;
    let act = installation.act();
    let client = add(act, new(&["https://app.example/cb"])).await.unwrap().client;
    let id = client.client_id.to_string();
    add_uri(act, &id, "https://app.example/cb2").await.unwrap();
    set_status(act, &id, Status::Disabled).await.unwrap();
    let kind =
        |kind: &str| EventQuery { kind: Some(kind.to_owned()), limit: 10, ..EventQuery::default() };
    let added = events::search(act, kind("client.redirect_uri_added")).await.unwrap();
    assert_eq!(
        added[0].facts["before"],
        json!({ "settings": { "redirect_uris": ["https://app.example/cb"] } })
    );
    let disabled = events::search(act, kind("client.disabled")).await.unwrap();
    assert_eq!(disabled[0].facts["after"], json!({ "status": "disabled" }));
    assert_eq!(find(act, &id).await.unwrap().status, Status::Disabled);
}

#[tokio::test]
async fn the_last_redirect_uri_of_a_sign_in_client_stays() {
    let installation = Installation::new().await;
    let act = installation.act();
    let client = add(act, new(&["https://app.example/cb"])).await.unwrap().client;
    let id = client.client_id.to_string();
    let removed = remove_uri(act, &id, "https://app.example/cb").await;
    assert!(matches!(removed, Err(ServiceFault::Invalid(_))));
    let bad = add_uri(act, &id, "javascript:alert(1)").await;
    assert!(matches!(bad, Err(ServiceFault::Invalid(_))));
}

#[tokio::test]
async fn rfc9700_4_15_no_client_has_the_subject_of_a_user_for_its_id() {
    let installation = Installation::new().await;
    let act = installation.act();
    let ada = crate::services::users::NewUser {
        username: Some("ada".to_owned()),
        ..crate::services::users::NewUser::default()
    };
    let pool = crate::services::testing::passwords();
    let ada = crate::services::users::add(act, &pool, ada).await.unwrap();
    let posing = NewClient {
        client_id: Some(ClientId(ada.subject.0.clone())),
        ..new(&["https://app.example/cb"])
    };
    let refused = add(act, posing).await.map(drop).unwrap_err();
    assert_eq!(refused.kind(), crate::services::FaultKind::Conflict, "{refused}");
}

#[tokio::test]
async fn nobody_registers_the_client_beside_which_no_server_starts() {
    let posing = NewClient {
        client_id: Some(ClientId(DEMO_CLIENT.to_owned())),
        ..new(&["https://app.example/cb"])
    };
    let faults = refused(posing).await;
    assert_eq!(faults[0].field, "client_id", "{faults:?}");
}
