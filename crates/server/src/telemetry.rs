//! What the server tells of itself: logs, metrics and traces.
//!
//! None of the three ever holds a secret: handlers pass none, and what is written is looked
//! through once more for the prefixes of our own opaque values.

pub mod logs;
pub mod metrics;
pub mod traces;

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::config::telemetry::{LogFormat, Telemetry};

/// Where log lines go. With `--json` standard output holds the program's answer instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTo {
    /// Standard output, as container platforms expect.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter was not understood.
    #[error("telemetry.log_level: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter of traces could not be built.
    #[error("telemetry.otlp_endpoint: {0}")]
    Traces(String),
    /// The recorder of metrics could not be built.
    #[error("metrics: {0}")]
    Metrics(String),
}

/// Keeps traces flowing; dropping it sends what is left.
#[must_use = "traces end when this is dropped"]
#[derive(Debug)]
pub struct Running {
    traces: Option<traces::Exporting>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            traces.finish();
        }
    }
}

/// Starts logs, metrics and, when an endpoint is configured, traces. In a process that has started
/// them before (tests run several servers in one) the first start counts.
pub fn start(settings: &Telemetry, to: LogTo, colours: bool) -> Result<Running, TelemetryError> {
    metrics::install()?;
    let filter = logs::filter(&settings.log_level)?;
    let terminal = match to {
        LogTo::Stdout => std::io::stdout().is_terminal(),
        LogTo::Stderr => std::io::stderr().is_terminal(),
    };
    let pretty = match settings.log_format {
        LogFormat::Json => false,
        LogFormat::Pretty => true,
        LogFormat::Auto => terminal,
    };
    let lines =
        if pretty { logs::pretty(to, colours && terminal).boxed() } else { logs::json(to).boxed() };
    let traces = settings.otlp_endpoint.as_deref().map(traces::Exporting::start).transpose()?;
    let spans = traces.as_ref().map(traces::Exporting::layer::<Registry>);
    let subscriber = Registry::default().with(spans).with(lines.with_filter(filter));
    // Already started in this process: its lines go where the first start sent them.
    let _first_counts = subscriber.try_init();
    Ok(Running { traces })
}
