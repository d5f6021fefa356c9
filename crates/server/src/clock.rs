//! The one door to the time of day and to the machine's stopwatch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use vestibule_protocol::Timestamp;

/// Tells the time. Expiry uses wall time; measured spans use [`Stopwatch`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds by which this clock stands apart from the machine's, or from where it stands.
    offset: Arc<AtomicI64>,
    /// Where it stands, in milliseconds; 0 while it goes.
    stands_at: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let millis = match self.stands_at.load(Ordering::Relaxed) {
            0 => machine(),
            millis => millis,
        };
        Timestamp::from_millis(millis.saturating_add(self.offset.load(Ordering::Relaxed)))
    }

    /// Stops this clock, and every clone of it: it shows the present moment until it is moved.
    pub fn stop(&self) {
        self.stands_at.store(machine(), Ordering::Relaxed);
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

/// Milliseconds since 1970 as the machine has it.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn machine() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
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
