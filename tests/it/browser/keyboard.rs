//! The whole walk without a mouse.

use vestibule_tests::chromium::Scripts;

use super::Scene;

#[tokio::test]
async fn sign_in_and_consent_with_the_keyboard_alone() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    let ada = scene.server.ada();
    let enter = char::from(fantoccini::key::Key::Enter).to_string();
    chromium.open(&scene.rp.request(&[])).await;
    chromium.wait_for("username").await;
    chromium.tab_to("username").await;
    chromium.press(&ada.email).await;
    chromium.tab_to("password").await;
    chromium.press(&ada.password).await;
    chromium.tab_to("submit").await;
    chromium.press(&enter).await;
    chromium.wait_for("approve").await;
    chromium.tab_to("deny").await;
    chromium.tab_to("approve").await;
    chromium.press(&enter).await;
    assert!(scene.arrival().await.contains("code="));
    chromium.open(&scene.rp.at("/oauth/logout")).await;
    chromium.wait_for("logout-confirm").await;
    chromium.tab_to("logout-confirm").await;
    chromium.press(&enter).await;
    chromium.wait_for("signed-out").await;
    scene.close().await;
}

#[tokio::test]
async fn enter_in_the_password_field_signs_in() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    let ada = scene.server.ada();
    let enter = char::from(fantoccini::key::Key::Enter).to_string();
    chromium.open(&scene.rp.request(&[])).await;
    chromium.fill("username", &ada.email).await;
    chromium.fill("password", &ada.password).await;
    chromium.press(&enter).await;
    chromium.wait_for("approve").await;
    scene.close().await;
}
