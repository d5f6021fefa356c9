//! `/oauth/authorize`: who is asking, what is asked, and which of it can only be shown.

use reqwest::Method;
use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::pkce;
use vestibule_tests::relying_party::Tokens;
use vestibule_tests::server::Registration;

/// An error page: a status of refusal, no redirect of any kind, its code and a case code.
fn shown(answer: &Answer, code: &str, what: &str) {
    assert!(answer.status.is_client_error(), "{what}: {}", answer.status);
    assert_eq!(answer.onward(), None, "{what}");
    let page = answer.page();
    assert_eq!(page.text_of("error-code").as_deref(), Some(code), "{what}");
    let case = page.text_of("case-code").unwrap_or_else(|| panic!("{what}: no case code"));
    assert_eq!(case.len(), 7, "{what}: case code {case:?}");
    assert!(answer.header("cache-control").is_some_and(|v| v.contains("no-store")), "{what}");
}

on_both_databases! {
    async fn as_24_unknown_client_is_shown_never_redirected(server) {
        let rp = server.clinic();
        for client_id in ["nobody", "", "%00", "ünknown", "a b", "../../etc"] {
            let url = rp.request(&[("client_id", client_id)]);
            let answer = Browser::new().open(&url).await;
            shown(&answer, if client_id.is_empty() { "invalid_request" } else { "invalid_client" }, client_id);
        }
    }

    async fn as_24_a_redirect_uri_is_compared_byte_for_byte(server) {
        let registered = "https://rp.test/cb?tenant=a";
        let rp = server.register(Registration {
            redirect_uris: vec![registered.to_owned()],
            ..Registration::default()
        }).await;
        for received in [
            "https://rp.test/cb?tenant=a/",
            "https://rp.test/cb/?tenant=a",
            "https://rp.test/cb",
            "https://rp.test/cb?tenant=A",
            "https://rp.test/cb?tenant=a&more=1",
            "https://RP.test/cb?tenant=a",
            "http://rp.test/cb?tenant=a",
            "https://rp.test:443/cb?tenant=a",
            "https://rp.test/./cb?tenant=a",
            "https://rp.test/x/..;/cb?tenant=a",
            "https://rp.test/%63b?tenant=a",
            "https://rp.test/cb?tenant=a#fragment",
            "https://user@rp.test/cb?tenant=a",
            "https://rp.test@evil.test/cb?tenant=a",
            "https://evil.test/https://rp.test/cb?tenant=a",
            "https://rp.test.evil.test/cb?tenant=a",
            "//rp.test/cb?tenant=a",
            "javascript:alert(1)",
            "jAvAsCrIpT:alert(1)",
            " https://rp.test/cb?tenant=a",
            "https://rp.test/cb?tenant=a\n",
            "https://rp.test\\cb?tenant=a",
        ] {
            let answer = Browser::new().open(&rp.request(&[("redirect_uri", received)])).await;
            shown(&answer, "invalid_request", received);
        }
        let back = rp.code(&server.ada(), &[]).await;
        assert!(back.url.starts_with("https://rp.test/cb?tenant=a&"), "as_25: {}", back.url);
        assert_eq!(back.get("tenant"), Some("a"));
        assert!(back.get("code").is_some());
    }

    async fn as_24_a_missing_redirect_uri_is_shown(server) {
        let rp = server.register(Registration {
            redirect_uris: vec!["https://rp.test/a".to_owned(), "https://rp.test/b".to_owned()],
            ..Registration::default()
        }).await;
        let answer = Browser::new().open(&rp.request(&[("redirect_uri", "")])).await;
        shown(&answer, "invalid_request", "two registered, none sent");
    }

    async fn as_22_get_and_post_are_alike(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &server.ada()).await;
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = encode(&rp.parameters(&[("state", "posted")]));
        let url = rp.at("/oauth/authorize");
        let answer = browser.send(Method::POST, &url, &headers, Some(body)).await;
        let onward = answer.onward().expect("a session and a consent need no page");
        assert!(onward.as_str().contains("state=posted"), "{onward}");
        assert!(onward.as_str().contains("code="), "{onward}");
    }

    // A browser that another site's form has sent brings none of our cookies; it does with the GET
    // that it is asked to make instead.
    async fn as_22_a_form_of_another_site_finds_the_session_too(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &server.ada()).await;
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "cross-site"),
        ];
        let changes = [("prompt", "none"), ("state", "a b&c=d#e+f/\u{e9}")];
        let body = encode(&rp.parameters(&changes));
        let url = rp.at("/oauth/authorize");
        let posted = Browser::new().send(Method::POST, &url, &headers, Some(body)).await;
        assert_eq!(posted.status, 303);
        assert_eq!(posted.header("set-cookie"), None, "requests in other tabs stay bound");
        let back = browser.authorize(posted.onward().unwrap().as_str(), &server.ada()).await;
        assert_eq!(back.get("state"), Some("a b&c=d#e+f/\u{e9}"));
        assert!(back.get("code").is_some(), "{}", back.url);
        let long = encode(&rp.parameters(&[("prompt", "none"), ("login_hint", &"x".repeat(8000))]));
        let posted = Browser::new().send(Method::POST, &url, &headers, Some(long)).await;
        let onward = posted.onward().unwrap().to_string();
        assert!(onward.contains("error=login_required"), "too long for a URL: {onward:.200}");
    }

    async fn as_23_unknown_parameters_order_and_unknown_scopes_do_not_matter(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        let ada = server.ada();
        for scope in ["openid profile email", "email profile openid", "profile  unknown:thing openid email"] {
            let url = rp.request(&[("scope", scope), ("foo", "bar"), ("access_type", "offline")]);
            let back = browser.authorize(&url, &ada).await;
            let tokens = rp.redeem(back.code()).await.json();
            assert!(tokens["id_token"].is_string(), "{scope}: {tokens}");
        }
    }

    async fn rfc6749_3_1_a_repeated_parameter_is_refused(server) {
        let rp = server.clinic();
        let url = format!("{}&scope=openid", rp.request(&[]));
        let answer = Browser::new().open(&url).await;
        let onward = answer.onward().expect("client and redirect URI are known").to_string();
        assert!(onward.contains("error=invalid_request"), "{onward}");
        for name in ["client_id", "redirect_uri"] {
            let repeated = encode(&[(name, "https://evil.test/")]);
            let answer = Browser::new().open(&format!("{}&{repeated}", rp.request(&[]))).await;
            shown(&answer, "invalid_request", name);
        }
    }

    async fn as_26_a_missing_or_unknown_response_type_is_redirected(server) {
        let rp = server.clinic();
        for (response_type, expected) in [
            ("", "invalid_request"),
            ("token", "unsupported_response_type"),
            ("code token", "unsupported_response_type"),
            // as_32, as_89: no ID token comes from here, with or without a nonce.
            ("id_token", "unsupported_response_type"),
            ("id_token token", "unsupported_response_type"),
            ("code id_token", "unsupported_response_type"),
            ("none", "unsupported_response_type"),
            ("nonsense", "unsupported_response_type"),
        ] {
            let url = rp.request(&[("response_type", response_type)]);
            let back = Browser::new().authorize(&url, &server.ada()).await;
            assert_eq!(back.get("error"), Some(expected), "{response_type:?}: {}", back.url);
            assert_eq!(back.get("state"), Some("af0ifjsldkj"));
            assert_eq!(back.get("iss"), Some(rp.issuer.as_str()));
            assert_eq!(back.get("code"), None);
            let in_fragment = back.url.contains("#error=");
            assert_eq!(in_fragment, response_type.contains("token"), "as_27: {}", back.url);
        }
    }

    async fn as_28_no_token_of_the_front_channel_comes_in_a_query(server) {
        let rp = server.clinic();
        for response_type in ["token", "id_token", "id_token token", "code id_token"] {
            let url = rp.request(&[("response_type", response_type), ("response_mode", "query"), ("nonce", "n")]);
            let back = Browser::new().authorize(&url, &server.ada()).await;
            assert_eq!(back.get("error"), Some("unsupported_response_type"), "{}", back.url);
            for name in ["code", "id_token", "access_token"] {
                assert_eq!(back.get(name), None, "{}", back.url);
            }
        }
    }

    async fn as_32_a_nonce_is_optional_for_a_code_and_no_id_token_comes_without_one(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let mut browser = Browser::new();
        for nonce in ["", "n-0S6_WzA2Mj"] {
            let back = browser.authorize(&rp.request(&[("nonce", nonce)]), &ada).await;
            assert!(!back.code().is_empty(), "{}", back.url);
            // What comes from this endpoint with an ID token needs one; here none does, with or without.
            for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
                let url = rp.request(&[("response_type", response_type), ("nonce", nonce)]);
                let back = browser.authorize(&url, &ada).await;
                let refused = ["invalid_request", "unsupported_response_type"];
                assert!(back.get("error").is_some_and(|error| refused.contains(&error)), "{}", back.url);
                assert!(back.get("id_token").is_none() && back.get("code").is_none(), "{}", back.url);
            }
        }
        server.change_client(&rp, serde_json::json!({ "require_nonce": true })).await;
        let back = browser.authorize(&rp.request(&[]), &ada).await;
        assert_eq!((back.get("error"), back.get("code")), (Some("invalid_request"), None), "{}", back.url);
        let back = browser.authorize(&rp.request(&[("nonce", "n-1")]), &ada).await;
        assert!(!back.code().is_empty(), "{}", back.url);
    }

    async fn as_41_hints_never_fail(server) {
        let rp = server.clinic();
        let url = rp.request(&[
            ("display", "popup"),
            ("ui_locales", "xx-YY de en"),
            ("claims_locales", "tlh"),
            ("acr_values", "urn:none:such 1"),
            ("login_hint", "nobody@nowhere.test"),
        ]);
        assert!(Browser::new().authorize(&url, &server.ada()).await.get("code").is_some());
    }

    async fn as_47_pkce_is_required_where_the_client_says_so(server) {
        let rp = server.register(Registration { pkce: "required", ..Registration::default() }).await;
        let ada = server.ada();
        let challenge = pkce::challenge(pkce::VERIFIER);
        for changes in [
            vec![],
            vec![("code_challenge", pkce::VERIFIER)],
            vec![("code_challenge", pkce::VERIFIER), ("code_challenge_method", "plain")],
            vec![("code_challenge", "short"), ("code_challenge_method", "S256")],
            vec![("code_challenge_method", "S256")],
        ] {
            let back = Browser::new().authorize(&rp.request(&changes), &ada).await;
            assert_eq!(back.get("error"), Some("invalid_request"), "{changes:?}");
        }
        let s256 = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
        assert!(Browser::new().authorize(&rp.request(&s256), &ada).await.get("code").is_some());
    }

    async fn as_50_request_objects_are_refused_by_name(server) {
        let rp = server.clinic();
        for (name, value, error) in [
            ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
            ("request_uri", "https://rp.test/request.jwt", "request_uri_not_supported"),
        ] {
            let back = Browser::new().authorize(&rp.request(&[(name, value)]), &server.ada()).await;
            assert_eq!(back.get("error"), Some(error));
        }
    }

    async fn the_aliases_answer_alike(server) {
        let rp = server.clinic();
        for path in ["/oauth2/v1/authorize", "/oauth/authorize"] {
            let url = format!("{}?{}", rp.at(path), encode(&rp.parameters(&[])));
            let back = Browser::new().authorize(&url, &server.ada()).await;
            let credentials = [("client_id", rp.client_id.as_str()), ("client_secret", rp.client_secret.as_str())];
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let beside = |name: &str| path.replace("authorize", name);
            let ask = async |name: &str, fields: &[(&str, &str)]| {
                let body = encode(&[&credentials[..], fields].concat());
                rp.send(Method::POST, &beside(name), &form, &body).await
            };
            let code = [
                ("grant_type", "authorization_code"),
                ("code", back.code()),
                ("redirect_uri", rp.redirect_uri.as_str()),
            ];
            let tokens = Tokens::read(&ask("token", &code).await);
            let header = format!("Bearer {}", tokens.access());
            let bearer = [("authorization", header.as_str())];
            let userinfo = async || rp.send(Method::GET, &beside("userinfo"), &bearer, "").await;
            assert_eq!(userinfo().await.json()["email"], "ada@clinic.test", "{path}");
            let token = [("token", tokens.access())];
            assert_eq!(ask("introspect", &token).await.json()["active"], true, "{path}");
            assert_eq!(ask("revoke", &token).await.status, 200, "{path}");
            assert_eq!(userinfo().await.status, 401, "{path}");
            let out = rp.get(&beside("logout")).await;
            assert!(out.page().has_id("signed-out"), "{path}: nobody is signed in");
            assert!(rp.get(&beside("jwks")).await.json()["keys"].is_array(), "{path}");
        }
    }
}
