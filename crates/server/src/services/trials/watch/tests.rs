use serde_json::json;
use vestibule_protocol::ids::{ClientId, EventId, OrgId};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// A line of the log: which attempt, what, why it was refused, with which facts.
fn line(case: u32, kind: &str, reason: Option<&str>, facts: Value) -> Event {
    Event {
        id: EventId(1),
        org: OrgId::ROOT,
        at: NOW,
        kind: kind.to_owned(),
        outcome: if reason.is_some() { EventOutcome::Refused } else { EventOutcome::Success },
        case_code: Some(CaseCode::from_random(case)),
        client: Some(ClientId("unomed".to_owned())),
        subject: None,
        reason: reason.map(str::to_owned),
        facts,
    }
}

fn done(case: u32, kind: &str) -> Event {
    line(case, kind, None, Value::Null)
}

fn issued(case: u32, grant_type: &str) -> Event {
    line(case, "token.issued", None, json!({ "grant_type": grant_type }))
}

fn outcomes(events: &[Event]) -> Vec<(Milestone, Outcome)> {
    let lines = grade(events, NOW).lines;
    let known = lines.into_iter().filter(|line| line.outcome != Outcome::NotReached);
    known.map(|line| (line.milestone, line.outcome)).collect()
}

#[test]
fn a_whole_sign_in_passes_line_by_line() {
    let events = [
        done(1, "authorize.waiting"),
        done(1, "session.started"),
        done(1, "authorize.approved"),
        issued(1, "authorization_code"),
        done(1, "userinfo.read"),
        issued(1, "refresh_token"),
        done(1, "session.ended"),
    ];
    let watched = grade(&events, NOW);
    assert!(watched.lines.iter().all(|line| line.outcome == Outcome::Passed), "{watched:?}");
    assert!(watched.is_whole() && !watched.has_failed());
}

#[test]
fn each_failure_stands_at_its_line_and_nothing_after_it_is_known() {
    use {Milestone as M, Outcome::Failed, Outcome::Passed};
    let arrived = [(M::Authorize, Passed), (M::RedirectUri, Passed)];
    let signed_in = [&arrived[..], &[(M::SignIn, Passed)]].concat();
    let agreed = [&signed_in[..], &[(M::Consent, Passed)]].concat();
    let refused =
        |kind: &str, reason: &str| line(1, kind, Some(reason), json!({ "received": "x" }));
    let begun = || vec![done(1, "authorize.waiting")];
    let approved =
        || [begun(), vec![done(1, "session.started"), done(1, "authorize.approved")]].concat();
    let table = [
        (
            vec![refused("authorize.shown", "redirect_uri_mismatch")],
            vec![(M::Authorize, Passed), (M::RedirectUri, Failed)],
        ),
        (vec![refused("authorize.shown", "client_disabled")], vec![(M::Authorize, Failed)]),
        (
            [begun(), vec![refused("session.refused", "wrong_password")]].concat(),
            [&arrived[..], &[(M::SignIn, Failed)]].concat(),
        ),
        (
            [
                begun(),
                vec![done(1, "session.started"), refused("authorize.refused", "consent_declined")],
            ]
            .concat(),
            [&signed_in[..], &[(M::Consent, Failed)]].concat(),
        ),
        (
            // Credentials do not say which attempt they belong to.
            [approved(), vec![line(9, "token.refused", Some("secret_wrong"), Value::Null)]]
                .concat(),
            [&agreed[..], &[(M::ClientAuthentication, Failed)]].concat(),
        ),
        (
            [approved(), vec![refused("token.refused", "code_verifier_wrong")]].concat(),
            [&agreed[..], &[(M::ClientAuthentication, Passed), (M::Code, Failed)]].concat(),
        ),
        (
            [
                approved(),
                vec![
                    issued(1, "authorization_code"),
                    refused("userinfo.refused", "bearer_in_query"),
                ],
            ]
            .concat(),
            [
                &agreed[..],
                &[(M::ClientAuthentication, Passed), (M::Code, Passed), (M::Userinfo, Failed)],
            ]
            .concat(),
        ),
    ];
    for (events, expected) in table {
        assert_eq!(outcomes(&events), expected, "{events:?}");
    }
}

#[test]
fn the_newest_attempt_counts_and_a_trial_is_none() {
    let failed = line(1, "authorize.shown", Some("redirect_uri_mismatch"), Value::Null);
    let trial = line(3, "authorize.waiting", None, json!({ "trial": true }));
    let events = [failed.clone(), trial.clone()];
    let watched = grade(&events, NOW);
    assert_eq!(watched.case, failed.case_code.map(|case| case.to_string()));
    assert!(watched.has_failed());
    let newest = grade(&[failed, done(2, "authorize.waiting"), trial], NOW);
    assert_eq!(newest.case, Some(CaseCode::from_random(2).to_string()));
    assert!(!newest.has_failed());
    assert_eq!(grade(&[], NOW).case, None);
}
