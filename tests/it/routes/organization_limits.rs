//! A client that is limited to organizations: whom it signs in, whom it refuses, and what becomes of
//! what was issued when the limit changes.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule::services::users::{self, NewUser};
use vestibule_protocol::ids::OrgId;
use vestibule_tests::api::{Api, act_in, canonical_client, organization};
use vestibule_tests::browser::{Browser, Person};
use vestibule_tests::installation::PASSWORD;
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::Tokens;
use vestibule_tests::server::Server;

const OFFLINE: [(&str, &str); 2] =
    [("scope", "openid email offline_access"), ("prompt", "consent")];

/// A user of an organization below the root.
async fn person_of(server: &Server, org: OrgId, email: &str) -> Person {
    let new = NewUser {
        email: Some(email.to_owned()),
        password: Some(PASSWORD.to_owned().into()),
        ..NewUser::default()
    };
    let added = users::add(act_in(server, org), &server.app().passwords, new).await;
    added.expect("a user that can be added");
    Person { email: email.to_owned(), password: PASSWORD.to_owned() }
}

/// Limits the client that is always there; the server sees it at once.
async fn limit(server: &Server, organizations: Value) {
    let api = Api::owner(server).await;
    let path = format!("/clients/{}", server.clinic().client_id);
    let changed = api.json(Method::PATCH, &path, &json!({ "organizations": organizations })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(changed.json()["organizations"], organizations);
    server.app().clients.forget_all();
}

on_both_databases! {
    async fn healthie_5_the_providers_of_a_sub_organization_sign_in_and_others_do_not(server) {
        let (providers, patients) = (organization(server, "providers").await, organization(server, "patients").await);
        let dora = person_of(server, providers, "dora@clinic.test").await;
        let paul = person_of(server, patients, "paul@clinic.test").await;
        let rp = server.clinic();
        let request = rp.request(&[]);
        let unknown = Browser::new().try_authorize(&request, &dora, "approve").await;
        assert!(unknown.is_err(), "a client without a limit is for its own organization");

        limit(server, json!(["providers"])).await;
        let tokens = rp.sign_in(&dora, &[]).await;
        let told = rp.userinfo(tokens.access()).await.json();
        assert_eq!(told["sub"], tokens.id_claims()["sub"]);
        assert_eq!(rp.introspect(tokens.access()).await.json()["active"], true);
        let elsewhere = Browser::new().try_authorize(&request, &paul, "approve").await;
        let page = elsewhere.expect_err("patients are not looked at").page();
        assert!(page.has_id("password"), "{}", page.text());
    }

    async fn a_user_who_is_signed_in_and_not_named_is_refused_with_its_reason(server) {
        organization(server, "providers").await;
        limit(server, json!(["providers"])).await;
        let back = server.clinic().code(&server.ada(), &[]).await;
        assert_eq!(back.get("error"), Some("access_denied"), "{}", back.url);
        let described = back.get("error_description").unwrap_or_default();
        assert!(!described.contains("providers"), "the app is not told whom it is for: {described}");
        let (_, case) = described.rsplit_once("(case ").expect("it ends with the case");
        let found = server.cli(&["case", "show", case.trim_end_matches(')'), "--json"]);
        let text = found.to_string();
        assert!(text.contains("user_not_in_organizations"), "{text}");
        assert!(text.contains("\"root\"") && text.contains("providers"), "{text}");
        limit(server, json!(["providers", "root"])).await;
        let back = server.clinic().code(&server.ada(), &[]).await;
        assert!(back.get("code").is_some(), "its own organization can be named too: {}", back.url);
    }

    async fn i13_a_limit_ends_what_was_issued_before(server) {
        let providers = organization(server, "providers").await;
        organization(server, "patients").await;
        let dora = person_of(server, providers, "dora@clinic.test").await;
        limit(server, json!(["providers"])).await;
        let rp = server.clinic();
        let first = rp.sign_in(&dora, &OFFLINE).await;
        let second = Tokens::read(&rp.refresh(first.refresh()).await);
        let code = rp.code(&dora, &[]).await;

        limit(server, json!(["patients"])).await;
        for answer in [rp.refresh(second.refresh()).await, rp.redeem(code.code()).await] {
            assert_eq!(answer.status, 400, "{}", answer.text());
            assert_eq!(answer.json()["error"], "invalid_grant");
        }
        assert_eq!(rp.userinfo(second.access()).await.status, 401);
        assert_eq!(rp.introspect(second.access()).await.json(), json!({ "active": false }));
    }

    async fn a_disabled_sub_organization_signs_nobody_in_and_its_tokens_are_dead(server) {
        let providers = organization(server, "providers").await;
        let dora = person_of(server, providers, "dora@clinic.test").await;
        limit(server, json!(["providers"])).await;
        let rp = server.clinic();
        let tokens = rp.sign_in(&dora, &OFFLINE).await;
        server.cli(&["organization", "disable", "providers", "--json"]);
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
        assert_eq!(rp.refresh(tokens.refresh()).await.json()["error"], "invalid_grant");
        let signed_in = Browser::new().try_authorize(&rp.request(&[]), &dora, "approve").await;
        assert!(signed_in.is_err());
    }

    async fn i26_a_foreign_organization_is_refused_as_an_unknown_one(server) {
        let (north, _south) = (organization(server, "north").await, organization(server, "south").await);
        let api = Api::owner(server).await;
        let made = api.post("/organizations/north/clients", &json!({ "name": "Portal", "redirect_uris": ["https://rp.test/cb"] })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["client_id"].as_str().unwrap().to_owned();
        let mut told = Vec::new();
        for slug in ["south", "nowhere", "root"] {
            let path = format!("/organizations/north/clients/{id}");
            let refused = api.json(Method::PATCH, &path, &json!({ "organizations": [slug] })).await;
            assert_eq!(refused.status, 422, "{slug}: {}", refused.text());
            told.push(refused.text().replace(slug, "…").split("request_id").next().unwrap().to_owned());
        }
        assert_eq!(told[0], told[1], "foreign and unknown");
        assert_eq!(told[1], told[2], "above and unknown");
        let own = api.json(Method::PATCH, &format!("/organizations/{}/clients/{id}", north.0), &json!({ "organizations": ["north"] })).await;
        assert_eq!(own.status, 200, "{}", own.text());
    }

    async fn the_same_limit_by_command_line_and_file(server) {
        organization(server, "providers").await;
        limit(server, json!(["providers"])).await;
        let id = server.clinic().client_id;
        let by_api = canonical_client(server, &id).await;
        limit(server, json!([])).await;
        let shown = server.cli(&["client", "limit", &id, "--users-of", "providers", "--json"]);
        assert_eq!(shown["organizations"], json!(["providers"]));
        assert_eq!(canonical_client(server, &id).await, by_api);
        let exported = server.cli(&["state", "export", "--client", &id, "--json"]);
        assert!(exported.to_string().contains("providers"), "{exported}");
        let lifted = server.cli(&["client", "limit", &id, "--own-users", "--json"]);
        assert_eq!(lifted["organizations"], json!([]));
    }
}
