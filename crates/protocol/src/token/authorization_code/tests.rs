use zeroize::Zeroizing;

use super::*;
use crate::client::Status;
use crate::fixtures::*;
use crate::opaque::Opaque;
use crate::scope::Scope;

/// One thing wrong with a scene.
type Change = fn(&mut Scene);

struct Scene {
    authorization: Authorization,
    grant: Option<Grant>,
    user: User,
    session: Session,
    client: Client,
    request: CodeRequest,
    now: Timestamp,
}

fn scene() -> Scene {
    Scene {
        authorization: authorization(),
        grant: None,
        user: user(),
        session: session(),
        client: client(),
        request: CodeRequest {
            code: Some(code()),
            redirect_uri: Some(CALLBACK.to_owned()),
            code_verifier: None,
        },
        now: NOW,
    }
}

fn decided(scene: &Scene) -> Redemption {
    let facts = CodeFacts {
        authorization: &scene.authorization,
        grant: scene.grant.as_ref(),
        user: Some(&scene.user),
        session: Some(&scene.session),
        organization: HOME,
    };
    decide(Some(&facts), &scene.request, &scene.client, scene.now)
}

/// The kind of the decision and the reason's word; every reason is `invalid_grant` to the peer.
fn outcome(scene: &Scene) -> (&'static str, String) {
    let (kind, reason) = match decided(scene) {
        Redemption::Issue(_) => return ("issue", String::new()),
        Redemption::Replayed { reason, .. } => ("replayed", reason),
        Redemption::Spoil(reason) => ("spoil", reason),
        Redemption::Refuse(reason) => ("refuse", reason),
    };
    assert_eq!(reason.wire().code.as_str(), "invalid_grant");
    (kind, reason.word())
}

fn issued(scene: &Scene) -> Issuance {
    match decided(scene) {
        Redemption::Issue(issuance) => issuance,
        other => panic!("tokens were expected: {other:?}"),
    }
}

#[test]
fn rfc6749_4_1_3_code_is_bound_to_its_client_and_a_wrong_one_never_consumes_it() {
    let mut scene = scene();
    scene.client = other_client();
    assert_eq!(outcome(&scene), ("refuse", "code_of_another_client".to_owned()));
    // Not even when everything else is wrong as well.
    scene.request.redirect_uri = None;
    scene.request.code_verifier = Some(Zeroizing::new("x".to_owned()));
    assert_eq!(outcome(&scene), ("refuse", "code_of_another_client".to_owned()));
}

#[test]
fn as_74_a_used_code_revokes_what_grew_out_of_it_at_any_time_later() {
    let mut scene = scene();
    scene.authorization.redeemed_at = Some(ago(1));
    assert_eq!(outcome(&scene), ("replayed", "code_replayed".to_owned()));
    scene.now = later(1_000_000);
    assert_eq!(outcome(&scene), ("replayed", "code_replayed".to_owned()), "long expired too");
    // A wrong verifier does not hide the replay.
    scene.request.code_verifier = Some(Zeroizing::new(VERIFIER.to_owned()));
    let Redemption::Replayed { grant, .. } = decided(&scene) else { panic!("a replay") };
    assert_eq!(grant.0, scene.authorization.id.0);
}

#[test]
fn i2_a_replay_by_another_client_revokes_nothing() {
    let mut scene = scene();
    scene.authorization.redeemed_at = Some(ago(1));
    scene.client = other_client();
    assert_eq!(outcome(&scene).0, "refuse");
}

#[test]
fn as_75_expired_unknown_or_altered_codes_are_refused() {
    let mut expired = scene();
    expired.now = expired.authorization.expires_at;
    assert_eq!(outcome(&expired), ("refuse", "code_expired".to_owned()));

    let unknown = decide(None, &scene().request, &client(), NOW);
    assert_eq!(unknown, Redemption::Refuse(Reason::CodeUnknown));

    let mut altered = scene();
    for (id, secret) in [(1001, [6; 32]), (1002, [7; 32])] {
        altered.request.code = Some(Opaque::new(id, secret));
        assert_eq!(outcome(&altered), ("refuse", "code_unknown".to_owned()), "{id}");
    }
    altered.request.code = None;
    assert_eq!(outcome(&altered), ("refuse", "code_unknown".to_owned()));
}

/// I11: each compared separately; the right client with a wrong value uses the code up.
#[test]
fn as_73_and_as_75_redirect_uri_and_verifier_are_bound() {
    let challenged = || {
        let mut scene = scene();
        scene.authorization.code_challenge = Some(CHALLENGE.to_owned());
        scene.request.code_verifier = Some(Zeroizing::new(VERIFIER.to_owned()));
        scene
    };
    assert_eq!(outcome(&challenged()).0, "issue");
    let cases: [(&str, Change); 6] = [
        ("code_redirect_uri_missing", |s| s.request.redirect_uri = None),
        ("code_redirect_uri_mismatch", |s| {
            s.request.redirect_uri = Some(CALLBACK.trim_end_matches('/').to_owned());
        }),
        ("code_verifier_missing", |s| s.request.code_verifier = None),
        ("code_verifier_wrong", |s| {
            s.request.code_verifier = Some(Zeroizing::new("a".repeat(43)));
        }),
        ("code_verifier_malformed", |s| {
            s.request.code_verifier = Some(Zeroizing::new("short".to_owned()));
        }),
        ("code_verifier_unexpected", |s| s.authorization.code_challenge = None),
    ];
    for (word, change) in cases {
        let mut scene = challenged();
        change(&mut scene);
        assert_eq!(outcome(&scene), ("spoil", word.to_owned()));
    }
}

#[test]
fn rfc6749_4_1_3_redirect_uri_is_repeated_only_if_it_was_sent() {
    let mut scene = scene();
    scene.authorization.redirect_uri_was_sent = false;
    scene.request.redirect_uri = None;
    assert_eq!(outcome(&scene).0, "issue");
    scene.request.redirect_uri = Some("https://evil.example/".to_owned());
    assert_eq!(outcome(&scene), ("spoil", "code_redirect_uri_mismatch".to_owned()));
}

#[test]
fn i13_the_exchange_checks_user_session_and_client_again() {
    let mut disabled = scene();
    disabled.user.status = Status::Disabled;
    assert_eq!(outcome(&disabled), ("refuse", "grant_user_disabled".to_owned()));
    // Signing out between approval and exchange, also for an offline grant.
    let mut signed_out = scene();
    signed_out.authorization.terms.scope = Scope::of(["openid", "offline_access"]);
    signed_out.session.ended_at = Some(ago(1));
    assert_eq!(outcome(&signed_out), ("refuse", "grant_session_over".to_owned()));
}

#[test]
fn as_76_an_id_token_goes_with_openid_and_only_then() {
    assert!(issued(&scene()).id_token);
    let mut plain = scene();
    plain.authorization.terms.scope = Scope::of(["profile"]);
    assert!(!issued(&plain).id_token);
}

#[test]
fn as_81_a_refresh_token_goes_with_offline_access_and_the_registered_grant() {
    assert_eq!(issued(&scene()).refresh_token_until, None);
    let mut offline = scene();
    offline.authorization.terms.scope = Scope::of(["openid", "offline_access"]);
    assert_eq!(issued(&offline).refresh_token_until, Some(later(30 * 86_400)));
    offline.client.settings.grant_types.remove(&GrantType::RefreshToken);
    assert_eq!(issued(&offline).refresh_token_until, None);
    // Plain OAuth 2.0 has no such scope.
    let mut plain = scene();
    plain.authorization.terms.scope = Scope::of(["profile"]);
    assert!(issued(&plain).refresh_token_until.is_some());
}

#[test]
fn rfc6749_5_1_scope_is_told_only_when_it_differs() {
    assert!(!issued(&scene()).echo_scope);
    let mut narrowed = scene();
    narrowed.authorization.terms.scope_differs = true;
    assert!(issued(&narrowed).echo_scope);
}

/// However long the client's tokens live.
#[test]
fn what_an_administrators_trial_is_issued_ends_within_five_minutes() {
    let mut scene = scene();
    scene.authorization.terms.scope = Scope::of(["openid", "offline_access"]);
    scene.client.settings.lifetimes.access_token_seconds = 3600;
    let lives = |scene: &Scene| {
        let issuance = issued(scene);
        (issuance.expires_in(), issuance.refresh_token_until)
    };
    assert_eq!(lives(&scene), (3600, Some(later(30 * 86_400))));
    scene.authorization.terms.trial = true;
    assert_eq!(lives(&scene), (300, Some(later(300))));
    scene.client.settings.lifetimes.access_token_seconds = 60;
    scene.client.settings.refresh.idle_seconds = 90;
    assert_eq!(lives(&scene), (60, Some(later(90))), "nor longer than the client's own");
}
