use std::collections::BTreeSet;

use super::*;
use crate::fixtures::*;

/// One thing wrong with a scene.
type Change = fn(&mut Scene);

struct Scene {
    client: Client,
    user: Option<User>,
    session: Option<Session>,
    organization: Organization<'static>,
    org: OrgId,
    revoked_at: Option<Timestamp>,
    offline: bool,
}

fn standing() -> Scene {
    Scene {
        client: client(),
        user: Some(user()),
        session: Some(session()),
        organization: HOME,
        org: OrgId::ROOT,
        revoked_at: None,
        offline: false,
    }
}

fn judged(scene: &Scene) -> Result<(), Reason> {
    let delegation = Delegation {
        org: scene.org,
        organization: scene.organization,
        user: scene.user.as_ref(),
        granted_at: ago(300),
        revoked_at: scene.revoked_at,
        session: scene.session.as_ref(),
        offline: scene.offline,
    };
    check(&MintFacts { client: &scene.client, delegation: Some(delegation), now: NOW })
}

fn named(slug: &str) -> BTreeSet<String> {
    BTreeSet::from([slug.to_owned()])
}

fn user_of(scene: &mut Scene) -> &mut User {
    scene.user.as_mut().expect("a user")
}

fn session_of(scene: &mut Scene) -> &mut Session {
    scene.session.as_mut().expect("a session")
}

#[test]
fn i13_everything_behind_a_token_is_checked_again() {
    let cases: [(&str, Change); 16] = [
        ("grant_client_inactive", |s| s.client.status = Status::Disabled),
        ("grant_revoked", |s| s.revoked_at = Some(ago(1))),
        ("grant_user_gone", |s| s.user = None),
        ("grant_user_disabled", |s| user_of(s).status = Status::Disabled),
        ("grant_organization_disabled", |s| s.organization.status = Status::Disabled),
        ("grant_across_organizations", |s| s.client.org = OrgId(2)),
        ("grant_across_organizations", |s| user_of(s).org = OrgId(2)),
        ("grant_across_organizations", |s| s.org = OrgId(2)),
        ("grant_user_not_in_groups", |s| {
            s.client.settings.groups = BTreeSet::from(["patients".to_owned()]);
        }),
        ("grant_user_not_in_organizations", |s| {
            s.client.settings.organizations = named("patients")
        }),
        ("grant_user_not_in_organizations", |s| {
            s.client.org = OrgId(2);
            s.client.settings.organizations = named("patients");
        }),
        ("grant_across_organizations", |s| {
            s.client.settings.organizations = named(HOME.slug);
            s.org = OrgId(2);
        }),
        ("grant_of_test_user", |s| user_of(s).test = true),
        ("grant_before_not_before", |s| user_of(s).not_before = ago(299)),
        ("grant_session_over", |s| session_of(s).ended_at = Some(ago(1))),
        ("grant_session_over", |s| session_of(s).expires_at = NOW),
    ];
    assert_eq!(judged(&standing()), Ok(()));
    for (word, change) in cases {
        let mut scene = standing();
        change(&mut scene);
        let reason = judged(&scene).expect_err(word);
        assert_eq!(reason.word(), word);
        assert_eq!((reason.wire().code.as_str(), reason.wire().status), ("invalid_grant", 400));
    }
}

#[test]
fn a_client_above_gets_tokens_for_the_organizations_that_it_names() {
    let mut scene = standing();
    scene.client.org = OrgId(2);
    scene.client.settings.organizations = named(HOME.slug);
    assert_eq!(judged(&scene), Ok(()));
}

#[test]
fn oidc_core_11_an_offline_grant_outlives_its_session_and_nothing_else() {
    let mut scene = standing();
    scene.session = None;
    assert!(judged(&scene).is_err());
    scene.offline = true;
    assert_eq!(judged(&scene), Ok(()));
    user_of(&mut scene).status = Status::Disabled;
    assert!(judged(&scene).is_err());
}

#[test]
fn what_was_granted_at_the_very_moment_of_a_new_password_stands() {
    let mut scene = standing();
    user_of(&mut scene).not_before = ago(300);
    assert_eq!(judged(&scene), Ok(()));
}

#[test]
fn idle_time_of_the_browser_does_not_end_a_grant() {
    let mut scene = standing();
    session_of(&mut scene).last_seen_at = ago(100_000);
    assert_eq!(judged(&scene), Ok(()));
}

#[test]
fn a_client_of_its_own_needs_to_be_active_only() {
    let mut client = client();
    assert_eq!(check(&MintFacts { client: &client, delegation: None, now: NOW }), Ok(()));
    client.status = Status::Disabled;
    assert!(check(&MintFacts { client: &client, delegation: None, now: NOW }).is_err());
}

#[test]
fn a_test_user_reaches_test_registrations_alone() {
    use crate::client::Environment;
    let mut scene = standing();
    user_of(&mut scene).test = true;
    assert_eq!(judged(&scene).expect_err("live").word(), "grant_of_test_user");
    assert!(!scene.client.settings.admits(scene.user.as_ref().unwrap(), HOME));
    scene.client.settings.environment = Environment::Test;
    assert_eq!(judged(&scene), Ok(()));
    assert!(scene.client.settings.admits(scene.user.as_ref().unwrap(), HOME));
}
