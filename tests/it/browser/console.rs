//! The console: every page in light and dark, wide and narrow; a vendor's client from nothing; the
//! same without scripts and without a mouse.

use vestibule_tests::chromium::Scripts;

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
    chromium.inspect("console-overview").await;
    chromium.open(&scene.rp.at("/admin/clients")).await;
    chromium.inspect("console-clients").await;
    chromium.click("new-client").await;
    chromium.wait_for("profile-unomed").await;
    chromium.inspect("console-new-client").await;
    chromium.click("profile-unomed").await;
    chromium.wait_for("register").await;
    chromium.inspect("console-new-unomed").await;
    chromium.click("register").await;
    assert!(chromium.text_of("client-secret").await.starts_with("vcs_"));
    chromium.inspect("console-registered").await;
    chromium.click("client").await;
    chromium.wait_for_text("vendor_oauth2").await;
    chromium.inspect("console-client").await;
    let home = chromium.url().await;
    for part in [
        "redirect-uris",
        "credentials",
        "credentials/new",
        "keys",
        "policy",
        "access",
        "branding",
        "claims",
        "sheet",
        "test/wait",
        "status",
        "remove",
    ] {
        chromium.open(&format!("{home}/{part}")).await;
        chromium.inspect(&format!("console-client-{}", part.replace('/', "-"))).await;
    }
    scene.close().await;
}

#[tokio::test]
async fn the_other_pages() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    for (name, route) in [
        ("keys", "/admin/keys"),
        ("key-rotation", "/admin/keys/RS256/rotate/compromised"),
        ("system", "/admin/system"),
        ("organization", "/admin/organization"),
        ("nothing-found", "/admin/clients?q=nobody"),
        ("unknown-client", "/admin/clients/nobody"),
        ("new-web-client", "/admin/new-client?kind=web"),
        ("new-machine", "/admin/new-client?kind=machine"),
        ("users", "/admin/users"),
        ("new-user", "/admin/users/new"),
        ("users-import", "/admin/users/import"),
        ("users-export", "/admin/users/export"),
        ("groups", "/admin/groups"),
        ("organizations", "/admin/organizations"),
        ("new-organization", "/admin/organizations/new"),
        ("events", "/admin/events"),
        ("webhooks", "/admin/webhooks"),
        ("new-webhook", "/admin/webhooks/new"),
        ("admins", "/admin/admins"),
        ("grant", "/admin/admins/grant"),
        ("tokens", "/admin/tokens"),
        ("new-token", "/admin/tokens/new"),
    ] {
        chromium.open(&scene.rp.at(route)).await;
        let _ = chromium.console().await;
        chromium.inspect(&format!("console-{name}")).await;
    }
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
    chromium.open(&scene.rp.at("/admin/clients")).await;
    chromium.wait_for_text("Clinic").await;
    chromium.fill("q", "nobody is called so").await;
    chromium.wait_for_text("Nothing found").await;
    assert!(chromium.url().await.contains("q=nobody"), "the address shows what is searched for");
    assert_eq!(chromium.console().await, Vec::<String>::new());
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
