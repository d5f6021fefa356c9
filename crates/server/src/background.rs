//! What goes on without anybody asking: caches kept true, keys rotated, expired rows purged.

mod trouble;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use vestibule_keys::Alg;
use vestibule_protocol::Timestamp;
use vestibule_store::{Purged, StoreError};

use crate::app::App;
use crate::clock::Stopwatch;
use crate::in_step;
use crate::mail::{self, notices, sender};
use crate::services::webhooks;
use crate::signing_keys;
use crate::telemetry::metrics;
use crate::webhooks::{AT_ONCE, Sender};
use trouble::Trouble;

/// How often another node's changes are looked for.
const WATCH_EVERY: Duration = Duration::from_millis(500);
/// How often webhooks and mail are looked after.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for secrets that end soon.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// How often keys are planned, and quiet addresses forgotten.
const KEEP_UP_EVERY: Duration = Duration::from_secs(60);
/// How often a chunk of expired rows is deleted, and measurements are folded together: under load
/// they would else take more memory than all the rest.
const PURGE_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for expired rows while there are none: each look is twenty statements.
const LOOK_FOR_EXPIRED_EVERY: Duration = Duration::from_secs(30);

/// How often connections are looked at.
const CLOSE_EVERY: Duration = Duration::from_secs(1);

/// How long a job rests that panicked.
const AFTER_A_PANIC: Duration = Duration::from_secs(1);
/// How long a piece of background work waits between two chunks.
const BETWEEN_CHUNKS: Duration = Duration::from_millis(20);
/// Old deliveries that one purge removes.
const DELIVERIES_AT_ONCE: i64 = 200;

/// The running jobs; they end when this is dropped.
pub struct Jobs(Vec<JoinHandle<()>>);

impl Drop for Jobs {
    fn drop(&mut self) {
        for job in &self.0 {
            job.abort();
        }
    }
}

/// Starts all jobs.
pub fn start(app: &Arc<App>) -> Jobs {
    Jobs(vec![
        tokio::spawn(lasting(Arc::clone(app), watch)),
        tokio::spawn(lasting(Arc::clone(app), note)),
        tokio::spawn(lasting(Arc::clone(app), keep_up)),
        tokio::spawn(lasting(Arc::clone(app), purge)),
        tokio::spawn(lasting(Arc::clone(app), fill_in)),
        tokio::spawn(lasting(Arc::clone(app), tell)),
        tokio::spawn(lasting(Arc::clone(app), post)),
        tokio::spawn(lasting(Arc::clone(app), close_quiet)),
    ])
}

/// Does a job until it ends. A panic ends one turn of it and not the job (invariant I33): a server
/// whose keys are no longer looked after would sign nothing some months later.
async fn lasting<S, F>(state: S, job: impl Fn(S) -> F)
where
    S: Clone,
    F: Future<Output = ()> + Send + 'static,
{
    // A set ends what runs in it when it is dropped.
    let mut turn = JoinSet::new();
    turn.spawn(job(state.clone()));
    while let Some(ended) = turn.join_next().await {
        if ended.is_err_and(|error| error.is_panic()) {
            tracing::error!("background work panicked and begins again");
            tokio::time::sleep(AFTER_A_PANIC).await;
            turn.spawn(job(state.clone()));
        }
    }
}

/// Writes down what was noted in memory: nothing waits any longer.
pub async fn settle(app: &App) {
    app.userinfo_reads.write_down(app).await;
    if let Err(error) = app.key_watch.write_down(&app.store, app.clock.now()).await {
        tracing::warn!(%error, "who fetched the key set was not noted");
    }
    app.secret_uses.write_down(&app.store).await;
}

/// Writes down what waits to be seen. Not between two looks for changes: a write may have to wait.
async fn note(app: Arc<App>) {
    let mut trouble = Trouble::with("who fetched the key set was not noted");
    let mut ticks = ticks(WATCH_EVERY);
    loop {
        ticks.tick().await;
        app.userinfo_reads.write_down(&app).await;
        trouble.note(app.key_watch.write_down(&app.store, app.clock.now()).await);
    }
}

/// Drops what this node has cached when the database says that something changed.
async fn watch(app: Arc<App>) {
    let mut seen = None;
    let mut blind = Trouble::with("changes could not be looked for");
    let mut unbranded = Trouble::with("the brands could not be read");
    let mut ticks = ticks(WATCH_EVERY);
    loop {
        ticks.tick().await;
        let Some(counter) = blind.note(app.store.change_counter().await) else { continue };
        if seen == Some(counter) {
            continue;
        }
        app.clients.forget_all();
        if unbranded.note(app.brands.refresh(&app.store).await).is_none() {
            continue;
        }
        match signing_keys::refresh(&app.keys, &app.store, &app.masters).await {
            Ok(()) => {
                app.documents.refresh(&app.issuer, &app.keys);
                seen = Some(counter);
            }
            Err(error) => tracing::error!(%error, "the signing keys could not be loaded"),
        }
    }
}

async fn keep_up(app: Arc<App>) {
    let policy = app.config.key_policy();
    let mut ticks = ticks(KEEP_UP_EVERY);
    loop {
        ticks.tick().await;
        match signing_keys::keep_up(&app.store, &app.masters, &policy, &app.clock).await {
            Ok(true) => tracing::info!("signing keys have moved to their next phase"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the signing keys could not be looked after"),
        }
        app.secret_uses.write_down(&app.store).await;
        app.sign_in_limit.forget_quiet();
        app.client_failure_limit.forget_quiet();
        app.record_limit.forget_quiet();
        app.start_limit.forget_quiet();
        measure(&app).await;
    }
}

async fn purge(app: Arc<App>) {
    let mut trouble = Trouble::with("expired rows could not be purged");
    let mut untimely = Trouble::with("expired rows are not purged");
    let mut found_nothing: Option<Stopwatch> = None;
    let mut ticks = ticks(PURGE_EVERY);
    loop {
        ticks.tick().await;
        metrics::upkeep();
        if found_nothing.as_ref().is_some_and(|since| since.elapsed() < LOOK_FOR_EXPIRED_EVERY) {
            continue;
        }
        if untimely.note(in_step::require(&app.store).await).is_some() {
            let purged = trouble.note(purge_once(&app, app.clock.now()).await);
            found_nothing = purged.filter(|purged| !purged.is_busy()).map(|_| Stopwatch::start());
        }
    }
}

/// Writes what rows of earlier versions lack to be found (users' search terms, what clients are
/// filtered by), some at a time, until all are; and again from time to time, as long as a node of such
/// a version may be writing.
async fn fill_in(app: Arc<App>) {
    let mut ticks = ticks(KEEP_UP_EVERY);
    loop {
        ticks.tick().await;
        loop {
            let filled = match app.store.fill_user_terms().await {
                Ok(0) => app.store.fill_client_filters().await,
                filled => filled,
            };
            match filled {
                Ok(0) => break,
                // Sign-ins go first.
                Ok(_) => tokio::time::sleep(BETWEEN_CHUNKS).await,
                Err(error) => {
                    tracing::warn!(%error, "rows of an earlier version could not be filled in");
                    break;
                }
            }
        }
    }
}

/// Tells webhooks what happened.
async fn tell(app: Arc<App>) {
    let sender = Sender::default();
    let mut trouble = Trouble::with("webhooks were not served");
    let mut ticks = ticks(TELL_EVERY);
    loop {
        ticks.tick().await;
        // A full batch: there is more.
        if trouble.note(sender.work(&app).await).is_some_and(|count| count >= AT_ONCE as usize) {
            ticks.reset_immediately();
        }
    }
}

/// Closes connections on which nothing goes on.
async fn close_quiet(app: Arc<App>) {
    let mut ticks = ticks(CLOSE_EVERY);
    loop {
        ticks.tick().await;
        app.connections.close_quiet();
    }
}

/// Sends mail, and writes the mails that nobody's act brings about.
async fn post(app: Arc<App>) {
    let mut look_at = app.clock.now();
    let mut unwritten = Trouble::with("it was not looked for secrets that end");
    let mut unsent = Trouble::with("mail was not sent");
    let mut ticks = ticks(TELL_EVERY);
    loop {
        ticks.tick().await;
        let now = app.clock.now();
        // A clock that was set back does not put it off.
        let due = now >= look_at || look_at.since(now) > LOOK_EVERY;
        if due && unwritten.note(notices::write(&app, now).await).is_some() {
            look_at = now.plus(LOOK_EVERY);
        }
        // A full batch: there is more.
        let sent = unsent.note(sender::work(&app).await);
        if sent.is_some_and(|count| count >= sender::AT_ONCE as usize) {
            ticks.reset_immediately();
        }
    }
}

/// Each call deletes a chunk of each table, so that it never holds the writer for long.
async fn purge_once(app: &App, now: Timestamp) -> Result<Purged, StoreError> {
    let events = &app.config.events;
    let mut purged = app.store.purge_expired(now).await?;
    purged += app.store.purge_events(now.minus(events.retention)).await?;
    purged += app.store.purge_successes(now.minus(events.success_retention)).await?;
    purged.removed +=
        app.store.purge_deliveries(now.minus(webhooks::KEPT), DELIVERIES_AT_ONCE).await?;
    webhooks::forget_ended_secrets(app, now).await?;
    Ok(purged)
}

/// What is measured by looking, not by counting.
async fn measure(app: &App) {
    metrics::store_queue(app.store.queue_depth());
    let now = app.clock.now();
    if let Ok(queue) = app.store.queue(mail::KIND).await {
        metrics::mail_queue(queue.waiting);
    }
    let keys = app.store.signing_keys().await.unwrap_or_default();
    for key in keys.iter().filter(|key| key.retired_at.is_none()) {
        if let (Ok(alg), Some(since)) = (key.alg.parse::<Alg>(), key.signing_at) {
            metrics::signing_key_age(alg.as_str(), now.since(since));
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn i33_a_panic_ends_one_turn_of_a_job() {
        let turns = Arc::new(AtomicU32::new(0));
        let job = |turns: Arc<AtomicU32>| async move {
            assert!(turns.fetch_add(1, Ordering::Relaxed) > 0, "as a test");
        };
        lasting(Arc::clone(&turns), job).await;
        assert_eq!(turns.load(Ordering::Relaxed), 2);
    }
}
