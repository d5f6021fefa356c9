//! Changing the master key of an installation, with real processes.

use vestibule_keys::MasterKey;
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
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
