//! Sign-in, consent, refusal, form_post, another account, signing out.

use vestibule_tests::browser::Person;
use vestibule_tests::chromium::Scripts;
use vestibule_tests::relying_party::Tokens;

use super::Scene;

#[tokio::test]
async fn sign_in_and_consent_then_nothing_is_asked_again() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    chromium.wait_for("username").await;
    chromium.inspect("sign-in").await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.wait_for("approve").await;
    assert!(chromium.text().await.contains("ada@clinic.test"), "the values to be shared");
    chromium.inspect("consent").await;
    chromium.click("approve").await;
    let back = vestibule_tests::browser::Return::read(&scene.arrival().await);
    Tokens::read(&scene.rp.redeem(back.code()).await);
    chromium.open(&scene.rp.request(&[("state", "again")])).await;
    assert!(scene.arrival().await.contains("state=again"));
    assert_eq!(chromium.console().await, Vec::<String>::new());
    scene.close().await;
}

#[tokio::test]
async fn a_double_click_is_one_click() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    let clicks = "const form = document.querySelector('form'); \
         const click = () => form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })); \
         return [click(), click()];";
    let once = serde_json::json!([true, false]);
    chromium.wait_for("submit").await;
    assert_eq!(chromium.evaluate(clicks).await, once);
    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.wait_for("approve").await;
    assert_eq!(chromium.evaluate(clicks).await, once);
    chromium.open(&scene.rp.at("/oauth/logout")).await;
    chromium.wait_for("logout-confirm").await;
    assert_eq!(chromium.evaluate(clicks).await, once);
    scene.close().await;
}

#[tokio::test]
async fn as_45_refusing_consent_tells_the_app() {
    let scene = Scene::set(Scripts::On).await;
    scene.chromium.open(&scene.rp.request(&[])).await;
    scene.chromium.sign_in(&scene.server.ada()).await;
    scene.chromium.click("deny").await;
    let back = scene.arrival().await;
    assert!(back.contains("error=access_denied") && back.contains("state=af0ifjsldkj"), "{back}");
    assert_eq!(scene.chromium.console().await, Vec::<String>::new());
    scene.close().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_kindly() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    let wrong = Person { password: "not the password at all".to_owned(), ..scene.server.ada() };
    chromium.sign_in(&wrong).await;
    chromium.wait_for_text("not right").await;
    chromium.inspect("sign-in-wrong-password").await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    assert!(scene.arrival().await.contains("code="));
    scene.close().await;
}

#[tokio::test]
async fn as_27_form_post_reaches_the_app() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[("response_mode", "form_post")])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    scene.arrival().await;
    let requests = scene.landing.requests();
    let posted = requests.iter().find(|request| request.starts_with("POST /cb"));
    let posted = posted.unwrap_or_else(|| panic!("{requests:?}"));
    assert!(posted.contains("code=") && posted.contains("state=af0ifjsldkj"), "{posted}");
    assert_eq!(chromium.console().await, Vec::<String>::new());
    scene.close().await;
}

#[tokio::test]
async fn choosing_an_account() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    scene.arrival().await;
    chromium.open(&scene.rp.request(&[("prompt", "select_account")])).await;
    chromium.wait_for_text("ada@clinic.test").await;
    chromium.inspect("account-chooser").await;
    chromium.open(&scene.rp.request(&[("prompt", "login")])).await;
    chromium.wait_for("password").await;
    chromium.inspect("re-authentication").await;
    scene.close().await;
}

#[tokio::test]
async fn signing_out() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    scene.arrival().await;
    chromium.open(&scene.rp.at("/account")).await;
    chromium.inspect("account").await;
    chromium.open(&scene.rp.at("/oauth/logout")).await;
    chromium.wait_for("logout-confirm").await;
    chromium.inspect("logout-confirmation").await;
    chromium.click("logout-confirm").await;
    chromium.wait_for("signed-out").await;
    chromium.inspect("signed-out").await;
    chromium.open(&scene.rp.request(&[("prompt", "none")])).await;
    assert!(scene.arrival().await.contains("error=login_required"), "as_111");
    scene.close().await;
}

#[tokio::test]
async fn as_106_signing_out_from_the_app_comes_back_to_it() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    chromium.open(&scene.rp.request(&[])).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    let back = vestibule_tests::browser::Return::read(&scene.arrival().await);
    let tokens = Tokens::read(&scene.rp.redeem(back.code()).await);
    let after = format!("{}/signed-out", scene.landing.origin);
    let query = vestibule_tests::browser::encode(&[
        ("id_token_hint", tokens.response["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", &after),
        ("state", "bye"),
    ]);
    chromium.open(&scene.rp.at(&format!("/oauth/logout?{query}"))).await;
    if chromium.has("logout-confirm").await {
        chromium.click("logout-confirm").await;
    }
    assert_eq!(chromium.wait_for_address(&after).await, format!("{after}?state=bye"));
    scene.close().await;
}
