//! `/admin/clients/{client_id}/test`: an administrator tries a client out, and nobody else can.

use std::time::Duration;

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, Person};
use vestibule_tests::on_both_databases;
use vestibule_tests::page::Page;
use vestibule_tests::process;
use vestibule_tests::relying_party::RelyingParty;
use vestibule_tests::server::{Registration, Server};

/// A browser in which an administrator is signed in.
async fn administrator(server: &Server, email: &str) -> Browser {
    let grace = server.person(email).await;
    server.cli(&["admin", "grant", "--user", email, "owner", "--json"]);
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/login", server.issuer())).await;
    let form = page.page().form_with("password").unwrap();
    let form = form.fill("username", &grace.email).fill("password", &grace.password);
    browser.submit(&page.url, &form.press("submit")).await;
    assert!(browser.cookie("vestibule-session").is_some());
    browser
}

fn test_page(server: &Server, rp: &RelyingParty) -> String {
    format!("{}/admin/clients/{}/test", server.issuer(), rp.client_id)
}

/// Begins a test; the answer leads to the authorization endpoint, or says why not.
async fn begin(
    server: &Server,
    browser: &mut Browser,
    rp: &RelyingParty,
    changes: &[(&str, &str)],
) -> Answer {
    let page = browser.open(&test_page(server, rp)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let mut form = page.page().form_with("start").unwrap();
    for (name, value) in changes {
        form = match *value {
            "" => form.without(name),
            value => form.fill(name, value),
        };
    }
    browser.submit(&page.url, &form).await
}

/// The whole test: begins it, signs the person in, and comes to the report.
async fn tried(
    server: &Server,
    browser: &mut Browser,
    rp: &RelyingParty,
    person: &Person,
    changes: &[(&str, &str)],
) -> Page {
    let begun = begin(server, browser, rp, changes).await;
    let Some(url) = begun.location() else { panic!("{}", begun.page().text()) };
    report(browser, url, person, "approve").await
}

async fn report(browser: &mut Browser, url: &str, person: &Person, consent: &str) -> Page {
    match browser.try_authorize(url, person, consent).await {
        Ok(back) => panic!("the browser left for {}", back.url),
        Err(last) => {
            let page = last.page();
            assert!(page.has_id("trial-result"), "stopped at {}: {}", last.url, page.text());
            page
        }
    }
}

fn is_green(page: &Page) -> bool {
    page.count("ol.steps > li.passed") >= 8
        && page.count("ol.steps > li.failed, ol.steps > li.not-reached") == 0
}

/// Everybody else gets what an address gets that nobody ever heard of.
async fn assert_usual_mismatch(browser: &mut Browser, rp: &RelyingParty, url: &str, who: &str) {
    let usual = rp.request(&[("redirect_uri", "https://elsewhere.test/cb")]);
    let usual = browser.open(&usual).await;
    let answer = browser.open(url).await;
    assert_eq!(answer.status, usual.status, "{who}");
    assert!(answer.onward().is_none(), "{who} was sent to {:?}", answer.onward());
    let code = |answer: &Answer| answer.page().text_of("error-code");
    assert_eq!(code(&answer), code(&usual), "{who}");
    assert!(answer.text().contains("VB-2004"), "{who}: {}", answer.page().text());
}

on_both_databases! {
    async fn a_test_is_green_for_each_kind_of_vendor_and_leaves_nothing_behind(server) {
        let mut browser = administrator(server, "grace@clinic.test").await;
        let session = browser.cookie("vestibule-session").unwrap().to_owned();
        let ada = server.ada();
        for (profile, values) in [
            ("unomed", vec![]),
            ("healthie", vec![("company", "acme")]),
            ("generic-oidc", vec![("redirect_uri", "https://app.test/callback")]),
        ] {
            let rp = server.register_vendor(profile, &values).await;
            let before = server.cli(&["client", "show", &rp.client_id, "--json"]);
            let page = tried(server, &mut browser, &rp, &ada, &[]).await;
            assert!(is_green(&page), "{profile}: {}", page.text());
            assert_eq!(browser.pages, ["sign-in", "consent"], "{profile}: a true sign-in");
            assert!(page.text().contains("ada@clinic.test"), "userinfo is shown");
            assert!(!page.text().contains(&rp.client_secret));
            assert_eq!(browser.cookie("vestibule-session"), Some(session.as_str()), "the same session");
            assert_eq!(browser.cookie("vestibule-trial"), None, "the user's session is over");
            let after = server.cli(&["client", "show", &rp.client_id, "--json"]);
            assert_eq!(before["redirect_uris"], after["redirect_uris"]);
            let secrets = after["secrets"].as_array().unwrap();
            let made = secrets.iter().find(|secret| secret["label"] == "test").unwrap();
            assert_eq!(made["live"], false, "{profile}: the secret of the test is revoked");
            let config = server.config().to_owned();
            let asked = ["events", "search", "--client", &rp.client_id, "--json", "--config", &config];
            let printed = process::run_with_input(&asked, "").stdout;
            let events = String::from_utf8(printed).unwrap();
            for kind in ["client.trial_finished", "token.revoked", "session.ended"] {
                assert!(events.contains(kind), "{kind}: {events}");
            }
            let walked = events.lines().filter(|line| line.contains("\"case_code\":\""));
            assert!(walked.clone().count() >= 5 && walked.clone().all(|line| line.contains("\"trial\":true")), "{events}");
            let mut fresh = Browser::new();
            // RFC 7636 appendix B; generic-oidc demands PKCE.
            let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
            let pkce = [("code_challenge", challenge), ("code_challenge_method", "S256")];
            fresh.authorize(&rp.request(&pkce), &ada).await;
            assert_eq!(fresh.pages, ["sign-in", "consent"], "{profile}: the consent was not kept");
        }
        let console = browser.open(&format!("{}/admin", server.issuer())).await;
        assert_eq!(console.status, 200, "the administrator is still signed in");
    }

    async fn i10_nobody_else_can_use_the_address_of_a_test(server) {
        let rp = server.clinic();
        let other = server.register(Registration::default()).await;
        let ada = server.ada();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let begun = begin(server, &mut browser, &rp, &[]).await;
        let url = begun.location().unwrap().to_owned();

        let mut stranger = Browser::new();
        assert_usual_mismatch(&mut stranger, &rp, &url, "a browser without a session").await;
        let mut second = administrator(server, "hedy@clinic.test").await;
        assert_usual_mismatch(&mut second, &rp, &url, "another administrator").await;
        let elsewhere = url.replace(&format!("client_id={}", rp.client_id), &format!("client_id={}", other.client_id));
        assert_ne!(elsewhere, url);
        assert_usual_mismatch(&mut browser, &other, &elsewhere, "another client").await;
        for (what, changed) in [
            ("one more parameter", url.replace("trial%3Dvbx_", "x%3D1%26trial%3Dvbx_")),
            ("another path", url.replace("%2Ftest%2Fcallback", "%2Ftest%2F%2Fcallback")),
            ("another token", url.replace("trial%3Dvbx_", "trial%3Dvbx_A")),
        ] {
            assert_ne!(changed, url, "{what}");
            assert_usual_mismatch(&mut browser, &rp, &changed, what).await;
        }

        let page = report(&mut browser, &url, &ada, "approve").await;
        assert!(is_green(&page), "the refused ones used nothing up: {}", page.text());
        assert_usual_mismatch(&mut browser, &rp, &url, "the same test once more").await;
    }

    async fn i31_a_test_that_has_ended_is_a_mismatch(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let begun = begin(server, &mut browser, &rp, &[]).await;
        let url = begun.location().unwrap().to_owned();
        server.advance(Duration::from_secs(10 * 60));
        assert_usual_mismatch(&mut browser, &rp, &url, "an ended test").await;
    }

    async fn i15_the_token_of_a_test_is_good_for_nothing_else(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let begun = begin(server, &mut browser, &rp, &[]).await;
        let url = reqwest::Url::parse(begun.location().unwrap()).unwrap();
        let uri = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        let token = uri.rsplit('=').next().unwrap().to_owned();
        let setup = browser.open(&format!("{}/setup/{token}", server.issuer())).await;
        assert!(setup.status.is_client_error(), "{}", setup.page().text());
        let redeemed = rp.redeem(&token).await;
        assert_eq!(redeemed.json()["error"], "invalid_grant");
        let link = server.cli(&["admin", "link", "--json"]).to_string();
        let link = link.split("/setup/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        for other in [link.as_str(), "", "vbx_", "x", &token] {
            // The test has not been to the authorization endpoint: no answer belongs to it yet.
            let answer = browser.open(&format!("{}/callback?trial={other}&code=x&state=y", test_page(server, &rp))).await;
            assert_eq!(answer.status, 404, "{other}: {}", answer.page().text());
        }
        // None of it used the test up.
        let page = report(&mut browser, url.as_str(), &server.ada(), "approve").await;
        assert!(is_green(&page), "{}", page.text());
        let again = browser.open(&format!("{uri}&code=x&state=y")).await;
        assert_eq!(again.status, 404, "an answer comes once");
    }

    async fn i19_a_test_begins_by_a_form_of_ours_and_is_for_those_who_may(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let url = test_page(server, &rp);
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.test")];
        let body = "secret_choice=temporary&auth_method=basic_raw".to_owned();
        let forged = browser.send(Method::POST, &url, &headers, Some(body)).await;
        assert!(forged.status.is_client_error() && forged.location().is_none(), "{}", forged.status);
        let shown = server.cli(&["client", "show", &rp.client_id, "--json"]);
        assert_eq!(shown["secrets"].as_array().unwrap().len(), 1, "no secret was made");
        // Ada administers nothing; an auditor may read, not test.
        let mut ada = Browser::new();
        ada.authorize(&rp.request(&[]), &server.ada()).await;
        assert_eq!(ada.open(&url).await.status, 404);
        server.cli(&["admin", "grant", "--user", "ada@clinic.test", "auditor", "--json"]);
        assert_eq!(ada.open(&url).await.status, 403);
        let unknown = browser.open(&format!("{}/admin/clients/nobody/test", server.issuer())).await;
        assert_eq!(unknown.status, 404);
    }

    async fn a_wrong_secret_is_told_where_it_shows(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let ada = server.ada();
        let wrong = [("secret_choice", "given"), ("secret", "not-the-secret-of-the-clinic")];
        let page = tried(server, &mut browser, &rp, &ada, &wrong).await;
        assert_eq!(page.count("li.failed h2#token-response"), 1, "{}", page.text());
        assert!(page.text().contains("invalid_client"), "{}", page.text());
        assert!(!page.text().contains("not-the-secret-of-the-clinic"));
        let right = [("secret_choice", "given"), ("secret", rp.client_secret.as_str())];
        let page = tried(server, &mut browser, &rp, &ada, &right).await;
        assert!(is_green(&page), "{}", page.text());
        let empty = begin(server, &mut browser, &rp, &[("secret_choice", "given")]).await;
        assert_eq!(empty.status, 422);
        assert!(empty.page().has_id("error-summary"));
    }

    async fn a_client_that_is_switched_off_is_told_at_once(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let begun = begin(server, &mut browser, &rp, &[]).await;
        let url = begun.location().unwrap().to_owned();
        server.disable_client(&rp).await;
        let refused = browser.open(&url).await;
        assert!(refused.status.is_client_error() && refused.onward().is_none(), "{}", refused.status);
        assert!(refused.page().has_id("error-code"), "{}", refused.page().text());
        let refused = begin(server, &mut browser, &rp, &[]).await;
        assert_eq!(refused.status, 409);
        assert!(refused.page().text().contains("switched off"), "{}", refused.page().text());
    }

    async fn a_user_who_refuses_and_an_address_that_is_not_verified_are_told(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let begun = begin(server, &mut browser, &rp, &[]).await;
        let url = begun.location().unwrap().to_owned();
        let page = report(&mut browser, &url, &server.ada(), "deny").await;
        assert_eq!(page.count("li.failed h2#authorization-response"), 1, "{}", page.text());
        assert!(page.text().contains("access_denied") && page.count("li.not-reached h2#token-request") == 1);
        let config = server.config().to_owned();
        let password = server.ada().password;
        let added = process::run_with_input(
            &["user", "add", "--email", "new@clinic.test", "--password-stdin", "--json", "--config", &config],
            &format!("{password}\n"),
        );
        assert!(added.status.success(), "{added:?}");
        let new = Person { email: "new@clinic.test".to_owned(), password };
        let page = tried(server, &mut browser, &rp, &new, &[]).await;
        assert_eq!(page.count("ol.steps > li.failed"), 0, "{}", page.text());
        assert!(page.text().contains("email_verified is not true"), "{}", page.text());
        let moodle = server.register_vendor("moodle", &[("host", "learn.test")]).await;
        let page = tried(server, &mut browser, &moodle, &new, &[]).await;
        assert_eq!(page.count("li.failed h2#expectations"), 1, "{}", page.text());
        assert!(page.text().contains("family_name is not in userinfo, and Moodle needs it there"), "{}", page.text());
    }

    async fn each_behaviour_of_a_vendor_is_walked(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        for changes in [
            vec![("auth_method", "post"), ("pkce", ""), ("nonce", ""), ("sends_scope_at_token", "on")],
            vec![("auth_method", "basic_form"), ("response_mode", "form_post"), ("state", "")],
            vec![("auth_method", "basic_raw"), ("userinfo", "post"), ("pkce", "on"), ("introspects", "on")],
        ] {
            let mut begun = begin(server, &mut browser, &rp, &changes).await;
            let url = begun.location().unwrap_or_else(|| panic!("{changes:?}")).to_owned();
            if changes.contains(&("response_mode", "form_post")) {
                // The last page of ours posts the answer to the console.
                let stuck = browser.try_authorize(&url, &server.ada(), "approve").await.unwrap_err();
                let form = stuck.page().first_form().unwrap();
                begun = browser.submit(&stuck.url, &form).await;
                begun = browser.open(begun.onward().unwrap().as_str()).await;
                assert!(is_green(&begun.page()), "{changes:?}: {}", begun.page().text());
                continue;
            }
            let page = report(&mut browser, &url, &server.ada(), "approve").await;
            assert!(is_green(&page), "{changes:?}: {}", page.text());
            assert_eq!(page.count("h2#refresh"), 1, "a refresh token was granted and used");
        }
    }

    async fn the_vendors_own_attempt_is_graded(server) {
        let rp = server.clinic();
        let mut browser = administrator(server, "grace@clinic.test").await;
        let wait = browser.open(&format!("{}/wait", test_page(server, &rp))).await;
        let url = wait.onward().unwrap().to_string();
        let first = browser.open(&url).await;
        assert!(first.header("refresh").is_some(), "it looks again by itself");
        assert_eq!(first.page().count("#checklist + ul > li.good"), 0, "{}", first.page().text());

        let mut user = Browser::new();
        user.open(&rp.request(&[("redirect_uri", "https://rp.test/cb/")])).await;
        let page = browser.open(&url).await.page();
        assert!(page.count("#checklist + ul > li.bad") == 1 && page.text().contains("https://rp.test/cb/"), "{}", page.text());
        assert!(page.count("li.bad a[href*='/admin/cases/']") == 1);

        // An administrator's own test is no attempt of the vendor.
        tried(server, &mut browser, &rp, &server.ada(), &[]).await;
        let page = browser.open(&url).await.page();
        assert_eq!(page.count("#checklist + ul > li.bad"), 1, "{}", page.text());

        let back = user.authorize(&rp.request(&[]), &server.ada()).await;
        let mut wrong = rp.clone();
        wrong.client_secret = "wrong".to_owned();
        wrong.redeem(back.code()).await;
        let page = browser.open(&url).await.page();
        assert_eq!(page.count("#checklist + ul > li.bad"), 1, "{}", page.text());
        assert!(page.text().contains("Failed: Client authentication"), "{}", page.text());

        let tokens = rp.redeem(back.code()).await.json();
        rp.userinfo(tokens["access_token"].as_str().unwrap()).await;
        let mut last = String::new();
        for _ in 0..400 {
            let answer = browser.open(&url).await;
            last = answer.page().text();
            if last.contains("✓ Userinfo") {
                assert!(answer.page().has_id("wait-result") && last.contains("sign-in works"), "{last}");
                return;
            }
        }
        panic!("userinfo is not told of: {last}");
    }

    async fn the_command_line_tests_what_needs_no_browser(server) {
        let config = server.config().to_owned();
        let run = async |arguments: Vec<String>, input: String| {
            let config = config.clone();
            let done = tokio::task::spawn_blocking(move || {
                let mut all: Vec<&str> = arguments.iter().map(String::as_str).collect();
                all.extend(["--config", config.as_str(), "--json"]);
                process::run_with_input(&all, &input)
            });
            done.await.unwrap()
        };
        let words = |id: &str| vec!["client".to_owned(), "test".to_owned(), id.to_owned()];
        let unomed = server.register_vendor("unomed", &[]).await;
        let good = run(words(&unomed.client_id), String::new()).await;
        let printed: serde_json::Value = serde_json::from_slice(&good.stdout).unwrap();
        assert_eq!((good.status.code(), &printed["ok"]), (Some(0), &true.into()), "{printed}");
        for uri in ["https://api.unomed.ch/", "https://api.dev.unomed.ch/"] {
            assert!(printed.to_string().contains(uri), "{printed}");
        }
        assert!(printed.to_string().contains("client_credentials gets a token"), "{printed}");
        assert!(printed["browser_url"].as_str().unwrap().ends_with("/test"));
        let mut asks = words(&unomed.client_id);
        asks.push("--secret-stdin".to_owned());
        let good = run(asks.clone(), format!("{}\n", unomed.client_secret)).await;
        assert_eq!(good.status.code(), Some(0), "{good:?}");
        let bad = run(asks, "wrong\n".to_owned()).await;
        assert_eq!(bad.status.code(), Some(1), "{bad:?}");
        server.disable_client(&unomed).await;
        let off = run(words(&unomed.client_id), String::new()).await;
        assert_eq!(off.status.code(), Some(1), "{off:?}");
        let unknown = run(words("nobody"), String::new()).await;
        assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    }
}
