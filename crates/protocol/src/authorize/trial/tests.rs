use super::*;
use crate::authorize::request::{self, IdTokenHint};
use crate::fixtures::*;
use crate::refusal::Reason;

const ADDRESS: &str = "https://id.clinic.example/admin/clients/unomed/test/callback?trial=vbx_1";
const ADMIN: SessionId = SessionId(77);

fn token() -> Opaque<TrialToken> {
    Opaque::new(900, [3; 32])
}

fn trial() -> Trial {
    Trial {
        id: TrialId(900),
        org: OrgId::ROOT,
        client: client().key,
        session: ADMIN,
        digest: token().digest(),
        created_at: ago(10),
        expires_at: later(590),
        admitted_at: None,
        answered_at: None,
        case_code: None,
    }
}

fn asked(address: &str) -> Params {
    params(&[
        ("response_type", "code"),
        ("client_id", "unomed"),
        ("redirect_uri", address),
        ("scope", "openid"),
    ])
}

fn found(client: &Client, trial: &Trial, session: Option<SessionId>) -> Option<Destination> {
    let token = token();
    let presented = Presented { token: &token, address: ADDRESS, session };
    destination(&asked(ADDRESS), client, trial, &presented, NOW)
}

#[test]
fn the_trial_itself_is_answered_to_our_page_and_marked() {
    let destination = found(&client(), &trial(), Some(ADMIN)).unwrap();
    assert_eq!(destination.redirect_uri(), ADDRESS);
    assert!(destination.was_sent());
    let read = request::read(&asked(ADDRESS), &client(), destination, IdTokenHint::Absent).unwrap();
    assert_eq!(read.trial, Some(TrialId(900)));
}

#[test]
fn i10_nobody_else_gets_the_trials_address() {
    let disabled = Client { status: Status::Disabled, ..client() };
    let other_org = Client { org: OrgId(5), ..client() };
    let refused = [
        ("another browser", client(), trial(), None),
        ("another session", client(), trial(), Some(SessionId(78))),
        ("another client", other_client(), trial(), Some(ADMIN)),
        ("another organization", other_org, trial(), Some(ADMIN)),
        ("a client that is switched off", disabled, trial(), Some(ADMIN)),
        ("ended", client(), Trial { expires_at: NOW, ..trial() }, Some(ADMIN)),
        ("used", client(), Trial { admitted_at: Some(ago(1)), ..trial() }, Some(ADMIN)),
        ("answered", client(), Trial { answered_at: Some(ago(1)), ..trial() }, Some(ADMIN)),
        (
            "another token",
            client(),
            Trial { digest: Opaque::<TrialToken>::new(900, [4; 32]).digest(), ..trial() },
            Some(ADMIN),
        ),
        ("another row", client(), Trial { id: TrialId(901), ..trial() }, Some(ADMIN)),
    ];
    for (who, client, trial, session) in refused {
        assert_eq!(found(&client, &trial, session), None, "{who}");
    }
}

#[test]
fn i9_the_address_is_compared_byte_for_byte() {
    let token = token();
    let presented = Presented { token: &token, address: ADDRESS, session: Some(ADMIN) };
    for near in [
        format!("{ADDRESS}&x=1"),
        format!("{ADDRESS}#x"),
        ADDRESS.replace("unomed", "Unomed"),
        ADDRESS.replace("https://id", "https://x@id"),
    ] {
        let found = destination(&asked(&near), &client(), &trial(), &presented, NOW);
        assert_eq!(found, None, "{near}");
    }
    let twice = params(&[("redirect_uri", ADDRESS), ("redirect_uri", ADDRESS)]);
    assert_eq!(destination(&twice, &client(), &trial(), &presented, NOW), None);
}

#[test]
fn i9_the_address_is_never_a_registered_one() {
    let refused = request::destination(&asked(ADDRESS), &client()).unwrap_err();
    assert!(matches!(refused, Reason::RedirectUriMismatch { .. }), "{refused:?}");
}
