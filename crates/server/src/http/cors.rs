//! What scripts of other origins may read. An app that runs in the browser alone redeems its code,
//! refreshes, revokes and asks for the user by scripts of its own origin (OAuth 2.1 §3.2, OIDC Core
//! §5.3).
//!
//! Metadata and keys are for every origin. What a client is answered is for the origins that its
//! redirect URIs have, compared whole. None of these endpoints reads a cookie, so credentials are
//! never allowed, and a preflight, which names no client, is answered alike for everybody.

use actix_web::guard::GuardContext;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::client::Client;

use super::csp;
use crate::app::App;
use crate::attempt::Attempt;

/// How long a browser may remember a preflight, in seconds; none remembers it longer.
const REMEMBERED: &str = "7200";

/// Of a refusal: what to do about it, and under which name to ask for help.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("WWW-Authenticate, Retry-After, X-Request-Id");

/// Whether a browser asks before it lets a script make its request (Fetch §3.3.2).
pub fn is_preflight(context: &GuardContext<'_>) -> bool {
    let headers = context.head().headers();
    headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight. The star stands for every header but `Authorization`.
pub fn preflight(methods: &'static str) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, methods))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, *"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, REMEMBERED))
        .finish()
}

/// Lets scripts read this answer: those of the client's own origins, or any if it is about no client
/// that we know, since it tells nothing then.
pub async fn shared(
    app: &App,
    http: &HttpRequest,
    attempt: &Attempt,
    mut answer: HttpResponse,
) -> HttpResponse {
    let Some(origin) = http.headers().get(ORIGIN) else { return answer };
    let readers = match attempt.client() {
        None => HeaderValue::from_static("*"),
        Some(id) => match app.clients.by_id(&app.store, id).await {
            Ok(Some(client)) if runs_at(&client, origin) => origin.clone(),
            _ => return answer,
        },
    };
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, readers);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("Origin"));
    answer
}

/// Whether one of the client's redirect URIs has this origin.
fn runs_at(client: &Client, origin: &HeaderValue) -> bool {
    let registered = client.settings.redirect_uris.iter();
    registered.filter_map(|uri| csp::origin(uri)).any(|own| own.as_bytes() == origin.as_bytes())
}
