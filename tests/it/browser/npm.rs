//! Relying parties from npm: oidc-client-ts, which runs in the page alone, and openid-client in Node.

use serde_json::json;
use vestibule_tests::browser::Browser;
use vestibule_tests::chromium::{Chromium, Scripts};
use vestibule_tests::databases::Database;
use vestibule_tests::node::OpenidClient;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::{Registration, Server};

use super::Scene;

/// The app's script on the page that is shown.
async fn start(chromium: &Chromium, rp: &RelyingParty, origin: &str) {
    chromium.load("oidc-client-ts/dist/browser/oidc-client-ts.min.js", "oidc").await;
    let settings = json!({
        "authority": rp.issuer,
        "client_id": rp.client_id,
        "redirect_uri": rp.redirect_uri,
        "post_logout_redirect_uri": format!("{origin}/signed-out"),
        "scope": "openid profile email offline_access",
        "loadUserInfo": true,
        "automaticSilentRenew": false,
    });
    chromium.outcome(&format!("void (window.app = new oidc.UserManager({settings}))")).await;
}

#[tokio::test]
async fn oidc_client_ts_needs_nothing_but_its_redirect_uri() {
    let scene = Scene::set(Scripts::On).await;
    let (chromium, origin) = (&scene.chromium, scene.landing.origin.as_str());
    let registration = Registration {
        auth_method: "none",
        pkce: "required",
        redirect_uris: vec![format!("{origin}/cb")],
        post_logout_redirect_uris: vec![format!("{origin}/signed-out")],
        ..Registration::default()
    };
    let rp = scene.server.register(registration).await;
    chromium.open(&rp.redirect_uri).await;
    start(chromium, &rp, origin).await;
    chromium.outcome("void app.signinRedirect()").await;
    chromium.wait_for("username").await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.wait_for("approve").await;
    chromium.click("approve").await;
    scene.arrival().await;

    start(chromium, &rp, origin).await;
    let profile = chromium.outcome("app.signinRedirectCallback().then(user => user.profile)").await;
    assert_eq!(profile["email"], "ada@clinic.test", "{profile:#}");
    let renewed = chromium.outcome("app.signinSilent().then(user => user.profile)").await;
    assert_eq!(renewed["sub"], profile["sub"], "{renewed:#}");
    let dead = chromium
        .outcome(
            "app.getUser().then(async user => {
                const bearer = { headers: { Authorization: `Bearer ${user.access_token}` } };
                await app.revokeTokens();
                const answer = await fetch(`${app.settings.authority}/oauth/userinfo`, bearer);
                return [answer.status, (await answer.json()).error];
            })",
        )
        .await;
    assert_eq!(dead, json!([401, "invalid_token"]));
    chromium.outcome("void app.signoutRedirect()").await;
    chromium.wait_for_address(&format!("{origin}/signed-out")).await;
    scene.close().await;
}

#[tokio::test]
async fn openid_client_signs_in_renews_revokes_and_leaves() {
    let server = Server::start(Database::sqlite()).await;
    for (auth_method, method) in [
        ("basic_or_post", "default"),
        ("client_secret_basic", "basic"),
        ("client_secret_post", "post"),
        ("none", "none"),
    ] {
        let rp = server
            .register(Registration {
                auth_method,
                pkce: "required",
                post_logout_redirect_uris: vec!["https://rp.test/cb".to_owned()],
                ..Registration::default()
            })
            .await;
        let mut browser = Browser::new();
        let party = OpenidClient::begin(&rp, method).await;
        let back = browser.authorize(&party.request, &server.ada()).await;
        let told = party.finish(&back.url).await;
        let learnt = &told["learnt"];
        assert_eq!(learnt["userinfo"]["email"], "ada@clinic.test", "{method}: {told:#}");
        assert_eq!(learnt["userinfo"]["sub"], learnt["sub"]);
        assert_eq!(learnt["renewed"], learnt["sub"]);
        assert_eq!(learnt["active"], if method == "none" { json!(null) } else { json!(true) });
        assert_eq!(learnt["revoked"]["error"], "invalid_token");
        let left = browser.open(learnt["leave"].as_str().unwrap()).await;
        assert_eq!(left.location(), Some("https://rp.test/cb"), "{}", left.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn openid_client_shows_its_developer_what_a_refusal_says() {
    let server = Server::start(Database::sqlite()).await;
    let registration =
        Registration { auth_method: "client_secret_basic", ..Registration::default() };
    let rp = server.register(registration).await;
    let party = OpenidClient::begin(&rp, "default").await;
    let back = Browser::new().authorize(&party.request, &server.ada()).await;
    let told = party.finish(&back.url).await;
    let heard = &told["fault"]["challenges"][0]["parameters"];
    assert_eq!(heard["error"], "invalid_client", "{told:#}");
    assert!(heard["error_description"].as_str().unwrap().contains("(case "), "{told:#}");
    assert_eq!(heard["error_uri"], format!("{}/errors/VB-2100", server.issuer()));
    server.stop().await;
}
