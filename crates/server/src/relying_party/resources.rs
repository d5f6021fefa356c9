//! What a relying party does with its tokens: reading userinfo, introspecting, refreshing.

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::Party;
use super::behaviour::UserinfoCall;
use super::discovery::Provider;
use super::exchange::{self, Tokens};
use super::report::{Hop, HopKind};
use super::wire::{Request, Wire, decoded, shown_token};

/// The access token, as far as a relying party can look into it.
pub(super) fn access_token(tokens: &Tokens) -> Hop {
    let hop = Hop::new(HopKind::AccessToken);
    match decoded(tokens.access_token.expose_secret()) {
        Some((header, claims)) => hop
            .expect(
                header.get("typ").is_some_and(|typ| typ == "at+jwt"),
                "It is a JWT of the type at+jwt (RFC 9068), so nobody takes it for an ID token.",
                "It is a JWT without the type at+jwt (RFC 9068).",
            )
            .received(shown_token(&header, &claims)),
        None => hop.passed("It is opaque: only this server can read it."),
    }
}

/// Calls userinfo (OIDC Core §5.3); its claims, if they can be used.
pub(super) async fn userinfo(
    party: &Party<'_>,
    wire: &Wire<'_>,
    provider: &Provider,
    tokens: &Tokens,
    subject: Option<&str>,
    hops: &mut Vec<Hop>,
) -> Option<Map<String, Value>> {
    let form = match party.behaviour.userinfo {
        UserinfoCall::None => return None,
        UserinfoCall::Get => None,
        UserinfoCall::Post => Some([].as_slice()),
    };
    let token = tokens.access_token.expose_secret();
    let authorization = Some((format!("Bearer {token}"), "Bearer …"));
    let hop = Hop::new(HopKind::Userinfo);
    let answered =
        match wire.send(&provider.userinfo_endpoint, Request { form, authorization }).await {
            Ok(answered) => answered,
            Err(why) => {
                hops.push(hop.failed(format!("Userinfo cannot be reached: {why}")));
                return None;
            }
        };
    let hop = hop.sent(answered.sent.clone()).received(answered.received.clone());
    let (200, Some(claims)) = (answered.answer.status, answered.object()) else {
        let status = answered.answer.status;
        hops.push(hop.failed(format!(
            "Userinfo answered {status}, expected 200 with JSON. Without openid among the scopes \
             an access token does not open it."
        )));
        return None;
    };
    let sub = claims.get("sub").and_then(Value::as_str);
    let hop = hop
        .expect(answered.is_json(), "It is JSON.", "Content-Type is not application/json.")
        .expect(
            sub.is_some() && subject.is_none_or(|subject| sub == Some(subject)),
            "sub is there, and the same as in the ID token.",
            "sub is missing or another than in the ID token: a relying party must not use this.",
        )
        .expect(
            claims.get("email_verified").is_none_or(Value::is_boolean),
            "email_verified, if there, is a JSON boolean.",
            "email_verified is no JSON boolean.",
        );
    hops.push(hop);
    Some(claims)
}

/// Introspects the access token (RFC 7662), if this relying party does.
pub(super) async fn introspect(
    party: &Party<'_>,
    wire: &Wire<'_>,
    provider: &Provider,
    tokens: &Tokens,
    hops: &mut Vec<Hop>,
) {
    if !party.behaviour.introspects {
        return;
    }
    let fields = vec![("token", tokens.access_token.expose_secret().to_owned())];
    let hop = Hop::new(HopKind::Introspection);
    let hop = match exchange::post(party, wire, &provider.introspection_endpoint, fields).await {
        Ok(answered) => {
            let active = answered.object().and_then(|body| body.get("active")?.as_bool());
            hop.expect(
                active == Some(true),
                "active is true.",
                "active is not true: the vendor would take the token for worthless.",
            )
            .sent(answered.sent)
            .received(answered.received)
        }
        Err(why) => hop.failed(format!("Introspection cannot be reached: {why}")),
    };
    hops.push(hop);
}

/// Uses the refresh token (RFC 6749 §6), if there is one.
pub(super) async fn refresh(
    party: &Party<'_>,
    wire: &Wire<'_>,
    provider: &Provider,
    tokens: &Tokens,
    hops: &mut Vec<Hop>,
) {
    let Some(held) = &tokens.refresh_token else { return };
    let fields = vec![
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", held.expose_secret().to_owned()),
    ];
    let hop = Hop::new(HopKind::Refresh);
    let answered = match exchange::post(party, wire, &provider.token_endpoint, fields).await {
        Ok(answered) => answered,
        Err(why) => {
            hops.push(hop.failed(format!("The token endpoint cannot be reached: {why}")));
            return;
        }
    };
    let body = answered.object().unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let hop = hop.expect(
        answered.answer.status == 200 && text("access_token").is_some(),
        "A new access token was issued.",
        "No new access token was issued.",
    );
    let rotated = text("refresh_token").is_some_and(|text| text != held.expose_secret());
    let hop = match rotated {
        true => hop.passed("The refresh token was exchanged for a new one; keep the newest."),
        false => hop.passed("The refresh token stays the same."),
    };
    hops.push(hop.sent(answered.sent).received(answered.received));
}
