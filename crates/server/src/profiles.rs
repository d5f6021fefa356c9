//! Vendor profiles: what a named vendor's client needs, as data.
//!
//! | room | owns |
//! |---|---|
//! | this one | what a profile says |
//! | [`all`], [`find`] | finding profiles, built in or the operators' |
//! | [`pattern`] | what the value of a variable may look like |
//! | [`fill`] | from a profile and values to a client |
//! | [`check`] | all that is wrong with a profile's text, with lines |
//! | [`guide`] | the vendor guide of `docs/vendors` |
//!
//! The files of `profiles/` are part of the program; a folder may add to them or replace them by
//! name. A file is called as its profile is, so that finding one reads one.

pub mod check;
mod embedded;
mod fault;
pub mod fill;
pub mod guide;
mod library;
pub mod pattern;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use fault::ProfileFault;
pub use fill::Filled;
pub use library::{all, find};
pub use pattern::Pattern;

use library::is_name;

/// Largest profile file.
const MAX_FILE: u64 = 64 * 1024;

/// A vendor profile.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// How commands call it.
    pub name: String,
    /// The vendor or its product, as people write it.
    pub vendor: String,
    /// What it is, in one sentence.
    pub summary: String,
    /// How far this version serves it.
    pub support: Support,
    /// What is not offered, or what to choose at the vendor instead.
    pub support_note: Option<String>,
    /// What surprises.
    pub quirks: Vec<String>,
    /// What differs from one customer of the vendor to the next.
    #[serde(rename = "variable")]
    pub variables: Vec<Variable>,
    /// Name and settings of the client; texts may hold `{variable}`.
    client: toml::Table,
    /// What the vendor does with claims.
    pub claims: Expectations,
    /// What is handed over to the vendor, in the vendor's words.
    pub handover: Handover,
    /// How the vendor's program behaves on the wire.
    pub behaviour: Behaviour,
    /// How to try it out.
    #[serde(rename = "test")]
    pub tests: Vec<TestStep>,
    /// What goes wrong in practice.
    #[serde(rename = "trouble")]
    pub troubles: Vec<Trouble>,
    /// Where its facts come from.
    pub evidence: Vec<Evidence>,
}

impl Profile {
    /// The client's name, in which variables still stand in braces.
    pub fn client_name(&self) -> Option<&str> {
        self.client.get("name").and_then(toml::Value::as_str)
    }

    /// The redirect URIs, in which variables still stand in braces.
    pub fn redirect_uris(&self) -> Vec<&str> {
        let uris = self.client.get("redirect_uris").and_then(toml::Value::as_array);
        uris.into_iter().flatten().filter_map(toml::Value::as_str).collect()
    }
}

/// How far this version serves a vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// All that the vendor asks for.
    #[default]
    Full,
    /// Users sign in; something that the vendor could use besides is not offered.
    Partial,
    /// Not yet: no client can be made of it.
    Planned,
}

/// Something that must be given by `--set name=value`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What its value may look like.
    pub pattern: Pattern,
    /// What it is and where to get it.
    pub help: String,
    /// A value as it may look.
    pub example: String,
}

/// What the vendor does with claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expectations {
    /// Where it reads them.
    pub reads: ClaimSource,
    /// Without these a sign-in fails there.
    pub needs: Vec<String>,
    /// These it uses when they are there.
    pub wants: Vec<String>,
}

/// Where claims are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSource {
    /// From userinfo (OIDC Core §5.3).
    #[default]
    Userinfo,
    /// From the ID token (OIDC Core §2).
    IdToken,
}

/// What the vendor is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handover {
    /// Where in the vendor's product it is typed in.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// Ways to authenticate that work, the vendor's own default first.
    pub token_endpoint_auth_methods: Vec<String>,
    /// The vendor's fields, by the vendor's names and in the vendor's order.
    pub fields: Vec<FieldSpec>,
}

/// A field of the vendor's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldSpec {
    /// What the vendor calls it.
    pub label: String,
    /// What of ours belongs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<Fact>,
    /// Or what is to be chosen there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What else to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Something of ours that vendors ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the registered ones of discovery and registration")]
pub enum Fact {
    Issuer,
    Discovery,
    AuthorizationEndpoint,
    TokenEndpoint,
    UserinfoEndpoint,
    JwksUri,
    IntrospectionEndpoint,
    RevocationEndpoint,
    EndSessionEndpoint,
    ClientId,
    ClientSecret,
    RedirectUri,
    Scope,
    /// The scopes, separated by commas.
    ScopeByCommas,
    TokenEndpointAuthMethod,
    IdTokenSignedResponseAlg,
}

/// How the vendor's program behaves on the wire: what a relying party that stands in for it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// How it authenticates at the token endpoint.
    pub auth_method: SentAuth,
    /// How it writes id and secret into a Basic header.
    pub encoding: BasicEncoding,
    /// Whether it sends PKCE (RFC 7636).
    pub pkce: bool,
    /// Whether it sends `nonce`.
    pub nonce: bool,
    /// Whether it sends `state`.
    pub state: bool,
    /// In which order it names scopes.
    pub scope_order: ScopeOrder,
    /// Whether it repeats `scope` in the token request.
    pub sends_scope_at_token: bool,
    /// Whether it calls userinfo.
    pub userinfo: bool,
    /// Whether it validates access tokens by introspection (RFC 7662).
    pub introspects: bool,
    /// The `response_mode` it asks for.
    pub response_mode: SentResponseMode,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            auth_method: SentAuth::Basic,
            encoding: BasicEncoding::Raw,
            pkce: false,
            nonce: true,
            state: true,
            scope_order: ScopeOrder::AsListed,
            sends_scope_at_token: false,
            userinfo: true,
            introspects: false,
            response_mode: SentResponseMode::Query,
        }
    }
}

/// How a program authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SentAuth {
    /// HTTP Basic, RFC 6749 §2.3.1.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form, RFC 6749 §2.3.1.
    #[serde(rename = "client_secret_post")]
    Post,
    /// Not at all.
    #[serde(rename = "none")]
    None,
}

/// How id and secret are written into a Basic header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasicEncoding {
    /// As they are.
    Raw,
    /// Form-urlencoded first, as RFC 6749 §2.3.1 has it.
    Form,
}

/// In which order scopes are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeOrder {
    /// The same each time.
    AsListed,
    /// Another each time.
    Random,
}

/// The `response_mode` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum SentResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// A step of trying it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProfileTestStep")]
pub struct TestStep {
    /// What to do.
    pub step: String,
    /// What should happen.
    pub expect: String,
    /// The command that does it, with `{issuer}` and `{client_id}` to be filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// Something that goes wrong in practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProfileTrouble")]
pub struct Trouble {
    /// What one sees.
    pub sees: String,
    /// What it means, and how to mend it.
    pub means: String,
}

/// Where facts come from, and how sure they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProfileEvidence")]
pub struct Evidence {
    /// How sure.
    pub mark: Mark,
    /// Which facts.
    pub facts: String,
    /// Where they come from.
    pub source: String,
}

/// How sure a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProfileMark")]
pub enum Mark {
    /// Read in the vendor's own document.
    S,
    /// Read in the vendor's public code.
    C,
    /// Measured: the vendor's program or library was run against an OpenID provider.
    M,
    /// Reconstructed: the documents are silent.
    R,
    /// General knowledge, not verified anew.
    K,
}

impl Mark {
    /// What the letter stands for.
    pub fn words(self) -> &'static str {
        match self {
            Self::S => "read in the vendor's document",
            Self::C => "read in public code",
            Self::M => "measured on the wire",
            Self::R => "reconstructed",
            Self::K => "general knowledge, not verified anew",
        }
    }
}
