//! Secrets of clients, by reference.

use super::*;

const GIVEN: &str = "a-secret-of-the-vault-0123456789";

fn with(secret: &str) -> String {
    format!("{APP}[[client.secret]]\nlabel = \"first\"\n{secret}")
}

async fn live(desk: &Desk) -> Vec<[u8; 32]> {
    let client = clients::find(desk.act(), "app").await.unwrap();
    let live = client.secrets.iter().filter(|secret| secret.is_live(desk.act().now));
    live.map(|secret| secret.digest.0).collect()
}

#[tokio::test]
async fn i16_a_given_secret_is_kept_as_a_digest_and_shown_nowhere() {
    let mut desk = Desk::new().await;
    desk.variables = vec![("APP_SECRET".to_owned(), GIVEN.to_owned())];
    let text = with("env = \"APP_SECRET\"\n");
    let told = desk.plan(&text, Prune::Tell).await;
    assert!(render::text(&told).contains("+ secret \"first\" from variable APP_SECRET"));
    let outcomes = desk.apply(&text, Prune::Tell).await;
    assert_eq!(live(&desk).await, [desk.act().core.digests.client_secret(GIVEN)]);
    let log = events::search(desk.act(), EventQuery { limit: 100, ..EventQuery::default() });
    let log = serde_json::to_string(&log.await.unwrap()).unwrap();
    let written = export(desk.act(), Wanted::All).await.unwrap();
    for shown in [
        render::json(&told).to_string(),
        render::outcome_json(&outcomes, &[], &[]).to_string(),
        format!("{told:?} {outcomes:?}"),
        log,
        written,
    ] {
        assert!(!shown.contains(GIVEN), "{shown}");
    }
    assert!(desk.plan(&text, Prune::Remove).await.is_empty(), "compared by its digest");
}

#[tokio::test]
async fn another_value_under_the_same_label_takes_the_place_of_the_first() {
    let desk = Desk::new().await;
    let file = desk.put("secret", &format!("{GIVEN}\n"));
    let text = with("file = \"secret\"\n");
    desk.done(&text).await;
    std::fs::write(&file, "another-secret-of-the-vault-987654").unwrap();
    assert_eq!(desk.done(&text).await, [Verb::Change]);
    let digests = &desk.act().core.digests;
    assert_eq!(live(&desk).await, [digests.client_secret("another-secret-of-the-vault-987654")]);
    assert_eq!(desk.done(&with("ensure = \"absent\"\n")).await, [Verb::Change]);
    assert!(live(&desk).await.is_empty());
}

#[tokio::test]
async fn a_secret_that_the_file_no_longer_names_is_pruned() {
    let desk = Desk::new().await;
    desk.put("secret", GIVEN);
    desk.done(&with("file = \"secret\"\n")).await;
    clients::add_secret(desk.act(), "app", "by hand", None).await.unwrap();
    let told = desk.plan(APP, Prune::Tell).await;
    assert!(told.is_empty() && told.notes.iter().any(|note| note.contains("\"first\"")));
    desk.apply(APP, Prune::Remove).await;
    assert_eq!(live(&desk).await.len(), 1, "the one made by hand stays");
}

#[tokio::test]
async fn an_end_moves_without_a_new_secret_and_an_ended_one_is_not_made_again() {
    let desk = Desk::new().await;
    desk.put("secret", GIVEN);
    desk.done(&with("file = \"secret\"\n")).await;
    let ending = with("file = \"secret\"\nexpires = 2099-01-31\n");
    assert_eq!(desk.done(&ending).await, [Verb::Change]);
    let client = clients::find(desk.act(), "app").await.unwrap();
    assert_eq!(client.secrets.len(), 1);
    assert_eq!(client.secrets[0].expires_at.unwrap().as_seconds(), 4_073_500_800);
    assert!(desk.plan(&ending, Prune::Tell).await.is_empty());
    let ended = with("file = \"secret\"\nexpires = 2001-01-31T00:00:00Z\n");
    assert_eq!(desk.done(&ended).await, [Verb::Change]);
    assert!(live(&desk).await.is_empty());
    assert!(desk.plan(&ended, Prune::Tell).await.is_empty());
}

#[tokio::test]
async fn a_generated_secret_is_made_once_and_written_where_only_its_owner_reads() {
    let desk = Desk::new().await;
    let text = with("generate = true\nwrite_to = \"out\"\n");
    let outcomes = desk.apply(&text, Prune::Tell).await;
    let made = outcomes[0].result.as_ref().unwrap();
    assert!(matches!(&made[0].delivery, Delivery::File(path) if path.ends_with("out")));
    let path = desk.folder.join("out");
    let secret = std::fs::read_to_string(&path).unwrap();
    assert_eq!(live(&desk).await, [desk.act().core.digests.client_secret(&secret)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(desk.done(&text).await.is_empty(), "once");
}

#[tokio::test]
async fn a_generated_secret_without_a_file_is_behind_a_link_that_shows_it_once() {
    let desk = Desk::new().await;
    let outcomes = desk.apply(&with("generate = true\n"), Prune::Tell).await;
    let told = render::outcome_json(&outcomes, &[], &[]);
    let link = told["changes"][0]["made"][0]["secret_link"].as_str().unwrap();
    assert!(link.starts_with("https://id.example/handover/secret/"), "{told}");
    assert!(render::outcome_text(&outcomes, &[], &[]).contains(link));
    assert!(!told.to_string().contains("vcs_"), "{told}");
}

#[tokio::test]
async fn a_file_that_exists_is_not_overwritten() {
    let desk = Desk::new().await;
    let path = desk.put("out", "in use");
    let plan = desk.plan(&with("generate = true\nwrite_to = \"out\"\n"), Prune::Tell).await;
    assert_eq!(plan.problems.len(), 1);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "in use");
    let gone = desk.folder.join("gone");
    std::fs::create_dir(&gone).unwrap();
    let nowhere = with("generate = true\nwrite_to = \"gone/out\"\n");
    let plan = desk.plan(&nowhere, Prune::Tell).await;
    std::fs::remove_dir(&gone).unwrap();
    let outcomes = apply(desk.act(), plan).await;
    assert!(outcomes[0].result.is_err());
    let found = clients::find(desk.act(), "app").await;
    assert!(found.is_err(), "nothing of it was done");
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_told_without_repeating_it() {
    let mut desk = Desk::new().await;
    desk.put("short", "hunter2");
    desk.put("spaced", "a secret with spaces in the middle of it");
    desk.variables = vec![("EMPTY".to_owned(), String::new())];
    for (secret, expected) in [
        ("file = \"missing\"", "cannot be read"),
        ("file = \".\"", "expected a file"),
        ("file = \"short\"", "7 characters"),
        ("file = \"spaced\"", "spaces"),
        ("env = \"NOT_SET\"", "is not set"),
        ("env = \"EMPTY\"", "0 characters"),
        ("file = \"a\"\ngenerate = true", "one of file, env and generate"),
        ("", "one of file, env and generate"),
        ("file = \"short\"\nwrite_to = \"x\"", "only a generated secret"),
        ("value = \"a-secret-that-somebody-typed-here\"", "never stands in a document"),
        ("generate = true\nexpires = 2027-01-31T08:00:00", "write a date such as"),
        ("generate = true\nexpires = 08:00:00", "write a date such as"),
        ("generate = true\nexpires = \"90d\"", "expires"),
    ] {
        let faults = desk.faults(&with(secret));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{secret}: {faults:?}");
        let told = faults.join("");
        assert!(!told.contains("hunter2") && !told.contains("typed-here"), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_secret_that_every_user_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new().await;
    let path = desk.put("secret", GIVEN);
    for (mode, warns) in [(0o644, true), (0o600, false), (0o640, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let read = desk.read(&with("file = \"secret\"\n")).unwrap();
        let warned = read.warnings.iter().any(|warning| warning.contains("chmod 600"));
        assert_eq!(warned, warns, "{mode:o}");
    }
}

#[tokio::test]
async fn two_who_apply_at_once_make_one_secret() {
    let desk = Desk::new().await;
    desk.done(APP).await;
    let text = format!("{APP}[[client.secret]]\nlabel = \"first\"\ngenerate = true\n");
    let (one, two) = (desk.plan(&text, Prune::Tell).await, desk.plan(&text, Prune::Tell).await);
    let first = apply(desk.act(), one).await;
    let second = apply(desk.act(), two).await;
    assert!(first[0].result.is_ok());
    let fault = second[0].result.as_ref().unwrap_err();
    assert_eq!(fault.kind().word(), "conflict", "{fault}");
    assert_eq!(clients::find(desk.act(), "app").await.unwrap().secrets.len(), 1);
}
