//! Races: many at once, in one process and in two, and exactly one wins.

use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_store::changes::{Change, ConsumeOnce, EndSession, RevokeGrant};
use vestibule_store::single_use::{SingleUse, SingleUsePurpose};
use vestibule_store::{Guard, Store, StoreError};
use vestibule_tests::databases::Database;

use super::fixtures::{World, later};
use super::on_both;

/// Applies all changes at once, every other one through the second store, and returns who held.
async fn at_once(stores: [&Store; 2], changes: Vec<Change>) -> Vec<bool> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(changes.len()));
    let tasks: Vec<_> = changes
        .into_iter()
        .enumerate()
        .map(|(number, change)| {
            let (store, barrier) = (stores[number % 2].clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                store.apply(change).await.unwrap() == Guard::Held
            })
        })
        .collect();
    let mut held = Vec::new();
    for task in tasks {
        held.push(task.await.unwrap());
    }
    held
}

fn winners(held: &[bool]) -> usize {
    held.iter().filter(|held| **held).count()
}

on_both! {
    async fn i1_p1_of_64_redemptions_one_wins(database: Database) {
        let world = World::new(&database).await;
        for _ in 0..10 {
            let authorization = world.code(&["openid", "offline_access"]).await;
            let redemptions: Vec<_> = (0..64).map(|_| world.redemption(&authorization)).collect();
            let changes = redemptions.iter().cloned().map(Change::from).collect();
            let held = at_once([&world.store, &world.store], changes).await;
            assert_eq!(winners(&held), 1);
            for (redemption, held) in redemptions.iter().zip(held) {
                let token = redemption.access_token.id;
                let written = world.store.access_token_facts(token).await.unwrap().is_some();
                assert_eq!(written, held, "only the winner's token exists");
            }
        }
    }

    async fn i1_p1_of_64_redemptions_over_two_processes_one_wins(database: Database) {
        let world = World::new(&database).await;
        let other = database.store();
        for _ in 0..10 {
            let authorization = world.code(&["openid"]).await;
            let changes = (0..64).map(|_| world.redemption(&authorization).into()).collect();
            let held = at_once([&world.store, &other], changes).await;
            assert_eq!(winners(&held), 1);
        }
    }

    async fn i3_p2_of_32_rotations_over_two_processes_one_wins(database: Database) {
        let world = World::new(&database).await;
        let other = database.store();
        let mut token = world.grant(&["openid", "offline_access"]).await.refresh.unwrap();
        for _ in 0..10 {
            let rotations: Vec<_> = (0..32).map(|_| world.rotation(&token)).collect();
            let changes = rotations.iter().cloned().map(Change::from).collect();
            let held = at_once([&world.store, &other], changes).await;
            assert_eq!(winners(&held), 1);
            let winner = rotations.into_iter().zip(held).find(|(_, held)| *held).unwrap().0;
            let facts = other.refresh_facts(token.id).await.unwrap().unwrap();
            assert_eq!(facts.successor.as_ref(), Some(&winner.successor));
            token = winner.successor;
        }
    }

    async fn i22_of_32_uses_over_two_processes_one_wins(database: Database) {
        let world = World::new(&database).await;
        let other = database.store();
        for round in 0..10 {
            let value = SingleUse {
                purpose: SingleUsePurpose::ClientAssertion,
                digest: [round; 32],
                expires_at: later(60),
            };
            let changes =
                (0..32).map(|_| ConsumeOnce { value, events: vec![] }.into()).collect();
            let held = at_once([&world.store, &other], changes).await;
            assert_eq!(winners(&held), 1);
        }
    }

    /// Redemptions and rotations on one node, and on the other whatever ends them. Once that is
    /// acknowledged, every token there is belongs to something dead, and no new one comes.
    async fn i4_an_acknowledged_end_wins_every_race(database: Database) {
        for ground in ["revoke", "session", "user", "not before", "client", "organization"] {
            for _ in 0..4 {
                let slug = format!("{ground}-{}", rounds());
                let world = World::new_in_sub_organization(&database, &slug).await;
                let other = database.store();
                let grant = world.grant(&["openid", "offline_access"]).await;
                let code = world.code(&["openid", "offline_access"]).await;
                let refresh = grant.refresh.clone().unwrap();
                let (rotation, redemption) = (world.rotation(&refresh), world.redemption(&code));
                let minting = [rotation.clone().into(), redemption.clone().into()]
                    .map(|change: Change| {
                        let store = other.clone();
                        tokio::spawn(async move { store.apply(change).await.unwrap() })
                    });
                match ground {
                    "revoke" => {
                        let id = grant.grant.id;
                        let revoke = RevokeGrant { id, at: later(1), events: vec![] };
                        assert_eq!(world.store.apply(revoke).await.unwrap(), Guard::Held);
                    }
                    ground => world.take_away(ground).await,
                }
                for task in minting {
                    let _either = task.await.unwrap();
                }
                let dead = async |id| {
                    let Some(facts) = other.access_token_facts(id).await.unwrap() else {
                        return true;
                    };
                    let family = facts.family.unwrap();
                    let client = other.client_by_key(world.client.key).await.unwrap().unwrap();
                    family.grant.revoked_at.is_some()
                        || family.user.status == Status::Disabled
                        || client.status == Status::Disabled
                        || facts.organization.status == Status::Disabled
                };
                // An offline grant outlives its session, and a revocation names one grant.
                if !matches!(ground, "session") {
                    assert!(dead(rotation.access_token.id).await, "{ground}: rotation");
                    let next = world.rotation(&refresh);
                    assert_eq!(other.apply(next).await.unwrap(), Guard::Lost, "{ground}");
                }
                if !matches!(ground, "session" | "revoke") {
                    assert!(dead(redemption.access_token.id).await, "{ground}: redemption");
                }
                if !matches!(ground, "revoke") {
                    let again = world.redemption(&code);
                    assert_eq!(other.apply(again).await.unwrap(), Guard::Lost, "{ground}");
                }
            }
        }
    }

    /// Logout against redemption, many at once: a grant of an ended session is never alive.
    async fn i4_logout_wins_against_redemption(database: Database) {
        let world = World::new(&database).await;
        let other = database.store();
        for _ in 0..10 {
            let mut start = world.sign_in();
            start.session.id = vestibule_protocol::ids::SessionId(world.id());
            let session = start.session.clone();
            assert_eq!(world.store.apply(start).await.unwrap(), Guard::Held);
            let mut changes: Vec<Change> = Vec::new();
            let mut redemptions = Vec::new();
            for _ in 0..8 {
                let mut authorization = world.authorization(&["openid"]);
                authorization.session = session.id;
                let issue = world.issue(&authorization);
                assert_eq!(world.store.apply(issue).await.unwrap(), Guard::Held);
                let redemption = world.redemption(&authorization);
                redemptions.push(redemption.clone());
                changes.push(redemption.into());
            }
            changes.insert(4, EndSession { id: session.id, at: later(2), events: vec![] }.into());
            let held = at_once([&world.store, &other], changes).await;
            assert!(held[4]);
            for redemption in redemptions {
                let facts = other.access_token_facts(redemption.access_token.id).await.unwrap();
                if let Some(facts) = facts {
                    assert!(facts.family.unwrap().grant.revoked_at.is_some());
                }
            }
        }
    }
}

fn rounds() -> u64 {
    static ROUNDS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    ROUNDS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// A command beside a running server, on the server's file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_writes_beside_a_busy_one() {
    let database = Database::sqlite();
    let world = World::within(database.store(), OrgId::ROOT).await;
    let beside = database.store();
    let counter = world.store.change_counter().await.unwrap();
    let busy = async {
        for _ in 0..50 {
            let _grant = world.grant(&["openid"]).await;
        }
    };
    let command = async {
        for _ in 0..20 {
            let (mut client, at) = (world.client.clone(), later(1));
            let read = beside.client(client.org, client.key).await.unwrap().unwrap();
            client.updated_at = read.updated_at;
            beside.write(move |tx| tx.update_client(&client, at)).await?;
        }
        Ok::<(), StoreError>(())
    };
    let ((), outcome) = tokio::join!(busy, command);
    outcome.unwrap();
    assert_eq!(world.store.change_counter().await.unwrap(), counter + 20);
}
