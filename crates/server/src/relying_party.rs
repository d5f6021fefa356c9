//! The built-in relying party: it stands in for a vendor and shows every hop of a sign-in.
//!
//! It is a client like any other. It discovers, redirects, exchanges and verifies over HTTP, and has
//! no way into the server's state; what it finds out is what a vendor would find out.
//!
//! | room | owns |
//! |---|---|
//! | [`behaviour`] | what one vendor's library does differently from the next |
//! | [`authorize`] | the authorization request, and its answer |
//! | [`discovery`] | the provider's metadata and keys |
//! | [`exchange`] | the token request and its answer |
//! | [`id_token`] | the ID token, claim by claim |
//! | [`resources`] | what is done with the tokens: userinfo, introspection, refresh |
//! | [`report`] | hops, and how each check went |
//! | [`wire`] | sending, and what is shown of it |
//!
//! Verification is `openidconnect`'s; requests are written by hand, because what a vendor's library
//! really sends (no nonce, unencoded Basic, a scope at the token endpoint) no kept library can.

pub mod authorize;
pub mod behaviour;
pub mod discovery;
pub mod exchange;
pub mod id_token;
pub mod report;
pub mod resources;
pub mod wire;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::SigningAlg;
use vestibule_protocol::params::Params;

use crate::issuer::Issuer;
use crate::outbound::Outbound;
use behaviour::{Behaviour, Expectations};
use discovery::Provider;
use report::{Hop, HopKind};
use wire::Wire;

/// Whom the relying party stands in for.
pub struct Party<'a> {
    /// The provider.
    pub issuer: &'a Issuer,
    /// `client_id`.
    pub client_id: &'a str,
    /// The client's secret; none for a public client.
    pub secret: Option<&'a SecretString>,
    /// Where its answers go.
    pub redirect_uri: &'a str,
    /// What it asks for, in its own order.
    pub scope: &'a [String],
    /// What the client's ID tokens are signed with.
    pub id_token_alg: SigningAlg,
    /// How it behaves.
    pub behaviour: Behaviour,
    /// What it needs to be told.
    pub expects: &'a Expectations,
    /// What tells the provider that its requests are a trial's.
    pub mark: Option<&'a str>,
}

/// What the relying party remembers between its request and the answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Memory {
    /// `state`, if it sent one.
    pub state: Option<String>,
    /// `nonce`, if it sent one.
    pub nonce: Option<String>,
    /// The PKCE verifier, if it sent a challenge.
    pub verifier: Option<String>,
    /// The authorization request, as it is shown.
    pub request: String,
}

impl Party<'_> {
    fn asks_openid(&self) -> bool {
        self.scope.iter().any(|word| word == "openid")
    }

    /// Takes the answer to its request, redeems the code, and uses what comes back: every hop, in
    /// order.
    pub async fn walk(
        &self,
        outbound: &Outbound,
        memory: &Memory,
        answer: &Params,
        now: Timestamp,
    ) -> Vec<Hop> {
        let wire = Wire::new(outbound, self.mark);
        let mut hops = Vec::new();
        let provider = discovery::discover(self, &wire, &mut hops).await;
        hops.push(authorize::request_hop(self, memory));
        let code = authorize::answered(self, memory, answer, &mut hops);
        if let (Some(provider), Some(code)) = (provider, code) {
            self.redeem(&wire, &provider, memory, &code, now, &mut hops).await;
        }
        report::complete(hops, &self.behaviour)
    }

    async fn redeem(
        &self,
        wire: &Wire<'_>,
        provider: &Provider,
        memory: &Memory,
        code: &str,
        now: Timestamp,
        hops: &mut Vec<Hop>,
    ) {
        let redeemed = exchange::redeem(self, wire, provider, memory, code, hops).await;
        let Some(tokens) = redeemed else { return };
        let (hop, claims) = match &tokens.id_token {
            Some(text) => id_token::check(self, provider, memory, &tokens, text, now),
            None => (id_token::missing(self), None),
        };
        hops.push(hop);
        hops.push(resources::access_token(&tokens));
        let subject = claims.as_ref().and_then(|claims| claims.get("sub")?.as_str());
        let userinfo = resources::userinfo(self, wire, provider, &tokens, subject, hops).await;
        resources::introspect(self, wire, provider, &tokens, hops).await;
        resources::refresh(self, wire, provider, &tokens, hops).await;
        hops.push(self.expects.judge(claims.as_ref(), userinfo.as_ref()));
    }
}

/// An answer that no sign-in waits for.
pub fn unexpected(answer: &Params) -> Vec<Hop> {
    let hop = Hop::new(HopKind::AuthorizationResponse)
        .failed(
            "No sign-in waits for this state: it was answered already, or the server was \
             restarted meanwhile. Begin again.",
        )
        .received(authorize::shown_answer(answer));
    report::complete(vec![hop], &Behaviour::default())
}
