//! Which file manages what, and what it prunes.

use super::*;

#[tokio::test]
async fn prune_takes_only_what_the_same_file_managed() {
    let desk = Desk::new().await;
    desk.done(&format!("{APP}[[client]]\nclient_id = \"old\"\nname = \"Old\"\n")).await;
    let by_hand = NewClient { name: Some("By hand".to_owned()), ..NewClient::default() };
    clients::add(desk.act(), by_hand).await.unwrap();
    // Another file, of the same name in another folder, states one too.
    let elsewhere = desk.folder.join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let other = elsewhere.join("clinic.toml");
    std::fs::write(&other, "version = 1\n[[client]]\nclient_id = \"theirs\"\nname = \"T\"\n")
        .unwrap();
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let theirs = plan(desk.act(), read(&[other], around).unwrap(), Prune::Tell).await.unwrap();
    apply(desk.act(), theirs).await;

    let told = desk.plan(APP, Prune::Tell).await;
    assert!(told.is_empty(), "without --prune nothing goes");
    assert!(told.notes.iter().any(|note| note.contains("client old")), "{:?}", told.notes);
    let outcomes = desk.apply(APP, Prune::Remove).await;
    let removed: Vec<&str> = outcomes.iter().map(|one| one.step.id.as_str()).collect();
    assert_eq!(removed, ["old"]);
    let left = clients::list(desk.act(), ClientFilter::default(), PageRequest::first(10)).await;
    assert_eq!(left.unwrap().items.len(), 3);
    assert!(desk.plan(APP, Prune::Remove).await.is_empty());
}

#[tokio::test]
async fn a_name_of_its_own_lets_a_file_move() {
    let desk = Desk::new().await;
    let named = APP.replace("version = 1", "version = 1\nname = \"clinic\"");
    desk.done(&named).await;
    let moved = desk.put("elsewhere.toml", "version = 1\nname = \"clinic\"\n");
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let empty = plan(desk.act(), read(&[moved], around).unwrap(), Prune::Remove).await.unwrap();
    assert_eq!(empty.changes().map(|step| step.verb).collect::<Vec<_>>(), [Verb::Remove]);
}

#[tokio::test]
async fn i30_each_change_is_an_event_that_names_the_file() {
    let desk = Desk::new().await;
    let named = APP.replace("version = 1", "version = 1\nname = \"clinic\"");
    desk.done(&named).await;
    let query =
        EventQuery { kind: Some("client.added".to_owned()), limit: 10, ..EventQuery::default() };
    let found = events::search(desk.act(), query).await.unwrap();
    assert_eq!(found[0].facts["by"], "test by file clinic");
}

#[tokio::test]
async fn files_of_one_run_hold_together() {
    let desk = Desk::new().await;
    let one = desk.put("one.toml", APP);
    let two =
        desk.put("two.toml", "version = 1\n[[admin]]\nclient = \"app\"\nrole = \"auditor\"\n");
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let documents = read(&[two.clone(), one.clone()], around).unwrap();
    let plan = plan(desk.act(), documents, Prune::Tell).await.unwrap();
    let outcomes = apply(desk.act(), plan).await;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{outcomes:?}");
    let twice = desk.put("three.toml", APP);
    let fault = read(&[one, two, twice], around).unwrap_err().to_string();
    assert!(fault.contains("three.toml line 2") && fault.contains("one.toml line 2"), "{fault}");
}
