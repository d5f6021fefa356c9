use serde_json::json;

use super::super::RESERVED;
use super::*;
use crate::fixtures::{client, user};

fn map(rules: Value) -> ClaimMap {
    serde_json::from_value(json!({ "rules": rules })).unwrap()
}

fn told(rules: Value, scope: &str, agreed: &[&str], place: Place) -> Value {
    let mut client = client();
    client.settings.claims = map(rules);
    let mut user = user();
    user.external_id = Some("KIS-7".to_owned());
    user.account_type = Some(" ".to_owned());
    user.groups = ["app-admin", "app-user", "nurses"].map(str::to_owned).into();
    let agreed = agreed.iter().map(|word| (*word).to_owned()).collect();
    Value::Object(released(&client, &user, &Scope::parse(scope).unwrap(), &agreed, place))
}

fn rule(claim: &str, from: Value) -> Value {
    json!([{ "claim": claim, "from": from, "places": ["id_token"] }])
}

fn faults(rules: Value) -> Vec<String> {
    let registered = Scope::of(["openid", "profile"]);
    map(rules).faults(&registered).into_iter().map(|(_, problem)| problem).collect()
}

#[test]
fn each_source_tells_what_the_user_has() {
    let all =
        ["email", "user:other.records", "user:external_id", "user:groups", "user:groups:app-"];
    for (from, expected) in [
        (json!("email"), json!("anna@clinic.example")),
        (json!("email_verified"), json!(true)),
        (json!("other.records"), json!({ "ward": "B2" })),
        (json!("sub"), json!("u_4Zf7")),
        (json!("external_id"), json!("KIS-7")),
        (json!("groups"), json!(["app-admin", "app-user", "nurses"])),
        (json!("groups:app-"), json!(["app-admin", "app-user"])),
        (json!({ "constant": "clinic-bern" }), json!("clinic-bern")),
        (json!({ "constant": [1, true, "x"] }), json!([1, true, "x"])),
    ] {
        let agreed = [all.as_slice(), &["email_verified"]].concat();
        let told = told(rule("x", from.clone()), "openid", &agreed, Place::IdToken);
        assert_eq!(told, json!({ "x": expected }), "{from}");
    }
}

#[test]
fn as_92_what_has_no_value_is_left_out() {
    for from in ["phone_number", "nickname", "account_type", "other.nothing", "groups:none-"] {
        let agreed = [from, &format!("user:{from}")];
        let told = told(rule("x", json!(from)), "openid", &agreed, Place::IdToken);
        assert_eq!(told, json!({}), "{from}");
    }
}

#[test]
fn a_claim_is_told_in_its_places_and_with_its_scope_only() {
    let rules = json!([
        { "claim": "a", "from": { "constant": 1 }, "places": ["userinfo", "access_token"] },
        { "claim": "b", "from": { "constant": 2 }, "places": ["userinfo"], "scope": "profile" },
    ]);
    let told = |scope, place| told(rules.clone(), scope, &[], place);
    assert_eq!(told("openid profile", Place::Userinfo), json!({ "a": 1, "b": 2 }));
    assert_eq!(told("openid", Place::Userinfo), json!({ "a": 1 }));
    assert_eq!(told("openid", Place::AccessToken), json!({ "a": 1 }));
    assert_eq!(told("openid profile", Place::IdToken), json!({}));
    assert_eq!(told("profile", Place::Userinfo), json!({ "b": 2 }), "no sign-in, no openid");
}

/// A rule that an admin adds later must not show what the user never agreed to.
#[test]
fn i14_what_the_user_did_not_agree_to_is_not_told() {
    let rules = rule("mail", json!("email"));
    assert_eq!(told(rules.clone(), "openid", &[], Place::IdToken), json!({}));
    let shared = json!({ "mail": "anna@clinic.example" });
    assert_eq!(told(rules.clone(), "openid", &["email"], Place::IdToken), shared);
    assert_eq!(told(rules, "openid email", &[], Place::IdToken), shared, "the scope shares it");
    let all = rule("roles", json!("groups"));
    assert_eq!(
        told(all, "openid", &["user:groups:app-"], Place::IdToken),
        json!({}),
        "more than agreed"
    );
}

#[test]
fn what_is_shared_is_named_by_the_attribute_and_not_by_the_claim() {
    let rules = json!([
        { "claim": "upn", "from": "email", "places": ["id_token"] },
        { "claim": "uid", "from": "sub", "places": ["id_token"] },
        { "claim": "roles", "from": "groups:app-", "places": ["userinfo"] },
        { "claim": "tenant", "from": { "constant": "bern" }, "places": ["id_token"] },
        { "claim": "no", "from": "external_id", "places": ["id_token"], "scope": "profile" },
    ]);
    let map = map(rules);
    let words = |scope: &str| map.attributes(&Scope::parse(scope).unwrap()).into_iter();
    assert!(words("openid").eq(["email", "user:groups:app-"]));
    assert!(words("openid email profile").eq(["user:external_id", "user:groups:app-"]));
}

/// CVE-2026-16102: a mapping must not write a claim of the protocol.
#[test]
fn no_rule_writes_a_claim_of_the_protocol() {
    for name in RESERVED.into_iter().chain(NEVER) {
        let faults = faults(rule(name, json!("sub")));
        assert!(faults.iter().any(|fault| fault.contains("server alone")), "{name}: {faults:?}");
    }
    for name in ["roles", "https://app.example/claims/role", "urn:x:y", "custom:group", "upn"] {
        assert!(faults(rule(name, json!("sub"))).is_empty(), "{name}");
    }
}

#[test]
fn rules_have_bounds() {
    for (rules, expected) in [
        (rule("", json!("sub")), "1 to 128"),
        (rule(&"x".repeat(129), json!("sub")), "1 to 128"),
        (rule("a b", json!("sub")), "1 to 128"),
        (rule("ä", json!("sub")), "1 to 128"),
        (rule("<b>", json!("sub")), "1 to 128"),
        (rule("x", json!({ "constant": null })), "a constant is"),
        (rule("x", json!({ "constant": { "a": 1 } })), "a constant is"),
        (rule("x", json!({ "constant": [[1]] })), "a constant is"),
        (rule("x", json!({ "constant": "x".repeat(1025) })), "1024 bytes"),
        (rule("x", json!({ "constant": "a\nb" })), "visible"),
        (rule("x", json!({ "constant": vec![1; 51] })), "at most 50"),
        (rule("x", json!(format!("other.{}", "x".repeat(129)))), "128 bytes"),
        (json!([{ "claim": "x", "from": "sub", "places": [] }]), "places is empty"),
        (
            json!([{ "claim": "x", "from": "sub", "places": ["userinfo"], "scope": "email" }]),
            "cannot ask for the scope email",
        ),
        (
            json!([
                { "claim": "x", "from": "sub", "places": ["userinfo"] },
                { "claim": "x", "from": "name", "places": ["id_token", "userinfo"] },
            ]),
            "x is written to userinfo by an earlier rule",
        ),
        (vec![json!({ "claim": "x", "from": "sub", "places": [] }); 51].into(), "at most 50"),
    ] {
        let found = faults(rules.clone());
        assert!(found.iter().any(|fault| fault.contains(expected)), "{rules}: {found:?}");
    }
}

#[test]
fn a_word_that_is_no_attribute_is_refused_with_those_there_are() {
    let read = |from: Value| serde_json::from_value::<Source>(from).map_err(|e| e.to_string());
    for from in ["e-mail", "records", "other.", "other.email", "groups:", "password", ""] {
        let told = read(json!(from)).unwrap_err();
        assert!(told.contains("external_id"), "{from}: {told}");
    }
    for from in [json!(1), json!({}), json!({ "constant": 1, "x": 2 }), json!({ "value": 1 })] {
        assert!(read(from.clone()).is_err(), "{from}");
    }
    for from in [json!("groups:app-"), json!("other.x"), json!({ "constant": [1] })] {
        let written = serde_json::to_value(read(from.clone()).unwrap()).unwrap();
        assert_eq!(written, from, "it reads as it is written");
    }
}
