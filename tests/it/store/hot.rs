//! Throttles, values that are good once, the event log, and the committer's manners.

use std::time::Duration;

use vestibule_protocol::case_code::CaseCode;
use vestibule_store::changes::{ConsumeOnce, CountFailure, RecordEvents, TouchSession};
use vestibule_store::events::EventQuery;
use vestibule_store::single_use::{SingleUse, SingleUsePurpose};
use vestibule_store::throttles::{ThrottleKey, ThrottlePolicy};
use vestibule_store::{Guard, StoreError, StoreOptions};

use super::fixtures::{NOW, World, later};
use super::on_both;

const POLICY: ThrottlePolicy = ThrottlePolicy {
    free: 2,
    window: Duration::from_secs(900),
    first_delay: Duration::from_secs(1),
    longest_delay: Duration::from_secs(3),
};

on_both! {
    async fn i22_a_value_is_good_once_for_its_purpose(database: Database) {
        let world = World::new(&database).await;
        let consume = |purpose, digest| ConsumeOnce {
            value: SingleUse { purpose, digest, expires_at: later(60) },
            events: vec![],
        };
        let table = [
            (SingleUsePurpose::ClientAssertion, [1; 32], Guard::Held),
            (SingleUsePurpose::ClientAssertion, [1; 32], Guard::Lost),
            (SingleUsePurpose::ClientAssertion, [2; 32], Guard::Held),
            (SingleUsePurpose::DpopProof, [1; 32], Guard::Held),
        ];
        for (purpose, digest, expected) in table {
            let guard = world.store.apply(consume(purpose, digest)).await.unwrap();
            assert_eq!(guard, expected, "{purpose:?} {}", digest[0]);
        }
    }

    async fn failures_are_free_then_cost_ever_more_until_a_silence(database: Database) {
        let world = World::new(&database).await;
        let key = ThrottleKey::account(world.user.id);
        let fail = async |seconds: u64| {
            let (key, at) = (key.clone(), later(seconds));
            let failure = CountFailure { key, policy: POLICY, at, events: vec![] };
            let counter = world.store.count_failure(failure).await.unwrap();
            (counter.failures, counter.blocked_until.since(at).as_secs())
        };
        assert_eq!(world.store.throttles(vec![key.clone()]).await.unwrap(), vec![]);
        let expected = [(1, 0), (2, 0), (3, 1), (4, 2), (5, 3), (6, 3)];
        for (step, expected) in (0..).zip(expected) {
            assert_eq!(fail(step).await, expected);
        }
        let read = world.store.throttles(vec![key.clone()]).await.unwrap();
        assert_eq!(read.first().unwrap().failures, 6);
        assert_eq!(fail(5 + 899).await, (7, 3), "the window is one of silence");
        assert_eq!(fail(5 + 899 + 900).await, (1, 0));
        let clear = key.clone();
        world.store.write(move |tx| tx.clear_throttle(&clear)).await.unwrap();
        assert_eq!(world.store.throttles(vec![key.clone()]).await.unwrap(), vec![]);
    }

    async fn failures_counted_at_once_are_all_counted(database: Database) {
        let world = World::new(&database).await;
        let other = database.store();
        let key = ThrottleKey::of("address", [9; 32]);
        let failure = CountFailure { key: key.clone(), policy: POLICY, at: NOW, events: vec![] };
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let store = if number % 2 == 0 { world.store.clone() } else { other.clone() };
                let failure = failure.clone();
                tokio::spawn(async move { store.count_failure(failure).await.unwrap().failures })
            })
            .collect();
        let mut counts = Vec::new();
        for task in tasks {
            counts.push(task.await.unwrap());
        }
        counts.sort_unstable();
        assert_eq!(counts, (1..=40).collect::<Vec<_>>());
    }

    async fn an_attempt_is_found_by_its_case_code_with_all_its_steps(database: Database) {
        let world = World::new(&database).await;
        let code: CaseCode = "7FK-2QD".parse().unwrap();
        let mut step = world.event("authorize.started");
        step.case_code = Some(code);
        let refused = world.refusal("token.refused", "redirect_uri_differs", code);
        let other = world.refusal("token.refused", "wrong_secret", CaseCode::from_random(99));
        let lines = vec![step.clone(), refused.clone(), other.clone()];
        let record = RecordEvents { events: lines };
        assert_eq!(world.store.apply(record).await.unwrap(), Guard::Held);
        let search = async |query: EventQuery| {
            world.store.events(world.user.org, query).await.unwrap()
        };
        let all = EventQuery { limit: 100, ..EventQuery::default() };
        let by_code = EventQuery { case_code: Some(code), ..all.clone() };
        assert_eq!(search(by_code).await, vec![step.clone(), refused.clone()]);
        let after = EventQuery { after: Some(step.id), ..all.clone() };
        assert_eq!(search(after).await, vec![refused.clone(), other.clone()]);
        let newest = EventQuery { limit: 1, ..all.clone() };
        assert_eq!(search(newest).await, vec![other.clone()]);
        let kind = EventQuery { kind: Some("authorize.started".to_owned()), ..all.clone() };
        assert_eq!(search(kind).await, vec![step.clone()]);
        let nobody = EventQuery {
            client: Some(vestibule_protocol::ids::ClientId("nobody".to_owned())),
            ..all.clone()
        };
        assert_eq!(search(nobody).await, vec![]);
        let theirs = EventQuery { subject: Some(world.user.subject.clone()), ..all.clone() };
        assert_eq!(search(theirs).await.len(), 4, "with the session's start");
        let since = EventQuery { since: Some(later(1)), ..all.clone() };
        assert_eq!(search(since).await, vec![]);
        let foreign = world.store.events(vestibule_protocol::ids::OrgId(9), all).await.unwrap();
        assert_eq!(foreign, vec![]);
    }

    async fn a_session_that_is_used_says_so(database: Database) {
        let world = World::new(&database).await;
        let touch = TouchSession { id: world.session.id, at: later(60) };
        assert_eq!(world.store.apply(touch).await.unwrap(), Guard::Held);
        let facts = world.store.session_facts(world.session.id).await.unwrap().unwrap();
        assert_eq!(facts.session.last_seen_at, later(60));
    }

    /// One caller's broken row is that caller's error, and nobody else's.
    async fn a_statement_that_fails_does_not_sink_its_batch(database: Database) {
        let world = World::new(&database).await;
        let twice = world.event("twice");
        let record = |events| RecordEvents { events };
        let _held = world.store.apply(record(vec![twice.clone()])).await.unwrap();
        // A long transaction, so that the next changes wait together and share a batch.
        let store = world.store.clone();
        let (enter, entered) = std::sync::mpsc::channel();
        let (leave, left) = std::sync::mpsc::channel::<()>();
        let gate = tokio::spawn(async move {
            store
                .write(move |_| {
                    enter.send(()).unwrap();
                    left.recv().ok();
                    Ok(())
                })
                .await
        });
        tokio::task::spawn_blocking(move || entered.recv().unwrap()).await.unwrap();
        let mut tasks = Vec::new();
        for number in 0..20 {
            let event = if number == 7 { twice.clone() } else { world.event("once") };
            let (store, change) = (world.store.clone(), record(vec![event]));
            tasks.push(tokio::spawn(async move { store.apply(change).await }));
        }
        leave.send(()).unwrap();
        gate.await.unwrap().unwrap();
        for (number, task) in tasks.into_iter().enumerate() {
            let outcome = task.await.unwrap();
            match number {
                7 => assert!(matches!(outcome, Err(StoreError::Database(_))), "{outcome:?}"),
                _ => assert_eq!(outcome.unwrap(), Guard::Held),
            }
        }
        let query =
            EventQuery { kind: Some("once".to_owned()), limit: 100, ..EventQuery::default() };
        assert_eq!(world.store.events(world.user.org, query).await.unwrap().len(), 19);
    }

    async fn i33_a_panic_in_a_transaction_ends_that_transaction_only(database: Database) {
        let world = World::new(&database).await;
        let event = world.event("doomed");
        let outcome = world
            .store
            .write(move |tx| -> Result<(), StoreError> {
                tx.record(vec![event])?;
                panic!("as a test");
            })
            .await;
        assert!(outcome.is_err());
        let query =
            EventQuery { kind: Some("doomed".to_owned()), limit: 9, ..EventQuery::default() };
        assert_eq!(world.store.events(world.user.org, query).await.unwrap(), vec![]);
        let touch = TouchSession { id: world.session.id, at: later(60) };
        assert_eq!(world.store.apply(touch).await.unwrap(), Guard::Held);
    }
}

/// On SQLite ordinary transactions share the committer's queue, so one of them can hold it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i28_a_full_queue_refuses_at_once_and_recovers() {
    let database = vestibule_tests::databases::Database::sqlite();
    let options =
        StoreOptions { queue_length: 4, ..vestibule_tests::databases::Database::options() };
    let store = database.store_with(options);
    let world = World::within(store.clone(), vestibule_protocol::ids::OrgId::ROOT).await;
    let (enter, entered) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let held = store.clone();
    let gate = tokio::spawn(async move {
        held.write(move |_| {
            enter.send(()).unwrap();
            left.recv().ok();
            Ok(())
        })
        .await
    });
    tokio::task::spawn_blocking(move || entered.recv().unwrap()).await.unwrap();
    let touch = TouchSession { id: world.session.id, at: later(60) };
    let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(store.apply(touch))).collect();
    for one in &mut waiting {
        let pending = std::future::poll_fn(|context| {
            std::task::Poll::Ready(one.as_mut().poll(context).is_pending())
        });
        assert!(pending.await);
    }
    assert_eq!(store.queue_depth(), 4);
    let refused = store.apply(touch).await;
    assert!(matches!(refused, Err(StoreError::Overloaded { queue_length: 4 })), "{refused:?}");
    leave.send(()).unwrap();
    gate.await.unwrap().unwrap();
    for one in waiting {
        assert_eq!(one.await.unwrap(), Guard::Held);
    }
    assert_eq!(store.apply(touch).await.unwrap(), Guard::Held);
}

/// A closed store finishes what waits and takes no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_refuses() {
    let world = World::new(&vestibule_tests::databases::Database::sqlite()).await;
    let store = world.store.clone();
    tokio::task::spawn_blocking(move || store.close()).await.unwrap();
    let touch = TouchSession { id: world.session.id, at: later(60) };
    assert!(matches!(world.store.apply(touch).await, Err(StoreError::Closed)));
    let outcome = world.store.write(|_| Ok(())).await;
    assert!(matches!(outcome, Err(StoreError::Closed)), "{outcome:?}");
}
