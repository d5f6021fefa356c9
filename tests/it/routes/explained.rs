//! Refusals from the outside: what the developer's library hears, what the admin reads under the case
//! code, what the vendor sees of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::{Registration, Server};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The case code at the end of a JSON error's description.
fn case_of(answer: &Answer) -> String {
    let body = answer.json();
    let text = body["error_description"].as_str().expect("a description").to_owned();
    let (_, code) = text.rsplit_once("(case ").expect("it ends with the case");
    code.trim_end_matches(')').to_owned()
}

fn cause(server: &Server, case: &str) -> Value {
    server.cli(&["case", "show", case, "--json"])["cause"].clone()
}

fn hints(cause: &Value) -> Vec<String> {
    let hints = cause["hints"].as_array().cloned().unwrap_or_default();
    hints.iter().map(|hint| hint["hint"].as_str().unwrap().to_owned()).collect()
}

async fn shown(rp: &RelyingParty, redirect_uri: &str) -> Answer {
    Browser::new().open(&rp.request(&[("redirect_uri", redirect_uri)])).await
}

async fn post<V: AsRef<str>>(
    rp: &RelyingParty,
    headers: &[(&str, &str)],
    fields: &[(&str, V)],
) -> Answer {
    let all: Vec<(&str, &str)> = [FORM].iter().chain(headers).copied().collect();
    rp.send(Method::POST, "/oauth/token", &all, &encode(fields)).await
}

on_both_databases! {
    async fn an_address_with_a_mark_that_turns_it_round_is_shown_as_it_came(server) {
        let text = shown(&server.clinic(), "https://rp.test/\u{202e}gro.elpmaxe").await.page().text();
        assert!(text.contains("https://rp.test/⟨U+202E⟩gro.elpmaxe"), "{text}");
    }

    async fn a_slash_too_few_is_found_by_its_case_shared_and_adopted(server) {
        let rp = server.register_vendor("unomed", &[]).await;
        let sent = rp.redirect_uri.trim_end_matches('/').to_owned();
        let page = shown(&rp, &sent).await.page();
        let case = page.text_of("case-code").unwrap();
        assert_eq!(page.attribute("a#catalogue", "href").as_deref(), Some("/errors/VB-2004"));
        assert!(!page.text().contains(&rp.redirect_uri), "strangers see no registered URI");

        let cause = cause(server, &case);
        assert_eq!(cause["code"], "VB-2004");
        assert_eq!(cause["uri"]["differences"], json!(["trailing_slash"]));
        assert_eq!(cause["uri"]["expected"], rp.redirect_uri);
        let last = cause["uri"]["segments"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last, json!({ "kind": "only_registered", "text": "/" }));

        let link = server.cli(&["case", "share", &case, "--for", "2d", "--json"])["url"].as_str().unwrap().to_owned();
        let opened = Browser::new().open(&link).await;
        assert_eq!(opened.status, 200);
        assert_eq!(opened.page().text_of("difference-class").as_deref(), Some("the slash at the end"));
        let json = Browser::new().send(Method::GET, &link, &[("accept", "application/json")], None).await;
        let json = json.json();
        assert_eq!((json["code"].as_str(), json["cause"].get("admin")), (Some(case.as_str()), None));
        let shares = server.cli(&["case", "show", &case, "--json"])["shares"].clone();
        server.cli(&["case", "unshare", &case, shares[0]["id"].as_str().unwrap(), "--json"]);
        assert_eq!(Browser::new().open(&link).await.status, 410);

        server.cli(&["case", "adopt-uri", &case, "--json"]);
        vestibule_tests::eventually(async || shown(&rp, &sent).await.status != 400).await;
    }

    async fn what_a_token_request_did_wrong_is_recognised(server) {
        let machine = || Registration {
            grants: vec!["authorization_code", "client_credentials"],
            ..Registration::default()
        };
        let rp = server.register(machine()).await;
        let other = server.register(machine()).await;
        let posts = server.register(Registration { auth_method: "client_secret_post", ..machine() }).await;
        let grant = ("grant_type", "client_credentials");
        let broken = format!("{}\n", rp.client_secret);
        let escaped: String = rp.client_secret.bytes().map(|b| format!("%{b:02X}")).collect();
        let basic = |id: &str, secret: &str| {
            format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
        };
        let fields = |secret: &str| -> Vec<(&'static str, String)> {
            let pairs = [("grant_type", "client_credentials"), ("client_id", &rp.client_id), ("client_secret", secret)];
            pairs.map(|(name, value)| (name, value.to_owned())).to_vec()
        };
        let header = basic(&posts.client_id, &posts.client_secret);
        let table = [
            ("secret_wrong", "secret_with_white_space", post(&rp, &[], &fields(&broken)).await),
            ("secret_wrong", "secret_escaped_twice", post(&rp, &[], &fields(&escaped)).await),
            ("secret_wrong", "secret_of_other_client", post(&rp, &[], &fields(&other.client_secret)).await),
            ("auth_method_not_registered", "basic_for_post", post(&rp, &[("authorization", &header)], &[grant]).await),
            ("unreadable_body", "json_body",
             rp.send(Method::POST, "/oauth/token", &[("content-type", "application/json")], "{\"grant_type\":\"x\"}").await),
        ];
        for (reason, hint, answer) in table {
            let body = answer.json();
            assert!(!answer.text().contains(&other.client_id), "{hint}: {}", answer.text());
            let told = body["error_uri"].as_str().unwrap().to_owned();
            if body["error"] == "invalid_client" {
                assert!(told.ends_with("/errors/VB-2100"), "no oracle: {told}");
            }
            assert_eq!(Browser::new().open(&told).await.status, 200, "{told}");
            let cause = cause(server, &case_of(&answer));
            assert_eq!(cause["reason"], reason, "{hint}");
            assert_eq!(hints(&cause), [hint]);
            assert!(!cause.to_string().contains(&rp.client_secret), "i17");
        }
    }

    async fn a_get_on_the_token_endpoint_is_recorded_for_its_client(server) {
        let rp = server.clinic();
        let url = format!("/oauth/token?client_id={}&client_secret={}", rp.client_id, "hush-hush");
        let answer = rp.send(Method::GET, &url, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")));
        let file = server.cli(&["case", "show", &case_of(&answer), "--json"]);
        assert_eq!(file["client"]["client_id"], rp.client_id);
        assert_eq!(hints(&file["cause"]), ["token_request_by_get"]);
        assert!(!file.to_string().contains("hush-hush"), "i17");
    }

    async fn a_discovery_url_entered_as_issuer_is_told_so(server) {
        let rp = server.clinic();
        let document = "/.well-known/openid-configuration";
        for (path, hint) in [
            (format!("{document}{document}"), "discovery_url_as_issuer"),
            (format!("/realms/clinic{document}"), "wrong_issuer_path"),
        ] {
            let answer = rp.send(Method::GET, &path, &[], "").await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json()["error"], "invalid_request");
            assert_eq!(hints(&cause(server, &case_of(&answer))), [hint], "{path}");
        }
    }

    async fn errors_that_go_back_to_the_client_name_their_page(server) {
        let rp = server.clinic();
        let url = rp.request(&[("scope", "openid,profile,email")]);
        let back = Browser::new().authorize(&url, &server.ada()).await;
        assert_eq!(back.get("error"), Some("invalid_scope"));
        let page = back.get("error_uri").unwrap().to_owned();
        assert_eq!(page, format!("{}/errors/VB-1108", rp.issuer));
        let opened = Browser::new().open(&page).await;
        assert_eq!(opened.page().text_of("error-code").as_deref(), Some("VB-1108"));
        let json = Browser::new().send(Method::GET, &page, &[("accept", "application/json")], None).await;
        assert_eq!(json.json()["reason"], "scope_separated_by_commas");
        let list = rp.at("/errors");
        assert_eq!(Browser::new().open(&list).await.status, 200);
        assert_eq!(Browser::new().open(&format!("{list}/VB-0000")).await.status, 404);
    }

    async fn the_console_shows_the_log_the_case_and_adds_exactly_the_uri(server) {
        let rp = server.clinic();
        let ada = server.ada();
        server.cli(&["admin", "grant", "--user", &ada.email, "owner", "--json"]);
        let sent = format!("{}/extra", rp.redirect_uri);
        let case = shown(&rp, &sent).await.page().text_of("case-code").unwrap();

        let mut browser = Browser::new();
        let log = rp.at(&format!("/admin/events?outcome=wrong&client={}", rp.client_id));
        let stuck = browser.try_authorize(&log, &ada, "approve").await.expect_err("the log");
        assert!(stuck.text().contains(&format!("/admin/cases/{case}")), "{}", stuck.page().text());
        let client = server.cli(&["client", "show", &rp.client_id, "--json"]);
        let named = format!(
            "/admin/clients/{}\">{}</a>",
            rp.client_id,
            client["name"].as_str().unwrap()
        );
        assert!(stuck.text().contains(&named), "{}", stuck.text());
        let odd = browser.open(&rp.at("/admin/events?since=soon")).await;
        assert_eq!(odd.status, 422);
        assert!(odd.page().has_id("error-summary"));
        let csv = browser.open(&rp.at("/admin/events/export?format=csv&outcome=wrong")).await;
        assert!(csv.text().starts_with("id,at,kind,") && csv.text().contains(&case));
        let live = browser.open(&rp.at("/admin/events?live=on")).await;
        assert_eq!(live.header("refresh"), Some("5"));

        let file = browser.open(&rp.at(&format!("/admin/cases/{case}"))).await;
        assert_eq!(file.page().text_of("difference-class").as_deref(), Some("the path"));
        let ask = browser.open(&rp.at(&format!("/admin/cases/{case}/adopt"))).await;
        let form = ask.page().form_with("confirm").expect("the question");
        // What the form says does not matter: the URI is the recorded one.
        let form = form.fill("uri", "https://evil.example/").press("confirm");
        let done = browser.submit(&ask.url, &form).await;
        assert_eq!(done.status, 303, "{}", done.text());
        let client = server.cli(&["client", "show", &rp.client_id, "--json"]).to_string();
        assert!(client.contains(&sent) && !client.contains("evil.example"), "{client}");

        let share = browser.open(&rp.at(&format!("/admin/cases/{case}/share"))).await;
        let form = share.page().form_with("make").unwrap().fill("days", "3");
        let made = browser.submit(&share.url, &form).await;
        let link = made.page().text_of("link").unwrap();
        assert_eq!(Browser::new().open(&link).await.status, 200);
        let stranger = Browser::new().open(&rp.at(&format!("/admin/cases/{case}"))).await;
        assert!(stranger.onward().is_some_and(|to| to.path().ends_with("/login")));
    }
}
