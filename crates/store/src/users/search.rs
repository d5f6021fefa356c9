//! Finding users by words, status, group or mark.
//!
//! A search costs a bounded number of short index ranges, whatever the number of users. Of its
//! conditions the one that fewest users pass leads: those users are walked in the order of its key,
//! and each further condition is asked of them alone, some hundreds at a time, by the user's id. The
//! walk ends when the page is full, when nobody is left, or after [`MOST_LOOKED_AT`] entries. Then
//! the page is short and its cursor leads on from there: nobody is left out, and no single page waits
//! for a million people who have each word and hardly ever all of them.
//!
//! No statement over terms leaves it to the database's statistics which index it takes: after an
//! import there are none, and the wrong one reads every entry of a frequent word for each step.

use std::collections::{HashMap, HashSet};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::user::User;

use super::{UserFilter, UserRow};
use crate::connection::{Db, on_either};
use crate::rows::status_code;
use crate::schema::{group_members, groups, user_terms, users};
use crate::statement::statement;
use crate::{Page, PageRequest, StoreError};

/// Most entries of the leading condition that are looked at for one page.
const MOST_LOOKED_AT: usize = 5_000;
/// How many of them the further conditions are asked of at once, at most.
const STEP: usize = 400;

/// The users who pass the filter, in the order of its leading condition.
pub(super) fn search(
    db: &mut Db,
    org: OrgId,
    filter: &UserFilter,
    page: PageRequest,
) -> Result<Page<User>, StoreError> {
    by_key(db, |db| {
        let Some(mut conditions) = conditions(db, org, filter)? else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let leading = rarest(db, org, &conditions)?;
        let leading = conditions.remove(leading);
        walk(db, org, &Search { leading, others: conditions, filter }, page)
    })
}

struct Search<'a> {
    leading: Condition,
    others: Vec<Condition>,
    filter: &'a UserFilter,
}

/// What a user must pass, and an index has in order.
enum Condition {
    /// A term begins with this word.
    Word(String),
    /// Member of this group.
    Group(i64),
    /// Of this status.
    Status(i16),
    /// A test user, or none.
    Test(bool),
}

/// The conditions of a filter, the words first; nothing when nobody can pass them. There is one at
/// least.
fn conditions(
    db: &mut Db,
    org: OrgId,
    filter: &UserFilter,
) -> Result<Option<Vec<Condition>>, StoreError> {
    let mut conditions: Vec<Condition> =
        filter.words.iter().cloned().map(Condition::Word).collect();
    if let Some(name) = &filter.group {
        let group = groups::table
            .filter(groups::org_id.eq(org.0))
            .filter(groups::name.eq(name))
            .select(groups::id)
            .get_result(db)
            .optional()?;
        let Some(group) = group else { return Ok(None) };
        conditions.push(Condition::Group(group));
    }
    conditions.extend(filter.status.map(|status| Condition::Status(status_code(status))));
    conditions.extend(filter.test.map(Condition::Test));
    Ok(if conditions.is_empty() { None } else { Some(conditions) })
}

/// The place of the condition that fewest pass. Beyond what a page looks at, one is as frequent as
/// another, and the earlier wins: the words come with the longest first.
fn rarest(db: &mut Db, org: OrgId, conditions: &[Condition]) -> Result<usize, StoreError> {
    let (mut rarest, mut fewest) = (0, MOST_LOOKED_AT);
    if conditions.len() == 1 {
        return Ok(rarest);
    }
    for (place, condition) in conditions.iter().enumerate() {
        let count = condition.count(db, org, fewest)?;
        if count < fewest {
            (rarest, fewest) = (place, count);
        }
    }
    Ok(rarest)
}

/// Walks the users of the leading condition until the page is full or enough were looked at.
fn walk(
    db: &mut Db,
    org: OrgId,
    search: &Search<'_>,
    page: PageRequest,
) -> Result<Page<User>, StoreError> {
    let wanted = usize::try_from(page.probe()).unwrap_or(STEP);
    let mut place = Place::behind(&search.leading, page.after);
    let mut found: Vec<(User, i64)> = Vec::new();
    // Mostly the first few fill the page; where they do not, more are taken at once.
    let (mut looked, mut size) = (0, wanted.min(STEP));
    let mut ended = false;
    while !ended && looked < MOST_LOOKED_AT && found.len() < wanted {
        let step = search.leading.next(db, org, &mut place, size)?;
        ended = step.entries < size;
        looked += step.entries;
        size = (size * 2).min(STEP);
        found.extend(passing(db, org, search, step.users)?);
    }
    let limit = wanted - 1;
    let next = match found.get(limit.saturating_sub(1)) {
        Some((_, cursor)) if found.len() > limit => Some(*cursor),
        _ if ended => None,
        _ => Some(place.cursor),
    };
    let items = found.into_iter().take(limit).map(|(user, _)| user).collect();
    Ok(Page { items, next })
}

/// Where a walk stands.
struct Place {
    /// Of words: the term of the entry that was looked at last.
    term: String,
    /// The user who was looked at last.
    user: i64,
    /// Of words: entries that earlier pages looked at and that are still to be skipped.
    skip: i64,
    /// What leads on from here: of words the number of entries that were looked at, of all else the
    /// user who was looked at last.
    cursor: i64,
}

impl Place {
    fn behind(leading: &Condition, after: i64) -> Self {
        let after = after.max(0);
        match leading {
            Condition::Word(word) => {
                Self { term: word.clone(), user: 0, skip: after, cursor: after }
            }
            _ => Self { term: String::new(), user: after, skip: 0, cursor: after },
        }
    }
}

/// What one step of a walk came to.
struct Step {
    /// How many entries were looked at.
    entries: usize,
    /// Their users, each with the cursor behind the entry.
    users: Vec<(i64, i64)>,
}

statement! {
    /// The next entries of a word. OFFSET skips what earlier pages looked at, entries of an index
    /// alone: a cursor has no room for a term.
    NextOfWord {
        org: BigInt as i64, term: Text as &'a str, user: BigInt as i64, end: Text as &'a str,
        limit: BigInt as i64, skip: BigInt as i64,
    } -> (Text, BigInt) =
        "SELECT term, user_id FROM user_terms WHERE org_id = ", [org: BigInt],
        " AND (term, user_id) > (", [term: Text], ", ", [user: BigInt], ") AND term < ", [end: Text],
        " ORDER BY term, user_id LIMIT ", [limit: BigInt], " OFFSET ", [skip: BigInt], ""
}

statement! {
    /// How many entries a word has, counted up to a limit.
    CountOfWord {
        org: BigInt as i64, word: Text as &'a str, end: Text as &'a str, limit: BigInt as i64,
    } -> BigInt =
        "SELECT count(*) FROM (SELECT 1 FROM user_terms WHERE org_id = ", [org: BigInt],
        " AND term >= ", [word: Text], " AND term < ", [end: Text],
        " LIMIT ", [limit: BigInt], ") AS counted"
}

impl Condition {
    /// How many pass, counted up to a limit.
    fn count(&self, db: &mut Db, org: OrgId, limit: usize) -> Result<usize, StoreError> {
        let Self::Word(word) = self else {
            return Ok(self.ids(db, org, 0, limit)?.len());
        };
        let (end, most) = (end(word), i64::try_from(limit).unwrap_or(i64::MAX));
        let counted: i64 =
            on_either!(db => CountOfWord::new(org.0, word, &end, most).get_result(db))?;
        Ok(usize::try_from(counted).unwrap_or_default())
    }

    /// The next users, as many as there are entries at most.
    fn next(
        &self,
        db: &mut Db,
        org: OrgId,
        place: &mut Place,
        entries: usize,
    ) -> Result<Step, StoreError> {
        let Self::Word(word) = self else {
            let ids = self.ids(db, org, place.user, entries)?;
            place.user = ids.last().copied().unwrap_or(place.user);
            place.cursor = place.user;
            return Ok(Step {
                entries: ids.len(),
                users: ids.into_iter().map(|id| (id, id)).collect(),
            });
        };
        let (end, limit) = (end(word), i64::try_from(entries).unwrap_or(i64::MAX));
        let found: Vec<(String, i64)> = {
            let Place { term, user, skip, .. } = &*place;
            on_either!(db => NextOfWord::new(org.0, term, *user, &end, limit, *skip).load(db))?
        };
        let firsts = first_terms(db, word, &found)?;
        let is_first = |term: &String, user: i64| {
            term == word || firsts.get(&user).and_then(Option::as_ref) == Some(term)
        };
        let users = (place.cursor + 1..)
            .zip(&found)
            .filter(|(_, (term, user))| is_first(term, *user))
            .map(|(cursor, (_, user))| (*user, cursor))
            .collect();
        let entries = found.len();
        place.cursor += i64::try_from(entries).unwrap_or_default();
        place.skip = 0;
        if let Some((term, user)) = found.into_iter().next_back() {
            (place.term, place.user) = (term, user);
        }
        Ok(Step { entries, users })
    }

    /// The ids of the next users who pass, oldest first.
    fn ids(
        &self,
        db: &mut Db,
        org: OrgId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let of_org = users::table.filter(users::org_id.eq(org.0)).filter(users::id.gt(after));
        let of_org = of_org.order(users::id).limit(limit).select(users::id);
        Ok(match self {
            Self::Word(_) => Vec::new(),
            Self::Group(group) => group_members::table
                .filter(group_members::group_id.eq(group))
                .filter(group_members::user_id.gt(after))
                .order(group_members::user_id)
                .limit(limit)
                .select(group_members::user_id)
                .load(db)?,
            Self::Status(status) => of_org.filter(users::status.eq(status)).load(db)?,
            Self::Test(test) => of_org.filter(users::test.eq(test)).load(db)?,
        })
    }

    /// Those of these users who pass, as far as an index tells; their rows tell the rest.
    fn keep(&self, db: &mut Db, users: Vec<(i64, i64)>) -> Result<Vec<(i64, i64)>, StoreError> {
        let ids = users.iter().map(|(id, _)| *id).collect::<Vec<i64>>();
        let passing: Vec<i64> = match self {
            // The organization is not asked for: with it, the range of the word would be an index
            // to read as well, all of it.
            Self::Word(word) => user_terms::table
                .filter(user_terms::user_id.eq_any(&ids))
                .filter(user_terms::term.ge(word))
                .filter(user_terms::term.lt(end(word)))
                .select(user_terms::user_id)
                .load(db)?,
            Self::Group(group) => group_members::table
                .filter(group_members::group_id.eq(group))
                .filter(group_members::user_id.eq_any(&ids))
                .select(group_members::user_id)
                .load(db)?,
            Self::Status(_) | Self::Test(_) => return Ok(users),
        };
        let passing: HashSet<i64> = passing.into_iter().collect();
        Ok(users.into_iter().filter(|(id, _)| passing.contains(id)).collect())
    }
}

/// The first term of the word's range that each user of these entries has: a user with several is
/// found once, at that one, on whichever page it is.
fn first_terms(
    db: &mut Db,
    word: &str,
    entries: &[(String, i64)],
) -> Result<HashMap<i64, Option<String>>, StoreError> {
    // Nothing comes before the word itself.
    let later = entries.iter().filter(|(term, _)| term != word);
    let ids: HashSet<i64> = later.map(|(_, id)| *id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let firsts: Vec<(i64, Option<String>)> = user_terms::table
        .filter(user_terms::user_id.eq_any(ids))
        .filter(user_terms::term.ge(word))
        .filter(user_terms::term.lt(end(word)))
        .group_by(user_terms::user_id)
        .select((user_terms::user_id, diesel::dsl::min(user_terms::term)))
        .load(db)?;
    Ok(firsts.into_iter().collect())
}

/// Those of these users who pass every other condition too, in their order.
fn passing(
    db: &mut Db,
    org: OrgId,
    search: &Search<'_>,
    mut users: Vec<(i64, i64)>,
) -> Result<Vec<(User, i64)>, StoreError> {
    for condition in &search.others {
        if !users.is_empty() {
            users = condition.keep(db, users)?;
        }
    }
    if users.is_empty() {
        return Ok(Vec::new());
    }
    // Status and mark are asked of the rows: beside them in the statement, the index of all who have
    // this status would be one to read.
    let rows: Vec<UserRow> = users::table
        .filter(users::org_id.eq(org.0))
        .filter(users::id.eq_any(users.iter().map(|(id, _)| *id)))
        .select(UserRow::as_select())
        .load(db)?;
    let UserFilter { status, test, .. } = search.filter;
    let wanted = |row: &UserRow| {
        status.is_none_or(|status| row.status == status_code(status))
            && test.is_none_or(|test| row.test == test)
    };
    let mut rows: HashMap<i64, UserRow> =
        rows.into_iter().filter(wanted).map(|row| (row.id, row)).collect();
    users
        .into_iter()
        .filter_map(|(id, cursor)| Some((rows.remove(&id)?, cursor)))
        .map(|(row, cursor)| Ok((User::try_from(row)?, cursor)))
        .collect()
}

/// Runs reads that all go by a key. Without statistics PostgreSQL would rather gather all entries of
/// a range than walk the first few of it.
fn by_key<T>(
    db: &mut Db,
    read: impl FnOnce(&mut Db) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if matches!(db, Db::Sqlite(_)) {
        return read(db);
    }
    db.batch_execute(
        "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
         SET LOCAL enable_sort = off; SET LOCAL jit = off",
    )?;
    let read = read(db);
    // There is nothing to keep; a connection that cannot do it is broken, and the next use says so.
    let _ended = db.roll_back();
    read
}

/// The end of the range of what begins with a word. A range instead of LIKE: it uses the key, and no
/// letter of the word is special.
fn end(word: &str) -> String {
    format!("{word}\u{10FFFF}")
}
