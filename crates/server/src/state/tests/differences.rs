//! Clients: as stated, adopted, equal to those of other doors.

use super::*;
use crate::state::apply::manager_of;

#[tokio::test]
async fn what_is_applied_is_no_difference_and_applies_as_nothing() {
    let desk = Desk::new().await;
    assert_eq!(desk.done(APP).await, [Verb::Create]);
    let again = desk.plan(APP, Prune::Remove).await;
    assert!(again.is_empty(), "{}", render::text(&again));
    let before = desk.act().core.store.change_counter().await.unwrap();
    assert!(desk.done(APP).await.is_empty());
    assert_eq!(desk.act().core.store.change_counter().await.unwrap(), before);
}

#[tokio::test]
async fn a_client_of_a_file_equals_one_of_any_other_door() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[client]]
client_id = "a"
profile = "healthie"
variables.company = "acme"
[[client]]
client_id = "b"
name = "App"
redirect_uris = ["https://app.example/cb"]
scope = "openid offline_access"
[[client]]
client_id = "c"
name = "Machine"
"#;
    desk.done(text).await;
    let doors = [
        (
            "a",
            NewClient {
                profile: Some("healthie".to_owned()),
                values: [("company".to_owned(), "acme".to_owned())].into(),
                ..NewClient::default()
            },
        ),
        (
            "b",
            NewClient {
                name: Some("App".to_owned()),
                redirect_uris: vec!["https://app.example/cb".to_owned()],
                scope: Some(vestibule_protocol::scope::Scope::of(["openid", "offline_access"])),
                ..NewClient::default()
            },
        ),
        ("c", NewClient { name: Some("Machine".to_owned()), ..NewClient::default() }),
    ];
    for (id, new) in doors {
        let stated = clients::find(desk.act(), id).await.unwrap();
        let added = clients::add(desk.act(), new).await.unwrap().client;
        assert_eq!((stated.name, stated.settings), (added.name, added.settings), "{id}");
    }
}

#[tokio::test]
async fn a_difference_names_what_was_and_what_is_to_be() {
    let desk = Desk::new().await;
    desk.done(APP).await;
    let changed = APP.replace("app.example/cb", "app.example/cb2") + "pkce = \"optional\"\n";
    let plan = desk.plan(&changed, Prune::Tell).await;
    let text = render::text(&plan);
    for expected in [
        "~ client app",
        "- redirect_uris: \"https://app.example/cb\"",
        "+ redirect_uris: \"https://app.example/cb2\"",
        "- pkce = \"required\"",
        "+ pkce = \"optional\"",
        "0 to create, 1 to change, 0 to remove",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
    let json = render::json(&plan);
    assert_eq!(json["equal"], false);
    assert_eq!(json["changes"][0]["after"]["pkce"], "optional");
    assert_eq!(json["changes"][0]["line"], 2);
    assert!(json["changes"][0]["after"].get("name").is_none(), "only what changes");
}

#[tokio::test]
async fn absent_removes_and_stays_absent() {
    let desk = Desk::new().await;
    desk.done(APP).await;
    let absent = "version = 1\n[[client]]\nclient_id = \"app\"\nensure = \"absent\"\n";
    let plan = desk.plan(absent, Prune::Tell).await;
    assert!(plan.destroys());
    assert_eq!(desk.done(absent).await, [Verb::Remove]);
    assert!(matches!(clients::find(desk.act(), "app").await, Err(ServiceFault::NotFound { .. })));
    assert!(desk.done(absent).await.is_empty());
}

#[tokio::test]
async fn a_change_meanwhile_is_a_conflict_and_the_rest_goes_on() {
    let desk = Desk::new().await;
    let both = format!("{APP}[[client]]\nclient_id = \"other\"\nname = \"Other\"\n");
    desk.done(&both).await;
    let plan = desk
        .plan(
            &both.replace("\"App\"", "\"App 2\"").replace("\"Other\"", "\"Other 2\""),
            Prune::Tell,
        )
        .await;
    let change = ClientChange { name: Some("Mine".to_owned()), ..ClientChange::default() };
    clients::update(desk.act(), "app", change).await.unwrap();
    let outcomes = apply(desk.act(), plan).await;
    let fault = outcomes[0].result.as_ref().unwrap_err();
    assert!(matches!(fault, ServiceFault::Conflict(_)), "{fault}");
    assert!(outcomes[1].result.is_ok());
    assert_eq!(clients::find(desk.act(), "app").await.unwrap().name, "Mine");
    assert_eq!(clients::find(desk.act(), "other").await.unwrap().name, "Other 2");
    let told = render::outcome_json(&outcomes, &[], &[]);
    assert_eq!(
        (&told["ok"], &told["changes"][0]["fault"]["error"]),
        (&false.into(), &"conflict".into())
    );
}

#[tokio::test]
async fn an_adopted_object_keeps_its_values_and_gets_a_mark() {
    let desk = Desk::new().await;
    let new = NewClient {
        name: Some("App".to_owned()),
        client_id: Some(vestibule_protocol::ids::ClientId("app".to_owned())),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        ..NewClient::default()
    };
    let client = clients::add(desk.act(), new).await.unwrap().client;
    assert_eq!(manager_of(desk.act(), client.key).await.unwrap(), None);
    assert!(desk.done(APP).await.is_empty());
    let manager = manager_of(desk.act(), client.key).await.unwrap();
    assert!(Path::new(&manager.unwrap()).ends_with("state/clinic.toml"));
    let after = clients::find(desk.act(), "app").await.unwrap();
    assert_eq!((after.status, after.secrets.len()), (Status::Active, 1));
    assert_eq!(after, client);
}
