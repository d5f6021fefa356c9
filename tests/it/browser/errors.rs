//! Every error page: its code and its case code can be read, and it is fit to be seen.

use vestibule_tests::chromium::{Chromium, Scripts};
use vestibule_tests::databases::Database;
use vestibule_tests::server::Server;

use super::Scene;

#[tokio::test]
async fn each_error_page() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    let rp = &scene.rp;
    for (name, url, code) in [
        ("unknown-client", rp.request(&[("client_id", "nobody")]), None),
        (
            "wrong-redirect-uri",
            rp.request(&[("redirect_uri", "https://rp.test/elsewhere")]),
            Some("invalid_request"),
        ),
        ("missing-client", rp.request(&[("client_id", "")]), Some("invalid_request")),
        ("not-found", rp.at("/nowhere"), None),
        ("sign-in-without-an-app", rp.at("/login?request=AAAA"), None),
        ("consent-without-an-app", rp.at("/consent?request=AAAA"), None),
        ("wrong-logout-hint", rp.at("/oauth/logout?id_token_hint=nonsense"), None),
        ("setup-link-spent", rp.at("/setup/nonsense"), None),
    ] {
        chromium.open(&url).await;
        // The status of the page itself is a line in the console.
        let _ = chromium.console().await;
        let shown = chromium.text_of("error-code").await;
        assert!(!shown.is_empty(), "{name}");
        if let Some(code) = code {
            assert_eq!(shown, code, "{name}");
        }
        let case = chromium.text_of("case-code").await;
        assert_eq!(case.len(), 7, "{name}: {case:?}");
        chromium.inspect(&format!("error-{name}")).await;
    }
    scene.close().await;
}

/// The error page that is shown: what it is about, and that it is fit to be seen.
async fn shows(chromium: &Chromium, name: &str, heading: &str) {
    chromium.wait_for("error-code").await;
    // The status of the page itself is a line in the console.
    let _ = chromium.console().await;
    let text = chromium.text().await;
    assert!(text.contains(heading), "{name}: {text}");
    assert_eq!(chromium.text_of("case-code").await.len(), 7, "{name}");
    chromium.inspect(&format!("error-{name}")).await;
}

#[tokio::test]
async fn each_error_page_that_a_form_leads_to() {
    let scene = Scene::set(Scripts::On).await;
    let (chromium, ada) = (&scene.chromium, scene.server.ada());
    let set = |field: &str, value: &str| {
        format!("document.querySelector('[name={field}]').value = {value}; return null;")
    };
    for (name, script, heading) in [
        ("form-too-large", set("password", "'x'.repeat(20000)"), "too much to send"),
        ("form-of-another-page", set("csrf", "'made up'"), "could not accept this form"),
    ] {
        chromium.open(&scene.rp.request(&[])).await;
        chromium.fill("username", &ada.email).await;
        chromium.evaluate(&script).await;
        chromium.click("submit").await;
        shows(chromium, name, heading).await;
    }
    chromium.open(&scene.rp.request(&[])).await;
    chromium.fill("username", &ada.email).await;
    chromium.forget_cookies().await;
    chromium.click("submit").await;
    shows(chromium, "cookies-forgotten", "did not keep our cookie").await;

    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&ada).await;
    chromium.wait_for("approve").await;
    let consent = chromium.url().await;
    chromium.click("approve").await;
    scene.arrival().await;
    chromium.open(&consent).await;
    shows(chromium, "finished-already", "already finished").await;
    scene.close().await;
}

#[tokio::test]
async fn the_error_page_of_too_many_sign_ins() {
    let settings =
        [("limits", "sign_in_per_minute = 1"), ("server", "trusted_proxies = [\"127.0.0.1\"]")];
    let server = Server::start_with(Database::sqlite(), &settings).await;
    let rp = server.clinic();
    let chromium = Chromium::start(Scripts::On).await;
    chromium.open(&rp.at("/login")).await;
    // Loopback itself is not counted.
    chromium.send_always("X-Forwarded-For", "203.0.113.9").await;
    for _ in 0..12 {
        chromium.open(&rp.request(&[])).await;
    }
    shows(&chromium, "too-many", "oo many").await;
    chromium.close().await;
    server.stop().await;
}
