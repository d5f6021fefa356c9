//! From nothing to a vendor whose integration works, and from a failure to its explanation: what the
//! console is for, in one walk.

use vestibule_tests::chromium::Scripts;

use super::console::entered;

#[tokio::test]
async fn a_vendor_is_registered_handed_over_tested_and_explained() {
    let scene = entered(Scripts::On).await;
    let chromium = &scene.chromium;
    scene.server.person("patient@clinic.test").await;
    let patient = vestibule_tests::browser::Person {
        email: "patient@clinic.test".to_owned(),
        ..scene.server.ada()
    };

    chromium.open(&scene.rp.at("/admin/new-client")).await;
    chromium.click("profile-unomed").await;
    chromium.wait_for("register").await;
    chromium.click("register").await;
    let client_id = chromium.text_of("client-id").await;
    chromium.click("sheet").await;
    chromium.wait_for_text("Hand-over sheet").await;
    let sheet = chromium.text().await;
    for told in [&client_id, "https://api.unomed.ch/accounts/vendor_oauth2/login/callback/"] {
        assert!(sheet.contains(told), "{told} is not on the sheet: {sheet}");
    }

    let home = format!("/admin/clients/{client_id}");
    chromium.open(&scene.rp.at(&format!("{home}/test"))).await;
    chromium.inspect("console-trial").await;
    chromium.click("start").await;
    chromium.sign_in(&patient).await;
    chromium.wait_for("approve").await;
    chromium.click("approve").await;
    chromium.wait_for("trial-result").await;
    let result = chromium.text_of("trial-result").await;
    assert!(!result.to_lowercase().contains("fail"), "{result}: {}", chromium.text().await);
    let _ = chromium.console().await;
    chromium.inspect("console-trial-report").await;

    // The vendor leaves the last slash out.
    let broken = format!(
        "/oauth/authorize?response_type=code&client_id={client_id}&scope=openid&state=s&\
         redirect_uri=https%3A%2F%2Fapi.unomed.ch%2Faccounts%2Fvendor_oauth2%2Flogin%2Fcallback"
    );
    chromium.open(&scene.rp.at(&broken)).await;
    chromium.wait_for("error-code").await;
    let case = chromium.text_of("case-code").await;
    chromium.open(&scene.rp.at(&format!("/admin/cases/{case}"))).await;
    let _ = chromium.console().await;
    chromium.inspect("console-case").await;
    let explained = chromium.text().await;
    assert!(explained.contains("slash"), "{explained}");
    scene.close().await;
}
