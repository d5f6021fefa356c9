//! The authorization request, and the answer to it.

use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use subtle::ConstantTimeEq as _;
use vestibule_protocol::params::Params;

use super::behaviour::SentResponseMode;
use super::report::{Hop, HopKind};
use super::wire::shown;
use super::{Memory, Party};
use crate::profiles::ScopeOrder;
use crate::random;

/// More parameters of a request, which the person at the playground chooses.
pub type Extra = Vec<(&'static str, String)>;

/// Writes the authorization request (RFC 6749 §4.1.1): the URL, and what to remember of it.
pub fn begin(party: &Party<'_>, extra: Extra) -> (String, Memory) {
    let behaviour = &party.behaviour;
    let state = text(behaviour.state_length.into());
    let nonce = behaviour.nonce.then(random::text::<24>);
    let verifier = behaviour.pkce.then(random::text::<64>);
    let scope = scope(party);
    let mut pairs = vec![
        ("response_type", "code".to_owned()),
        ("client_id", party.client_id.to_owned()),
        ("redirect_uri", party.redirect_uri.to_owned()),
    ];
    pairs.extend((!scope.is_empty()).then_some(("scope", scope)));
    pairs.extend(state.clone().map(|state| ("state", state)));
    pairs.extend(nonce.clone().map(|nonce| ("nonce", nonce)));
    if let Some(verifier) = &verifier {
        let verifier = PkceCodeVerifier::new(verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        pairs.push(("code_challenge", challenge.as_str().to_owned()));
        pairs.push(("code_challenge_method", "S256".to_owned()));
    }
    if behaviour.response_mode == SentResponseMode::FormPost {
        pairs.push(("response_mode", "form_post".to_owned()));
    }
    pairs.extend(extra);
    let endpoint = party.issuer.url("/oauth/authorize");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&pairs);
    let mut request = format!("GET {endpoint}");
    for (index, (name, value)) in pairs.iter().enumerate() {
        let joint = if index == 0 { '?' } else { '&' };
        request.push_str(&format!("\n  {joint}{name}={value}"));
    }
    (format!("{endpoint}?{}", query.finish()), Memory { state, nonce, verifier, request })
}

/// Random text of this length; none when it is zero.
fn text(length: usize) -> Option<String> {
    let mut text = random::text::<96>();
    text.truncate(length);
    (!text.is_empty()).then_some(text)
}

fn scope(party: &Party<'_>) -> String {
    let mut words: Vec<&str> = party.scope.iter().map(String::as_str).collect();
    if party.behaviour.scope_order == ScopeOrder::Random {
        words.sort_by_cached_key(|_| random::bits());
    }
    words.join(" ")
}

/// The request, as it was sent.
pub(super) fn request_hop(party: &Party<'_>, memory: &Memory) -> Hop {
    let sends = |what: &str, sent: bool| match sent {
        true => format!("{what} was sent."),
        false => format!("No {what} was sent, as this vendor's library sends none."),
    };
    let behaviour = &party.behaviour;
    Hop::new(HopKind::AuthorizationRequest)
        .passed("The browser was sent to the authorization endpoint as this client.")
        .passed(sends("state", memory.state.is_some()))
        .passed(sends("nonce", behaviour.nonce))
        .passed(sends("PKCE challenge", behaviour.pkce))
        .sent(memory.request.clone())
}

/// Reads the answer: an error, or a code with what must come with it. `None` when there is no code
/// to go on with.
pub(super) fn answered(
    party: &Party<'_>,
    memory: &Memory,
    answer: &Params,
    hops: &mut Vec<Hop>,
) -> Option<String> {
    let mut hop = Hop::new(HopKind::AuthorizationResponse).received(shown_answer(answer));
    if let Some(error) = answer.one("error") {
        let description = answer.one("error_description").unwrap_or("no description");
        hop = hop.failed(format!("The answer is the error {error}: {description}"));
        if error == "access_denied" {
            hop = hop.warned("The user (or you) refused; the vendor is told so correctly.");
        }
    }
    let state_is_ours = match (&memory.state, answer.one("state")) {
        (Some(sent), Some(came)) => sent.as_bytes().ct_eq(came.as_bytes()).into(),
        (sent, came) => sent.is_none() && came.is_none(),
    };
    hop = hop
        .expect(
            state_is_ours,
            "state came back unchanged.",
            "state is not the one that was sent: a relying party must refuse this answer.",
        )
        .expect(
            answer.one("iss") == Some(party.issuer.as_str()),
            "iss is our issuer (RFC 9207).",
            "iss is missing or is not our issuer (RFC 9207).",
        );
    let code = answer.one("code").filter(|_| state_is_ours).map(str::to_owned);
    if answer.one("error").is_none() {
        hop = hop.expect(
            answer.one("code").is_some(),
            "A code came.",
            "There is neither a code nor an error.",
        );
    }
    hops.push(hop);
    code
}

/// The answer, one parameter a line.
pub(super) fn shown_answer(answer: &Params) -> String {
    let names = ["code", "state", "iss", "error", "error_description", "error_uri"];
    let lines =
        names.iter().filter_map(|name| Some(format!("{name}={}", shown(name, answer.one(name)?))));
    lines.collect::<Vec<_>>().join("\n")
}
