//! A client (relying party) and its policy.
//!
//! Every strictness is a setting of the client, never of the server: a vendor whose library cannot
//! follow the default is relaxed by name, and nobody else is.

mod admission;
mod kept;
mod relaxation;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use admission::NotAdmitted;
pub use kept::Kept;
pub use relaxation::Relaxation;
pub use settings::{ClientSettings, Lifetimes, RefreshPolicy};
pub use words::{
    AccessTokenFormat, AuthMethod, ClaimsPlacement, ConsentPolicy, Environment, GrantType,
    PkcePolicy, SigningAlg,
};

use crate::Timestamp;
use crate::ids::{ClientId, ClientKey, ClientSecretId, OrgId};

/// A registered client.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its row.
    pub key: ClientKey,
    /// The organization it belongs to.
    pub org: OrgId,
    /// What it calls itself on the wire.
    pub client_id: ClientId,
    /// What people read.
    pub name: String,
    /// Whether it may be used.
    pub status: Status,
    /// Its policy and metadata.
    pub settings: ClientSettings,
    /// Its secrets, retired ones included.
    pub secrets: Vec<ClientSecret>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Whether something takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// Switched off: nothing new starts and nothing old works.
    Disabled,
}

/// One of a client's secrets; several may live at once, so that a rotation can overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Its row.
    pub id: ClientSecretId,
    /// What the admin calls it.
    pub label: String,
    /// Its first characters, to tell it from others.
    pub prefix: String,
    /// Its keyed digest.
    pub digest: SecretDigest,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it, as the event log names them; empty when that was not kept.
    pub created_by: String,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last accepted, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ClientSecret {
    /// Whether the secret is accepted at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A keyed digest (HMAC-SHA-256) of a client secret, compared in constant time.
#[derive(Clone, Copy)]
pub struct SecretDigest(pub [u8; 32]);

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq as _;
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}
