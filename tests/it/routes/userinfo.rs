//! `/oauth/userinfo`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::browser::encode;
use vestibule_tests::on_both_databases;

on_both_databases! {
    async fn as_91_header_and_form_and_never_the_query(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[]).await;
        let token = tokens.access();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        for scheme in ["Bearer", "bearer", "bEaReR"] {
            let header = format!("{scheme} {token}");
            for method in [Method::GET, Method::POST] {
                let answer = rp.send(method.clone(), "/oauth/userinfo", &[("authorization", &header)], "").await;
                assert_eq!(answer.status, 200, "{method} {scheme}: {}", answer.text());
                assert!(answer.header("content-type").unwrap().starts_with("application/json"));
                assert!(answer.header("cache-control").unwrap().contains("no-store"));
                assert!(answer.header("date").is_some(), "as_19");
            }
        }
        let body = encode(&[("access_token", token)]);
        assert_eq!(rp.send(Method::POST, "/oauth/userinfo", &form, &body).await.status, 200);
        let query = format!("/oauth/userinfo?access_token={token}");
        let header = format!("Bearer {token}");
        for headers in [vec![], vec![("authorization", header.as_str())]] {
            let answer = rp.send(Method::GET, &query, &headers, "").await;
            assert_eq!(answer.status, 400, "{}", answer.text());
            assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_request\""));
        }
        let twice = [form[0], ("authorization", header.as_str())];
        let answer = rp.send(Method::POST, "/oauth/userinfo", &twice, &body).await;
        assert_eq!(answer.status, 400, "rfc6750 2: one method only");
        let json = [("content-type", "application/json"), ("authorization", header.as_str())];
        let answer = rp.send(Method::POST, "/oauth/userinfo", &json, "{}").await;
        assert_eq!(answer.status, 200, "a body beside the header has no say: {}", answer.text());
        let answer = rp.send(Method::POST, "/oauth/userinfo", &json[..1], &format!("{{\"access_token\":\"{token}\"}}")).await;
        assert_eq!(answer.status, 415, "and alone it is told what it should be");
    }

    async fn as_92_and_93_claims_follow_the_scope_and_have_their_types(server) {
        let rp = server.clinic();
        let scope = "openid profile email address phone";
        let tokens = rp.sign_in(&server.ada(), &[("scope", scope)]).await;
        let claims = rp.userinfo(tokens.access()).await.json();
        assert_eq!(claims["sub"], tokens.id_claims()["sub"]);
        assert_eq!(claims["email"], "ada@clinic.test");
        assert_eq!(claims["email_verified"], true);
        assert_eq!(claims["given_name"], "Ada");
        assert_eq!(claims["family_name"], "Lovelace");
        for (name, value) in claims.as_object().unwrap() {
            assert!(!value.is_null() && value != "", "{name} is empty");
            let typed = match name.as_str() {
                "email_verified" | "phone_number_verified" => value.is_boolean(),
                "updated_at" => value.is_i64(),
                "address" => value.is_object(),
                _ => value.is_string(),
            };
            assert!(typed, "{name}: {value}");
        }
        for (scope, absent) in [("openid", ["email", "given_name"]), ("openid profile", ["email", "phone_number"]), ("openid email", ["given_name", "phone_number"])] {
            let tokens = rp.sign_in(&server.ada(), &[("scope", scope)]).await;
            let claims = rp.userinfo(tokens.access()).await.json();
            for name in absent {
                assert!(claims.get(name).is_none(), "{scope}: {claims}");
            }
        }
    }

    async fn oidc_core_5_4_each_scope_releases_its_claims_and_no_others(server) {
        let rp = server.clinic();
        let ada = server.ada();
        let address = json!({
            "street_address": "12 St James's Square", "locality": "London", "postal_code": "SW1Y 4JH",
            "country": "GB",
        });
        for (member, value) in address.as_object().unwrap() {
            let claim = format!("address.{member}={}", value.as_str().unwrap());
            server.cli(&["user", "update", &ada.email, "--claim", &claim, "--json"]);
        }
        let of_scope = [
            ("profile", json!({
                "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
                "middle_name": "King", "nickname": "Countess", "profile": "https://clinic.test/ada",
                "picture": "https://clinic.test/ada.png", "website": "https://ada.test/",
                "gender": "female", "birthdate": "1815-12-10", "zoneinfo": "Europe/London",
                "locale": "en-GB",
            })),
            ("email", json!({ "email": "ada@clinic.test", "email_verified": true })),
            ("phone", json!({ "phone_number": "+442071234567", "phone_number_verified": true })),
            ("address", json!({ "address": address })),
        ];
        let mut all = serde_json::Map::new();
        for (scope, expected) in of_scope {
            let tokens = rp.sign_in(&ada, &[("scope", &format!("openid {scope}"))]).await;
            let mut told = rp.userinfo(tokens.access()).await.json();
            let told = told.as_object_mut().unwrap();
            assert_eq!(told.remove("sub"), Some(tokens.id_claims()["sub"].clone()), "as_92");
            let updated_at = told.remove("updated_at");
            assert_eq!(updated_at.is_some_and(|at| at.is_i64()), scope == "profile", "as_93");
            assert_eq!(Value::Object(told.clone()), expected, "{scope}");
            all.append(told);
        }
        let tokens = rp.sign_in(&ada, &[("scope", "openid profile email phone address")]).await;
        let mut told = rp.userinfo(tokens.access()).await.json();
        let told = told.as_object_mut().unwrap();
        told.retain(|name, _| !["sub", "updated_at"].contains(&name.as_str()));
        assert_eq!(*told, all, "together they release what each does");
        let id_token = tokens.id_claims();
        assert!(all.keys().all(|name| id_token.get(name).is_none()), "as_87: {id_token}");
        server.change_client(&rp, json!({ "claims_placement": "id_token_and_userinfo" })).await;
        let tokens = rp.sign_in(&ada, &[("scope", "openid profile email phone address")]).await;
        let id_token = tokens.id_claims();
        assert!(all.iter().all(|(name, value)| id_token.get(name) == Some(value)), "{id_token}");
    }

    async fn as_95_and_rfc6750_3_a_bad_token_is_challenged(server) {
        let rp = server.clinic();
        let answer = rp.get("/oauth/userinfo").await;
        assert_eq!(answer.status, 401);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer"), "{challenge}");
        assert!(!challenge.contains("error="), "no credentials, no error code: {challenge}");
        for token in ["nonsense", "a.b.c", "AAAA", &"x".repeat(6000)] {
            let answer = rp.userinfo(token).await;
            assert_eq!(answer.status, 401, "{token:.20}");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        }
    }

    async fn as_95_an_expired_token_is_dead(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[]).await;
        let lifetime = tokens.response["expires_in"].as_u64().unwrap();
        server.advance(Duration::from_secs(lifetime - 5));
        assert_eq!(rp.userinfo(tokens.access()).await.status, 200);
        server.advance(Duration::from_secs(10));
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
        assert_eq!(rp.introspect(tokens.access()).await.json()["active"], false);
    }

    async fn oidc_core_5_3_a_token_without_openid_is_not_enough(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[("scope", "profile email")]).await;
        let answer = rp.userinfo(tokens.access()).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.header("www-authenticate").unwrap().contains("insufficient_scope"));
    }
}
