//! One act, four doors: the same client by the console, the API, the command line and a file.

use serde_json::json;
use vestibule_tests::api::{Api, canonical_client};
use vestibule_tests::browser::Browser;
use vestibule_tests::on_both_databases;
use vestibule_tests::server::Server;

/// Registers a Unomed client in the console, as a person would.
async fn by_console(server: &Server) -> String {
    server.make_owner(&server.ada()).await;
    let mut browser = Browser::new();
    let ada = server.ada();
    let login = browser.open(&format!("{}/login", server.issuer())).await;
    let form = login.page().form_with("password").expect("a password is asked for");
    let form = form.fill("username", &ada.email).fill("password", &ada.password);
    browser.submit(&login.url, &form.press("submit")).await;
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

on_both_databases! {
    async fn a_unomed_client_is_the_same_through_every_door(server) {
        let console = by_console(server).await;
        let expected = canonical_client(server, &console).await;
        for id in [by_api(server).await, by_command_line(server), by_file(server)] {
            assert_eq!(canonical_client(server, &id).await, expected, "{id}");
        }
    }
}
