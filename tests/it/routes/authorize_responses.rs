//! `/oauth/authorize`: how its answers travel.

use vestibule_tests::browser::{Answer, Browser, Person};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;

/// The form that a `form_post` answer submits, once nothing but the answer is left to show.
async fn form_post(
    rp: &RelyingParty,
    person: &Person,
    changes: &[(&str, &str)],
) -> (Answer, Vec<(String, String)>) {
    let url = rp.request(changes);
    let stopped = Browser::new().try_authorize(&url, person, "approve").await;
    let answer = stopped.expect_err("a form_post answer is a page of ours");
    let page = answer.page();
    let form = page.first_form().expect("a form to be posted");
    assert_eq!(form.action, rp.redirect_uri);
    assert_eq!(form.method, "post");
    (answer, form.fields)
}

on_both_databases! {
    async fn as_27_fragment_answers_in_the_fragment(server) {
        let rp = server.clinic();
        let url = rp.request(&[("response_mode", "fragment")]);
        let back = Browser::new().authorize(&url, &server.ada()).await;
        let (before, fragment) = back.url.split_once('#').expect("a fragment");
        assert!(!before.contains("code="), "{before}");
        assert!(fragment.contains("code=") && fragment.contains("state=af0ifjsldkj"), "{fragment}");
        let none = rp.request(&[("response_mode", "fragment"), ("prompt", "none")]);
        let back = Browser::new().authorize(&none, &server.ada()).await;
        assert!(back.url.contains("#error=login_required"), "{}", back.url);
    }

    async fn as_27_form_post_answers_by_a_form(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let (answer, fields) = form_post(&rp, &ada, &[("response_mode", "form_post")]).await;
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["code", "state", "iss"] {
            assert!(names.contains(&name), "{names:?}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action https:"), "{policy}");
        let changes = [("response_mode", "form_post"), ("prompt", "none")];
        let (_, fields) = form_post(&rp, &ada, &changes).await;
        assert!(fields.contains(&("error".to_owned(), "login_required".to_owned())), "{fields:?}");
        assert!(!fields.iter().any(|(name, _)| name == "code"));
    }

    async fn an_unknown_response_mode_is_refused(server) {
        let rp = server.clinic();
        let back = Browser::new().authorize(&rp.request(&[("response_mode", "pigeon")]), &server.ada()).await;
        assert_eq!(back.get("error"), Some("invalid_request"));
    }

    async fn as_29_state_comes_back_byte_for_byte(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        let printable: String = (' '..='~').collect();
        let long = "s".repeat(1024);
        for state in [printable.as_str(), long.as_str(), "a+b/c=d&e", "%2B%20", "ünïcødé ✓", "\"<script>"] {
            let back = browser.authorize(&rp.request(&[("state", state)]), &ada).await;
            assert_eq!(back.get("state"), Some(state));
            let url = rp.request(&[("state", state), ("prompt", "none"), ("max_age", "nonsense")]);
            let back = browser.authorize(&url, &ada).await;
            assert_eq!(back.get("state"), Some(state), "on errors too");
        }
        let back = browser.authorize(&rp.request(&[("state", "")]), &ada).await;
        assert_eq!(back.get("state"), None, "{}", back.url);
    }

    async fn as_30_and_31_answers_carry_iss_and_nothing_strange(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let good = Browser::new().authorize(&rp.request(&[]), &ada).await;
        assert_eq!(good.get("iss"), Some(rp.issuer.as_str()));
        for (name, _) in &good.parameters {
            assert!(["code", "state", "iss"].contains(&name.as_str()), "{}", good.url);
        }
        for changes in [[("prompt", "none")], [("response_type", "token")], [("claims", "{")]] {
            let back = Browser::new().authorize(&rp.request(&changes), &ada).await;
            assert_eq!(back.get("iss"), Some(rp.issuer.as_str()), "{}", back.url);
            for (name, value) in &back.parameters {
                let known = ["error", "error_description", "error_uri", "state", "iss"];
                assert!(known.contains(&name.as_str()), "{}", back.url);
                if name == "error_description" {
                    let plain = value.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\');
                    assert!(plain, "as_20: {value:?}");
                }
            }
        }
    }

    async fn as_33_and_85_nonce_is_echoed_and_never_invented(server) {
        let rp = server.clinic();
        let ada = server.ada();
        for nonce in ["n-0S6_WzA2Mj", &"n".repeat(384), "ünï\"\\ nonce"] {
            let tokens = rp.sign_in(&ada, &[("nonce", nonce)]).await;
            assert_eq!(tokens.id_claims()["nonce"], nonce);
        }
        assert!(rp.sign_in(&ada, &[]).await.id_claims().get("nonce").is_none());
        let back = rp.code(&ada, &[("nonce", &"n".repeat(1025))]).await;
        assert_eq!(back.get("error"), Some("invalid_request"), "{}", back.url);
        assert_eq!(back.get("state"), Some("af0ifjsldkj"));
    }
}
