//! The pages that no administrator and no sign-in leads to: links that were handed over, the error
//! catalogue, the playground, the description of the API.

use std::time::Duration;

use serde_json::Value;
use vestibule::services::cases::share;
use vestibule::services::users::NewUser;
use vestibule::services::users::welcome::{self, Handed, Handover};
use vestibule::services::{clients, links, sheets};
use vestibule_tests::browser::{Browser, Person};
use vestibule_tests::chromium::{Chromium, Scripts};
use vestibule_tests::process::{self, Process};

use super::Scene;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn what_a_vendor_is_handed() {
    let scene = Scene::set(Scripts::On).await;
    let (act, chromium) = (scene.server.act(), &scene.chromium);
    let unomed = scene.server.register_vendor("unomed", &[]).await;
    let sheet = sheets::share(act, &unomed.client_id, DAY).await.expect("a link");
    chromium.open(&sheet.url).await;
    chromium.inspect("handover-sheet").await;

    let made = clients::add_secret(act, &unomed.client_id, "2027", None).await.expect("a secret");
    let client = clients::find(act, &unomed.client_id).await.expect("the client");
    let link = sheets::share_secret(act, &client, &made.kept, &made.text, DAY).await;
    let link = link.expect("a link");
    chromium.open(&link.url).await;
    chromium.inspect("handover-secret").await;
    chromium.click("reveal").await;
    chromium.wait_for_text(&made.text).await;
    chromium.inspect("handover-secret-shown").await;
    chromium.open(&link.url).await;
    let _ = chromium.console().await;
    chromium.inspect("handover-spent").await;

    let wrong = format!("{}/", unomed.redirect_uri.trim_end_matches('/').to_uppercase());
    let refused = Browser::new().open(&unomed.request(&[("redirect_uri", &wrong)])).await;
    let case = refused.page().text_of("case-code").expect("a case code");
    let link = share::share(act, &case, DAY).await.expect("a link");
    chromium.open(&link.url).await;
    chromium.inspect("case-shared").await;
    scene.close().await;
}

#[tokio::test]
async fn what_a_user_is_handed() {
    let scene = Scene::set(Scripts::On).await;
    let (act, chromium) = (scene.server.act(), &scene.chromium);
    let passwords = &scene.server.app().passwords;
    let new = NewUser {
        email: Some("ines@clinic.test".to_owned()),
        claims: vec![("name".to_owned(), "Inès Fernández".to_owned())],
        ..NewUser::default()
    };
    let invited = welcome::invite(act, passwords, new, Handover::Show).await;
    let (_, Handed::Shown(link)) = invited.expect("an invitation") else { panic!("no link") };
    chromium.open(&link.url).await;
    chromium.inspect("welcome").await;
    chromium.fill("new_password", "short").await;
    chromium.click("submit").await;
    chromium.wait_for("error-summary").await;
    let _ = chromium.console().await;
    chromium.inspect("welcome-weak-password").await;
    chromium.fill("new_password", &scene.server.ada().password).await;
    chromium.click("submit").await;
    chromium.wait_for_text("ines@clinic.test").await;
    chromium.inspect("welcome-done").await;
    let link = links::make_admin_link(act).await.expect("a link");
    chromium.open(&link.url).await;
    chromium.inspect("setup").await;
    scene.close().await;
}

#[tokio::test]
async fn what_anybody_may_read() {
    let scene = Scene::set(Scripts::On).await;
    let chromium = &scene.chromium;
    for (name, route) in [
        ("error-catalogue", "/errors"),
        ("error-entry", "/errors/VB-2001"),
        ("api-docs", "/api/docs"),
        ("home", "/account"),
    ] {
        chromium.open(&scene.rp.at(route)).await;
        let _ = chromium.console().await;
        chromium.inspect(name).await;
    }
    scene.close().await;
}

/// What a newcomer meets first: `vestibule dev`, its playground, its mailbox.
#[tokio::test]
async fn what_a_newcomer_tries() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (server, first) = Process::dev(folder.path());
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let chromium = Chromium::start(Scripts::On).await;
    chromium.open(&text(&first["playground_url"])).await;
    chromium.inspect("playground").await;
    chromium.click("submit").await;
    let user = &first["users"][0];
    let (email, password) = (text(&user["email"]), text(&user["password"]));
    chromium.sign_in(&Person { email: email.clone(), password }).await;
    chromium.click("approve").await;
    chromium.wait_for("id-token").await;
    assert!(chromium.text().await.contains(&email), "userinfo is shown");
    assert_eq!(chromium.count(".failed, .not-reached").await, 0);
    chromium.inspect("playground-result").await;
    let config = text(&first["config"]);
    let sent = ["mail", "test", "--to", "ada@clinic.test", "--json", "--config", &config];
    assert!(process::run(&sent).status.success());
    chromium.open(&text(&first["mailbox_url"])).await;
    chromium.inspect("mailbox").await;
    chromium.wait_for_css("main a[href*='/dev/mail/']").await.click().await.expect("a link");
    chromium.wait_for_address(&format!("{}/", text(&first["mailbox_url"]))).await;
    chromium.inspect("mailbox-message").await;
    chromium.close().await;
    drop(server);
}
