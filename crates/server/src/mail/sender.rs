//! Sending what is due: claimed with a lease by one node, tried again after pauses that grow, given
//! up when the relay says never, when the link in it has ended, or after two days.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::EventId;
use vestibule_store::StoreError;
use vestibule_store::outbox::{Message, Outcome};

use super::queue::{self, Wrapper};
use super::smtp::{self, SmtpFault};
use super::{KIND, Way, way};
use crate::app::App;
use crate::core::Core;
use crate::random;

/// How many are sent at the same time; a relay counts connections.
pub const AT_ONCE: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// After that nobody waits for it any more.
const WORTH_TRYING: Duration = Duration::from_secs(2 * 86_400);

/// Sends what is due; tells how many mails were tried.
pub async fn work(app: &Arc<App>) -> Result<usize, StoreError> {
    if way(&app.config) == Way::Off {
        return Ok(0);
    }
    let lease = app.config.mail.timeout.saturating_add(Duration::from_secs(60));
    let claimed = app.store.claim_messages(KIND, app.clock.now(), lease, AT_ONCE).await?;
    let count = claimed.len();
    let mut sends = Vec::with_capacity(count);
    for message in claimed {
        let app = Arc::clone(app);
        sends.push(tokio::spawn(async move { deliver(&app, &message).await }));
    }
    for send in sends {
        if let Err(error) = send.await {
            tracing::error!(%error, "sending a mail broke");
        }
    }
    Ok(count)
}

async fn deliver(core: &Core, message: &Message) {
    let wrapper = queue::wrapper(message).unwrap_or_default();
    let tried = attempt(core, message, &wrapper).await;
    let now = core.clock.now();
    let outcome = match tried {
        Ok(()) => Outcome::Delivered,
        Err(failure) => after_failure(message, &wrapper, failure, now, random::bits()),
    };
    let mut events = Vec::new();
    match &outcome {
        Outcome::Delivered => {}
        Outcome::Again(_, error) => {
            tracing::warn!(mail = wrapper.what, attempts = message.attempts, %error, "a mail was not sent; it is tried again");
        }
        Outcome::GivenUp(error) => {
            tracing::warn!(mail = wrapper.what, attempts = message.attempts, %error, "a mail was given up");
            events.push(given_up(core, message, &wrapper, error, now));
        }
    }
    let over = !matches!(outcome, Outcome::Again(..));
    let wiped = (over && way(&core.config) != Way::Captured).then(|| queue::wiped(wrapper));
    if let Err(error) = core.store.message_tried(message, outcome, wiped, events, now).await {
        tracing::warn!(%error, "the outcome of a mail was not noted; it may be sent again");
    }
}

/// Why a try failed, and whether another would do better.
#[derive(Debug, PartialEq, Eq)]
struct TryFault {
    why: String,
    is_final: bool,
}

impl From<SmtpFault> for TryFault {
    fn from(fault: SmtpFault) -> Self {
        Self { is_final: fault.is_final(), why: fault.to_string() }
    }
}

async fn attempt(core: &Core, message: &Message, wrapper: &Wrapper) -> Result<(), TryFault> {
    if wrapper.expires_at.is_some_and(|end| end <= core.clock.now()) {
        let last = message.last_error.as_deref().map(|why| format!("; the last try: {why}"));
        let why = format!("it came to its end before it could be sent{}", last.unwrap_or_default());
        return Err(TryFault { why, is_final: true });
    }
    // A master key that is missing can be put back.
    let mail = queue::open(&core.masters, message)
        .map_err(|fault| TryFault { why: fault.to_string(), is_final: false })?;
    match way(&core.config) {
        Way::Captured => Ok(()),
        Way::Off | Way::Relay => {
            Ok(smtp::send(&core.config, &mail, message.id.0, message.created_at).await?)
        }
    }
}

/// What follows a failure. The pause doubles, and `random` moves it by up to a quarter, so that what
/// failed together does not come back together.
fn after_failure(
    message: &Message,
    wrapper: &Wrapper,
    fault: TryFault,
    now: Timestamp,
    random: u32,
) -> Outcome {
    let doublings = message.attempts.saturating_sub(1).min(16);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    let jitter = pause.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0);
    let then = now.plus(pause.mul_f64(0.75).saturating_add(jitter));
    let end = wrapper.expires_at.unwrap_or(Timestamp::from_millis(i64::MAX));
    let end = end.min(message.created_at.plus(WORTH_TRYING));
    match fault.is_final || then >= end {
        true => Outcome::GivenUp(fault.why),
        false => Outcome::Again(then, fault.why),
    }
}

fn given_up(core: &Core, message: &Message, wrapper: &Wrapper, why: &str, now: Timestamp) -> Event {
    Event {
        id: EventId(core.ids.next(now)),
        org: message.org,
        at: now,
        kind: "mail.failed".to_owned(),
        outcome: EventOutcome::Failed,
        case_code: None,
        client: wrapper.client.clone(),
        subject: wrapper.subject.clone(),
        reason: None,
        facts: json!({ "mail": wrapper.what, "attempts": message.attempts, "error": why }),
    }
}

#[cfg(test)]
mod tests {
    use vestibule_protocol::ids::{OrgId, OutboxId};

    use super::*;

    fn message(attempts: u32) -> Message {
        Message {
            id: OutboxId(1),
            org: OrgId::ROOT,
            kind: KIND.to_owned(),
            payload: json!({ "what": "reset" }),
            attempts,
            due_at: Timestamp::from_seconds(0),
            created_at: Timestamp::from_seconds(0),
            last_error: None,
        }
    }

    fn fault() -> TryFault {
        TryFault { why: "away".to_owned(), is_final: false }
    }

    #[test]
    fn the_pause_doubles_up_to_an_hour_and_chance_moves_it_by_a_quarter() {
        let now = Timestamp::from_seconds(100);
        let pause = |attempts, random| match after_failure(
            &message(attempts),
            &Wrapper::default(),
            fault(),
            now,
            random,
        ) {
            Outcome::Again(then, _) => then.since(now).as_millis(),
            other => panic!("{other:?}"),
        };
        assert_eq!((pause(1, 0), pause(1, u32::MAX)), (11_250, 18_750));
        assert_eq!((pause(2, 0), pause(2, u32::MAX)), (22_500, 37_500));
        assert_eq!((pause(40, 0), pause(40, u32::MAX)), (2_700_000, 4_500_000));
    }

    #[test]
    fn it_is_given_up_when_the_relay_says_never_when_its_link_ends_and_after_two_days() {
        let now = Timestamp::from_seconds(100);
        let never = TryFault { is_final: true, ..fault() };
        let after =
            |wrapper: Wrapper, fault, now| after_failure(&message(1), &wrapper, fault, now, 0);
        let given_up = Outcome::GivenUp("away".to_owned());
        assert_eq!(after(Wrapper::default(), never, now), given_up);
        let soon =
            Wrapper { expires_at: Some(now.plus(Duration::from_secs(10))), ..Wrapper::default() };
        assert_eq!(after(soon, fault(), now), given_up);
        let late = Timestamp::from_seconds(2 * 86_400);
        assert_eq!(after(Wrapper::default(), fault(), late), given_up);
        assert_ne!(after(Wrapper::default(), fault(), now), given_up);
    }
}
