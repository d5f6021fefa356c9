//! `/api/v1`: hostile bodies, problems, and what goes with every answer.

use reqwest::Method;
use serde_json::json;
use vestibule_tests::api::Api;
use vestibule_tests::browser::Answer;
use vestibule_tests::on_both_databases;

const JSON: (&str, &str) = ("content-type", "application/json");

fn is_problem(answer: &Answer, status: u16, word: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.header("cache-control").unwrap().contains("no-store"));
    let problem = answer.json();
    assert!(problem["type"].as_str().unwrap().ends_with(&format!("/errors/{word}")), "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
    assert!(problem["instance"].as_str().unwrap().starts_with("/api/"), "{problem}");
    assert!(!problem["detail"].as_str().unwrap().is_empty());
}

on_both_databases! {
    async fn i28_hostile_bodies_are_refused_and_nothing_is_stored(server) {
        let api = Api::owner(server).await;
        let count = async || api.get("/clients").await.json()["items"].as_array().unwrap().len();
        let before = count().await;
        let deep = format!("{{\"name\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
        let name = |inner: &str| format!("{{\"name\":\"{inner}\",\"redirect_uris\":[\"https://a.test/cb\"]}}").into_bytes();
        for (body, status, word) in [
            (deep.into_bytes(), 400, "malformed"),
            (b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(), 400, "malformed"),
            (name("a\\u0000b"), 400, "malformed"),
            (b"{\"name\":\"\xff\xfe\"}".to_vec(), 400, "malformed"),
            (b"\xef\xbb\xbf{}".to_vec(), 400, "malformed"),
            (b"{\"name\":".to_vec(), 400, "malformed"),
            (b"[]".to_vec(), 400, "malformed"),
            (b"7".to_vec(), 400, "malformed"),
            (Vec::new(), 400, "malformed"),
            (b"{\"default_max_age\":1e400}".to_vec(), 400, "malformed"),
            (b"{\"name\":\"a\",\"default_max_age\":1e300}".to_vec(), 422, "invalid"),
            (b"{\"name\":\"a\",\"default_max_age\":-1}".to_vec(), 422, "invalid"),
            (b"{\"name\":\"a\",\"default_max_age\":99999999999999999999}".to_vec(), 422, "invalid"),
            (name("a\\u0007b"), 422, "invalid"),
            (name(&"n".repeat(101)), 422, "invalid"),
            (format!("{{\"name\":\"a\",\"contacts\":[{}\"x\"]}}", "\"x\",".repeat(2000)).into_bytes(), 400, "malformed"),
            (format!("{{\"name\":\"{}\"}}", "x".repeat(70_000)).into_bytes(), 413, "too_large"),
        ] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let answer = api.send(Method::POST, "/clients", &[JSON], Some(body)).await;
            assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text());
            is_problem(&answer, status, word);
        }
        for media in ["text/plain", "application/x-www-form-urlencoded", "application/json5", ""] {
            let answer = api.send(Method::POST, "/clients", &[("content-type", media)], Some(name("a"))).await;
            is_problem(&answer, 415, "unsupported_media_type");
        }
        assert_eq!(count().await, before);
        let odd = api.send(Method::POST, "/clients", &[("content-type", "application/json; charset=utf-8")], Some(name("<script>alert(1)</script>"))).await;
        assert_eq!(odd.status, 201, "markup in a name is a name");
        assert_eq!(odd.header("content-type"), Some("application/json"));
        assert_eq!(odd.header("x-content-type-options"), Some("nosniff"));
    }

    async fn rfc9457_paths_and_methods_that_there_are_none(server) {
        let api = Api::owner(server).await;
        is_problem(&api.get("/nothing").await, 404, "not_found");
        is_problem(&api.get("").await, 404, "not_found");
        is_problem(&api.get("/clients/x/y/z").await, 404, "not_found");
        for method in [Method::DELETE, Method::PUT, Method::OPTIONS, Method::TRACE] {
            let answer = api.send(method, "/clients", &[], None).await;
            is_problem(&answer, 405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"));
            assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
        }
        let missing = api.get("/clients/vci_none").await;
        is_problem(&missing, 404, "not_found");
        let taken = api.post("/clients", &json!({ "client_id": "mine", "name": "a" })).await;
        assert_eq!(taken.status, 201, "{}", taken.text());
        is_problem(&api.post("/clients", &json!({ "client_id": "mine", "name": "b" })).await, 409, "conflict");
        is_problem(&api.get("/clients?text=%zz").await, 400, "malformed");
        for path in ["/clients/..%2f..%2fusers", "/clients/%00", "/clients/%F0%9F%92%A9", "/users/'%20OR%201=1", "/users/%00", "/organizations/%00/clients", "/admins/999999999999999999999"] {
            let method = if path.starts_with("/admins") { Method::DELETE } else { Method::GET };
            let answer = api.send(method, path, &[], None).await;
            assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        }
    }

    async fn the_description_is_served_and_shown(server) {
        let api = Api::new(server.issuer(), "");
        let rp = server.clinic();
        let document = rp.get("/api/openapi.json").await;
        assert_eq!(document.status, 200);
        let document = document.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], server.issuer());
        let page = rp.get("/api/docs").await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text().contains("<script"), "it needs none");
        for route in vestibule::api::routes::all() {
            assert!(page.text().contains(&format!("id=\"{}\"", route.id)), "{}", route.id);
        }
        for kind in vestibule::api::problem::Kind::ALL {
            let explained = rp.get(&format!("/errors/{}", kind.word())).await;
            let place = explained.header("location").unwrap_or_default().to_owned();
            assert_eq!(place, format!("/api/docs#problem-{}", kind.word()), "the type of a problem leads somewhere");
            assert!(page.text().contains(&format!("id=\"problem-{}\"", kind.word())));
        }
        assert_eq!(api.send(Method::POST, "/../openapi.json", &[], None).await.status, 405);
    }
}
