use super::*;
use crate::fixtures::*;
use crate::grant::{AccessTokenRecord, Retired};
use crate::ids::{AccessTokenId, GrantId, RefreshTokenId};
use crate::scope::Scope;

fn access(grant: Option<GrantId>) -> AccessTokenRecord {
    AccessTokenRecord {
        id: AccessTokenId(3001),
        digest: bearer::digest("token"),
        org: client().org,
        client: client().key,
        grant,
        scope: Scope::of(["openid", "email"]),
        issued_at: ago(10),
        expires_at: later(290),
        revoked_at: None,
    }
}

/// What `caller` hears of an access token of [`client`].
fn heard(caller: &Client, record: &AccessTokenRecord) -> Value {
    let (grant, user, session, owner) = (grant("openid email"), user(), session(), client());
    let family =
        record.grant.map(|_| Family { grant: &grant, user: Some(&user), session: Some(&session) });
    let facts = TokenFacts { record, client: &owner, family, organization: HOME };
    let decided = decide(Some(&Found::Access { facts, jti: "own" }), caller, ISSUER, NOW).unwrap();
    Value::Object(decided.into_body())
}

fn heard_of_refresh(token: &RefreshGeneration) -> Value {
    let (grant, user, owner) = (grant("openid offline_access"), user(), client());
    let family = Family { grant: &grant, user: Some(&user), session: None };
    let found = Found::Refresh { token, family, client: &owner, organization: HOME };
    Value::Object(decide(Some(&found), &client(), ISSUER, NOW).unwrap().into_body())
}

#[test]
fn rfc7662_2_2_the_members_of_an_active_access_token() {
    assert_eq!(
        heard(&client(), &access(Some(GrantId(1001)))),
        json!({
            "active": true, "iss": ISSUER, "aud": ISSUER, "client_id": "unomed", "sub": "u_4Zf7",
            "token_type": "Bearer", "jti": "own", "scope": "email openid",
            "iat": 1_799_999_990, "exp": 1_800_000_290,
            "auth_time": 1_799_999_400, "acr": "urn:vestibule:acr:single-factor",
        })
    );
    assert_eq!(heard(&client(), &access(None))["sub"], "unomed", "a client's own token");
    let bare = AccessTokenRecord { scope: Scope::default(), ..access(None) };
    assert!(heard(&client(), &bare).get("scope").is_none(), "RFC 6749 has no empty scope");
}

/// What the client's rules write into access tokens: an opaque one tells it here.
#[test]
fn rfc7662_2_2_the_clients_own_claims_are_told_and_forge_none_of_the_protocol() {
    let rules = json!({ "rules": [
        { "claim": "tenant", "from": { "constant": "bern" }, "places": ["access_token"] },
        { "claim": "mail", "from": "email", "places": ["access_token"] },
        { "claim": "ward", "from": "external_id", "places": ["access_token"] },
        { "claim": "elsewhere", "from": { "constant": 1 }, "places": ["userinfo"] },
        { "claim": "active", "from": { "constant": "no" }, "places": ["access_token"] },
    ] });
    let mut owner = client();
    owner.settings.claims = serde_json::from_value(rules).unwrap();
    let record = access(Some(GrantId(1001)));
    let (grant, mut user, session) = (grant("openid email"), user(), session());
    user.external_id = Some("KIS-7".to_owned());
    let family = Family { grant: &grant, user: Some(&user), session: Some(&session) };
    let facts =
        TokenFacts { record: &record, client: &owner, family: Some(family), organization: HOME };
    let decided = decide(Some(&Found::Access { facts, jti: "own" }), &owner, ISSUER, NOW).unwrap();
    let told = Value::Object(decided.into_body());
    assert_eq!((&told["tenant"], &told["mail"]), (&json!("bern"), &json!("anna@clinic.example")));
    assert!(told.get("ward").is_none(), "the user did not agree to it");
    assert!(told.get("elsewhere").is_none(), "it is told in another place");
    assert_eq!(told["active"], true);
}

#[test]
fn rfc7662_2_2_inactive_says_nothing_else() {
    let inactive = json!({ "active": false });
    let mut revoked = access(Some(GrantId(1001)));
    revoked.revoked_at = Some(ago(1));
    assert_eq!(heard(&client(), &revoked), inactive);
    let mut expired = access(Some(GrantId(1001)));
    expired.expires_at = NOW;
    assert_eq!(heard(&client(), &expired), inactive);
    let unknown = decide(None, &client(), ISSUER, NOW).unwrap();
    assert_eq!(Value::Object(unknown.into_body()), inactive);
}

/// CVE-2026-37979: introspection leaks over audiences.
#[test]
fn rfc7662_4_a_client_learns_nothing_about_a_foreign_token() {
    assert_eq!(heard(&other_client(), &access(Some(GrantId(1001)))), json!({ "active": false }));
}

#[test]
fn rfc7662_2_1_a_caller_without_credentials_is_refused() {
    let reason = decide(None, &public_client(), ISSUER, NOW).unwrap_err();
    assert_eq!(reason.wire().code.as_str(), "unauthorized_client");
}

#[test]
fn a_refresh_token_is_active_until_it_has_a_successor() {
    let active = heard_of_refresh(&refresh_generation(1));
    assert_eq!((&active["active"], &active["sub"]), (&json!(true), &json!("u_4Zf7")));
    assert!(active.get("token_type").is_none(), "it is no bearer token");
    let mut retired = refresh_generation(1);
    retired.retired = Some(Retired { at: ago(1), successor: RefreshTokenId(1) });
    assert_eq!(heard_of_refresh(&retired), json!({ "active": false }));
    let mut expired = refresh_generation(1);
    expired.expires_at = NOW;
    assert_eq!(heard_of_refresh(&expired), json!({ "active": false }));
}

#[test]
fn rfc7662_2_1_the_token_is_required_once_and_the_hint_not_needed() {
    let word = |pairs: &[(&str, &str)]| token(&params(pairs)).unwrap_err().word();
    assert_eq!(word(&[]), "missing_parameter");
    assert_eq!(word(&[("token", "a"), ("token", "b")]), "repeated_parameter");
    let hinted = params(&[("token", "a"), ("token_type_hint", "saml")]);
    assert_eq!(token(&hinted), Ok("a"));
    assert!(matches!(Presented::of(&refresh_token(1).text()), Presented::Refresh(_)));
    assert!(matches!(Presented::of("ey.J.x"), Presented::Access));
}
