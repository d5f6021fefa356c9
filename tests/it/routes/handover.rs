//! `/handover/{token}` and `/handover/secret/{token}`: what vendors get by a link.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use vestibule_tests::browser::{Answer, Browser};
use vestibule_tests::on_both_databases;
use vestibule_tests::page::Form;
use vestibule_tests::process;
use vestibule_tests::server::Server;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// A client whose secret is behind a link: its id and the link.
fn secret_link(server: &Server) -> (String, String) {
    let printed =
        server.cli(&["client", "add", "--profile", "unomed", "--secret-link", "7d", "--json"]);
    assert!(printed.get("client_secret").is_none(), "instead of printing it: {printed}");
    let text =
        |name: &str| printed[name].as_str().unwrap_or_else(|| panic!("{printed}")).to_owned();
    (text("client_id"), text("secret_link"))
}

fn sheet_link(server: &Server, client_id: &str) -> String {
    let printed = server.cli(&["client", "sheet", client_id, "--share", "7d", "--json"]);
    printed["sheet_link"].as_str().unwrap_or_else(|| panic!("{printed}")).to_owned()
}

async fn offer(browser: &mut Browser, link: &str) -> (Answer, Form) {
    let answer = browser.open(link).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.page().text());
    let form = answer.page().form_with("reveal").expect("a button").press("reveal");
    (answer, form)
}

/// The secret on the page, if it is there.
fn shown(answer: &Answer) -> Option<String> {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let (_, rest) = body.split_once("id=\"client-secret\"")?;
    let (_, rest) = rest.split_once('>')?;
    Some(rest.split('<').next()?.to_owned())
}

/// What every answer behind a link says to browsers, caches and search engines.
fn is_private(answer: &Answer) {
    let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("referrer-policy"), Some("no-referrer"));
    assert!(header("x-robots-tag").is_some_and(|value| value.contains("noindex")));
    assert!(header("content-security-policy").is_some());
}

/// The lines of the event log about a client, of one kind or of all.
fn events(server: &Server, client_id: &str, kind: Option<&str>) -> Vec<String> {
    let mut search = vec!["events", "search", "--client", client_id, "--json"];
    search.extend(["--config", server.config()]);
    search.extend(kind.iter().flat_map(|kind| ["--kind", kind]));
    let output = process::run(&search);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

on_both_databases! {
    async fn a_secret_is_shown_once_and_it_works(server) {
        let (client_id, link) = secret_link(server);
        let mut browser = Browser::new();
        let (page, form) = offer(&mut browser, &link).await;
        is_private(&page);
        assert!(shown(&page).is_none(), "opening shows no secret");
        let answer = browser.submit(&page.url, &form).await;
        is_private(&answer);
        let secret = shown(&answer).expect("the secret");
        let body = [("grant_type", "client_credentials"), ("client_id", &client_id), ("client_secret", &secret)];
        let token = plain_post(&format!("{}/oauth/token", server.issuer()), &body).await;
        assert_eq!(token.status(), StatusCode::OK, "the secret is the client's");

        for again in [browser.submit(&page.url, &form).await, browser.open(&link).await] {
            assert_eq!(again.status, StatusCode::GONE);
            assert!(shown(&again).is_none());
            is_private(&again);
        }
        assert_eq!(events(server, &client_id, Some("link.made")).len(), 1);
        assert_eq!(events(server, &client_id, Some("link.opened")).len(), 1);
        assert_eq!(events(server, &client_id, Some("link.used")).len(), 1);
        let all = events(server, &client_id, None).concat();
        let token = link.rsplit('/').next().unwrap();
        assert!(!all.contains(&secret) && !all.contains(token), "p8");
    }

    async fn i19_looking_uses_nothing_up(server) {
        let (client_id, link) = secret_link(server);
        let mut browser = Browser::new();
        for _ in 0..3 {
            offer(&mut browser, &link).await;
        }
        let head = browser.send(Method::HEAD, &link, &[], None).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
        let ahead = browser.send(Method::GET, &link, &[("sec-purpose", "prefetch;prerender")], None).await;
        assert_eq!(ahead.status, StatusCode::OK);
        assert_eq!(events(server, &client_id, Some("link.opened")).len(), 3, "only people open links");
        // A POST that our own page did not send shows nothing and uses nothing up.
        let forged = browser
            .send(Method::POST, &link, &[("content-type", "application/x-www-form-urlencoded")], Some(String::new()))
            .await;
        assert!(forged.status.is_client_error() && shown(&forged).is_none());
        let (page, form) = offer(&mut browser, &link).await;
        assert!(shown(&browser.submit(&page.url, &form).await).is_some());
    }

    async fn of_many_at_once_exactly_one_sees_the_secret(server) {
        let (_, link) = secret_link(server);
        let mut first = Browser::new();
        let (page, form) = offer(&mut first, &link).await;
        let attempts = (0..16).map(|_| {
            let (mut browser, url, form) = (first.clone(), page.url.clone(), form.clone());
            tokio::spawn(async move { browser.submit(&url, &form).await })
        });
        let attempts: Vec<_> = attempts.collect();
        let mut seen = 0;
        for attempt in attempts {
            let answer = attempt.await.unwrap();
            match shown(&answer) {
                Some(_) => seen += 1,
                None => assert_eq!(answer.status, StatusCode::GONE),
            }
        }
        assert_eq!(seen, 1);
    }

    async fn an_ended_link_opens_nothing(server) {
        let (client_id, secret) = secret_link(server);
        let sheet = sheet_link(server, &client_id);
        let mut browser = Browser::new();
        let (page, form) = offer(&mut browser, &secret).await;
        server.advance(WEEK + Duration::from_secs(1));
        for answer in [
            browser.open(&secret).await,
            browser.submit(&page.url, &form).await,
            browser.open(&sheet).await,
            browser.open(&format!("{}/handover/unknown", server.issuer())).await,
            browser.open(&format!("{}/handover/secret/unknown", server.issuer())).await,
        ] {
            assert_eq!(answer.status, StatusCode::GONE);
            assert!(shown(&answer).is_none());
        }
    }

    async fn a_shared_sheet_is_a_page_and_files_and_never_holds_the_secret(server) {
        let (client_id, secret) = secret_link(server);
        let link = sheet_link(server, &client_id);
        let mut browser = Browser::new();
        let page = browser.open(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        is_private(&page);
        let mut taken = Browser::new();
        let (offered, form) = offer(&mut taken, &secret).await;
        let secret = shown(&taken.submit(&offered.url, &form).await).unwrap();
        for (format, media, part) in [
            ("html", "text/html", "<style>"),
            ("md", "text/markdown", "## Type this in at Unomed"),
            ("json", "application/json", "\"token_endpoint_auth_methods\""),
            ("env", "text/plain", "OIDC_CLIENT_SECRET="),
        ] {
            let file = browser.open(&format!("{link}?format={format}")).await;
            let text = String::from_utf8(file.body.clone()).unwrap();
            is_private(&file);
            let header = |name: &str| file.headers.get(name).unwrap().to_str().unwrap();
            assert!(header("content-type").starts_with(media), "{format}");
            assert!(header("content-disposition").contains(&format!("{client_id}.{format}")));
            assert!(text.contains(part) && text.contains(&client_id), "{format}");
            assert!(!text.contains(&secret), "{format} holds the secret");
            assert!(text.contains(&format!("{}/oauth/token", server.issuer())), "{format}");
        }
        let other = browser.open(&format!("{link}?format=exe")).await;
        assert_eq!(other.status, StatusCode::OK, "an unknown form is the page");

        let links = server.cli(&["client", "links", "list", &client_id, "--json"]);
        let of_sheet = links["links"].as_array().unwrap().iter().find(|link| link["purpose"] == "handover");
        let id = of_sheet.unwrap()["id"].as_str().unwrap();
        server.cli(&["client", "links", "revoke", &client_id, id, "--json"]);
        assert_eq!(browser.open(&link).await.status, StatusCode::GONE);
    }
}

async fn plain_post(url: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let client = vestibule_tests::browser::plain_client();
    client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(vestibule_tests::browser::encode(fields))
        .send()
        .await
        .expect("the server answers")
}
