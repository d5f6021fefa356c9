//! Answers for paths and methods that there are none.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::views::{ErrorKind, ErrorPage};
use super::{shell, show};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer;
use crate::http::caller;
use crate::http::csp::Policy;

/// There is no such path.
pub async fn not_found(app: Data<App>, http: HttpRequest) -> HttpResponse {
    page(&app, &http, StatusCode::NOT_FOUND, ErrorKind::NotFound, "not_found")
}

/// A page that takes GET and POST only.
pub async fn method(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    allowing("GET, POST", page(&app, &http, status, ErrorKind::Method, "method_not_allowed"))
}

/// An endpoint that takes POST only.
pub async fn post_only() -> HttpResponse {
    wrong_method("POST")
}

/// An endpoint that takes GET and POST only.
pub async fn get_or_post_only() -> HttpResponse {
    wrong_method("GET, POST")
}

fn wrong_method(allowed: &'static str) -> HttpResponse {
    let description = format!("this endpoint takes {allowed} only");
    let document = json!({ "error": "invalid_request", "error_description": description });
    allowing(allowed, answer::json(StatusCode::METHOD_NOT_ALLOWED, &document))
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
        shell: shell(app, http, &[]),
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
