use super::*;
use crate::services::FaultKind;
use crate::services::events;
use crate::services::testing::Installation;

fn wanted(url: &str) -> Wanted {
    Wanted { label: "siem".to_owned(), url: url.to_owned(), kinds: vec!["user.".to_owned()] }
}

#[tokio::test]
async fn i16_the_secret_is_shown_once_and_kept_sealed() {
    let installation = Installation::new().await;
    let act = installation.act();
    let made = add(act, wanted("https://siem.example/hook")).await.unwrap();
    assert!(made.secret.starts_with("whsec_"));
    let name = sealed_name(made.kept.id);
    let sealed = act.core.store.sealed_value(name.clone()).await.unwrap().unwrap();
    assert!(!sealed.contains(made.secret.as_str()));
    assert_eq!(*act.core.masters.open(&sealed, &name).unwrap(), made.secret.as_bytes());
    let query = vestibule_store::events::EventQuery { limit: 100, ..Default::default() };
    let log = serde_json::to_string(&events::search(act, query).await.unwrap()).unwrap();
    assert!(log.contains("webhook.added") && !log.contains(made.secret.as_str()));
    remove(act, find(act, made.kept.id).await.unwrap()).await.unwrap();
    assert_eq!(act.core.store.sealed_value(name).await.unwrap(), None);
    assert_eq!(find(act, made.kept.id).await.unwrap_err().kind(), FaultKind::NotFound);
}

/// Numbers of rows have 63 bits, and a reader of JSON may hold 53.
#[tokio::test]
async fn a_line_of_the_log_names_a_row_by_the_text_that_the_api_gives_it() {
    let installation = Installation::new().await;
    let act = installation.act();
    let made = add(act, wanted("https://siem.example/hook")).await.unwrap();
    let query = vestibule_store::events::EventQuery { limit: 100, ..Default::default() };
    let log = events::search(act, query).await.unwrap();
    let line = log.iter().find(|event| event.kind == "webhook.added").unwrap();
    assert_eq!(line.facts["after"]["id"], made.kept.id.0.to_string());
}

#[tokio::test]
async fn i25_what_is_no_https_address_is_refused() {
    let installation = Installation::new().await;
    for url in [
        "http://siem.example/hook",
        "http://127.0.0.1/hook",
        "ftp://siem.example/",
        "javascript:alert(1)",
        "https://user:secret@siem.example/",
        "siem.example",
        "",
    ] {
        let refused = add(installation.act(), wanted(url)).await.err().unwrap();
        assert_eq!(refused.kind(), FaultKind::Invalid, "{url}");
    }
    let long = format!("https://siem.example/{}", "x".repeat(2048));
    assert!(add(installation.act(), wanted(&long)).await.is_err());
}

#[tokio::test]
async fn a_kind_is_the_beginning_of_a_word_of_the_log() {
    let installation = Installation::new().await;
    let act = installation.act();
    for kind in ["User.added", "user added", "*", "", &"x".repeat(65)] {
        let kinds = vec![kind.to_owned()];
        let refused = add(act, Wanted { kinds, ..wanted("https://a.example/") }).await;
        assert_eq!(refused.err().unwrap().kind(), FaultKind::Invalid, "{kind:?}");
    }
    let made = add(act, wanted("https://a.example/")).await.unwrap().kept;
    assert!(made.wants("user.added") && !made.wants("client.added"));
    let every =
        Wanted { kinds: Vec::new(), label: "all".to_owned(), ..wanted("https://a.example/") };
    assert!(add(act, every).await.unwrap().kept.wants("client.added"));
}

#[tokio::test]
async fn a_label_is_taken_once() {
    let installation = Installation::new().await;
    let act = installation.act();
    add(act, wanted("https://a.example/")).await.unwrap();
    let other = Wanted { label: "other".to_owned(), ..wanted("https://a.example/") };
    let other = add(act, other).await.unwrap().kept;
    for refused in [
        add(act, wanted("https://b.example/")).await.map(drop),
        update(act, other, wanted("https://a.example/"), Status::Active).await.map(drop),
    ] {
        let fault = refused.unwrap_err();
        assert!(fault.to_string().contains("label: there is a webhook siem already"), "{fault}");
    }
    assert_eq!(list(act).await.unwrap().len(), 2);
}

#[tokio::test]
async fn i16_two_secrets_live_at_a_time_and_what_has_ended_is_forgotten() {
    let installation = Installation::new().await;
    let act = installation.act();
    let made = add(act, wanted("https://siem.example/hook")).await.unwrap();
    let (id, name) = (made.kept.id, previous_name(made.kept.id));
    let kept = async || act.core.store.sealed_value(name.clone()).await.unwrap();
    let opened = |sealed: String| act.core.masters.open(&sealed, &name).unwrap();
    let second = rotate_secret(act, id, USUAL_OVERLAP).await.unwrap();
    assert_eq!(*opened(kept().await.unwrap()), made.secret.as_bytes());
    rotate_secret(act, id, USUAL_OVERLAP).await.unwrap();
    assert_eq!(*opened(kept().await.unwrap()), second.secret.as_bytes(), "the first has ended");
    let end = find(act, id).await.unwrap().previous_ends_at.unwrap();
    forget_ended_secrets(act.core, end.minus(Duration::from_secs(1))).await.unwrap();
    assert!(kept().await.is_some());
    forget_ended_secrets(act.core, end).await.unwrap();
    assert_eq!((kept().await, find(act, id).await.unwrap().previous_ends_at), (None, None));
    let long = rotate_secret(act, id, LONGEST_OVERLAP + Duration::from_secs(1)).await;
    assert_eq!(long.err().unwrap().kind(), FaultKind::Invalid);
    let query = vestibule_store::events::EventQuery { limit: 100, ..Default::default() };
    let log = serde_json::to_string(&events::search(act, query).await.unwrap()).unwrap();
    assert!(log.contains("webhook.secret_rotated") && !log.contains(second.secret.as_str()));
    rotate_secret(act, id, USUAL_OVERLAP).await.unwrap();
    remove(act, find(act, id).await.unwrap()).await.unwrap();
    assert_eq!(kept().await, None);
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_neither_changed_nor_removed() {
    let installation = Installation::new().await;
    let act = installation.act();
    let read = add(act, wanted("https://siem.example/hook")).await.unwrap().kept;
    let other = Wanted { label: "other".to_owned(), ..wanted("https://siem.example/hook") };
    update(act, read.clone(), other.clone(), Status::Active).await.unwrap();
    let stale = update(act, read.clone(), other, Status::Disabled).await;
    assert_eq!(stale.err().unwrap().kind(), FaultKind::Conflict);
    assert_eq!(remove(act, read.clone()).await.err().unwrap().kind(), FaultKind::Conflict);
    assert_eq!(find(act, read.id).await.unwrap().status, Status::Active);
}
