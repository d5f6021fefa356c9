//! `/oauth/authorize`: what is asked of the person, and when nothing is.

use std::time::Duration;

use serde_json::json;
use vestibule_tests::browser::{Answer, Browser};
use vestibule_tests::on_both_databases;
use vestibule_tests::page::Page;
use vestibule_tests::relying_party::claims;
use vestibule_tests::server::Registration;

on_both_databases! {
    async fn as_34_prompt_none_shows_no_page(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let none = rp.request(&[("prompt", "none")]);
        let mut browser = Browser::new();
        assert_eq!(browser.authorize(&none, &ada).await.get("error"), Some("login_required"));
        assert!(browser.pages.is_empty());
        browser.authorize(&rp.request(&[]), &ada).await;
        let back = browser.authorize(&none, &ada).await;
        assert!(back.get("code").is_some(), "as_37: {}", back.url);
        assert!(browser.pages.is_empty(), "{:?}", browser.pages);
        let other = server.register(Registration::default()).await;
        let back = browser.authorize(&other.request(&[("prompt", "none")]), &ada).await;
        let error = back.get("error").unwrap();
        assert_eq!(error, "consent_required");
        let both = browser.authorize(&rp.request(&[("prompt", "none login")]), &ada).await;
        assert_eq!(both.get("error"), Some("invalid_request"));
    }

    // How apps ask again in the background: in a hidden frame, which waits for a redirect.
    async fn as_34_prompt_none_is_answered_in_a_frame_as_well(server) {
        let rp = server.clinic();
        let framed = [("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-site")];
        let mut browser = Browser::new();
        let ask = async |browser: &mut Browser, url: &str| {
            browser.send(reqwest::Method::GET, url, &framed, None).await
        };
        let onward = |answer: &vestibule_tests::browser::Answer| answer.onward().map(|url| url.to_string());
        let none = rp.request(&[("prompt", "none")]);
        let answer = onward(&ask(&mut browser, &none).await).expect("an answer, not a page");
        assert!(answer.contains("error=login_required"), "{answer}");
        browser.authorize(&rp.request(&[]), &server.ada()).await;
        let answer = onward(&ask(&mut browser, &none).await).expect("an answer, not a page");
        assert!(answer.contains("code="), "{answer}");
        let shown = ask(&mut browser, &rp.request(&[("prompt", "login")])).await;
        assert_eq!(onward(&shown), None, "what needs a page says how to get out of the frame");
    }

    async fn as_35_prompt_login_asks_again_and_moves_auth_time(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let back = browser.authorize(&rp.request(&[("max_age", "1000")]), &ada).await;
        let first = rp.redeem(back.code()).await.json();
        let first = claims(first["id_token"].as_str().unwrap())["auth_time"].as_i64().unwrap();
        server.advance(Duration::from_secs(90));
        let login = rp.request(&[("prompt", "login"), ("max_age", "1000")]);
        let back = browser.authorize(&login, &ada).await;
        assert_eq!(browser.pages, ["sign-in"]);
        let again = rp.redeem(back.code()).await.json();
        let again = claims(again["id_token"].as_str().unwrap())["auth_time"].as_i64().unwrap();
        assert!(again >= first + 90, "{first} then {again}");
    }

    async fn as_36_and_37_consent_is_remembered_as_a_set_and_asked_for_on_demand(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &ada).await;
        assert_eq!(browser.pages, ["sign-in", "consent"]);
        browser.authorize(&rp.request(&[("scope", "email openid profile")]), &ada).await;
        assert!(browser.pages.is_empty(), "another order is the same consent: {:?}", browser.pages);
        browser.authorize(&rp.request(&[("scope", "openid email")]), &ada).await;
        assert!(browser.pages.is_empty(), "less is covered: {:?}", browser.pages);
        browser.authorize(&rp.request(&[("scope", "openid email phone")]), &ada).await;
        assert_eq!(browser.pages, ["consent"], "more is asked");
        browser.authorize(&rp.request(&[("prompt", "consent")]), &ada).await;
        assert_eq!(browser.pages, ["consent"]);
    }

    async fn as_38_max_age_asks_again_once_the_sign_in_is_older(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let url = rp.request(&[("max_age", "60")]);
        browser.authorize(&url, &ada).await;
        server.advance(Duration::from_secs(30));
        let back = browser.authorize(&url, &ada).await;
        assert!(browser.pages.is_empty());
        let tokens = rp.redeem(back.code()).await.json();
        let id = claims(tokens["id_token"].as_str().unwrap());
        let age = id["iat"].as_i64().unwrap() - id["auth_time"].as_i64().unwrap();
        assert!((30..45).contains(&age), "auth_time is truthful: {age}");
        server.advance(Duration::from_secs(60));
        browser.authorize(&url, &ada).await;
        assert_eq!(browser.pages, ["sign-in"]);
        let none = rp.request(&[("max_age", "0"), ("prompt", "none")]);
        server.advance(Duration::from_secs(1));
        assert_eq!(browser.authorize(&none, &ada).await.get("error"), Some("login_required"));
    }

    async fn as_39_id_token_hint_wants_that_person(server) {
        let rp = server.clinic();
        let (ada, grace) = (server.ada(), server.person("grace@clinic.test").await);
        let hint = rp.sign_in(&ada, &[]).await.response["id_token"].as_str().unwrap().to_owned();
        let url = rp.request(&[("prompt", "none"), ("id_token_hint", &hint)]);
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &ada).await;
        server.advance(Duration::from_secs(600));
        let back = browser.authorize(&url, &ada).await;
        assert!(back.get("code").is_some(), "an expired hint still names a person: {}", back.url);
        let mut other = Browser::new();
        other.authorize(&rp.request(&[]), &grace).await;
        assert_eq!(other.authorize(&url, &grace).await.get("error"), Some("login_required"));
        let mut shown = other.open(&rp.request(&[("id_token_hint", &hint)])).await;
        while let Some(onward) = shown.onward() {
            shown = other.open(onward.as_str()).await;
        }
        let page = shown.page();
        assert!(page.form_with("password").is_some(), "somebody else has to sign in");
        assert_eq!(page.count("#reason"), 1, "and is told why");
        let (head, _) = hint.rsplit_once('.').unwrap();
        let forged = format!("{head}.{}", "A".repeat(342));
        let url = rp.request(&[("prompt", "none"), ("id_token_hint", &forged)]);
        assert_eq!(browser.authorize(&url, &ada).await.get("error"), Some("invalid_request"));
    }

    async fn as_40_login_hint_fills_the_form(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        let mut answer = browser.open(&rp.request(&[("login_hint", "ada@clinic.test\"><b>")])).await;
        while let Some(onward) = answer.onward() {
            answer = browser.open(onward.as_str()).await;
        }
        let form = answer.page().form_with("password").unwrap();
        assert_eq!(form.value("username"), Some("ada@clinic.test\"><b>"));
        assert_eq!(answer.page().count("b"), 0);
    }

    async fn as_43_claims_parameter_adds_claims_to_where_it_names(server) {
        let rp = server.clinic();
        let asked = r#"{"userinfo":{"phone_number":{"essential":true},"nosuch":null},"id_token":{"email":null,"acr":{"values":["1"]}}}"#;
        let tokens = rp.sign_in(&server.ada(), &[("scope", "openid"), ("claims", asked)]).await;
        assert_eq!(tokens.id_claims()["email"], "ada@clinic.test");
        let userinfo = rp.userinfo(tokens.access()).await.json();
        assert!(userinfo["phone_number"].is_string(), "{userinfo}");
        assert!(userinfo.get("nosuch").is_none());
        assert!(userinfo.get("given_name").is_none(), "not asked for: {userinfo}");
    }

    async fn as_45_refusal_is_access_denied(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let back = Browser::new().refuse(&rp.request(&[]), &ada).await;
        assert_eq!(back.get("error"), Some("access_denied"));
        assert_eq!(back.get("state"), Some("af0ifjsldkj"));
        assert_eq!(back.get("code"), None);
        // A refusal is not remembered as a consent.
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &ada).await;
        assert_eq!(browser.pages, ["sign-in", "consent"]);
    }

    async fn as_46_consent_names_the_app_and_shows_the_values(server) {
        let rp = server.register(Registration {
            name: "Bright & <Smile>".to_owned(),
            ..Registration::default()
        }).await;
        let (privacy, terms) = ("https://rp.test/privacy", "https://rp.test/terms");
        server.change_client(&rp, json!({ "policy_uri": privacy, "tos_uri": terms })).await;
        let linked = |page: &Page| {
            [privacy, terms].map(|uri| page.count(&format!("a[href=\"{uri}\"]"))) == [1, 1]
        };
        let ada = server.ada();
        let mut browser = Browser::new();
        let waiting = browser.open(&rp.request(&[])).await;
        let login = browser.open(waiting.onward().expect("the sign-in page").as_str()).await.page();
        assert!(login.text().contains("Bright & <Smile>") && linked(&login), "{}", login.text());
        let stopped = browser.try_authorize(&rp.request(&[]), &ada, "no-such-button").await;
        let page = stopped.expect_err("consent is a page").page();
        assert!(linked(&page));
        let text = page.text();
        assert!(page.has_id("approve") && page.has_id("deny"));
        assert!(text.contains("Bright & <Smile>"), "{text}");
        assert!(text.contains("ada@clinic.test"), "the very value to be shared: {text}");
    }

    // A browser that knows forms, links and `meta refresh`, and not a word of script.
    async fn as_48_every_page_of_a_sign_in_is_a_plain_form_with_stable_ids(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let plain = |answer: &Answer, ids: &[&str]| {
            let page = answer.page();
            for id in ids {
                assert!(page.has_id(id), "{}: {id} in {}", answer.url, answer.text());
                assert_eq!(page.count(&format!("[id=\"{id}\"]")), 1, "{}: {id}", answer.url);
            }
            let main = page.form_with(ids[ids.len() - 1]).expect("its button is in a form");
            assert_eq!(main.method, "post", "{}", answer.url);
            // Scripts come from files, after the page, and no attribute runs or styles anything.
            assert_eq!(page.count("script:not([src])") + page.count("script:not([defer])"), 0);
            assert_eq!(page.count("style, [style], [onclick], [onsubmit], [onload]"), 0);
            assert_eq!(page.count("button:not([type=submit])"), 0, "{}", answer.url);
            let policy = answer.header("content-security-policy").expect("a policy").to_owned();
            (main, policy)
        };
        let waiting = browser.open(&rp.request(&[])).await;
        let login = browser.open(waiting.onward().expect("the sign-in page").as_str()).await;
        let (form, policy) = plain(&login, &["username", "password", "submit"]);
        assert!(policy.contains("form-action 'self';"), "{policy}");
        let form = form.fill("username", &ada.email).fill("password", &ada.password).press("submit");
        let gone = browser.submit(&login.url, &form).await;
        let consent = browser.open(gone.onward().expect("the consent page").as_str()).await;
        let (form, policy) = plain(&consent, &["deny", "approve"]);
        assert!(policy.contains("form-action 'self';"), "{policy}");
        let gone = browser.submit(&consent.url, &form.press("approve")).await;
        // T7: a form's policy never meets the app's address; the page goes on by itself.
        assert!(gone.onward().expect("a way on").as_str().starts_with(&rp.redirect_uri));

        let chooser = browser.open(&rp.request(&[("prompt", "select_account")])).await;
        let chooser = browser.open(chooser.onward().expect("the chooser").as_str()).await;
        assert_eq!(chooser.page().count("script:not([src])"), 0);
        assert_eq!(chooser.page().first_form().expect("a form").method, "post");

        let posted = browser.open(&rp.request(&[("response_mode", "form_post")])).await;
        let (form, policy) = plain(&posted, &["form-post", "continue"]);
        assert_eq!(form.action, rp.redirect_uri, "as_27");
        assert!(policy.contains("form-action https:"), "it may be sent: {policy}");

        let leaving = browser.open(&rp.at("/oauth/logout")).await;
        let (form, _) = plain(&leaving, &["logout-confirm"]);
        let left = browser.submit(&leaving.url, &form.press("logout-confirm")).await;
        assert!(left.page().has_id("signed-out"), "{}", left.text());
        let shown = browser.open(&rp.request(&[("redirect_uri", "https://rp.test/other")])).await;
        assert!(["error-code", "case-code"].iter().all(|id| shown.page().has_id(id)), "{}", shown.text());
    }

    async fn i23_a_wrong_password_is_told_alike_for_anyone(server) {
        let rp = server.clinic();
        let mut seen = Vec::new();
        for email in ["ada@clinic.test", "nobody@clinic.test"] {
            let mut browser = Browser::new();
            let mut answer = browser.open(&rp.request(&[])).await;
            while let Some(onward) = answer.onward() {
                answer = browser.open(onward.as_str()).await;
            }
            let before = browser.cookie("vestibule-session").map(str::to_owned);
            let form = answer.page().form_with("password").unwrap();
            let form = form.fill("username", email).fill("password", "wrong but long enough").press("submit");
            let mut answer = browser.submit(&answer.url, &form).await;
            while let Some(onward) = answer.onward() {
                answer = browser.open(onward.as_str()).await;
            }
            assert!(answer.page().form_with("password").is_some(), "{}", answer.text());
            assert_eq!(browser.cookie("vestibule-session").map(str::to_owned), before);
            let text = answer.page().text().replace(email, "");
            let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            headers.sort();
            seen.push((answer.status, headers, text));
        }
        assert_eq!(seen[0], seen[1], "i23");
    }

    async fn i18_signing_in_changes_the_session_id(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        browser.set_cookie("vestibule-session", Some("planted-by-an-attacker"));
        browser.authorize(&rp.request(&[]), &ada).await;
        let first = browser.cookie("vestibule-session").unwrap().to_owned();
        assert_ne!(first, "planted-by-an-attacker");
        browser.authorize(&rp.request(&[("prompt", "login")]), &ada).await;
        assert_ne!(browser.cookie("vestibule-session").unwrap(), first);
    }

    async fn i18_only_a_browser_that_has_a_session_ends_it(server) {
        let rp = server.clinic();
        let (ada, mallory) = (server.ada(), server.person("mallory@clinic.test").await);
        let mut owner = Browser::new();
        owner.authorize(&rp.request(&[]), &ada).await;
        let token = owner.cookie("vestibule-session").unwrap().to_owned();
        let known = &token[..20];
        let forged = format!("{known}{}", "A".repeat(token.len() - known.len()));
        let mut stranger = Browser::new();
        stranger.set_cookie("vestibule-session", Some(forged.as_str()));
        stranger.authorize(&rp.request(&[]), &mallory).await;
        let back = owner.authorize(&rp.request(&[("prompt", "none")]), &ada).await;
        assert!(back.get("code").is_some(), "a number that can be guessed ended it: {}", back.url);
    }

    async fn i19_forms_without_their_token_or_from_another_site_change_nothing(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let stopped = browser.try_authorize(&rp.request(&[]), &ada, "no-such-button").await;
        let consent = stopped.expect_err("consent is a page");
        let form = consent.page().form_with("approve").unwrap().press("approve");
        for broken in [form.clone().without("csrf"), form.clone().fill("csrf", "forged")] {
            let answer = browser.submit(&consent.url, &broken).await;
            assert!(answer.status.is_client_error(), "{}", answer.status);
            assert_eq!(answer.onward(), None);
        }
        let action = consent.url.join(&form.action).unwrap();
        let body = vestibule_tests::browser::encode(&form.fields);
        let foreign = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "https://evil.test"),
            ("sec-fetch-site", "cross-site"),
        ];
        let answer = browser.send(reqwest::Method::POST, action.as_str(), &foreign, Some(body)).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        let answer = browser.submit(&consent.url, &form).await;
        assert!(answer.onward().is_some(), "the honest form still works: {}", answer.text());
    }

    async fn i20_a_pending_sign_in_belongs_to_its_browser(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let stopped = browser.try_authorize(&rp.request(&[]), &ada, "no-such-button").await;
        let consent = stopped.expect_err("consent is a page");
        let form = consent.page().form_with("approve").unwrap().press("approve");
        let answer = Browser::new().submit(&consent.url, &form).await;
        let onward = answer.onward().map(|url| url.to_string()).unwrap_or_default();
        assert!(!onward.contains("code="), "{onward}");
    }
}
