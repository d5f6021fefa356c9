//! `/api/v1`: clients, pages of lists, entity tags, and the other nouns as far as they go.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::api::{Api, canonical_client};
use vestibule_tests::on_both_databases;

fn field(answer: &vestibule_tests::browser::Answer) -> String {
    answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
}

on_both_databases! {
    async fn a_unomed_client_by_the_api_is_the_one_by_the_command_line(server) {
        let api = Api::owner(server).await;
        let made = api.post("/clients", &json!({ "profile": "unomed" })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made_json = made.json();
        let id = made_json["client_id"].as_str().unwrap();
        assert_eq!(made.header("location").unwrap(), format!("/api/v1/clients/{id}"));
        assert!(made_json["client_secret"].as_str().unwrap().starts_with("vcs_"));
        assert_eq!(made_json["relaxations"][0]["name"], "pkce_optional");
        let printed = server.cli(&["client", "add", "--profile", "unomed", "--json"]);
        let by_cli = printed["client_id"].as_str().unwrap();
        assert_eq!(canonical_client(server, id).await, canonical_client(server, by_cli).await);
        let read = api.get(&format!("/clients/{id}")).await;
        assert!(!read.text().contains("vcs_"), "the secret is shown once");
        let healthie = api.post("/clients", &json!({ "profile": "healthie" })).await;
        assert_eq!((healthie.status.as_u16(), field(&healthie)), (422, "variables.company".to_owned()));
        let healthie = api.post("/clients", &json!({ "profile": "healthie", "variables": { "company": "acme" }, "sid_in_id_token": true })).await;
        assert_eq!(healthie.status, 201, "{}", healthie.text());
        assert_eq!(healthie.json()["sid_in_id_token"], true, "a setting beside the profile's");
        assert_eq!(healthie.json()["redirect_uris"][0], "https://secure.gethealthie.com/sso/acme_auth");
    }

    async fn rfc7396_a_client_is_patched_and_replaced(server) {
        let api = Api::owner(server).await;
        let made = api.post("/clients", &json!({ "name": "Portal", "redirect_uris": ["https://a.test/cb"], "require_nonce": true })).await.json();
        let path = format!("/clients/{}", made["client_id"].as_str().unwrap());
        let patched = api.json(Method::PATCH, &path, &json!({ "name": "New", "require_nonce": null, "lifetimes": { "code_seconds": 30 } })).await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        let patched = patched.json();
        assert_eq!(patched["name"], "New");
        assert_eq!(patched["require_nonce"], false, "null is the default");
        assert_eq!(patched["lifetimes"]["code_seconds"], 30);
        assert_eq!(patched["lifetimes"]["access_token_seconds"], made["lifetimes"]["access_token_seconds"]);
        let mut whole = patched.clone();
        whole["contacts"] = json!(["it@a.test"]);
        let put = api.json(Method::PUT, &path, &whole).await;
        assert_eq!(put.status, 200, "what was read can be sent back: {}", put.text());
        assert_eq!(put.json()["contacts"], json!(["it@a.test"]));
        let put = api.json(Method::PUT, &path, &json!({ "name": "Bare", "redirect_uris": ["https://a.test/cb"] })).await.json();
        assert_eq!((&put["contacts"], &put["lifetimes"]["code_seconds"]), (&json!([]), &json!(60)));
        assert_eq!(api.send(Method::DELETE, &path, &[], None).await.status, 204);
        assert_eq!(api.get(&path).await.status, 404);
    }

    async fn i27_unknown_and_privileged_members_are_refused_and_nothing_is_stored(server) {
        let api = Api::owner(server).await;
        let made = api.post("/clients", &json!({ "name": "Portal", "redirect_uris": ["https://a.test/cb"] })).await.json();
        let path = format!("/clients/{}", made["client_id"].as_str().unwrap());
        for (method, body, wrong) in [
            (Method::PATCH, json!({ "name": "x", "redirect_uri": [] }), "redirect_uri"),
            (Method::PATCH, json!({ "name": "x", "client_id": "other" }), "client_id"),
            (Method::PATCH, json!({ "name": "x", "organization": "2" }), "organization"),
            (Method::PATCH, json!({ "name": "x", "created_at": "2020-01-01T00:00:00Z" }), "created_at"),
            (Method::PATCH, json!({ "name": "x", "secrets": [] }), "secrets"),
            (Method::PATCH, json!({ "name": "x", "key": 7 }), "key"),
            (Method::PATCH, json!({ "name": "x", "lifetimes": { "code_secondss": 5 } }), "lifetimes.code_secondss"),
            (Method::PATCH, json!({ "name": "x", "pkce": "never" }), "pkce"),
            (Method::PATCH, json!({ "name": 7 }), "name"),
            (Method::PUT, json!({ "redirect_uris": [] }), "name"),
        ] {
            let answer = api.json(method, &path, &body).await;
            assert_eq!((answer.status.as_u16(), field(&answer).as_str()), (422, wrong), "{body}: {}", answer.text());
        }
        let answer = api.json(Method::PATCH, &path, &json!({ "redirect_urls": [] })).await;
        assert!(answer.json()["errors"][0]["problem"].as_str().unwrap().contains("did you mean redirect_uris?"));
        assert_eq!(api.get(&path).await.json(), {
            let mut same = made.clone();
            same.as_object_mut().unwrap().remove("client_secret");
            same
        });
        let count = api.get("/clients").await.json()["items"].as_array().unwrap().len();
        for body in [json!({ "name": "y", "status": "disabled" }), json!({ "name": "y", "org": 1 }), json!({ "profile": "nobody" })] {
            assert_eq!(api.post("/clients", &body).await.status, 422, "{body}");
        }
        for body in [json!({ "email": "a@b.test", "subject": "x" }), json!({ "email": "a@b.test", "password": "x" }), json!({ "email": "a@b.test", "claims": { "sub": "x" } }), json!({ "email": "a@b.test", "roles": ["owner"] })] {
            assert_eq!(api.post("/users", &body).await.status, 422, "{body}");
        }
        assert_eq!(api.get("/clients").await.json()["items"].as_array().unwrap().len(), count);
        assert_eq!(api.get("/users?text=a@b.test").await.json()["items"], json!([]));
    }

    async fn rfc9110_13_entity_tags(server) {
        let api = Api::owner(server).await;
        let made = api.post("/clients", &json!({ "name": "Portal", "redirect_uris": ["https://a.test/cb"] })).await.json();
        let path = format!("/clients/{}", made["client_id"].as_str().unwrap());
        let read = api.get(&path).await;
        let tag = read.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'), "strong: {tag}");
        let again = api.send(Method::GET, &path, &[("if-none-match", &tag)], None).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        let head = api.send(Method::HEAD, &path, &[], None).await;
        assert_eq!((head.status.as_u16(), head.header("etag").unwrap()), (200, tag.as_str()));
        let changed = api.json_with(Method::PATCH, &path, &[("if-match", &tag)], &json!({ "name": "Two" })).await;
        assert_eq!(changed.status, 200);
        assert_eq!(changed.header("etag"), api.get(&path).await.header("etag"), "the answer's tag is the new one");
        let stale = api.json_with(Method::PATCH, &path, &[("if-match", &tag)], &json!({ "name": "Three" })).await;
        assert_eq!(stale.status, 412, "{}", stale.text());
        assert_eq!(api.send(Method::DELETE, &path, &[("if-match", &tag)], None).await.status, 412);
        assert_eq!(api.get(&path).await.json()["name"], "Two");
        let before = api.get(&path).await.header("etag").unwrap().to_owned();
        let secret = api.post(&format!("{path}/secrets"), &json!({ "label": "next" })).await;
        assert_eq!(secret.status, 201, "{}", secret.text());
        assert_eq!(api.get(&path).await.header("etag").unwrap(), before, "a secret is a thing of its own");
    }

    async fn pages_show_everything_once_while_clients_are_added(server) {
        let api = Api::owner(server).await;
        for number in 0..250 {
            let new = vestibule::services::clients::NewClient { name: Some(format!("Client {number}")), ..Default::default() };
            vestibule::services::clients::add(server.act(), new).await.unwrap();
        }
        let (mut seen, mut names, mut next) = (BTreeSet::new(), Vec::new(), Some("/clients?limit=40&text=client".to_owned()));
        while let Some(path) = next {
            let page = api.get(&path).await;
            assert_eq!(page.status, 200, "{}", page.text());
            let json = page.json();
            for item in json["items"].as_array().unwrap() {
                assert!(seen.insert(item["client_id"].to_string()), "twice: {item}");
                names.push(item["name"].as_str().unwrap().to_owned());
            }
            api.post("/clients", &json!({ "name": format!("Client late {}", seen.len()) })).await;
            let link = page.header("link").map(str::to_owned);
            assert_eq!(link.is_some(), json["next"].is_string());
            next = link.map(|link| {
                let address = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
                assert!(address.contains(json["next"].as_str().unwrap()));
                address.trim_start_matches("/api/v1").to_owned()
            });
        }
        for number in 0..250 {
            assert!(names.contains(&format!("Client {number}")), "{number}");
        }
        for (query, wrong) in [("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"), ("cursor=1", "cursor"), ("cursor='; DROP TABLE clients", "cursor"), ("page=2", "page"), ("status=on", "status")] {
            let answer = api.get(&format!("/clients?{query}")).await;
            assert_eq!((answer.status.as_u16(), field(&answer).as_str()), (422, wrong), "{query}: {}", answer.text());
        }
        let cursor = api.get("/clients?limit=1").await.json()["next"].as_str().unwrap().to_owned();
        assert_eq!(api.get(&format!("/users?cursor={cursor}")).await.status, 422, "a cursor of another list");
    }

    async fn secrets_are_added_rotated_and_revoked(server) {
        let api = Api::owner(server).await;
        let rp = server.clinic();
        let path = format!("/clients/{}", rp.client_id);
        let made = api.post(&format!("{path}/rotate-secret"), &json!({ "label": "2027", "overlap_seconds": 3600 })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        assert!(made["client_secret"].as_str().unwrap().starts_with(made["prefix"].as_str().unwrap()));
        let list = api.get(&format!("{path}/secrets")).await;
        assert!(!list.text().contains(made["client_secret"].as_str().unwrap()));
        let items = list.json()["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 2);
        assert!(items[0]["expires_at"].is_string() && items[1]["expires_at"].is_null(), "{items:?}");
        assert_eq!(items[0]["live"], true, "both work meanwhile");
        server.advance(std::time::Duration::from_secs(3601));
        let api = Api::owner(server).await;
        let items = api.get(&format!("{path}/secrets")).await.json()["items"].clone();
        assert_eq!((&items[0]["live"], &items[1]["live"]), (&json!(false), &json!(true)), "the overlap is over");
        let id = items[1]["id"].as_str().unwrap();
        let revoked = api.send(Method::DELETE, &format!("{path}/secrets/{id}"), &[], None).await;
        assert_eq!(revoked.status, 204, "{}", revoked.text());
        assert_eq!(api.send(Method::DELETE, &format!("{path}/secrets/{id}"), &[], None).await.status, 404);
    }

    async fn a_vendor_is_handed_a_sheet_and_a_secret_by_links(server) {
        let api = Api::owner(server).await;
        let made = api.post("/clients", &json!({ "profile": "unomed" })).await.json();
        let path = format!("/clients/{}", made["client_id"].as_str().unwrap());
        let sheet = api.get(&format!("{path}/sheet")).await;
        assert!(sheet.json()["redirect_uris"][0].as_str().unwrap().ends_with("/login/callback/"));
        assert!(!sheet.text().contains(made["client_secret"].as_str().unwrap()));
        let link = api.post(&format!("{path}/links"), &json!({ "lifetime_seconds": 600 })).await;
        assert_eq!(link.status, 201, "{}", link.text());
        let url = link.json()["url"].as_str().unwrap().to_owned();
        let route = url.strip_prefix(server.issuer()).unwrap();
        assert_eq!(server.clinic().get(route).await.status, 200, "it opens");
        let secret = api.post(&format!("{path}/secrets"), &json!({ "label": "by link", "link_seconds": 600 })).await;
        assert_eq!(secret.status, 201, "{}", secret.text());
        assert!(secret.json()["link"]["url"].is_string() && secret.json().get("client_secret").is_none());
        let short = api.post(&format!("{path}/secrets"), &json!({ "label": "x", "link_seconds": 1 })).await;
        assert_eq!(short.status, 422);
        let links = api.get(&format!("{path}/links")).await.json()["items"].as_array().unwrap().clone();
        assert_eq!(links.len(), 2, "{links:?}");
        for link in links {
            let at = format!("{path}/links/{}", link["id"].as_str().unwrap());
            assert_eq!(api.send(Method::DELETE, &at, &[], None).await.status, 204);
        }
        assert!(!server.clinic().get(route).await.status.is_success(), "it opens no more");
        let secrets = api.get(&format!("{path}/secrets")).await.json();
        assert_eq!(secrets["items"].as_array().unwrap().len(), 2, "the refused one was not made");
    }

    async fn redirect_uris_one_by_one(server) {
        let api = Api::owner(server).await;
        let path = format!("/clients/{}/redirect_uris", server.clinic().client_id);
        let added = api.post(&path, &json!({ "uri": "https://rp.test/cb/" })).await;
        assert_eq!(added.json()["redirect_uris"], json!(["https://rp.test/cb", "https://rp.test/cb/"]), "byte for byte");
        assert_eq!(api.post(&path, &json!({ "uri": "https://rp.test/cb/" })).await.status, 409);
        let bad = api.post(&path, &json!({ "uri": "javascript:alert(1)" })).await;
        assert_eq!((bad.status.as_u16(), field(&bad).as_str()), (422, "redirect_uris"));
        let gone = api.send(Method::DELETE, &format!("{path}?uri=https%3A%2F%2Frp.test%2Fcb"), &[], None).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
        let gone = api.send(Method::DELETE, &format!("{path}?uri=https://rp.test/cb"), &[], None).await;
        assert_eq!(gone.status, 404);
    }

    async fn users_are_added_found_disabled_and_enabled(server) {
        let api = Api::owner(server).await;
        assert_eq!(api.post("/groups", &json!({ "name": "providers" })).await.status, 201);
        let made = api.post("/users", &json!({ "email": "Grace@Clinic.test", "claims": { "given_name": "Grace", "email_verified": true, "address": { "locality": "Basel" }, "mrn": "77" }, "groups": ["providers"] })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let user = made.json();
        assert_eq!(user["claims"]["address"]["locality"], "Basel");
        assert_eq!(user["groups"], json!(["providers"]));
        let path = format!("/users/{}", user["subject"].as_str().unwrap());
        assert_eq!(api.get(&path).await.json(), user);
        assert_eq!(api.get("/users?text=grace").await.json()["items"][0], user);
        assert_eq!(api.post("/users", &json!({ "email": "grace@clinic.test" })).await.status, 409);
        for (verb, status) in [("disable", "disabled"), ("enable", "active"), ("unlock", "active")] {
            let done = api.send(Method::POST, &format!("{path}/{verb}"), &[], None).await;
            assert_eq!((done.status.as_u16(), &done.json()["status"]), (200, &json!(status)), "{verb}");
        }
        let bad = api.post("/users", &json!({ "email": "nowhere", "claims": { "birthdate": "soon" } })).await.json();
        let fields: BTreeSet<&str> = bad["errors"].as_array().unwrap().iter().filter_map(|it| it["field"].as_str()).collect();
        assert_eq!(fields, ["claims.birthdate", "email"].into(), "all faults at once");
    }

    async fn users_are_changed_invited_signed_out_and_erased(server) {
        let api = Api::owner(server).await;
        let made = api.post("/users", &json!({ "email": "new@clinic.test", "claims": { "nickname": "N" }, "external_id": "x-1", "invite": true })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let url = made.json()["invitation"]["url"].as_str().unwrap().to_owned();
        assert_eq!(server.clinic().get(url.strip_prefix(server.issuer()).unwrap()).await.status, 200);
        let path = format!("/users/{}", made.json()["subject"].as_str().unwrap());
        assert_eq!(api.post("/groups", &json!({ "name": "patients" })).await.status, 201);
        let tag = api.get(&path).await.header("etag").unwrap().to_owned();
        let change = json!({ "email_verified": true, "claims": { "given_name": "New", "nickname": null }, "external_id": null, "groups": ["patients"] });
        let changed = api.json_with(Method::PATCH, &path, &[("if-match", &tag)], &change).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        let user = changed.json();
        assert_eq!((&user["claims"]["given_name"], &user["claims"]["email_verified"]), (&json!("New"), &json!(true)));
        assert!(user["claims"].get("nickname").is_none() && user["external_id"].is_null(), "{user}");
        assert_eq!(user["groups"], json!(["patients"]));
        let stale = api.json_with(Method::PATCH, &path, &[("if-match", &tag)], &json!({ "test": true })).await;
        assert_eq!(stale.status, 412);
        assert_eq!(field(&api.json(Method::PATCH, &path, &json!({ "password": "x" })).await), "password");
        assert_eq!(field(&api.json(Method::PATCH, &path, &json!({ "claims": { "sub": "x" } })).await), "claims.sub");
        server.clinic().sign_in(&server.ada(), &[]).await;
        let ada = "/users/ada@clinic.test";
        let sessions = api.get(&format!("{ada}/sessions")).await.json()["items"].as_array().unwrap().clone();
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        let consents = api.get(&format!("{ada}/consents")).await.json();
        assert_eq!(consents["items"][0]["client_id"], server.clinic().client_id.as_str(), "{consents}");
        let ended = api.send(Method::DELETE, &format!("{ada}/sessions/{}", sessions[0]["id"].as_str().unwrap()), &[], None).await;
        assert_eq!(ended.status, 204, "{}", ended.text());
        assert_eq!(api.get(&format!("{ada}/sessions")).await.json()["items"], json!([]));
        let withdrawn = api.send(Method::DELETE, &format!("{ada}/consents/{}", server.clinic().client_id), &[], None).await;
        assert_eq!(withdrawn.status, 204, "{}", withdrawn.text());
        assert_eq!(api.send(Method::POST, &format!("{ada}/sign-out"), &[], None).await.status, 200);
        let link = api.post(&format!("{ada}/link"), &json!({ "lifetime_seconds": 600 })).await;
        assert_eq!(link.status, 201, "{}", link.text());
        assert_eq!(api.send(Method::DELETE, &path, &[], None).await.status, 204);
        assert_eq!(api.get(&path).await.status, 404);
    }

    async fn groups_and_organizations(server) {
        let api = Api::owner(server).await;
        let name = "Ärzte / Nord";
        assert_eq!(api.post("/groups", &json!({ "name": name })).await.status, 201);
        assert_eq!(api.post("/groups", &json!({ "name": name })).await.status, 409);
        let path = "/groups/%C3%84rzte%20%2F%20Nord";
        assert_eq!(api.get(path).await.json()["name"], name);
        let member = api.post(&format!("{path}/members"), &json!({ "user": "ada@clinic.test" })).await;
        assert_eq!(member.json()["groups"], json!([name]), "{}", member.text());
        assert_eq!(api.get(&format!("{path}/members")).await.json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(api.get("/groups").await.json()["items"][0]["members"], 1);
        let renamed = api.json(Method::PATCH, path, &json!({ "name": "doctors" })).await;
        assert_eq!(renamed.status, 200, "{}", renamed.text());
        assert_eq!(api.send(Method::DELETE, "/groups/doctors/members/ada@clinic.test", &[], None).await.status, 204);
        assert_eq!(api.send(Method::DELETE, "/groups/doctors", &[], None).await.status, 204);
        let made = api.post("/organizations", &json!({ "slug": "north", "name": "North" })).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let below = api.post("/organizations/north/organizations", &json!({ "slug": "north-lab", "name": "Lab" })).await.json();
        assert_eq!(below["parent"], made.json()["id"]);
        let slugs: Vec<Value> = api.get("/organizations").await.json()["items"].as_array().unwrap().iter().map(|it| it["slug"].clone()).collect();
        assert!(slugs.contains(&json!("north")) && slugs.contains(&json!("north-lab")), "{slugs:?}");
        let renamed = api.json(Method::PATCH, "/organizations/north", &json!({ "name": "North Clinic" })).await;
        assert_eq!(renamed.json()["name"], "North Clinic");
        let client = api.post("/organizations/north/clients", &json!({ "name": "Theirs" })).await.json();
        assert_eq!(client["organization"], made.json()["id"]);
        assert_eq!(api.get(&format!("/clients/{}", client["client_id"].as_str().unwrap())).await.status, 404, "not the root's");
        for (verb, status) in [("disable", "disabled"), ("enable", "active")] {
            let done = api.send(Method::POST, &format!("/organizations/north/{verb}"), &[], None).await;
            assert_eq!((done.status.as_u16(), &done.json()["status"]), (200, &json!(status)), "{}", done.text());
        }
    }

    async fn keys_events_profiles_and_webhooks(server) {
        let api = Api::owner(server).await;
        let rotated = api.post("/keys/rotate", &json!({ "alg": "ES256", "rotation": "immediate" })).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text());
        let phases: Vec<Value> = rotated.json()["items"].as_array().unwrap().iter().filter(|key| key["alg"] == "ES256").map(|key| key["phase"].clone()).collect();
        assert!(phases.contains(&json!("signing")) && phases.contains(&json!("retired")), "{phases:?}");
        assert_eq!(field(&api.post("/keys/rotate", &json!({ "alg": "none", "rotation": "planned" })).await), "alg");
        let found = api.get("/events?kind=key.rotated").await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
        assert!(found["items"][0]["facts"]["by"].as_str().unwrap().contains("by API token test"));
        assert_eq!(field(&api.get("/events?case=zz").await), "case");
        let export = api.get("/events/export?limit=2").await;
        assert_eq!(export.header("content-type"), Some("application/jsonl"));
        let lines: Vec<Value> = export.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert!(export.header("link").unwrap().contains("rel=\"next\""));
        let profiles = api.get("/profiles").await.json();
        assert!(profiles["items"].as_array().unwrap().iter().any(|it| it["name"] == "unomed"));
        assert_eq!(api.get("/profiles/healthie").await.json()["variables"][0]["name"], "company");
        let hook = api.post("/webhooks", &json!({ "label": "m", "url": "https://hooks.test/x" })).await;
        assert_eq!(hook.status, 201, "{}", hook.text());
        let id = hook.json()["id"].as_str().unwrap().to_owned();
        let off = api.json(Method::PATCH, &format!("/webhooks/{id}"), &json!({ "status": "disabled" })).await;
        assert_eq!((&off.json()["status"], &off.json()["label"]), (&json!("disabled"), &json!("m")));
        assert_eq!(api.get(&format!("/webhooks/{id}/deliveries")).await.status, 200);
        assert_eq!(api.send(Method::DELETE, &format!("/webhooks/{id}"), &[], None).await.status, 204);
    }
}
