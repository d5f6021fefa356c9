use super::*;
use crate::fixtures::user;

fn released(scope: &str) -> Value {
    let scope = Scope::parse(scope).unwrap();
    Value::Object(of_user(&user(), names_within(&scope)))
}

#[test]
fn oidc_core_5_4_a_scope_releases_its_claims_and_no_others() {
    assert_eq!(released("openid"), json!({}));
    assert_eq!(
        released("openid email"),
        json!({ "email": "anna@clinic.example", "email_verified": true })
    );
    assert_eq!(
        released("profile"),
        json!({ "name": "Anna Zumstein", "given_name": "Anna", "family_name": "Zumstein",
                "updated_at": user().updated_at.as_seconds() })
    );
    assert_eq!(released("address"), json!({ "address": { "locality": "Bern" } }));
}

#[test]
fn as_92_what_has_no_value_is_left_out() {
    // The fixture's nickname is an empty string, and there is no telephone number.
    assert_eq!(released("phone"), json!({}));
    let mut user = user();
    user.claims.address = Some(Address { country: Some(" ".to_owned()), ..Address::default() });
    user.claims.email = None;
    let names = ["address", "email", "email_verified", "nickname"];
    assert!(of_user(&user, names).is_empty());
}

#[test]
fn as_93_claims_have_the_standard_types() {
    let claims = released("openid profile email address");
    assert!(claims["email_verified"].is_boolean());
    assert!(claims["updated_at"].is_i64());
    assert!(claims["address"].is_object());
    assert!(claims["name"].is_string());
}

#[test]
fn a_scope_of_ones_own_releases_the_claim_of_its_name() {
    assert_eq!(released("records"), json!({ "records": { "ward": "B2" } }));
}

#[test]
fn a_standard_scope_releases_no_claim_of_its_own_name() {
    let mut user = user();
    user.claims.other.insert("phone".to_owned(), json!("+41 31 000 00 00"));
    let scope = Scope::of(["phone"]);
    assert!(of_user(&user, names_within(&scope)).is_empty());
}

/// CVE-2026-16102: an attribute must not write a claim of the protocol.
#[test]
fn no_attribute_takes_the_place_of_a_protocol_claim() {
    let mut user = user();
    for name in RESERVED {
        user.claims.other.insert(name.to_owned(), json!("forged"));
    }
    assert!(of_user(&user, RESERVED).is_empty());
    assert!(names_within(&Scope::of(["sub", "aud", "openid", "offline_access"])).is_empty());
    // Nor does a scope word release a single standard claim without its scope.
    assert!(names_within(&Scope::of(["phone_number", "birthdate"])).is_empty());
}

#[test]
fn oidc_core_5_1_every_standard_claim_is_told_as_it_is_kept() {
    let mut expected = json!({
        "email_verified": true,
        "phone_number_verified": true,
        "address": { "street_address": "12 Kirchgasse", "country": "CH" },
    });
    for name in PROFILE.into_iter().chain(["email", "phone_number"]) {
        expected[name] = json!(format!("the {name}"));
    }
    let mut kept = expected.clone();
    kept.as_object_mut().unwrap().remove("updated_at");
    let mut user = user();
    user.claims = serde_json::from_value(kept).unwrap();
    expected["updated_at"] = json!(user.updated_at.as_seconds());
    let scope = Scope::of(["openid", "profile", "email", "phone", "address"]);
    assert_eq!(Value::Object(of_user(&user, names_within(&scope))), expected);
}
