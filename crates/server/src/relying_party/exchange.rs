//! The token request, and the answer to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::behaviour::SentAuth;
use super::discovery::Provider;
use super::report::{Hop, HopKind};
use super::wire::{Exchange, Request, Wire};
use super::{Memory, Party};

/// What the token endpoint issued.
pub struct Tokens {
    /// The access token.
    pub access_token: SecretString,
    /// The ID token.
    pub id_token: Option<String>,
    /// The refresh token.
    pub refresh_token: Option<SecretString>,
}

/// How a client proves who it is in one request: a header, or fields of the form.
pub(super) struct Proof {
    header: Option<(String, &'static str)>,
    fields: Vec<(&'static str, String)>,
}

/// The client's proof, in the way that this relying party sends it.
pub(super) fn proof(party: &Party<'_>) -> Proof {
    let id = party.client_id;
    let secret = party.secret.map(|secret| secret.expose_secret()).unwrap_or_default();
    let basic = |id: &str, secret: &str| STANDARD.encode(format!("{id}:{secret}"));
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    match party.behaviour.auth_method {
        SentAuth::BasicRaw => Proof {
            header: Some((
                format!("Basic {}", basic(id, secret)),
                "Basic … (id and secret as they are)",
            )),
            fields: Vec::new(),
        },
        SentAuth::BasicForm => Proof {
            header: Some((
                format!("Basic {}", basic(&encoded(id), &encoded(secret))),
                "Basic … (id and secret form-urlencoded)",
            )),
            fields: Vec::new(),
        },
        SentAuth::Post => Proof {
            header: None,
            fields: vec![("client_id", id.to_owned()), ("client_secret", secret.to_owned())],
        },
        SentAuth::None => Proof { header: None, fields: vec![("client_id", id.to_owned())] },
    }
}

/// Posts a form with the client's proof.
pub async fn post(
    party: &Party<'_>,
    wire: &Wire<'_>,
    url: &str,
    fields: Vec<(&'static str, String)>,
) -> Result<Exchange, String> {
    let proof = proof(party);
    let fields: Vec<(&'static str, String)> = fields.into_iter().chain(proof.fields).collect();
    let form: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    wire.send(url, Request { form: Some(&form), authorization: proof.header }).await
}

/// Redeems the code (RFC 6749 §4.1.3). `None` when there are no tokens to go on with.
pub(super) async fn redeem(
    party: &Party<'_>,
    wire: &Wire<'_>,
    provider: &Provider,
    memory: &Memory,
    code: &str,
    hops: &mut Vec<Hop>,
) -> Option<Tokens> {
    let mut fields = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", party.redirect_uri.to_owned()),
    ];
    fields.extend(memory.verifier.clone().map(|verifier| ("code_verifier", verifier)));
    if party.behaviour.sends_scope_at_token {
        fields.push(("scope", party.scope.join(" ")));
    }
    let hop = Hop::new(HopKind::TokenRequest);
    let answered = match post(party, wire, &provider.token_endpoint, fields).await {
        Ok(answered) => answered,
        Err(why) => {
            hops.push(hop.failed(format!("The token endpoint cannot be reached: {why}")));
            return None;
        }
    };
    hops.push(hop.passed(how(party)).sent(answered.sent.clone()));
    let (hop, tokens) = read(party, &answered);
    hops.push(hop.received(answered.received));
    tokens
}

fn how(party: &Party<'_>) -> &'static str {
    match party.behaviour.auth_method {
        SentAuth::BasicRaw => "The code was sent with HTTP Basic, id and secret as they are.",
        SentAuth::BasicForm => "The code was sent with HTTP Basic, id and secret form-urlencoded.",
        SentAuth::Post => "The code was sent with id and secret in the form.",
        SentAuth::None => "The code was sent without a secret, as a public client does.",
    }
}

/// Reads the token response (RFC 6749 §5).
fn read(party: &Party<'_>, answered: &Exchange) -> (Hop, Option<Tokens>) {
    let hop = Hop::new(HopKind::TokenResponse);
    let body = answered.object().unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    if answered.answer.status != 200 {
        return (hop.failed(refused(answered.answer.status, &body)), None);
    }
    let uncached = answered.answer.headers.get("cache-control");
    let hop = hop
        .expect(answered.is_json(), "It is JSON.", "Content-Type is not application/json.")
        .expect(
            uncached.is_some_and(|value| value == "no-store"),
            "It may not be cached.",
            "Cache-Control is not no-store (RFC 6749 §5.1); a proxy may have changed it.",
        )
        .expect(
            body.get("token_type").is_some_and(|kind| kind == "Bearer"),
            "token_type is Bearer, spelt exactly so.",
            "token_type is not exactly Bearer.",
        )
        .expect(
            body.get("expires_in").is_some_and(Value::is_u64),
            "expires_in is a number.",
            "expires_in is missing or no number.",
        );
    let Some(access_token) = text("access_token") else {
        return (hop.failed("There is no access_token."), None);
    };
    let hop = match text("scope") {
        Some(scope) => hop.warned(format!(
            "Not all of the scope was granted, so the answer names what was: {scope}. Some \
             libraries take that for an error; ask only for what is registered."
        )),
        None => hop.passed("All of the scope was granted."),
    };
    let refresh_token = text("refresh_token").map(SecretString::from);
    let hop = match (&refresh_token, party.scope.iter().any(|word| word == "offline_access")) {
        (None, true) => hop.warned(
            "offline_access was asked for and no refresh token came: the client is not registered \
             for refresh_token, or the user did not allow it.",
        ),
        _ => hop,
    };
    let tokens =
        Tokens { access_token: access_token.into(), id_token: text("id_token"), refresh_token };
    (hop, Some(tokens))
}

/// Why no tokens came: what was answered, and what it usually means.
fn refused(status: u16, body: &Map<String, Value>) -> String {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let meaning = match text("error") {
        "invalid_client" => {
            "The secret is not a live one of this client, or the client does not allow this way of \
             authenticating. Compare with the credentials and the authentication method on the \
             client's page."
        }
        "invalid_grant" => {
            "The code was not accepted: it was used, is too old, or was sent with another redirect \
             URI or verifier than it was asked for with."
        }
        "unauthorized_client" => "The client is not registered for the grant authorization_code.",
        _ => "The case file says what was compared.",
    };
    format!("{status} {}: {} {meaning}", text("error"), text("error_description"))
}
