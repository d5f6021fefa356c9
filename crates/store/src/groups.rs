//! Groups of users, to which clients can be limited.

use std::collections::BTreeSet;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{GroupId, OrgId, UserId};

use crate::rows::{json, moment};
use crate::schema::{group_members, groups, users};
use crate::{Store, StoreError, Transaction};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The row.
    pub id: GroupId,
    /// The organization it belongs to.
    pub org: OrgId,
    /// Its name, unique in the organization.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// The groups of an organization, by name.
    pub async fn groups(&self, org: OrgId) -> Result<Vec<Group>, StoreError> {
        self.scan(move |db| {
            let rows: Vec<(i64, i64, String, i64)> = groups::table
                .filter(groups::org_id.eq(org.0))
                .order(groups::name)
                .select((groups::id, groups::org_id, groups::name, groups::created_at))
                .load(db)?;
            Ok(rows
                .into_iter()
                .map(|(id, org, name, at)| Group {
                    id: GroupId(id),
                    org: OrgId(org),
                    name,
                    created_at: moment(at),
                })
                .collect())
        })
        .await
    }
}

/// A group, and how many users are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSize {
    /// The group.
    pub group: Group,
    /// How many members it has.
    pub members: i64,
}

impl Store {
    /// The groups of an organization, by name, with their sizes.
    pub async fn group_sizes(&self, org: OrgId) -> Result<Vec<GroupSize>, StoreError> {
        let groups = self.groups(org).await?;
        let counts: Vec<(i64, i64)> = self
            .scan(move |db| {
                Ok(group_members::table
                    .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
                    .filter(groups::org_id.eq(org.0))
                    .group_by(group_members::group_id)
                    .select((group_members::group_id, diesel::dsl::count_star()))
                    .load(db)?)
            })
            .await?;
        let members = |id: GroupId| counts.iter().find(|(of, _)| *of == id.0).map_or(0, |c| c.1);
        Ok(groups
            .into_iter()
            .map(|group| GroupSize { members: members(group.id), group })
            .collect())
    }
}

impl Transaction<'_> {
    /// Renames a group, if it is called as it was when it was read, and repeats the name with each
    /// member.
    pub fn rename_group(&mut self, group: &Group, name: &str) -> Result<(), StoreError> {
        let changed = diesel::update(groups::table)
            .filter(groups::org_id.eq(group.org.0))
            .filter(groups::id.eq(group.id.0))
            .filter(groups::name.eq(&group.name))
            .set(groups::name.eq(name))
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "group", name))?;
        if changed == 0 {
            return Err(StoreError::Stale { what: "group" });
        }
        let id = group.id;
        let members: Vec<i64> = group_members::table
            .filter(group_members::group_id.eq(id.0))
            .select(group_members::user_id)
            .load(self.db)?;
        members.into_iter().try_for_each(|user| self.repeat_group_names(UserId(user)))
    }

    /// Adds a group.
    pub fn insert_group(&mut self, group: &Group) -> Result<(), StoreError> {
        diesel::insert_into(groups::table)
            .values((
                groups::id.eq(group.id.0),
                groups::org_id.eq(group.org.0),
                groups::name.eq(&group.name),
                groups::created_at.eq(group.created_at.as_millis()),
            ))
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "group", &group.name))?;
        Ok(())
    }

    /// Removes a group and its memberships, if it is called as it was when it was read.
    pub fn remove_group(&mut self, group: &Group) -> Result<(), StoreError> {
        let Group { org, id, name, .. } = group;
        let members: Vec<i64> = group_members::table
            .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
            .filter(groups::org_id.eq(org.0))
            .filter(groups::id.eq(id.0))
            .select(group_members::user_id)
            .load(self.db)?;
        let removed = diesel::delete(groups::table)
            .filter(groups::org_id.eq(org.0))
            .filter(groups::id.eq(id.0))
            .filter(groups::name.eq(name))
            .execute(self.db)?;
        if removed == 0 {
            return Err(StoreError::Stale { what: "group" });
        }
        members.into_iter().try_for_each(|user| self.repeat_group_names(UserId(user)))
    }

    /// Holds those of these groups that there are until the end of the transaction, so that none is
    /// renamed or removed meanwhile; returns the names that no group has.
    pub fn hold_groups(
        &mut self,
        org: OrgId,
        names: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut missing = BTreeSet::new();
        for name in names {
            let held = diesel::update(groups::table)
                .filter(groups::org_id.eq(org.0))
                .filter(groups::name.eq(name))
                .set(groups::name.eq(name))
                .execute(self.db)?;
            if held == 0 {
                missing.insert(name.clone());
            }
        }
        Ok(missing)
    }

    /// Makes a user a member of exactly these groups of its organization.
    pub fn set_user_groups(
        &mut self,
        org: OrgId,
        user: UserId,
        names: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        if crate::users::user(self.db, org, user)?.is_none() {
            return Err(StoreError::NotFound { what: "user" });
        }
        let found: Vec<i64> = groups::table
            .filter(groups::org_id.eq(org.0))
            .filter(groups::name.eq_any(names))
            .select(groups::id)
            .load(self.db)?;
        if found.len() != names.len() {
            return Err(StoreError::NotFound { what: "group" });
        }
        diesel::delete(group_members::table.filter(group_members::user_id.eq(user.0)))
            .execute(self.db)?;
        for group in found {
            diesel::insert_into(group_members::table)
                .values((group_members::group_id.eq(group), group_members::user_id.eq(user.0)))
                .execute(self.db)?;
        }
        self.repeat_group_names(user)
    }

    /// Brings the user's row in line with its memberships.
    fn repeat_group_names(&mut self, user: UserId) -> Result<(), StoreError> {
        let names: Vec<String> = group_members::table
            .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
            .filter(group_members::user_id.eq(user.0))
            .order(groups::name)
            .select(groups::name)
            .load(self.db)?;
        diesel::update(users::table.find(user.0))
            .set(users::group_names.eq(json("groups", &names)?))
            .execute(self.db)?;
        Ok(())
    }
}
