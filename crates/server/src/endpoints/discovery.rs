//! `/.well-known/*`: what we are and can do (OIDC Discovery §4, RFC 8414 §3).

use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::http::caller;

/// `/.well-known/openid-configuration`.
pub async fn openid(app: Data<App>) -> HttpResponse {
    public(&app, app.documents.current().openid.clone())
}

/// `/.well-known/oauth-authorization-server`.
pub async fn oauth(app: Data<App>) -> HttpResponse {
    public(&app, app.documents.current().oauth.clone())
}

/// `/.well-known/jwks.json` (RFC 7517 §5).
pub async fn jwks(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let current = app.documents.current();
    // Whoever asks by HEAD has not seen the keys.
    if *http.method() == Method::GET {
        let address = caller::address(&http, &app.trusted_proxies);
        app.key_watch.fetched(&http, address, &current.kids, app.clock.now());
    }
    public(&app, current.jwks.clone())
}

/// A rendered document that scripts of any origin may read.
fn public(app: &App, document: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, format!("public, max-age={}", app.documents.max_age())))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .body(document)
}
