//! One act, four doors: the same client by the console, the API, the command line and a file.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::api::{Api, canonical_client};
use vestibule_tests::browser::Browser;
use vestibule_tests::server::Server;
use vestibule_tests::{on_both_databases, process};

/// The browser of an owner.
async fn owner(server: &Server) -> Browser {
    server.make_owner(&server.ada()).await;
    let mut browser = Browser::new();
    let ada = server.ada();
    let login = browser.open(&format!("{}/login", server.issuer())).await;
    let form = login.page().form_with("password").expect("a password is asked for");
    let form = form.fill("username", &ada.email).fill("password", &ada.password);
    browser.submit(&login.url, &form.press("submit")).await;
    browser
}

/// Registers a Unomed client in the console, as a person would.
async fn by_console(server: &Server) -> String {
    let mut browser = owner(server).await;
    let page = browser.open(&format!("{}/admin/new-client?profile=unomed", server.issuer())).await;
    let form = page.page().form_with("register").unwrap_or_else(|| panic!("{}", page.text()));
    let made = browser.submit(&page.url, &form.press("register")).await;
    let secret = made.page().text_of("client-secret").unwrap_or_else(|| panic!("{}", made.text()));
    assert!(secret.starts_with("vcs_"));
    made.page().text_of("client-id").expect("a client id")
}

async fn by_api(server: &Server) -> String {
    let api = Api::owner(server).await;
    let made = api.post("/clients", &json!({ "profile": "unomed" })).await.json();
    made["client_id"].as_str().expect("a client").to_owned()
}

fn by_command_line(server: &Server) -> String {
    let made = server.cli(&["client", "add", "--profile", "unomed", "--json"]);
    made["client_id"].as_str().expect("a client").to_owned()
}

fn by_file(server: &Server) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, secret) = (folder.path().join("clinic.toml"), folder.path().join("secret"));
    let document = format!(
        "version = 1\n[[client]]\nclient_id = \"unomed-by-file\"\nprofile = \"unomed\"\n\
         [[client.secret]]\nlabel = \"first\"\ngenerate = true\nwrite_to = \"{}\"\n",
        secret.display()
    );
    std::fs::write(&file, document).expect("a new file");
    server.cli(&["state", "apply", "-f", &file.display().to_string(), "--json"]);
    "unomed-by-file".to_owned()
}

/// People of whom so many are found by `anna` or by `meier` that one page does not look at them all,
/// each by forty words, and one who is found by both.
fn import_many(server: &Server) {
    let mut rows = "email,given_name\n".to_owned();
    for word in ["anna", "meier"] {
        let words: Vec<String> = (0..40).map(|number| format!("{word}{number}")).collect();
        for number in 0..130 {
            writeln!(rows, "{number}@{word}.test,{}", words.join(" ")).expect("a line");
        }
    }
    rows.push_str("both@clinic.test,annaz meierz\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("many.csv");
    std::fs::write(&file, rows).expect("a new file");
    let told = server.cli(&["user", "import", &file.display().to_string(), "--json"]);
    assert_eq!(told["counts"]["created"], 261, "{told}");
}

on_both_databases! {
    async fn a_unomed_client_is_the_same_through_every_door(server) {
        let console = by_console(server).await;
        let expected = canonical_client(server, &console).await;
        for id in [by_api(server).await, by_command_line(server), by_file(server)] {
            assert_eq!(canonical_client(server, &id).await, expected, "{id}");
        }
    }

    async fn a_search_that_ended_early_says_so_through_every_door(server) {
        import_many(server);
        let mut browser = owner(server).await;
        let found = browser.open(&format!("{}/admin/users?q=anna+meier", server.issuer())).await;
        let text = found.text();
        assert!(text.contains("No user found so far.") && text.contains("Nothing found yet"), "{text}");
        let next = found.page().attribute("a[rel=next]", "href").unwrap_or_else(|| panic!("{text}"));
        let next = found.url.join(&next).expect("an address");
        let text = browser.open(next.as_str()).await.text();
        assert!(text.contains("both@clinic.test") && !text.contains("Next page"), "{text}");

        let api = Api::owner(server).await;
        let found = api.get("/users?text=anna+meier").await.json();
        assert_eq!(found["items"], json!([]));
        let cursor = found["next"].as_str().expect("a cursor");
        let found = api.get(&format!("/users?text=anna+meier&cursor={cursor}")).await.json();
        assert_eq!((&found["items"][0]["claims"]["email"], &found["next"]), (&json!("both@clinic.test"), &Value::Null));

        let list = ["user", "list", "--search", "anna meier", "--config", server.config()];
        let said = String::from_utf8(process::run(&list).stdout).expect("text");
        let (_, cursor) = said.trim().rsplit_once("look further with --after ").unwrap_or_else(|| panic!("{said}"));
        let found = server.cli(&["user", "list", "--search", "anna meier", "--after", cursor, "--json"]);
        assert_eq!((&found["users"][0]["claims"]["email"], &found["next"]), (&json!("both@clinic.test"), &Value::Null));
    }
}

on_both_databases! {
    async fn a_client_is_changed_and_removed_alike_by_api_and_command_line(server) {
        let api = Api::owner(server).await;
        let (one, other) = (by_api(server).await, by_command_line(server));
        let change = json!({
            "name": "Clinic portal",
            "pkce": "optional",
            "lifetimes": { "code_seconds": 90 },
            "frame_ancestors": ["https://portal.clinic.example"],
            "reasons": { "pkce_optional": "its library sends none" },
        });
        let changed = api.json(Method::PATCH, &format!("/clients/{one}"), &change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        server.cli(&[
            "client", "update", &other, "--json",
            "--name", "Clinic portal",
            "--set", "pkce=optional",
            "--set", "lifetimes.code_seconds=90",
            "--set", "frame_ancestors=[\"https://portal.clinic.example\"]",
            "--reason", "pkce_optional=its library sends none",
        ]);
        let expected = canonical_client(server, &one).await;
        assert_eq!(canonical_client(server, &other).await, expected);

        let refusals: [(&[&str], &str); 2] = [
            (&["client", "update", &other, "--set", "lifetimes.code_second=9"], "code_seconds?"),
            (&["client", "remove", &other, "--confirm", &one], "nothing was removed"),
        ];
        for (arguments, reason) in refusals {
            let output = process::run(&[arguments, &["--config", server.config()]].concat());
            let said = String::from_utf8(output.stderr).expect("text");
            assert!(!output.status.success() && said.contains(reason), "{arguments:?}: {said}");
        }
        server.cli(&["client", "remove", &other, "--confirm", &other, "--json"]);
        assert_eq!(api.get(&format!("/clients/{other}")).await.status, 404);
    }
}
