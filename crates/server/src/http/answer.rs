//! The one place where a refusal becomes HTTP.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::refusal::{Reason, WireError};
use vestibule_store::StoreError;

use super::body::BodyFault;
use super::csp::{self, Policy};
use crate::app::App;

/// What our challenges call themselves.
const REALM: &str = "vestibule";

/// A JSON document that must not be kept anywhere (RFC 6749 §5.1).
pub fn json(status: StatusCode, document: &serde_json::Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .body(text(document))
}

/// Written straight to a buffer, which takes half the time of going through `Display`. A document
/// has text for keys, so there is nothing to fail.
fn text(document: &serde_json::Value) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// A file that a browser keeps instead of showing it. In its name stand only characters that mean
/// nothing in a header.
pub fn attachment(app: &App, media_type: &'static str, name: &str) -> HttpResponseBuilder {
    let plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let name: String = name.chars().filter(plain).collect();
    let mut answer = HttpResponse::Ok();
    for header in csp::headers(Policy::Json, app.transport) {
        answer.insert_header(header);
    }
    answer.insert_header((CONTENT_TYPE, media_type));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    answer
}

/// A refusal as a client reads it (RFC 6749 §5.2, RFC 6750 §3).
pub fn refusal(app: &App, reason: &Reason, case: CaseCode) -> HttpResponse {
    let error = reason.wire();
    let issuer = app.issuer.as_str();
    let body = error.body(Some(case), issuer);
    let mut response = json(status(&error), &body.into());
    let headers = response.headers_mut();
    let challenge = error.www_authenticate(REALM, Some(case), issuer);
    if let Some(challenge) = challenge.and_then(|text| text.parse().ok()) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = error.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The status of an error that is not sent by redirect.
pub fn status(error: &WireError) -> StatusCode {
    StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A store error as a reason. What the database said goes to the log, not to the peer.
pub fn store_fault(during: &'static str) -> impl Fn(StoreError) -> Reason {
    move |error| {
        if error.is_temporary() {
            tracing::warn!(during, %error, "the store cannot serve at the moment");
        } else {
            tracing::error!(during, %error, "the store failed");
        }
        match error {
            StoreError::Overloaded { .. } => Reason::Overloaded { queue: "store" },
            error if error.is_temporary() => Reason::StoreUnavailable { during },
            _ => Reason::ServerFault { during },
        }
    }
}

/// A body that was not read, as a reason.
pub fn body_fault(fault: &BodyFault) -> Reason {
    let status = match fault {
        BodyFault::NotAForm(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BodyFault::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        BodyFault::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
        BodyFault::Broken | BodyFault::NotText => StatusCode::BAD_REQUEST,
    };
    let media_type = match fault {
        BodyFault::NotAForm(media_type) => media_type.clone(),
        _ => None,
    };
    Reason::UnreadableBody { fault: fault.to_string(), media_type, status: status.as_u16() }
}
