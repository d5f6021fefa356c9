//! The exporter, and the span of a request.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::HeaderMap;
use opentelemetry::Key;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterFn, Filtered};
use tracing_subscriber::registry::LookupSpan;

use crate::telemetry::TelemetryError;

/// Spans of requests and of nothing else: libraries' own spans would drown them, and those of the
/// exporter's own client would never end.
const TARGET: &str = "vestibule::request";

/// Whether spans are made at all; without an endpoint they cost one load.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// A running exporter; its own thread sends in batches.
#[derive(Debug)]
pub struct Exporting {
    provider: SdkTracerProvider,
}

/// Who sends: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which the library reads, win.
fn resource() -> Resource {
    let told = Resource::builder().build();
    let name = told.get(&Key::from_static_str("service.name"));
    if name.is_some_and(|name| !name.as_str().starts_with("unknown_service")) {
        return told;
    }
    Resource::builder().with_service_name("vestibule").build()
}

type SpanLayer<S> = Filtered<OpenTelemetryLayer<S, Tracer>, FilterFn, S>;

impl Exporting {
    /// Starts to send spans to `endpoint`, the base URL of a collector.
    pub fn start(endpoint: &str) -> Result<Self, TelemetryError> {
        let base = endpoint.trim_end_matches('/');
        let url = if base.ends_with("/v1/traces") {
            base.to_owned()
        } else {
            format!("{base}/v1/traces")
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(url)
            .build()
            .map_err(|error| TelemetryError::Traces(error.to_string()))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        ACTIVE.store(true, Ordering::Relaxed);
        Ok(Self { provider })
    }

    /// The layer that turns request spans into OpenTelemetry's.
    pub fn layer<S>(&self) -> SpanLayer<S>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let only_requests: fn(&tracing::Metadata<'_>) -> bool = |meta| meta.target() == TARGET;
        OpenTelemetryLayer::new(self.provider.tracer("vestibule"))
            .with_location(false)
            .with_threads(false)
            .with_filter(FilterFn::new(only_requests))
    }

    /// Sends what is left; a collector that is gone does not hold up the end.
    pub fn finish(self) {
        ACTIVE.store(false, Ordering::Relaxed);
        let _unsent = self.provider.shutdown();
    }
}

/// The span of a request, child of the caller's when it sent one.
pub fn request_span(method: &str, headers: &HeaderMap, request_id: impl Display) -> Span {
    if !ACTIVE.load(Ordering::Relaxed) {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        http.request.method = method,
        http.route = Empty,
        http.response.status_code = Empty,
        request_id = %request_id,
        trace_id = Empty,
    );
    // A span that no layer wanted has no parent either.
    let _unwanted = span.set_parent(TraceContextPropagator::new().extract(&Headers(headers)));
    let trace = span.context().span().span_context().trace_id();
    span.record("trace_id", tracing::field::display(trace));
    span
}

/// Tells the span how the request was answered. The route is known only now, and it is the route's
/// pattern: a path may hold a one-time link.
pub fn answered(span: &Span, method: &str, route: &str, status: u16) {
    if span.is_none() {
        return;
    }
    span.context().span().update_name(format!("{method} {route}"));
    span.record("http.route", route);
    span.record("http.response.status_code", status);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
