//! OpenTelemetry traces, sent by OTLP over HTTP when an endpoint is configured. A caller's W3C
//! `traceparent` becomes the parent.

#[cfg(feature = "otel")]
mod otlp;

#[cfg(feature = "otel")]
pub use otlp::{Exporting, answered, request_span};

#[cfg(not(feature = "otel"))]
pub use absent::{Exporting, answered, request_span};

/// The program was built without the feature `otel`.
#[cfg(not(feature = "otel"))]
mod absent {
    use actix_web::http::header::HeaderMap;
    use tracing_subscriber::layer::Identity;

    use crate::telemetry::TelemetryError;

    /// Never exists without the feature.
    #[derive(Debug)]
    pub enum Exporting {}

    impl Exporting {
        /// Refuses, so that nobody waits for traces that never come.
        pub fn start(_endpoint: &str) -> Result<Self, TelemetryError> {
            Err(TelemetryError::Traces(
                "this program was built without traces; leave it out, or build with --features otel".to_owned(),
            ))
        }

        /// Nothing to add.
        pub fn layer<S>(&self) -> Identity {
            Identity::new()
        }

        /// Nothing to send.
        pub fn finish(self) {}
    }

    /// No span.
    pub fn request_span(_: &str, _: &HeaderMap, _: impl std::fmt::Display) -> tracing::Span {
        tracing::Span::none()
    }

    /// Nothing to tell.
    pub fn answered(_: &tracing::Span, _: &str, _: &str, _: u16) {}
}
