//! Webhooks, and what their deliveries are signed with.

use vestibule_store::webhooks::Webhook;

use super::*;
use crate::services::webhooks::{self, previous_name, sealed_name};

const GIVEN: &str = "a-secret-of-the-vault-0123456789";
const OTHER: &str = "another-secret-of-the-vault-98765";
const HOOK: &str = "version = 1
[[webhook]]
label = \"siem\"
url = \"https://siem.example/hook\"
kinds = [\"user.\", \"client.\"]
";

fn with(secret: &str) -> String {
    format!("{HOOK}{secret}\n")
}

async fn found(desk: &Desk) -> Webhook {
    let found = webhooks::list(desk.act()).await.unwrap();
    found.into_iter().find(|one| one.label == "siem").unwrap()
}

async fn sealed(desk: &Desk, name: String) -> Option<String> {
    let core = desk.act().core;
    let sealed = core.store.sealed_value(name.clone()).await.unwrap()?;
    let opened = core.masters.open(&sealed, &name).unwrap();
    Some(String::from_utf8(opened.to_vec()).unwrap())
}

#[tokio::test]
async fn a_webhook_is_made_changed_and_removed_as_stated() {
    let desk = Desk::new().await;
    let plan = desk.plan(HOOK, Prune::Tell).await;
    assert!(plan.notes.iter().any(|note| note.contains("webhook siem gets a secret")), "{plan:?}");
    assert_eq!(desk.done(HOOK).await, [Verb::Create]);
    assert!(desk.plan(HOOK, Prune::Remove).await.is_empty());
    let made = found(&desk).await;
    assert_eq!((made.url.as_str(), made.status), ("https://siem.example/hook", Status::Active));
    assert_eq!(made.kinds, ["user.", "client."]);

    let changed = HOOK.replace("siem.example", "new.example") + "status = \"disabled\"\n";
    let told = render::text(&desk.plan(&changed, Prune::Tell).await);
    for expected in ["~ webhook siem", "+ url = \"https://new.example/hook\"", "+ status = \"dis"] {
        assert!(told.contains(expected), "{expected:?} is not in: {told}");
    }
    assert_eq!(desk.done(&changed).await, [Verb::Change]);
    assert_eq!(found(&desk).await.id, made.id);
    assert_eq!(found(&desk).await.status, Status::Disabled);

    let absent = "version = 1\n[[webhook]]\nlabel = \"siem\"\nensure = \"absent\"\n";
    assert_eq!(desk.done(absent).await, [Verb::Remove]);
    assert!(desk.done(absent).await.is_empty());
    assert!(webhooks::list(desk.act()).await.unwrap().is_empty());
}

#[tokio::test]
async fn prune_takes_a_webhook_that_the_file_no_longer_names() {
    let desk = Desk::new().await;
    let ward = "[[organization]]\nslug = \"ward\"\nname = \"Ward\"\n";
    let text = format!("{HOOK}organization = \"ward\"\n{ward}");
    assert_eq!(desk.done(&text).await, [Verb::Create; 2]);
    let by_hand = webhooks::Wanted {
        label: "by hand".to_owned(),
        url: "https://siem.example/".to_owned(),
        kinds: Vec::new(),
    };
    webhooks::add(desk.act(), by_hand).await.unwrap();
    let written = export(desk.act(), Wanted::All).await.unwrap();
    let plan = desk.plan(&written, Prune::Tell).await;
    assert!(plan.is_empty(), "{written}\n{}", render::text(&plan));
    desk.done(&text).await;

    let told = desk.plan(&format!("version = 1\n{ward}"), Prune::Tell).await;
    assert!(told.notes.iter().any(|note| note.contains("webhook ward/siem")), "{:?}", told.notes);
    let outcomes = desk.apply(&format!("version = 1\n{ward}"), Prune::Remove).await;
    assert!(outcomes[0].result.is_ok(), "{outcomes:?}");
    assert_eq!(outcomes.len(), 1);
    assert_eq!(webhooks::list(desk.act()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn i16_a_given_secret_signs_and_is_shown_nowhere() {
    let mut desk = Desk::new().await;
    desk.variables = vec![("HOOK".to_owned(), GIVEN.to_owned())];
    let text = with("secret.env = \"HOOK\"");
    let told = desk.plan(&text, Prune::Tell).await;
    assert!(render::text(&told).contains("+ secret \"signing\" from variable HOOK"));
    let outcomes = desk.apply(&text, Prune::Tell).await;
    let id = found(&desk).await.id;
    assert_eq!(sealed(&desk, sealed_name(id)).await.as_deref(), Some(GIVEN));
    assert!(desk.plan(&text, Prune::Remove).await.is_empty(), "it is compared with what stands");

    desk.variables = vec![("HOOK".to_owned(), OTHER.to_owned())];
    let second = desk.plan(&text, Prune::Tell).await;
    let shown = render::text(&second);
    assert!(shown.contains("- secret \"signing\" the one before signs as well for 1d"), "{shown}");
    let again = desk.apply(&text, Prune::Tell).await;
    assert!(again[0].result.is_ok(), "{again:?}");
    assert_eq!(sealed(&desk, sealed_name(id)).await.as_deref(), Some(OTHER));
    assert_eq!(sealed(&desk, previous_name(id)).await.as_deref(), Some(GIVEN), "both sign");

    desk.variables = vec![("HOOK".to_owned(), GIVEN.to_owned())];
    let at_once = with("secret = { env = \"HOOK\", overlap = \"0s\" }");
    let shown = render::text(&desk.plan(&at_once, Prune::Tell).await);
    assert!(shown.contains("the one before ends at once"), "{shown}");
    assert_eq!(desk.done(&at_once).await, [Verb::Change]);
    assert_eq!(sealed(&desk, previous_name(id)).await, None);

    let log = events::search(desk.act(), EventQuery { limit: 100, ..EventQuery::default() });
    let log = serde_json::to_string(&log.await.unwrap()).unwrap();
    assert!(log.contains("webhook.added") && log.contains("webhook.secret_rotated"));
    let told = format!("{log} {shown} {told:?} {outcomes:?} {second:?} {again:?}");
    assert!(!told.contains(GIVEN) && !told.contains(OTHER), "{told}");
}

#[tokio::test]
async fn a_generated_secret_is_drawn_once_and_written_where_only_its_owner_reads() {
    let desk = Desk::new().await;
    let text = with("secret = { generate = true, write_to = \"out\" }");
    let outcomes = desk.apply(&text, Prune::Tell).await;
    let told = render::outcome_json(&outcomes, &[], &[]);
    assert!(told["changes"][0]["made"][0]["file"].as_str().unwrap().ends_with("out"), "{told}");
    let written = std::fs::read_to_string(desk.folder.join("out")).unwrap();
    assert!(written.starts_with("whsec_"));
    let id = found(&desk).await.id;
    assert_eq!(sealed(&desk, sealed_name(id)).await, Some(written));
    assert!(desk.done(&text).await.is_empty(), "once");
}

#[tokio::test]
async fn each_fault_of_a_webhook_is_told() {
    let desk = Desk::new().await;
    desk.put("secret", GIVEN);
    for (text, expected) in [
        (HOOK.replace("https://siem", "http://siem"), "by https only"),
        (HOOK.replace("url =", "uri ="), "did you mean url?"),
        (HOOK.replace("label =", "name ="), "it is the stable id"),
        (HOOK.replace("\"user.\"", "\"User.\""), "is no kind of event"),
        (with("secret = \"whsec_of_somebody_who_typed\""), "never stands in a document"),
        (
            with("secret = { value = \"whsec_of_somebody_who_typed\" }"),
            "never stands in a document",
        ),
        (with("secret = 5"), "write [webhook.secret]"),
        (with("secret = { generate = true }"), "name the file that it is written to"),
        (with("secret = { file = \"secret\", overlap = \"31d\" }"), "at most 30 days"),
        (with("secret = { file = \"secret\", overlap = \"soon\" }"), "not a span of time"),
        (with("secret = { file = \"secret\", label = \"x\" }"), "there is no such key"),
        (with("secret = {}"), "one of file, env and generate"),
        (format!("{HOOK}{}", HOOK.replace("version = 1", "")), "is stated at"),
    ] {
        let faults = desk.faults(&text);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
        assert!(!faults.join("").contains("somebody_who_typed"), "{faults:?}");
    }
}

#[tokio::test]
async fn two_who_apply_at_once_make_one_webhook() {
    let desk = Desk::new().await;
    let (one, two) = (desk.plan(HOOK, Prune::Tell).await, desk.plan(HOOK, Prune::Tell).await);
    assert!(apply(desk.act(), one).await[0].result.is_ok());
    let second = apply(desk.act(), two).await;
    let fault = second[0].result.as_ref().unwrap_err().to_string();
    assert!(fault.contains("there is a webhook siem already"), "{fault}");
    assert_eq!(webhooks::list(desk.act()).await.unwrap().len(), 1);
}
