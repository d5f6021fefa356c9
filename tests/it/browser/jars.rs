//! A browser keeps the cookies of frames apart from the others, on https alone.

use serde_json::json;
use vestibule_tests::chromium::{Chromium, Scripts};
use vestibule_tests::databases::Database;
use vestibule_tests::landing::Landing;
use vestibule_tests::server::{Registration, Server};

use super::Scene;

/// Unomed may show its sign-in in a frame, Healthie may not: in one browser people use both.
#[tokio::test]
async fn one_browser_signs_in_at_a_client_that_may_frame_and_at_one_that_may_not() {
    let server = Server::start_over_tls(Database::sqlite()).await;
    let landing = Landing::start().await;
    let registration = Registration {
        redirect_uris: vec![format!("{}/cb", landing.origin)],
        ..Default::default()
    };
    let framing = server.register(registration.clone()).await;
    server.change_client(&framing, json!({ "frame_ancestors": ["https://app.test"] })).await;
    let rp = server.register(registration).await;
    let scene = Scene { server, landing, rp, chromium: Chromium::start(Scripts::On).await };
    let (chromium, ada) = (&scene.chromium, scene.server.ada());

    chromium.open(&framing.request(&[])).await;
    chromium.sign_in(&ada).await;
    chromium.click("approve").await;
    assert!(scene.arrival().await.contains("code="));
    // The session of the one is good for the other.
    chromium.open(&scene.rp.request(&[("prompt", "login")])).await;
    chromium.fill("password", &ada.password).await;
    chromium.click("submit").await;
    chromium.click("approve").await;
    assert!(scene.arrival().await.contains("code="));
    for (rp, prompt) in [(&scene.rp, "none"), (&framing, "none")] {
        chromium.open(&rp.request(&[("prompt", prompt)])).await;
        assert!(scene.arrival().await.contains("code="), "still signed in");
    }

    chromium.open(&scene.rp.at("/oauth/logout")).await;
    chromium.click("logout-confirm").await;
    chromium.wait_for("signed-out").await;
    for rp in [&framing, &scene.rp] {
        chromium.open(&rp.request(&[("prompt", "none")])).await;
        assert!(scene.arrival().await.contains("error=login_required"), "signed out everywhere");
    }
    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&ada).await;
    assert!(scene.arrival().await.contains("code="), "and in again");
    scene.close().await;
}
