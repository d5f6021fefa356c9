use serde_json::json;
use vestibule_protocol::client::Environment;

use super::*;
use crate::services::clients::{ClientChange, NewClient};
use crate::services::groups;
use crate::services::testing::{Installation, passwords};
use crate::services::users::NewUser;

/// An installation with a client of a profile and a user.
async fn desk(profile: &str) -> (Installation, String) {
    let installation = Installation::new().await;
    let values = match profile {
        "healthie" => [("company".to_owned(), "acme".to_owned())].into(),
        _ => Default::default(),
    };
    let new = NewClient { profile: Some(profile.to_owned()), values, ..NewClient::default() };
    let client = clients::add(installation.act(), new).await.unwrap().client;
    let user = NewUser {
        email: Some("ada@clinic.test".to_owned()),
        claims: vec![("given_name".to_owned(), "Ada".to_owned())],
        external_id: Some("KIS-7".to_owned()),
        groups: ["app-admin".to_owned()].into(),
        ..NewUser::default()
    };
    groups::add(installation.act(), "app-admin").await.unwrap();
    users::add(installation.act(), &passwords(), user).await.unwrap();
    (installation, client.client_id.0)
}

async fn with_rules(installation: &Installation, client_id: &str, rules: Value) {
    let mut settings = clients::find(installation.act(), client_id).await.unwrap().settings;
    settings.claims = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let change = ClientChange { settings: Some(settings), ..ClientChange::default() };
    clients::update(installation.act(), client_id, change).await.unwrap();
}

#[tokio::test]
async fn a_preview_tells_what_each_token_would() {
    let (installation, id) = desk("unomed").await;
    let rules = json!([
        { "claim": "uid", "from": "external_id", "places": ["id_token", "userinfo"] },
        { "claim": "roles", "from": "groups:app-", "places": ["access_token"], "scope": "profile" },
        { "claim": "tenant", "from": { "constant": "bern" }, "places": ["userinfo"] },
    ]);
    with_rules(&installation, &id, rules).await;
    let told = preview(installation.act(), &id, "ada@clinic.test", None).await.unwrap();
    assert!(told.sample);
    assert_eq!(told.id_token["uid"], "KIS-7");
    assert_eq!(told.id_token["nonce"], "sample");
    assert_eq!(told.userinfo["tenant"], "bern");
    assert_eq!(told.userinfo["first_name"], "Ada", "with the client's aliases");
    assert_eq!(told.access_token.unwrap()["roles"], json!(["app-admin"]));
    let introspection = told.introspection.unwrap();
    assert_eq!(
        (&introspection["active"], &introspection["roles"]),
        (&json!(true), &json!(["app-admin"]))
    );
    let less = Some(Scope::of(["openid"]));
    let told = preview(installation.act(), &id, "ada@clinic.test", less).await.unwrap();
    assert!(told.access_token.unwrap().get("roles").is_none(), "its scope was not granted");
    assert!(told.userinfo.get("email").is_none());
}

#[tokio::test]
async fn a_vendors_needs_are_warned_of() {
    let (installation, id) = desk("healthie").await;
    let told = preview(installation.act(), &id, "ada@clinic.test", None).await.unwrap();
    let warned = told.warnings.join("\n");
    assert!(warned.contains("email_verified is false"), "{warned}");
    let less = Some(Scope::of(["openid"]));
    let told = preview(installation.act(), &id, "ada@clinic.test", less).await.unwrap();
    let warned = told.warnings.join("\n");
    assert!(warned.contains("needs email"), "{warned}");
}

#[tokio::test]
async fn what_keeps_a_user_out_is_warned_of() {
    let (installation, id) = desk("unomed").await;
    let mut settings = clients::find(installation.act(), &id).await.unwrap().settings;
    groups::add(installation.act(), "providers").await.unwrap();
    settings.groups = ["providers".to_owned()].into();
    settings.environment = Environment::Live;
    let change = ClientChange {
        settings: Some(settings),
        status: Some(Status::Disabled),
        ..ClientChange::default()
    };
    clients::update(installation.act(), &id, change).await.unwrap();
    users::set_status(installation.act(), "ada@clinic.test", Status::Disabled).await.unwrap();
    let told = preview(installation.act(), &id, "ada@clinic.test", None).await.unwrap();
    let warned = told.warnings.join("\n");
    for expected in ["switched off", "disabled", "may not use"] {
        assert!(warned.contains(expected), "{expected}: {warned}");
    }
    assert_eq!(told.introspection.unwrap(), *json!({ "active": false }).as_object().unwrap());
}

#[tokio::test]
async fn what_is_not_there_or_not_registered_is_refused() {
    let (installation, id) = desk("unomed").await;
    let act = installation.act();
    let unknown = preview(act, "nobody", "ada@clinic.test", None).await;
    assert!(matches!(unknown, Err(ServiceFault::NotFound { what: "client", .. })));
    let unknown = preview(act, &id, "eve@clinic.test", None).await;
    assert!(matches!(unknown, Err(ServiceFault::NotFound { what: "user", .. })));
    let beyond = preview(act, &id, "ada@clinic.test", Some(Scope::of(["openid", "phone"]))).await;
    let Err(ServiceFault::Invalid(faults)) = beyond else { panic!("{beyond:?}") };
    assert!(faults[0].problem.contains("phone"), "{faults:?}");
    let reader =
        Act { rights: vestibule_protocol::admin::Rights::of([Permission::ClientsRead]), ..act };
    let refused = preview(reader, &id, "ada@clinic.test", None).await;
    assert!(matches!(refused, Err(ServiceFault::Forbidden { .. })), "it shows a user's data");
}

/// CVE-2026-16102: whoever may change a client cannot make it forge claims of the protocol.
#[tokio::test]
async fn a_rule_that_would_forge_is_not_stored() {
    let (installation, id) = desk("unomed").await;
    for claim in ["sub", "aud", "acr", "email_verified", "scope"] {
        let mut settings = clients::find(installation.act(), &id).await.unwrap().settings;
        settings.claims = serde_json::from_value(json!({ "rules": [
            { "claim": claim, "from": "external_id", "places": ["id_token"] } ] }))
        .unwrap();
        let change = ClientChange { settings: Some(settings), ..ClientChange::default() };
        let refused = clients::update(installation.act(), &id, change).await;
        let Err(ServiceFault::Invalid(faults)) = refused else { panic!("{claim}: {refused:?}") };
        assert_eq!(faults[0].field, "claims.rules");
    }
}
