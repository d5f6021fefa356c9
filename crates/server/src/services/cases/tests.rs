use std::time::Duration;

use serde_json::json;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::ids::{ClientId, EventId, OrgId, Subject};
use vestibule_protocol::redirect_uri::Difference;
use vestibule_protocol::refusal::Reason;
use vestibule_store::events::Failures;

use super::file::of;
use super::*;
use crate::services::clients::NewClient;
use crate::services::testing::Installation;
use crate::services::{FaultKind, events, overview};

const REGISTERED: &str = "https://api.unomed.example/login/callback/";
const SENT: &str = "https://api.unomed.example/login/callback";
const CODE: &str = "7FK-2QD";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_233_000 + seconds)
}

fn line(second: i64, kind: &str, client: Option<&str>) -> Event {
    Event {
        id: EventId(second + 1),
        org: OrgId::ROOT,
        at: at(second),
        kind: kind.to_owned(),
        outcome: EventOutcome::Success,
        case_code: CODE.parse().ok(),
        client: client.map(|id| ClientId(id.to_owned())),
        subject: Some(Subject("sub-1".to_owned())),
        reason: None,
        facts: serde_json::Value::Null,
    }
}

fn refusal(second: i64, kind: &str, reason: &Reason) -> Event {
    Event {
        outcome: EventOutcome::Refused,
        reason: Some(reason.word()),
        facts: reason.recorded(),
        ..line(second, kind, Some("unomed"))
    }
}

fn mismatch(sent: &str) -> Reason {
    Reason::RedirectUriMismatch {
        received: sent.to_owned(),
        nearest: Some(REGISTERED.to_owned()),
        difference: Difference::TrailingSlash,
    }
}

/// Lines of an attempt that was refused.
pub(crate) fn refused() -> Vec<Event> {
    let hostile = "https://<b>x</b>.example/\u{200b}\u{7}";
    vec![
        line(0, "authorize.waiting", Some("unomed")),
        line(5, "session.started", None),
        refusal(9, "authorize.shown", &mismatch(hostile)),
    ]
}

/// Case files as pages show them.
pub(crate) fn samples() -> Vec<CaseFile> {
    let code = CODE.parse().unwrap();
    let swapped = Reason::SecretWrong {
        used: vestibule_protocol::client_auth::AuthMethodUsed::Post,
        diagnosis: Default::default(),
        secret_of: Some(ClientId("other".to_owned())),
    };
    let none = Reason::RedirectUriMismatch {
        received: SENT.to_owned(),
        nearest: None,
        difference: Difference::NothingRegistered,
    };
    let cases = [
        refused(),
        vec![refusal(0, "authorize.shown", &mismatch(SENT))],
        vec![refusal(0, "authorize.shown", &none)],
        vec![refusal(0, "token.refused", &swapped)],
        vec![
            line(0, "authorize.approved", Some("unomed")),
            line(1, "token.issued", Some("unomed")),
        ],
        vec![line(0, "authorize.approved", Some("unomed"))],
    ];
    let mut files: Vec<CaseFile> =
        cases.iter().map(|events| of(code, events, Reader::Admin).unwrap()).collect();
    if let Some(uri) =
        files.get_mut(1).and_then(|it| it.cause.as_mut()).and_then(|it| it.uri.as_mut())
    {
        uri.others.push(ClientId("unomed-live".to_owned()));
    }
    if let Some(file) = files.first_mut() {
        file.shares.push(Share {
            id: vestibule_protocol::ids::LinkId(7),
            created_at: at(20),
            expires_at: at(604_800),
        });
    }
    files
}

async fn with_client(installation: &Installation, name: &str, uri: &str) -> ClientId {
    let new = NewClient {
        name: Some(name.to_owned()),
        redirect_uris: vec![uri.to_owned()],
        client_id: Some(ClientId(name.to_owned())),
        ..NewClient::default()
    };
    clients::add(installation.act(), new).await.unwrap().client.client_id
}

async fn written(installation: &Installation, lines: Vec<Event>) {
    let act = installation.act();
    let events = lines.into_iter().enumerate().map(|(index, event)| {
        let at = act.now.plus(Duration::from_millis(u64::try_from(index).unwrap()));
        Event { id: EventId(act.core.ids.next(at)), at, ..event }
    });
    let events = events.collect();
    act.core.store.write(move |tx| tx.record(events)).await.unwrap();
}

#[test]
fn the_verdict_is_what_came_last() {
    let code = CODE.parse().unwrap();
    let waiting = || line(0, "authorize.waiting", Some("unomed"));
    let wrong = || refusal(1, "session.refused", &Reason::CodeUnknown);
    let approved = || line(2, "authorize.approved", Some("unomed"));
    let issued = || line(3, "token.issued", Some("unomed"));
    for (events, verdict, cause) in [
        (vec![waiting()], Verdict::LeftByUser, false),
        (vec![waiting(), wrong()], Verdict::Refused, true),
        (vec![waiting(), wrong(), approved()], Verdict::CodeNotExchanged, true),
        (vec![waiting(), wrong(), approved(), issued()], Verdict::Succeeded, false),
        (vec![line(0, "client.added", Some("unomed"))], Verdict::Done, false),
    ] {
        let file = of(code, &events, Reader::Admin).unwrap();
        assert_eq!((file.verdict, file.cause.is_some()), (verdict, cause), "{events:?}");
    }
}

#[tokio::test]
async fn a_case_tells_the_difference_and_adopts_exactly_what_came() {
    let installation = Installation::new().await;
    let act = installation.act();
    with_client(&installation, "unomed", REGISTERED).await;
    with_client(&installation, "unomed-live", SENT).await;
    written(&installation, vec![refusal(0, "authorize.shown", &mismatch(SENT))]).await;

    let found = file(act, "7fk2qd").await.unwrap();
    let cause = found.cause.unwrap();
    let uri = cause.uri.unwrap();
    assert_eq!((cause.code, uri.differences), ("VB-2004", vec![Difference::TrailingSlash]));
    assert_eq!(uri.others, [ClientId("unomed-live".to_owned())]);
    assert!(uri.adoptable);
    assert_eq!(found.client.unwrap().name.as_deref(), Some("unomed"));

    let client = adopt_redirect_uri(act, CODE, None).await.unwrap();
    assert_eq!(client.settings.redirect_uris, [REGISTERED, SENT]);
    let again = adopt_redirect_uri(act, CODE, None).await.unwrap_err();
    assert_eq!(again.kind(), FaultKind::Conflict);
}

#[tokio::test]
async fn what_cannot_be_registered_cannot_be_adopted() {
    let installation = Installation::new().await;
    with_client(&installation, "unomed", REGISTERED).await;
    let odd = refusal(0, "authorize.shown", &mismatch("https://x.example/\u{200b}"));
    written(&installation, vec![odd]).await;
    let found = file(installation.act(), CODE).await.unwrap();
    assert!(!found.cause.unwrap().uri.unwrap().adoptable);
    let refused = adopt_redirect_uri(installation.act(), CODE, None).await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Invalid);
}

#[tokio::test]
async fn i26_a_case_of_another_organization_answers_like_an_unknown_one() {
    let installation = Installation::new().await;
    written(&installation, vec![refusal(0, "authorize.shown", &mismatch(SENT))]).await;
    let elsewhere = Act { org: OrgId(99), ..installation.act() };
    let foreign = file(elsewhere, CODE).await.unwrap_err();
    let unknown = file(elsewhere, "000-000").await.unwrap_err();
    assert_eq!(foreign.kind(), FaultKind::NotFound);
    assert_eq!(foreign.to_string().replace(CODE, "000-000"), unknown.to_string());
}

#[tokio::test]
async fn i27_each_act_asks_for_its_permission() {
    let installation = Installation::new().await;
    written(&installation, vec![refusal(0, "authorize.shown", &mismatch(SENT))]).await;
    let reads = Rights::of([Permission::EventsRead, Permission::ClientsRead]);
    let auditor = Act { rights: reads, ..installation.act() };
    assert!(file(auditor, CODE).await.is_ok());
    let forbidden = [
        adopt_redirect_uri(auditor, CODE, None).await.map(|_| ()).unwrap_err(),
        share::share(auditor, CODE, share::USUALLY).await.map(|_| ()).unwrap_err(),
        file(Act { rights: Rights::NONE, ..auditor }, CODE).await.map(|_| ()).unwrap_err(),
    ];
    assert!(forbidden.iter().all(|fault| fault.kind() == FaultKind::Forbidden), "{forbidden:?}");
}

#[tokio::test]
async fn a_shared_case_shows_the_vendor_its_own_part_and_can_be_taken_back() {
    let installation = Installation::new().await;
    let act = installation.act();
    with_client(&installation, "unomed", REGISTERED).await;
    let groups = Reason::UserNotInGroups {
        allowed: vec!["patients".to_owned()],
        member_of: vec!["oncology".to_owned()],
    };
    let stranger = Event {
        client: Some(ClientId("other-vendor".to_owned())),
        ..refusal(1, "token.refused", &Reason::CodeUnknown)
    };
    let lines = vec![
        line(0, "authorize.waiting", Some("unomed")),
        stranger,
        refusal(2, "authorize.refused", &groups),
    ];
    written(&installation, lines).await;
    let link = share::share(act, CODE, share::USUALLY).await.unwrap();
    let token = link.url.strip_prefix("https://id.example/case/").unwrap().to_owned();

    let shared = share::shared(act.core, &token, act.now).await.unwrap().unwrap();
    let told = serde_json::to_string(&shared).unwrap();
    for secret in ["oncology", "patients", "other-vendor", "widen the client's groups"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    assert!(told.contains("sub-1") && told.contains("VB-3002"));
    assert_eq!(shared.file.steps.len(), 2);

    let shares = file(act, CODE).await.unwrap().shares;
    let [only] = shares.as_slice() else { panic!("{shares:?}") };
    let late = act.now.plus(share::USUALLY);
    assert_eq!(share::shared(act.core, &token, late).await.unwrap(), None);
    share::revoke(act, CODE, only.id).await.unwrap();
    assert_eq!(share::shared(act.core, &token, act.now).await.unwrap(), None);
    assert_eq!(share::revoke(act, CODE, only.id).await.unwrap_err().kind(), FaultKind::NotFound);
    assert_eq!(share::shared(act.core, "nonsense", act.now).await.unwrap(), None);
}

#[tokio::test]
async fn an_attempt_that_went_well_is_found_too() {
    let installation = Installation::new().await;
    let lines = vec![
        line(0, "authorize.approved", Some("unomed")),
        line(1, "token.issued", Some("unomed")),
    ];
    written(&installation, lines).await;
    let found = file(installation.act(), CODE).await.unwrap();
    assert_eq!((found.verdict, found.steps.len()), (Verdict::Succeeded, 2));
    assert_eq!(found.cause, None);
}

#[tokio::test]
async fn the_overview_counts_what_went_wrong() {
    let installation = Installation::new().await;
    let act = installation.act();
    let lines = vec![
        refusal(0, "authorize.shown", &mismatch(SENT)),
        refusal(1, "authorize.shown", &mismatch(SENT)),
        refusal(2, "token.refused", &Reason::CodeUnknown),
        line(3, "token.issued", Some("unomed")),
        Event {
            facts: json!({ "trial": true, "received": "x" }),
            ..refusal(4, "authorize.shown", &mismatch(SENT))
        },
    ];
    written(&installation, lines).await;
    let day = act.now.minus(Duration::from_secs(86_400));
    let failures = overview::failures(act, day).await.unwrap();
    let counted: Vec<_> =
        failures.by_reason.iter().map(|it| (it.reason.as_str(), it.count)).collect();
    assert_eq!(counted, [("redirect_uri_mismatch", 2), ("code_unknown", 1)]);
    assert_eq!(failures.by_client.first().map(|it| it.count), Some(3));
    let soon = act.now.plus(Duration::from_secs(10));
    assert_eq!(overview::failures(act, soon).await.unwrap(), Failures::default());

    with_client(&installation, "unomed", REGISTERED).await;
    let end = act.now.plus(Duration::from_secs(86_400));
    clients::add_secret(act, "unomed", "soon", Some(end)).await.unwrap();
    let ending = overview::expiring_secrets(act).await.unwrap();
    assert_eq!(ending.iter().map(|it| it.label.as_str()).collect::<Vec<_>>(), ["soon"]);
}

#[tokio::test]
async fn pages_of_the_log_go_on_where_the_last_one_ended() {
    let installation = Installation::new().await;
    let act = installation.act();
    let lines = (0..7).map(|n| line(n, "token.issued", Some("unomed"))).collect();
    written(&installation, lines).await;
    let filter = events::EventFilter { kind: "token".to_owned(), ..Default::default() };
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = events::page(act, &filter, before, 3).await.unwrap();
        seen.extend(page.events.iter().map(|event| event.id.0));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|newer, older| newer > older));
}
