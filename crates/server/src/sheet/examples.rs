//! Requests to try, as a shell takes them. Secrets, codes and tokens are variables in them.

use schemars::JsonSchema;
use serde::Serialize;
use vestibule_protocol::client::GrantType;

use super::facts::{Facts, as_typed};
use super::markup::shell;
use crate::profiles::Fact;

/// A request to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SheetExample")]
pub struct Example {
    /// What it does.
    pub title: String,
    /// What to type, or to open.
    pub text: String,
}

/// The requests that this client can make.
pub fn of(facts: &Facts<'_>) -> Vec<Example> {
    let has = |grant| facts.settings.grant_types.contains(&grant);
    let mut examples = Vec::new();
    if has(GrantType::AuthorizationCode)
        && let Some(redirect_uri) = facts.settings.redirect_uris.first()
    {
        examples
            .push(example("Begin a sign-in: open this in a browser", begin(facts, redirect_uri)));
        examples.push(example("Exchange the code for tokens", exchange(facts, redirect_uri)));
        if facts.settings.scope.contains("openid") {
            examples.push(example("Read userinfo", userinfo(facts)));
        }
    }
    if has(GrantType::RefreshToken) {
        let parts = [("grant_type", "refresh_token")];
        let line = token_request(facts, &parts, &["refresh_token=\"$REFRESH_TOKEN\""]);
        examples.push(example("Use the refresh token", line));
    }
    if has(GrantType::ClientCredentials) {
        let line = token_request(facts, &[("grant_type", "client_credentials")], &[]);
        examples.push(example("Get a token for the client itself", line));
    }
    examples
}

fn example(title: &str, text: String) -> Example {
    Example { title: title.to_owned(), text }
}

fn begin(facts: &Facts<'_>, redirect_uri: &str) -> String {
    let scope = as_typed(&facts.settings.scope).join(" ");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", facts.client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", &scope)
        .append_pair("state", "af0ifjsldkj")
        .append_pair("nonce", "n-0S6_WzA2Mj");
    if facts.settings.requires_pkce() {
        // RFC 7636 appendix B.
        query
            .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
            .append_pair("code_challenge_method", "S256");
    }
    let endpoint = facts.values(Fact::AuthorizationEndpoint).concat();
    format!("{endpoint}?{}", query.finish())
}

fn exchange(facts: &Facts<'_>, redirect_uri: &str) -> String {
    let parts = [("grant_type", "authorization_code"), ("redirect_uri", redirect_uri)];
    let verifier = facts.settings.requires_pkce();
    let variables: &[&str] = match verifier {
        true => &["code=\"$CODE\"", "code_verifier=\"$CODE_VERIFIER\""],
        false => &["code=\"$CODE\""],
    };
    token_request(facts, &parts, variables)
}

fn userinfo(facts: &Facts<'_>) -> String {
    let endpoint = shell(&facts.values(Fact::UserinfoEndpoint).concat());
    format!("curl -H \"Authorization: Bearer $ACCESS_TOKEN\" {endpoint}")
}

/// A token request that authenticates as the vendor does. `variables` are written as they are.
fn token_request(facts: &Facts<'_>, parts: &[(&str, &str)], variables: &[&str]) -> String {
    let id = shell(facts.client_id);
    let method = facts.auth_methods().into_iter().next().unwrap_or_default();
    let mut words = vec![format!("curl {}", shell(&facts.values(Fact::TokenEndpoint).concat()))];
    match method.as_str() {
        "client_secret_basic" => words.push(format!("-u {id}:\"$CLIENT_SECRET\"")),
        "client_secret_post" => {
            words.push(format!("-d client_id={id}"));
            words.push("--data-urlencode client_secret=\"$CLIENT_SECRET\"".to_owned());
        }
        _ => words.push(format!("-d client_id={id}")),
    }
    words.extend(
        parts
            .iter()
            .map(|(name, value)| format!("--data-urlencode {}", shell(&format!("{name}={value}")))),
    );
    words.extend(variables.iter().map(|variable| format!("--data-urlencode {variable}")));
    words.join(" \\\n  ")
}
