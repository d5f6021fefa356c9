//! Metrics, all named `vestibule_…`, rendered by our own route on the management listener.
//!
//! Labels come from closed sets: route patterns, grant types, reasons. Nothing that a peer writes
//! becomes a label, so their number is bounded (invariant I28).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::TelemetryError;

const REQUESTS: &str = "vestibule_http_requests_total";
const REQUEST_SECONDS: &str = "vestibule_http_request_duration_seconds";
const AUTH_EVENTS: &str = "vestibule_auth_events_total";
const TOKEN_REQUESTS: &str = "vestibule_token_requests_total";
const HASH_SECONDS: &str = "vestibule_password_hash_duration_seconds";
const STORE_QUEUE: &str = "vestibule_store_queue_length";
const MAIL_QUEUE: &str = "vestibule_mail_queue";
const KEY_AGE: &str = "vestibule_signing_key_age_seconds";
const BUILD: &str = "vestibule_build_info";

/// From a cached answer to the longest wait that is not yet a refusal.
const SECONDS: [f64; 12] =
    [0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

static RENDERER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder of this process, once.
pub fn install() -> Result<(), TelemetryError> {
    if RENDERER.get().is_some() {
        return Ok(());
    }
    let fault =
        |error: metrics_exporter_prometheus::BuildError| TelemetryError::Metrics(error.to_string());
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(fault)?
        .build_recorder();
    let handle = recorder.handle();
    // Losing this race means that another thread has just done the same.
    if metrics::set_global_recorder(recorder).is_ok() && RENDERER.set(handle).is_ok() {
        describe();
        gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    }
    Ok(())
}

fn describe() {
    describe_counter!(REQUESTS, "Requests by method, route pattern and status.");
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "Time to answer, by method and route pattern."
    );
    describe_counter!(AUTH_EVENTS, "Event-log lines by kind, outcome and reason.");
    describe_counter!(
        TOKEN_REQUESTS,
        "Token requests by grant type, client authentication and error."
    );
    describe_histogram!(HASH_SECONDS, Unit::Seconds, "Time of a password check, waiting included.");
    describe_gauge!(STORE_QUEUE, "Writes that wait for the database.");
    describe_gauge!(MAIL_QUEUE, "Mails that wait to be sent.");
    describe_gauge!(KEY_AGE, Unit::Seconds, "How long the signing key of an algorithm has signed.");
    describe_gauge!(BUILD, "Always 1; the label tells the version.");
}

/// All metrics in the Prometheus text format; empty when nothing was installed.
pub fn render() -> String {
    RENDERER.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Folds what was measured since the last time, so that memory stays bounded when nobody scrapes.
/// A background job calls it every few seconds.
pub fn upkeep() {
    if let Some(handle) = RENDERER.get() {
        handle.run_upkeep();
    }
}

/// The two meters of one route, method and status.
struct Meters {
    count: Counter,
    seconds: Histogram,
}

/// By method and status, then by route: looking a borrowed route up allocates nothing.
type MetersByRoute = HashMap<(&'static str, u16), HashMap<String, Meters>>;

thread_local! {
    /// Building a meter's key costs more than some answers do; routes are few, so each worker keeps
    /// its own.
    static METERS: RefCell<MetersByRoute> = RefCell::default();
    /// As for routes: what succeeds, by its kind.
    static SUCCESSES: RefCell<HashMap<String, Counter>> = RefCell::default();
    /// As for routes: token requests by their three words.
    static TOKENS: RefCell<HashMap<[&'static str; 3], Counter>> = RefCell::default();
}

/// Counts an answered request; `route` is the route's pattern, never the raw path.
pub fn http_request(method: &str, route: &str, status: u16, elapsed: Duration) {
    let method = known_method(method);
    METERS.with_borrow_mut(|meters| {
        let routes = meters.entry((method, status)).or_default();
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), meters_of(method, route, status));
        }
        if let Some(meters) = routes.get(route) {
            meters.count.increment(1);
            meters.seconds.record(elapsed.as_secs_f64());
        }
    });
}

fn meters_of(method: &'static str, route: &str, status: u16) -> Meters {
    let route = route.to_owned();
    Meters {
        count: counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()),
        seconds: histogram!(REQUEST_SECONDS, "method" => method, "route" => route),
    }
}

/// A peer may send any word as a method.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Counts a line of the event log that tells of a success.
pub fn auth_success(kind: &str) {
    SUCCESSES.with_borrow_mut(|counters| match counters.get(kind) {
        Some(counter) => counter.increment(1),
        None => {
            let counter = event_counter(kind, "success", "none");
            counter.increment(1);
            counters.insert(kind.to_owned(), counter);
        }
    });
}

/// Counts a line of the event log that tells why something was refused or failed.
pub fn auth_event(kind: &str, outcome: &'static str, reason: Option<&str>) {
    event_counter(kind, outcome, reason.unwrap_or("none")).increment(1);
}

fn event_counter(kind: &str, outcome: &'static str, reason: &str) -> Counter {
    let (kind, reason) = (kind.to_owned(), reason.to_owned());
    counter!(AUTH_EVENTS, "event" => kind, "result" => outcome, "reason" => reason)
}

/// Counts a token request. Each word comes from a closed set; `error` is "none" on success.
pub fn token_request(grant_type: &'static str, auth_method: &'static str, error: &'static str) {
    let words = [grant_type, auth_method, error];
    TOKENS.with_borrow_mut(|counters| {
        counters.entry(words).or_insert_with(|| token_counter(words)).increment(1);
    });
}

fn token_counter([grant_type, auth_method, error]: [&'static str; 3]) -> Counter {
    counter!(TOKEN_REQUESTS, "grant_type" => grant_type, "auth_method" => auth_method, "error" => error)
}

/// Records how long a password check took, waiting included.
pub fn password_hash(elapsed: Duration) {
    histogram!(HASH_SECONDS).record(elapsed.as_secs_f64());
}

/// Shows how many writes wait for the database.
#[expect(clippy::cast_precision_loss, reason = "a queue is far shorter than 2^52")]
pub fn store_queue(length: usize) {
    gauge!(STORE_QUEUE).set(length as f64);
}

/// Shows how many mails wait to be sent.
#[expect(clippy::cast_precision_loss, reason = "a queue is far shorter than 2^52")]
pub fn mail_queue(length: i64) {
    gauge!(MAIL_QUEUE).set(length as f64);
}

/// Shows how long the signing key of an algorithm has signed.
pub fn signing_key_age(alg: &'static str, age: Duration) {
    gauge!(KEY_AGE, "alg" => alg).set(age.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_carry_our_prefix_and_only_known_methods() {
        install().unwrap();
        install().unwrap();
        http_request("GET", "/oauth/token", 200, Duration::from_millis(3));
        http_request("EVIL\"}", "/oauth/token", 405, Duration::from_millis(1));
        token_request("authorization_code", "client_secret_basic", "none");
        token_request("authorization_code", "client_secret_basic", "none");
        auth_success("metrics.test");
        auth_success("metrics.test");
        auth_event("metrics.test", "refused", Some("why"));
        upkeep();
        let text = render();
        assert!(text.contains(
            "vestibule_http_requests_total{method=\"GET\",route=\"/oauth/token\",status=\"200\"} 1"
        ));
        assert!(text.contains("method=\"other\""));
        for line in [
            "vestibule_auth_events_total{event=\"metrics.test\",result=\"success\",reason=\"none\"} 2",
            "vestibule_auth_events_total{event=\"metrics.test\",result=\"refused\",reason=\"why\"} 1",
            "auth_method=\"client_secret_basic\",error=\"none\"} 2",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("EVIL"));
        assert!(text.contains("vestibule_http_request_duration_seconds_bucket"));
        assert!(text.contains("vestibule_build_info{version="));
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            assert!(line.starts_with("vestibule_"), "{line}");
        }
    }
}
