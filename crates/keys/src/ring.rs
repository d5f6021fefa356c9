//! The keys of this node: parsed, ordered and rendered once, replaced as a whole.
//!
//! Readers never wait: a signature loads the current snapshot, finds the key of its algorithm and
//! joins the header prepared for it with the claims. [`KeyRing::replace`] swaps the snapshot when
//! the rows have changed. Which key signs is not this module's decision but
//! [`lifecycle::signer`]'s.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use serde_json::json;

use crate::alg::Alg;
use crate::b64;
use crate::lifecycle::{self, KeyRecord, Phase};
use crate::signing::{KeyError, SigningKey};
use crate::verify::{self, Expect, Verified, VerifyError};

/// The `typ` values whose headers are prepared: ID tokens, access tokens (RFC 9068 §2.1), logout
/// tokens (OIDC Back-Channel Logout §2.4), signed introspection (RFC 9701 §5). Any other is built
/// as needed.
const PREPARED: [&str; 4] = ["JWT", "at+jwt", "logout+jwt", "token-introspection+jwt"];

/// A key with the moments of its life.
#[derive(Clone, Debug)]
pub struct RingKey {
    /// Its row.
    pub record: KeyRecord,
    /// Itself.
    pub key: SigningKey,
}

/// The signing keys of an installation, as this node knows them.
pub struct KeyRing {
    snapshot: ArcSwap<Snapshot>,
}

struct Snapshot {
    slots: Vec<Slot>,
    jwks: Arc<[u8]>,
}

struct Slot {
    record: KeyRecord,
    key: SigningKey,
    headers: Vec<(&'static str, String)>,
}

/// Why keys do not form a ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Two keys under one id.
    #[error("two keys have the kid {0:?}; every kid in a key set must be unique")]
    DuplicateKid(String),
    /// A row and the key in it disagree.
    #[error(
        "the row of key {row_kid} ({row_alg}) holds key {key_kid} ({key_alg}); the row is damaged"
    )]
    Mismatch {
        /// What the row says.
        row_kid: String,
        /// What the row says.
        row_alg: Alg,
        /// What the key is.
        key_kid: String,
        /// What the key is.
        key_alg: Alg,
    },
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// No key of that algorithm signs now.
    #[error("no {0} key signs yet; look at the list of signing keys")]
    NoSigner(Alg),
    /// The claims do not serialise.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(#[from] serde_json::Error),
    /// The library failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl KeyRing {
    /// A ring of these keys.
    pub fn new(keys: Vec<RingKey>) -> Result<Self, RingError> {
        Ok(Self { snapshot: ArcSwap::from_pointee(Snapshot::build(keys)?) })
    }

    /// Takes other keys. On an error the ring stays as it was.
    pub fn replace(&self, keys: Vec<RingKey>) -> Result<(), RingError> {
        self.snapshot.store(Arc::new(Snapshot::build(keys)?));
        Ok(())
    }

    /// Signs claims as a JWT in compact form (RFC 7519 §7.1).
    pub fn sign<C: Serialize + ?Sized>(
        &self,
        alg: Alg,
        typ: &str,
        claims: &C,
    ) -> Result<String, SignError> {
        let snapshot = self.snapshot.load();
        let slot = snapshot.signer(alg).ok_or(SignError::NoSigner(alg))?;
        let payload = serde_json::to_vec(claims)?;
        let prepared = slot.headers.iter().find(|(name, _)| *name == typ);

        let mut token = String::with_capacity(256 + payload.len() * 4 / 3 + 700);
        match prepared {
            Some((_, header)) => token.push_str(header),
            None => token.push_str(&header(&slot.key, typ)),
        }
        token.push('.');
        b64::url_onto(&payload, &mut token);
        let signature = slot.key.sign_bytes(token.as_bytes())?;
        token.push('.');
        b64::url_onto(&signature, &mut token);
        Ok(token)
    }

    /// Verifies a token that one of these keys signed, and that is what `expect` says.
    pub fn verify(&self, token: &str, expect: &Expect<'_>) -> Result<Verified, VerifyError> {
        let snapshot = self.snapshot.load();
        verify::verify(token, expect, |kid| {
            let kid = kid.ok_or(VerifyError::NoKid)?;
            let slot = snapshot.slots.iter().find(|slot| slot.key.kid() == kid);
            slot.map(|slot| slot.key.verifying_key())
                .ok_or_else(|| VerifyError::UnknownKid(kid.chars().take(128).collect()))
        })
    }

    /// The public key set (RFC 7517 §5), rendered when the keys were last replaced.
    pub fn jwks(&self) -> Arc<[u8]> {
        Arc::clone(&self.snapshot.load().jwks)
    }

    /// The algorithms that have a signer, for discovery.
    pub fn algs(&self) -> Vec<Alg> {
        let snapshot = self.snapshot.load();
        Alg::ALL.into_iter().filter(|alg| snapshot.signer(*alg).is_some()).collect()
    }

    /// The key that signs with `alg`.
    pub fn signing_kid(&self, alg: Alg) -> Option<String> {
        self.snapshot.load().signer(alg).map(|slot| slot.key.kid().to_owned())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.snapshot.load();
        f.debug_list().entries(snapshot.slots.iter().map(|slot| &slot.key)).finish()
    }
}

impl Snapshot {
    fn build(mut keys: Vec<RingKey>) -> Result<Self, RingError> {
        keys.retain(|entry| entry.record.phase() != Phase::Removed);
        let mut seen = HashSet::new();
        for RingKey { record, key } in &keys {
            if record.kid != key.kid() || record.alg != key.alg() {
                return Err(RingError::Mismatch {
                    row_kid: record.kid.clone(),
                    row_alg: record.alg,
                    key_kid: key.kid().to_owned(),
                    key_alg: key.alg(),
                });
            }
            if !seen.insert(record.kid.as_str()) {
                return Err(RingError::DuplicateKid(record.kid.clone()));
            }
        }
        // Some relying parties take the first key they can use: the one that signs comes first.
        keys.sort_by_key(|entry| {
            let phase = match entry.record.phase() {
                Phase::Signing => 0,
                Phase::Published => 1,
                Phase::Retired | Phase::Removed => 2,
            };
            (phase, entry.record.alg, std::cmp::Reverse(entry.record.published_at))
        });
        let public: Vec<&_> = keys.iter().map(|entry| entry.key.public_jwk()).collect();
        let jwks = json!({ "keys": public }).to_string().into_bytes().into();
        let slots = keys.into_iter().map(Slot::from).collect();
        Ok(Self { slots, jwks })
    }

    fn signer(&self, alg: Alg) -> Option<&Slot> {
        let record = lifecycle::signer(self.slots.iter().map(|slot| &slot.record), alg)?;
        self.slots.iter().find(|slot| slot.record.kid == record.kid)
    }
}

impl From<RingKey> for Slot {
    fn from(RingKey { record, key }: RingKey) -> Self {
        let headers = PREPARED.into_iter().map(|typ| (typ, header(&key, typ))).collect();
        Self { record, key, headers }
    }
}

/// The protected header in base64url (RFC 7515 §7.1); always with `kid` (AS-84).
fn header(key: &SigningKey, typ: &str) -> String {
    b64::url(json!({ "typ": typ, "alg": key.alg(), "kid": key.kid() }).to_string())
}
