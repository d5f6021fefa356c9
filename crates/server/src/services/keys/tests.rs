//! Rotating by hand, beside others.

use super::*;
use crate::services::FaultKind;
use crate::services::testing::Installation;

#[tokio::test]
async fn of_two_rotations_planned_from_the_same_keys_one_is_carried_out() {
    let installation = Installation::new().await;
    let act = installation.act();
    let alg: Alg = list(act, false).await.unwrap()[0].alg.parse().unwrap();
    let at_once = || rotate(act, alg, Rotation::Immediate);
    let (one, other) = tokio::join!(at_once(), at_once());
    let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    let kinds: Vec<_> = refused.iter().map(ServiceFault::kind).collect();
    assert_eq!(kinds, [FaultKind::Conflict], "{refused:?}");
    let lines = list(act, false).await.unwrap();
    let signs = |line: &&KeyLine| line.alg == alg.as_str() && line.phase == Phase::Signing.as_str();
    assert_eq!(lines.iter().filter(signs).count(), 1, "{lines:?}");
}
