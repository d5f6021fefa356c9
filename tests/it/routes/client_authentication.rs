//! `/oauth/token`: how a client proves who it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use vestibule_protocol::ids::OrgId;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;
use vestibule_tests::browser::{Answer, encode};
use vestibule_tests::databases::Database;
use vestibule_tests::relying_party::{RelyingParty, Tokens};
use vestibule_tests::server::{Registration, Server};
use vestibule_tests::{eventually, on_both_databases};

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A client credentials request with these extra fields and this header.
async fn ask(rp: &RelyingParty, fields: &[(&str, &str)], authorization: Option<&str>) -> Answer {
    let mut all = vec![("grant_type", "client_credentials")];
    all.extend_from_slice(fields);
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    rp.send(Method::POST, "/oauth/token", &headers, &encode(&all)).await
}

fn machine() -> Registration {
    Registration {
        grants: vec!["authorization_code", "client_credentials"],
        ..Registration::default()
    }
}

/// It is noted in memory, and written down once a minute.
#[tokio::test]
async fn when_a_secret_was_used_last_outlives_the_server() {
    let database = Database::sqlite();
    let server = Server::start(database.clone()).await;
    let rp = server.register(machine()).await;
    Tokens::read(&ask(&rp, &[], Some(&basic(&rp.client_id, &rp.client_secret))).await);
    server.stop().await;
    let (filter, page) = (ClientFilter::default(), PageRequest::first(10));
    let clients = database.store().clients(OrgId::ROOT, filter, page).await.unwrap().items;
    let client = clients.iter().find(|client| client.client_id.0 == rp.client_id).unwrap();
    assert!(client.secrets[0].last_used_at.is_some());
}

on_both_databases! {
    async fn as_67_basic_raw_and_urlencoded_and_post(server) {
        let rp = server.register(machine()).await;
        let (id, secret) = (rp.client_id.as_str(), rp.client_secret.as_str());
        let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        for header in [basic(id, secret), basic(&encoded(id), &encoded(secret)), basic(id, secret).replace("Basic", "bAsIc")] {
            Tokens::read(&ask(&rp, &[], Some(&header)).await);
        }
        Tokens::read(&ask(&rp, &[("client_id", id), ("client_secret", secret)], None).await);
        Tokens::read(&ask(&rp, &[("client_id", id)], Some(&basic(id, secret))).await);
    }

    async fn as_68_failed_authentication_is_invalid_client(server) {
        let rp = server.register(machine()).await;
        let (id, secret) = (rp.client_id.as_str(), rp.client_secret.as_str());
        let wrong = format!("{secret}x");
        let spaced = format!(" {secret}");
        for (what, fields, header) in [
            ("nothing", vec![], None),
            ("id alone", vec![("client_id", id)], None),
            ("wrong secret, posted", vec![("client_id", id), ("client_secret", wrong.as_str())], None),
            ("empty secret", vec![("client_id", id), ("client_secret", "")], None),
            ("white space", vec![("client_id", id), ("client_secret", spaced.as_str())], None),
            ("swapped", vec![("client_id", secret), ("client_secret", id)], None),
            ("unknown client", vec![("client_id", "nobody"), ("client_secret", secret)], None),
            ("wrong secret, basic", vec![], Some(basic(id, &wrong))),
            ("unknown client, basic", vec![], Some(basic("nobody", secret))),
            ("no colon", vec![], Some(format!("Basic {}", STANDARD.encode(id)))),
            ("not base64", vec![], Some("Basic ***".to_owned())),
            ("a NUL", vec![], Some(basic("a\0b", secret))),
            ("a NUL that is encoded", vec![], Some(basic("a%00b", secret))),
            ("another scheme", vec![], Some("Digest realm=x".to_owned())),
        ] {
            let answer = ask(&rp, &fields, header.as_deref()).await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.text());
            assert_eq!(answer.json()["error"], "invalid_client", "{what}");
            let challenge = answer.header("www-authenticate").unwrap_or_else(|| panic!("{what}"));
            assert!(challenge.starts_with("Basic realm="), "{what}: {challenge}");
            assert!(!answer.text().contains(secret), "{what}");
            assert!(answer.header("cache-control").unwrap().contains("no-store"), "{what}");
        }
    }

    async fn rfc6749_2_3_two_methods_at_once_are_refused(server) {
        let rp = server.register(machine()).await;
        let (id, secret) = (rp.client_id.as_str(), rp.client_secret.as_str());
        let fields = [("client_id", id), ("client_secret", secret)];
        let answer = ask(&rp, &fields, Some(&basic(id, secret))).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some("invalid_request")));
    }

    // Assertions come with their checks (iss, sub, aud, exp, jti, keys fetched anew) or not at all.
    async fn as_69_as_70_as_72_assertions_are_neither_offered_nor_taken(server) {
        let rp = server.register(machine()).await;
        let metadata = rp.get("/.well-known/openid-configuration").await.json();
        for endpoint in ["token", "revocation", "introspection"] {
            let methods = metadata[format!("{endpoint}_endpoint_auth_methods_supported")].to_string();
            assert!(methods.contains("client_secret_basic") && !methods.contains("jwt"), "{methods}");
            let algs = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
            assert!(metadata.get(&algs).is_none(), "{algs}");
        }
        let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let good = ("client_secret", rp.client_secret.as_str());
        let assertion = ("client_assertion", "eyJhbGciOiJub25lIn0.e30.");
        let id = ("client_id", rp.client_id.as_str());
        for fields in [vec![id, kind, assertion], vec![id, kind, assertion, good], vec![id, good, kind]] {
            let answer = ask(&rp, &fields, None).await;
            assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")));
        }
    }

    async fn as_71_a_contradicting_client_id_is_refused(server) {
        let rp = server.register(machine()).await;
        let other = server.register(machine()).await;
        let header = basic(&rp.client_id, &rp.client_secret);
        let answer = ask(&rp, &[("client_id", other.client_id.as_str())], Some(&header)).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")));
    }

    async fn as_67_a_client_uses_only_its_registered_method(server) {
        for (registered, good_by_post) in [("client_secret_post", true), ("client_secret_basic", false)] {
            let rp = server.register(Registration { auth_method: registered, ..machine() }).await;
            let (id, secret) = (rp.client_id.as_str(), rp.client_secret.as_str());
            let posted = ask(&rp, &[("client_id", id), ("client_secret", secret)], None).await;
            let headed = ask(&rp, &[], Some(&basic(id, secret))).await;
            let (good, bad) = if good_by_post { (posted, headed) } else { (headed, posted) };
            Tokens::read(&good);
            assert_eq!(bad.status, 401, "{registered}: {}", bad.text());
            assert_eq!(bad.json()["error"], "invalid_client");
        }
    }

    async fn a_disabled_client_is_refused_at_once(server) {
        let rp = server.register(machine()).await;
        let fields = [("client_id", rp.client_id.as_str()), ("client_secret", rp.client_secret.as_str())];
        let tokens = Tokens::read(&ask(&rp, &fields, None).await);
        server.disable_client(&rp).await;
        let at_once = ask(&rp, &fields, None).await;
        assert!(at_once.status.is_client_error(), "{}", at_once.text());
        eventually(async || {
            let answer = ask(&rp, &fields, None).await;
            answer.status == 401 && answer.json()["error"] == "invalid_client"
        })
        .await;
        let witness = server.register(machine()).await;
        assert_eq!(witness.introspect(tokens.access()).await.json()["active"], false);
    }
}
