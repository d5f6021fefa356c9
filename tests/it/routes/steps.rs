//! From one page of a sign-in to the next: what leads on, what leads back to the app, what nowhere.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_tests::browser::{Browser, Return, encode};
use vestibule_tests::on_both_databases;

on_both_databases! {
    async fn as_45_cancelling_the_sign_in_is_access_denied(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        let mut page = browser.open(&rp.request(&[])).await;
        while let Some(onward) = page.onward() {
            page = browser.open(onward.as_str()).await;
        }
        let form = page.page().form_with("cancel").expect("a way back").press("cancel");
        let answer = browser.submit(&page.url, &form).await;
        let back = Return::read(answer.onward().expect("the app hears of it").as_str());
        assert_eq!(back.get("error"), Some("access_denied"));
        assert_eq!(back.get("state"), Some("af0ifjsldkj"));
        assert_eq!(back.get("iss"), Some(rp.issuer.as_str()));
        assert_eq!(back.get("code"), None);
        assert_eq!(browser.cookie("vestibule-session"), None);
        // What was answered is over: the page in another tab leads nowhere.
        let again = browser.submit(&page.url, &form).await;
        assert_eq!(again.onward(), None);
        assert!(again.page().has_id("error-code"));
    }

    async fn as_42_and_as_12_an_essential_acr_is_met_or_refused(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let metadata = rp.get("/.well-known/openid-configuration").await.json();
        let offered = metadata["acr_values_supported"].as_array().unwrap().clone();
        let essential = |acr: &str| {
            format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#)
        };
        for acr in &offered {
            let acr = acr.as_str().unwrap();
            let told = rp.sign_in(&ada, &[("claims", &essential(acr))]).await.id_claims();
            assert_eq!(told["acr"], acr, "what is offered can be reached");
            let told = rp.sign_in(&ada, &[("acr_values", &format!("gold {acr}"))]).await.id_claims();
            assert_eq!(told["acr"], acr, "of those asked for");
        }
        let told = rp.sign_in(&ada, &[("acr_values", "gold")]).await.id_claims();
        assert!(offered.contains(&told["acr"]), "never what it was not: {told}");
        let back = rp.code(&ada, &[("claims", &essential("gold"))]).await;
        assert_eq!(back.get("error"), Some("unmet_authentication_requirements"), "{}", back.url);
        assert_eq!(back.get("code"), None);
    }

    async fn registered_demands_hold_for_requests_that_are_silent(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let demands = json!({ "require_nonce": true, "require_state": true, "default_max_age": 60 });
        server.change_client(&rp, demands).await;
        for (changes, missing) in [([("nonce", "n"), ("state", "")], "state"), ([("nonce", ""), ("state", "s")], "nonce")] {
            let back = rp.code(&ada, &changes).await;
            assert_eq!(back.get("error"), Some("invalid_request"), "{missing}");
            assert!(back.get("error_description").unwrap().starts_with(missing), "{}", back.url);
        }
        let mut browser = Browser::new();
        let url = rp.request(&[("nonce", "n")]);
        browser.authorize(&url, &ada).await;
        server.advance(Duration::from_secs(50));
        browser.authorize(&url, &ada).await;
        assert!(browser.pages.is_empty(), "{:?}", browser.pages);
        server.advance(Duration::from_secs(20));
        browser.authorize(&rp.request(&[("nonce", "n"), ("max_age", "600")]), &ada).await;
        assert!(browser.pages.is_empty(), "a request has its own word: {:?}", browser.pages);
        browser.authorize(&url, &ada).await;
        assert_eq!(browser.pages, ["sign-in"], "as_38: its default is older");
    }

    async fn oidc_core_3_1_2_1_select_account_goes_on_with_the_one_that_was_chosen(server) {
        let rp = server.clinic();
        let (ada, grace) = (server.ada(), server.person("grace@clinic.test").await);
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &ada).await;
        let url = rp.request(&[("prompt", "select_account")]);
        let chooser = async |browser: &mut Browser| {
            let answer = browser.open(&url).await;
            let page = browser.open(answer.onward().expect("a page asks").as_str()).await;
            assert!(page.page().text().contains("ada@clinic.test"), "{}", page.page().text());
            page
        };
        let page = chooser(&mut browser).await;
        let form = page.page().form_with("account-1").unwrap().press("account-1");
        let back = browser.submit(&page.url, &form).await.onward().expect("the app").to_string();
        assert!(back.starts_with("https://rp.test/cb?code="), "no password is asked for: {back}");
        let again = browser.submit(&page.url, &form).await;
        assert_eq!(again.onward(), None, "it has been answered");

        let page = chooser(&mut browser).await;
        let form = page.page().form_with("other-account").unwrap().press("other-account");
        let answer = browser.submit(&page.url, &form).await;
        let login = browser.open(answer.onward().expect("the sign-in page").as_str()).await;
        let form = login.page().form_with("password").unwrap();
        assert_eq!(form.value("username").unwrap_or_default(), "", "nobody is assumed");
        let form = form.fill("username", &grace.email).fill("password", &grace.password);
        let answer = browser.submit(&login.url, &form.press("submit")).await;
        let asked = browser.open(answer.onward().expect("her consent").as_str()).await;
        assert_eq!(asked.page().text_of("account-name").as_deref(), Some("grace@clinic.test"));
    }

    async fn security_md_5_a_session_ends_an_hour_after_its_use_and_a_day_after_its_start(server) {
        server.stop_clock();
        let rp = server.clinic();
        let ada = server.ada();
        let none = rp.request(&[("prompt", "none")]);
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let (mut used, mut unused) = (Browser::new(), Browser::new());
        for browser in [&mut used, &mut unused] {
            browser.authorize(&rp.request(&[]), &ada).await;
        }
        for visit in 1..=28 {
            server.advance(minutes(50));
            assert!(used.authorize(&none, &ada).await.get("code").is_some(), "visit {visit}");
            if visit == 2 {
                let back = unused.authorize(&none, &ada).await;
                assert_eq!(back.get("error"), Some("login_required"), "unused for 100 minutes");
            }
        }
        server.advance(minutes(39));
        assert!(used.authorize(&none, &ada).await.get("code").is_some(), "23 h 59 min");
        server.advance(minutes(1));
        assert_eq!(used.authorize(&none, &ada).await.get("error"), Some("login_required"), "24 h");
    }

    async fn i20_no_step_stands_in_for_another(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let mut login = browser.open(&rp.request(&[])).await;
        while let Some(onward) = login.onward() {
            login = browser.open(onward.as_str()).await;
        }
        let form = login.page().form_with("password").unwrap();
        let honest = [("csrf", form.value("csrf").unwrap()), ("request", form.value("request").unwrap())];
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", rp.issuer.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let sub = server.cli(&["user", "show", "ada@clinic.test", "--json"])["sub"].as_str().unwrap().to_owned();
        for (path, fields) in [
            ("/consent", vec![("action", "approve")]),
            ("/consent", vec![("action", "approve"), ("account", sub.as_str()), ("claims", "")]),
            ("/accounts", vec![("account", sub.as_str())]),
            ("/accounts", vec![("account", "1")]),
            ("/login", vec![]),
            ("/login", vec![("action", "sign-in"), ("username", "ada@clinic.test")]),
            ("/login", vec![("action", "approve"), ("username", "ada@clinic.test"), ("password", "")]),
        ] {
            let body = encode(&[&honest[..], &fields[..]].concat());
            let answer = browser.send(Method::POST, &rp.at(path), &headers, Some(body)).await;
            let onward = answer.onward().map(|url| url.to_string()).unwrap_or_default();
            assert!(!onward.starts_with("https://rp.test"), "{path} {fields:?}: {onward}");
            assert_eq!(browser.cookie("vestibule-session"), None, "{path} {fields:?}");
        }
        let form = form.fill("username", &ada.email).fill("password", &ada.password).press("submit");
        let answer = browser.submit(&login.url, &form).await;
        let asked = answer.onward().expect("the honest form goes on");
        assert!(asked.path().ends_with("/consent"), "{asked}");
    }
}
