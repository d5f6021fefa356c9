//! The console: a vendor's client from nothing; the same without scripts and without a mouse.

use vestibule_tests::chromium::{Scheme, Scripts};

use super::Scene;

/// A browser in which an owner is signed in, at the console's first page.
pub(super) async fn entered(scripts: Scripts) -> Scene {
    let scene = Scene::set(scripts).await;
    scene.server.make_owner(&scene.server.ada()).await;
    scene.chromium.open(&scene.rp.at("/admin")).await;
    scene.chromium.sign_in(&scene.server.ada()).await;
    scene.chromium.wait_for_text("Overview").await;
    scene
}

#[tokio::test]
async fn a_unomed_client_from_nothing() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.at("/admin/clients")).await;
    chromium.click("new-client").await;
    chromium.wait_for("profile-unomed").await;
    chromium.click("profile-unomed").await;
    chromium.wait_for("register").await;
    chromium.click("register").await;
    assert!(chromium.text_of("client-secret").await.starts_with("vcs_"));
    chromium.inspect("console-registered").await;
    chromium.click("client").await;
    chromium.wait_for_text("vendor_oauth2").await;
    scene.close().await;
}

#[tokio::test]
async fn faults_are_told_beside_their_fields() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.at("/admin/new-client?kind=web")).await;
    chromium.fill("redirect_uris", "http://rp.test/cb").await;
    chromium.wait_for_css("ul.checks .bad").await;
    chromium.click("register").await;
    chromium.wait_for("error-summary").await;
    let _ = chromium.console().await;
    chromium.inspect("console-new-client-faults").await;
    scene.close().await;
}

#[tokio::test]
async fn a_search_is_answered_while_it_is_typed() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    scene.server.person("bob@clinic.test").await;
    for (list, fits, found, none) in [
        ("clients", "clin", "2 clients", "No client fits this search."),
        ("users", "bob", "1 user", "No user fits this search."),
    ] {
        chromium.open(&scene.rp.at(&format!("/admin/{list}"))).await;
        chromium.fill("q", "nobody is called so").await;
        chromium.wait_for_text("Nothing found").await;
        assert_eq!(chromium.text_of("results-count").await, none);
        assert!(chromium.url().await.contains("q=nobody"), "the address says what is searched for");
        chromium.fill("q", fits).await;
        chromium.wait_for_css("#results tbody tr").await;
        assert_eq!(chromium.text_of("results-count").await, found);
        assert_eq!(chromium.focused().await.as_deref(), Some("q"), "typing goes on");
        let live = "#results-count[role=status], #results [aria-live]";
        assert_eq!(chromium.count(live).await, 1, "the count is told, and the table is not");
    }
    assert_eq!(chromium.console().await, Vec::<String>::new());
    scene.close().await;
}

#[tokio::test]
async fn a_search_without_scripts() {
    let scene = entered(Scripts::Off).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.at("/admin/users")).await;
    chromium.fill("q", "nobody is called so").await;
    chromium.click("search").await;
    chromium.wait_for_text("Nothing found").await;
    scene.close().await;
}

#[tokio::test]
async fn the_way_around_with_the_keyboard() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    let enter = char::from(fantoccini::key::Key::Enter).to_string();
    let escape = char::from(fantoccini::key::Key::Escape).to_string();
    chromium.open(&scene.rp.at("/admin/clients")).await;
    chromium.tab_to("skip").await;
    chromium.screenshot("console-skip-link.png").await;
    chromium.press(&enter).await;
    chromium.tab_to("new-client").await;
    chromium.screenshot("console-focus.png").await;

    chromium.appear(Scheme::Light, 320).await;
    chromium.open(&scene.rp.at("/admin/clients")).await;
    chromium.tab_to("menu").await;
    chromium.press(&enter).await;
    chromium.wait_for_css("details.menu[open]").await;
    chromium.inspect("console-menu").await;
    chromium.appear(Scheme::Light, 320).await;
    chromium.press(&escape).await;
    chromium.wait_for_css("details.menu:not([open])").await;
    assert_eq!(chromium.focused().await.as_deref(), Some("menu"));
    scene.close().await;
}

#[tokio::test]
async fn registering_a_client_without_scripts() {
    let scene = entered(Scripts::Off).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.at("/admin/new-client?kind=web")).await;
    chromium.fill("name", "Without scripts").await;
    chromium.fill("redirect_uris", "https://rp.test/cb").await;
    chromium.click("register").await;
    chromium.wait_for("client-secret").await;
    chromium.click("client").await;
    chromium.wait_for("status").await;
    chromium.click("status").await;
    chromium.click("confirm").await;
    chromium.wait_for_text("Without scripts is disabled.").await;
    chromium.click("sign-out").await;
    chromium.wait_for("signed-out").await;
    scene.close().await;
}

#[tokio::test]
async fn registering_a_client_with_the_keyboard_alone() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    let enter = char::from(fantoccini::key::Key::Enter).to_string();
    chromium.open(&scene.rp.at("/admin/new-client?kind=web")).await;
    chromium.tab_to("name").await;
    chromium.press("By keyboard").await;
    chromium.tab_to("redirect_uris").await;
    chromium.press("https://rp.test/cb").await;
    chromium.tab_to("register").await;
    chromium.press(&enter).await;
    chromium.wait_for("client-secret").await;
    chromium.tab_to("client").await;
    chromium.press(&enter).await;
    chromium.wait_for_text("By keyboard").await;
    scene.close().await;
}
