use proptest::prelude::*;

use super::*;

const HOUR: i64 = 60 * 60 * 1000;
const MINUTE: i64 = 60 * 1000;

fn policy() -> Policy {
    let wanted = vec![(Alg::RS256, KeyType::Rsa2048), (Alg::ES256, KeyType::P256)];
    Policy::new(wanted, Duration::from_secs(60 * 60))
}

/// The rows, and what a store does with steps: each change guarded by its moment being empty.
#[derive(Default)]
struct Rows {
    records: Vec<KeyRecord>,
    made: usize,
}

impl Rows {
    fn apply(&mut self, steps: Vec<Step>, now: i64) {
        for step in steps {
            match step {
                Step::Create { alg, start, .. } => {
                    self.made += 1;
                    self.records.push(KeyRecord {
                        kid: format!("{alg}-{}", self.made),
                        alg,
                        published_at: now,
                        signing_at: (start == Start::AtOnce).then_some(now),
                        retired_at: None,
                        removed_at: None,
                    });
                }
                Step::Promote { kid } => set(&mut self.find(&kid).signing_at, now),
                Step::Retire { kid } => set(&mut self.find(&kid).retired_at, now),
                Step::Remove { kid } => set(&mut self.find(&kid).removed_at, now),
            }
        }
    }

    fn find(&mut self, kid: &str) -> &mut KeyRecord {
        self.records.iter_mut().find(|record| record.kid == kid).expect("a planned key exists")
    }

    fn advance(&mut self, policy: &Policy, now: i64) {
        let steps = plan(&self.records, policy, now);
        self.apply(steps, now);
    }

    fn phase(&self, kid: &str) -> Phase {
        self.records.iter().find(|record| record.kid == kid).expect("known").phase()
    }

    fn signer(&self, alg: Alg) -> Option<&str> {
        signer(&self.records, alg).map(|record| record.kid.as_str())
    }
}

fn set(moment: &mut Option<i64>, now: i64) {
    moment.get_or_insert(now);
}

fn installed(policy: &Policy) -> Rows {
    let mut rows = Rows::default();
    rows.advance(policy, 0);
    rows
}

#[test]
fn i7_the_first_keys_of_an_installation_sign_at_once() {
    let rows = installed(&policy());
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-1"));
    assert_eq!(rows.signer(Alg::ES256), Some("ES256-2"));
    assert_eq!(plan(&rows.records, &policy(), 1), [], "nothing more is due");
}

#[test]
fn where_no_key_is_left_new_ones_sign_at_once() {
    let policy = policy();
    let mut rows = installed(&policy);
    for record in &mut rows.records {
        record.removed_at = Some(HOUR);
    }
    rows.advance(&policy, 2 * HOUR);
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-3"));
    assert_eq!(rows.signer(Alg::ES256), Some("ES256-4"));
}

#[test]
fn i7_an_algorithm_added_later_waits_like_any_other() {
    let mut policy = policy();
    let mut rows = installed(&policy);
    policy.wanted.push((Alg::EdDSA, KeyType::Ed25519));
    rows.advance(&policy, HOUR);
    assert_eq!(rows.signer(Alg::EdDSA), None);
    rows.advance(&policy, 25 * HOUR);
    assert_eq!(rows.signer(Alg::EdDSA), Some("EdDSA-3"));
}

#[test]
fn as_16_a_key_goes_through_its_phases() {
    let policy = policy();
    let mut rows = installed(&policy);
    let day = 24 * HOUR;
    let story = [
        (29 * day - 1, "RS256-1", vec![("RS256-1", Phase::Signing)]),
        (29 * day, "RS256-1", vec![("RS256-1", Phase::Signing), ("RS256-3", Phase::Published)]),
        (30 * day - 1, "RS256-1", vec![("RS256-3", Phase::Published)]),
        (30 * day, "RS256-3", vec![("RS256-1", Phase::Retired), ("RS256-3", Phase::Signing)]),
        (31 * day + HOUR - 1, "RS256-3", vec![("RS256-1", Phase::Retired)]),
        (31 * day + HOUR, "RS256-3", vec![("RS256-1", Phase::Removed)]),
    ];
    for (now, signing, phases) in story {
        rows.advance(&policy, now);
        assert_eq!(rows.signer(Alg::RS256), Some(signing), "at {now}");
        for (kid, phase) in phases {
            assert_eq!(rows.phase(kid), phase, "{kid} at {now}");
        }
    }
}

#[test]
fn i7_publish_ahead_cannot_undercut_the_jwks_cache() {
    let policy = Policy { publish_ahead: Duration::ZERO, ..policy() };
    let mut rows = installed(&policy);
    rows.apply(rotate(&rows.records, &policy, Alg::RS256, Rotation::Planned).expect("ok"), HOUR);
    rows.advance(&policy, HOUR + 15 * MINUTE);
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-1"), "caches may just have turned over");
    rows.advance(&policy, HOUR + 15 * MINUTE + 5000);
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-3"));
}

#[test]
fn as_16_a_planned_rotation_publishes_beside_the_old_key() {
    let policy = policy();
    let mut rows = installed(&policy);
    let steps = rotate(&rows.records, &policy, Alg::RS256, Rotation::Planned).expect("ok");
    rows.apply(steps, HOUR);
    assert_eq!(rows.phase("RS256-1"), Phase::Signing);
    assert_eq!(rows.phase("RS256-3"), Phase::Published);
    assert_eq!(
        rotate(&rows.records, &policy, Alg::RS256, Rotation::Planned),
        Err(RotateError::AlreadyPublished { kid: "RS256-3".into(), ready_at: 25 * HOUR })
    );
}

#[test]
fn an_immediate_rotation_keeps_the_old_key_published() {
    let policy = policy();
    let mut rows = installed(&policy);
    let steps = rotate(&rows.records, &policy, Alg::RS256, Rotation::Immediate).expect("ok");
    rows.apply(steps, HOUR);
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-3"));
    assert_eq!(rows.phase("RS256-1"), Phase::Retired);
    assert_eq!(rows.signer(Alg::ES256), Some("ES256-2"), "other algorithms are untouched");
}

#[test]
fn an_immediate_rotation_prefers_the_key_that_is_published_already() {
    let policy = policy();
    let mut rows = installed(&policy);
    for rotation in [Rotation::Planned, Rotation::Immediate] {
        let steps = rotate(&rows.records, &policy, Alg::RS256, rotation).expect("ok");
        rows.apply(steps, HOUR);
    }
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-3"));
    assert_eq!(rows.made, 3);
}

#[test]
fn a_compromise_withdraws_every_key_of_the_algorithm() {
    let policy = policy();
    let mut rows = installed(&policy);
    rows.advance(&policy, 29 * 24 * HOUR);
    assert_eq!(rows.phase("RS256-3"), Phase::Published);
    let steps = rotate(&rows.records, &policy, Alg::RS256, Rotation::Compromised).expect("ok");
    rows.apply(steps, 29 * 24 * HOUR);
    assert_eq!(rows.phase("RS256-1"), Phase::Removed);
    assert_eq!(rows.phase("RS256-3"), Phase::Removed);
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-5"));
    let told = Rotation::Compromised.consequence(&policy);
    assert!(told.contains("15 minutes") && told.contains("stops verifying"), "{told}");
}

#[test]
fn the_last_signer_is_not_retired_by_hand() {
    let policy = policy();
    let mut rows = installed(&policy);
    let last = RotateError::LastSigner { kid: "RS256-1".into(), alg: Alg::RS256 };
    assert_eq!(retire(&rows.records, "RS256-1"), Err(last));
    assert_eq!(retire(&rows.records, "nobody"), Err(RotateError::UnknownKey("nobody".into())));
    let steps = rotate(&rows.records, &policy, Alg::RS256, Rotation::Immediate).expect("ok");
    rows.apply(steps, 1);
    let done = RotateError::AlreadyDone { kid: "RS256-1".into(), phase: Phase::Retired };
    assert_eq!(retire(&rows.records, "RS256-1"), Err(done));
}

#[test]
fn two_nodes_that_plan_at_once_leave_one_signer() {
    let policy = policy();
    let mut rows = Rows::default();
    let (one, two) = (plan(&rows.records, &policy, 0), plan(&rows.records, &policy, 0));
    rows.apply(one, 0);
    rows.apply(two, 1);
    rows.advance(&policy, 2);
    let due = 29 * 24 * HOUR + 2;
    let (one, two) = (plan(&rows.records, &policy, due), plan(&rows.records, &policy, due));
    rows.apply(one, due);
    rows.apply(two, due);
    rows.advance(&policy, due + 24 * HOUR);
    for alg in [Alg::RS256, Alg::ES256] {
        let alive = |phase| {
            let is = |record: &&KeyRecord| record.alg == alg && record.phase() == phase;
            rows.records.iter().filter(is).count()
        };
        assert_eq!((alive(Phase::Signing), alive(Phase::Published)), (1, 0), "{alg}");
    }
}

#[test]
fn i31_a_clock_set_back_revives_nothing() {
    let policy = policy();
    let mut rows = installed(&policy);
    let steps = rotate(&rows.records, &policy, Alg::RS256, Rotation::Compromised).expect("ok");
    rows.apply(steps, HOUR);
    rows.advance(&policy, -24 * HOUR);
    assert_eq!(rows.phase("RS256-1"), Phase::Removed);
    assert_eq!(rows.signer(Alg::RS256), Some("RS256-3"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any policy, any rhythm of the job, planned rotations at any time, two nodes at times.
    #[test]
    fn i7_no_schedule_signs_with_a_key_the_caches_may_lack(
        ahead in 0i64..48,
        every in 1i64..1000,
        after in 1i64..200,
        max_age in 1i64..600,
        moves in prop::collection::vec((1i64..40 * HOUR, 0u8..4), 1..60),
    ) {
        let span = |millis: i64| Duration::from_millis(millis.unsigned_abs());
        let policy = Policy {
            wanted: vec![(Alg::RS256, KeyType::Rsa2048), (Alg::ES256, KeyType::P256)],
            publish_ahead: span(ahead * HOUR),
            rotate_every: span(every * HOUR),
            retire_after: span(after * HOUR),
            jwks_max_age: span(max_age * MINUTE),
        };
        let mut rows = installed(&policy);
        let mut now = 0;
        for (pause, kind) in moves {
            now += pause;
            let stale = plan(&rows.records, &policy, now);
            rows.advance(&policy, now);
            match kind {
                0 => if let Ok(steps) = rotate(&rows.records, &policy, Alg::RS256, Rotation::Planned) {
                    rows.apply(steps, now);
                },
                1 => rows.apply(stale, now),
                _ => {}
            }
            for alg in [Alg::RS256, Alg::ES256] {
                let signing = signer(&rows.records, alg).expect("never without a signer");
                let began = signing.signing_at.expect("signing");
                let first = signing.published_at == 0;
                prop_assert!(first || began - signing.published_at >= max_age * MINUTE, "{signing:?}");
            }
            for record in &rows.records {
                let Some(removed) = record.removed_at else { continue };
                let retired = record.retired_at.expect("retired before it is removed");
                prop_assert!(removed - retired >= after * HOUR, "{record:?}");
            }
        }
    }
}
