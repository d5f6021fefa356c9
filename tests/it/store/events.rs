//! The event log: pages, cases, counts, and what the purge keeps.

use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{ClientId, EventId, OrderedIds, OrgId};
use vestibule_store::Guard;
use vestibule_store::changes::RecordEvents;
use vestibule_store::events::{EventQuery, Failures, OutcomeFilter};

use super::fixtures::{NOW, World, later};
use super::on_both;

const DAY: u64 = 86_400;

/// The same line at another moment, with an id of that moment.
fn moved(event: Event, at: Timestamp, number: i64) -> Event {
    Event { id: EventId(OrderedIds::first_at(at) + number), at, ..event }
}

fn code(text: &str) -> CaseCode {
    text.parse().unwrap()
}

on_both! {
    /// More than one statement takes: what userinfo counted is handed in together.
    async fn ten_thousand_lines_are_written_at_once(database: Database) {
        let world = World::new(&database).await;
        let events: Vec<Event> = (0..10_000).map(|_| world.event("many")).collect();
        let (first, last) = (events[0].clone(), events[9_999].clone());
        let guard = world.store.apply(RecordEvents { events }).await.unwrap();
        assert_eq!(guard, Guard::Held);
        let many = EventQuery { kind: Some("many".to_owned()), limit: 1, ..EventQuery::default() };
        let oldest = EventQuery { after: Some(EventId(1)), ..many.clone() };
        let found = async |query| world.store.events(world.user.org, query).await.unwrap();
        assert_eq!(found(many).await, [last]);
        assert_eq!(found(oldest).await, [first]);
    }

    async fn a_case_is_found_around_each_of_its_refusals_and_by_a_known_line(database: Database) {
        let world = World::new(&database).await;
        let of = |kind: &str, at, number| {
            let event = Event { case_code: Some(code("7FK-2QD")), ..world.event(kind) };
            moved(event, at, number)
        };
        let wrong = |kind: &str, at, number| {
            moved(world.refusal(kind, "code_unknown", code("7FK-2QD")), at, number)
        };
        let start = of("authorize.waiting", later(100), 1);
        let refused = wrong("token.refused", later(160), 2);
        let weeks_later = wrong("token.refused", later(14 * DAY), 3);
        let between = of("token.issued", later(7 * DAY), 4);
        let lines = vec![start.clone(), refused.clone(), between.clone(), weeks_later.clone()];
        world.store.write(move |tx| tx.record(lines.clone())).await.unwrap();
        let org = world.user.org;
        let found = async |near| world.store.case_events(org, code("7FK-2QD"), near).await.unwrap();
        let near_refusals = vec![start.clone(), refused.clone(), weeks_later.clone()];
        assert_eq!(found(None).await, near_refusals);
        let all = vec![start, refused, between.clone(), weeks_later];
        assert_eq!(found(Some(between.id)).await, all);
        let foreign = world.store.case_events(OrgId(9), code("7FK-2QD"), None).await.unwrap();
        assert_eq!(foreign, vec![]);
        let other = world.store.case_events(org, code("000-000"), None).await.unwrap();
        assert_eq!(other, vec![]);
    }

    async fn a_case_without_any_refusal_is_found_among_the_newest_lines(database: Database) {
        let world = World::new(&database).await;
        let well = Event { case_code: Some(code("111-111")), ..world.event("token.issued") };
        let line = well.clone();
        world.store.write(move |tx| tx.record(vec![line.clone()])).await.unwrap();
        let found = world.store.case_events(world.user.org, code("111-111"), None).await.unwrap();
        assert_eq!(found, vec![well]);
    }

    async fn pages_are_newest_first_and_filtered(database: Database) {
        let world = World::new(&database).await;
        let lines: Vec<Event> = (0..10)
            .map(|number| {
                let event = match number % 2 {
                    0 => world.event("token.issued"),
                    _ => world.refusal("token.refused", "code_unknown", code("7FK-2QD")),
                };
                moved(event, later(10), number)
            })
            .collect();
        let insert = lines.clone();
        world.store.write(move |tx| tx.record(insert.clone())).await.unwrap();
        let page = async |query: EventQuery| {
            world.store.events_page(world.user.org, query).await.unwrap()
        };
        let wrong = EventQuery {
            outcome: Some(OutcomeFilter::Wrong),
            client: Some(world.client.client_id.clone()),
            limit: 3,
            ..EventQuery::default()
        };
        let first = page(wrong.clone()).await;
        let ids = |events: &[Event]| events.iter().map(|event| event.id).collect::<Vec<_>>();
        assert_eq!(ids(&first.events), [lines[9].id, lines[7].id, lines[5].id]);
        let second = page(EventQuery { before: first.next, ..wrong.clone() }).await;
        assert_eq!(ids(&second.events), [lines[3].id, lines[1].id]);
        assert_eq!(second.next, None);

        let family = EventQuery { kind: Some("token".to_owned()), limit: 100, ..Default::default() };
        assert_eq!(page(family).await.events.len(), 10);
        let kind = EventQuery { kind: Some("toke".to_owned()), limit: 100, ..Default::default() };
        assert_eq!(page(kind).await.events.len(), 0, "half a word is no family");
        let reason = EventQuery { reason: Some("code_unknown".to_owned()), limit: 100, ..Default::default() };
        assert_eq!(page(reason).await.events.len(), 5);
        let until = EventQuery { until: Some(later(10)), limit: 100, ..Default::default() };
        assert!(page(until).await.events.iter().all(|event| event.at < later(10)));
        let nobody = EventQuery { client: Some(ClientId("nobody".to_owned())), ..wrong };
        assert_eq!(page(nobody).await.events, vec![]);
    }

    async fn what_went_wrong_is_counted_by_reason_and_client(database: Database) {
        let world = World::new(&database).await;
        let mut lines: Vec<Event> = (0..3)
            .map(|_| world.refusal("token.refused", "code_unknown", code("7FK-2QD")))
            .collect();
        lines.push(Event { client: None, ..world.refusal("x.refused", "client_unknown", code("222-222")) });
        lines.push(world.event("token.issued"));
        let trial = serde_json::json!({ "by": "ada", "trial": true });
        lines.push(Event { facts: trial, ..world.refusal("token.refused", "tried", code("333-333")) });
        let sent = serde_json::json!({ "received": "\"trial\":true" });
        lines.push(Event { facts: sent, ..world.refusal("token.refused", "sent", code("444-444")) });
        world.store.write(move |tx| tx.record(lines.clone())).await.unwrap();
        let org = world.user.org;
        let since = NOW.minus(Duration::from_secs(DAY));
        let found = world.store.failures(org, since).await.unwrap();
        let counted: Vec<_> =
            found.by_reason.iter().map(|it| (it.reason.as_str(), it.count)).collect();
        assert_eq!(counted, [("code_unknown", 3), ("sent", 1), ("client_unknown", 1)], "no trial");
        let counted: Vec<_> =
            found.by_client.iter().map(|it| (it.client.is_some(), it.count)).collect();
        assert_eq!(counted, [(true, 4), (false, 1)]);
        assert!(!found.more);
        assert_eq!(world.store.failures(OrgId(9), since).await.unwrap(), Failures::default());
    }

    async fn what_went_well_is_forgotten_before_what_did_not(database: Database) {
        let world = World::new(&database).await;
        let well = moved(world.event("token.issued"), later(1), 1);
        let wrong = moved(world.refusal("token.refused", "code_unknown", code("7FK-2QD")), later(1), 2);
        let act = moved(Event { case_code: None, ..world.event("client.changed") }, later(1), 3);
        let young = moved(world.event("token.issued"), later(100), 4);
        let lines = vec![well, wrong.clone(), act.clone(), young.clone()];
        world.store.write(move |tx| tx.record(lines.clone())).await.unwrap();
        let purged = world.store.purge_successes(later(50)).await.unwrap();
        assert!(purged.removed > 0);
        let all = EventQuery { limit: 100, ..EventQuery::default() };
        let left = world.store.events(world.user.org, all).await.unwrap();
        assert_eq!(left, vec![wrong, act, young]);
        let again = world.store.purge_successes(later(50)).await.unwrap();
        assert_eq!(again.removed, 0);
    }

    async fn a_secret_is_found_by_its_digest_in_its_organization_alone(database: Database) {
        let world = World::new(&database).await;
        let secret = world.client.secrets.first().expect("the client has one").digest;
        let org = world.client.org;
        let owner = world.store.client_of_secret(org, vec![secret]).await.unwrap();
        assert_eq!(owner.as_ref(), Some(&world.client.client_id));
        assert_eq!(world.store.client_of_secret(OrgId(9), vec![secret]).await.unwrap(), None);
        assert_eq!(world.store.client_of_secret(org, vec![]).await.unwrap(), None);
    }
}
