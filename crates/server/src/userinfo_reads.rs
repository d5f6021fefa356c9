//! That a relying party reads userinfo, told once for each grant and away from the request.
//!
//! A line of the event log for every call would cost more than the call. What an administrator wants
//! to see of a sign-in is that userinfo was read at all, so the first read after a code was redeemed
//! is told.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::Event;
use vestibule_protocol::grant::Grant;
use vestibule_protocol::ids::GrantId;

use crate::app::App;
use crate::attempt::Attempt;

/// Reads this long after the sign-in still belong to it.
const FRESH: Duration = Duration::from_secs(120);
/// Grants that are remembered; under more load some reads are not told.
const MOST: usize = 20_000;

/// Reads that were noted.
#[derive(Default)]
pub struct UserinfoReads(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    told: HashMap<GrantId, Timestamp>,
    lines: Vec<Event>,
}

impl UserinfoReads {
    /// Notes that userinfo was read with a token of this grant.
    pub fn note(&self, app: &App, attempt: &Attempt, grant: &Grant) {
        if attempt.now.since(grant.created_at) > FRESH {
            return;
        }
        let mut noted = self.0.lock();
        if noted.told.len() >= MOST || noted.told.insert(grant.id, attempt.now).is_some() {
            return;
        }
        let line = attempt.done(app, "userinfo.read", Value::Null);
        noted.lines.push(line);
    }

    /// Writes down what was noted.
    pub async fn write_down(&self, app: &App) {
        let now = app.clock.now();
        let lines = {
            let mut noted = self.0.lock();
            noted.told.retain(|_, at| now.since(*at) <= FRESH);
            std::mem::take(&mut noted.lines)
        };
        if !lines.is_empty() {
            app.record(lines).await;
        }
    }
}
