use std::collections::BTreeSet;

use serde_json::json;

use super::consent::claims_beyond_scope;
use super::*;
use crate::authorize::claims_request::ClaimsRequest;
use crate::authorize::request::{IdTokenHint, destination, read};
use crate::client::{AuthMethod, ClientSettings, ConsentPolicy};
use crate::fixtures::*;
use crate::ids::{ClientKey, OrgId, SessionId, Subject, UserId};

/// One thing wrong with a scene.
type Change = fn(&mut Scene);

/// Everything a decision looks at, changed by each test.
struct Scene {
    request: AuthorizationRequest,
    client: Client,
    session: Option<Session>,
    user: User,
    consent: Option<Consent>,
    progress: Progress,
    reachable: Vec<Acr>,
    now: Timestamp,
}

impl Scene {
    /// A signed-in user who has agreed to all that is asked.
    fn settled(pairs: &[(&str, &str)]) -> Self {
        let client = client();
        let base = [("response_type", "code"), ("client_id", "unomed"), ("scope", "openid email")];
        let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
        let kept = base.iter().filter(|(name, _)| !names.contains(name));
        let params = params(&kept.chain(pairs).copied().collect::<Vec<_>>());
        let destination = destination(&params, &client).unwrap();
        let request = read(&params, &client, destination, IdTokenHint::Absent).unwrap();
        let consent = Consent {
            user: user().id,
            client: client.key,
            scope: request.scope.clone(),
            claims: BTreeSet::new(),
            granted_at: ago(1000),
        };
        Self {
            request,
            client,
            session: Some(session()),
            user: user(),
            consent: Some(consent),
            progress: Progress::default(),
            reachable: vec![Acr::SingleFactor],
            now: NOW,
        }
    }

    fn facts(&self) -> Facts<'_> {
        let signed_in = self.session.as_ref().map(|session| SignedIn {
            session,
            user: &self.user,
            organization: HOME,
        });
        Facts {
            request: &self.request,
            client: &self.client,
            signed_in,
            consent: self.consent.as_ref(),
            progress: &self.progress,
            sessions: SessionPolicy { idle: Duration::from_secs(3600) },
            reachable_acr: &self.reachable,
            now: self.now,
        }
    }

    fn next(&self) -> Step {
        next_step(&self.facts())
    }

    /// An approval of what is asked now.
    fn approve(&self) -> Approval {
        let facts = self.facts();
        let subject = self.user.subject.0.clone();
        approve(&facts, &Question { subject, claims: claims_beyond_scope(&facts) })
    }

    /// The word of the refusal, or the kind of step.
    fn outcome(&self) -> String {
        match self.next() {
            Step::Login { why } => format!("login:{}", json!(why).as_str().unwrap()),
            Step::SelectAccount => "select_account".to_owned(),
            Step::Consent(asked) => format!("consent:{}", json!(asked.why).as_str().unwrap()),
            Step::Issue(_) => "issue".to_owned(),
            Step::Refuse(reason) => format!("refuse:{}", reason.wire().code.as_str()),
        }
    }

    fn freshly_signed_in(mut self) -> Self {
        self.progress.signed_in = self.session.as_ref().map(|session| session.id);
        self
    }
}

fn issued(scene: &Scene) -> Terms {
    match scene.next() {
        Step::Issue(terms) => terms,
        other => panic!("a code was expected: {other:?}"),
    }
}

#[test]
fn as_34_prompt_none_succeeds_or_names_what_is_missing() {
    let none = |change: fn(&mut Scene)| {
        let mut scene = Scene::settled(&[("prompt", "none")]);
        change(&mut scene);
        scene.outcome()
    };
    assert_eq!(none(|_| {}), "issue");
    assert_eq!(none(|scene| scene.session = None), "refuse:login_required");
    assert_eq!(none(|scene| scene.consent = None), "refuse:consent_required");
    assert_eq!(none(|scene| scene.request.max_age = Some(10)), "refuse:login_required");
    assert_eq!(none(|scene| scene.user.status = Status::Disabled), "refuse:login_required");
    assert_eq!(none(|scene| scene.user.groups.clear()), "issue", "no groups let everybody in");
}

#[test]
fn as_34_a_step_up_is_interaction_required() {
    let claims = json!({ "id_token": { "acr": {
        "essential": true, "value": Acr::MultiFactor.value() } } });
    let mut scene = Scene::settled(&[("prompt", "none"), ("claims", &claims.to_string())]);
    scene.reachable = Acr::ALL.to_vec();
    assert_eq!(scene.outcome(), "refuse:interaction_required");
}

#[test]
fn a_session_holds_to_its_last_moment_and_from_that_of_a_new_password() {
    let mut scene = Scene::settled(&[]);
    scene.session.as_mut().unwrap().last_seen_at = ago(3600);
    scene.user.not_before = session().created_at;
    assert_eq!(scene.outcome(), "issue");
}

/// What makes a session worthless, each with its reason.
#[test]
fn i13_a_session_that_is_over_leads_to_login() {
    let cases: [(&str, Change); 8] = [
        ("no_session", |s| s.session = None),
        ("session_ended", |s| s.session.as_mut().unwrap().ended_at = Some(NOW)),
        ("session_expired", |s| s.session.as_mut().unwrap().expires_at = NOW),
        ("session_idle", |s| s.session.as_mut().unwrap().last_seen_at = ago(3601)),
        ("user_disabled", |s| s.user.status = Status::Disabled),
        ("signed_out_everywhere", |s| s.user.not_before = NOW),
        ("other_organization", |s| s.user.org = OrgId(2)),
        ("other_subject", |s| s.request.id_token_hint = Some("somebody else".to_owned())),
    ];
    for (why, change) in cases {
        let mut scene = Scene::settled(&[]);
        change(&mut scene);
        assert_eq!(scene.outcome(), format!("login:{why}"));
    }
}

#[test]
fn as_35_prompt_login_is_satisfied_only_by_a_sign_in_for_this_request() {
    let scene = Scene::settled(&[("prompt", "login")]);
    assert_eq!(scene.outcome(), "login:prompt_login");
    let mut stale = Scene::settled(&[("prompt", "login")]);
    stale.progress.signed_in = Some(SessionId(1));
    assert_eq!(stale.outcome(), "login:prompt_login", "another session does not do");
    assert_eq!(scene.freshly_signed_in().outcome(), "issue");
}

#[test]
fn as_36_prompt_consent_is_asked_although_remembered() {
    let scene = Scene::settled(&[("prompt", "consent")]);
    assert_eq!(scene.outcome(), "consent:prompt_consent");
    assert!(matches!(scene.approve(), Approval::Issue { .. }), "the answer satisfies it");
    let mut first_party = Scene::settled(&[("prompt", "consent")]);
    first_party.client.settings.consent = ConsentPolicy::Implied;
    assert_eq!(first_party.outcome(), "consent:prompt_consent");
}

#[test]
fn as_36_oidc_core_11_offline_access_needs_consent_and_is_ignored_without_a_page() {
    let mut scene = Scene::settled(&[("scope", "openid email offline_access")]);
    scene.consent.as_mut().unwrap().scope = Scope::of(["openid", "email"]);
    assert_eq!(scene.outcome(), "consent:widened");

    scene.request.prompt.insert(Prompt::None);
    let terms = issued(&scene);
    assert_eq!(terms.scope, Scope::of(["openid", "email"]));
    assert!(terms.scope_differs, "the response says so");

    scene.consent.as_mut().unwrap().scope = Scope::of(["openid"]);
    assert_eq!(scene.outcome(), "refuse:consent_required", "more is missing");

    let claims = json!({ "userinfo": { "phone_number": null } }).to_string();
    let mut scene = Scene::settled(&[
        ("scope", "openid offline_access"),
        ("claims", &claims),
        ("prompt", "none"),
    ]);
    scene.consent.as_mut().unwrap().scope = Scope::of(["openid"]);
    assert_eq!(scene.outcome(), "refuse:consent_required", "a claim nobody agreed to (I14)");
    scene.consent.as_mut().unwrap().claims = BTreeSet::from(["phone_number".to_owned()]);
    assert_eq!(issued(&scene).scope, Scope::of(["openid"]));
}

#[test]
fn as_37_consent_is_remembered_as_a_set_per_user_and_client() {
    let mut scene = Scene::settled(&[("scope", "profile openid email")]);
    scene.consent.as_mut().unwrap().scope = Scope::of(["email", "openid", "profile", "address"]);
    assert_eq!(scene.outcome(), "issue", "less than before, in any order");

    scene.consent = None;
    assert_eq!(scene.outcome(), "consent:first");
    scene.client.settings.consent = ConsentPolicy::Implied;
    assert_eq!(scene.outcome(), "issue");

    let mut of_others = Scene::settled(&[]);
    of_others.consent.as_mut().unwrap().user = UserId(1);
    assert_eq!(of_others.outcome(), "consent:first");
    let mut with_others = Scene::settled(&[]);
    with_others.consent.as_mut().unwrap().client = ClientKey(1);
    assert_eq!(with_others.outcome(), "consent:first");
}

#[test]
fn rfc8252_8_6_an_app_that_proves_nothing_is_asked_about_each_time() {
    let app = |uri: &str, change: fn(&mut ClientSettings)| {
        let mut scene = Scene::settled(&[]);
        scene.client.settings.native = true;
        scene.client.settings.auth_method = AuthMethod::None;
        scene.request.redirect_uri = uri.to_owned();
        change(&mut scene.client.settings);
        scene
    };
    for anybodys in ["com.example.app:/cb", "http://127.0.0.1:4000/cb", "http://[::1]/cb"] {
        let mut scene = app(anybodys, |_| ());
        assert_eq!(scene.outcome(), "consent:first", "{anybodys}");
        assert!(matches!(scene.approve(), Approval::Issue { .. }), "the answer satisfies it");
        scene.request.prompt.insert(Prompt::None);
        assert_eq!(scene.outcome(), "refuse:consent_required", "{anybodys}");
        assert_eq!(app(anybodys, |_| ()).freshly_signed_in().outcome(), "issue", "{anybodys}");
        let implied = app(anybodys, |settings| settings.consent = ConsentPolicy::Implied);
        assert_eq!(implied.outcome(), "issue", "the operator's word");
        let confidential = app(anybodys, |it| it.auth_method = AuthMethod::Basic);
        assert_eq!(confidential.outcome(), "issue", "it proves itself at the token endpoint");
    }
    assert_eq!(app("https://app.example/cb", |_| ()).outcome(), "issue", "the app's own site");
}

#[test]
fn i14_a_claim_beyond_the_scope_is_asked_for_by_name() {
    let claims = json!({ "userinfo": { "email": null, "phone_number": null } }).to_string();
    let mut scene = Scene::settled(&[("claims", &claims)]);
    let Step::Consent(asked) = scene.next() else { panic!("consent was expected") };
    assert_eq!(asked.claims, BTreeSet::from(["phone_number".to_owned()]));

    let Approval::Issue { consent, terms } = scene.approve() else {
        panic!("an issue was expected")
    };
    assert_eq!(consent.claims, asked.claims);
    assert!(terms.claims.userinfo.contains_key("phone_number"));
    scene.consent = Some(consent);
    assert_eq!(scene.outcome(), "issue", "remembered");
}

/// An admin who adds a rule shares nothing more until the user has agreed.
#[test]
fn i14_consent_is_asked_again_when_a_rule_tells_more() {
    let mut scene = Scene::settled(&[]);
    let rule = |from: &str| {
        serde_json::from_value(json!({ "rules": [
            { "claim": "x", "from": from, "places": ["id_token"] } ] }))
        .unwrap()
    };
    scene.client.settings.claims = rule("email");
    assert_eq!(scene.outcome(), "issue", "the scope shares it already");
    scene.client.settings.claims = rule("external_id");
    assert_eq!(scene.outcome(), "consent:widened");
    let Step::Consent(asked) = scene.next() else { panic!("consent was expected") };
    let Approval::Issue { consent, terms } = scene.approve() else {
        panic!("an issue was expected")
    };
    assert_eq!((&consent.claims, &terms.attributes), (&asked.claims, &asked.claims));
    scene.consent = Some(consent);
    assert_eq!(issued(&scene).attributes, asked.claims, "remembered");
    scene.client.settings.claims = rule("groups");
    assert_eq!(scene.outcome(), "consent:widened");
}

#[test]
fn as_37_an_approval_keeps_what_was_agreed_before() {
    let mut scene = Scene::settled(&[("scope", "openid phone")]);
    scene.consent.as_mut().unwrap().scope = Scope::of(["openid", "email"]);
    let Approval::Issue { terms, consent } = scene.approve() else {
        panic!("an issue was expected")
    };
    assert_eq!(consent.scope, Scope::of(["openid", "email", "phone"]));
    assert_eq!(terms.scope, Scope::of(["openid", "phone"]), "this client gets what it asked for");
}

#[test]
fn i20_an_approval_without_a_live_session_leads_back_to_login() {
    let mut scene = Scene::settled(&[]);
    scene.session.as_mut().unwrap().ended_at = Some(NOW);
    let step = Step::Login { why: LoginReason::SessionEnded };
    assert_eq!(scene.approve(), Approval::Step(step));
}

#[test]
fn i20_an_approval_is_of_the_account_and_the_claims_that_were_shown() {
    let mut scene = Scene::settled(&[]);
    let ada = Question { subject: scene.user.subject.0.clone(), claims: BTreeSet::new() };
    assert!(matches!(approve(&scene.facts(), &ada), Approval::Issue { .. }));

    let again = |scene: &Scene, shown: &Question| match approve(&scene.facts(), shown) {
        Approval::AskAgain(asked) => (asked.why, asked.claims),
        other => panic!("{other:?}"),
    };
    let nobody = Question::default();
    assert_eq!(again(&scene, &nobody), (ConsentReason::Changed, BTreeSet::new()));

    let rules = json!({ "rules": [
        { "claim": "x", "from": "external_id", "places": ["id_token"] } ] });
    scene.client.settings.claims = serde_json::from_value(rules).unwrap();
    let told = BTreeSet::from(["user:external_id".to_owned()]);
    assert_eq!(again(&scene, &ada), (ConsentReason::Changed, told), "a rule was added meanwhile");

    let mut scene = Scene::settled(&[]);
    scene.user.subject = Subject("somebody-else".to_owned());
    assert_eq!(
        again(&scene, &ada),
        (ConsentReason::Changed, BTreeSet::new()),
        "another tab signed somebody else in, and what they agreed to before is no answer to this"
    );
}

#[test]
fn as_38_max_age_counts_from_the_sign_in_and_is_not_asked_for_ever() {
    let aged = |seconds: &str| Scene::settled(&[("max_age", seconds)]);
    assert_eq!(aged("600").outcome(), "issue");
    assert_eq!(aged("599").outcome(), "login:max_age");
    assert_eq!(aged("0").outcome(), "login:max_age");
    assert_eq!(aged("0").freshly_signed_in().outcome(), "issue");
}

#[test]
fn as_39_a_hint_of_the_signed_in_user_does() {
    let mut scene = Scene::settled(&[("prompt", "none")]);
    scene.request.id_token_hint = Some(user().subject.0);
    assert_eq!(scene.outcome(), "issue");
    scene.user.subject = Subject("u_other".to_owned());
    assert_eq!(scene.outcome(), "refuse:login_required");
}

#[test]
fn oidc_core_5_5_1_a_demanded_sub_must_be_signed_in() {
    let demanding = |sub: serde_json::Value| {
        let claims = json!({ "id_token": { "sub": sub } }).to_string();
        Scene::settled(&[("claims", &claims)])
    };
    let own = user().subject.0;
    for other in
        [json!({ "value": "u_other" }), json!({ "values": ["u_other"] }), json!({ "value": 5 })]
    {
        assert_eq!(demanding(other.clone()).outcome(), "login:other_subject", "{other}");
    }
    for met in [json!(null), json!({ "essential": true }), json!({ "values": ["u_other", own] })] {
        assert_eq!(demanding(met.clone()).outcome(), "issue", "{met}");
    }
    let mut both = demanding(json!({ "value": "u_other" }));
    both.request.id_token_hint = Some(own);
    assert_eq!(both.outcome(), "login:other_subject", "a hint does not stand in for the demand");
}

#[test]
fn as_42_an_essential_acr_is_met_or_refused() {
    let demanding = |acr: &str| {
        let claims = json!({ "id_token": { "acr": { "essential": true, "values": [acr] } } });
        Scene::settled(&[("claims", &claims.to_string())])
    };
    let no_text = json!({ "id_token": { "acr": { "essential": true, "value": 2 } } }).to_string();
    let no_text = Scene::settled(&[("claims", &no_text)]);
    assert_eq!(no_text.outcome(), "refuse:unmet_authentication_requirements");
    assert_eq!(demanding(Acr::SingleFactor.value()).outcome(), "issue");
    let any = json!({ "id_token": { "acr": { "essential": true } } }).to_string();
    assert_eq!(Scene::settled(&[("claims", &any)]).outcome(), "issue", "whichever it is");
    let multi = demanding(Acr::MultiFactor.value());
    assert_eq!(multi.outcome(), "refuse:unmet_authentication_requirements");
    assert_eq!(demanding("gold").outcome(), "refuse:unmet_authentication_requirements");

    let mut reachable = demanding(Acr::MultiFactor.value());
    reachable.reachable = Acr::ALL.to_vec();
    assert_eq!(reachable.outcome(), "login:acr");
    let in_vain = reachable.freshly_signed_in();
    assert_eq!(in_vain.outcome(), "refuse:unmet_authentication_requirements", "not for ever");
}

#[test]
fn as_42_the_acr_told_is_one_of_those_asked_for_when_that_is_true() {
    let mut scene = Scene::settled(&[("acr_values", "gold urn:vestibule:acr:single-factor")]);
    assert_eq!(issued(&scene).authentication.acr, Acr::SingleFactor);
    scene.session.as_mut().unwrap().authentication.acr = Acr::MultiFactor;
    assert_eq!(issued(&scene).authentication.acr, Acr::SingleFactor, "a stronger one meets it");
    scene.request.acr_values = vec!["gold".to_owned()];
    assert_eq!(issued(&scene).authentication.acr, Acr::MultiFactor, "else what it was");

    let mut weak = Scene::settled(&[("acr_values", Acr::MultiFactor.value())]);
    weak.request.claims = ClaimsRequest::default();
    assert_eq!(issued(&weak).authentication.acr, Acr::SingleFactor, "never more than it was");
}

#[test]
fn select_account_is_asked_once() {
    let mut scene = Scene::settled(&[("prompt", "select_account")]);
    assert_eq!(scene.outcome(), "select_account");
    scene.progress.chosen = Some(UserId(1));
    assert_eq!(scene.outcome(), "select_account", "another account was chosen");
    scene.progress.chosen = Some(user().id);
    assert_eq!(scene.outcome(), "issue");
    scene.progress = Progress::default();
    assert_eq!(scene.freshly_signed_in().outcome(), "issue", "signing in is choosing");
}

#[test]
fn a_client_limited_to_groups_refuses_others() {
    let mut scene = Scene::settled(&[]);
    scene.client.settings.groups = BTreeSet::from(["patients".to_owned()]);
    let Step::Refuse(reason) = scene.next() else { panic!("a refusal was expected") };
    assert_eq!(reason.word(), "user_not_in_groups");
    assert_eq!(reason.wire().code.as_str(), "access_denied");
    scene.user.groups.insert("patients".to_owned());
    assert_eq!(scene.outcome(), "issue");
}

#[test]
fn a_client_limited_to_organizations_refuses_others() {
    let mut scene = Scene::settled(&[]);
    let named = |slug: &str| BTreeSet::from([slug.to_owned()]);
    scene.client.settings.organizations = named("patients");
    let Step::Refuse(reason) = scene.next() else { panic!("a refusal was expected") };
    assert_eq!(reason.word(), "user_not_in_organizations");
    assert_eq!(reason.wire().code.as_str(), "access_denied");
    assert_eq!(reason.facts(), json!({ "allowed": ["patients"], "organization": HOME.slug }));
    scene.client.settings.organizations = named(HOME.slug);
    assert_eq!(scene.outcome(), "issue");
}

#[test]
fn users_of_another_organization_use_a_client_only_when_it_names_theirs() {
    let mut scene = Scene::settled(&[]);
    scene.client.org = OrgId(2);
    assert_eq!(scene.outcome(), "login:other_organization");
    scene.client.settings.organizations = BTreeSet::from([HOME.slug.to_owned()]);
    assert_eq!(scene.outcome(), "issue");
}

#[test]
fn the_terms_are_those_of_the_request_and_the_sign_in() {
    let scene = Scene::settled(&[("nonce", "n-1")]);
    let terms = issued(&scene);
    assert_eq!(terms.nonce.as_deref(), Some("n-1"));
    assert_eq!(terms.authentication, authentication());
    assert!(!terms.scope_differs);
    let unknown = Scene::settled(&[("scope", "openid email frobnicate")]);
    assert!(issued(&unknown).scope_differs, "the response says what was granted");
}
