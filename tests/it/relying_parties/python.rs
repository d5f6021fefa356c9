//! Authlib and django-allauth, from PyPI, on both databases.

use serde_json::{Value, json};
use vestibule_tests::on_both_databases;
use vestibule_tests::python;
use vestibule_tests::server::{Registration, Server};

async fn job(server: &Server, library: &str, site: &str, redirect_uri: &str) -> Value {
    let rp = server
        .register(Registration {
            redirect_uris: vec![redirect_uri.to_owned()],
            ..Registration::default()
        })
        .await;
    let ada = server.ada();
    json!({
        "library": library,
        "issuer": server.issuer(),
        "site": site,
        "client_id": rp.client_id,
        "client_secret": rp.client_secret,
        "email": ada.email,
        "password": ada.password,
    })
}

/// As [`job`], with the client that the `unomed` profile makes.
async fn unomed(server: &Server) -> Value {
    let rp = server.register_vendor("unomed", &[]).await;
    let ada = server.ada();
    json!({
        "library": "allauth_oauth2",
        "issuer": server.issuer(),
        "site": "https://api.unomed.ch",
        "client_id": rp.client_id,
        "client_secret": rp.client_secret,
        "email": ada.email,
        "password": ada.password,
    })
}

on_both_databases! {
    async fn authlib_signs_in(server) {
        let redirect_uri = "https://rp.test/authlib/callback/";
        let mut job = job(server, "authlib", "https://rp.test", redirect_uri).await;
        for (method, pkce) in [("basic", false), ("post", true)] {
            job["token_auth_method"] = json!(method);
            job["pkce"] = json!(pkce);
            let learnt = python::sign_in(&job).await;
            assert_eq!(learnt["signed_in"], true, "{learnt:#}");
            assert_eq!(learnt["userinfo"]["email"], "ada@clinic.test", "{learnt:#}");
            assert_eq!(learnt["userinfo"]["sub"], learnt["id_token_claims"]["sub"]);
            assert_eq!(learnt["token_response"]["token_type"], "Bearer");
        }
    }

    async fn authlib_is_told_of_a_refusal(server) {
        let redirect_uri = "https://rp.test/authlib/callback/";
        let mut job = job(server, "authlib", "https://rp.test", redirect_uri).await;
        job["deny"] = json!(true);
        let learnt = python::sign_in(&job).await;
        assert_eq!(learnt["callback_status"], 400);
        assert!(learnt["callback_body"].as_str().unwrap().contains("access_denied"), "{learnt:#}");
    }

    async fn django_allauth_as_unomeds_vendor_oauth2(server) {
        let mut job = unomed(server).await;
        for (method, pkce) in [("post", false), ("basic", false), ("post", true)] {
            job["token_auth_method"] = json!(method);
            job["pkce"] = json!(pkce);
            let learnt = python::sign_in(&job).await;
            assert_eq!(learnt["redirect_uri"], "https://api.unomed.ch/accounts/vendor_oauth2/login/callback/");
            assert_eq!(learnt["signed_in"], true, "{learnt:#}");
            assert_eq!(learnt["linked_to_existing_account"], true, "{learnt:#}");
            assert_eq!(learnt["uid"], learnt["data"]["sub"]);
            assert_eq!(learnt["callback_location"], "/signed-in/");
        }
    }

    async fn django_allauth_is_told_of_a_refusal(server) {
        let mut job = unomed(server).await;
        job["deny"] = json!(true);
        let learnt = python::sign_in(&job).await;
        assert!(learnt["authorization_response"].as_str().unwrap().starts_with("error=access_denied&"));
        assert_eq!(learnt["signed_in"], false);
        assert_eq!(learnt["callback_location"], "/accounts/3rdparty/login/cancelled/", "{learnt:#}");
    }

    async fn django_allauth_by_openid_connect(server) {
        let redirect_uri = "https://rp.test/accounts/oidc/vestibule/login/callback/";
        let mut job = job(server, "allauth_oidc", "https://rp.test", redirect_uri).await;
        for (method, pkce) in [("post", false), ("basic", true)] {
            job["token_auth_method"] = json!(method);
            job["pkce"] = json!(pkce);
            let learnt = python::sign_in(&job).await;
            assert_eq!(learnt["signed_in"], true, "{learnt:#}");
            assert_eq!(learnt["linked_to_existing_account"], true, "{learnt:#}");
            assert_eq!(learnt["uid"], learnt["data"]["id_token"]["sub"]);
        }
    }
}
