//! `vestibule profile` and the hand-over sheet on the command line.

use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::process;

#[test]
fn profiles_are_listed_and_shown_before_there_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        process::command(arguments).current_dir(folder.path()).output().unwrap()
    };
    let listed = run(&["profile", "list", "--json"]);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let profiles = listed["profiles"].as_array().unwrap();
    assert!(profiles.len() >= 33, "{}", profiles.len());
    let planned = profiles.iter().filter(|profile| profile["support"] == "planned");
    assert!(
        planned.clone().count() > 0 && planned.clone().all(|it| it["support_note"].is_string())
    );
    let shown = run(&["profile", "show", "unomed", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["behaviour"]["scope_order"], "random");
    let unknown = run(&["profile", "show", "unomedd"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean unomed?"));
}

#[test]
fn check_tells_all_faults_and_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("clinic.toml");
    let text = include_str!("../../profiles/gitlab.toml");
    std::fs::write(&good, text.replace("name = \"gitlab\"", "name = \"clinic\"")).unwrap();
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "name = \"bad\"\nvendr = \"x\"\nquirks = 3\n").unwrap();
    let path = |path: &std::path::Path| path.display().to_string();
    let alone = process::run(&["profile", "check", &path(&good)]);
    assert_eq!(alone.status.code(), Some(0), "{}", String::from_utf8_lossy(&alone.stdout));
    let both = process::run(&["profile", "check", &path(&good), &path(&bad), "/nowhere.toml"]);
    assert_eq!(both.status.code(), Some(1));
    let said = String::from_utf8_lossy(&both.stdout);
    for part in [
        "clinic.toml: good",
        "line 2: vendr",
        "did you mean `vendor`?",
        "line 3: quirks",
        "nowhere",
    ] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    let text = std::fs::read_to_string(&good).unwrap();
    std::fs::write(
        &good,
        text.replacen("gitlab.example.com", "x", 1).replacen("\"host\"", "\"uri\"", 1),
    )
    .unwrap();
    let unsafe_pattern = process::run(&["profile", "check", &path(&good), "--json"]);
    assert_eq!(unsafe_pattern.status.code(), Some(1));
}

#[test]
fn a_planned_profile_is_refused_with_its_sentence() {
    let installation = Installation::new(Database::sqlite());
    let config = installation.config().display().to_string();
    let refused = process::run(&["client", "add", "--profile", "zendesk-jwt", "--config", &config]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("planned") && said.contains("Use the profile zendesk"), "{said}");
}

#[test]
fn a_sheet_is_printed_in_four_forms() {
    let installation = Installation::new(Database::sqlite());
    let added = installation.cli(&[
        "client",
        "add",
        "--profile",
        "healthie",
        "--set",
        "company=acme",
        "--json",
    ]);
    let (id, secret) =
        (added["client_id"].as_str().unwrap(), added["client_secret"].as_str().unwrap());
    let config = installation.config().display().to_string();
    for (format, part) in [
        ("md", "## Type this in at Healthie"),
        ("html", "<!doctype html>"),
        ("json", "\"vendor\": \"Healthie\""),
        ("env", "OIDC_REDIRECT_URI='https://secure.gethealthie.com/sso/acme_auth'"),
    ] {
        let printed =
            process::run(&["client", "sheet", id, "--format", format, "--config", &config]);
        let text = String::from_utf8(printed.stdout).unwrap();
        assert!(text.contains(part), "{format}: {text}");
        assert!(!text.contains(secret), "{format} holds the secret");
    }
    let unknown = process::run(&["client", "sheet", "nobody", "--config", &config]);
    assert_eq!(unknown.status.code(), Some(1));
}
