//! How long comparisons take. Hashes that came from elsewhere cost more or less than our own, so that
//! the time of an answer would tell which accounts exist.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// By how much, in hundredths, one comparison brings down what an unusually slow one left behind.
const DECAY: u64 = 2;

/// The time of comparisons with our own hashes and with others.
pub(super) struct Pace {
    ours: String,
    /// In microseconds.
    own: AtomicU64,
    other: AtomicU64,
}

impl Pace {
    /// Of a pool whose hashes are like this one.
    pub(super) fn new(like: &str) -> Self {
        let (own, other) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { ours: cost(like).to_owned(), own, other }
    }

    /// Compares, and notes how long it took.
    #[expect(clippy::disallowed_methods, reason = "what a comparison costs, told to nobody")]
    pub(super) fn keep<T>(&self, stored: &str, compare: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let verdict = compare();
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let kept = if cost(stored) == self.ours { &self.own } else { &self.other };
        let slower = |known: u64| Some(took.max(known - known / 100 * DECAY));
        let _ = kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, slower);
        verdict
    }

    /// The time of the slowest of both; zero as long as all were like our own.
    pub(super) fn slowest(&self) -> Duration {
        match self.other.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            other => Duration::from_micros(other.max(self.own.load(Ordering::Relaxed))),
        }
    }
}

/// What of a written hash says what it costs: all but salt and digest.
fn cost(stored: &str) -> &str {
    stored.rsplitn(3, '$').nth(2).unwrap_or(stored)
}
