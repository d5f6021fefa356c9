//! Client authentication at the token, introspection and revocation endpoints (RFC 6749 §2.3).
//!
//! [`present`] reads what was sent, the caller looks up the [`Presented::candidates`], and
//! [`authenticate`] decides. The peer cannot tell the refusals apart; the operator can, down to "the
//! secret would match without the line break at its end".

mod decide;
mod present;

use serde::Serialize;
use zeroize::Zeroizing;

pub use decide::authenticate;
pub use present::present;

use crate::ids::{ClientId, ClientSecretId};

/// What a request says about who sends it.
pub struct Presented {
    used: AuthMethodUsed,
    /// What was sent, in the readings that RP libraries mean; the first is the likeliest.
    readings: Vec<Credentials>,
}

struct Credentials {
    client_id: ClientId,
    secret: Option<Zeroizing<String>>,
}

/// How a request authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum AuthMethodUsed {
    /// The `Authorization` header.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// The form.
    #[serde(rename = "client_secret_post")]
    Post,
    /// Only a `client_id`.
    #[serde(rename = "none")]
    None,
}

impl AuthMethodUsed {
    /// The registered word (OIDC Core §9).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::None => "none",
        }
    }
}

/// A client that has proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// How.
    pub method: AuthMethodUsed,
    /// With which of its secrets; a public client has none.
    pub secret: Option<ClientSecretId>,
}

/// What is wrong with a wrong secret, as far as that can be said without saying the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretDiagnosis {
    /// How many bytes were sent.
    pub length: usize,
    /// White space at an end of it.
    pub surrounding_white_space: bool,
    /// It matches without that white space.
    pub matches_when_trimmed: bool,
    /// It matches after percent-decoding: the library escapes what it sends in the form.
    pub matches_when_decoded: bool,
    /// It matches with `+` for each space: the library does not escape what it sends.
    pub matches_when_escaped: bool,
}

impl Presented {
    /// The client ids to look up, in this order; the first that exists is the client. The last may
    /// be a secret that was sent in the place of the id: it finds a client that swapped the two, and
    /// never authenticates it.
    pub fn candidates(&self) -> impl Iterator<Item = ClientId> {
        let ids = self.readings.iter().map(|reading| reading.client_id.clone());
        let secrets = self.readings.iter().filter_map(|reading| reading.secret.as_ref());
        let swapped = secrets.filter(|secret| secret.len() <= 256).take(1);
        ids.chain(swapped.map(|secret| ClientId(secret.to_string())))
    }

    /// The secrets that were sent, in all readings, for the search of whose they are.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.readings.iter().filter_map(|reading| reading.secret.as_ref()).map(|it| it.as_str())
    }

    /// How the request authenticates.
    pub fn used(&self) -> AuthMethodUsed {
        self.used
    }
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented").field("used", &self.used).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
