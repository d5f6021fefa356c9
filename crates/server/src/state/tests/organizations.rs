//! Organizations, groups and roles.

use super::*;

#[tokio::test]
async fn roles_are_granted_and_taken_away() {
    let desk = Desk::new().await;
    let text = format!("{APP}[[admin]]\nclient = \"app\"\nrole = \"client-manager\"\n");
    assert_eq!(desk.done(&text).await, [Verb::Create, Verb::Create]);
    assert!(desk.plan(&text, Prune::Remove).await.is_empty());
    let outcomes = desk.apply(APP, Prune::Remove).await;
    assert_eq!(outcomes[0].step.verb, Verb::Remove);
    assert!(outcomes[0].result.is_ok(), "{outcomes:?}");
    let unknown = format!("{APP}[[admin]]\nuser = \"nobody@x.example\"\nrole = \"owner\"\n");
    let plan = desk.plan(&unknown, Prune::Tell).await;
    assert_eq!(plan.problems.len(), 1, "{plan:?}");
    assert!(render::text(&plan).contains("! admin nobody@x.example is owner"));
}

#[tokio::test]
async fn organizations_and_groups_are_made_before_what_belongs_to_them() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[client]]
client_id = "portal"
name = "Portal"
organization = "ward"
groups = ["nurses"]
[[group]]
name = "nurses"
organization = "ward"
[[organization]]
slug = "ward"
name = "Ward"
parent = "clinic"
[[organization]]
slug = "clinic"
name = "Clinic"
[[admin]]
client = "boss"
role = "owner"
organization = "clinic"
[[client]]
client_id = "boss"
name = "Boss"
"#;
    assert_eq!(desk.done(text).await, [Verb::Create; 6]);
    assert!(desk.plan(text, Prune::Remove).await.is_empty());
    let written = export(desk.act(), Wanted::All).await.unwrap();
    let plan = desk.plan(&written, Prune::Tell).await;
    assert!(plan.is_empty(), "{written}\n{}", render::text(&plan));

    let changed = text.replace("\"Ward\"", "\"Ward 7\"\nstatus = \"disabled\"");
    let told = render::text(&desk.plan(&changed, Prune::Tell).await);
    assert!(
        told.contains("+ status = \"disabled\"") && told.contains("+ name = \"Ward 7\""),
        "{told}"
    );
    assert_eq!(desk.done(&changed).await, [Verb::Change]);
    let moved = text.replace("parent = \"clinic\"\n", "");
    let plan = desk.plan(&moved, Prune::Tell).await;
    assert!(render::text(&plan).contains("does not move"), "{plan:?}");

    let outcomes = desk.apply("version = 1\n", Prune::Remove).await;
    let done: Vec<(&str, &str)> = outcomes
        .iter()
        .map(|one| {
            assert!(one.result.is_ok(), "{one:?}");
            (one.step.kind.as_str(), one.step.id.as_str())
        })
        .collect();
    assert_eq!(done.len(), 5, "the ward was switched off already: {done:?}");
    assert_eq!(done[0].0, "admin");
    assert_eq!(done[3], ("group", "ward/nurses"));
    assert_eq!(done[4], ("organization", "clinic"));
}

#[tokio::test]
async fn i26_an_organization_that_is_nowhere_is_told_and_the_rest_goes_on() {
    let desk = Desk::new().await;
    let text =
        format!("{APP}[[client]]\nclient_id = \"b\"\nname = \"B\"\norganization = \"nowhere\"\n");
    let plan = desk.plan(&text, Prune::Tell).await;
    assert_eq!((plan.problems.len(), plan.changes().count()), (1, 1));
    assert!(render::text(&plan).contains("there is no organization \"nowhere\""));
    // A client_id is unique in the installation.
    desk.done("version = 1\n[[organization]]\nslug = \"clinic\"\nname = \"C\"\n").await;
    desk.done(APP).await;
    let elsewhere = APP.replace("name =", "organization = \"clinic\"\nname =");
    let plan = desk.plan(&elsewhere, Prune::Tell).await;
    assert!(render::text(&plan).contains("is the client_id of a client elsewhere"), "{plan:?}");
}
