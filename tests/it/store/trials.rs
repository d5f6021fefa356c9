//! Administrators' trials of clients.

use vestibule_protocol::authorize::trial::Trial;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::ids::{ClientKey, OrgId, TrialId};
use vestibule_protocol::opaque::Digest;
use vestibule_store::StoreError;

use super::fixtures::{NOW, World, later};
use super::on_both;

fn trial(world: &World) -> Trial {
    Trial {
        id: TrialId(world.id()),
        org: world.client.org,
        client: world.client.key,
        session: world.session.id,
        digest: Digest::of(b"trial"),
        created_at: NOW,
        expires_at: later(60),
        admitted_at: None,
        answered_at: None,
        case_code: None,
    }
}

on_both! {
    async fn a_trial_is_admitted_once_and_answered_once(database: Database) {
        let world = World::new(&database).await;
        let (store, begun) = (&world.store, trial(&world));
        let (id, org, key, row) = (begun.id, begun.org, begun.client, begun.clone());
        store.write(move |tx| tx.insert_trial(&row, "sealed")).await.unwrap();
        assert_eq!(store.presented_trial(id).await.unwrap(), Some(begun.clone()));
        assert_eq!(store.presented_trial(TrialId(id.0 + 1)).await.unwrap(), None);
        for (foreign, other) in [(OrgId(99), key), (org, ClientKey(key.0 + 1))] {
            assert_eq!(store.trial(foreign, other, id).await.unwrap(), None, "i26");
            assert_eq!(store.trials(foreign, other).await.unwrap(), vec![], "i26");
        }
        let case = CaseCode::from_random(7);
        let admit = async |at| store.write(move |tx| tx.admit_trial(id, case, at)).await.unwrap();
        let answer = async |at| store.write(move |tx| tx.answer_trial(id, at)).await.unwrap();
        assert!(!admit(later(60)).await, "too late");
        assert!(admit(later(1)).await);
        assert!(!admit(later(2)).await, "i22: once");
        assert!(!answer(later(60)).await, "too late");
        assert!(answer(later(3)).await);
        assert!(!answer(later(4)).await, "i22: once");
        store.write(move |tx| tx.report_trial(id, "report")).await.unwrap();
        let kept = store.trial(org, key, id).await.unwrap().unwrap();
        let ended = Trial {
            admitted_at: Some(later(1)),
            answered_at: Some(later(3)),
            case_code: Some(case),
            ..begun
        };
        assert_eq!((kept.trial.clone(), kept.report.as_deref()), (ended, Some("report")));
        assert_eq!(kept.sealed, None, "what was needed for the answer is gone with it");
        let next = trial(&world);
        let row = next.clone();
        store.write(move |tx| tx.insert_trial(&row, "sealed")).await.unwrap();
        let listed = store.trials(org, key).await.unwrap();
        assert_eq!(listed.iter().map(|kept| kept.trial.id).collect::<Vec<_>>(), [next.id, id]);
        assert_eq!(listed[1], kept);
        let unknown = TrialId(next.id.0 + 1);
        let refused = store.write(move |tx| tx.report_trial(unknown, "report")).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
    }
}
