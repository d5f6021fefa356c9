//! What every request gets, whatever its route: a name, bounds on its head, common headers, one
//! measurement and, when it failed, one log line.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, TryIntoHeaderPair as _,
    X_FRAME_OPTIONS,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};
use tracing::{Instrument as _, Span};

use super::caller::RequestId;
use super::connections::Busy;
use crate::app::App;
use crate::clock::Stopwatch;
use crate::pages;
use crate::random;
use crate::telemetry::{metrics, traces};

/// Longest request target.
pub const MAX_TARGET: usize = 8 * 1024;
/// Most header fields, and most bytes in them.
const MAX_FIELDS: usize = 64;
const MAX_HEAD: usize = 16 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware around all routes.
pub async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let watch = Stopwatch::start();
    let id = RequestId(u64::from_ne_bytes(random::bytes()));
    request.extensions_mut().insert(id);
    let span = traces::request_span(request.method().as_str(), request.headers(), id);
    let busy = Busy::begin(&request);
    let refused = excess(&request);
    let mut response = match refused {
        Some(status) => request.into_response(HttpResponse::new(status)).map_into_boxed_body(),
        None => next.call(request).instrument(span.clone()).await?.map_into_boxed_body(),
    };
    let app = response.request().app_data::<web::Data<App>>().cloned();
    let chosen = pages::chosen_language(response.request());
    let headers = response.headers_mut();
    if let Some(app) = &app {
        add_missing(headers, &app.common_headers);
        if let Some(Ok((name, value))) =
            chosen.map(|tr| app.cookies.set_language(tr).try_into_pair())
        {
            headers.append(name, value);
        }
    }
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    if app.is_some_and(|app| app.is_draining()) {
        // A proxy sends its next request elsewhere, instead of on a connection that is about to end.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    span.in_scope(|| report(&response, id, &watch, &span));
    Ok(match busy {
        Some(busy) => busy.until_answered(response),
        None => response,
    })
}

/// Which bound on the request's head was exceeded.
fn excess(request: &ServiceRequest) -> Option<StatusCode> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET {
        return Some(StatusCode::URI_TOO_LONG);
    }
    let mut fields = 0;
    let mut bytes = 0;
    for (name, value) in request.headers() {
        fields += 1;
        bytes += name.as_str().len() + value.len();
    }
    (fields > MAX_FIELDS || bytes > MAX_HEAD).then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

/// A route's own header wins over the common one. A page with a policy of its own has said who may
/// frame it.
fn add_missing(headers: &mut HeaderMap, common: &[(HeaderName, HeaderValue)]) {
    let framing_is_settled = headers.contains_key(CONTENT_SECURITY_POLICY);
    for (name, value) in common {
        if framing_is_settled && *name == X_FRAME_OPTIONS {
            continue;
        }
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

fn report(response: &ServiceResponse<BoxBody>, id: RequestId, watch: &Stopwatch, span: &Span) {
    let request = response.request();
    let status = response.status();
    let elapsed = watch.elapsed();
    // The route's pattern, never the raw path: a path may hold a one-time link.
    let pattern = request.match_pattern();
    let route = pattern.as_deref().unwrap_or("unmatched");
    metrics::http_request(request.method().as_str(), route, status.as_u16(), elapsed);
    traces::answered(span, request.method().as_str(), route, status.as_u16());
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::error!(request_id = %id, method = %request.method(), route, status = status.as_u16(), millis, "request failed");
    } else if status.is_client_error() {
        tracing::info!(request_id = %id, method = %request.method(), route, status = status.as_u16(), millis, "request refused");
    } else {
        tracing::debug!(request_id = %id, method = %request.method(), route, status = status.as_u16(), millis, "request served");
    }
}
