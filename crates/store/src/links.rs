//! One-time links that an operator hands to a person.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{LinkId, OrgId, UserId};
use vestibule_protocol::opaque::{Digest, LinkToken};

use crate::rows::{RowName, json, maybe_millis, maybe_moment, moment};
use crate::schema::links;
use crate::{Store, StoreError, Transaction};

/// Most links that are listed at once.
const MAX_LISTED: i64 = 1000;

/// A one-time link.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The row, and the id inside the link.
    pub id: LinkId,
    /// The organization it belongs to.
    pub org: OrgId,
    /// What it is good for, as a stable word; a link of one purpose opens nothing else.
    pub purpose: String,
    /// Whom it is for, when that person has an account.
    pub user: Option<UserId>,
    /// What the link's token must hash to.
    pub digest: Digest<LinkToken>,
    /// What its purpose needs to know. A secret in it is sealed.
    pub data: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = links, treat_none_as_default_value = false)]
struct LinkRow {
    id: i64,
    org_id: i64,
    purpose: String,
    user_id: Option<i64>,
    digest: Vec<u8>,
    data: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

impl TryFrom<LinkRow> for Link {
    type Error = StoreError;

    fn try_from(row: LinkRow) -> Result<Self, StoreError> {
        let name = RowName { table: "links", id: &row.id };
        Ok(Self {
            id: LinkId(row.id),
            org: OrgId(row.org_id),
            user: row.user_id.map(UserId),
            digest: Digest::from_stored(name.digest("digest", &row.digest)?),
            data: name.json("data", &row.data)?,
            purpose: row.purpose,
            created_at: moment(row.created_at),
            expires_at: moment(row.expires_at),
            used_at: maybe_moment(row.used_at),
        })
    }
}

impl Store {
    /// The link of this id and purpose; the caller compares the digest.
    pub async fn link(
        &self,
        id: LinkId,
        purpose: &'static str,
    ) -> Result<Option<Link>, StoreError> {
        self.read(move |db| {
            let found = links::table
                .filter(links::id.eq(id.0))
                .filter(links::purpose.eq(purpose))
                .select(LinkRow::as_select())
                .get_result(db)
                .optional()?;
            found.map(Link::try_from).transpose()
        })
        .await
    }
}

impl Store {
    /// The links of these purposes in an organization that have not ended, used ones among them,
    /// newest first.
    pub async fn links(
        &self,
        org: OrgId,
        purposes: &'static [&'static str],
        now: Timestamp,
    ) -> Result<Vec<Link>, StoreError> {
        self.scan(move |db| {
            let rows = links::table
                .filter(links::org_id.eq(org.0))
                .filter(links::purpose.eq_any(purposes))
                .filter(links::expires_at.gt(now.as_millis()))
                .order(links::id.desc())
                .limit(MAX_LISTED)
                .select(LinkRow::as_select())
                .load(db)?;
            rows.into_iter().map(Link::try_from).collect()
        })
        .await
    }
}

impl Transaction<'_> {
    /// Adds a link. Unused ones of the same purpose for the same user end: the newest counts.
    pub fn insert_link(&mut self, link: &Link) -> Result<(), StoreError> {
        if let Some(user) = link.user {
            diesel::update(links::table)
                .filter(links::user_id.eq(user.0))
                .filter(links::purpose.eq(&link.purpose))
                .filter(links::used_at.is_null())
                .set(links::used_at.eq(link.created_at.as_millis()))
                .execute(self.db)?;
        }
        diesel::insert_into(links::table)
            .values(LinkRow {
                id: link.id.0,
                org_id: link.org.0,
                purpose: link.purpose.clone(),
                user_id: link.user.map(|user| user.0),
                digest: link.digest.as_bytes().to_vec(),
                data: json("link data", &link.data)?,
                created_at: link.created_at.as_millis(),
                expires_at: link.expires_at.as_millis(),
                used_at: maybe_millis(link.used_at),
            })
            .execute(self.db)?;
        Ok(())
    }

    /// Uses a link up, in the transaction of what it is used for. An error when it was used, ended,
    /// or is for another purpose: then nothing of the transaction stays.
    pub fn consume_link(
        &mut self,
        id: LinkId,
        purpose: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(links::table)
            .filter(links::id.eq(id.0))
            .filter(links::purpose.eq(purpose))
            .filter(links::used_at.is_null())
            .filter(links::expires_at.gt(at.as_millis()))
            .set(links::used_at.eq(at.as_millis()))
            .execute(self.db)?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Stale { what: "link" }) }
    }

    /// Ends those unused links of a purpose for a user that are to end.
    pub fn end_links(
        &mut self,
        user: UserId,
        purpose: &str,
        at: Timestamp,
        ends: impl Fn(&Link) -> bool,
    ) -> Result<(), StoreError> {
        let rows: Vec<LinkRow> = links::table
            .filter(links::user_id.eq(user.0))
            .filter(links::purpose.eq(purpose))
            .filter(links::used_at.is_null())
            .select(LinkRow::as_select())
            .load(self.db)?;
        for row in rows {
            let link = Link::try_from(row)?;
            if ends(&link) {
                self.end_link(link.id, at)?;
            }
        }
        Ok(())
    }

    /// Ends a link, unless it was used.
    pub fn end_link(&mut self, id: LinkId, at: Timestamp) -> Result<(), StoreError> {
        diesel::update(links::table.filter(links::id.eq(id.0)))
            .filter(links::used_at.is_null())
            .set(links::used_at.eq(at.as_millis()))
            .execute(self.db)?;
        Ok(())
    }

    /// Uses a link up as [`Self::consume_link`] does and, in the same statement, forgets what it
    /// carried but for `rest`.
    pub fn consume_link_leaving(
        &mut self,
        id: LinkId,
        purpose: &str,
        at: Timestamp,
        rest: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(links::table)
            .filter(links::id.eq(id.0))
            .filter(links::purpose.eq(purpose))
            .filter(links::used_at.is_null())
            .filter(links::expires_at.gt(at.as_millis()))
            .set((links::used_at.eq(at.as_millis()), links::data.eq(json("link data", rest)?)))
            .execute(self.db)?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Stale { what: "link" }) }
    }

    /// The unused links of a purpose, whatever their end: the master key was changed, and what they
    /// carry is to be sealed anew.
    pub fn unused_links(&mut self, purpose: &str) -> Result<Vec<Link>, StoreError> {
        let rows = links::table
            .filter(links::purpose.eq(purpose))
            .filter(links::used_at.is_null())
            .select(LinkRow::as_select())
            .load(self.db)?;
        rows.into_iter().map(Link::try_from).collect()
    }

    /// Replaces what an unused link carries; one that was used meanwhile stays as it is.
    pub fn replace_link_data(
        &mut self,
        id: LinkId,
        data: &serde_json::Value,
    ) -> Result<(), StoreError> {
        diesel::update(links::table.filter(links::id.eq(id.0)).filter(links::used_at.is_null()))
            .set(links::data.eq(json("link data", data)?))
            .execute(self.db)?;
        Ok(())
    }
}
