//! The terms by which users are found, kept in the transactions that write the user.

use diesel::prelude::*;
use vestibule_protocol::ids::{OrgId, UserId};
use vestibule_protocol::search;
use vestibule_protocol::user::User;

use super::{Identifier, identifiers, user};
use crate::connection::{Db, on_either};
use crate::schema::{user_terms, users};
use crate::{Store, StoreError};

/// Rows of terms in one statement.
const ROWS: usize = 5_000;
/// Users whose missing terms are written in one transaction.
const FILLED_AT_ONCE: i64 = 100;

impl Store {
    /// Writes the search terms of some users of earlier versions, which knew none; tells how many
    /// there were. None: all are found.
    pub async fn fill_user_terms(&self) -> Result<usize, StoreError> {
        let without: Vec<(i64, i64)> = self
            .scan(|db| {
                // Spelled as in the index, so that it is used.
                let lacking = diesel::dsl::sql::<diesel::sql_types::Bool>("terms_version < 1");
                Ok(users::table
                    .filter(lacking)
                    .order(users::id)
                    .limit(FILLED_AT_ONCE)
                    .select((users::org_id, users::id))
                    .load(db)?)
            })
            .await?;
        if without.is_empty() {
            return Ok(0);
        }
        self.write(move |tx| {
            without.iter().try_for_each(|(org, id)| refresh(tx.db, OrgId(*org), UserId(*id)))?;
            Ok(without.len())
        })
        .await
    }
}

/// Writes the terms of a user anew, as the row stands.
pub(super) fn refresh(db: &mut Db, org: OrgId, id: UserId) -> Result<(), StoreError> {
    let Some(user) = user(db, org, id)? else { return Ok(()) };
    let names = identifiers(db, org, id)?;
    diesel::delete(user_terms::table.filter(user_terms::user_id.eq(id.0))).execute(db)?;
    insert(db, [(&user, names.as_slice())])?;
    diesel::update(users::table.find(id.0))
        .set(users::terms_version.eq(search::VERSION))
        .execute(db)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = user_terms, treat_none_as_default_value = false)]
struct TermRow {
    org_id: i64,
    term: String,
    user_id: i64,
}

/// Inserts the terms of users who have none, many rows a statement.
pub(super) fn insert<'a>(
    db: &mut Db,
    users: impl IntoIterator<Item = (&'a User, &'a [Identifier])>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (user, names) in users {
        let names = names.iter().map(|name| name.value.as_str());
        rows.extend(search::terms(user, names).into_iter().map(|term| TermRow {
            org_id: user.org.0,
            term,
            user_id: user.id.0,
        }));
    }
    // In the order of the key: neighbours are written together.
    rows.sort_by(|a, b| a.term.cmp(&b.term));
    for rows in rows.chunks(ROWS) {
        let insert = diesel::insert_into(user_terms::table).values(rows);
        on_either!(db => insert.on_conflict_do_nothing().execute(db))?;
    }
    Ok(())
}
