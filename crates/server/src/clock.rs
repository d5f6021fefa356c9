//! The one door to the time of day and to the machine's stopwatch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use vestibule_protocol::Timestamp;

/// Tells the time. Expiry uses wall time; measured spans use [`Stopwatch`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds by which this clock stands apart from the machine's.
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(millis.saturating_add(self.offset.load(Ordering::Relaxed)))
    }

    /// Moves this clock, and every clone of it, `span` ahead of where it stands.
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.offset.fetch_add(millis, Ordering::Relaxed);
    }

    /// Moves this clock, and every clone of it, `span` back.
    pub fn rewind(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.offset.fetch_sub(millis, Ordering::Relaxed);
    }
}

/// Measures a span, whatever the wall clock does meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
