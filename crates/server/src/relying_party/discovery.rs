//! What a relying party learns of the provider before it begins.

use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use serde_json::{Map, Value};

use super::Party;
use super::behaviour::SentAuth;
use super::report::{Hop, HopKind};
use super::wire::{Request, Wire};

/// The provider, as its metadata describes it.
pub struct Provider {
    /// `token_endpoint`.
    pub token_endpoint: String,
    /// `userinfo_endpoint`.
    pub userinfo_endpoint: String,
    /// `introspection_endpoint`.
    pub introspection_endpoint: String,
    /// The keys that it signs with.
    pub keys: CoreJsonWebKeySet,
}

/// Reads metadata and keys (OIDC Discovery §4).
pub async fn discover(party: &Party<'_>, wire: &Wire<'_>, hops: &mut Vec<Hop>) -> Option<Provider> {
    let url = party.issuer.url("/.well-known/openid-configuration");
    let hop = Hop::new(HopKind::Discovery);
    let answered = match wire.send(&url, Request::default()).await {
        Ok(answered) => answered,
        Err(why) => {
            hops.push(hop.sent(format!("GET {url}")).failed(unreachable(&url, &why)));
            return None;
        }
    };
    let hop = hop.sent(answered.sent.clone()).received(answered.received.clone());
    let (Some(metadata), true) = (answered.object(), answered.answer.status == 200) else {
        let status = answered.answer.status;
        hops.push(hop.failed(format!(
            "The discovery document was answered with {status} and is not what a relying party \
             can read. Something between the internet and this server answers in its place."
        )));
        return None;
    };
    let hop = described(party, hop, &metadata, answered.is_json());
    let (hop, keys) = keys(party, wire, hop, &metadata).await;
    hops.push(hop);
    let endpoint = |name: &str| Some(metadata.get(name)?.as_str()?.to_owned());
    Some(Provider {
        token_endpoint: endpoint("token_endpoint")?,
        userinfo_endpoint: endpoint("userinfo_endpoint").unwrap_or_default(),
        introspection_endpoint: endpoint("introspection_endpoint").unwrap_or_default(),
        keys: keys?,
    })
}

fn unreachable(url: &str, why: &str) -> String {
    format!(
        "{url} cannot be fetched from this server: {why}. The issuer's name must resolve here and \
         its certificate must be one that relying parties trust."
    )
}

fn described(party: &Party<'_>, hop: Hop, metadata: &Map<String, Value>, is_json: bool) -> Hop {
    let issuer = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default();
    let lists = |name: &str, word: &str| {
        let listed = metadata.get(name).and_then(Value::as_array);
        listed.is_some_and(|listed| listed.iter().any(|value| value == word))
    };
    let readable = serde_json::from_value::<CoreProviderMetadata>(Value::Object(metadata.clone()));
    let method = match party.behaviour.auth_method {
        SentAuth::BasicRaw | SentAuth::BasicForm => "client_secret_basic",
        SentAuth::Post => "client_secret_post",
        SentAuth::None => "none",
    };
    let mut hop = hop
        .expect(
            issuer == party.issuer.as_str(),
            "issuer is the configured one, byte for byte.",
            format!("issuer is {issuer:?}, expected {:?}.", party.issuer.as_str()),
        )
        .expect(is_json, "It is JSON.", "Content-Type is not application/json.")
        .expect(
            lists("token_endpoint_auth_methods_supported", method),
            format!("{method} is offered."),
            format!("{method}, which this relying party uses, is not offered."),
        );
    if party.behaviour.pkce {
        hop = hop.expect(
            lists("code_challenge_methods_supported", "S256"),
            "PKCE with S256 is offered.",
            "PKCE with S256 is not offered.",
        );
    }
    match readable {
        Ok(_) => hop.passed("An independent library (openidconnect) reads it."),
        Err(error) => {
            hop.failed(format!("An independent library (openidconnect) cannot read it: {error}"))
        }
    }
}

async fn keys(
    party: &Party<'_>,
    wire: &Wire<'_>,
    hop: Hop,
    metadata: &Map<String, Value>,
) -> (Hop, Option<CoreJsonWebKeySet>) {
    let Some(url) = metadata.get("jwks_uri").and_then(Value::as_str) else {
        return (hop.failed("There is no jwks_uri."), None);
    };
    let answered = match wire.send(url, Request::default()).await {
        Ok(answered) => answered,
        Err(why) => return (hop.failed(unreachable(url, &why)), None),
    };
    let alg = party.id_token_alg.name();
    let signs = answered.object().is_some_and(|set| {
        let keys = set.get("keys").and_then(Value::as_array);
        keys.is_some_and(|keys| {
            keys.iter().any(|key| {
                let kid = key.get("kid").is_some_and(Value::is_string);
                kid && key.get("alg").is_some_and(|value| value == alg)
            })
        })
    });
    let hop = hop.expect(
        signs,
        format!("The key set has a key for {alg}, with a kid."),
        format!(
            "The key set has no key with a kid for {alg}, which signs this client's ID tokens."
        ),
    );
    match serde_json::from_slice(&answered.answer.body) {
        Ok(keys) => (hop, Some(keys)),
        Err(error) => (hop.failed(format!("The key set cannot be read: {error}")), None),
    }
}
