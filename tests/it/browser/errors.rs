//! Every error page: its code and its case code can be read, and it is fit to be seen.

use vestibule_tests::chromium::Scripts;

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
