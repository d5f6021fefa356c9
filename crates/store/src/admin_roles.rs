//! Who administers: the roles of users and of clients.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Assignment, Reach, Role};
use vestibule_protocol::ids::{AdminRoleId, ClientKey, OrgId, UserId};

use crate::connection::Db;
use crate::meta::bump_change_counter;
use crate::rows::{ACTIVE, RowName, moment};
use crate::schema::{admin_roles, users};
use crate::{Store, StoreError, Transaction};

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(UserId),
    /// A client, which acts by its client_credentials tokens.
    Client(ClientKey),
}

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminRole {
    /// The row.
    pub id: AdminRoleId,
    /// Who.
    pub holder: Holder,
    /// What, and where.
    pub assignment: Assignment,
    /// Since when.
    pub granted_at: Timestamp,
    /// By whom.
    pub granted_by: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = admin_roles, treat_none_as_default_value = false)]
struct RoleRow {
    id: i64,
    user_id: Option<i64>,
    client_key: Option<i64>,
    role: String,
    reach: i64,
    granted_at: i64,
    granted_by: String,
}

/// `reach` of a role that holds everywhere.
const EVERYWHERE: i64 = 0;

pub(crate) fn reach_code(reach: Reach) -> i64 {
    match reach {
        Reach::Everywhere => EVERYWHERE,
        Reach::Below(org) => org.0,
    }
}

pub(crate) fn reach_of(code: i64) -> Reach {
    match code {
        EVERYWHERE => Reach::Everywhere,
        org => Reach::Below(OrgId(org)),
    }
}

impl TryFrom<RoleRow> for AdminRole {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self, StoreError> {
        let name = RowName { table: "admin_roles", id: &row.id };
        let holder = match (row.user_id, row.client_key) {
            (Some(user), None) => Holder::User(UserId(user)),
            (None, Some(client)) => Holder::Client(ClientKey(client)),
            _ => return Err(name.corrupt("user_id", "one of user and client holds a role")),
        };
        let role = Role::from_word(&row.role)
            .ok_or_else(|| name.corrupt("role", format_args!("there is no role {}", row.role)))?;
        Ok(Self {
            id: AdminRoleId(row.id),
            holder,
            assignment: Assignment { role, reach: reach_of(row.reach) },
            granted_at: moment(row.granted_at),
            granted_by: row.granted_by,
        })
    }
}

impl Store {
    /// The roles that somebody holds, oldest first.
    pub async fn roles_of(&self, holder: Holder) -> Result<Vec<AdminRole>, StoreError> {
        self.read(move |db| roles_of(db, holder)).await
    }

    /// Every role that anybody holds, oldest first.
    pub async fn admin_roles(&self) -> Result<Vec<AdminRole>, StoreError> {
        self.scan(|db| {
            let rows =
                admin_roles::table.order(admin_roles::id).select(RoleRow::as_select()).load(db)?;
            rows.into_iter().map(AdminRole::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Grants a role.
    pub fn insert_admin_role(&mut self, role: &AdminRole) -> Result<(), StoreError> {
        let (user_id, client_key) = match role.holder {
            Holder::User(user) => (Some(user.0), None),
            Holder::Client(client) => (None, Some(client.0)),
        };
        diesel::insert_into(admin_roles::table)
            .values(RoleRow {
                id: role.id.0,
                user_id,
                client_key,
                role: role.assignment.role.as_str().to_owned(),
                reach: reach_code(role.assignment.reach),
                granted_at: role.granted_at.as_millis(),
                granted_by: role.granted_by.clone(),
            })
            .execute(self.db)
            .map_err(|error| {
                crate::error::conflict(error, "role", role.assignment.role.as_str())
            })?;
        Ok(())
    }

    /// Takes a role away.
    pub fn remove_admin_role(&mut self, id: AdminRoleId) -> Result<(), StoreError> {
        let removed = diesel::delete(admin_roles::table.find(id.0)).execute(self.db)?;
        if removed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "role" }) }
    }

    /// How many active users own everything. Whoever changes that waits for its turn here, so that
    /// two owners who remove each other at the same moment do not both succeed.
    pub fn count_owners(&mut self) -> Result<usize, StoreError> {
        bump_change_counter(self.db)?;
        let owners: Vec<i64> = admin_roles::table
            .inner_join(users::table.on(admin_roles::user_id.eq(users::id.nullable())))
            .filter(users::status.eq(ACTIVE))
            .filter(admin_roles::role.eq(Role::Owner.as_str()))
            .filter(admin_roles::reach.eq(EVERYWHERE))
            .select(users::id)
            .load(self.db)?;
        Ok(owners.len())
    }

    /// The roles that somebody holds, as this transaction sees them.
    pub fn roles_of(&mut self, holder: Holder) -> Result<Vec<AdminRole>, StoreError> {
        roles_of(self.db, holder)
    }
}

fn roles_of(db: &mut Db, holder: Holder) -> Result<Vec<AdminRole>, StoreError> {
    let query = admin_roles::table.order(admin_roles::id).select(RoleRow::as_select());
    let rows = match holder {
        Holder::User(user) => query.filter(admin_roles::user_id.eq(user.0)).load(db)?,
        Holder::Client(client) => query.filter(admin_roles::client_key.eq(client.0)).load(db)?,
    };
    rows.into_iter().map(AdminRole::try_from).collect()
}
