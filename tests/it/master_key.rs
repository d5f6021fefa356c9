//! Changing and losing the master key of an installation, with real processes.

use vestibule_keys::MasterKey;
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::process;
use vestibule_tests::relying_party::Tokens;

const SECOND: &str = "BQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQ";

/// Everything that was sealed under the first key works under the second, and then without the
/// first.
async fn rotated(database: Database) {
    let installation = Installation::new(database);
    let person = installation.person("ada@clinic.test");
    let mut first = installation.serve();
    let rp = installation.client(&first);
    let offline = [("scope", "openid offline_access"), ("prompt", "consent")];
    let tokens = rp.sign_in(&person, &offline).await;
    assert!(first.terminate());

    let config = std::fs::read_to_string(installation.config()).unwrap();
    let fresh = installation.config().with_file_name("second.key");
    MasterKey::parse(SECOND).unwrap().write_file(&fresh).unwrap();
    let both = config
        .replace("master_key_file", "previous_master_key_file")
        .replace("[secrets]\n", &format!("[secrets]\nmaster_key_file = \"{}\"\n", fresh.display()));
    std::fs::write(installation.config(), &both).unwrap();
    let mut second = installation.serve();
    let rp = rp.reconnected();
    let tokens = Tokens::read(&rp.refresh(tokens.refresh()).await);
    assert!(second.terminate());

    let alone: String = both
        .lines()
        .filter(|line| !line.starts_with("previous_"))
        .map(|l| format!("{l}\n"))
        .collect();
    std::fs::write(installation.config(), alone).unwrap();
    let _third = installation.serve();
    let rp = rp.reconnected();
    let tokens = Tokens::read(&rp.refresh(tokens.refresh()).await);
    assert_eq!(rp.userinfo(tokens.access()).await.status, 200);
}

#[tokio::test]
async fn i16_a_new_master_key_seals_everything_anew_on_sqlite() {
    rotated(Database::sqlite()).await;
}

#[tokio::test]
async fn i16_a_new_master_key_seals_everything_anew_on_postgresql() {
    rotated(Database::postgres()).await;
}

/// Accounts, clients and sessions outlive a master key that nobody has any more.
async fn lost(database: Database) {
    let installation = Installation::new(database);
    let person = installation.person("ada@clinic.test");
    let mut first = installation.serve();
    let rp = installation.client(&first);
    rp.sign_in(&person, &[]).await;
    let hook = ["webhook", "add", "--url", "https://hooks.test/in", "--label", "Audit", "--json"];
    let hook = installation.cli(&hook);
    assert!(first.terminate());
    let link = ["client", "secret", "add", &rp.client_id, "--secret-link", "7d", "--json"];
    installation.cli(&link);
    let before = installation.cli(&["key", "list", "--json"]);

    let config = installation.config().display().to_string();
    let start_over = |more: &[&str]| {
        process::run(&[&["key", "start-over", "--config", &config, "--json"], more].concat())
    };
    let needless = start_over(&["--yes"]);
    assert_eq!(needless.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&needless.stderr).contains("open every secret"));

    let key = installation.config().with_file_name("master.key");
    std::fs::remove_file(&key).unwrap();
    MasterKey::parse(SECOND).unwrap().write_file(&key).unwrap();
    let refused = process::run(&["serve", "--config", &config]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("key start-over"), "{refused:?}");
    assert_eq!(start_over(&[]).status.code(), Some(2), "nobody said yes");
    let done = start_over(&["--yes"]);
    assert!(done.status.success(), "{done:?}");
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["given_up"]["clients"], serde_json::json!([rp.client_id]));
    assert_eq!(told["given_up"]["webhooks"], serde_json::json!([hook["id"]]), "{told}");
    assert_eq!(told["given_up"]["links"], 1, "{told}");
    let signing = |keys: &serde_json::Value| keys["keys"].as_array().unwrap().len();
    assert_eq!(signing(&told), signing(&before));
    assert_eq!(start_over(&["--yes"]).status.code(), Some(1), "there is nothing more to give up");

    let _second = installation.serve();
    let mut rp = rp.reconnected();
    let refused = rp.redeem(rp.code(&person, &[]).await.code()).await;
    assert_eq!(refused.json()["error"], "invalid_client", "{}", refused.text());
    installation.cli(&["webhook", "rotate", hook["id"].as_str().unwrap(), "--json"]);
    let fresh = installation.cli(&["client", "secret", "add", &rp.client_id, "--json"]);
    rp.client_secret = fresh["client_secret"].as_str().unwrap().to_owned();
    let tokens = rp.sign_in(&person, &[]).await;
    assert_eq!(rp.userinfo(tokens.access()).await.status, 200);
    let events = installation.cli(&["events", "search", "--kind", "master_key.given_up", "--json"]);
    assert_eq!(events["facts"]["after"]["clients"], 1, "{events}");
}

#[tokio::test]
async fn a_lost_master_key_costs_no_account_on_sqlite() {
    lost(Database::sqlite()).await;
}

#[tokio::test]
async fn a_lost_master_key_costs_no_account_on_postgresql() {
    lost(Database::postgres()).await;
}
