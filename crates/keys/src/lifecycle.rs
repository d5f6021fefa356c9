//! When a signing key is published, signs, retires and goes (security invariant I7, promise P5).
//!
//! ```text
//! published ──▶ signing ──▶ retired ──▶ removed
//!   in JWKS      in JWKS     in JWKS     gone
//! ```
//!
//! A relying party caches our JWKS for as long as we tell it to. A key that signed before every
//! cache had it would break sign-ins at random, so the next key is published well ahead and is
//! promoted only after the longest cache has turned over. A retired key stays published until the
//! last token it signed has expired.
//!
//! Everything here is a pure decision over [`KeyRecord`]s: a job calls [`plan`], commits the
//! [`Step`]s in one transaction that has locked the rows and finds them as they were planned from
//! (so two nodes may plan at once), and every node's ring follows the rows.
//!
//! Two exceptions, each chosen by a person and each told its price: the first keys of an
//! installation sign at once, since nobody has cached anything yet; and [`Rotation::Immediate`] or
//! [`Rotation::Compromised`] trade a few minutes of failing verifications for speed.

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::alg::{Alg, KeyType};

/// Between a commit on one node and the JWKS of every other.
const PROPAGATION: Duration = Duration::from_secs(5);

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// In the JWKS, not signing yet.
    Published,
    /// In the JWKS and signing.
    Signing,
    /// In the JWKS for the tokens it signed; signs no more.
    Retired,
    /// No longer in the JWKS.
    Removed,
}

impl Phase {
    /// The name shown by `vestibule key list`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Signing => "signing",
            Self::Retired => "retired",
            Self::Removed => "removed",
        }
    }
}

/// The moments of a key's life, as its row holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id in the JWKS.
    pub kid: String,
    /// What it signs with.
    pub alg: Alg,
    /// When it entered the JWKS.
    pub published_at: i64,
    /// When it began to sign.
    pub signing_at: Option<i64>,
    /// When it stopped.
    pub retired_at: Option<i64>,
    /// When it left the JWKS.
    pub removed_at: Option<i64>,
}

impl KeyRecord {
    /// The key's phase. A moment that is recorded has come, whatever the clock says now: a clock
    /// set back must not revive a retired or removed key (invariant I31).
    pub fn phase(&self) -> Phase {
        if self.removed_at.is_some() {
            Phase::Removed
        } else if self.retired_at.is_some() {
            Phase::Retired
        } else if self.signing_at.is_some() {
            Phase::Signing
        } else {
            Phase::Published
        }
    }
}

/// How keys come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which algorithms must have a signing key, and of which type.
    pub wanted: Vec<(Alg, KeyType)>,
    /// How long a key is published before it signs.
    pub publish_ahead: Duration,
    /// How long a key signs.
    pub rotate_every: Duration,
    /// How long a key stays published after it stopped: the longest token life, and a day.
    pub retire_after: Duration,
    /// What the JWKS answer's `Cache-Control: max-age` says.
    pub jwks_max_age: Duration,
}

impl Policy {
    /// The default policy where no token lives longer than `max_token_life`.
    pub fn new(wanted: Vec<(Alg, KeyType)>, max_token_life: Duration) -> Self {
        Self {
            wanted,
            publish_ahead: DAY,
            rotate_every: DAY * 30,
            retire_after: max_token_life.saturating_add(DAY),
            jwks_max_age: Duration::from_secs(15 * 60),
        }
    }

    /// How long a key must have been published before it may sign: never less than the JWKS cache
    /// lifetime, whatever `publish_ahead` says.
    pub fn notice(&self) -> Duration {
        self.publish_ahead.max(self.jwks_max_age.saturating_add(PROPAGATION))
    }

    fn ready_at(&self, record: &KeyRecord) -> i64 {
        record.published_at.saturating_add(millis(self.notice()))
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// One change to the rows. Its moment is the `now` it was planned with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a key and publish it: set `published_at`, and `signing_at` too when it starts at once.
    Create {
        /// What it signs with.
        alg: Alg,
        /// What it is.
        key_type: KeyType,
        /// When it signs.
        start: Start,
    },
    /// Set `signing_at`.
    Promote {
        /// Which key.
        kid: String,
    },
    /// Set `retired_at`.
    Retire {
        /// Which key.
        kid: String,
    },
    /// Set `removed_at` and destroy the private key.
    Remove {
        /// Which key.
        kid: String,
    },
}

/// When a new key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Once it has been published for [`Policy::notice`].
    AfterNotice,
    /// At once.
    AtOnce,
}

/// The record that signs with `alg`: the one that began last. Every node asks this, so all agree.
pub fn signer<'a>(
    records: impl IntoIterator<Item = &'a KeyRecord>,
    alg: Alg,
) -> Option<&'a KeyRecord> {
    records
        .into_iter()
        .filter(|record| record.alg == alg && record.phase() == Phase::Signing)
        .max_by_key(|record| (record.signing_at, record.kid.as_str()))
}

/// What is due at `now`. `records` are all keys ever made, removed ones included. Where no key is left the
/// first ones sign at once: either nobody can have cached a JWKS, or what is cached verifies nothing more.
pub fn plan(records: &[KeyRecord], policy: &Policy, now: i64) -> Vec<Step> {
    if records.iter().all(|record| record.phase() == Phase::Removed) {
        let create = |&(alg, key_type)| Step::Create { alg, key_type, start: Start::AtOnce };
        return policy.wanted.iter().map(create).collect();
    }
    let mut steps = Vec::new();
    for &(alg, key_type) in &policy.wanted {
        steps.extend(advance(records, policy, alg, key_type, now));
    }
    let superseded = records.iter().filter(|record| {
        let current = signer(records, record.alg);
        record.phase() == Phase::Signing && current.is_some_and(|key| key.kid != record.kid)
    });
    steps.extend(superseded.map(|record| Step::Retire { kid: record.kid.clone() }));
    let gone = millis(policy.retire_after);
    let outlived = records.iter().filter(|record| {
        let end = record.retired_at.map(|moment| moment.saturating_add(gone));
        record.phase() == Phase::Retired && end.is_some_and(|end| end <= now)
    });
    steps.extend(outlived.map(|record| Step::Remove { kid: record.kid.clone() }));
    steps
}

/// Creates the next key of one algorithm ahead of time, or promotes it when its notice is over.
fn advance(
    records: &[KeyRecord],
    policy: &Policy,
    alg: Alg,
    key_type: KeyType,
    now: i64,
) -> Vec<Step> {
    if let Some(next) = next_key(records, alg) {
        return if policy.ready_at(next) > now { Vec::new() } else { promote(next, records) };
    }
    let due = signer(records, alg).and_then(|key| key.signing_at).map(|began| {
        let life = millis(policy.rotate_every.saturating_sub(policy.notice()));
        began.saturating_add(life)
    });
    if due.is_some_and(|due| due > now) {
        return Vec::new();
    }
    vec![Step::Create { alg, key_type, start: Start::AfterNotice }]
}

/// The published key that has waited longest.
fn next_key(records: &[KeyRecord], alg: Alg) -> Option<&KeyRecord> {
    records
        .iter()
        .filter(|record| record.alg == alg && record.phase() == Phase::Published)
        .min_by_key(|record| record.published_at)
}

/// How a person rotates keys by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Publish the next key now; it signs after the usual notice.
    Planned,
    /// Sign with a new key now; the old one stays published for its tokens.
    Immediate,
    /// Sign with a new key now, and withdraw all others of that algorithm at once: they may be in
    /// other hands.
    Compromised,
}

impl Rotation {
    /// What it will cost, to be shown before it is done.
    pub fn consequence(self, policy: &Policy) -> String {
        let minutes = policy.jwks_max_age.as_secs().div_ceil(60);
        match self {
            Self::Planned => format!(
                "A new key is published now and signs in {} hours; nothing is interrupted.",
                policy.notice().as_secs().div_ceil(3600)
            ),
            Self::Immediate => format!(
                "A new key signs at once. Relying parties that cached the old key set and do not fetch it again for an unknown kid refuse new tokens for up to {minutes} minutes."
            ),
            Self::Compromised => format!(
                "A new key signs at once and all earlier keys of this algorithm leave the key set: every token they signed stops verifying. Relying parties that cached the old key set may refuse new tokens, and still accept forged ones, for up to {minutes} minutes."
            ),
        }
    }
}

/// Why a manual change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// The policy wants no key of that algorithm.
    #[error("no {0} key is configured; add {0} to the configured algorithms first")]
    NotWanted(Alg),
    /// The next key is published already.
    #[error(
        "key {kid} is already published and signs at {ready_at} (milliseconds since 1970); rotate immediately if that is too late"
    )]
    AlreadyPublished {
        /// The next key.
        kid: String,
        /// When it will sign.
        ready_at: i64,
    },
    /// No key of that id.
    #[error("no key {0:?}; look it up in the list of signing keys")]
    UnknownKey(String),
    /// The key is past that.
    #[error("key {kid} is {phase} already", phase = .phase.as_str())]
    AlreadyDone {
        /// The key.
        kid: String,
        /// Where it stands.
        phase: Phase,
    },
    /// Retiring it would leave nothing to sign with.
    #[error("key {kid} is the only one that signs {alg}; rotate first")]
    LastSigner {
        /// The key.
        kid: String,
        /// What would have no signer.
        alg: Alg,
    },
}

/// The steps of a rotation by hand.
pub fn rotate(
    records: &[KeyRecord],
    policy: &Policy,
    alg: Alg,
    rotation: Rotation,
) -> Result<Vec<Step>, RotateError> {
    let wanted = policy.wanted.iter().find(|(wanted, _)| *wanted == alg);
    let &(_, key_type) = wanted.ok_or(RotateError::NotWanted(alg))?;
    let create = |start| Step::Create { alg, key_type, start };
    match (rotation, next_key(records, alg)) {
        (Rotation::Planned, Some(next)) => {
            let ready_at = policy.ready_at(next);
            Err(RotateError::AlreadyPublished { kid: next.kid.clone(), ready_at })
        }
        (Rotation::Planned, None) => Ok(vec![create(Start::AfterNotice)]),
        // A key that is already published is known to more caches than a fresh one.
        (Rotation::Immediate, Some(next)) => Ok(promote(next, records)),
        (Rotation::Immediate, None) => {
            let mut steps = vec![create(Start::AtOnce)];
            steps.extend(retire_all(records.iter(), alg));
            Ok(steps)
        }
        // Whoever has one key out of this database may have the next one too.
        (Rotation::Compromised, _) => {
            let mut steps = vec![create(Start::AtOnce)];
            for old in records.iter().filter(|record| record.alg == alg) {
                let kid = || old.kid.clone();
                match old.phase() {
                    Phase::Published | Phase::Signing => {
                        steps.extend([Step::Retire { kid: kid() }, Step::Remove { kid: kid() }]);
                    }
                    Phase::Retired => steps.push(Step::Remove { kid: kid() }),
                    Phase::Removed => {}
                }
            }
            Ok(steps)
        }
    }
}

/// Promotes a key and retires the others of its algorithm: the one that signed, and any that was
/// published beside it, when two nodes planned at the same moment.
fn promote(next: &KeyRecord, records: &[KeyRecord]) -> Vec<Step> {
    let mut steps = vec![Step::Promote { kid: next.kid.clone() }];
    steps.extend(retire_all(records.iter().filter(|record| record.kid != next.kid), next.alg));
    steps
}

fn retire_all<'a>(
    records: impl Iterator<Item = &'a KeyRecord>,
    alg: Alg,
) -> impl Iterator<Item = Step> {
    records
        .filter(move |record| record.alg == alg)
        .filter(|record| matches!(record.phase(), Phase::Published | Phase::Signing))
        .map(|record| Step::Retire { kid: record.kid.clone() })
}

/// The steps of retiring one key by hand.
pub fn retire(records: &[KeyRecord], kid: &str) -> Result<Vec<Step>, RotateError> {
    let record = records
        .iter()
        .find(|record| record.kid == kid)
        .ok_or_else(|| RotateError::UnknownKey(kid.chars().take(128).collect()))?;
    let kid = record.kid.clone();
    let phase = record.phase();
    if matches!(phase, Phase::Retired | Phase::Removed) {
        return Err(RotateError::AlreadyDone { kid, phase });
    }
    let others = records.iter().filter(|other| other.kid != kid);
    if phase == Phase::Signing && signer(others, record.alg).is_none() {
        return Err(RotateError::LastSigner { kid, alg: record.alg });
    }
    Ok(vec![Step::Retire { kid }])
}
