//! Finding users: their terms, kept in the transactions that write the user, and the search.
//!
//! A search costs a bounded number of short ranges of one key, whatever the number of users: of the
//! word that fewest terms begin with, the first [`MOST_CANDIDATES`] users are looked at, and each
//! further word is asked of them alone, some hundreds at a time, until the page is full. A search
//! whose every word begins the terms of more users than that may therefore miss some; one letter
//! more finds them.

use std::collections::HashSet;

use diesel::prelude::*;
use vestibule_protocol::ids::{OrgId, UserId};
use vestibule_protocol::search;
use vestibule_protocol::user::User;

use super::{Identifier, UserFilter, UserRow, filtered, identifiers, user};
use crate::connection::{Db, on_either};
use crate::schema::{user_terms, users};
use crate::{Page, PageRequest, Store, StoreError};

/// Most users that are looked at for one search.
const MOST_CANDIDATES: i64 = 10_000;
/// How many of them a further word is asked of at once, at most.
const STEP: usize = 400;
/// So few that no rarer word is looked for.
const FEW: usize = 2_000;
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

/// Users who have a term for each word.
pub(super) fn search(
    db: &mut Db,
    org: OrgId,
    filter: &UserFilter,
    page: PageRequest,
) -> Result<Page<User>, StoreError> {
    let (mut candidates, others) = candidates(db, org, &filter.words)?;
    let skipped = usize::try_from(page.after).unwrap_or_default();
    let wanted = skipped + usize::try_from(page.probe()).unwrap_or_default();
    let mut found = Vec::new();
    // Mostly the first few fill the page; where they do not, more are taken at once.
    let mut size = wanted.clamp(1, STEP);
    while !candidates.is_empty() && found.len() < wanted {
        let rest = candidates.split_off(candidates.len().min(size));
        size = (size * 2).min(STEP);
        let mut step = std::mem::replace(&mut candidates, rest);
        for word in &others {
            step = having(db, org, step, word)?;
        }
        found.extend(load(db, org, filter, &step)?);
    }
    let position = i64::try_from(skipped).unwrap_or(i64::MAX);
    let items: Vec<User> = found.into_iter().skip(skipped).collect();
    let mut page = Page::of(page, items, |_| 0);
    let shown = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
    page.next = page.next.map(|_| position.saturating_add(shown));
    Ok(page)
}

/// The users of the rarest word, each once, in the order of their terms; and the other words.
fn candidates(
    db: &mut Db,
    org: OrgId,
    words: &[String],
) -> Result<(Vec<i64>, Vec<String>), StoreError> {
    let mut best: Option<(usize, Vec<i64>)> = None;
    for (place, word) in words.iter().enumerate() {
        let ids: Vec<i64> = user_terms::table
            .filter(user_terms::org_id.eq(org.0))
            .filter(user_terms::term.ge(word))
            .filter(user_terms::term.lt(after(word)))
            .order((user_terms::term, user_terms::user_id))
            .limit(MOST_CANDIDATES)
            .select(user_terms::user_id)
            .load(db)?;
        let fewer = best.as_ref().is_none_or(|(_, fewest)| ids.len() < fewest.len());
        if fewer {
            best = Some((place, ids));
        }
        // The words come with the longest first; so few users need no rarer word.
        if best.as_ref().is_some_and(|(_, fewest)| fewest.len() <= FEW) {
            break;
        }
    }
    let (driving, ids) = best.unwrap_or_default();
    let others = words.iter().enumerate().filter(|(place, _)| *place != driving);
    let mut seen = HashSet::new();
    let ids = ids.into_iter().filter(|id| seen.insert(*id)).collect();
    Ok((ids, others.map(|(_, word)| word.clone()).collect()))
}

/// Those of these users who have a term that begins with the word, in their order.
fn having(db: &mut Db, org: OrgId, ids: Vec<i64>, word: &str) -> Result<Vec<i64>, StoreError> {
    let with: HashSet<i64> = user_terms::table
        .filter(user_terms::user_id.eq_any(&ids))
        .filter(user_terms::term.ge(word))
        .filter(user_terms::term.lt(after(word)))
        .filter(user_terms::org_id.eq(org.0))
        .select(user_terms::user_id)
        .load(db)?
        .into_iter()
        .collect();
    Ok(ids.into_iter().filter(|id| with.contains(id)).collect())
}

/// These users as far as they pass the filter, in this order.
fn load(
    db: &mut Db,
    org: OrgId,
    filter: &UserFilter,
    ids: &[i64],
) -> Result<Vec<User>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = filtered(org, filter)
        .filter(users::id.eq_any(ids.to_vec()))
        .select(UserRow::as_select())
        .load(db)?;
    let mut rows: std::collections::HashMap<i64, UserRow> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    ids.iter().filter_map(|id| rows.remove(id)).map(User::try_from).collect()
}

/// The end of the range of what begins with a word. A range instead of LIKE: it uses the key, and no
/// letter of the word is special.
fn after(word: &str) -> String {
    format!("{word}\u{10FFFF}")
}
