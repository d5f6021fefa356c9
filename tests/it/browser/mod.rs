//! The pages in a real browser: headless Chromium on SQLite.
//!
//! Each page that a walk meets is inspected: axe-core in light and dark, at phone and desktop width,
//! a quiet console (a violation of the Content-Security-Policy would show there), and a screenshot.

mod brand;
mod console;
mod errors;
mod framed;
mod gallery;
mod jars;
mod journey;
mod keyboard;
mod npm;
mod outside;
mod scriptless;
mod walks;

use vestibule_tests::chromium::{Chromium, Scripts};
use vestibule_tests::databases::Database;
use vestibule_tests::landing::Landing;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::{Registration, Server};

/// A server, a relying party that a browser can arrive at, and a browser.
struct Scene {
    server: Server,
    landing: Landing,
    rp: RelyingParty,
    chromium: Chromium,
}

impl Scene {
    async fn set(scripts: Scripts) -> Self {
        let server = Server::start(Database::sqlite()).await;
        let landing = Landing::start().await;
        let registration = Registration {
            redirect_uris: vec![format!("{}/cb", landing.origin)],
            post_logout_redirect_uris: vec![format!("{}/signed-out", landing.origin)],
            ..Registration::default()
        };
        let rp = server.register(registration).await;
        let chromium = Chromium::start(scripts).await;
        Self { server, landing, rp, chromium }
    }

    /// Waits until the browser has come back to the relying party.
    async fn arrival(&self) -> String {
        self.chromium.wait_for_address(&self.landing.origin).await
    }

    async fn close(self) {
        self.chromium.close().await;
        self.landing.stop().await;
        self.server.stop().await;
    }
}
