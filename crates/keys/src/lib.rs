//! Key management: everything that holds, makes or checks a secret.
//!
//! | room | owns |
//! |---|---|
//! | [`alg`] | which signature algorithms exist, and which key each wants |
//! | [`signing`] | one signing key: generation, import, JWK, the signature itself |
//! | [`verify`] | the strict reading of a JWT: algorithm fixed by key, nothing assumed present |
//! | [`lifecycle`] | when a key is published, signs, retires and goes: pure decisions |
//! | [`ring`] | the keys of this node, cached and replaceable under load |
//! | [`jwe`] | encrypted tokens |
//! | [`sealing`] | secrets at rest, under a master key kept outside the database |
//! | [`digest`] | keyed digests of machine-made secrets, derived values, CSRF tokens |
//! | [`password`] | human passwords: Argon2id on a bounded pool, imported hashes |
//!
//! A signature's path: the edge calls [`ring::KeyRing::sign`] with claims; the ring finds the key
//! that [`lifecycle::signer`] names, joins the header prepared for it with the claims, and lets
//! aws-lc sign. josekit is the JOSE layer: our keys implement its `JwsSigner` and `JwsVerifier`
//! traits, it reads tokens and does all of JWE, and its own OpenSSL implementations are the second
//! opinion in the tests.
//!
//! Times are `i64` milliseconds since the Unix epoch and always arguments. Random bytes are
//! arguments too, with three exceptions where the library must draw them itself: key generation,
//! signatures (ECDSA, RSASSA-PSS) and JWE.

pub mod alg;
pub mod digest;
pub mod jwe;
pub mod lifecycle;
pub mod password;
pub mod ring;
pub mod sealing;
pub mod signing;
pub mod verify;

mod b64;
mod header;

pub use alg::{Alg, KeyType};
pub use digest::DigestKey;
pub use lifecycle::{KeyRecord, Phase, Policy, Step};
pub use password::{PasswordPool, PoolConfig, PoolError, Verdict};
pub use ring::{KeyRing, RingKey, SignError};
pub use sealing::{MasterKey, Masters};
pub use signing::SigningKey;
pub use verify::{Audience, Expect, Typ, Verified, VerifyError, VerifyingKey};
