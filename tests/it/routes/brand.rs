//! Logos and colours: what is taken, where it shows, how it is served.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::api::{Api, organization};
use vestibule_tests::browser::{Answer, Browser};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::Server;

/// 32 by 32 pixels: a blue ring on white.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAMAAABEpIrGAAAACVBMVEX///8ac+j///9xG116AAAAYklEQVR42r3Tuw6AMAxD0dr//9EwMGCF9AYh4bE5S/NY6010ZV9tjEqonkLaC2kvJBC3F58pIMtJEthFBLCr6OohpsB+FL+CD7/ARs1b3Q4Lx80LgyvHS8trz4fDpzc43iYHXYkDkXDS6m0AAAAASUVORK5CYII=";

fn picture() -> Vec<u8> {
    STANDARD.decode(LOGO).expect("base64")
}

/// The same picture with a comment in it: other bytes.
fn other_picture() -> Vec<u8> {
    let mut bytes = picture();
    let end = bytes.split_off(bytes.len() - 12);
    bytes.extend(b"\0\0\0\x04tEXtnext\0\0\0\0");
    bytes.extend(end);
    bytes
}

async fn put(api: &Api, path: &str, bytes: Vec<u8>) -> Answer {
    // Whatever it says it is: the content tells.
    api.send(Method::PUT, path, &[("content-type", "image/webp")], Some(bytes)).await
}

/// Where a logo of the root organization is served.
fn address(logo: &Value) -> String {
    let digits = logo.as_str().expect("a logo").strip_prefix("sha256:").expect("a digest");
    format!("/brand/1/{digits}")
}

/// The sign-in page of a client, once this node has seen the change.
async fn sign_in_page(server: &Server, rp: &RelyingParty) -> Answer {
    server.app().clients.forget_all();
    server.app().brands.refresh(&server.app().store).await.expect("a database that answers");
    let mut browser = Browser::new();
    let asked = browser.open(&rp.request(&[])).await;
    let login = asked.onward().expect("the sign-in page");
    browser.open(login.as_str()).await
}

fn faults(answer: &Answer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.text());
    answer.text()
}

on_both_databases! {
    async fn a_logo_is_kept_served_and_shown_on_the_pages_of_its_client(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        let path = format!("/clients/{}/logo", rp.client_id);
        let set = put(&api, &path, picture()).await;
        assert_eq!(set.status, 200, "{}", set.text());
        let served = address(&set.json()["logo"]);
        let answer = rp.get(&served).await;
        assert_eq!(answer.status, 200);
        let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), "image/png");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        assert!(header("cache-control").contains("immutable"));

        let page = sign_in_page(server, &rp).await;
        assert!(page.text().contains(&format!("<img src=\"{served}\" alt=\"\">")), "{}", page.text());
        let policy = page.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe-inline") && policy.contains("img-src 'self'"), "{policy}");
        let shown = Browser::new().open(&rp.request(&[("redirect_uri", "https://evil.test/")])).await;
        assert!(shown.text().contains(&served), "the error page: {}", shown.text());

        let second = put(&api, &path, other_picture()).await;
        assert_eq!(second.status, 200, "{}", second.text());
        assert_eq!(rp.get(&served).await.status, 404, "nobody names it any more");
        assert_eq!(api.send(Method::DELETE, &path, &[], None).await.status, 204);
        assert_eq!(rp.get(&address(&second.json()["logo"])).await.status, 404);
        assert!(!sign_in_page(server, &rp).await.text().contains("/brand/1/"));
    }

    async fn a_picture_that_two_name_stays_until_both_have_let_it_go(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        let other = server.register(vestibule_tests::server::Registration::default()).await;
        let path = |rp: &RelyingParty| format!("/clients/{}/logo", rp.client_id);
        let served = address(&put(&api, &path(&rp), picture()).await.json()["logo"]);
        put(&api, &path(&other), picture()).await;
        assert_eq!(api.send(Method::DELETE, &path(&rp), &[], None).await.status, 204);
        assert_eq!(rp.get(&served).await.status, 200);
        let gone = api.send(Method::DELETE, &format!("/clients/{}", other.client_id), &[], None).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
        assert_eq!(rp.get(&served).await.status, 404);
    }

    async fn hostile_files_are_named_and_change_nothing(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        let path = format!("/clients/{}/logo", rp.client_id);
        let mut wide = picture();
        wide.splice(16..20, [0, 1, 0, 0]);
        let mut behind = picture();
        behind.extend(b"<script>alert(1)</script>");
        let cases: [(Vec<u8>, &str); 7] = [
            (Vec::new(), "the file is empty"),
            (b"<!doctype html><script>alert(1)</script>".to_vec(), "HTML or XML"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), "an SVG"),
            (b"GIF89a".to_vec(), "a GIF"),
            (picture()[..100].to_vec(), "cut off or damaged"),
            (behind, "follow the end of the PNG picture"),
            (wide, "65536 by 32 pixels"),
        ];
        for (bytes, said) in cases {
            let text = faults(&put(&api, &path, bytes).await);
            assert!(text.contains(said), "{said}: {text}");
        }
        let huge = put(&api, &path, vec![0; 256 * 1024 + 1]).await;
        assert_eq!(huge.status, 413, "{}", huge.text());
        assert_eq!(api.get(&format!("/clients/{}", rp.client_id)).await.json()["logo"], Value::Null);
        for missing in ["/brand/1/00", "/brand/x/y", "/brand/1/../1", "/brand/red.css", "/brand/ffffff.css", "/brand/1A73E8.css"] {
            assert_eq!(rp.get(missing).await.status, 404, "{missing}");
        }
    }

    async fn a_colour_that_cannot_be_told_apart_is_refused_with_the_nearest_that_can(server) {
        let (api, rp) = (Api::owner(server).await, server.clinic());
        let path = format!("/clients/{}", rp.client_id);
        let set = async |accent: &str| api.json(Method::PATCH, &path, &json!({ "accent": accent })).await;
        let text = faults(&set("#003366").await);
        let nearest = text.split("the nearest colour that has it is ").nth(1).unwrap_or_else(|| panic!("{text}")).get(..7).unwrap().to_owned();
        let taken = set(&nearest).await;
        assert_eq!(taken.json()["accent"], json!(nearest), "{}", taken.text());
        for wrong in ["red", "#fff", "#12345g", "url(https://evil.test)"] {
            assert!(faults(&set(wrong).await).contains("a colour such as #1a73e8"), "{wrong}");
        }
        let style = format!("/brand/{}.css", nearest.trim_start_matches('#'));
        let page = sign_in_page(server, &rp).await;
        assert!(page.text().contains(&style), "{}", page.text());
        let sheet = rp.get(&style).await;
        assert_eq!(sheet.header("content-type"), Some("text/css; charset=utf-8"));
        assert!(sheet.text().contains(&format!("--fill: {nearest};")), "{}", sheet.text());
    }

    async fn an_organizations_brand_stands_where_a_client_has_none(server) {
        let rp = server.clinic();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("ring.png");
        std::fs::write(&file, picture()).expect("a new file");
        let file = file.display().to_string();
        let set = server.cli(&["organization", "logo", "set", "root", &file, "--json"]);
        server.cli(&["organization", "accent", "set", "root", "#1a73e8", "--json"]);
        let served = address(&set["logo"]);
        assert_eq!(rp.get(&served).await.status, 200);
        let page = sign_in_page(server, &rp).await.text();
        assert!(page.contains(&format!("<img class=\"logo\" src=\"{served}\" alt=\"\">")), "{page}");
        assert!(page.contains("/brand/1a73e8.css"), "{page}");
        server.cli(&["client", "accent", "set", &rp.client_id, "#d9480f", "--json"]);
        let page = sign_in_page(server, &rp).await.text();
        assert!(page.contains("/brand/d9480f.css") && !page.contains("/brand/1a73e8.css"), "{page}");
        let removed = server.cli(&["organization", "logo", "remove", "root", "--json"]);
        assert_eq!(removed["logo"], Value::Null);
        assert_eq!(rp.get(&served).await.status, 404);
    }

    async fn i26_a_picture_is_found_in_its_own_organization_alone(server) {
        let (api, north) = (Api::owner(server).await, organization(server, "north").await);
        let set = put(&api, &format!("/clients/{}/logo", server.clinic().client_id), picture()).await;
        let digest = set.json()["logo"].clone();
        let elsewhere = address(&digest).replace("/brand/1/", &format!("/brand/{}/", north.0));
        assert_eq!(server.clinic().get(&elsewhere).await.status, 404);
        let made = api.post("/organizations/north/clients", &json!({ "name": "Portal", "redirect_uris": ["https://rp.test/cb"], "logo": digest })).await;
        assert!(faults(&made).contains("there is no such picture"), "{}", made.text());
    }

    async fn the_same_brand_by_every_door(server) {
        let api = Api::owner(server).await;
        let id = server.clinic().client_id;
        let by_api = put(&api, &format!("/clients/{id}/logo"), picture()).await.json()["logo"].clone();
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ring.png"), picture()).expect("a new file");
        let document = "version = 1\n[[organization]]\nslug = \"south\"\nname = \"South\"\nlogo = \"ring.png\"\naccent = \"#1a73e8\"\n\
            [[client]]\nclient_id = \"by-file\"\nname = \"By file\"\nredirect_uris = [\"https://rp.test/cb\"]\nauth_method = \"none\"\nlogo = \"ring.png\"\naccent = \"#1a73e8\"\n";
        let file = folder.path().join("state.toml");
        std::fs::write(&file, document).expect("a new file");
        let file = file.display().to_string();
        server.cli(&["state", "apply", "-f", &file, "--json"]);
        let by_file = api.get("/clients/by-file").await.json();
        assert_eq!((&by_file["logo"], &by_file["accent"]), (&by_api, &json!("#1a73e8")));
        let south = api.get("/organizations/south").await.json();
        assert_eq!((&south["logo"], &south["accent"]), (&by_api, &json!("#1a73e8")));
        let again = server.cli(&["state", "diff", "-f", &file, "--json"]);
        assert_eq!(again["changes"].as_array().map_or(0, Vec::len), 0, "{again}");

        let ring = folder.path().join("ring.png").display().to_string();
        let by_cli = server.cli(&["client", "logo", "set", "by-file", &ring, "--json"]);
        assert_eq!(by_cli["logo"], by_api);

        server.make_owner(&server.ada()).await;
        let mut browser = Browser::new();
        let (ada, base) = (server.ada(), server.issuer().to_owned());
        let login = browser.open(&format!("{base}/login")).await;
        let form = login.page().form_with("password").expect("a password is asked for");
        let form = form.fill("username", &ada.email).fill("password", &ada.password);
        browser.submit(&login.url, &form.press("submit")).await;
        let home = format!("{base}/admin/clients/{id}/branding");
        let page = browser.open(&home).await;
        assert!(page.text().contains("Preview"), "{}", page.text());
        let form = page.page().form_with("upload").unwrap_or_else(|| panic!("{}", page.text()));
        let html = browser.upload(&page.url, &form, "logo.png", b"<html>").await;
        assert_eq!(html.status, 422, "{}", html.text());
        assert!(html.text().contains("HTML or XML") && html.page().has_id("error-summary"), "{}", html.text());
        let saved = browser.upload(&page.url, &form, "logo.png", &other_picture()).await;
        let back = saved.onward().unwrap_or_else(|| panic!("{}", saved.text()));
        assert!(browser.open(back.as_str()).await.text().contains("The logo is saved."));
        let by_console = api.get(&format!("/clients/{id}")).await.json()["logo"].clone();
        assert_ne!(by_console, by_api);
        let form = page.page().form_with("remove-logo").expect("a button").press("remove-logo");
        browser.upload(&page.url, &form, "", b"").await;
        assert_eq!(api.get(&format!("/clients/{id}")).await.json()["logo"], Value::Null);
    }
}
