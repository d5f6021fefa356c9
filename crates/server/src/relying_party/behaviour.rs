//! What one vendor's library does differently from the next.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vestibule_protocol::client::{AuthMethod, Client};

use super::report::{Hop, HopKind};
use crate::profiles::{self, BasicEncoding, ClaimSource, ScopeOrder};

/// How a relying party behaves on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// How it proves who it is at the token endpoint.
    pub auth_method: SentAuth,
    /// Whether it sends PKCE (RFC 7636).
    pub pkce: bool,
    /// Whether it sends `nonce`.
    pub nonce: bool,
    /// How many characters its `state` has; none is sent when it is zero.
    pub state_length: u8,
    /// In which order it names scopes.
    pub scope_order: ScopeOrder,
    /// Whether it repeats `scope` in the token request.
    pub sends_scope_at_token: bool,
    /// The `response_mode` it asks for.
    pub response_mode: SentResponseMode,
    /// How it calls userinfo.
    pub userinfo: UserinfoCall,
    /// Whether it validates access tokens by introspection.
    pub introspects: bool,
}

/// How a relying party authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentAuth {
    /// HTTP Basic of id and secret as they are: what most libraries send.
    BasicRaw,
    /// HTTP Basic of id and secret form-urlencoded first, as RFC 6749 §2.3.1 has it.
    BasicForm,
    /// In the form.
    Post,
    /// None: a public client.
    None,
}

/// The `response_mode` of a request. A fragment never reaches a server, so there is none here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentResponseMode {
    /// The default, which is not sent.
    Query,
    /// `form_post`.
    FormPost,
}

/// How userinfo is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserinfoCall {
    /// By GET.
    Get,
    /// By POST.
    Post,
    /// Not at all: the ID token is all that is read.
    None,
}

impl Default for Behaviour {
    /// A kept OpenID Connect library.
    fn default() -> Self {
        Self {
            auth_method: SentAuth::BasicRaw,
            pkce: true,
            nonce: true,
            state_length: 32,
            scope_order: ScopeOrder::AsListed,
            sends_scope_at_token: false,
            response_mode: SentResponseMode::Query,
            userinfo: UserinfoCall::Get,
            introspects: false,
        }
    }
}

impl From<&profiles::Behaviour> for Behaviour {
    /// As a vendor profile describes it. A fragment never comes back to a server, so an answer that
    /// would travel in one comes in the query.
    fn from(described: &profiles::Behaviour) -> Self {
        Self {
            auth_method: match (described.auth_method, described.encoding) {
                (profiles::SentAuth::Basic, BasicEncoding::Raw) => SentAuth::BasicRaw,
                (profiles::SentAuth::Basic, BasicEncoding::Form) => SentAuth::BasicForm,
                (profiles::SentAuth::Post, _) => SentAuth::Post,
                (profiles::SentAuth::None, _) => SentAuth::None,
            },
            pkce: described.pkce,
            nonce: described.nonce,
            state_length: if described.state { Self::default().state_length } else { 0 },
            scope_order: described.scope_order,
            sends_scope_at_token: described.sends_scope_at_token,
            response_mode: match described.response_mode {
                profiles::SentResponseMode::FormPost => SentResponseMode::FormPost,
                profiles::SentResponseMode::Query | profiles::SentResponseMode::Fragment => {
                    SentResponseMode::Query
                }
            },
            userinfo: if described.userinfo { UserinfoCall::Get } else { UserinfoCall::None },
            introspects: described.introspects,
        }
    }
}

impl Behaviour {
    /// What a library does that was set up by this client's settings, when no profile says more.
    pub fn of_client(client: &Client) -> Self {
        let settings = &client.settings;
        Self {
            auth_method: match settings.auth_method {
                AuthMethod::Post => SentAuth::Post,
                AuthMethod::Basic | AuthMethod::BasicOrPost => SentAuth::BasicRaw,
                AuthMethod::None => SentAuth::None,
            },
            pkce: settings.requires_pkce(),
            nonce: settings.require_nonce || settings.scope.contains("openid"),
            ..Self::default()
        }
    }
}

/// What a vendor needs to be told of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expectations {
    /// Who needs it, as people say.
    pub vendor: String,
    /// Where it reads.
    pub reads: ClaimSource,
    /// Claims without which the sign-in fails at the vendor.
    pub needs: BTreeSet<String>,
    /// Claims that it takes when they are there.
    pub wants: BTreeSet<String>,
}

impl Expectations {
    /// What follows from a client's settings, when no profile says more: an address that is asked
    /// for is needed.
    pub fn of_client(client: &Client) -> Self {
        let settings = &client.settings;
        let asked =
            |scope: &str, claim: &str| settings.scope.contains(scope).then(|| claim.to_owned());
        Self {
            vendor: client.name.clone(),
            reads: ClaimSource::Userinfo,
            needs: asked("email", "email").into_iter().collect(),
            wants: asked("profile", "name").into_iter().collect(),
        }
    }

    /// What a vendor profile says is needed.
    pub fn of_profile(profile: &profiles::Profile) -> Self {
        let claims = &profile.claims;
        Self {
            vendor: profile.vendor.clone(),
            reads: claims.reads,
            needs: claims.needs.iter().cloned().collect(),
            wants: claims.wants.iter().cloned().collect(),
        }
    }

    /// Looks for what is needed where it is read.
    pub(super) fn judge(
        &self,
        id_token: Option<&Map<String, Value>>,
        userinfo: Option<&Map<String, Value>>,
    ) -> Hop {
        let mut hop = Hop::new(HopKind::Expectations);
        let (place, claims) = match self.reads {
            ClaimSource::Userinfo => ("userinfo", userinfo),
            ClaimSource::IdToken => ("the ID token", id_token),
        };
        let Some(claims) = claims else {
            let vendor = &self.vendor;
            return hop.failed(format!("{vendor} reads {place}, and there was none to read."));
        };
        let there = |name: &str| claims.get(name).is_some_and(|value| !is_empty(value));
        for name in &self.needs {
            hop = hop.expect(
                there(name),
                format!("{name} is in {place}."),
                format!(
                    "{name} is not in {place}, and {} needs it there. Either the test user has \
                     no such value, or the client's scope or claims do not release it.",
                    self.vendor
                ),
            );
        }
        for name in self.wants.difference(&self.needs) {
            hop = hop.prefer(
                there(name),
                format!("{name} is in {place}."),
                format!("{name} is not in {place}; {} takes it when it is there.", self.vendor),
            );
        }
        if there("email") {
            hop = verified(hop, claims);
        }
        match hop.checks.is_empty() {
            true => hop.passed("Nothing beyond sub is known to be needed."),
            false => hop,
        }
    }
}

fn verified(hop: Hop, claims: &Map<String, Value>) -> Hop {
    hop.prefer(
        claims.get("email_verified") == Some(&Value::Bool(true)),
        "email_verified is true, so an existing account can be linked by its address.",
        "email_verified is not true: a vendor that links existing accounts by email address will \
         not link this one.",
    )
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
