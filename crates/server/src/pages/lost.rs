//! Answers for paths and methods that there are none.

use actix_web::error::{InternalError, PathError};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::{Reason, excerpt};

use super::views::{ErrorKind, ErrorPage};
use super::{shell, show};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer;
use crate::http::caller;
use crate::http::csp::Policy;

/// There is no such path.
pub async fn not_found(app: Data<App>, http: HttpRequest) -> HttpResponse {
    if is_discovery(http.path()) {
        let received = http.path().strip_prefix(app.issuer.mount()).unwrap_or(http.path());
        let reason = Reason::DiscoveryMisplaced { received: excerpt(received) };
        return told(&app, &http, "discovery.refused", &reason).await;
    }
    page(&app, &http, StatusCode::NOT_FOUND, ErrorKind::NotFound, "not_found")
}

/// A part of the path that cannot be what stands there, such as a word where a number names a row.
pub fn misnamed(error: PathError, http: &HttpRequest) -> Error {
    let Some(app) = http.app_data::<Data<App>>() else { return error.into() };
    let answer = page(app, http, StatusCode::NOT_FOUND, ErrorKind::NotFound, "not_found");
    InternalError::from_response(error, answer).into()
}

/// Whether a library looks for a discovery document: by its name, below whatever was entered as the
/// issuer.
fn is_discovery(path: &str) -> bool {
    ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
        .iter()
        .any(|document| path.contains(document))
}

/// A page that takes GET and POST only.
pub async fn method(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    allowing("GET, POST", page(&app, &http, status, ErrorKind::Method, "method_not_allowed"))
}

/// An endpoint that takes POST only.
pub async fn post_only(app: Data<App>, http: HttpRequest) -> HttpResponse {
    wrong_method(&app, &http, "POST").await
}

/// An endpoint that takes GET and POST only.
pub async fn get_or_post_only(app: Data<App>, http: HttpRequest) -> HttpResponse {
    wrong_method(&app, &http, "GET, POST").await
}

/// What is only read.
pub async fn read_only(app: Data<App>, http: HttpRequest) -> HttpResponse {
    wrong_method(&app, &http, "GET, HEAD").await
}

async fn wrong_method(app: &App, http: &HttpRequest, allowed: &'static str) -> HttpResponse {
    let query = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    let reason = Reason::MethodNotAllowed {
        received: excerpt(http.method().as_str()),
        allowed,
        secret_in_url: query.one("client_secret").is_some(),
    };
    allowing(allowed, told(app, http, "request.refused", &reason).await)
}

/// Answers a library that came to the wrong place, and writes it down under the client that it names;
/// strangers do not fill the event log with it (invariant I28).
async fn told(app: &App, http: &HttpRequest, kind: &str, reason: &Reason) -> HttpResponse {
    let mut attempt = Attempt::begin(app);
    if app.is_worth_recording(http, &attempt) {
        let query = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
        if let Some(id) = query.one("client_id") {
            let known = app.clients.by_id(&app.store, &ClientId(id.to_owned())).await;
            if let Ok(Some(client)) = known {
                attempt.concerns_client(&client);
            }
        }
        app.record(vec![attempt.refused(app, kind, reason)]).await;
    }
    answer::refusal(app, reason, attempt.case)
}

fn allowing(allowed: &'static str, mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn page(
    app: &App,
    http: &HttpRequest,
    status: StatusCode,
    kind: ErrorKind,
    code: &str,
) -> HttpResponse {
    let attempt = Attempt::begin(app);
    let page = ErrorPage {
        shell: shell(app, http),
        kind,
        code: code.to_owned(),
        case_code: attempt.case.to_string(),
        facts: Vec::new(),
        at: attempt.now,
        request_id: caller::request_id(http),
        app: None,
    };
    show(app, status, &page, Policy::Page)
}
