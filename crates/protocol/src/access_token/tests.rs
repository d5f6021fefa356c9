use super::*;
use crate::fixtures::*;

fn made(user: Option<(&User, &Terms)>, scope: &str) -> Value {
    Value::Object(claims(&AccessTokenFacts {
        issuer: ISSUER,
        client: &client(),
        user,
        scope: &Scope::parse(scope).unwrap_or_default(),
        jti: "77",
        now: NOW,
        lifetime: Duration::from_secs(300),
    }))
}

#[test]
fn rfc9068_2_2_the_claims_of_a_users_token() {
    assert_eq!(
        made(Some((&user(), &agreed("openid email"))), "openid email"),
        json!({
            "iss": ISSUER, "aud": ISSUER, "client_id": "unomed", "sub": "u_4Zf7", "jti": "77",
            "iat": 1_800_000_000, "exp": 1_800_000_300, "scope": "email openid",
            "auth_time": 1_799_999_400, "acr": "urn:vestibule:acr:single-factor", "amr": ["pwd"],
        })
    );
}

#[test]
fn rfc9068_2_2_2_a_sign_in_of_no_known_method_tells_no_empty_list() {
    let mut terms = agreed("openid");
    terms.authentication.amr.clear();
    assert!(made(Some((&user(), &terms)), "openid").get("amr").is_none());
}

#[test]
fn rfc9068_2_2_a_clients_own_token_is_about_the_client() {
    assert_eq!(
        made(None, ""),
        json!({
            "iss": ISSUER, "aud": ISSUER, "client_id": "unomed", "sub": "unomed", "jti": "77",
            "iat": 1_800_000_000, "exp": 1_800_000_300,
        })
    );
}
