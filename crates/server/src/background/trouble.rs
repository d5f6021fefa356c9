//! What fails every second, because the database is away, is told when it begins, once a minute, and
//! when it is over.

use std::time::Duration;

use crate::clock::Stopwatch;

/// How often trouble that lasts is told.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Trouble of one job, which is told when it begins, from time to time, and when it is over.
pub(super) struct Trouble {
    what: &'static str,
    told: Option<Stopwatch>,
    untold: u64,
}

impl Trouble {
    /// Of what nothing is known yet; `what` is the sentence to tell.
    pub(super) fn with(what: &'static str) -> Self {
        Self { what, told: None, untold: 0 }
    }

    /// Tells of an error if it is time to; the value of what went well.
    pub(super) fn note<T, E: std::fmt::Display>(&mut self, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => {
                if self.told.take().is_some() {
                    tracing::info!("{}: that is over", self.what);
                }
                self.untold = 0;
                Some(value)
            }
            Err(error) => {
                if self.told.is_none_or(|told| told.elapsed() >= TELL_AGAIN) {
                    tracing::warn!(%error, before = self.untold, "{}", self.what);
                    self.told = Some(Stopwatch::start());
                    self.untold = 0;
                } else {
                    self.untold += 1;
                }
                None
            }
        }
    }
}
