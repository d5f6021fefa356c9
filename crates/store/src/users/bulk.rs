//! Users by the hundred: for imports and exports.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{OrgId, UserId};
use vestibule_protocol::user::User;

use super::{Identifier, IdentifierKind, NewRow, UserRow, terms};
use crate::connection::{Db, on_either};
use crate::credentials::PasswordHash;
use crate::events::is_about_a_user;
use crate::schema::{clients, credentials, events, group_members, groups, user_identifiers, users};
use crate::{Store, StoreError, Transaction};

/// Values in one statement; SQLite takes 32766.
const MOST_VALUES: usize = 30_000;

/// A user who is to be added with others.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The user; its groups exist.
    pub user: User,
    /// The names to sign in with.
    pub identifiers: Vec<Identifier>,
    /// The password, hashed.
    pub password: Option<PasswordHash>,
}

/// A user who exists, as an import compares it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownUser {
    /// The user.
    pub user: User,
    /// The names to sign in with.
    pub identifiers: Vec<Identifier>,
    /// Whether there is a password.
    pub has_password: bool,
}

/// By what users are looked for.
#[derive(Clone, Debug, Default)]
pub struct UserKeys {
    /// External ids.
    pub external_ids: BTreeSet<String>,
    /// Normal forms of identifiers.
    pub identifiers: BTreeSet<String>,
    /// Subjects.
    pub subjects: BTreeSet<String>,
}

impl Store {
    /// The users of an organization who have any of these keys.
    pub async fn known_users(
        &self,
        org: OrgId,
        keys: UserKeys,
    ) -> Result<Vec<KnownUser>, StoreError> {
        self.scan(move |db| {
            let named = user_identifiers::table
                .filter(user_identifiers::org_id.eq(org.0))
                .filter(user_identifiers::value.eq_any(&keys.identifiers))
                .select(user_identifiers::user_id);
            let mut ids: BTreeSet<i64> = named.load(db)?.into_iter().collect();
            let of_org = users::table.filter(users::org_id.eq(org.0)).select(users::id);
            ids.extend(
                of_org.filter(users::external_id.eq_any(&keys.external_ids)).load::<i64>(db)?,
            );
            ids.extend(of_org.filter(users::subject.eq_any(&keys.subjects)).load::<i64>(db)?);
            let rows = users::table
                .filter(users::org_id.eq(org.0))
                .filter(users::id.eq_any(&ids))
                .order(users::id)
                .select(UserRow::as_select())
                .load(db)?;
            known(db, rows)
        })
        .await
    }

    /// Which of these subjects mean somebody or something already, in any organization: `sub` is one
    /// name space for all users, and for clients that act for themselves (RFC 9700 §4.15). That of
    /// somebody who was erased is given to nobody while the event log tells of it: relying parties
    /// may know it still.
    pub async fn taken_subjects(
        &self,
        subjects: BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        if subjects.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.scan(move |db| {
            let users = users::table.filter(users::subject.eq_any(&subjects));
            let clients = clients::table.filter(clients::client_id.eq_any(&subjects));
            let mut taken: Vec<String> = users.select(users::subject).load(db)?;
            taken.extend(clients.select(clients::client_id).load::<String>(db)?);
            let erased = events::table
                .filter(is_about_a_user())
                .filter(events::subject.eq_any(&subjects))
                .filter(events::kind.eq("user.erased"))
                .select(events::subject.assume_not_null());
            taken.extend(erased.load::<String>(db)?);
            Ok(taken.into_iter().collect())
        })
        .await
    }

    /// The users of an organization after this one, oldest first, with their identifiers.
    pub async fn users_after(
        &self,
        org: OrgId,
        after: UserId,
        limit: u32,
    ) -> Result<Vec<KnownUser>, StoreError> {
        self.scan(move |db| {
            let rows = users::table
                .filter(users::org_id.eq(org.0))
                .filter(users::id.gt(after.0))
                .order(users::id)
                .limit(i64::from(limit))
                .select(UserRow::as_select())
                .load(db)?;
            known(db, rows)
        })
        .await
    }
}

fn known(db: &mut Db, rows: Vec<UserRow>) -> Result<Vec<KnownUser>, StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    // By the user alone, and put in order here: with the organization or an order in the statement,
    // SQLite would read all names of the organization for each chunk.
    let mut names: Vec<(i64, String, String)> = user_identifiers::table
        .filter(user_identifiers::user_id.eq_any(&ids))
        .select((user_identifiers::user_id, user_identifiers::kind, user_identifiers::value))
        .load(db)?;
    names.sort_unstable_by(|(_, _, a), (_, _, b)| a.cmp(b));
    let with_password: BTreeSet<i64> = credentials::table
        .filter(credentials::user_id.eq_any(&ids))
        .filter(credentials::kind.eq("password"))
        .select(credentials::user_id)
        .load(db)?
        .into_iter()
        .collect();
    let mut by_user: BTreeMap<i64, Vec<Identifier>> = BTreeMap::new();
    for (user, code, value) in names {
        let Some(kind) = IdentifierKind::from_code(&code) else {
            return Err(StoreError::corrupt("user_identifiers", value, format!("kind {code}")));
        };
        by_user.entry(user).or_default().push(Identifier { kind, value });
    }
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            Ok(KnownUser {
                user: row.try_into()?,
                identifiers: by_user.remove(&id).unwrap_or_default(),
                has_password: with_password.contains(&id),
            })
        })
        .collect()
}

#[derive(Insertable)]
#[diesel(table_name = user_identifiers, treat_none_as_default_value = false)]
struct IdentifierRow<'a> {
    org_id: i64,
    value: &'a str,
    kind: &'static str,
    user_id: i64,
    created_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = credentials, treat_none_as_default_value = false)]
struct CredentialRow<'a> {
    id: i64,
    org_id: i64,
    user_id: i64,
    kind: &'static str,
    secret: &'a str,
    created_at: i64,
    updated_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = group_members, treat_none_as_default_value = false)]
struct MemberRow {
    group_id: i64,
    user_id: i64,
}

/// Inserts rows of this many columns, as many a statement as fit.
macro_rules! insert_rows {
    ($db:expr, $table:ident, $columns:literal, $rows:expr) => {
        for rows in $rows.chunks(MOST_VALUES / $columns) {
            let insert = diesel::insert_into($table::table).values(rows);
            let db = &mut *$db;
            on_either!(db => insert.execute(db)).map_err(|error| {
                crate::error::conflict(error, "user", "one of this chunk")
            })?;
        }
    };
}

impl Transaction<'_> {
    /// Adds users of one organization, many rows a statement. What is taken already sinks all of
    /// them, and is told as a conflict that names none: look for it with [`Store::known_users`].
    pub fn insert_users(&mut self, org: OrgId, new: &[NewUser]) -> Result<(), StoreError> {
        let rows: Vec<NewRow> = new
            .iter()
            .map(|one| UserRow::new(&one.user).map(NewRow::new))
            .collect::<Result<_, _>>()?;
        insert_rows!(self.db, users, 13, &rows);
        let rows: Vec<IdentifierRow<'_>> = new.iter().flat_map(identifier_rows).collect();
        insert_rows!(self.db, user_identifiers, 5, &rows);
        let rows: Vec<CredentialRow<'_>> = new.iter().filter_map(credential_row).collect();
        insert_rows!(self.db, credentials, 7, &rows);
        let rows = self.member_rows(org, new)?;
        insert_rows!(self.db, group_members, 2, &rows);
        terms::insert(self.db, new.iter().map(|one| (&one.user, &*one.identifiers)))
    }

    fn member_rows(&mut self, org: OrgId, new: &[NewUser]) -> Result<Vec<MemberRow>, StoreError> {
        let names: BTreeSet<&String> = new.iter().flat_map(|one| &one.user.groups).collect();
        let ids: BTreeMap<String, i64> = groups::table
            .filter(groups::org_id.eq(org.0))
            .filter(groups::name.eq_any(names))
            .select((groups::name, groups::id))
            .load(self.db)?
            .into_iter()
            .collect();
        let memberships =
            new.iter().flat_map(|one| one.user.groups.iter().map(move |name| (one, name)));
        memberships
            .map(|(one, name)| match ids.get(name) {
                Some(id) => Ok(MemberRow { group_id: *id, user_id: one.user.id.0 }),
                None => Err(StoreError::NotFound { what: "group" }),
            })
            .collect()
    }
}

fn identifier_rows(new: &NewUser) -> impl Iterator<Item = IdentifierRow<'_>> {
    // An email address that is the user name as well is one name.
    let mut seen = BTreeSet::new();
    let once = new.identifiers.iter().filter(move |identifier| seen.insert(&identifier.value));
    once.map(|identifier| IdentifierRow {
        org_id: new.user.org.0,
        value: &identifier.value,
        kind: identifier.kind.code(),
        user_id: new.user.id.0,
        created_at: new.user.created_at.as_millis(),
    })
}

fn credential_row(new: &NewUser) -> Option<CredentialRow<'_>> {
    let password = new.password.as_ref()?;
    let at = |moment: Timestamp| moment.as_millis();
    Some(CredentialRow {
        id: new.user.id.0,
        org_id: new.user.org.0,
        user_id: new.user.id.0,
        kind: "password",
        secret: &password.hash,
        created_at: at(password.updated_at),
        updated_at: at(password.updated_at),
    })
}
