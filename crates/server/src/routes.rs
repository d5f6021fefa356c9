//! The one table of routes.

use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::web::{self, PathConfig, ServiceConfig};
use actix_web::{FromRequest, Handler, Resource, Responder, Route};

use crate::admin;
use crate::api;
use crate::app::App;
use crate::assets;
use crate::brands;
use crate::endpoints::{authorize, discovery, health, introspect, logout, revoke, token, userinfo};
use crate::http::cors;
use crate::pages::{
    accounts, consent, dev, explained, home, lost, setup, shared, sign_in, welcome,
};
use crate::playground;

/// Where the protocol endpoints live; vendors that spell them differently find them all the same.
const PROTOCOL_PREFIXES: [&str; 2] = ["/oauth", "/oauth2/v1"];

/// Every public route. They are mounted below the issuer's path.
pub fn public(app: &App, config: &mut ServiceConfig) {
    config.app_data(PathConfig::default().error_handler(lost::misnamed));
    for prefix in PROTOCOL_PREFIXES {
        let nowhere = web::to(lost::not_found);
        config.service(web::scope(prefix).configure(protocol).default_service(nowhere));
    }
    config
        .service(
            web::scope("/.well-known")
                .service(published("/openid-configuration", discovery::openid))
                .service(published("/oauth-authorization-server", discovery::oauth))
                .service(published("/jwks.json", discovery::jwks))
                .default_service(web::to(lost::not_found)),
        )
        .service(
            web::resource("/login")
                .route(web::get().to(sign_in::get))
                .route(web::post().to(sign_in::post))
                .default_service(web::to(lost::method)),
        )
        .service(
            web::resource("/accounts")
                .route(web::get().to(accounts::get))
                .route(web::post().to(accounts::post))
                .default_service(web::to(lost::method)),
        )
        .service(
            web::resource("/consent")
                .route(web::get().to(consent::get))
                .route(web::post().to(consent::post))
                .default_service(web::to(lost::method)),
        )
        .service(
            web::resource("/setup/{token}")
                .route(web::get().to(setup::get))
                .route(web::post().to(setup::post))
                .default_service(web::to(lost::method)),
        )
        .service(
            web::resource("/welcome/{token}")
                .route(web::get().to(welcome::get))
                .route(web::post().to(welcome::post))
                .default_service(web::to(lost::method)),
        )
        .service(
            web::resource("/handover/secret/{token}")
                .route(web::get().to(shared::secret))
                .route(web::head().to(shared::secret))
                .route(web::post().to(shared::reveal)),
        )
        .service(
            web::resource("/handover/{token}")
                .route(web::get().to(shared::sheet))
                .route(web::head().to(shared::sheet)),
        )
        .service(document("/errors", explained::errors))
        .service(document("/errors/{code}", explained::error))
        .route("/case/{token}", web::get().to(explained::case))
        .service(
            web::resource(["", "/"])
                .route(web::get().to(home::front_door))
                .route(web::head().to(home::front_door)),
        )
        .route("/account", web::get().to(home::get))
        .configure(admin::routes)
        .service(document("/assets/{file}", assets::serve))
        .service(document("/brand/{style}", brands::style))
        .service(document("/brand/{org}/{logo}", brands::logo))
        .configure(api::configure)
        .route("/health/seen/{token}", web::get().to(health::seen))
        .configure(health_checks);
    if app.config.development {
        config.configure(development);
    }
    config.default_service(web::to(lost::not_found));
}

/// What stands outside of the issuer's path: RFC 8414 §3.1 puts the well-known word before it.
pub fn outside(app: &App, config: &mut ServiceConfig) {
    let mount = app.issuer.mount();
    if !mount.is_empty() {
        let path = format!("/.well-known/oauth-authorization-server{mount}");
        config.service(published(&path, discovery::oauth));
    }
}

fn protocol(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/authorize")
                .route(web::get().to(authorize::get))
                .route(web::post().to(authorize::post))
                .default_service(web::to(lost::method)),
        )
        .service(
            web::resource("/token")
                .route(web::post().to(token::post))
                .route(preflight("POST"))
                .default_service(web::to(lost::post_only)),
        )
        .service(
            web::resource("/userinfo")
                .route(web::get().to(userinfo::get))
                .route(web::post().to(userinfo::post))
                .route(preflight("GET, POST"))
                .default_service(web::to(lost::get_or_post_only)),
        )
        .service(published("/jwks", discovery::jwks))
        .service(
            web::resource("/introspect")
                .route(web::post().to(introspect::post))
                .default_service(web::to(lost::post_only)),
        )
        .service(
            web::resource("/revoke")
                .route(web::post().to(revoke::post))
                .route(preflight("POST"))
                .default_service(web::to(lost::post_only)),
        )
        .service(
            web::resource("/logout")
                .route(web::get().to(logout::get))
                .route(web::post().to(logout::post))
                .default_service(web::to(lost::method)),
        );
}

/// What only `vestibule dev` offers.
fn development(config: &mut ServiceConfig) {
    config
        .route("/playground", web::get().to(playground::start_page))
        .route("/playground", web::post().to(playground::begin))
        .route("/playground/callback", web::get().to(playground::callback))
        .route("/playground/callback", web::post().to(playground::callback_by_form))
        .route("/dev/mail", web::get().to(dev::mailbox))
        .route("/dev/mail/{id}", web::get().to(dev::mail));
}

/// Health, which is on both listeners.
pub fn health_checks(config: &mut ServiceConfig) {
    config
        .service(document("/health/live", health::live))
        .service(document("/health/ready", health::ready))
        .service(document("/healthz", health::live))
        .service(document("/readyz", health::ready));
}

/// The management listener: health and metrics, away from the public.
pub fn management(config: &mut ServiceConfig) {
    config.configure(health_checks).service(document("/metrics", health::metrics));
}

/// What is only read: by GET, and by HEAD without the body (RFC 9110 §9.3.2), which monitors and
/// `curl -I` send. An endpoint whose GET does something is no document.
fn document<F, A>(path: &str, handler: F) -> Resource
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(web::to(lost::read_only))
}

/// A document that scripts of other origins read.
fn published<F, A>(path: &str, handler: F) -> Resource
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    document(path, handler).route(preflight("GET, HEAD"))
}

/// What a browser asks before it lets a script of another origin make its request; any other OPTIONS
/// is a method that there is not.
fn preflight(methods: &'static str) -> Route {
    let asked = web::method(Method::OPTIONS).guard(fn_guard(cors::is_preflight));
    asked.to(move || async move { cors::preflight(methods) })
}
