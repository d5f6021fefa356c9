use vestibule_protocol::Timestamp;
use vestibule_protocol::params::Params;
use vestibule_store::events::OutcomeFilter;

use super::*;
use crate::services::FaultKind;

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
    let fault = filter(&format!("since=soon&until=then&outcome=odd&case=!&client={long}"))
        .query(NOW)
        .unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Invalid);
    for name in ["since", "until", "outcome", "case", "client"] {
        assert!(fault.to_string().contains(&format!("{name}: ")), "{name} in {fault}");
    }
}
