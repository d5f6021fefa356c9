use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::EventOutcome;
use vestibule_protocol::ids::{ClientId, OrgId};
use vestibule_protocol::params::Params;
use vestibule_store::events::OutcomeFilter;

use super::*;
use crate::services::organizations::{self, NewOrganization};
use crate::services::testing::{Installation, passwords};
use crate::services::users::{self, NewUser};
use crate::services::{FaultKind, clients};

const NOW: Timestamp = Timestamp::from_seconds(1_795_233_000);

fn filter(query: &str) -> EventFilter {
    EventFilter::of(&Params::parse(query.as_bytes()).unwrap())
}

#[test]
fn a_filter_is_read_as_people_write_it() {
    let query = filter("since=24h&until=2026-11-22&outcome=wrong&case=7fk2qd&kind=token")
        .query(NOW)
        .unwrap();
    assert_eq!(query.since, Some(Timestamp::from_seconds(1_795_233_000 - 86_400)));
    assert_eq!(query.until, Some(Timestamp::from_seconds(1_795_305_600)));
    assert_eq!(query.outcome, Some(OutcomeFilter::Wrong));
    assert_eq!(query.case_code.unwrap().to_string(), "7FK-2QD");
    assert_eq!((query.kind.as_deref(), query.client), (Some("token"), None));
    let moment = filter("since=2026-11-21T09:00:00%2B01:00").query(NOW).unwrap();
    assert_eq!(moment.since, Some(Timestamp::from_seconds(1_795_248_000)));
}

#[test]
fn every_filter_that_cannot_be_read_is_named() {
    let long = "x".repeat(300);
    let fault = filter(&format!("since=soon&until=then&outcome=odd&case=!&kind=%25&client={long}"))
        .query(NOW)
        .unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Invalid);
    for name in ["since", "until", "outcome", "case", "kind", "client"] {
        assert!(fault.to_string().contains(&format!("{name}: ")), "{name} in {fault}");
    }
}

#[tokio::test]
async fn i26_of_a_sign_in_at_a_client_above_the_users_organization_sees_that_and_no_facts() {
    let installation = Installation::new().await;
    let act = installation.act();
    let new = NewOrganization {
        slug: "ward".to_owned(),
        name: "Ward".to_owned(),
        ..NewOrganization::default()
    };
    let ward = Act { org: organizations::add(act, new).await.unwrap().id, ..act };
    let new = NewUser { email: Some("ada@x.example".to_owned()), ..NewUser::default() };
    let ada = users::add(ward, &passwords(), new).await.unwrap();
    let line = Event {
        id: EventId(act.core.ids.next(act.now)),
        org: OrgId::ROOT,
        at: act.now,
        kind: "session.started".to_owned(),
        outcome: EventOutcome::Success,
        case_code: Some("7FK-2QD".parse().unwrap()),
        client: Some(ClientId("portal".to_owned())),
        subject: Some(ada.subject.clone()),
        reason: None,
        facts: json!({ "amr": ["pwd"] }),
    };
    let row = line.clone();
    act.core.store.write(move |tx| tx.record(vec![row])).await.unwrap();
    let query = EventQuery { subject: Some(ada.subject.clone()), limit: 100, ..Default::default() };
    let seen = async |act| {
        let found = search(act, query.clone()).await.unwrap();
        let page = newest(act, query.clone()).await.unwrap().events;
        let of = |events: Vec<Event>| events.into_iter().find(|event| event.id == line.id).unwrap();
        let (found, paged) = (of(found), of(page));
        assert_eq!(found, paged);
        found
    };
    assert_eq!(seen(act).await, line);
    let below = Event { case_code: None, facts: Value::Null, ..line.clone() };
    assert_eq!(seen(ward).await, below);
    let detail = users::detail::detail(ward, &ada.subject.0).await.unwrap();
    assert!(detail.events.contains(&below), "{:?}", detail.events);
}

#[tokio::test]
async fn clients_are_named_as_they_are_called_now() {
    let installation = Installation::new().await;
    let act = installation.act();
    let new = clients::NewClient {
        name: Some("Patient portal".to_owned()),
        client_id: Some(ClientId("portal".to_owned())),
        ..clients::NewClient::default()
    };
    clients::add(act, new).await.unwrap();
    clients::add(act, clients::NewClient { name: Some("Gone".to_owned()), ..Default::default() })
        .await
        .unwrap();
    let found = search(act, EventQuery { limit: 100, ..Default::default() }).await.unwrap();
    let gone = found.last().unwrap().client.clone().unwrap();
    clients::remove(act, &gone.0).await.unwrap();
    let names = Names::of(act, &found).await.unwrap();
    let told = found.iter().filter_map(|event| names.client(event)).collect::<Vec<_>>();
    assert_eq!(told, ["Patient portal"], "one that is gone has its id alone");
    let document = export::document(&found[0], &names);
    assert_eq!(
        (&document["client"], &document["client_name"]),
        (&json!("portal"), &json!("Patient portal"))
    );
    assert!(export::Format::Csv.head().starts_with("id,at,kind,outcome,case_code,client,subject,"));
}
