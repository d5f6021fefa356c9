use std::borrow::Cow;

use oxide_auth::code_grant::error::AccessTokenErrorType;
use oxide_auth::code_grant::refresh::{Input, Output, Refresh as Machine, Request};
use proptest::prelude::*;

use super::{grant as their_grant, text};
use crate::fixtures::*;
use crate::scope::Scope;
use crate::token::RefreshRequest;
use crate::token::refresh_token::{Refresh, RefreshFacts, decide};

const GRANTED: &str = "openid email offline_access";

/// One use of a refresh token, right or wrong in each way.
#[derive(Clone, Debug)]
struct Scene {
    by_its_client: bool,
    known: bool,
    live: bool,
    scope: Option<String>,
}

impl Request for Scene {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        Some("token".into())
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        text(self.scope.as_deref())
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("refresh_token".into())
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        let client_id = if self.by_its_client { "unomed" } else { "healthie" };
        Some((client_id.into(), b"secret".as_slice().into()))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Their answer: the scope that is issued, or the error's kind.
fn theirs(scene: &Scene) -> Result<Scope, AccessTokenErrorType> {
    let mut machine = Machine::new(scene);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Unauthenticated { .. } => Input::Authenticated { scope: scene.scope() },
            Output::RecoverRefresh { .. } => {
                let found = their_grant(GRANTED, "unomed", scene.live);
                Input::Recovered { scope: scene.scope(), grant: scene.known.then_some(found) }
            }
            Output::Refresh { grant, .. } => return Ok(Scope::of(grant.scope.iter())),
            Output::Err(mut error) => {
                return Err(error.description().expect("a description").kind());
            }
            Output::Ok(_) => unreachable!("nothing is issued"),
        };
    }
}

/// Our answer: the scope that is issued, or the error's code.
fn ours(scene: &Scene) -> Result<Scope, &'static str> {
    let mut token = refresh_generation(1);
    if !scene.live {
        token.expires_at = ago(1);
    }
    let (grant, user, session) = (grant(GRANTED), user(), session());
    let facts = RefreshFacts {
        token: &token,
        successor: None,
        grant: &grant,
        user: Some(&user),
        session: Some(&session),
        organization: HOME,
    };
    let scope = scene.scope.as_deref().map(|scope| Scope::parse(scope).expect("a scope"));
    let request = RefreshRequest { refresh_token: Some(refresh_token(1)), scope };
    let client = if scene.by_its_client { client() } else { other_client() };
    match decide(scene.known.then_some(&facts), &request, &client, NOW) {
        Refresh::Keep(issuance) | Refresh::Rotate(issuance) => Ok(issuance.scope),
        Refresh::Repeat { .. } => unreachable!("nothing is retired"),
        Refresh::Reused { reason, .. } | Refresh::Refuse(reason) => {
            Err(reason.wire().code.as_str())
        }
    }
}

fn same(theirs: AccessTokenErrorType, ours: &str) -> bool {
    match theirs {
        AccessTokenErrorType::InvalidGrant => ours == "invalid_grant",
        AccessTokenErrorType::InvalidScope => ours == "invalid_scope",
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// No difference is listed here: the same scope, or the same error.
    #[test]
    fn rfc6749_6_both_refresh_the_same_and_refuse_alike(
        by_its_client: bool,
        known: bool,
        live: bool,
        words in proptest::option::of(proptest::collection::vec("openid|email|offline_access|profile", 1..4)),
    ) {
        let scope = words.map(|words| words.join(" "));
        let scene = Scene { by_its_client, known, live, scope };
        match (theirs(&scene), ours(&scene)) {
            (Ok(theirs), Ok(ours)) => prop_assert_eq!(theirs, ours),
            (Err(theirs), Err(ours)) => prop_assert!(same(theirs, ours), "{theirs:?} {ours}"),
            (theirs, ours) => prop_assert!(false, "{theirs:?} {ours:?}"),
        }
    }
}

#[test]
fn both_refresh_when_nothing_is_wrong() {
    let scene = Scene { by_its_client: true, known: true, live: true, scope: None };
    assert_eq!(theirs(&scene), Ok(Scope::parse(GRANTED).unwrap()));
    assert_eq!(ours(&scene), Ok(Scope::parse(GRANTED).unwrap()));
}
