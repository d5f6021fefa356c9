//! The command line, as a person and as a script meet it.

use std::process::{Command, Output};

use serde_json::{Value, json};
use vestibule_tests::browser::{Answer, Browser, Person, plain_client};
use vestibule_tests::databases::Database;
use vestibule_tests::eventually;
use vestibule_tests::installation::{Installation, PASSWORD};
use vestibule_tests::process::{self, Process};
use vestibule_tests::relying_party::{RelyingParty, Tokens};

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn words(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|stream| String::from_utf8_lossy(stream).into_owned()).join("\n")
}

/// Runs a command on an installation, whatever becomes of it.
fn on(installation: &Installation, arguments: &[&str]) -> Output {
    let config = installation.config().display().to_string();
    process::run(&[arguments, &["--config", &config]].concat())
}

#[test]
fn help_version_and_completions() {
    for arguments in [
        vec!["--help"],
        vec!["help"],
        vec!["client", "add", "--help"],
        vec!["version"],
        vec!["completions", "bash"],
    ] {
        let output = process::run(&arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", words(&output));
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
    let version = process::run_json(&["version", "--json"]);
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let help = words(&process::run(&["--help"]));
    for verb in [
        "dev",
        "serve",
        "init",
        "migrate",
        "config",
        "client",
        "user",
        "key",
        "admin",
        "events",
        "case",
        "errors",
        "doctor",
        "healthcheck",
    ] {
        assert!(help.contains(verb), "{verb} is not in --help");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_a_hint() {
    for arguments in [
        vec!["serv"],
        vec!["client"],
        vec!["client", "add", "--nam", "x"],
        vec!["user", "add", "--email"],
        vec!["serve", "--config"],
    ] {
        let output = process::run(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", words(&output));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn config_check_tells_all_faults_at_once() {
    let installation = Installation::new(Database::sqlite());
    assert_eq!(code(&on(&installation, &["config", "check"])), 0);
    let mut text = std::fs::read_to_string(installation.config()).unwrap();
    text.push_str("[sesion]\nidle = \"1h\"\n[session]\nidl = \"1h\"\nabsolute = \"soon\"\n");
    std::fs::write(installation.config(), text).unwrap();
    let output = on(&installation, &["config", "check"]);
    assert!([1, 2].contains(&code(&output)), "{}", words(&output));
    let said = words(&output);
    for expected in ["sesion", "session", "idl", "idle", "absolute", "did you mean"] {
        assert!(said.to_lowercase().contains(expected), "{expected:?} is not in: {said}");
    }
}

#[test]
fn config_show_masks_secrets_and_schema_is_json() {
    let installation = Installation::new(Database::sqlite());
    let shown = words(&on(&installation, &["config", "show"]));
    assert!(shown.contains("issuer"), "{shown}");
    let key = std::fs::read_to_string(installation.config().with_file_name("master.key")).unwrap();
    assert!(!shown.contains(key.trim()), "the master key is shown");
    let schema = process::run(&["config", "schema"]);
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("a JSON Schema");
    assert!(schema["properties"]["issuer"].is_object(), "{schema}");
}

#[test]
fn init_writes_a_configuration_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("vestibule.toml").display().to_string();
    let port = process::free_port();
    let issuer = format!("http://127.0.0.1:{port}");
    let mut command = process::command(&["init", "--issuer", &issuer, "--config", &config]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    let again = process::command(&["init", "--issuer", &issuer, "--config", &config])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_ne!(code(&again), 0, "it overwrites nothing");
    let migrate = process::command(&["migrate", "--config", &config])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&migrate), 0, "{}", words(&migrate));
    let mut serve = process::command(&["serve", "--config", &config]);
    serve.current_dir(folder.path()).env("VESTIBULE_SERVER__BIND", format!("127.0.0.1:{port}"));
    // Its own default may be another server's on this machine.
    serve.env("VESTIBULE_SERVER__MANAGEMENT_BIND", "127.0.0.1:0");
    let mut server = Process::start(serve, &issuer);
    assert!(server.terminate());
}

#[test]
fn dev_leaves_an_installation_that_it_did_not_make_as_it_is() {
    let installation = Installation::new(Database::sqlite());
    let folder = installation.config().parent().unwrap().to_owned();
    let listed = || {
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (std::fs::read(&path).unwrap_or_default(), path))
            .collect();
        files.sort();
        files
    };
    let before = listed();
    let path = folder.display().to_string();
    for more in [[].as_slice(), &["--reset"]] {
        let asked = [&["dev", "--port", "0", "--data-dir", &path], more].concat();
        let output = process::run(&asked);
        assert_eq!(code(&output), 1, "{}", words(&output));
        assert!(words(&output).contains("--data-dir"), "{}", words(&output));
        assert!(listed() == before, "{asked:?}");
    }
    let alone = tempfile::tempdir().unwrap();
    let database = alone.path().join("vestibule.db");
    std::fs::write(&database, "somebody's").unwrap();
    let path = alone.path().display().to_string();
    let output = process::run(&["dev", "--port", "0", "--reset", "--data-dir", &path]);
    assert_eq!(code(&output), 1, "{}", words(&output));
    assert_eq!(std::fs::read_to_string(&database).unwrap(), "somebody's");
}

#[test]
fn serve_refuses_what_it_cannot_do_safely() {
    let installation = Installation::new(Database::empty_sqlite());
    let output = on(&installation, &["serve"]);
    assert_ne!(code(&output), 0, "a database without the schema");
    assert!(words(&output).contains("migrate"), "{}", words(&output));
    assert_eq!(code(&on(&installation, &["migrate"])), 0);
    let key = installation.config().with_file_name("master.key");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = on(&installation, &["serve"]);
    assert_ne!(code(&output), 0, "a key that others can read");
    assert!(words(&output).contains("chmod"), "{}", words(&output));
}

#[tokio::test]
async fn clients_and_users_added_beside_a_running_server_work_at_once() {
    let installation = Installation::new(Database::sqlite());
    let server = installation.serve();
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let listed = installation.cli(&["client", "list", "--json"]);
    assert!(listed.to_string().contains(&rp.client_id));
    assert!(!listed.to_string().contains(&rp.client_secret), "a secret is shown once");
    let shown = installation.cli(&["client", "show", &rp.client_id, "--json"]);
    assert!(!shown.to_string().contains(&rp.client_secret));
    Tokens::read(&rp.redeem(rp.code(&ada, &[]).await.code()).await);

    // A second secret, then the first goes: no moment without one that works.
    let second = installation.cli(&["client", "secret", "add", &rp.client_id, "--json"]);
    let second = second["client_secret"].as_str().unwrap_or_else(|| panic!("{second}")).to_owned();
    let mut rotated = rp.clone();
    rotated.client_secret = second;
    for rp in [&rp, &rotated] {
        Tokens::read(&rp.redeem(rp.code(&ada, &[]).await.code()).await);
    }

    installation.cli(&["client", "uri", "add", &rp.client_id, "https://rp.test/second", "--json"]);
    let mut elsewhere = rp.clone();
    elsewhere.redirect_uri = "https://rp.test/second".to_owned();
    eventually(async || {
        let answer = Browser::new().open(&elsewhere.request(&[("prompt", "none")])).await;
        answer.onward().is_some_and(|url| url.as_str().starts_with("https://rp.test/second"))
    })
    .await;
    installation.cli(&["user", "disable", "ada@clinic.test", "--json"]);
    let stopped = Browser::new().try_authorize(&rp.request(&[]), &ada, "approve").await;
    assert!(stopped.is_err(), "a disabled user cannot sign in");
    installation.cli(&["client", "disable", &rp.client_id, "--json"]);
    eventually(async || Browser::new().open(&rp.request(&[])).await.onward().is_none()).await;
}

#[tokio::test]
async fn a_refusal_can_be_found_by_its_case_code() {
    let installation = Installation::new(Database::sqlite());
    let server = installation.serve();
    let rp = installation.client(&server);
    let received = "https://rp.test/cb/";
    let answer = Browser::new().open(&rp.request(&[("redirect_uri", received)])).await;
    let case = answer.page().text_of("case-code").expect("error pages have a case code");
    let found = installation.cli(&["events", "search", "--case", &case, "--json"]).to_string();
    assert!(found.contains(received), "what came: {found}");
    assert!(found.contains("https://rp.test/cb\""), "the nearest registered: {found}");
    assert!(
        found.contains("trailing") || found.contains("slash"),
        "the class of difference: {found}"
    );
}

#[tokio::test]
async fn keys_can_be_rotated_beside_a_running_server() {
    let installation = Installation::new(Database::sqlite());
    let server = installation.serve();
    let rp = installation.client(&server);
    let ada = installation.person("ada@clinic.test");
    let before = rp.sign_in(&ada, &[]).await;
    let kids = |keys: &Value| {
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].to_string())
            .collect::<Vec<_>>()
    };
    let published = kids(&rp.get("/oauth/jwks").await.json());
    installation.cli(&["key", "rotate", "--json"]);
    eventually(async || kids(&rp.get("/oauth/jwks").await.json()).len() > published.len()).await;
    let after = rp.sign_in(&ada, &[]).await;
    let now = kids(&rp.get("/oauth/jwks").await.json());
    for tokens in [&before, &after] {
        assert!(now.contains(&tokens.id_header()["kid"].to_string()), "as_16 and p5: published");
    }
    let listed = installation.cli(&["key", "list", "--json"]).to_string();
    assert!(listed.contains("signing") && listed.contains("published"), "{listed}");
}

#[tokio::test]
async fn doctor_and_healthcheck() {
    let installation = Installation::new(Database::sqlite());
    let text = std::fs::read_to_string(installation.config()).unwrap();
    let management = format!("127.0.0.1:{}", process::free_port());
    std::fs::write(installation.config(), text.replace("\"off\"", &format!("{management:?}")))
        .unwrap();
    let server = installation.serve();
    let output = on(&installation, &["healthcheck"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let output = on(&installation, &["doctor"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    assert!(words(&output).contains("SQLite answers"), "{}", words(&output));
    let metrics = plain_client().get(format!("http://{management}/metrics"));
    let metrics = Answer::read(metrics).await.text();
    assert!(metrics.contains("vestibule_build_info"), "{metrics}");
    drop(server);
    assert_eq!(code(&on(&installation, &["healthcheck"])), 1);
    let output = on(&installation, &["doctor"]);
    assert_eq!(code(&output), 1, "nobody answers: {}", words(&output));
}

#[tokio::test]
async fn dev_reaches_a_signed_in_demo_client() {
    let folder = tempfile::tempdir().unwrap();
    let (server, first) = Process::dev(folder.path());
    for name in ["issuer", "admin_link", "mailbox_url", "playground_url", "config"] {
        assert!(first[name].is_string(), "{name} in {first}");
    }
    let client = &first["client"];
    let uris = client["redirect_uris"].as_array().unwrap();
    for uri in ["http://127.0.0.1:9999/cb", "http://localhost:9999/cb"] {
        assert!(uris.iter().any(|known| known == uri), "{uri} in {uris:?}");
    }
    let (id, secret) =
        (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let rp = RelyingParty::new(&server.issuer, id, secret, "http://127.0.0.1:9999/cb");
    let user = &first["users"][0];
    let person = Person {
        email: user["email"].as_str().unwrap().to_owned(),
        password: user["password"].as_str().unwrap().to_owned(),
    };
    let scope = "openid profile email address phone offline_access";
    let tokens = rp.sign_in(&person, &[("scope", scope), ("prompt", "consent")]).await;
    assert_eq!(rp.userinfo(tokens.access()).await.json()["email"], person.email.as_str());
    Tokens::read(&rp.refresh(tokens.refresh()).await);
    for page in ["mailbox_url", "playground_url", "admin_link"] {
        let answer = Browser::new().open(first[page].as_str().unwrap()).await;
        assert_eq!(answer.status, 200, "{page}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_playground_signs_in_with_one_click_and_one_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, first) = Process::dev(folder.path());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let user = &first["users"][0];
    let mut browser = Browser::new();
    let mut answer = browser.open(&text(&first["playground_url"])).await;
    for _ in 0..12 {
        let page = answer.page();
        answer = if let Some(onward) = answer.onward() {
            browser.open(onward.as_str()).await
        } else if let Some(form) = page.form_with("password") {
            let form = form
                .fill("username", &text(&user["email"]))
                .fill("password", &text(&user["password"]))
                .press("submit");
            browser.submit(&answer.url, &form).await
        } else if let Some(form) = page.form_with("approve") {
            browser.submit(&answer.url, &form.press("approve")).await
        } else if let Some(form) = page.form_with("scope") {
            browser.submit(&answer.url, &form).await
        } else {
            break;
        };
    }
    let page = answer.page();
    assert_eq!(page.count("#id-token"), 1, "stopped at {}: {}", answer.url, page.text());
    assert_eq!(page.count(".failed, .not-reached"), 0, "{}", page.text());
    assert!(page.text().contains(&text(&user["email"])), "{}", page.text());
}

#[tokio::test]
async fn users_are_listed_shown_and_unlocked() {
    let installation = Installation::new(Database::sqlite());
    let ada = installation.person("ada@clinic.test");
    for arguments in [
        vec!["user", "list", "--json"],
        vec!["user", "show", "ada@clinic.test", "--json"],
        vec!["user", "unlock", "ada@clinic.test", "--json"],
    ] {
        let printed = installation.cli(&arguments).to_string();
        assert!(!printed.contains(PASSWORD) && !printed.contains("argon2"), "{printed}");
    }
    let listed = installation.cli(&["user", "list", "--json"]);
    let shown = installation.cli(&["user", "show", "ada@clinic.test", "--json"]);
    assert_eq!(shown["identifiers"], json!(["ada@clinic.test"]));
    assert!(
        listed["users"][0].get("identifiers").is_none(),
        "a list does not say that there are none"
    );
    let config = installation.config().display().to_string();
    let again = process::run_with_input(
        &["user", "add", "--email", &ada.email, "--password-stdin", "--config", &config],
        &format!("{PASSWORD}\n"),
    );
    assert_eq!(code(&again), 1, "an address names one user: {}", words(&again));
}

#[test]
fn vendor_profiles_ask_for_what_they_need() {
    let installation = Installation::new(Database::sqlite());
    let output = on(&installation, &["client", "add", "--name", "H", "--profile", "healthie"]);
    assert_ne!(code(&output), 0, "{}", words(&output));
    assert!(words(&output).contains("--set company="), "{}", words(&output));
    let healthie = ["client", "add", "--profile", "healthie", "--set", "company=acme", "--json"];
    let printed = installation.cli(&healthie);
    assert!(
        printed.to_string().contains("https://secure.gethealthie.com/sso/acme_auth"),
        "{printed}"
    );
    let printed = installation.cli(&["client", "add", "--profile", "unomed", "--json"]);
    for uri in ["api.unomed.ch", "api.dev.unomed.ch"] {
        let uri = format!("https://{uri}/accounts/vendor_oauth2/login/callback/");
        assert!(printed.to_string().contains(&uri), "{printed}");
    }
}

#[test]
fn roles_and_tokens_are_given_and_taken_away() {
    let installation = Installation::new(Database::sqlite());
    installation.cli(&["user", "add", "--email", "ada@clinic.test", "--json"]);
    let granted =
        installation.cli(&["admin", "grant", "--user", "ada@clinic.test", "owner", "--json"]);
    assert_eq!(granted["reach"], "everywhere");
    let user = ["--user", "ada@clinic.test"];
    let made = [&["token", "add", "--label", "deploy", "--permission", "clients:read"], &user[..]];
    let made = installation.cli(&[&made.concat()[..], &["--json"]].concat());
    assert!(made["token"].as_str().unwrap().starts_with("vbt_"), "{made}");
    let listed = installation.cli(&[&["token", "list"], &user[..], &["--json"]].concat());
    assert_eq!(listed["tokens"][0]["label"], "deploy");
    assert!(listed["tokens"][0]["token"].is_null(), "it is shown once");
    let id = granted["id"].as_str().unwrap();
    let refused = on(&installation, &["admin", "revoke", id]);
    assert_eq!(code(&refused), 1);
    assert!(words(&refused).contains("last owner"), "{}", words(&refused));
    let unknown = on(&installation, &["client", "list", "--organization", "nowhere"]);
    assert_eq!(code(&unknown), 1);
    assert!(words(&unknown).contains("nowhere"), "{}", words(&unknown));
}

#[test]
fn guides_are_not_written_over_pages_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().display().to_string();
    let written = || process::run(&["profile", "guide", "--into", &into]);
    assert_eq!(code(&written()), 0);
    assert_eq!(code(&written()), 0, "its own it writes anew");
    let page = folder.path().join("README.md");
    std::fs::write(&page, "# My project\n").unwrap();
    assert_eq!(code(&written()), 1);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "# My project\n");
}

#[test]
fn what_people_could_not_read_is_refused() {
    let installation = Installation::new(Database::sqlite());
    let uri = "https://rp.test/cb";
    for name in ["\u{202e}elgooG", "Goo\u{200b}gle", "a\u{1b}[31m"] {
        let output = on(&installation, &["client", "add", "--name", name, "--redirect-uri", uri]);
        assert_eq!(code(&output), 1, "{name:?}");
        assert!(words(&output).contains("visible"), "{}", words(&output));
    }
    let added = ["client", "add", "--name", "می\u{200c}خواهم", "--redirect-uri", uri, "--json"];
    let client = installation.cli(&added)["client_id"].as_str().unwrap().to_owned();
    let far =
        on(&installation, &["client", "secret", "add", &client, "--expires-in", "99999999999d"]);
    assert_eq!(code(&far), 1);
    assert!(words(&far).contains("10000"), "{}", words(&far));
}

#[test]
fn a_database_that_cannot_be_used_is_named_with_what_to_do() {
    let installation = Installation::new(Database::sqlite());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.db");
    std::fs::write(&file, "these are my notes, and no database at all".repeat(100)).unwrap();
    let serve = |url: String, expected: &str| {
        let config = installation.config().display().to_string();
        let mut command = process::command(&["serve", "--config", &config]);
        let output = command.env("DATABASE_URL", url).output().unwrap();
        let said = words(&output);
        assert_eq!(code(&output), 1, "{said}");
        assert!(said.contains(expected) && !said.contains("hunter2"), "{said}");
    };
    serve(format!("sqlite:{}", file.display()), "is no SQLite database");
    let theirs = Database::empty_sqlite();
    theirs.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)");
    let config = installation.config().display().to_string();
    let mut migrate = process::command(&["migrate", "--config", &config]);
    let output = migrate.env("DATABASE_URL", theirs.url()).output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(words(&output).contains("another program"), "{}", words(&output));
    serve(format!("sqlite:{}", folder.path().display()), "is a folder");
    let missing = folder.path().join("mistyped.db");
    serve(format!("sqlite:{}", missing.display()), "there is no database");
    assert!(!missing.exists(), "a mistake in a path makes no database");
    serve("postgres://me:hunter2%@localhost/x".to_owned(), "write % itself as %25");
}

#[test]
fn i28_the_server_holds_as_many_files_as_the_system_allows() {
    let installation = Installation::new(Database::sqlite());
    let config = installation.config().display().to_string();
    let port = process::free_port();
    let issuer = format!("http://127.0.0.1:{port}");
    let mut serve = Command::new("sh");
    serve.args(["-c", "ulimit -S -n 64; exec \"$0\" serve --config \"$1\""]);
    serve.arg(process::program()).arg(config);
    serve.env("VESTIBULE_SERVER__BIND", format!("127.0.0.1:{port}"));
    serve.env("VESTIBULE_ISSUER", &issuer).env("VESTIBULE_SERVER__MANAGEMENT_BIND", "off");
    let mut server = Process::start(serve, &issuer);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|word| files.split_whitespace().nth(word).unwrap());
    assert_eq!(soft, hard, "{files}");
    assert!(server.terminate());
}

#[tokio::test]
async fn another_issuer_on_one_database_is_told() {
    for database in [Database::sqlite(), Database::postgres()] {
        let installation = Installation::new(database);
        let config = installation.config();
        let file = config.to_str().unwrap();
        let issuer_found = || {
            let checked = on(&installation, &["doctor", "--json"]);
            let told: Value = serde_json::from_slice(&checked.stdout).unwrap();
            let checks = told["checks"].as_array().unwrap().clone();
            checks.into_iter().find(|check| check["check"] == "issuer").unwrap()
        };
        let migrated = on(&installation, &["migrate"]);
        assert_eq!(code(&migrated), 0, "{}", words(&migrated));
        assert_eq!(issuer_found()["level"], "ok", "nothing was served yet");
        for _ in 0..2 {
            let mut first = installation.serve();
            assert!(first.terminate());
            assert!(!first.log().contains("another issuer"), "{}", first.log());
        }
        let moved = format!("http://127.0.0.1:{}", process::free_port());
        let mut command = process::command(&["serve", "--config", file]);
        command.env("VESTIBULE_ISSUER", &moved);
        command.env("VESTIBULE_SERVER__BIND", moved.strip_prefix("http://").unwrap());
        let mut second = Process::start(command, &moved);
        assert!(second.terminate());
        assert!(second.log().contains("another issuer"), "{}", second.log());
        let found = issuer_found();
        assert_eq!(found["level"], "warning", "{found}");
        assert!(found["detail"].as_str().unwrap().contains(&moved), "{found}");
        let events = installation.cli(&["events", "search", "--kind", "issuer.changed", "--json"]);
        let facts = &events["facts"];
        assert_eq!(facts["before"]["issuer"], installation.issuer.as_str(), "{events}");
        assert_eq!(facts["after"]["issuer"], moved.as_str(), "{events}");
    }
}

/// Whoever keeps an answer on a full disk would take a part of it for all.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let installation = Installation::new(Database::sqlite());
    installation.person("ada@clinic.test");
    let config = installation.config().display().to_string();
    for arguments in [&["user", "export"][..], &["events", "export"], &["user", "list", "--json"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let mut command = process::command(&[arguments, &["--config", &config]].concat());
        let output = command.stdout(full).output().expect("it runs");
        assert_eq!(code(&output), 1, "{arguments:?}: {}", words(&output));
        assert!(words(&output).contains("could not be written"), "{}", words(&output));
    }
}

/// A standby answers, and everything that is to be written there is refused.
#[test]
fn doctor_knows_a_standby() {
    let installation = Installation::new(Database::postgres());
    let looked = || -> Value {
        let output = on(&installation, &["doctor", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let finding = |told: &Value, name: &str| {
        let checks = told["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(finding(&looked(), "database writes")["ok"], true);
    installation.database.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
         current_database()); END $$",
    );
    let told = looked();
    let refused = finding(&told, "migrations");
    assert_eq!(refused["ok"], false, "{told}");
    assert!(refused["fix"].as_str().unwrap_or_default().contains("standby"), "{told}");
}

/// Whoever has renewed a certificate asks before the restart.
#[test]
fn config_check_knows_a_key_that_is_not_the_certificates() {
    let installation = Installation::new(Database::sqlite());
    let pair =
        || rcgen::generate_simple_self_signed(["id.test".to_owned()]).expect("a certificate");
    let (ours, other) = (pair(), pair());
    let folder = installation.config().with_file_name("tls");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("tls.pem"), ours.cert.pem()).unwrap();
    let text = std::fs::read_to_string(installation.config()).unwrap();
    let tls = "[server]\ntls.certificate_file = \"tls/tls.pem\"\ntls.key_file = \"tls/tls.key\"";
    std::fs::write(installation.config(), text.replacen("[server]", tls, 1)).unwrap();
    for (key, wanted) in
        [(ours.signing_key.serialize_pem(), 0), (other.signing_key.serialize_pem(), 1)]
    {
        std::fs::write(folder.join("tls.key"), key).unwrap();
        let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.join("tls.key"), closed).unwrap();
        let output = on(&installation, &["config", "check"]);
        assert_eq!(code(&output), wanted, "{}", words(&output));
    }
}
