//! The key set.

use std::collections::BTreeSet;

use vestibule_tests::on_both_databases;

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
}
