use proptest::prelude::*;

use super::*;
use crate::fixtures::*;
use crate::ids::{AccessTokenId, GrantId};
use crate::scope::Scope;

fn read(
    header: Option<&str>,
    form: &[(&str, &str)],
    query: &[(&str, &str)],
) -> Result<String, String> {
    let form = params(form);
    let found = token(header, Some(&form), &params(query));
    found.map(|token| token.to_string()).map_err(|reason| reason.word())
}

#[test]
fn as_91_the_header_or_the_form_and_never_the_query() {
    let form = [("access_token", "abc")];
    assert_eq!(read(Some("Bearer abc"), &[], &[]).as_deref(), Ok("abc"));
    assert_eq!(read(None, &form, &[]).as_deref(), Ok("abc"));
    assert_eq!(read(None, &[], &form), Err("bearer_in_query".to_owned()));
    assert_eq!(read(Some("Bearer abc"), &[], &form), Err("bearer_in_query".to_owned()));
    assert_eq!(read(Some("Bearer abc"), &form, &[]), Err("bearer_in_several_places".to_owned()));
    assert_eq!(
        read(None, &[("access_token", "a"), ("access_token", "a")], &[]),
        Err("repeated_parameter".to_owned())
    );
    assert_eq!(read(None, &[], &[]), Err("bearer_missing".to_owned()));
}

#[test]
fn as_95_the_scheme_is_compared_without_case() {
    for header in ["bearer abc", "BEARER abc", "bEaReR  abc "] {
        assert_eq!(read(Some(header), &[], &[]).as_deref(), Ok("abc"), "{header}");
    }
    for other in ["Basic abc", "DPoP abc", "abc", "", "Bearerabc"] {
        assert_eq!(read(Some(other), &[], &[]), Err("bearer_missing".to_owned()), "{other}");
    }
    assert_eq!(read(Some("Bearer a-._~+/B9=="), &[], &[]).as_deref(), Ok("a-._~+/B9=="));
    let longest = "a".repeat(MAX_TOKEN_BYTES);
    assert_eq!(read(Some(&format!("Bearer {longest}")), &[], &[]), Ok(longest));
    let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
    for malformed in ["Bearer", "Bearer ", "Bearer a b", "Bearer \"abc\"", "Bearer ===", &long] {
        assert_eq!(read(Some(malformed), &[], &[]), Err("bearer_malformed".to_owned()));
    }
}

fn record() -> AccessTokenRecord {
    AccessTokenRecord {
        id: AccessTokenId(3001),
        digest: digest("token"),
        org: client().org,
        client: client().key,
        grant: Some(GrantId(1001)),
        scope: Scope::of(["openid", "email"]),
        issued_at: ago(10),
        expires_at: later(290),
        revoked_at: None,
    }
}

struct Scene {
    record: AccessTokenRecord,
    client: Client,
    grant: Option<Grant>,
    user: User,
    session: Session,
    organization: Organization<'static>,
}

fn word(change: impl Fn(&mut Scene)) -> String {
    let mut scene = Scene {
        record: record(),
        client: client(),
        grant: Some(grant("openid email")),
        user: user(),
        session: session(),
        organization: HOME,
    };
    change(&mut scene);
    let facts = TokenFacts {
        record: &scene.record,
        client: &scene.client,
        family: scene.grant.as_ref().map(|grant| Family {
            grant,
            user: Some(&scene.user),
            session: Some(&scene.session),
        }),
        organization: scene.organization,
    };
    match check(&facts, NOW) {
        Ok(()) => "good".to_owned(),
        Err(reason) => {
            assert_eq!((reason.wire().code.as_str(), reason.wire().status), ("invalid_token", 401));
            match reason {
                Reason::AccessTokenOrphaned { because } => format!("orphaned:{}", because.word()),
                reason => reason.word(),
            }
        }
    }
}

#[test]
fn as_95_and_i13_a_token_is_worth_what_stands_behind_it() {
    assert_eq!(word(|_| {}), "good");
    assert_eq!(word(|s| s.record.revoked_at = Some(ago(1))), "access_token_revoked");
    assert_eq!(word(|s| s.record.expires_at = NOW), "access_token_expired");
    assert_eq!(word(|s| s.user.status = Status::Disabled), "orphaned:grant_user_disabled");
    assert_eq!(word(|s| s.client.status = Status::Disabled), "orphaned:grant_client_inactive");
    assert_eq!(word(|s| s.client = other_client()), "orphaned:grant_client_inactive");
    assert_eq!(word(|s| s.session.ended_at = Some(ago(1))), "orphaned:grant_session_over");
    assert_eq!(word(|s| s.user.not_before = NOW), "orphaned:grant_before_not_before");
    assert_eq!(
        word(|s| s.organization.status = Status::Disabled),
        "orphaned:grant_organization_disabled"
    );
    let revoked = |s: &mut Scene| s.grant.as_mut().unwrap().revoked_at = Some(ago(1));
    assert_eq!(word(revoked), "orphaned:grant_revoked");
    assert_eq!(word(|s| s.grant = None), "orphaned:refresh_token_unknown", "a purged family");
    assert_eq!(
        word(|s| s.grant.as_mut().unwrap().id = GrantId(1)),
        "orphaned:refresh_token_unknown"
    );
    // A client's own token stands alone.
    let own = |s: &mut Scene| (s.record.grant, s.grant) = (None, None);
    assert_eq!(word(own), "good");
    let of_a_disabled_organization = |s: &mut Scene| {
        own(s);
        s.organization.status = Status::Disabled;
    };
    assert_eq!(word(of_a_disabled_organization), "orphaned:grant_organization_disabled");
}

#[test]
fn i15_an_opaque_token_is_found_by_its_secret_and_a_jwt_by_its_text() {
    let opaque = Opaque::<AccessToken>::new(1, [3; 32]);
    assert_eq!(digest(&opaque.text()), opaque.digest());
    assert_eq!(digest("ey.J.x"), Digest::of(b"ey.J.x"));
    // The full length counts (CVE-2026-27840).
    let text = opaque.text();
    assert_ne!(digest(&text[..text.len() - 1]), opaque.digest());
}

proptest! {
    #[test]
    fn any_header_is_read_or_refused_without_panic(header in "\\PC{0,60}") {
        let _ = token(Some(&header), None, &Params::default());
    }
}
