//! Whose guesses are counted together.

use sha2::{Digest as _, Sha256};
use vestibule_protocol::Timestamp;
use vestibule_protocol::identifiers;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::user::User;
use vestibule_store::changes::CountFailure;
use vestibule_store::throttles::{Throttle, ThrottleKey};

use super::{MAX_USERNAME, Submitted, device};
use crate::app::App;
use crate::http::answer::store_fault;

/// The normal form of what was typed; `None` for what can name nobody.
pub(super) fn identifier(typed: &str) -> Option<String> {
    if typed.len() > MAX_USERNAME {
        return None;
    }
    identifiers::sign_in_name(typed)
}

/// An account has one budget over all its names; a device it has signed in on has its own. A name
/// without an account has one as well, or the delay would tell which names exist.
pub(super) fn key(
    app: &App,
    submitted: &Submitted<'_>,
    identifier: Option<&str>,
    user: Option<&User>,
) -> ThrottleKey {
    let Some(user) = user else {
        let mut digest = Sha256::new();
        digest.update(submitted.org.0.to_be_bytes());
        digest.update(identifier.unwrap_or_default());
        return ThrottleKey::of("name", digest.finalize().into());
    };
    let note = submitted.device.as_deref();
    match note.and_then(|note| device::read(&app.digests, user.id, note)) {
        Some(device) => ThrottleKey::trusted_device(user.id, device),
        None => ThrottleKey::account(user.id),
    }
}

/// Takes one guess from the budget before the password is looked at, or tells for how many seconds
/// no guess is allowed. A sign-in that succeeds gives everything back.
///
/// Counting first is what bounds parallel guesses: of those that all saw the same free counter, only
/// the one that moved it by one goes on once guesses are no longer free.
pub(super) async fn take(
    app: &App,
    key: &ThrottleKey,
    now: Timestamp,
) -> Result<Option<u64>, Reason> {
    let before = app.store.throttles(vec![key.clone()]).await;
    let before = before.map_err(store_fault("looking at the throttle"))?.pop();
    if let Some(wait) = before.as_ref().and_then(|counter| wait(counter, now)) {
        return Ok(Some(wait));
    }
    if before.as_ref().is_some_and(|counter| counter.failures >= app.guess_cap) {
        return Ok(Some(app.throttle.longest_delay.as_secs()));
    }
    let guess =
        CountFailure { key: key.clone(), policy: app.throttle, at: now, events: Vec::new() };
    let after = app.store.count_failure(guess).await;
    let after = after.map_err(store_fault("counting the guess"))?;
    let overtaken = after.failures > before.map_or(0, |counter| counter.failures) + 1;
    Ok(wait(&after, now).filter(|_| overtaken && after.failures > app.throttle.free))
}

fn wait(counter: &Throttle, now: Timestamp) -> Option<u64> {
    let wait = counter.blocked_until.since(now);
    (!wait.is_zero()).then(|| wait.as_secs().max(1))
}
