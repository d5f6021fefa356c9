use super::*;
use crate::authorize::claims_request::ClaimsRequest;
use crate::bearer::Family;
use crate::fixtures::*;
use crate::grant::{AccessTokenRecord, Grant};
use crate::ids::{AccessTokenId, GrantId};

fn record(scope: &str) -> AccessTokenRecord {
    AccessTokenRecord {
        id: AccessTokenId(1),
        digest: bearer::digest("token"),
        org: client().org,
        client: client().key,
        grant: Some(GrantId(1001)),
        scope: Scope::parse(scope).unwrap(),
        issued_at: ago(10),
        expires_at: later(290),
        revoked_at: None,
    }
}

fn told(
    client: &Client,
    grant: Option<&Grant>,
    record: &AccessTokenRecord,
) -> Result<Value, Reason> {
    let (user, session) = (user(), session());
    let family = grant.map(|grant| Family { grant, user: Some(&user), session: Some(&session) });
    let facts = TokenFacts { record, client, family, organization: HOME };
    decide(Some(&facts), NOW).map(Value::Object)
}

#[test]
fn as_92_sub_always_and_beyond_it_what_the_scope_releases() {
    let told = |scope| told(&client(), Some(&grant("openid profile email")), &record(scope));
    assert_eq!(told("openid").unwrap(), json!({ "sub": "u_4Zf7" }));
    assert_eq!(
        told("openid email").unwrap(),
        json!({ "sub": "u_4Zf7", "email": "anna@clinic.example", "email_verified": true })
    );
}

#[test]
fn vendors_5_aliases_stand_beside_the_standard_claims() {
    let mut unomed = client();
    unomed.settings.claim_aliases = true;
    let claims = told(&unomed, Some(&grant("openid profile")), &record("openid profile")).unwrap();
    assert_eq!((&claims["id"], &claims["sub"]), (&json!("u_4Zf7"), &json!("u_4Zf7")));
    assert_eq!((&claims["first_name"], &claims["last_name"]), (&json!("Anna"), &json!("Zumstein")));
    let bare = told(&unomed, Some(&grant("openid")), &record("openid")).unwrap();
    assert_eq!(bare, json!({ "sub": "u_4Zf7", "id": "u_4Zf7" }), "an alias releases nothing new");
}

#[test]
fn as_43_single_claims_are_told_as_granted() {
    let mut grant = grant("openid");
    grant.terms.claims =
        ClaimsRequest::parse(Some(r#"{"userinfo":{"given_name":{"essential":true}}}"#)).unwrap();
    let claims = told(&client(), Some(&grant), &record("openid")).unwrap();
    assert_eq!(claims, json!({ "sub": "u_4Zf7", "given_name": "Anna" }));
}

#[test]
fn rfc6750_3_1_a_token_without_openid_or_without_user_has_insufficient_scope() {
    let plain = told(&client(), Some(&grant("profile")), &record("profile")).unwrap_err();
    let mut own = record("records");
    own.grant = None;
    let of_client = told(&client(), None, &own).unwrap_err();
    for reason in [plain, of_client] {
        let heard = reason.wire();
        assert_eq!((heard.code.as_str(), heard.status), ("insufficient_scope", 403));
        let challenge = heard.www_authenticate("clinic", None, "https://id.example").unwrap();
        assert!(challenge.contains("scope=\"openid\""));
    }
}

#[test]
fn as_95_an_unknown_or_dead_token_is_invalid() {
    assert_eq!(decide(None, NOW), Err(Reason::AccessTokenUnknown));
    let mut expired = record("openid");
    expired.expires_at = NOW;
    let reason = told(&client(), Some(&grant("openid")), &expired).unwrap_err();
    assert_eq!((reason.wire().code.as_str(), reason.wire().status), ("invalid_token", 401));
}
