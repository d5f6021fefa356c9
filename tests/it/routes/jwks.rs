//! The key set.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use vestibule::signing_keys::{keep_up, refresh};
use vestibule_tests::browser::Browser;
use vestibule_tests::relying_party::Tokens;
use vestibule_tests::{eventually, on_both_databases};

/// How long a relying party may keep the key set: `keys.jwks_max_age`.
const QUARTER: Duration = Duration::from_secs(15 * 60);

on_both_databases! {
    async fn as_14_and_15_only_public_keys_each_named(server) {
        let rp = server.clinic();
        let metadata = rp.get("/.well-known/openid-configuration").await.json();
        let path = metadata["jwks_uri"].as_str().unwrap().strip_prefix(&rp.issuer).unwrap().to_owned();
        assert_eq!(path, "/.well-known/jwks.json");
        for path in [path.as_str(), "/oauth/jwks"] {
            let answer = rp.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.header("content-type").unwrap().contains("json"));
            let cached = answer.header("cache-control").unwrap().to_owned();
            assert!(cached.contains("max-age="), "{cached}");
            let keys = answer.json()["keys"].as_array().unwrap().clone();
            let mut names = BTreeSet::new();
            for key in &keys {
                for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
                    assert!(key.get(private).is_none(), "{private} is published");
                }
                let kid = key["kid"].as_str().unwrap();
                assert!(!kid.is_empty() && names.insert(kid.to_owned()), "{kid} is not unique");
                assert_eq!(key["use"], "sig");
                assert!(["RSA", "EC", "OKP"].contains(&key["kty"].as_str().unwrap()));
                assert!(key["alg"].is_string());
                if key["kty"] == "RSA" {
                    // 2048 bits are 342 base64url characters.
                    assert!(key["n"].as_str().unwrap().len() >= 342);
                }
            }
            assert!(keys.iter().any(|key| key["alg"] == "RS256"));
        }
    }

    async fn as_84_an_id_token_names_a_published_key(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[]).await;
        let header = tokens.id_header();
        assert_eq!(header["alg"], "RS256");
        let keys = rp.get("/oauth/jwks").await.json()["keys"].as_array().unwrap().clone();
        assert!(keys.iter().any(|key| key["kid"] == header["kid"]), "{header}");
    }

    async fn p5_and_i7_no_token_is_signed_by_a_key_that_a_cache_may_lack(server) {
        let (rp, ada, app) = (server.clinic(), server.ada(), server.app());
        let policy = app.config.key_policy();
        let kids = async || {
            let set = rp.get("/.well-known/jwks.json").await;
            let cached = set.header("cache-control").expect("it may be kept").to_owned();
            assert_eq!(cached, format!("public, max-age={}", QUARTER.as_secs()));
            let set = set.json();
            let keys = set["keys"].as_array().expect("keys").iter();
            keys.map(|key| key["kid"].as_str().expect("a name").to_owned()).collect::<BTreeSet<_>>()
        };
        let at_first = kids().await;
        server.cli(&["key", "rotate", "--alg", "RS256", "--json"]);
        eventually(async || kids().await.len() > at_first.len()).await;
        server.stop_clock();
        let mut browser = Browser::new();
        let (mut passed, mut signers) = (Duration::ZERO, Vec::new());
        // The first hours, and those in which a day is over.
        for quarters in (0..8).chain(94..102) {
            server.advance(QUARTER * quarters - passed);
            let cached = kids().await;
            server.advance(QUARTER);
            passed = QUARTER * (quarters + 1);
            // At once, as on a node that looks at this very moment.
            if keep_up(&app.store, &app.masters, &policy, &app.clock).await.unwrap() {
                refresh(&app.keys, &app.store, &app.masters).await.unwrap();
            }
            let back = browser.authorize(&rp.request(&[]), &ada).await;
            let tokens = Tokens::read(&rp.redeem(back.code()).await);
            let access = tokens.access().split('.').next().expect("a JWT's head");
            let access: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(access).unwrap()).unwrap();
            for header in [tokens.id_header(), access] {
                let kid = header["kid"].as_str().expect("as_84").to_owned();
                assert!(cached.contains(&kid), "{passed:?}: {header} is not in {cached:?}");
            }
            signers.push(tokens.id_header()["kid"].as_str().unwrap().to_owned());
        }
        signers.dedup();
        assert_eq!(signers.len(), 2, "the next one signs by now: {signers:?}");
        assert!(at_first.contains(&signers[0]) && !at_first.contains(&signers[1]));
        assert!(kids().await.contains(&signers[0]), "what it has signed can be verified");
    }
}
