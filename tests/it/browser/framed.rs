//! A sign-in inside a frame of another site, as Unomed's product shows it (`reference/vendors.md` 5).

use serde_json::json;
use vestibule_tests::chromium::{Chromium, Scripts};
use vestibule_tests::databases::Database;
use vestibule_tests::landing::Landing;
use vestibule_tests::server::{Registration, Server};

use super::Scene;

/// A server on https, and an app on another site whose redirect URI and frame are of one origin.
async fn scene(may_frame: bool) -> Scene {
    let server = Server::start_over_tls(Database::sqlite()).await;
    let landing = Landing::start().await;
    let registration = Registration {
        redirect_uris: vec![format!("{}/cb", landing.origin)],
        ..Registration::default()
    };
    let rp = server.register(registration).await;
    if may_frame {
        server.change_client(&rp, json!({ "frame_ancestors": [landing.origin] })).await;
    }
    Scene { server, landing, rp, chromium: Chromium::start(Scripts::On).await }
}

impl Scene {
    /// The app's page, with an authorization request in a frame of it.
    async fn framed(&self, changes: &[(&str, &str)]) {
        self.chromium.open(&format!("{}/app", self.landing.origin)).await;
        self.chromium.embed(&self.rp.request(changes)).await;
    }

    /// What has come to the redirect URI.
    fn answers(&self) -> Vec<String> {
        let requests = self.landing.requests().into_iter();
        requests.filter(|request| request.starts_with("GET /cb?")).collect()
    }
}

#[tokio::test]
async fn an_app_that_may_frame_signs_its_users_in_inside_its_own_page() {
    let scene = scene(true).await;
    let chromium = &scene.chromium;
    scene.framed(&[]).await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    chromium.wait_for("landed").await;
    assert!(scene.answers()[0].contains("code="), "{:?}", scene.answers());
    // Whoever is signed in there stays so there.
    scene.framed(&[("prompt", "none")]).await;
    chromium.wait_for("landed").await;
    assert!(scene.answers()[1].contains("code="), "{:?}", scene.answers());
    // And nowhere else: a browser keeps what frames of one site are given to that site.
    chromium.open(&scene.rp.request(&[("prompt", "none")])).await;
    assert!(scene.arrival().await.contains("error=login_required"), "{:?}", scene.answers());
    scene.framed(&[("prompt", "login")]).await;
    chromium.click("cancel").await;
    chromium.wait_for("landed").await;
    let last = scene.answers().pop().expect("an answer");
    assert!(last.contains("error=access_denied"), "{last}");
    scene.close().await;
}

#[tokio::test]
async fn an_app_that_may_not_frame_is_offered_a_window() {
    let scene = scene(false).await;
    let chromium = &scene.chromium;
    scene.framed(&[]).await;
    chromium.wait_for("open-window").await;
    assert_eq!(chromium.axe().await, Vec::<String>::new());
    assert!(!chromium.has("password").await, "nobody types a password in there");
    chromium.click("open-window").await;
    chromium.enter_new_window().await;
    chromium.sign_in(&scene.server.ada()).await;
    chromium.click("approve").await;
    assert!(scene.arrival().await.contains("code="));
    scene.close().await;
}
