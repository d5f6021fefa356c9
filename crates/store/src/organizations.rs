//! Organizations: to which everything else belongs.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::organization;

use crate::meta::bump_change_counter;
use crate::rows::{ACTIVE, DISABLED, RowName, moment, status_code};
use crate::schema::organizations;
use crate::{Store, StoreError, Transaction};

/// Most organizations above one another that are looked at; a circle ends here.
pub(crate) const DEEPEST: usize = 16;

/// An organization; a sub-organization has a parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The row.
    pub id: OrgId,
    /// The organization it is a part of.
    pub parent: Option<OrgId>,
    /// Its short name in addresses.
    pub slug: String,
    /// What people read.
    pub name: String,
    /// Whether its users and clients take part.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Organization {
    /// As the decisions read it.
    pub fn seen(&self) -> organization::Organization<'_> {
        organization::Organization { slug: &self.slug, status: self.status }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = organizations, treat_none_as_default_value = false)]
struct OrganizationRow {
    id: i64,
    parent_id: Option<i64>,
    slug: String,
    name: String,
    status: i16,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        let name = RowName { table: "organizations", id: &row.id };
        Ok(Self {
            id: OrgId(row.id),
            parent: row.parent_id.map(OrgId),
            status: name.status(row.status)?,
            slug: row.slug,
            name: row.name,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        })
    }
}

impl From<&Organization> for OrganizationRow {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id.0,
            parent_id: organization.parent.map(|parent| parent.0),
            slug: organization.slug.clone(),
            name: organization.name.clone(),
            status: status_code(organization.status),
            created_at: organization.created_at.as_millis(),
            updated_at: organization.updated_at.as_millis(),
        }
    }
}

impl Store {
    /// The organization of this id.
    pub async fn organization(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        self.read(move |db| {
            organizations::table
                .find(id.0)
                .select(OrganizationRow::as_select())
                .get_result(db)
                .optional()?
                .map(Organization::try_from)
                .transpose()
        })
        .await
    }

    /// The organization of this short name.
    pub async fn organization_by_slug(
        &self,
        slug: String,
    ) -> Result<Option<Organization>, StoreError> {
        self.read(move |db| {
            organizations::table
                .filter(organizations::slug.eq(&slug))
                .select(OrganizationRow::as_select())
                .get_result(db)
                .optional()?
                .map(Organization::try_from)
                .transpose()
        })
        .await
    }

    /// An organization and those above it, itself first; nothing for an unknown one.
    pub async fn lineage(&self, id: OrgId) -> Result<Vec<OrgId>, StoreError> {
        self.read(move |db| {
            let mut lineage = Vec::new();
            let mut next = Some(id.0);
            while let Some(id) = next.filter(|_| lineage.len() < DEEPEST) {
                let parent: Option<Option<i64>> = organizations::table
                    .find(id)
                    .select(organizations::parent_id)
                    .get_result(db)
                    .optional()?;
                let Some(parent) = parent else { break };
                lineage.push(OrgId(id));
                next = parent;
            }
            Ok(lineage)
        })
        .await
    }

    /// Every organization, oldest first.
    pub async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        self.scan(|db| {
            let rows = organizations::table
                .order(organizations::id)
                .select(OrganizationRow::as_select())
                .load(db)?;
            rows.into_iter().map(Organization::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Adds an organization.
    pub fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        diesel::insert_into(organizations::table)
            .values(OrganizationRow::from(organization))
            .execute(self.db)
            .map_err(|error| crate::error::conflict(error, "organization", &organization.slug))?;
        bump_change_counter(self.db)
    }

    /// Holds an organization that takes part until the end of the transaction, so that it cannot be
    /// switched off meanwhile. An error when it does not take part.
    pub fn hold_organization(&mut self, id: OrgId) -> Result<(), StoreError> {
        let held = diesel::update(organizations::table.find(id.0))
            .filter(organizations::status.eq(ACTIVE))
            .set(organizations::status.eq(ACTIVE))
            .execute(self.db)?;
        if held == 1 { Ok(()) } else { Err(StoreError::Stale { what: "organization" }) }
    }

    /// Changes what people read, if nobody changed the organization since it was read. Returns its
    /// new version.
    pub fn rename_organization(
        &mut self,
        read: &Organization,
        name: &str,
        at: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let version = read.updated_at.as_millis();
        let now = at.as_millis().max(version + 1);
        let changed = diesel::update(organizations::table.find(read.id.0))
            .filter(organizations::updated_at.eq(version))
            .filter(organizations::name.eq(&read.name))
            .filter(organizations::status.eq(status_code(read.status)))
            .set((organizations::name.eq(name), organizations::updated_at.eq(now)))
            .execute(self.db)?;
        if changed == 0 {
            return Err(StoreError::Stale { what: "organization" });
        }
        bump_change_counter(self.db)?;
        Ok(moment(now))
    }

    /// Switches an organization off, and all below it that takes part. Everything that asks for an
    /// organization's status sees it in its row.
    pub fn disable_organization(&mut self, id: OrgId, at: Timestamp) -> Result<(), StoreError> {
        self.set_organization(id, DISABLED, Some(id.0), at)?;
        let mut above = vec![id.0];
        for _ in 0..DEEPEST {
            let below: Vec<i64> = organizations::table
                .filter(organizations::parent_id.eq_any(&above))
                .select(organizations::id)
                .load(self.db)?;
            if below.is_empty() {
                break;
            }
            diesel::update(organizations::table.filter(organizations::id.eq_any(&below)))
                .filter(organizations::status.eq(ACTIVE))
                .set((
                    organizations::status.eq(DISABLED),
                    organizations::disabled_by.eq(Some(id.0)),
                    organizations::updated_at.eq(at.as_millis()),
                ))
                .execute(self.db)?;
            above = below;
        }
        bump_change_counter(self.db)
    }

    /// Switches an organization on, and what was switched off together with it. The one above it
    /// must take part.
    pub fn enable_organization(&mut self, id: OrgId, at: Timestamp) -> Result<(), StoreError> {
        let parent: Option<Option<i64>> = organizations::table
            .find(id.0)
            .select(organizations::parent_id)
            .get_result(self.db)
            .optional()?;
        if let Some(parent) = parent.flatten() {
            self.hold_organization(OrgId(parent))?;
        }
        self.set_organization(id, ACTIVE, None, at)?;
        diesel::update(organizations::table.filter(organizations::disabled_by.eq(id.0)))
            .set((
                organizations::status.eq(ACTIVE),
                organizations::disabled_by.eq(None::<i64>),
                organizations::updated_at.eq(at.as_millis()),
            ))
            .execute(self.db)?;
        bump_change_counter(self.db)
    }

    fn set_organization(
        &mut self,
        id: OrgId,
        status: i16,
        by: Option<i64>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(organizations::table.find(id.0))
            .set((
                organizations::status.eq(status),
                organizations::disabled_by.eq(by),
                organizations::updated_at.eq(at.as_millis()),
            ))
            .execute(self.db)?;
        if changed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "organization" }) }
    }
}
