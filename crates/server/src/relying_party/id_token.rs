//! The ID token, claim by claim (OIDC Core §3.1.3.7). Signature and the claims that the
//! specification makes binding are judged by `openidconnect`, which we did not write.

use std::str::FromStr as _;

use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey, CoreJwsSigningAlgorithm,
};
use openidconnect::{AccessToken, AccessTokenHash, ClientId, IssuerUrl, Nonce};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::SigningAlg;

use super::discovery::Provider;
use super::exchange::Tokens;
use super::report::{Hop, HopKind};
use super::wire::{decoded, shown_token};
use super::{Memory, Party};

/// No ID token came.
pub(super) fn missing(party: &Party<'_>) -> Hop {
    let hop = Hop::new(HopKind::IdToken);
    match party.asks_openid() {
        true => hop.failed("There is no ID token although openid was asked for."),
        false => hop.passed("There is none: openid is not among the scopes (plain OAuth 2.0)."),
    }
}

/// Looks at the token and at each claim; the claims can be believed only if all passed.
pub(super) fn check(
    party: &Party<'_>,
    provider: &Provider,
    memory: &Memory,
    tokens: &Tokens,
    text: &str,
    now: Timestamp,
) -> (Hop, Option<Map<String, Value>>) {
    let hop = Hop::new(HopKind::IdToken);
    let Some((header, claims)) = decoded(text) else {
        return (hop.failed("It is not a JWT that can be read."), None);
    };
    let hop = hop.received(shown_token(&header, &claims));
    let hop = signed(party, provider, tokens, text, &header, hop);
    let hop = addressed(party, memory, &claims, hop);
    let hop = dated(&claims, now, hop);
    (hop, Some(claims))
}

fn signed(
    party: &Party<'_>,
    provider: &Provider,
    tokens: &Tokens,
    text: &str,
    header: &Map<String, Value>,
    hop: Hop,
) -> Hop {
    let alg = party.id_token_alg.name();
    let hop = hop
        .expect(
            header.get("alg").is_some_and(|value| value == alg),
            format!("It is signed with {alg}, as the client is registered for."),
            format!("It is not signed with {alg}, which the client is registered for."),
        )
        .expect(
            header.get("kid").is_some_and(Value::is_string),
            "The header names the key (kid).",
            "The header names no key (kid); some libraries cannot verify it.",
        );
    let issuer = match IssuerUrl::new(party.issuer.as_str().to_owned()) {
        Ok(issuer) => issuer,
        Err(error) => return hop.failed(format!("The issuer is not a URL: {error}")),
    };
    let client_id = ClientId::new(party.client_id.to_owned());
    let verifier = CoreIdTokenVerifier::new_public_client(client_id, issuer, provider.keys.clone())
        .set_allowed_algs([core_alg(party.id_token_alg)]);
    let token = match CoreIdToken::from_str(text) {
        Ok(token) => token,
        Err(error) => return hop.failed(format!("openidconnect cannot read it: {error}")),
    };
    // The nonce is compared below, where it is known whether one was sent.
    let any_nonce = |_: Option<&Nonce>| Ok(());
    let hop = match token.claims(&verifier, any_nonce) {
        Ok(_) => hop.passed("openidconnect verifies signature, iss, aud and exp."),
        Err(error) => return hop.failed(format!("openidconnect refuses it: {error}")),
    };
    match bound(&token, &verifier, tokens) {
        Some(true) => hop.passed("at_hash fits the access token."),
        Some(false) => hop.failed("at_hash does not fit the access token."),
        None => hop.passed("There is no at_hash; in this flow it is optional."),
    }
}

/// Whether `at_hash` fits; `None` when there is none.
fn bound(token: &CoreIdToken, verifier: &CoreIdTokenVerifier<'_>, tokens: &Tokens) -> Option<bool> {
    let claims = token.claims(verifier, |_: Option<&Nonce>| Ok(())).ok()?;
    let held = claims.access_token_hash()?;
    let access = AccessToken::new(tokens.access_token.expose_secret().to_owned());
    let key: &CoreJsonWebKey = token.signing_key(verifier).ok()?;
    let fits = AccessTokenHash::from_token(&access, token.signing_alg().ok()?, key).ok()?;
    Some(fits == *held)
}

fn addressed(party: &Party<'_>, memory: &Memory, claims: &Map<String, Value>, hop: Hop) -> Hop {
    let is = |name: &str, value: &str| claims.get(name).is_some_and(|held| held == value);
    let names_us = is("aud", party.client_id)
        || claims
            .get("aud")
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|value| value == party.client_id));
    let hop = hop
        .expect(
            is("iss", party.issuer.as_str()),
            "iss is our issuer, byte for byte.",
            "iss is not our issuer, byte for byte.",
        )
        .expect(names_us, "aud names this client.", "aud does not name this client.")
        .expect(
            !claims.contains_key("azp") || is("azp", party.client_id),
            "azp is this client, or absent.",
            "azp is there and is another client.",
        )
        .expect(
            claims.get("sub").and_then(Value::as_str).is_some_and(|sub| !sub.is_empty()),
            "sub says who signed in.",
            "sub is missing.",
        )
        .prefer(
            claims.contains_key("jti"),
            "jti is there; some vendors remember it and refuse it the second time.",
            "jti is missing; some vendors require it.",
        );
    match (&memory.nonce, claims.get("nonce").and_then(Value::as_str)) {
        (Some(sent), came) => hop.expect(
            came == Some(sent.as_str()),
            "nonce is the one that was sent.",
            "nonce is not the one that was sent: a relying party must refuse this token.",
        ),
        (None, None) => hop.passed("No nonce, as none was sent."),
        (None, Some(_)) => hop.failed("There is a nonce although none was sent."),
    }
}

fn dated(claims: &Map<String, Value>, now: Timestamp, hop: Hop) -> Hop {
    let moment = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = now.as_seconds();
    hop.expect(
        moment("exp").is_some_and(|exp| exp > now),
        "exp lies ahead.",
        "exp is missing or has passed: compare the clocks of the two servers.",
    )
    .expect(
        moment("iat").is_some_and(|iat| iat <= now + 1),
        "iat does not lie ahead.",
        "iat is missing or lies ahead; libraries without leeway refuse that. Compare the clocks.",
    )
}

fn core_alg(alg: SigningAlg) -> CoreJwsSigningAlgorithm {
    match alg {
        SigningAlg::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        SigningAlg::Rs384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        SigningAlg::Rs512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        SigningAlg::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        SigningAlg::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlg::Es384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        SigningAlg::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
    }
}
