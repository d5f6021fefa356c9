//! Users, and the names by which they are found.
//!
//! | room | owns |
//! |---|---|
//! | `users.rs` | the row, the identifiers, changing and listing users one by one |
//! | [`bulk`] | many at once, for imports and exports |
//! | `users/search.rs` | finding users by words and by what else a filter asks for |
//! | `users/terms.rs` | the terms by which words find, kept with the row |
//! | `users/erase.rs` | removing a user and everything that is about the user |

pub mod bulk;
mod erase;
mod search;
mod terms;

use std::collections::BTreeSet;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{OrgId, Subject, UserId};
use vestibule_protocol::user::User;

use crate::connection::Db;
use crate::rows::{RowName, json, moment, status_code};
use crate::schema::{user_identifiers, users};
use crate::{Page, PageRequest, Store, StoreError, Transaction};

/// What kind of name an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// An email address.
    Email,
    /// A user name.
    Username,
    /// A telephone number.
    Phone,
}

impl IdentifierKind {
    fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Phone => "phone",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Email, Self::Username, Self::Phone].into_iter().find(|kind| kind.code() == code)
    }
}

/// A name by which a user signs in, in its normal form. In an organization a normal form names one
/// user, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    /// What kind of name it is.
    pub kind: IdentifierKind,
    /// Its normal form; equality of these is equality of names.
    pub value: String,
}

/// Which users a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only those who are found by all these words, as [`vestibule_protocol::search::words`] makes
    /// them.
    pub words: Vec<String>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only members of the group of this name.
    pub group: Option<String>,
    /// Only test users, or only others.
    pub test: Option<bool>,
}

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    org_id: i64,
    subject: String,
    status: i16,
    claims: String,
    group_names: String,
    not_before: i64,
    created_at: i64,
    updated_at: i64,
    external_id: Option<String>,
    test: bool,
    account_type: Option<String>,
}

impl UserRow {
    fn new(user: &User) -> Result<Self, StoreError> {
        Ok(Self {
            id: user.id.0,
            org_id: user.org.0,
            subject: user.subject.0.clone(),
            status: status_code(user.status),
            claims: json("claims", &user.claims)?,
            group_names: json("groups", &user.groups)?,
            not_before: user.not_before.as_millis(),
            created_at: user.created_at.as_millis(),
            updated_at: user.updated_at.as_millis(),
            external_id: user.external_id.clone(),
            test: user.test,
            account_type: user.account_type.clone(),
        })
    }
}

/// A user's row as it is added, with its terms in the same transaction.
#[derive(Insertable, Debug)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct NewRow {
    #[diesel(embed)]
    row: UserRow,
    terms_version: i16,
}

impl NewRow {
    fn new(row: UserRow) -> Self {
        Self { row, terms_version: vestibule_protocol::search::VERSION }
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let name = RowName { table: "users", id: &row.id };
        Ok(Self {
            id: UserId(row.id),
            org: OrgId(row.org_id),
            status: name.status(row.status)?,
            claims: name.json("claims", &row.claims)?,
            groups: name.json("group_names", &row.group_names)?,
            subject: Subject(row.subject),
            external_id: row.external_id,
            account_type: row.account_type,
            test: row.test,
            not_before: moment(row.not_before),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        })
    }
}

impl Store {
    /// A user of this organization.
    pub async fn user(&self, org: OrgId, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |db| user(db, org, id)).await
    }

    /// The user of this organization whom clients know by `subject`.
    pub async fn user_by_subject(
        &self,
        org: OrgId,
        subject: Subject,
    ) -> Result<Option<User>, StoreError> {
        self.read(move |db| {
            let found = users::table
                .filter(users::org_id.eq(org.0))
                .filter(users::subject.eq(&subject.0))
                .select(UserRow::as_select())
                .get_result(db)
                .optional()?;
            found.map(User::try_from).transpose()
        })
        .await
    }

    /// The user of this organization with this identifier's normal form.
    pub async fn user_by_identifier(
        &self,
        org: OrgId,
        value: String,
    ) -> Result<Option<User>, StoreError> {
        self.read(move |db| {
            let found = users::table
                .inner_join(user_identifiers::table.on(user_identifiers::user_id.eq(users::id)))
                .filter(user_identifiers::org_id.eq(org.0))
                .filter(user_identifiers::value.eq(&value))
                .select(UserRow::as_select())
                .get_result(db)
                .optional()?;
            found.map(User::try_from).transpose()
        })
        .await
    }

    /// By which names a user signs in.
    pub async fn identifiers(&self, org: OrgId, id: UserId) -> Result<Vec<Identifier>, StoreError> {
        self.read(move |db| identifiers(db, org, id)).await
    }

    /// The users of an organization: oldest first, or in the order in which the rarest word finds
    /// them. A page that looked at many who do not pass may be short, and its cursor leads on: see
    /// [`Page::is_short`].
    pub async fn users(
        &self,
        org: OrgId,
        filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError> {
        self.scan(move |db| list(db, org, &filter, page)).await
    }
}

impl Transaction<'_> {
    /// A user as it is now, held until the end of the transaction.
    pub fn hold_user(&mut self, org: OrgId, id: UserId) -> Result<Option<User>, StoreError> {
        diesel::update(users::table.find(id.0))
            .filter(users::org_id.eq(org.0))
            .set(users::org_id.eq(org.0))
            .execute(self.db)?;
        user(self.db, org, id)
    }

    /// A user of this organization, as this transaction sees it.
    pub fn user(&mut self, org: OrgId, id: UserId) -> Result<Option<User>, StoreError> {
        user(self.db, org, id)
    }

    /// Adds a user; its groups must exist.
    pub fn insert_user(
        &mut self,
        user: &User,
        identifiers: &[Identifier],
    ) -> Result<(), StoreError> {
        let row = UserRow { group_names: "[]".to_owned(), ..UserRow::new(user)? };
        diesel::insert_into(users::table)
            .values(NewRow::new(row))
            .execute(self.db)
            .map_err(|error| taken(error, user))?;
        self.add_identifiers(user.org, user.id, identifiers, user.created_at)?;
        terms::insert(self.db, [(user, identifiers)])?;
        if user.groups.is_empty() {
            return Ok(());
        }
        self.set_user_groups(user.org, user.id, &user.groups)
    }

    /// Writes the claims, external id, account type and test mark of a user who was read before, if
    /// nobody changed the user since; tells the new `updated_at`.
    pub fn update_user(&mut self, user: &User, at: Timestamp) -> Result<Timestamp, StoreError> {
        let read = user.updated_at.as_millis();
        let now = at.as_millis().max(read + 1);
        let changed = diesel::update(users::table)
            .filter(users::org_id.eq(user.org.0))
            .filter(users::id.eq(user.id.0))
            .filter(users::updated_at.eq(read))
            .set((
                users::claims.eq(json("claims", &user.claims)?),
                users::external_id.eq(&user.external_id),
                users::account_type.eq(&user.account_type),
                users::test.eq(user.test),
                users::updated_at.eq(now),
            ))
            .execute(self.db)
            .map_err(|error| taken(error, user))?;
        if changed == 0 {
            return Err(match self.user(user.org, user.id)? {
                Some(_) => StoreError::Stale { what: "user" },
                None => StoreError::NotFound { what: "user" },
            });
        }
        terms::refresh(self.db, user.org, user.id)?;
        Ok(moment(now))
    }

    /// Replaces the names by which a user signs in.
    pub fn set_identifiers(
        &mut self,
        org: OrgId,
        id: UserId,
        identifiers: &[Identifier],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        diesel::delete(
            user_identifiers::table
                .filter(user_identifiers::org_id.eq(org.0))
                .filter(user_identifiers::user_id.eq(id.0)),
        )
        .execute(self.db)?;
        self.add_identifiers(org, id, identifiers, at)?;
        terms::refresh(self.db, org, id)
    }

    fn add_identifiers(
        &mut self,
        org: OrgId,
        id: UserId,
        identifiers: &[Identifier],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(value) = foreign_subject(self.db, org, id, identifiers)? {
            return Err(StoreError::Conflict { what: "identifier", value });
        }
        let mut seen = BTreeSet::new();
        for identifier in identifiers {
            // An email address that is the user name as well is one name.
            if !seen.insert(&identifier.value) {
                continue;
            }
            diesel::insert_into(user_identifiers::table)
                .values((
                    user_identifiers::org_id.eq(org.0),
                    user_identifiers::value.eq(&identifier.value),
                    user_identifiers::kind.eq(identifier.kind.code()),
                    user_identifiers::user_id.eq(id.0),
                    user_identifiers::created_at.eq(at.as_millis()),
                ))
                .execute(self.db)
                .map_err(|error| crate::error::conflict(error, "identifier", &identifier.value))?;
        }
        Ok(())
    }

    /// Lets a user in or keeps it out. A user kept out is signed out everywhere.
    pub fn set_user_status(
        &mut self,
        org: OrgId,
        id: UserId,
        status: Status,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = diesel::update(users::table)
            .filter(users::org_id.eq(org.0))
            .filter(users::id.eq(id.0))
            .set((users::status.eq(status_code(status)), users::updated_at.eq(at.as_millis())))
            .execute(self.db)?;
        one(changed)?;
        match status {
            Status::Active => Ok(()),
            Status::Disabled => self.sign_out_everywhere(org, id, at),
        }
    }

    /// Ends every session and revokes every grant of a user; what was issued before `at` is dead.
    pub fn sign_out_everywhere(
        &mut self,
        org: OrgId,
        id: UserId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        // The user's row first: it is what the guards of tokens being issued at this moment wait
        // for, or are waited for by.
        let changed = diesel::update(users::table)
            .filter(users::org_id.eq(org.0))
            .filter(users::id.eq(id.0))
            .set(users::not_before.eq(at.as_millis()))
            .execute(self.db)?;
        one(changed)?;
        crate::sessions::end_all(self.db, id, at)?;
        crate::grants::revoke_all(self.db, id, None, at)
    }
}

fn one(changed: usize) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NotFound { what: "user" }) } else { Ok(()) }
}

pub(crate) fn user(db: &mut Db, org: OrgId, id: UserId) -> Result<Option<User>, StoreError> {
    let found = users::table
        .filter(users::org_id.eq(org.0))
        .filter(users::id.eq(id.0))
        .select(UserRow::as_select())
        .get_result(db)
        .optional()?;
    found.map(User::try_from).transpose()
}

fn identifiers(db: &mut Db, org: OrgId, id: UserId) -> Result<Vec<Identifier>, StoreError> {
    let rows: Vec<(String, String)> = user_identifiers::table
        .filter(user_identifiers::org_id.eq(org.0))
        .filter(user_identifiers::user_id.eq(id.0))
        .order(user_identifiers::value)
        .select((user_identifiers::kind, user_identifiers::value))
        .load(db)?;
    rows.into_iter()
        .map(|(code, value)| match IdentifierKind::from_code(&code) {
            Some(kind) => Ok(Identifier { kind, value }),
            None => Err(StoreError::corrupt("user_identifiers", value, format!("kind {code}"))),
        })
        .collect()
}

/// Which of these names is the subject of somebody else in the organization: administrators name users
/// by either.
fn foreign_subject(
    db: &mut Db,
    org: OrgId,
    id: UserId,
    identifiers: &[Identifier],
) -> Result<Option<String>, StoreError> {
    let names: Vec<&String> = identifiers.iter().map(|identifier| &identifier.value).collect();
    let found = users::table
        .filter(users::subject.eq_any(names))
        .filter(users::org_id.eq(org.0))
        .filter(users::id.ne(id.0))
        .select(users::subject)
        .first(db)
        .optional()?;
    Ok(found)
}

/// What of a user is taken already.
fn taken(error: diesel::result::Error, user: &User) -> StoreError {
    let by_external_id = matches!(&error, diesel::result::Error::DatabaseError(_, information)
        if information.message().contains("external_id"));
    match (&user.external_id, by_external_id) {
        (Some(value), true) => crate::error::conflict(error, "external_id", value),
        _ => crate::error::conflict(error, "subject", &user.subject.0),
    }
}

fn list(
    db: &mut Db,
    org: OrgId,
    filter: &UserFilter,
    page: PageRequest,
) -> Result<Page<User>, StoreError> {
    if *filter != UserFilter::default() {
        return search::search(db, org, filter, page);
    }
    let rows = users::table
        .filter(users::org_id.eq(org.0))
        .filter(users::id.gt(page.after))
        .order(users::id)
        .limit(page.probe())
        .select(UserRow::as_select())
        .load(db)?;
    let users = rows.into_iter().map(User::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(page, users, |user| user.id.0))
}
