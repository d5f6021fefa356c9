use super::*;
use crate::client::Status;
use crate::fixtures::*;

fn asked(scope: &str) -> Result<Issuance, Reason> {
    decide(Some(&Scope::parse(scope).unwrap()), &client(), NOW)
}

#[test]
fn as_82_no_refresh_token_and_no_id_token() {
    let issuance = asked("openid records offline_access").unwrap();
    assert_eq!(issuance.scope, Scope::of(["records"]));
    assert!(!issuance.id_token && issuance.refresh_token_until.is_none());
    assert!(issuance.echo_scope);
}

#[test]
fn rfc6749_3_3_scope_defaults_to_the_registered_one_and_is_told() {
    let issuance = decide(None, &client(), NOW).unwrap();
    assert_eq!(issuance.scope, Scope::of(["records"]));
    assert!(issuance.echo_scope);
    assert!(!asked("records").unwrap().echo_scope);
}

/// Unomed's document checks a login client this way, with or without its scopes.
#[test]
fn vendors_5_a_login_client_gets_a_token_for_itself() {
    let mut client = client();
    client.settings.scope = Scope::of(["openid", "email", "profile"]);
    let bare = decide(None, &client, NOW).unwrap();
    assert!(bare.scope.is_empty());
    let scope = Scope::parse("openid email profile").unwrap();
    let issuance = decide(Some(&scope), &client, NOW).unwrap();
    let body = issuance.response("at", None, None);
    let names: std::collections::BTreeSet<&str> = body.keys().map(String::as_str).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["access_token", "expires_in", "token_type"]);
}

#[test]
fn rfc6749_4_4_public_disabled_and_unregistered_clients_are_refused() {
    let code = |client: &Client| decide(None, client, NOW).unwrap_err().wire().code.as_str();
    assert_eq!(code(&public_client()), "unauthorized_client");
    let mut unregistered = client();
    unregistered.settings.grant_types.remove(&GrantType::ClientCredentials);
    assert_eq!(code(&unregistered), "unauthorized_client");
    let disabled = Client { status: Status::Disabled, ..client() };
    assert_eq!(code(&disabled), "invalid_grant");
    assert_eq!(asked("frobnicate").unwrap_err().wire().code.as_str(), "invalid_scope");
}
