//! What pages wear: the pictures of clients and organizations, and the brands of organizations.
//!
//! A picture is kept once an organization, whoever names it; it goes when nobody names it any more.

use std::collections::BTreeMap;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::brand::image::{Kind, Picture};
use vestibule_protocol::brand::{Brand, LogoDigest};
use vestibule_protocol::ids::OrgId;

use crate::connection::{Db, on_either};
use crate::meta::bump_change_counter;
use crate::organizations::DEEPEST;
use crate::rows::RowName;
use crate::schema::{clients, logos, organization_brands, organizations};
use crate::{Store, StoreError, Transaction};

/// A picture with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// By what it is named.
    pub digest: LogoDigest,
    /// Its kind and size.
    pub picture: Picture,
    /// The file.
    pub bytes: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = logos)]
struct LogoRow {
    org_id: i64,
    digest: Vec<u8>,
    media_type: String,
    width: i64,
    height: i64,
    bytes: Vec<u8>,
    created_at: i64,
}

impl TryFrom<LogoRow> for Logo {
    type Error = StoreError;

    fn try_from(row: LogoRow) -> Result<Self, StoreError> {
        let name = RowName { table: "logos", id: &row.org_id };
        let digest = LogoDigest::from(name.digest("digest", &row.digest)?);
        let kind = Kind::of_media_type(&row.media_type)
            .ok_or_else(|| name.corrupt("media_type", &row.media_type))?;
        let side = |column, pixels: i64| {
            u32::try_from(pixels).map_err(|error| name.corrupt(column, error))
        };
        let (width, height) = (side("width", row.width)?, side("height", row.height)?);
        Ok(Self { digest, picture: Picture { kind, width, height }, bytes: row.bytes })
    }
}

type BrandColumns = (i64, Option<String>, Option<String>);

fn brand((org, logo, accent): BrandColumns) -> Result<(OrgId, Brand), StoreError> {
    let name = RowName { table: "organization_brands", id: &org };
    let logo = logo.map(|text| text.parse().map_err(|error| name.corrupt("logo", error)));
    let accent = accent.map(|text| text.parse().map_err(|error| name.corrupt("accent", error)));
    Ok((OrgId(org), Brand { logo: logo.transpose()?, accent: accent.transpose()? }))
}

impl Store {
    /// A picture of this organization.
    pub async fn logo(&self, org: OrgId, digest: LogoDigest) -> Result<Option<Logo>, StoreError> {
        self.read(move |db| {
            let found = logos::table
                .find((org.0, digest.as_bytes().as_slice()))
                .select(LogoRow::as_select())
                .get_result(db)
                .optional()?;
            found.map(Logo::try_from).transpose()
        })
        .await
    }

    /// The brand of an organization, as it was set for itself.
    pub async fn organization_brand(&self, org: OrgId) -> Result<Brand, StoreError> {
        self.read(move |db| own_brand(db, org)).await
    }

    /// The brands of organizations, as each was set for itself.
    pub async fn organization_brands(&self) -> Result<BTreeMap<OrgId, Brand>, StoreError> {
        self.read(own_brands).await
    }

    /// What the pages of organizations wear, of those that have a brand or lie below one; what is missing
    /// comes from the one above. With each part comes the organization that holds it.
    pub async fn brands(&self) -> Result<BTreeMap<OrgId, Worn>, StoreError> {
        self.read(|db| {
            let own = own_brands(db)?;
            if own.is_empty() {
                return Ok(BTreeMap::new());
            }
            let parents: Vec<(i64, Option<i64>)> = organizations::table
                .select((organizations::id, organizations::parent_id))
                .load(db)?;
            let parents: BTreeMap<i64, Option<i64>> = parents.into_iter().collect();
            let worn = parents.keys().map(|id| (OrgId(*id), Worn::of(*id, &parents, &own)));
            Ok(worn.filter(|(_, worn)| *worn != Worn::default()).collect())
        })
        .await
    }
}

/// What the pages of an organization wear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worn {
    /// The picture, and the organization whose it is.
    pub logo: Option<(OrgId, LogoDigest)>,
    /// The colour.
    pub accent: Option<vestibule_protocol::brand::Accent>,
}

impl Worn {
    fn of(id: i64, parents: &BTreeMap<i64, Option<i64>>, own: &BTreeMap<OrgId, Brand>) -> Self {
        let above = |id: &i64| parents.get(id).copied().flatten();
        let mut worn = Self::default();
        for id in std::iter::successors(Some(id), above).take(DEEPEST) {
            let Some(brand) = own.get(&OrgId(id)) else { continue };
            worn.logo = worn.logo.or(brand.logo.map(|logo| (OrgId(id), logo)));
            worn.accent = worn.accent.or(brand.accent);
        }
        worn
    }
}

fn own_brands(db: &mut Db) -> Result<BTreeMap<OrgId, Brand>, StoreError> {
    let rows: Vec<BrandColumns> = organization_brands::table
        .select((
            organization_brands::org_id,
            organization_brands::logo,
            organization_brands::accent,
        ))
        .load(db)?;
    rows.into_iter().map(brand).collect()
}

fn own_brand(db: &mut Db, org: OrgId) -> Result<Brand, StoreError> {
    let found: Option<BrandColumns> = organization_brands::table
        .find(org.0)
        .select((
            organization_brands::org_id,
            organization_brands::logo,
            organization_brands::accent,
        ))
        .get_result(db)
        .optional()?;
    Ok(found.map(brand).transpose()?.map(|(_, brand)| brand).unwrap_or_default())
}

impl Transaction<'_> {
    /// Keeps a picture, unless it is kept already.
    pub fn keep_logo(&mut self, org: OrgId, logo: &Logo, at: Timestamp) -> Result<(), StoreError> {
        self.hold_brands(org)?;
        let insert = diesel::insert_into(logos::table).values(LogoRow {
            org_id: org.0,
            digest: logo.digest.as_bytes().to_vec(),
            media_type: logo.picture.kind.media_type().to_owned(),
            width: i64::from(logo.picture.width),
            height: i64::from(logo.picture.height),
            bytes: logo.bytes.clone(),
            created_at: at.as_millis(),
        });
        let db = &mut *self.db;
        on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
        Ok(())
    }

    /// Holds a picture that is about to be named until the end of the transaction. An error when it
    /// is not kept.
    pub fn hold_logo(&mut self, org: OrgId, digest: LogoDigest) -> Result<(), StoreError> {
        self.hold_brands(org)?;
        let kept = logos::table.find((org.0, digest.as_bytes().as_slice()));
        let kept: i64 = kept.count().get_result(self.db)?;
        if kept == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "logo" }) }
    }

    /// Lets a picture go, if nobody names it any more.
    pub fn release_logo(&mut self, org: OrgId, digest: LogoDigest) -> Result<(), StoreError> {
        self.hold_brands(org)?;
        let text = digest.to_string();
        let clients: i64 = clients::table
            .filter(clients::org_id.eq(org.0))
            .filter(clients::settings.like(format!("%{text}%")))
            .count()
            .get_result(self.db)?;
        if clients > 0 || own_brand(self.db, org)?.logo == Some(digest) {
            return Ok(());
        }
        let kept = logos::table.find((org.0, digest.as_bytes().as_slice()));
        diesel::delete(kept).execute(self.db)?;
        Ok(())
    }

    /// Sets the brand of an organization, if it is still as it was read; a picture that it names must
    /// be kept.
    pub fn set_organization_brand(
        &mut self,
        org: OrgId,
        before: Brand,
        brand: Brand,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.hold_brands(org)?;
        if own_brand(self.db, org)? != before {
            return Err(StoreError::Stale { what: "brand" });
        }
        if let Some(logo) = brand.logo {
            self.hold_logo(org, logo)?;
        }
        diesel::delete(organization_brands::table.find(org.0)).execute(self.db)?;
        if brand != Brand::default() {
            diesel::insert_into(organization_brands::table)
                .values((
                    organization_brands::org_id.eq(org.0),
                    organization_brands::logo.eq(brand.logo.map(|logo| logo.to_string())),
                    organization_brands::accent.eq(brand.accent.map(|accent| accent.to_string())),
                    organization_brands::updated_at.eq(at.as_millis()),
                ))
                .execute(self.db)?;
        }
        if let Some(logo) = before.logo {
            self.release_logo(org, logo)?;
        }
        bump_change_counter(self.db)
    }

    /// Lets the changes of one organization's brands wait for one another.
    fn hold_brands(&mut self, org: OrgId) -> Result<(), StoreError> {
        let held = diesel::update(organizations::table.find(org.0))
            .set(organizations::updated_at.eq(organizations::updated_at))
            .execute(self.db)?;
        if held == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "organization" }) }
    }
}
