//! Malformed, repeated, oversized and hostile input on every route: always an answer, never a 5xx,
//! never a redirect to a place that nobody registered, and the server goes on as before.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::Server;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

const ROUTES: &[(&str, &str)] = &[
    ("GET", "/.well-known/openid-configuration"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/oauth/authorize"),
    ("POST", "/oauth/authorize"),
    ("POST", "/oauth/token"),
    ("GET", "/oauth/userinfo"),
    ("POST", "/oauth/userinfo"),
    ("POST", "/oauth/introspect"),
    ("POST", "/oauth/revoke"),
    ("GET", "/oauth/logout"),
    ("POST", "/oauth/logout"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/consent"),
    ("POST", "/consent"),
    ("GET", "/accounts"),
    ("POST", "/accounts"),
    ("GET", "/account"),
    ("GET", "/admin"),
    ("GET", "/admin/clients"),
    ("GET", "/admin/check-redirect-uris"),
    ("GET", "/admin/new-client"),
    ("POST", "/admin/new-client"),
    ("GET", "/admin/clients/%3Cscript%3E"),
    ("GET", "/admin/clients/x/policy"),
    ("POST", "/admin/clients/x/policy"),
    ("POST", "/admin/clients/x/credentials/new"),
    ("POST", "/admin/organization"),
    ("GET", "/admin/keys/RS256/rotate/x"),
    ("POST", "/admin/keys/x/retire"),
    ("GET", "/setup/token"),
    ("POST", "/setup/token"),
    ("GET", "/welcome/token"),
    ("POST", "/welcome/token"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
];

/// Texts that have broken servers like this one before.
fn texts() -> Vec<String> {
    vec![
        String::new(),
        "\0".to_owned(),
        "\r\nSet-Cookie: planted=1".to_owned(),
        "\u{feff}\u{202e}\u{0}ünïcødé🦀".to_owned(),
        "' OR '1'='1' --".to_owned(),
        "<script>alert(1)</script>".to_owned(),
        "{{7*7}}${7*7}<%= 7*7 %>".to_owned(),
        "../../../../etc/passwd".to_owned(),
        "-1".to_owned(),
        "99999999999999999999999999".to_owned(),
        "{\"a\":".repeat(200),
        "[".repeat(3000),
        "%".to_owned(),
        "a".repeat(5000),
    ]
}

const NAMES: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "claims",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "ui_locales",
    "display",
    "response_mode",
    "code_challenge",
    "code_challenge_method",
    "grant_type",
    "code",
    "code_verifier",
    "refresh_token",
    "client_secret",
    "token",
    "token_type_hint",
    "access_token",
    "post_logout_redirect_uri",
    "username",
    "password",
    "csrf",
    "request",
    "continue",
];

fn healthy(answer: &Answer, what: &str) {
    let status = answer.status.as_u16();
    assert!(status < 500, "{what}: {status} {}", answer.text());
    assert!(
        answer.headers.get("set-cookie").is_none_or(|set| !set.as_bytes().starts_with(b"planted")),
        "{what}"
    );
    let onward = answer.onward().map(|url| url.to_string()).unwrap_or_default();
    let ours = onward.is_empty()
        || onward.starts_with("http://127.0.0.1:")
        || onward.starts_with("https://rp.test/");
    assert!(ours, "{what}: led to {onward}");
    let html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if html {
        assert!(!answer.text().contains("<script>alert(1)"), "{what}: reflected");
    }
}

async fn ask(
    browser: &mut Browser,
    rp: &RelyingParty,
    route: (&str, &str),
    fields: &[(&str, &str)],
) -> Answer {
    let encoded = encode(fields);
    let method = Method::from_bytes(route.0.as_bytes()).unwrap();
    if route.0 == "POST" {
        return browser.send(method, &rp.at(route.1), &[FORM], Some(encoded)).await;
    }
    browser.send(method, &format!("{}?{encoded}", rp.at(route.1)), &[], None).await
}

/// Sends bytes and reads what comes back within five seconds; the first line of it.
fn raw(issuer: &str, bytes: &[u8]) -> String {
    let address = issuer.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read) = stream.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..read]);
        if read == 0 || answer.contains(&b'\n') {
            break;
        }
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

/// The server still does its work.
async fn works(server: &Server) {
    let tokens = server.clinic().sign_in(&server.ada(), &[]).await;
    assert_eq!(server.clinic().userinfo(tokens.access()).await.status, 200);
}

on_both_databases! {
    async fn i28_any_parameter_on_any_route(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        server.make_owner(&server.ada()).await;
        browser.authorize(&rp.request(&[]), &server.ada()).await;
        for route in ROUTES {
            for text in texts() {
                // The same text in every parameter, then in one known request after the other.
                let all: Vec<(&str, &str)> = NAMES.iter().take(6).map(|name| (*name, text.as_str())).collect();
                let what = format!("{route:?} {:.40}", text.escape_debug().to_string());
                healthy(&ask(&mut browser, &rp, *route, &all).await, &what);
            }
        }
        works(server).await;
    }

    async fn i28_a_path_of_the_console_that_can_name_nothing_is_not_found(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        server.make_owner(&server.ada()).await;
        browser.authorize(&rp.request(&[]), &server.ada()).await;
        for path in [
            // PostgreSQL has no texts with a NUL.
            "/admin/clients/%00",
            "/admin/clients/a%00b/policy",
            "/admin/clients/x/test/%00",
            "/admin/users/%00",
            "/admin/users/%00/edit",
            "/admin/users/%00/sessions/1",
            "/admin/organizations/%00/rename",
            // A number names these.
            "/admin/webhooks/abc",
            "/admin/groups/99999999999999999999/rename",
            "/admin/tokens/-/revoke",
            "/admin/users/x/sessions/%3Cscript%3Ealert(1)",
        ] {
            for method in [Method::GET, Method::POST] {
                let answer = browser.send(method.clone(), &rp.at(path), &[FORM], Some(String::new())).await;
                healthy(&answer, path);
                assert_eq!(answer.status, 404, "{method} {path}");
                assert!(answer.text().contains("error-code"), "{method} {path}: {}", answer.text());
            }
        }
    }

    async fn i28_one_hostile_parameter_in_an_honest_authorization_request(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        for name in NAMES {
            for text in texts() {
                let url = rp.request(&[(name, &text)]);
                let answer = browser.open(&url).await;
                healthy(&answer, &format!("{name}={:.40}", text.escape_debug().to_string()));
            }
        }
        works(server).await;
    }

    async fn i28_one_hostile_parameter_in_an_honest_token_request(server) {
        let rp = server.clinic();
        for name in NAMES {
            for text in texts() {
                let mut fields = vec![("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://rp.test/cb")];
                fields.retain(|(key, _)| key != name);
                fields.push((name, &text));
                let answer = rp.token(&fields).await;
                let what = format!("{name}={:.40}", text.escape_debug().to_string());
                healthy(&answer, &what);
                assert!(answer.status.is_client_error(), "{what}");
                assert!(answer.json()["error"].is_string(), "{what}");
            }
        }
    }

    async fn rfc6749_3_2_repeated_parameters_of_a_token_request(server) {
        let rp = server.clinic();
        for name in ["grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier"] {
            let fields = [("grant_type", "authorization_code"), ("code", "x"), (name, "a"), (name, "b")];
            let answer = rp.token(&fields).await;
            assert_eq!(answer.status.as_u16() / 100, 4, "{name}");
            assert_eq!(answer.json()["error"], "invalid_request", "{name}: {}", answer.text());
        }
    }

    async fn t1_bodies_of_the_wrong_kind_and_size(server) {
        let rp = server.clinic();
        let large = format!("a={}", "x".repeat(200 * 1024));
        let many: String = (0..2000).map(|number| format!("p{number}=1&")).collect();
        for (method, path) in ROUTES.iter().filter(|(method, _)| *method == "POST") {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            for (headers, body) in [
                (vec![], "grant_type=client_credentials"),
                (vec![("content-type", "application/json")], "{\"grant_type\":\"client_credentials\"}"),
                (vec![("content-type", "multipart/form-data; boundary=x")], "--x\r\n\r\nabc\r\n--x--"),
                (vec![("content-type", "text/plain")], "a=b"),
                (vec![("content-type", "\u{1}")], "a=b"),
                (vec![FORM, ("content-encoding", "gzip")], "not gzip at all"),
                (vec![FORM], large.as_str()),
                (vec![FORM], many.as_str()),
                (vec![FORM], "%zz=%&&&=&=%00"),
                (vec![FORM], "=&=&;;;"),
            ] {
                if headers.iter().any(|(_, value)| value.contains('\u{1}')) {
                    continue;
                }
                let answer = rp.send(method.clone(), path, &headers, body).await;
                healthy(&answer, &format!("{path} {headers:?} {body:.30}"));
                assert!(answer.status.is_client_error() || answer.status.is_redirection() || *path == "/oauth/logout", "{path} {headers:?}: {}", answer.status);
            }
        }
        works(server).await;
    }

    async fn i28_headers_and_cookies(server) {
        let rp = server.clinic();
        let long = "x".repeat(4000);
        for (_, path) in ROUTES {
            for (name, value) in [
                ("authorization", "Bearer"),
                ("authorization", "Basic"),
                ("authorization", "Basic Og=="),
                ("authorization", "Basic //////////////8="),
                ("authorization", "Bearer \u{e9}"),
                ("authorization", long.as_str()),
                ("cookie", "vestibule-session=; vestibule-session=x; =; ;;"),
                ("cookie", "vestibule-session=AAAA; vestibule-browser=%00"),
                ("cookie", long.as_str()),
                ("accept-language", "xx;q=2,*;q=-1,de;q=0.0000001"),
                ("accept", "\"\"\"/;;q"),
                ("x-forwarded-for", "not, an, address"),
                ("x-request-id", "<script>alert(1)</script>"),
                ("traceparent", "00-zzzz-1"),
                ("content-length", "0"),
                ("host", "evil.test"),
            ] {
                let Ok(header) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else { continue };
                let request = vestibule_tests::browser::plain_client().get(rp.at(path)).header(name, header);
                healthy(&Answer::read(request).await, &format!("{path} {name}: {value:.30}"));
            }
        }
        works(server).await;
    }

    async fn t1_bytes_that_are_no_http(server) {
        let issuer = server.issuer().to_owned();
        let host = issuer.strip_prefix("http://").unwrap().to_owned();
        let attempts = tokio::task::spawn_blocking(move || {
            let long_line = format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "a".repeat(200_000));
            let long_head = format!("GET /login HTTP/1.1\r\nHost: {host}\r\nX-A: {}\r\n\r\n", "b".repeat(300_000));
            let many = format!("GET /login HTTP/1.1\r\nHost: {host}\r\n{}\r\n", "X-A: b\r\n".repeat(500));
            let smuggled = format!("POST /oauth/token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n");
            let two_lengths = format!("POST /oauth/token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd");
            let bad_chunk = format!("POST /oauth/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nab\r\n");
            let no_host = "GET /login HTTP/1.1\r\n\r\n".to_owned();
            let nul = format!("GET /login HTTP/1.1\r\nHost: {host}\r\nX-A: a\0b\r\n\r\n");
            let attempts = [
                ("a long line", long_line), ("a long head", long_head), ("many fields", many),
                ("length and chunks", smuggled), ("two lengths", two_lengths), ("a bad chunk", bad_chunk),
                ("no host", no_host), ("a NUL", nul),
                ("noise", "\u{16}\u{3}\u{1}\u{2}\0\u{1}".repeat(50)),
                ("an unknown method", format!("BREW /login HTTP/1.1\r\nHost: {host}\r\n\r\n")),
                ("http/0.9", "GET /login\r\n".to_owned()),
            ];
            attempts.map(|(what, bytes)| {
                let start = Instant::now();
                (what, raw(&issuer, bytes.as_bytes()), start.elapsed())
            })
        });
        for (what, line, took) in attempts.await.unwrap() {
            assert!(!line.contains(" 5"), "{what}: {line}");
            assert!(took < Duration::from_secs(8), "{what} hung for {took:?}");
            if what == "length and chunks" || what == "two lengths" {
                assert!(!line.contains(" 200"), "{what}: {line}");
            }
        }
        works(server).await;
    }
}
