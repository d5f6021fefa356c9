//! `/api/v1`: what the console and the command line could do before: users from and to files, tests of
//! a client, redirect URIs out of a case, secrets behind links.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_protocol::admin::{Assignment, Reach, Role};
use vestibule_tests::api::Api;
use vestibule_tests::browser::{Answer, Browser};
use vestibule_tests::on_both_databases;
use vestibule_tests::server::Server;

const ROWS: &str = "external_id,email,given_name,groups\np-1,one@lake.test,Uma,providers\np-2,two@lake.test,\"=Val\",\n";

async fn import(api: &Api, query: &str, media: &str, file: &str) -> Answer {
    let path = format!("/imports/users{query}");
    api.send(Method::POST, &path, &[("content-type", media)], Some(file.into())).await
}

async fn vendor(api: &Api, name: &str) -> String {
    let body = json!({ "name": name, "redirect_uris": ["https://a.test/cb"], "pkce": "optional", "auth_method": "basic_or_post" });
    let made = api.post("/clients", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["client_id"].as_str().unwrap().to_owned()
}

fn field(answer: &Answer) -> String {
    answer.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
}

fn events(server: &Server, kind: &str) -> Vec<Value> {
    let config = server.config().to_owned();
    let asked = ["events", "search", "--kind", kind, "--json", "--config", &config];
    let printed = vestibule_tests::process::run(&asked).stdout;
    String::from_utf8(printed)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

on_both_databases! {
    async fn users_come_from_a_file_and_go_into_one(server) {
        let api = Api::owner(server).await;
        let tried = import(&api, "?dry_run=true", "text/csv", &format!("{ROWS}p-3,nonsense,,\n")).await;
        assert_eq!(tried.status, 200, "{}", tried.text());
        let tried = tried.json();
        assert_eq!((&tried["dry_run"], &tried["counts"]["created"], &tried["counts"]["refused"]), (&json!(true), &json!(2), &json!(1)));
        assert_eq!((&tried["rows"][0]["row"], &tried["rows"][0]["outcome"], &tried["rows"][0]["faults"][0]["field"]), (&json!(3), &json!("refused"), &json!("email")));
        assert_eq!(api.get("/users/one@lake.test").await.status, 404, "nothing was written");
        let done = import(&api, "", "text/csv; charset=utf-8", ROWS).await.json();
        assert_eq!((&done["counts"]["created"], &done["counts"]["rows"]), (&json!(2), &json!(2)), "{done}");
        let again = import(&api, "", "text/csv", ROWS).await.json();
        assert_eq!(again["counts"]["unchanged"], 2);
        let path = format!("/imports/users/{}", done["file"].as_str().unwrap());
        assert_eq!(api.get(&path).await.status, 404, "it is over");
        let lines = import(&api, "", "application/jsonl", "{\"email\":\"three@lake.test\"}\n").await.json();
        assert_eq!(lines["counts"]["created"], 1);

        let file = api.get("/exports/users?format=jsonl").await;
        assert_eq!((file.status.as_u16(), file.header("content-type").unwrap()), (200, "application/jsonl; charset=utf-8"));
        assert_eq!(file.header("content-disposition").unwrap(), "attachment; filename=\"users.jsonl\"");
        let lines: Vec<Value> = file.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().any(|user| user["email"] == "two@lake.test" && user["given_name"] == "=Val"));
        let back = import(&api, "?dry_run=true", "application/jsonl", &file.text()).await.json();
        assert_eq!((&back["counts"]["unchanged"], &back["counts"]["rows"]), (&json!(lines.len()), &json!(lines.len())), "{back}");
        let client = vendor(&api, "Healthie").await;
        let map = api.get(&format!("/exports/uid-map?client_id={client}&spreadsheet=true")).await;
        assert!(map.text().starts_with("external_id,sub,email,"), "{}", map.text());
        assert!(map.text().contains(",two@lake.test,\"'=Val\","), "{}", map.text());
        assert_eq!(api.get("/exports/uid-map?client_id=vci_nobody").await.status, 404);
        assert_eq!(field(&api.get("/exports/users?format=xml").await), "format");
        assert_eq!(events(server, "users.exported").len(), 2, "each that began");
        assert_eq!(events(server, "users.imported").len(), 3);
    }

    async fn i28_what_is_no_file_of_users_is_refused(server) {
        let api = Api::owner(server).await;
        for (media, file, status, said) in [
            ("application/json", "[]", 415, "text/csv or application/jsonl"),
            ("text/csv", "", 422, "the body is empty"),
            ("text/csv", "nonsense\n1\n", 422, "nonsense"),
            ("text/csv", "email\nj\u{0}\n", 422, "zero bytes"),
        ] {
            let answer = import(&api, "", media, file).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
            assert!(answer.text().contains(said), "{said}: {}", answer.text());
        }
        let latin = api.send(Method::POST, "/imports/users", &[("content-type", "text/csv")], Some(b"email\nJ\xfcrg@x.test\n".to_vec())).await;
        assert!(latin.status == 422 && latin.text().contains("not UTF-8"), "{}", latin.text());
        assert_eq!(field(&import(&api, "?dry=true", "text/csv", ROWS).await), "dry");
        assert_eq!(import(&api, "", "text/csv", &"x".repeat((32 << 20) + 1)).await.status, 413);
        let auditor = Assignment { role: Role::Auditor, reach: Reach::Everywhere };
        let auditor = Api::of(server, Some(auditor)).await;
        assert_eq!(auditor.get("/users").await.status, 200);
        let refused = auditor.get("/exports/users").await;
        assert!(refused.status == 403 && refused.text().contains("users:export"), "{}", refused.text());
        assert_eq!(events(server, "users.exported").len(), 0);
    }

    async fn a_redirect_uri_is_adopted_by_whoever_has_looked_at_it(server) {
        let api = Api::owner(server).await;
        let client = vendor(&api, "Portal").await;
        let sent = "https://a.test/cb/";
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", &client), ("redirect_uri", sent), ("scope", "openid")])
            .finish();
        let page = Browser::new().open(&format!("{}/oauth/authorize?{query}", server.issuer())).await.page();
        let case = page.text_of("case-code").unwrap();
        let read = api.get(&format!("/cases/{case}")).await.json();
        assert_eq!((&read["cause"]["uri"]["received"], &read["cause"]["uri"]["adoptable"]), (&json!(sent), &json!(true)));
        let path = format!("/cases/{case}/adopt");
        let other = api.post(&path, &json!({ "redirect_uri": "https://a.test/cb" })).await;
        assert_eq!((other.status.as_u16(), field(&other).as_str()), (422, "redirect_uri"), "{}", other.text());
        let done = api.post(&path, &json!({ "redirect_uri": sent })).await;
        assert_eq!((done.status.as_u16(), &done.json()["redirect_uris"]), (200, &json!(["https://a.test/cb", sent])));
        assert_eq!(api.post(&path, &json!({ "redirect_uri": sent })).await.status, 409);
    }

    async fn a_client_is_tried_and_its_vendor_waited_for(server) {
        let api = Api::owner(server).await;
        let client = vendor(&api, "Portal").await;
        let path = format!("/clients/{client}");
        let waiting = api.get(&format!("{path}/attempt")).await.json();
        assert_eq!((&waiting["case"], &waiting["whole"]), (&Value::Null, &json!(false)));
        let tried = api.post(&format!("{path}/tests"), &json!({})).await;
        assert_eq!(tried.status, 200, "{}", tried.text());
        assert_eq!(tried.json()["ok"], true, "{}", tried.text());
        assert!(tried.json()["browser_url"].as_str().unwrap().ends_with(&format!("/admin/clients/{client}/test")));
        let wrong = api.post(&format!("{path}/tests"), &json!({ "secret": "not-the-secret" })).await.json();
        assert_eq!(wrong["ok"], false, "{wrong}");
        assert!(wrong["hops"].as_array().unwrap().iter().any(|hop| hop["checks"].as_array().unwrap().iter().any(|check| check["outcome"] == "failed")));
        assert_eq!(api.get(&format!("{path}/tests")).await.json()["items"], json!([]), "no sign-in was tried");
        let secrets = api.get(&format!("{path}/secrets")).await.json();
        let live = secrets["items"].as_array().unwrap().iter().filter(|secret| secret["live"] == true).count();
        assert_eq!(live, 1, "the secret of the test is revoked");

        let refused = events(server, "token.refused");
        assert!(refused.len() >= 2 && refused.iter().all(|event| event["facts"]["trial"] == true), "{refused:?}");
        let owner = vestibule_tests::api::administrator(server, Some(Assignment { role: Role::Owner, reach: Reach::Everywhere })).await;
        let day = server.now().minus(std::time::Duration::from_secs(86_400));
        let failures = server.app().store.failures(owner.org, day).await.unwrap();
        assert_eq!(failures, Default::default(), "tests are no failures");

        let since = waiting["since"].as_str().unwrap();
        let still = api.get(&format!("{path}/attempt?since={since}")).await.json();
        assert_eq!(still["case"], Value::Null, "a test is no attempt of the vendor: {still}");
        let mut rp = server.clinic();
        rp.client_id = client;
        Browser::new().open(&rp.request(&[("redirect_uri", "https://a.test/other")])).await;
        let failed = api.get(&format!("{path}/attempt?since={since}")).await.json();
        assert_eq!((&failed["failed"], &failed["lines"][1]["milestone"], &failed["lines"][1]["outcome"]), (&json!(true), &json!("redirect_uri"), &json!("failed")), "{failed}");
        assert!(failed["case"].is_string());
    }

    async fn a_secret_and_its_link_are_made_together_or_not_at_all(server) {
        let api = Api::owner(server).await;
        let body = |seconds: u32| json!({ "profile": "unomed", "client_id": "linked", "link_seconds": seconds });
        let refused = api.post("/clients", &body(5)).await;
        assert_eq!((refused.status.as_u16(), field(&refused).as_str()), (422, "lifetime"), "{}", refused.text());
        assert_eq!(api.get("/clients/linked").await.status, 404, "nothing of it was done");
        let made = api.post("/clients", &body(3600)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        assert!(made.get("client_secret").is_none() && made["link"]["url"].is_string(), "{made}");
        let more = api.post("/clients/linked/secrets", &json!({ "label": "two", "link_seconds": 5 })).await;
        assert_eq!(more.status, 422);
        assert_eq!(api.get("/clients/linked/secrets").await.json()["items"].as_array().unwrap().len(), 1);
        let more = api.post("/clients/linked/secrets", &json!({ "label": "two", "link_seconds": 600 })).await.json();
        assert!(more.get("client_secret").is_none() && more["link"]["url"].is_string());
        let page = Browser::new().open(made["link"]["url"].as_str().unwrap()).await;
        assert_eq!(page.status, 200, "{}", page.text());
    }

    async fn groups_are_not_made_by_a_typing_error(server) {
        let api = Api::owner(server).await;
        api.post("/groups", &json!({ "name": "providers" })).await;
        let user = json!({ "email": "new@lake.test", "groups": ["provders"] });
        let refused = api.post("/users", &user).await;
        assert_eq!((refused.status.as_u16(), field(&refused).as_str()), (422, "groups"));
        assert!(refused.text().contains("did you mean \\\"providers\\\"?"), "{}", refused.text());
        assert_eq!(api.post("/users", &json!({ "email": "new@lake.test", "groups": ["providers"] })).await.status, 201);
        let change = json!({ "groups": ["providers", "patients"] });
        let refused = api.json(Method::PATCH, "/users/new@lake.test", &change).await;
        assert_eq!((refused.status.as_u16(), field(&refused).as_str()), (422, "groups"));
        let client = json!({ "name": "Portal", "redirect_uris": ["https://a.test/cb"], "groups": ["Providers"] });
        let refused = api.post("/clients", &client).await;
        assert_eq!((refused.status.as_u16(), field(&refused).as_str()), (422, "groups"), "{}", refused.text());
        let id = vendor(&api, "Portal").await;
        let limit = |group: &str| json!({ "groups": [group] });
        assert_eq!(api.json(Method::PATCH, &format!("/clients/{id}"), &limit("nobodies")).await.status, 422);
        assert_eq!(api.json(Method::PATCH, &format!("/clients/{id}"), &limit("providers")).await.status, 200);
        assert_eq!(api.send(Method::DELETE, "/groups/providers", &[], None).await.status, 409, "a client is limited to it");
        let config = server.config().to_owned();
        let typed = vestibule_tests::process::run(&["user", "add", "--email", "b@lake.test", "--group", "provider", "--config", &config]);
        let said = String::from_utf8_lossy(&typed.stderr).into_owned();
        assert!(!typed.status.success() && said.contains("did you mean \"providers\"?") && said.contains("--group"), "{said}");
    }
}
