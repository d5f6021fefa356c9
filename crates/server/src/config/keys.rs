//! `[keys]`: how signing keys come and go.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vestibule_keys::{Alg, KeyType, Policy};
use vestibule_protocol::client::SigningAlg;

use super::units;

/// Signing keys: published, then signing, then retired, then removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Keys {
    /// How long the next key is published before it signs; never less than `jwks_max_age`.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub publish_ahead: Duration,
    /// How long a key signs.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub rotate_every: Duration,
    /// How long relying parties may keep our key set.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub jwks_max_age: Duration,
    /// How long a key stays published after the last token it can have signed has ended, and the
    /// last session whose ID token it can have signed.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub keep_retired: Duration,
    /// Algorithms that have a key from the start; RS256 and ES256 are always among them.
    #[schemars(with = "Vec<String>")]
    pub algorithms: Vec<SigningAlg>,
    /// Size of new RSA keys: 2048, 3072 or 4096.
    pub rsa_bits: u32,
}

const HOUR: u64 = 3600;

/// No access token and no ID token lives longer; `tokens` and every client are held to it.
pub const LONGEST_TOKEN: Duration = Duration::from_secs(HOUR);

impl Keys {
    /// How the keys of this installation come and go. A retired key stays for as long as a session
    /// may last, too: its ID tokens come back as `id_token_hint` while their users are signed in,
    /// long after they expired (RP-Initiated Logout §2).
    pub fn policy(&self, longest_session: Duration) -> Policy {
        let in_use = LONGEST_TOKEN.max(longest_session);
        let always = [SigningAlg::Rs256, SigningAlg::Es256];
        let mut wanted = Vec::new();
        for alg in always.iter().chain(&self.algorithms) {
            let alg = key_alg(*alg);
            if !wanted.iter().any(|(known, _)| *known == alg) {
                wanted.push((alg, self.key_type(alg)));
            }
        }
        Policy {
            publish_ahead: self.publish_ahead,
            rotate_every: self.rotate_every,
            retire_after: in_use.saturating_add(self.keep_retired),
            jwks_max_age: self.jwks_max_age,
            ..Policy::new(wanted, LONGEST_TOKEN)
        }
    }

    fn key_type(&self, alg: Alg) -> KeyType {
        match (alg.default_key_type(), self.rsa_bits) {
            (KeyType::Rsa2048, 3072) => KeyType::Rsa3072,
            (KeyType::Rsa2048, 4096) => KeyType::Rsa4096,
            (key_type, _) => key_type,
        }
    }
}

/// The same algorithm in the words of the keys crate.
pub fn key_alg(alg: SigningAlg) -> Alg {
    match alg {
        SigningAlg::Rs256 => Alg::RS256,
        SigningAlg::Rs384 => Alg::RS384,
        SigningAlg::Rs512 => Alg::RS512,
        SigningAlg::Ps256 => Alg::PS256,
        SigningAlg::Es256 => Alg::ES256,
        SigningAlg::Es384 => Alg::ES384,
        SigningAlg::EdDsa => Alg::EdDSA,
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            publish_ahead: Duration::from_secs(24 * HOUR),
            rotate_every: Duration::from_secs(30 * 24 * HOUR),
            jwks_max_age: Duration::from_secs(HOUR / 4),
            keep_retired: Duration::from_secs(24 * HOUR),
            algorithms: vec![SigningAlg::Rs256, SigningAlg::Es256],
            rsa_bits: 2048,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_108_a_key_is_kept_while_sessions_last_whose_id_tokens_it_signed() {
        let (keys, day) = (Keys::default(), Duration::from_secs(24 * HOUR));
        assert_eq!(keys.policy(day * 30).retire_after, day * 30 + keys.keep_retired);
        let minute = Duration::from_secs(60);
        assert_eq!(keys.policy(minute).retire_after, LONGEST_TOKEN + keys.keep_retired);
    }
}
