//! What can be tried without a browser: metadata, redirect URIs, the client's credentials.

use secrecy::SecretString;
use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, GrantType, Status};
use vestibule_protocol::ids::ClientSecretId;

use super::{Plan, SecretChoice, choose, plan};
use crate::flow::trial::mark;
use crate::outbound::Outbound;
use crate::relying_party::report::{Hop, HopKind, fit};
use crate::relying_party::wire::{Request, Wire};
use crate::relying_party::{Party, authorize, discovery, exchange};
use crate::services::clients::SecretMade;
use crate::services::{About, Act, ServiceFault};

/// A code that nobody was ever given.
const NO_CODE: &str = "this-is-not-a-code";

/// Tries the client against the running server. With [`SecretChoice::Temporary`] a secret is made
/// for it and revoked at the end.
pub async fn probe(
    act: Act<'_>,
    client_id: &str,
    secret: SecretChoice,
) -> Result<Vec<Hop>, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let plan = plan(act, client_id).await?;
    if plan.client.status != Status::Active {
        let hop = Hop::new(HopKind::AuthorizationRequest).failed(format!(
            "{} is switched off: every request of it is refused. Switch it on and try again.",
            plan.client.client_id
        ));
        return Ok(vec![hop]);
    }
    let (_, text, made) = choose(act, &plan.client, secret)?;
    let row = made.as_ref().map(|made| made.kept.id);
    if let Some(made) = made {
        keep(act, &plan.client, made).await?;
    }
    let secret = text.map(|text| SecretString::from(text.as_str().to_owned()));
    let hops = walk(act, &plan, secret.as_ref()).await;
    if let Some(row) = row {
        revoke(act, &plan.client, row).await?;
    }
    Ok(fit::fitted(hops))
}

async fn walk(act: Act<'_>, plan: &Plan, secret: Option<&SecretString>) -> Vec<Hop> {
    let outbound = match Outbound::to_issuer(&act.core.config.issuer) {
        Ok(outbound) => outbound,
        Err(fault) => return vec![Hop::new(HopKind::Discovery).failed(fault.to_string())],
    };
    let mark = mark(&act.core.digests, act.core.clock.now());
    let wire = Wire::new(&outbound, Some(&mark));
    let mut hops = Vec::new();
    let uris = &plan.client.settings.redirect_uris;
    let first = uris.first().map(String::as_str).unwrap_or_default();
    let party = plan.party(act.core, first, secret, Some(&mark));
    let Some(provider) = discovery::discover(&party, &wire, &mut hops).await else { return hops };
    let grants = &plan.client.settings.grant_types;
    if grants.contains(&GrantType::AuthorizationCode) {
        hops.push(arrivals(act, plan, &wire).await);
        hops.push(wrong_code(&party, &wire, &provider.token_endpoint).await);
    }
    if grants.contains(&GrantType::ClientCredentials) {
        hops.push(own_token(&party, &wire, &provider.token_endpoint).await);
    }
    hops
}

/// Each registered redirect URI leads to the sign-in page.
async fn arrivals(act: Act<'_>, plan: &Plan, wire: &Wire<'_>) -> Hop {
    let mut hop = Hop::new(HopKind::AuthorizationRequest);
    let login = act.core.config.issuer.path("/login?request=");
    for uri in &plan.client.settings.redirect_uris {
        let (url, _) = authorize::begin(&plan.party(act.core, uri, None, None), Vec::new());
        hop = match wire.send(&url, Request::default()).await {
            Ok(answered) => {
                let location = answered.answer.headers.get("location");
                let location = location.and_then(|to| to.to_str().ok()).unwrap_or_default();
                hop.expect(
                    location.starts_with(&login),
                    format!("{uri} leads to the sign-in page."),
                    format!(
                        "{uri} does not lead to the sign-in page: status {}{}",
                        answered.answer.status,
                        refusal(location)
                    ),
                )
            }
            Err(why) => hop.failed(format!("The authorization endpoint cannot be reached: {why}")),
        };
    }
    hop
}

/// The error in an answer that was redirected.
fn refusal(location: &str) -> String {
    let query = location.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    let told: Vec<String> = pairs
        .filter(|(name, _)| name == "error" || name == "error_description")
        .map(|(_, value)| value.into_owned())
        .collect();
    if told.is_empty() { ".".to_owned() } else { format!(", {}", told.join(": ")) }
}

/// A wrong code is refused as such only to a client that has proved who it is.
async fn wrong_code(party: &Party<'_>, wire: &Wire<'_>, endpoint: &str) -> Hop {
    let fields = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", NO_CODE.to_owned()),
        ("redirect_uri", party.redirect_uri.to_owned()),
    ];
    let hop = Hop::new(HopKind::TokenRequest);
    match exchange::post(party, wire, endpoint, fields).await {
        Ok(answered) => {
            let body = answered.object().unwrap_or_default();
            let error = body.get("error").and_then(Value::as_str).unwrap_or("no error");
            let good = "The client authenticates: a wrong code gets invalid_grant.";
            let bad = format!(
                "The client is not let in: a wrong code gets {error}, expected invalid_grant. \
                 Compare the secret and the authentication method with the registration."
            );
            hop.expect(error == "invalid_grant", good, bad)
                .sent(answered.sent)
                .received(answered.received)
        }
        Err(why) => hop.failed(format!("The token endpoint cannot be reached: {why}")),
    }
}

/// The client gets a token of its own (RFC 6749 §4.4).
async fn own_token(party: &Party<'_>, wire: &Wire<'_>, endpoint: &str) -> Hop {
    let fields = vec![("grant_type", "client_credentials".to_owned())];
    let hop = Hop::new(HopKind::TokenResponse);
    match exchange::post(party, wire, endpoint, fields).await {
        Ok(answered) => {
            let issued = answered.object().is_some_and(|body| body.contains_key("access_token"));
            let bad = format!("client_credentials is answered with {}.", answered.answer.status);
            hop.expect(issued, "client_credentials gets a token.", bad)
                .sent(answered.sent)
                .received(answered.received)
        }
        Err(why) => hop.failed(format!("The token endpoint cannot be reached: {why}")),
    }
}

async fn keep(act: Act<'_>, client: &Client, made: SecretMade) -> Result<(), ServiceFault> {
    let (org, key) = (act.org, client.key);
    let kept = act.core.store.write(move |tx| {
        tx.add_client_secret(org, key, &made.kept)?;
        tx.record(vec![made.event])
    });
    Ok(kept.await?)
}

async fn revoke(act: Act<'_>, client: &Client, id: ClientSecretId) -> Result<(), ServiceFault> {
    let (org, key, now) = (act.org, client.key, act.core.clock.now());
    let about = About::Client(client.client_id.clone());
    let event =
        act.event("client.secret_revoked", about, json!({ "id": id.0.to_string() }), Value::Null);
    let revoked = act.core.store.write(move |tx| {
        tx.revoke_client_secret(org, key, id, now)?;
        tx.record(vec![event])
    });
    Ok(revoked.await?)
}
