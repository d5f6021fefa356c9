//! `/oauth/logout` (OpenID Connect RP-Initiated Logout).

use std::time::Duration;

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::{RelyingParty, Tokens};
use vestibule_tests::server::{Registration, Server};

const AFTER: &str = "https://rp.test/signed-out";

fn leaving() -> Registration {
    Registration { post_logout_redirect_uris: vec![AFTER.to_owned()], ..Registration::default() }
}

/// A signed-in browser and the ID token it gave the relying party.
async fn signed_in(server: &Server, rp: &RelyingParty) -> (Browser, String) {
    let mut browser = Browser::new();
    let back = browser.authorize(&rp.request(&[]), &server.ada()).await;
    let tokens = Tokens::read(&rp.redeem(back.code()).await);
    let id_token = tokens.response["id_token"].as_str().unwrap().to_owned();
    (browser, id_token)
}

/// Follows what a browser follows and confirms when asked; stops at another site.
async fn log_out(browser: &mut Browser, rp: &RelyingParty, fields: &[(&str, &str)]) -> Answer {
    let mut answer = browser.open(&format!("{}?{}", rp.at("/oauth/logout"), encode(fields))).await;
    for _ in 0..5 {
        if let Some(onward) = answer.onward() {
            if !onward.as_str().starts_with(&rp.issuer) {
                return answer;
            }
            answer = browser.open(onward.as_str()).await;
        } else if let Some(form) = answer.page().form_with("logout-confirm") {
            answer = browser.submit(&answer.url, &form.press("logout-confirm")).await;
        } else {
            return answer;
        }
    }
    answer
}

async fn is_signed_in(browser: &mut Browser, server: &Server, rp: &RelyingParty) -> bool {
    let back = browser.authorize(&rp.request(&[("prompt", "none")]), &server.ada()).await;
    back.get("code").is_some()
}

on_both_databases! {
    async fn as_106_110_111_with_hint_and_registered_address(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, hint) = signed_in(server, &rp).await;
        assert!(is_signed_in(&mut browser, server, &rp).await);
        let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER), ("state", "s t&")];
        let answer = log_out(&mut browser, &rp, &fields).await;
        let onward = answer.onward().expect("back to the app").to_string();
        assert!(onward == format!("{AFTER}?state=s%20t%26") || onward == format!("{AFTER}?state=s+t%26"), "{onward}");
        assert!(!is_signed_in(&mut browser, server, &rp).await, "as_111");
    }

    // The browser brings no cookie with a form of another site; it does with the GET that follows.
    async fn as_106_by_a_form_of_another_site_ends_the_session_as_well(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, hint) = signed_in(server, &rp).await;
        let tokens = Tokens::read(&rp.redeem(browser.authorize(&rp.request(&[]), &server.ada()).await.code()).await);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "https://rp.test"),
            ("sec-fetch-site", "cross-site"),
        ];
        let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER), ("state", "s t&")];
        let url = rp.at("/oauth/logout");
        let posted = Browser::new().send(Method::POST, &url, &headers, Some(encode(&fields))).await;
        assert_eq!(posted.header("set-cookie"), None);
        let target = posted.onward().expect("the same by GET");
        assert!(target.as_str().starts_with(&url), "{target}: not told that it is done before it is");
        let answer = browser.open(target.as_str()).await;
        assert_eq!(answer.onward().unwrap().as_str(), format!("{AFTER}?state=s%20t%26"));
        assert!(!is_signed_in(&mut browser, server, &rp).await, "as_111");
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401, "tokens of the session end with it");
    }

    async fn i19_no_other_site_signs_anybody_out(server) {
        let rp = server.register(leaving()).await;
        let url = rp.at("/oauth/logout");
        let form = ("content-type", "application/x-www-form-urlencoded");
        for from in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("origin", "null")] {
            let (mut browser, _) = signed_in(server, &rp).await;
            let posted = Browser::new().send(Method::POST, &url, &[form, from], Some(String::new())).await;
            assert_eq!(posted.header("set-cookie"), None, "{from:?} takes the cookie away");
            let asked = browser.open(posted.onward().expect("the same by GET").as_str()).await;
            assert!(asked.page().has_id("logout-confirm"), "{}", asked.text());
            assert!(is_signed_in(&mut browser, server, &rp).await);
        }
    }

    async fn as_110_no_state_when_none_was_sent(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, hint) = signed_in(server, &rp).await;
        let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER)];
        let answer = log_out(&mut browser, &rp, &fields).await;
        assert_eq!(answer.onward().unwrap().as_str(), AFTER);
    }

    async fn as_107_an_unregistered_address_is_never_followed(server) {
        let rp = server.register(leaving()).await;
        for uri in ["https://evil.test/", "https://rp.test/signed-out/", "https://rp.test/signed-out?x=1", "https://rp.test/SIGNED-OUT", "javascript:alert(1)"] {
            let (mut browser, hint) = signed_in(server, &rp).await;
            let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri)];
            let answer = log_out(&mut browser, &rp, &fields).await;
            assert_eq!(answer.onward(), None, "{uri}");
            assert!(answer.page().has_id("error-code"), "{uri}");
            assert!(is_signed_in(&mut browser, server, &rp).await, "what is refused signs nobody out");
        }
    }

    async fn as_108_a_hint_must_be_ours(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, hint) = signed_in(server, &rp).await;
        let (signed, _) = hint.rsplit_once('.').unwrap();
        let (_, claims) = signed.split_once('.').unwrap();
        for forged in [format!("{signed}.AAAA"), format!("eyJhbGciOiJub25lIn0.{claims}."), "nonsense".to_owned()] {
            let fields = [("id_token_hint", forged.as_str()), ("post_logout_redirect_uri", AFTER)];
            let url = format!("{}?{}", rp.at("/oauth/logout"), encode(&fields));
            let answer = browser.open(&url).await;
            let onward = answer.onward().map(|url| url.to_string()).unwrap_or_default();
            assert!(!onward.starts_with("https://rp.test"), "{forged:.40}");
            assert!(is_signed_in(&mut browser, server, &rp).await, "a forged hint signs nobody out");
        }
    }

    async fn as_108_client_id_must_agree(server) {
        let rp = server.register(leaving()).await;
        let other = server.register(leaving()).await;
        let (mut browser, hint) = signed_in(server, &rp).await;
        let fields = [("id_token_hint", hint.as_str()), ("client_id", other.client_id.as_str()), ("post_logout_redirect_uri", AFTER)];
        let url = format!("{}?{}", rp.at("/oauth/logout"), encode(&fields));
        let onward = browser.open(&url).await.onward().map(|url| url.to_string()).unwrap_or_default();
        assert!(!onward.starts_with("https://rp.test"), "{onward}");
    }

    async fn as_109_without_parameters_a_confirmation_then_a_page(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, _) = signed_in(server, &rp).await;
        let mut first = browser.open(&rp.at("/oauth/logout")).await;
        while let Some(onward) = first.onward() {
            first = browser.open(onward.as_str()).await;
        }
        assert!(first.page().has_id("logout-confirm"), "a link elsewhere must not sign out: {}", first.text());
        assert!(is_signed_in(&mut browser, server, &rp).await, "i19: GET changes nothing");
        let last = log_out(&mut browser, &rp, &[]).await;
        assert!(last.page().has_id("signed-out"), "{}", last.page().text());
        assert!(!is_signed_in(&mut browser, server, &rp).await);
    }

    async fn a_confirmation_is_of_the_account_that_it_named(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, _) = signed_in(server, &rp).await;
        let asked = browser.open(&rp.at("/oauth/logout")).await;
        let of_ada = asked.page().form_with("logout-confirm").expect("ada is asked").press("logout-confirm");
        let bea = server.person("bea@clinic.test").await;
        browser.authorize(&rp.request(&[("prompt", "login")]), &bea).await;
        let again = browser.submit(&asked.url, &of_ada).await;
        assert!(again.page().text().contains(&bea.email), "{}", again.page().text());
        assert!(is_signed_in(&mut browser, server, &rp).await, "nobody asked bea");
        let of_bea = again.page().form_with("logout-confirm").expect("bea is asked").press("logout-confirm");
        assert!(browser.submit(&again.url, &of_bea).await.page().has_id("signed-out"));
        assert!(!is_signed_in(&mut browser, server, &rp).await);
    }

    // The browser forgets its cookie; whoever kept a copy has nothing, also when the clock is set back.
    async fn i18_and_i31_a_kept_cookie_and_a_clock_set_back_revive_no_session(server) {
        let rp = server.register(leaving()).await;
        let (mut browser, _) = signed_in(server, &rp).await;
        let kept = browser.cookie("vestibule-session").unwrap().to_owned();
        let offline = rp.sign_in(&server.ada(), &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
        assert_eq!(rp.revoke(offline.refresh()).await.status, 200);
        log_out(&mut browser, &rp, &[]).await;
        assert_eq!(browser.cookie("vestibule-session"), None);
        for back in [0, 2, 3600] {
            server.rewind(Duration::from_secs(back));
            let mut thief = Browser::new();
            thief.set_cookie("vestibule-session", Some(kept.as_str()));
            let answer = thief.authorize(&rp.request(&[("prompt", "none")]), &server.ada()).await;
            assert_eq!(answer.get("error"), Some("login_required"), "{back} s");
            assert_eq!(rp.refresh(offline.refresh()).await.json()["error"], "invalid_grant", "{back} s");
            assert_eq!(rp.userinfo(offline.access()).await.status, 401, "{back} s");
        }
    }

    async fn a_session_that_ended_takes_its_online_tokens_with_it(server) {
        let rp = server.register(leaving()).await;
        let mut browser = Browser::new();
        let back = browser.authorize(&rp.request(&[]), &server.ada()).await;
        let tokens = Tokens::read(&rp.redeem(back.code()).await);
        log_out(&mut browser, &rp, &[]).await;
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
    }
}
