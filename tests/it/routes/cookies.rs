//! The cookies of a browser, and which of two it means.

use reqwest::Method;
use vestibule_tests::browser::Browser;
use vestibule_tests::databases::Database;
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::Tokens;
use vestibule_tests::server::Server;

#[tokio::test]
async fn security_md_5_on_https_cookies_are_of_this_host_alone_and_go_by_tls_alone() {
    let server = Server::start_over_tls(Database::sqlite()).await;
    let (rp, ada) = (server.clinic(), server.ada());
    let mut browser = Browser::new();
    let back = browser.authorize(&rp.request(&[]), &ada).await;
    Tokens::read(&rp.redeem(back.code()).await);
    let names = browser.cookie_names();
    assert_eq!(
        names,
        ["__Host-vestibule-browser", "__Host-vestibule-device", "__Host-vestibule-session"]
    );
    let page = browser.open(&rp.request(&[("prompt", "login")])).await;
    let page = browser.open(page.onward().expect("the sign-in page").as_str()).await;
    let form = page.page().form_with("password").expect("a form");
    let form = form.fill("username", &ada.email).fill("password", &ada.password).press("submit");
    let answer = browser.submit(&page.url, &form).await;
    let set: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(set.len() >= 2, "{set:?}");
    for cookie in set {
        for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute}: {cookie}");
        }
        assert!(!cookie.contains("Domain="), "{cookie}");
    }
    for path in ["/login", "/oauth/authorize", "/.well-known/jwks.json", "/nowhere"] {
        let pinned = rp.get(path).await;
        let pinned = pinned.header("strict-transport-security");
        assert_eq!(pinned, Some("max-age=63072000; includeSubDomains"), "{path}");
    }
    let metadata = rp.get("/.well-known/openid-configuration").await.json();
    for (name, value) in metadata.as_object().unwrap() {
        if name == "issuer" || name == "jwks_uri" || name.ends_with("_endpoint") {
            assert!(value.as_str().unwrap().starts_with("https://localhost:"), "as_03: {value}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn security_md_5_a_session_that_a_client_may_frame_is_kept_apart_and_taken_back_from_there() {
    let server = Server::start_over_tls(Database::sqlite()).await;
    let rp = server.register_vendor("unomed", &[]).await;
    let mut browser = Browser::new();
    let page = browser.open(&rp.request(&[])).await;
    let framed = |cookie: &str| {
        let parts: Vec<&str> = cookie.split("; ").collect();
        ["Secure", "HttpOnly", "SameSite=None", "Path=/", "Partitioned"]
            .iter()
            .all(|part| parts.contains(part))
    };
    let set = page.header("set-cookie").expect("the browser is bound").to_owned();
    assert!(framed(&set), "of a browser that says nothing it may be in one: {set}");
    for (dest, in_frame) in [("iframe", true), ("document", false)] {
        let url = rp.request(&[]);
        let said = [("sec-fetch-dest", dest)];
        let page = Browser::new().send(Method::GET, &url, &said, None).await;
        let set = page.header("set-cookie").expect("the browser is bound");
        assert_eq!(framed(set), in_frame, "{dest}: {set}");
        assert_eq!(set.contains("SameSite=Lax"), !in_frame, "{dest}: {set}");
    }
    browser.authorize(&rp.request(&[]), &server.ada()).await;
    let asked = browser.open(&rp.at("/oauth/logout")).await;
    let form = asked.page().form_with("logout-confirm").expect("it asks").press("logout-confirm");
    let out = browser.submit(&asked.url, &form).await;
    let taken: Vec<&str> =
        out.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(taken.iter().all(|cookie| cookie.starts_with("__Host-vestibule-session=;")));
    assert!(taken.iter().all(|cookie| cookie.contains("Max-Age=0")), "{taken:?}");
    assert_eq!(taken.iter().filter(|cookie| framed(cookie)).count(), 1, "{taken:?}");
    assert_eq!(taken.iter().filter(|cookie| cookie.contains("SameSite=Lax")).count(), 1);
    server.stop().await;
}

on_both_databases! {
    // What is `Partitioned` a browser keeps beside what is not, and it sends both.
    async fn of_two_sessions_under_one_name_the_newer_counts(server) {
        let (rp, ada) = (server.clinic(), server.ada());
        let mut browser = Browser::new();
        let mut sessions = Vec::new();
        for prompt in ["consent", "login"] {
            browser.authorize(&rp.request(&[("prompt", prompt)]), &ada).await;
            sessions.push(browser.cookie("vestibule-session").unwrap().to_owned());
        }
        let url = rp.request(&[("prompt", "none")]);
        for _ in 0..2 {
            sessions.reverse();
            let cookies: Vec<String> =
                sessions.iter().map(|value| format!("vestibule-session={value}")).collect();
            let headers = [("cookie", cookies.join("; "))];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let answer = Browser::new().send(Method::GET, &url, &headers, None).await;
            let onward = answer.onward().expect("an answer to the app").to_string();
            assert!(onward.contains("code="), "{onward}");
        }
    }
}
