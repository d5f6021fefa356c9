//! A document of what stands.

use super::*;

#[tokio::test]
async fn an_export_reads_as_what_stands() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[group]]
name = "nurses"
[[client]]
client_id = "unomed"
profile = "unomed"
pkce = "required"
status = "disabled"
[[client]]
client_id = "healthie"
profile = "healthie"
variables.company = "acme"
[[client]]
client_id = "bare"
name = "Quotes \" and \\ and ü"
redirect_uris = ["https://a.example/cb", "https://a.example/cb2"]
scope = "openid offline_access"
access_token = "opaque"
lifetimes.access_token_seconds = 60
refresh = { rotate = true, grace_seconds = 0 }
groups = ["nurses"]
post_logout_redirect_uris = ["https://a.example/bye"]
frame_ancestors = ["https://a.example"]
reasons.framed = "their app is a frame"
contacts = ["it@a.example"]
claims.rules = [{ claim = "upn", from = "email", places = ["id_token"] }]
jwks = { keys = [{ kty = "RSA", n = "AQAB", e = "AQAB" }] }
[[client]]
client_id = "machine"
name = "Machine"
[[client.secret]]
label = "first"
generate = true
expires = 2099-01-31
"#;
    desk.done(text).await;
    let written = export(desk.act(), Wanted::All).await.unwrap();
    let plan = desk.plan(&written, Prune::Tell).await;
    assert!(plan.is_empty(), "{written}\n{}", render::text(&plan));
    assert!(written.contains("# label = \"first\"\n# file ="), "{written}");
    assert!(!written.contains("id_token_alg"), "defaults are left out: {written}");
    assert_eq!(written, export(desk.act(), Wanted::All).await.unwrap(), "a stable order");
    let one = export(desk.act(), Wanted::Clients(vec!["bare".to_owned()])).await.unwrap();
    assert!(one.contains("bare") && !one.contains("machine"), "{one}");
    let unknown = export(desk.act(), Wanted::Clients(vec!["nobody".to_owned()])).await;
    assert!(matches!(unknown, Err(ServiceFault::NotFound { .. })));
}
