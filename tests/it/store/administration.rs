//! Roles and tokens of administrators.

use vestibule_protocol::admin::{Assignment, Permission, Reach, Rights, Role};
use vestibule_protocol::ids::{AdminRoleId, ApiTokenId, OrgId, UserId};
use vestibule_protocol::opaque::Digest;
use vestibule_store::StoreError;
use vestibule_store::admin_roles::{AdminRole, Holder};
use vestibule_store::api_tokens::ApiToken;

use super::fixtures::{NOW, World, email, later, user};
use super::on_both;

fn role(world: &World, holder: Holder, role: Role, reach: Reach) -> AdminRole {
    AdminRole {
        id: AdminRoleId(world.id()),
        holder,
        assignment: Assignment { role, reach },
        granted_at: NOW,
        granted_by: "test".to_owned(),
    }
}

async fn insert(world: &World, role: &AdminRole) -> Result<(), StoreError> {
    let row = role.clone();
    world.store.write(move |tx| tx.insert_admin_role(&row)).await
}

fn token(world: &World) -> ApiToken {
    ApiToken {
        id: ApiTokenId(world.id()),
        user: world.user.id,
        label: "deploy".to_owned(),
        digest: Digest::from_stored([7; 32]),
        permissions: Rights::of([Permission::ClientsRead, Permission::EventsRead]),
        reach: Reach::Below(OrgId::ROOT),
        created_at: NOW,
        expires_at: later(60),
        last_used_at: None,
        revoked_at: None,
    }
}

on_both! {
    async fn roles_read_as_they_were_written(database: Database) {
        let world = World::new(&database).await;
        let (ada, app) = (Holder::User(world.user.id), Holder::Client(world.client.key));
        let owner = role(&world, ada, Role::Owner, Reach::Everywhere);
        let auditor = role(&world, ada, Role::Auditor, Reach::Below(OrgId::ROOT));
        let machine = role(&world, app, Role::ClientManager, Reach::Everywhere);
        for row in [&owner, &auditor, &machine] {
            insert(&world, row).await.unwrap();
        }
        assert_eq!(world.store.roles_of(ada).await.unwrap(), [owner.clone(), auditor]);
        assert_eq!(world.store.roles_of(app).await.unwrap(), [machine]);
        assert_eq!(world.store.admin_roles().await.unwrap().len(), 3);
        let again = AdminRole { id: AdminRoleId(world.id()), ..owner };
        let refused = insert(&world, &again).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    }

    async fn of_two_owners_who_remove_each_other_one_stays(database: Database) {
        let world = World::new(&database).await;
        let second = user(OrgId::ROOT, UserId(world.id()), "bob@clinic.test");
        let row = second.clone();
        world.store.write(move |tx| tx.insert_user(&row, &[email("bob@clinic.test")])).await.unwrap();
        let other = database.store();
        for _ in 0..20 {
            let ids = [world.user.id, second.id].map(|id| (id, AdminRoleId(world.id())));
            for (id, role_id) in ids {
                let owner = role(&world, Holder::User(id), Role::Owner, Reach::Everywhere);
                insert(&world, &AdminRole { id: role_id, ..owner }).await.unwrap();
            }
            let remove = |store: &vestibule_store::Store, id: AdminRoleId| {
                let store = store.clone();
                tokio::spawn(async move {
                    store.write(move |tx| {
                        if tx.count_owners()? <= 1 {
                            return Ok(false);
                        }
                        tx.remove_admin_role(id).map(|()| true)
                    }).await.unwrap()
                })
            };
            let (one, two) = (remove(&world.store, ids[0].1), remove(&other, ids[1].1));
            let removed = [one.await.unwrap(), two.await.unwrap()];
            assert_eq!(removed.iter().filter(|removed| **removed).count(), 1);
            let left = world.store.admin_roles().await.unwrap();
            assert_eq!(left.len(), 1);
            let id = left[0].id;
            world.store.write(move |tx| tx.remove_admin_role(id)).await.unwrap();
        }
    }

    async fn an_api_token_is_revoked_by_its_own_user_once(database: Database) {
        let world = World::new(&database).await;
        let token = token(&world);
        let (row, id, owner) = (token.clone(), token.id, world.user.id);
        world.store.write(move |tx| tx.insert_api_token(&row)).await.unwrap();
        assert_eq!(world.store.api_token(id).await.unwrap(), Some(token));
        world.store.write(move |tx| tx.touch_api_token(id, later(5))).await.unwrap();
        let stranger = UserId(world.id());
        let refused = world.store.write(move |tx| tx.revoke_api_token(stranger, id, NOW)).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })));
        world.store.write(move |tx| tx.revoke_api_token(owner, id, later(9))).await.unwrap();
        let refused = world.store.write(move |tx| tx.revoke_api_token(owner, id, NOW)).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })));
        let found = world.store.api_tokens(Some(owner)).await.unwrap();
        assert_eq!(found[0].last_used_at, Some(later(5)));
        assert_eq!(found[0].revoked_at, Some(later(9)));
        assert_eq!(world.store.api_tokens(Some(stranger)).await.unwrap(), []);
    }

    async fn a_lineage_leads_to_the_root(database: Database) {
        let world = World::new_in_sub_organization(&database, "ward").await;
        let org = world.user.org;
        assert_eq!(world.store.lineage(org).await.unwrap(), [org, OrgId::ROOT]);
        assert_eq!(world.store.lineage(OrgId(99)).await.unwrap(), []);
        let named = world.store.organization_by_slug("ward".to_owned()).await.unwrap();
        assert_eq!(named.map(|found| found.id), Some(org));
    }
}
