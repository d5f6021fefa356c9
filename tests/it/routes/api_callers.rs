//! `/api/v1`: who calls.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule::services::admins::{self, Named};
use vestibule::services::clients::{self, NewClient};
use vestibule::services::users;
use vestibule_protocol::admin::{Assignment, Permission, Reach, Rights, Role};
use vestibule_protocol::client::{GrantType, Status};
use vestibule_protocol::scope::Scope;
use vestibule_tests::api::{Api, administrator};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::{Authentication, RelyingParty};
use vestibule_tests::server::Server;

/// A client that may ask for permissions, with a role or without.
async fn machine(server: &Server, role: Option<Role>) -> RelyingParty {
    let new = NewClient {
        name: Some("Deploy".to_owned()),
        grant_types: [GrantType::ClientCredentials].into(),
        scope: Some(Scope::of(["clients:read", "clients:write", "events:read"])),
        ..NewClient::default()
    };
    let made = clients::add(server.act(), new).await.unwrap();
    let mut rp = RelyingParty::new(
        server.issuer(),
        &made.client.client_id.0,
        made.secret.as_ref().unwrap(),
        "",
    );
    rp.authentication = Authentication::Basic;
    if let Some(role) = role {
        let assignment = Assignment { role, reach: Reach::Everywhere };
        admins::grant(server.act(), &Named::Client(Box::new(made.client)), assignment)
            .await
            .unwrap();
    }
    rp
}

async fn token(rp: &RelyingParty, scope: &str) -> String {
    let answer = rp.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

on_both_databases! {
    async fn rfc6750_3_without_a_token_that_works_there_is_a_challenge(server) {
        let owner = Api::owner(server).await;
        for (token, error) in [("", false), ("vbt_nonsense", true), ("nonsense", true), ("a.b.c", true), (&*format!("{}x", owner.token), true)] {
            let answer = Api::new(server.issuer(), token).get("/clients").await;
            assert_eq!(answer.status, 401, "{token}");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
            assert_eq!(challenge.contains("invalid_token"), error, "{token}: {challenge}");
            assert_eq!(answer.json()["case"].is_string(), error, "a refused token is recorded");
        }
        let in_query = Api::new(server.issuer(), "").get(&format!("/me?access_token={}", owner.token)).await;
        assert_eq!(in_query.status, 400);
        assert_eq!(owner.get("/me").await.status, 200);
        let case = Api::new(server.issuer(), "vbt_nonsense").get("/me").await.json()["case"].as_str().unwrap().to_owned();
        let found = owner.get(&format!("/events?case={case}")).await.json();
        assert_eq!(found["items"][0]["kind"], "api.refused", "{found}");
    }

    async fn a_token_is_a_ceiling_and_so_are_the_roles(server) {
        let auditor = Assignment { role: Role::Auditor, reach: Reach::Everywhere };
        let user = administrator(server, Some(auditor)).await;
        let narrow = Rights::of([Permission::EventsRead, Permission::ClientsWrite]);
        let api = Api::with_token(server, &user, narrow).await;
        assert_eq!(api.get("/me").await.json()["permissions"], json!(["events:read"]));
        assert_eq!(api.get("/events").await.status, 200);
        let refused = api.get("/clients").await;
        assert_eq!(refused.status, 403);
        assert!(refused.json()["detail"].as_str().unwrap().contains("clients:read"), "{}", refused.text());
        assert_eq!(api.post("/clients", &json!({ "name": "x" })).await.status, 403, "the role does not reach so far");
        users::set_status(server.act(), &user.subject.0, Status::Disabled).await.unwrap();
        assert_eq!(api.get("/me").await.status, 401, "it ends with its administrator");
    }

    async fn a_token_makes_none_that_may_more_or_lives_longer(server) {
        let owner = Assignment { role: Role::Owner, reach: Reach::Everywhere };
        let user = administrator(server, Some(owner)).await;
        let api = Api::with_token(server, &user, Rights::of([Permission::UsersRead])).await;
        let wanted = |permission: &str, seconds: u32| json!({ "label": "next", "permissions": [permission], "lifetime_seconds": seconds });
        assert_eq!(api.post("/tokens", &wanted("clients:write", 600)).await.status, 403);
        let long = api.post("/tokens", &wanted("users:read", 7200)).await;
        assert_eq!((long.status.as_u16(), &long.json()["errors"][0]["field"]), (422, &json!("lifetime_seconds")));
        assert_eq!(api.post("/tokens", &wanted("users:own", 600)).await.status, 422);
        let made = api.post("/tokens", &wanted("users:read", 600)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let next = Api::new(server.issuer(), made["token"].as_str().unwrap());
        assert_eq!(next.get("/users").await.status, 200);
        let listed = api.get("/tokens").await;
        assert!(!listed.text().contains(made["token"].as_str().unwrap()));
        let gone = api.send(Method::DELETE, &format!("/tokens/{}", made["id"].as_str().unwrap()), &[], None).await;
        assert_eq!(gone.status, 204);
        assert_eq!(next.get("/users").await.status, 401);
        server.advance(Duration::from_secs(3601));
        assert_eq!(api.get("/me").await.status, 401, "it has ended");
    }

    async fn a_client_calls_with_a_token_of_its_own(server) {
        let rp = machine(server, Some(Role::ClientManager)).await;
        let api = Api::new(server.issuer(), &token(&rp, "clients:read events:read").await);
        let me = api.get("/me").await.json();
        assert_eq!((&me["kind"], &me["permissions"]), (&json!("client"), &json!(["clients:read", "events:read"])));
        assert_eq!(api.get("/clients").await.status, 200);
        assert_eq!(api.post("/clients", &json!({ "name": "x" })).await.status, 403, "the scope is a ceiling");
        assert_eq!(api.get("/tokens").await.status, 403);
        let writer = Api::new(server.issuer(), &token(&rp, "clients:write clients:read").await);
        let made = writer.post("/clients", &json!({ "name": "Made by a program" })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let stranger = machine(server, None).await;
        let api = Api::new(server.issuer(), &token(&stranger, "clients:read").await);
        assert_eq!(api.get("/clients").await.status, 403, "without a role a scope is worth nothing");
        assert_eq!(api.get("/me").await.json()["permissions"], json!([]));
        clients::set_status(server.act(), &rp.client_id, Status::Disabled).await.unwrap();
        assert_eq!(writer.get("/me").await.status, 401, "switched off");
    }

    async fn a_users_access_token_opens_nothing_here(server) {
        let tokens = server.clinic().sign_in(&server.ada(), &[]).await;
        let answer = Api::new(server.issuer(), tokens.access()).get("/me").await;
        assert_eq!(answer.status, 401);
        assert!(answer.json()["detail"].as_str().unwrap().contains("client_credentials"), "{}", answer.text());
    }

    async fn i27_nobody_grants_more_than_they_have(server) {
        let org = vestibule_tests::api::organization(server, "north").await;
        let below = Assignment { role: Role::Owner, reach: Reach::Below(org) };
        let api = Api::of(server, Some(below)).await;
        let user = administrator(server, None).await;
        let grant = json!({ "user": user.subject.0, "role": "client_manager" });
        let granted = api.post("/organizations/north/admins", &grant).await;
        assert_eq!(granted.status, 201, "{}", granted.text());
        assert_eq!(granted.json()["reach"], org.0.to_string());
        let id = granted.json()["id"].as_str().unwrap().to_owned();
        let wider = json!({ "user": user.subject.0, "role": "owner", "everywhere": true });
        assert_eq!(api.post("/organizations/north/admins", &wider).await.status, 404);
        assert_eq!(api.post("/admins", &grant).await.status, 403, "not in the root organization");
        let gone = api.send(Method::DELETE, &format!("/organizations/north/admins/{id}"), &[], None).await;
        assert_eq!(gone.status, 204);
    }
}
