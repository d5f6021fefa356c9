use super::*;
use crate::client::Status;
use crate::fixtures::*;
use crate::opaque::Opaque;

/// One thing wrong with a scene.
type Change = fn(&mut Scene);

struct Scene {
    token: RefreshGeneration,
    successor: Option<RefreshGeneration>,
    grant: Grant,
    user: User,
    session: Session,
    client: Client,
    request: RefreshRequest,
    now: Timestamp,
}

fn scene() -> Scene {
    Scene {
        token: refresh_generation(1),
        successor: None,
        grant: grant("openid email offline_access"),
        user: user(),
        session: session(),
        client: client(),
        request: RefreshRequest { refresh_token: Some(refresh_token(1)), scope: None },
        now: NOW,
    }
}

/// The first token was rotated `seconds` ago.
fn rotated(seconds: u64) -> Scene {
    let mut scene = scene();
    let successor = refresh_generation(2);
    scene.token.retired = Some(Retired { at: ago(seconds), successor: successor.id });
    scene.successor = Some(successor);
    scene
}

fn decided(scene: &Scene) -> Refresh {
    let facts = RefreshFacts {
        token: &scene.token,
        successor: scene.successor.as_ref(),
        grant: &scene.grant,
        user: Some(&scene.user),
        session: Some(&scene.session),
        organization: HOME,
    };
    decide(Some(&facts), &scene.request, &scene.client, scene.now)
}

fn outcome(scene: &Scene) -> (&'static str, String) {
    match decided(scene) {
        Refresh::Rotate(_) => ("rotate", String::new()),
        Refresh::Keep(_) => ("keep", String::new()),
        Refresh::Repeat { .. } => ("repeat", String::new()),
        Refresh::Reused { reason, .. } => ("reused", reason.word()),
        Refresh::Refuse(reason) => ("refuse", reason.word()),
    }
}

fn kept(scene: &Scene) -> Issuance {
    match decided(scene) {
        Refresh::Keep(issuance) => issuance,
        other => panic!("tokens were expected: {other:?}"),
    }
}

#[test]
fn as_79_rotation_is_for_public_clients_unless_set() {
    let mut scene = scene();
    assert_eq!(outcome(&scene).0, "keep");
    scene.client.settings.refresh.rotate = Some(true);
    assert_eq!(outcome(&scene).0, "rotate");
    scene.client = public_client();
    assert_eq!(outcome(&scene).0, "rotate");
    scene.client.settings.refresh.rotate = Some(false);
    assert_eq!(outcome(&scene).0, "keep");
}

#[test]
fn as_77_a_refresh_token_is_bound_to_its_client() {
    let mut scene = scene();
    scene.client = other_client();
    assert_eq!(outcome(&scene), ("refuse", "refresh_token_of_another_client".to_owned()));
    let mut stolen_and_retired = rotated(1000);
    stolen_and_retired.client = other_client();
    assert_eq!(outcome(&stolen_and_retired).0, "refuse", "another client revokes nothing");
}

#[test]
fn i3_a_retired_token_revokes_the_family() {
    let scene = rotated(11);
    assert_eq!(outcome(&scene), ("reused", "refresh_token_reused".to_owned()));
    let Refresh::Reused { grant, reason } = decided(&scene) else { panic!("a reuse") };
    assert_eq!(grant, scene.grant.id);
    assert_eq!(reason.wire().code.as_str(), "invalid_grant");
}

#[test]
fn i3_within_the_grace_the_same_successor_is_answered() {
    let scene = rotated(9);
    let Refresh::Repeat { successor, .. } = decided(&scene) else { panic!("a repetition") };
    assert_eq!(successor, refresh_generation(2).id);
    assert_eq!(outcome(&rotated(10)).0, "reused", "the grace is over at its end");
    let mut without = rotated(0);
    without.client.settings.refresh.grace_seconds = 0;
    assert_eq!(outcome(&without).0, "reused");
}

#[test]
fn i3_the_grace_ends_when_the_successor_was_used() {
    let mut used = rotated(1);
    let third = refresh_generation(3).id;
    used.successor.as_mut().unwrap().retired = Some(Retired { at: NOW, successor: third });
    assert_eq!(outcome(&used).0, "reused");
    let mut purged = rotated(1);
    purged.successor = None;
    assert_eq!(outcome(&purged).0, "reused");
}

#[test]
fn i31_a_clock_that_steps_back_revives_no_retired_token() {
    let mut scene = rotated(0);
    scene.token.retired = Some(Retired { at: ago(11), successor: refresh_generation(2).id });
    scene.successor.as_mut().unwrap().retired =
        Some(Retired { at: ago(5), successor: refresh_generation(3).id });
    scene.now = ago(12);
    assert_eq!(outcome(&scene).0, "reused", "the successor is used, whatever the time");
}

#[test]
fn as_78_scope_may_be_equal_or_less_and_never_more() {
    let asking = |scope: &str| {
        let mut scene = scene();
        scene.request.scope = Some(Scope::parse(scope).unwrap());
        scene
    };
    let same = kept(&asking("offline_access email openid"));
    assert!(!same.echo_scope && same.id_token);
    let less = kept(&asking("email"));
    assert_eq!(less.scope, Scope::of(["email"]));
    assert!(!less.echo_scope && !less.id_token);
    let more = asking("openid profile");
    assert_eq!(outcome(&more), ("refuse", "scope_widened".to_owned()));
    let Refresh::Refuse(reason) = decided(&more) else { panic!("a refusal") };
    assert_eq!(reason.wire().code.as_str(), "invalid_scope");
}

#[test]
fn i14_what_the_client_has_lost_is_not_issued_again() {
    let mut scene = scene();
    scene.client.settings.scope = Scope::of(["openid", "offline_access"]);
    let issuance = kept(&scene);
    assert_eq!(issuance.scope, Scope::of(["openid", "offline_access"]));
    assert!(issuance.echo_scope);
    scene.request.scope = Some(Scope::of(["email"]));
    assert_eq!(
        outcome(&scene),
        ("refuse", "scope_not_allowed".to_owned()),
        "nothing is left of it"
    );
    scene.request.scope = None;
    scene.client.settings.scope = Scope::of(["records"]);
    assert_eq!(outcome(&scene), ("refuse", "scope_not_allowed".to_owned()));
    scene.grant = grant("");
    assert!(kept(&scene).scope.is_empty(), "a grant of no scope had nothing to lose");
}

#[test]
fn rfc9700_4_14_2_idle_and_absolute_ends() {
    let mut idle = scene();
    idle.token.expires_at = NOW;
    assert_eq!(outcome(&idle), ("refuse", "refresh_token_expired".to_owned()));
    let mut old = scene();
    old.grant.created_at = ago(90 * 86_400);
    assert_eq!(outcome(&old), ("refuse", "grant_too_old".to_owned()));

    assert_eq!(kept(&scene()).refresh_token_until, Some(later(30 * 86_400)));
    let mut near_its_end = scene();
    near_its_end.grant.created_at = ago(80 * 86_400);
    let until = kept(&near_its_end).refresh_token_until;
    assert_eq!(until, Some(later(10 * 86_400)), "never beyond the grant's longest life");
}

#[test]
fn i4_and_i13_a_refresh_checks_everything_again() {
    let cases: [(&str, Change); 5] = [
        ("grant_revoked", |s| s.grant.revoked_at = Some(ago(1))),
        ("grant_user_disabled", |s| s.user.status = Status::Disabled),
        ("grant_client_inactive", |s| s.client.status = Status::Disabled),
        ("grant_before_not_before", |s| s.user.not_before = NOW),
        ("grant_type_not_registered", |s| {
            s.client.settings.grant_types.remove(&GrantType::RefreshToken);
        }),
    ];
    for (word, change) in cases {
        let mut scene = scene();
        change(&mut scene);
        assert_eq!(outcome(&scene), ("refuse", word.to_owned()));
    }
}

#[test]
fn oidc_core_11_only_an_offline_grant_outlives_the_session() {
    let mut offline = scene();
    offline.session.ended_at = Some(ago(1));
    assert_eq!(outcome(&offline).0, "keep");
    offline.grant = grant("profile");
    assert_eq!(outcome(&offline), ("refuse", "grant_session_over".to_owned()));
}

#[test]
fn an_altered_or_unknown_token_is_refused() {
    let mut altered = scene();
    altered.request.refresh_token = Some(Opaque::new(2001, [1; 32]));
    assert_eq!(outcome(&altered), ("refuse", "refresh_token_unknown".to_owned()));
    altered.request.refresh_token = None;
    assert_eq!(outcome(&altered), ("refuse", "refresh_token_unknown".to_owned()));
    let unknown = decide(None, &scene().request, &client(), NOW);
    assert_eq!(unknown, Refresh::Refuse(Reason::RefreshTokenUnknown));
}

#[test]
fn what_belongs_to_another_family_is_no_successor_and_no_token() {
    let mut strange = rotated(1);
    strange.successor.as_mut().unwrap().id = refresh_generation(3).id;
    assert_eq!(outcome(&strange).0, "reused", "not the one that it was exchanged for");
    let mut foreign = scene();
    foreign.token.grant = GrantId(1);
    assert_eq!(outcome(&foreign), ("refuse", "refresh_token_unknown".to_owned()));
    let mut other_row = scene();
    other_row.token.id = refresh_generation(2).id;
    assert_eq!(outcome(&other_row), ("refuse", "refresh_token_unknown".to_owned()));
}

#[test]
fn what_an_administrators_trial_refreshes_ends_with_the_first_five_minutes() {
    let mut scene = scene();
    scene.client.settings.lifetimes.access_token_seconds = 3600;
    scene.grant.created_at = ago(100);
    assert_eq!(kept(&scene).expires_in(), 3600);
    scene.grant.terms.trial = true;
    let issuance = kept(&scene);
    assert_eq!((issuance.expires_in(), issuance.refresh_token_until), (300, Some(later(200))));
}
