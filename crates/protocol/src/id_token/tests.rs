use super::*;
use crate::authorize::claims_request::ClaimsRequest;
use crate::fixtures::*;
use crate::session::Acr;

struct Scene {
    client: Client,
    user: User,
    terms: Terms,
    nonce: Option<&'static str>,
    access_token: Option<&'static str>,
}

fn scene() -> Scene {
    Scene {
        client: client(),
        user: user(),
        terms: agreed("openid profile email"),
        nonce: Some("n-0S6_WzA2Mj"),
        access_token: Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
    }
}

fn made(scene: &Scene) -> Value {
    Value::Object(claims(&IdTokenFacts {
        issuer: ISSUER,
        client: &scene.client,
        user: &scene.user,
        terms: &scene.terms,
        scope: &scene.terms.scope,
        sid: "sid_9",
        nonce: scene.nonce,
        access_token: scene.access_token,
        jti: "jti-1",
        now: NOW,
    }))
}

#[test]
fn as_83_the_claims_of_a_plain_sign_in_to_the_last() {
    assert_eq!(
        made(&scene()),
        json!({
            "iss": ISSUER,
            "sub": "u_4Zf7",
            "aud": "unomed",
            "azp": "unomed",
            "iat": 1_800_000_000,
            "exp": 1_800_000_300,
            "jti": "jti-1",
            "auth_time": 1_799_999_400,
            "acr": "urn:vestibule:acr:single-factor",
            "amr": ["pwd"],
            "nonce": "n-0S6_WzA2Mj",
            "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        })
    );
}

#[test]
fn as_85_nonce_is_there_if_and_only_if_it_was_sent() {
    let mut refreshed = scene();
    refreshed.nonce = None;
    assert!(made(&refreshed).get("nonce").is_none());
}

#[test]
fn as_87_scope_claims_are_in_userinfo_unless_the_client_reads_them_here() {
    assert!(made(&scene()).get("email").is_none());
    let mut reader = scene();
    reader.client.settings.claims_placement = ClaimsPlacement::IdTokenAndUserinfo;
    let token = made(&reader);
    assert_eq!(token["email"], "anna@clinic.example");
    assert_eq!(token["given_name"], "Anna");
    assert!(token.get("nickname").is_none() && token.get("address").is_none());
}

#[test]
fn as_43_a_demand_for_the_id_token_is_met_there() {
    let mut scene = scene();
    scene.terms.claims =
        ClaimsRequest::parse(Some(r#"{"id_token":{"email":null,"acr":null,"frob":null}}"#))
            .unwrap();
    let token = made(&scene);
    assert_eq!(token["email"], "anna@clinic.example");
    assert_eq!(token["acr"], Acr::SingleFactor.value());
    assert!(token.get("frob").is_none());
}

#[test]
fn as_88_sid_is_for_clients_that_use_it() {
    assert!(made(&scene()).get("sid").is_none());
    let mut scene = scene();
    scene.client.settings.sid_in_id_token = true;
    assert_eq!(made(&scene)["sid"], "sid_9");
}

#[test]
fn as_92_a_sign_in_of_no_known_method_tells_no_empty_list() {
    let mut scene = scene();
    scene.terms.authentication.amr.clear();
    assert!(made(&scene).get("amr").is_none());
}

/// Required with `max_age` (AS-38), harmless and useful without.
#[test]
fn as_38_auth_time_is_the_moment_of_the_sign_in_and_not_of_the_token() {
    let mut scene = scene();
    scene.terms.authentication.at = ago(7200);
    assert_eq!(made(&scene)["auth_time"], ago(7200).as_seconds());
}

#[test]
fn no_attribute_overwrites_a_protocol_claim() {
    let mut scene = scene();
    scene.client.settings.claims_placement = ClaimsPlacement::IdTokenAndUserinfo;
    scene.terms.scope = crate::scope::Scope::of(["openid", "sub", "iss", "records"]);
    for name in ["sub", "iss", "azp"] {
        scene.user.claims.other.insert(name.to_owned(), json!("forged"));
    }
    let token = made(&scene);
    assert_eq!((&token["sub"], &token["iss"]), (&json!("u_4Zf7"), &json!(ISSUER)));
    assert_eq!(token["records"], json!({ "ward": "B2" }));
}

#[test]
fn as_83_it_lives_as_registered_and_in_an_administrators_trial_five_minutes_at_most() {
    let mut scene = scene();
    let lives = |scene: &Scene| made(scene)["exp"].as_u64().unwrap() - 1_800_000_000;
    scene.client.settings.lifetimes.id_token_seconds = 3600;
    assert_eq!(lives(&scene), 3600);
    scene.terms.trial = true;
    assert_eq!(lives(&scene), 300);
    scene.client.settings.lifetimes.id_token_seconds = 60;
    assert_eq!(lives(&scene), 60);
}
