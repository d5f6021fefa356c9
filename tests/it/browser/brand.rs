//! The pages of a client that has a logo and a colour, beside an organization that has others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule::services::brands::{self, BrandChange};
use vestibule_tests::chromium::Scripts;

use super::console::entered;

/// 32 by 32 pixels: a blue ring on white.
const RING: &str = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAMAAABEpIrGAAAACVBMVEX///8ac+j///9xG116AAAAYklEQVR42r3Tuw6AMAxD0dr//9EwMGCF9AYh4bE5S/NY6010ZV9tjEqonkLaC2kvJBC3F58pIMtJEthFBLCr6OohpsB+FL+CD7/ARs1b3Q4Lx80LgyvHS8trz4fDpzc43iYHXYkDkXDS6m0AAAAASUVORK5CYII=";

#[tokio::test]
async fn a_client_and_its_organization_wear_what_they_were_given() {
    let scene = entered(Scripts::On).await;
    let (server, chromium) = (&scene.server, &scene.chromium);
    let ring = STANDARD.decode(RING).expect("base64");
    let id = scene.rp.client_id.clone();
    let mut brand = BrandChange::of_logo(Some(ring.clone())).expect("a picture");
    brand.accent = Some("#8a5cf6".parse().ok());
    brands::set_organization(server.act(), "root", brand).await.expect("a brand");
    brands::set_client_logo(server.act(), &id, Some(ring)).await.expect("a client");
    let orange = "#d9480f".parse().ok();
    brands::set_client_accent(server.act(), &id, orange).await.expect("a client");
    server.app().clients.forget_all();
    server.app().brands.refresh(&server.app().store).await.expect("a database that answers");

    for (name, route) in [
        ("brand-of-client", format!("/admin/clients/{id}/branding")),
        ("brand-of-organization", "/admin/organizations/root/brand".to_owned()),
        ("client-access", format!("/admin/clients/{id}/access")),
        ("organizations", "/admin/organizations".to_owned()),
    ] {
        chromium.open(&scene.rp.at(&route)).await;
        chromium.inspect(&format!("console-{name}")).await;
    }
    chromium.open(&scene.rp.request(&[("prompt", "login")])).await;
    chromium.wait_for("password").await;
    chromium.inspect("branded-sign-in").await;
    chromium.fill("password", &server.ada().password).await;
    chromium.click("submit").await;
    chromium.wait_for("approve").await;
    chromium.inspect("branded-consent").await;
    chromium.open(&scene.rp.request(&[("prompt", "select_account")])).await;
    chromium.wait_for("account-1").await;
    chromium.inspect("branded-accounts").await;
    chromium.open(&scene.rp.request(&[("redirect_uri", "https://elsewhere.test/")])).await;
    chromium.wait_for("error-code").await;
    let _ = chromium.console().await;
    chromium.inspect("branded-error").await;
    chromium.open(&scene.rp.at(&format!("/oauth/logout?client_id={id}"))).await;
    chromium.wait_for("logout-confirm").await;
    chromium.inspect("branded-logout").await;
    scene.close().await;
}
