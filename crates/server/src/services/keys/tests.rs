//! Rotating by hand, beside others.

use super::*;
use crate::services::FaultKind;
use crate::services::testing::Installation;

#[tokio::test]
async fn of_two_rotations_planned_from_the_same_keys_one_is_carried_out() {
    let installation = Installation::new().await;
    let act = installation.act();
    let alg: Alg = list(act, false).await.unwrap()[0].alg.parse().unwrap();
    let planned = act.core.store.all_signing_keys().await.unwrap();
    let records = signing_keys::records(&planned).unwrap();
    let policy = act.core.config.key_policy();
    let rotated = async || {
        let steps = lifecycle::rotate(&records, &policy, alg, Rotation::Immediate).unwrap();
        let event = act.event("key.rotated", About::Installation, Value::Null, Value::Null);
        carry_out(act, planned.clone(), steps, event).await
    };
    rotated().await.unwrap();
    let overtaken = rotated().await.unwrap_err();
    assert_eq!(overtaken.kind(), FaultKind::Conflict, "{overtaken:?}");
    let lines = list(act, false).await.unwrap();
    let signs = |line: &&KeyLine| line.alg == alg.as_str() && line.phase == Phase::Signing.as_str();
    assert_eq!(lines.iter().filter(signs).count(), 1, "{lines:?}");
}
