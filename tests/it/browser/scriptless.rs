//! The whole walk with scripts switched off.

use vestibule_tests::chromium::Scripts;

use super::Scene;

#[tokio::test]
async fn sign_in_consent_and_sign_out() {
    let scene = Scene::set(Scripts::Off).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    assert!(scene.arrival().await.contains("code="));
    chromium.open(&scene.rp.at("/oauth/logout")).await;
    chromium.click("logout-confirm").await;
    chromium.wait_for("signed-out").await;
    scene.close().await;
}

#[tokio::test]
async fn as_27_form_post_has_a_button() {
    let scene = Scene::set(Scripts::Off).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[("response_mode", "form_post")])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    let button = chromium.wait_for_css("form[action*='/cb'] button").await;
    chromium.screenshot("form-post.png").await;
    button.click().await.expect("the button can be pressed");
    scene.arrival().await;
    let requests = scene.landing.requests();
    assert!(
        requests.iter().any(|request| request.starts_with("POST /cb") && request.contains("code=")),
        "{requests:?}"
    );
    scene.close().await;
}
