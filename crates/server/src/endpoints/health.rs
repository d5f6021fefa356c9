//! Health, for whoever looks after the process.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use serde_json::json;

use crate::app::App;
use crate::http::answer;

/// Whether the process runs: it says so whatever its surroundings.
pub async fn live() -> HttpResponse {
    answer::json(StatusCode::OK, &json!({ "status": "live" }))
}

/// Whether requests should be sent here: the database answers and can be written, there is a key to
/// sign with, and the server is not about to stop.
pub async fn ready(app: Data<App>) -> HttpResponse {
    let database = app.store.check().await;
    let writes = if database.is_ok() { app.store.check_writes().await } else { Ok(()) };
    if let Err(error) = &writes {
        tracing::warn!(%error, "the database cannot be written");
    }
    let faults = [
        (app.is_draining(), "stopping"),
        (database.is_err(), "database"),
        (writes.is_err(), "database_writes"),
        (app.keys.algs().is_empty(), "signing_key"),
    ];
    let found: Vec<&str> = faults.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
    match found.is_empty() {
        true => answer::json(StatusCode::OK, &json!({ "status": "ready" })),
        false => {
            let document = json!({ "status": "unready", "because": found });
            answer::json(StatusCode::SERVICE_UNAVAILABLE, &document)
        }
    }
}

/// Measurements in the Prometheus text format.
pub async fn metrics() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4"))
        .body(crate::telemetry::metrics::render())
}
