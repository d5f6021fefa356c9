//! Declarative files, as an operator and a pipeline meet them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use vestibule_tests::browser::Browser;
use vestibule_tests::databases::Database;
use vestibule_tests::eventually;
use vestibule_tests::installation::Installation;
use vestibule_tests::process;
use vestibule_tests::relying_party::{RelyingParty, Tokens};

/// An installation with a folder of documents beside it.
struct Desk {
    installation: Installation,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { installation: Installation::new(database), folder }
    }

    fn put(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let config = self.installation.config().display().to_string();
        let output: Output = process::run(&[arguments, &["--config", &config]].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

const CLINIC: &str = r#"version = 1

[[client]]
client_id = "unomed"
profile = "unomed"

[[client.secret]]
label = "first"
file = "secret"

[[webhook]]
label = "siem"
url = "https://siem.example/events"
secret.file = "secret"

[[client]]
client_id = "portal"
name = "Portal"
redirect_uris = ["https://portal.example/cb"]
"#;

/// Each exit code, the round trip and prune, on one installation.
fn a_pipeline_keeps_an_installation_as_its_file_states(database: Database) {
    let desk = Desk::new(database);
    desk.put("secret", "a-secret-of-the-vault-0123456789\n");
    let clinic = desk.put("clinic.toml", CLINIC);
    let (code, text, _) = desk.run(&["state", "diff", "-f", &clinic]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("+ client unomed") && text.contains("3 to create"), "{text}");
    let (code, text, _) = desk.run(&["state", "apply", "-f", &clinic, "--dry-run", "--json"]);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &told["equal"]), (3, &Value::Bool(false)));
    let (code, text, errors) = desk.run(&["state", "apply", "-f", &clinic, "--json"]);
    assert_eq!(code, 0, "{text}{errors}");
    let again = desk.run(&["state", "apply", "-f", &clinic]);
    assert_eq!((again.0, again.1.trim()), (0, "Nothing to do: all is as stated."));
    assert_eq!(desk.run(&["state", "diff", "-f", &clinic]).0, 0);

    // The same client by the command line is equal.
    let added = desk.installation.cli(&["client", "add", "--profile", "unomed", "--json"]);
    let stated = desk.installation.cli(&["client", "show", "unomed", "--json"]);
    for (name, value) in added.as_object().unwrap() {
        let own = ["client_id", "client_secret", "issuer", "secrets", "created_at", "updated_at"];
        if !own.contains(&name.as_str()) {
            assert_eq!(stated.get(name), Some(value), "{name}");
        }
    }
    assert!(stated["managed_by"].as_str().unwrap().ends_with("clinic.toml"), "{stated}");
    let hooks = desk.installation.cli(&["webhook", "list", "--json"]);
    let manager = hooks["webhooks"][0]["managed_by"].as_str().unwrap();
    assert!(manager.ends_with("clinic.toml"), "{hooks}");

    // What was changed by hand is told, and put right.
    desk.installation.cli(&["client", "disable", "portal", "--json"]);
    let (code, text, _) = desk.run(&["state", "diff", "-f", &clinic]);
    assert_eq!(code, 3);
    assert!(text.contains("- status = \"disabled\"\n    + status = \"active\""), "{text}");
    assert_eq!(desk.run(&["state", "apply", "-f", &clinic]).0, 0);

    let (code, document, _) = desk.run(&["state", "export", "--all"]);
    assert_eq!(code, 0);
    let exported = desk.put("exported.toml", &document);
    let (code, text, errors) = desk.run(&["state", "diff", "-f", &exported]);
    assert_eq!(code, 0, "{document}{text}{errors}");

    // What it no longer names goes when asked, and not without a yes.
    let (less, _) = CLINIC.split_once("\n[[client]]\nclient_id = \"portal\"").unwrap();
    desk.put("clinic.toml", less);
    let (code, text, _) = desk.run(&["state", "diff", "-f", &clinic]);
    assert_eq!(code, 0);
    assert!(text.contains("note: client portal is managed by"), "{text}");
    let (code, _, errors) = desk.run(&["state", "apply", "-f", &clinic, "--prune"]);
    assert_eq!(code, 2, "{errors}");
    assert!(errors.contains("- client portal") && errors.contains("--yes"), "{errors}");
    let (code, text, _) = desk.run(&["state", "apply", "-f", &clinic, "--prune", "--yes"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("removed client portal"), "{text}");
    assert_eq!(desk.run(&["client", "show", "portal"]).0, 1);
    assert_eq!(
        desk.installation.cli(&["client", "list", "--json"])["clients"].as_array().unwrap().len(),
        2
    );
}

#[test]
fn a_pipeline_keeps_an_installation_as_its_file_states_sqlite() {
    a_pipeline_keeps_an_installation_as_its_file_states(Database::sqlite());
}

#[test]
fn a_pipeline_keeps_an_installation_as_its_file_states_postgres() {
    a_pipeline_keeps_an_installation_as_its_file_states(Database::postgres());
}

/// Several pipelines start at the same moment: one makes each object, and nothing is there twice.
fn files_that_are_applied_at_once_make_each_object_once(database: Database) {
    let desk = Desk::new(database);
    let text = "version = 1\nname = \"clinic\"\n[[client]]\nclient_id = \"a\"\nname = \"A\"\n\
                [[client.secret]]\nlabel = \"first\"\ngenerate = true\n\
                [[admin]]\nclient = \"a\"\nrole = \"auditor\"\n\
                [[webhook]]\nlabel = \"siem\"\nurl = \"https://siem.example/\"\n";
    let file = desk.put("clinic.toml", text);
    let config = desk.installation.config().display().to_string();
    let outcomes: Vec<Output> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let arguments = ["state", "apply", "-f", &file, "--json", "--config", &config];
                let arguments = arguments.map(str::to_owned);
                scope.spawn(move || {
                    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    process::run(&arguments)
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for output in &outcomes {
        // 0 done or nothing to do; 1 somebody was first, which is told.
        let code = output.status.code().unwrap();
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(code == 0, told["ok"] == true, "{told}");
        assert!(code < 2, "{told}");
    }
    let shown = desk.installation.cli(&["client", "show", "a", "--json"]);
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(desk.run(&["state", "apply", "-f", &file]).0, 0);
    assert_eq!(desk.run(&["state", "diff", "-f", &file]).0, 0);
    let admins = desk.installation.cli(&["admin", "list", "--json"]);
    assert_eq!(admins["admins"].as_array().unwrap().len(), 1, "{admins}");
    let hooks = desk.installation.cli(&["webhook", "list", "--json"]);
    assert_eq!(hooks["webhooks"].as_array().unwrap().len(), 1, "{hooks}");
}

#[test]
fn files_that_are_applied_at_once_make_each_object_once_sqlite() {
    files_that_are_applied_at_once_make_each_object_once(Database::sqlite());
}

#[test]
fn files_that_are_applied_at_once_make_each_object_once_postgres() {
    files_that_are_applied_at_once_make_each_object_once(Database::postgres());
}

#[test]
fn a_document_with_faults_changes_nothing() {
    let desk = Desk::new(Database::sqlite());
    let text = CLINIC.replace("profile", "profil").replace("https://portal", "http://portal");
    let clinic = desk.put("clinic.toml", &text);
    for verb in ["diff", "apply"] {
        let (code, _, errors) = desk.run(&["state", verb, "-f", &clinic, "--json"]);
        assert_eq!(code, 1);
        let told: Value = serde_json::from_str(errors.trim()).unwrap();
        assert_eq!(told["error"], "document");
        let faults = told["faults"].to_string();
        for expected in ["did you mean profile?", "line 5", "client.redirect_uris", "secret"] {
            assert!(faults.contains(expected), "{expected}: {faults}");
        }
    }
    let listed = desk.installation.cli(&["client", "list", "--json"]);
    assert_eq!(listed["clients"].as_array().unwrap().len(), 0);
    assert_eq!(desk.run(&["state", "export"]).0, 2, "what is to be exported has to be said");
}

const TELLING: &str = r#"version = 1
[[client]]
client_id = "portal"
name = "Portal"
redirect_uris = ["https://rp.test/cb"]
scope = "openid email offline_access"
auth_method = "basic_or_post"
pkce = "optional"
[[client.secret]]
label = "first"
file = "secret"
[[client.claims.rules]]
claim = "tenant"
from = { constant = "bern" }
places = ["id_token", "userinfo", "access_token"]
"#;

/// A rule that is added later is told to nobody before the user agreed to it.
async fn i14_what_rules_tell_is_shared_only_with_consent(database: Database) {
    let desk = Desk::new(database);
    let secret = "a-secret-of-the-vault-0123456789";
    desk.put("secret", secret);
    let file = desk.put("clinic.toml", TELLING);
    assert_eq!(desk.run(&["state", "apply", "-f", &file]).0, 0);
    let server = desk.installation.serve();
    let ada = desk.installation.person("ada@clinic.test");
    let mut rp = RelyingParty::new(&server.issuer, "portal", secret, "https://rp.test/cb");
    rp.scope = "openid email offline_access".to_owned();
    let mut browser = Browser::new();
    let back = browser.authorize(&rp.request(&[]), &ada).await;
    let tokens = Tokens::read(&rp.redeem(back.code()).await);
    assert_eq!(tokens.id_claims()["tenant"], "bern");
    assert_eq!(rp.userinfo(tokens.access()).await.json()["tenant"], "bern");
    assert_eq!(rp.introspect(tokens.access()).await.json()["tenant"], "bern");

    let rule = "[[client.claims.rules]]\nclaim = \"first\"\nfrom = \"given_name\"\nplaces = [\"id_token\", \"userinfo\"]\n";
    desk.put("clinic.toml", &format!("{TELLING}{rule}"));
    assert_eq!(desk.run(&["state", "apply", "-f", &file]).0, 0);
    let shown = desk.run(&["client", "preview", "portal", "--user", "ada@clinic.test", "--json"]);
    let preview: Value = serde_json::from_str(&shown.1).unwrap();
    assert_eq!(preview["id_token"]["first"], "Ada", "{preview}");
    assert_eq!(preview["sample"], true);
    // The page names the value; the grant of before tells no more than was agreed to.
    eventually(async || {
        let mut other = browser.clone();
        other.try_authorize(&rp.request(&[]), &ada, "nobody").await.is_err()
    })
    .await;
    let refreshed = Tokens::read(&rp.refresh(tokens.refresh()).await);
    assert!(rp.userinfo(refreshed.access()).await.json().get("first").is_none());
    let page = browser.open(&rp.request(&[])).await;
    let page = match page.onward() {
        Some(onward) => browser.open(onward.as_str()).await,
        None => page,
    };
    assert!(page.page().text().contains("Ada"), "{}", page.page().text());
    let back = browser.authorize(&rp.request(&[]), &ada).await;
    assert_eq!(browser.pages, ["consent"], "asked once more");
    let tokens = Tokens::read(&rp.redeem(back.code()).await);
    assert_eq!(tokens.id_claims()["first"], "Ada");
    assert_eq!(rp.userinfo(tokens.access()).await.json()["first"], "Ada");
}

#[tokio::test]
async fn i14_what_rules_tell_is_shared_only_with_consent_sqlite() {
    i14_what_rules_tell_is_shared_only_with_consent(Database::sqlite()).await;
}

#[tokio::test]
async fn i14_what_rules_tell_is_shared_only_with_consent_postgres() {
    i14_what_rules_tell_is_shared_only_with_consent(Database::postgres()).await;
}
