//! Health, for whoever looks after the process.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::app::App;
use crate::http::{answer, caller};
use crate::pages::lost;
use crate::services::links::{self, NewLink, Wanted};
use crate::services::{About, Act, ServiceFault};

/// How long the database may take to answer a question about health: whoever asks does not wait long.
const PATIENCE: Duration = Duration::from_secs(2);
/// What the link of a probe is good for.
const PROBE: &str = "doctor-probe";
/// How long: a probe is made and used by one command.
const PROBE_LIFETIME: Duration = Duration::from_secs(60);

/// Whether the process runs: it says so whatever its surroundings.
pub async fn live() -> HttpResponse {
    answer::json(StatusCode::OK, &json!({ "status": "live" }))
}

/// Whether requests should be sent here: the database answers and can be written, there is a key to
/// sign with, and the server is not about to stop.
pub async fn ready(app: Data<App>) -> HttpResponse {
    let database = timeout(PATIENCE, app.store.check()).await.is_ok_and(|answer| answer.is_ok());
    let writes = if database { writes(&app).await } else { true };
    let faults = [
        (app.is_draining(), "stopping"),
        (!database, "database"),
        (!writes, "database_writes"),
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

async fn writes(app: &App) -> bool {
    match timeout(PATIENCE, app.store.check_writes()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database cannot be written");
            false
        }
        Err(_) => {
            tracing::warn!(patience = ?PATIENCE, "the database did not write in time");
            false
        }
    }
}

/// Measurements in the Prometheus text format.
pub async fn metrics() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4"))
        .body(crate::telemetry::metrics::render())
}

/// How a request reached the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen {
    /// The address that it counts as coming from.
    pub address: String,
    /// Who handed it to us: the caller, or a proxy.
    pub peer: String,
    /// Whether that one is a trusted proxy.
    pub trusted: bool,
    /// What stood in `X-Forwarded-For`.
    pub forwarded_for: Option<String>,
    /// What stood in `X-Forwarded-Proto`.
    pub forwarded_proto: Option<String>,
    /// Whether it came by our own TLS.
    pub tls: bool,
}

/// Makes the link by which `vestibule doctor` asks what the server saw of its request.
pub async fn make_probe(act: Act<'_>) -> Result<NewLink, ServiceFault> {
    let wanted = Wanted {
        purpose: PROBE,
        path: "/health/seen",
        user: None,
        data: Value::Null,
        lifetime: PROBE_LIFETIME,
    };
    links::make(act, About::Installation, wanted).await
}

/// Tells whoever has such a link how the request came here, and nobody else.
pub async fn seen(app: Data<App>, http: HttpRequest, token: Path<String>) -> HttpResponse {
    match links::open(&app, &token, PROBE, app.clock.now()).await {
        Ok(Some(_)) => {}
        Ok(None) => return lost::not_found(app, http).await,
        Err(_) => {
            let document = json!({ "status": "unready", "because": ["database"] });
            return answer::json(StatusCode::SERVICE_UNAVAILABLE, &document);
        }
    }
    let header = |name: &str| {
        let value = http.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(|value| value.chars().take(200).collect::<String>())
    };
    let shown = |address: Option<std::net::IpAddr>| {
        address.map_or_else(|| "?".to_owned(), |address| address.to_string())
    };
    let peer = http.peer_addr().map(|peer| peer.ip().to_canonical());
    let trusted = |peer| app.trusted_proxies.iter().any(|range| range.contains(peer));
    let seen = Seen {
        address: shown(caller::address(&http, &app.trusted_proxies)),
        peer: shown(peer),
        trusted: peer.is_some_and(trusted),
        forwarded_for: header("x-forwarded-for"),
        forwarded_proto: header("x-forwarded-proto"),
        tls: app.config.server.tls.is_some(),
    };
    answer::json(StatusCode::OK, &json!(seen))
}
