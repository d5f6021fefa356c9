//! Guards of a whole batch in one statement, on PostgreSQL.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable};

use super::{Issue, Redemption, Refresh, SignIn};
use crate::statement::statement;

statement! {
    Redeem { ids: Array<BigInt> as Vec<i64>, ats: Array<BigInt> as Vec<i64> } -> BigInt =
    "WITH held AS (
        SELECT a.id, t.at
        FROM unnest(", [ids: Array<BigInt>], "::bigint[], ", [ats: Array<BigInt>],
    "::bigint[]) AS t (id, at)
        JOIN authorizations a ON a.id = t.id
        JOIN users u ON u.id = a.user_id
        JOIN sessions s ON s.id = a.session_id
        JOIN clients c ON c.id = a.client_key
        JOIN organizations o ON o.id = a.org_id
        WHERE a.redeemed_at IS NULL AND u.status = 0 AND u.not_before <= a.issued_at
          AND s.ended_at IS NULL AND c.status = 0 AND o.status = 0
        ORDER BY a.id
        FOR SHARE OF u, s, c, o FOR NO KEY UPDATE OF a)
     UPDATE authorizations a SET redeemed_at = held.at
     FROM held WHERE a.id = held.id AND a.redeemed_at IS NULL RETURNING a.id",
}

statement! {
    UseRefresh {
        ids: Array<BigInt> as Vec<i64>, ats: Array<BigInt> as Vec<i64>,
        successors: Array<Nullable<BigInt>> as Vec<Option<i64>>,
        ends: Array<Nullable<BigInt>> as Vec<Option<i64>>,
    } -> BigInt =
    "WITH held AS (
        SELECT r.id, t.at, t.successor, t.ends
        FROM unnest(", [ids: Array<BigInt>], "::bigint[], ", [ats: Array<BigInt>],
    "::bigint[], ", [successors: Array<Nullable<BigInt>>], "::bigint[], ",
    [ends: Array<Nullable<BigInt>>], "::bigint[]) AS t (id, at, successor, ends)
        JOIN refresh_tokens r ON r.id = t.id
        JOIN grants g ON g.id = r.grant_id
        JOIN users u ON u.id = g.user_id
        JOIN sessions s ON s.id = g.session_id
        JOIN clients c ON c.id = g.client_key
        JOIN organizations o ON o.id = g.org_id
        WHERE r.retired_at IS NULL AND g.revoked_at IS NULL
          AND u.status = 0 AND u.not_before <= g.created_at
          AND (g.offline OR s.ended_at IS NULL) AND c.status = 0 AND o.status = 0
        ORDER BY r.id
        FOR SHARE OF u, s, c, o, g FOR NO KEY UPDATE OF r)
     UPDATE refresh_tokens r
     SET retired_at = CASE WHEN held.successor IS NULL THEN NULL ELSE held.at END,
         successor_id = held.successor, expires_at = coalesce(held.ends, r.expires_at)
     FROM held WHERE r.id = held.id AND r.retired_at IS NULL RETURNING r.id",
}

statement! {
    MayIssue {
        numbers: Array<BigInt> as Vec<i64>, sessions: Array<BigInt> as Vec<i64>,
        users: Array<BigInt> as Vec<i64>, clients: Array<BigInt> as Vec<i64>,
        ats: Array<BigInt> as Vec<i64>,
    } -> BigInt =
    "SELECT t.number
     FROM unnest(", [numbers: Array<BigInt>], "::bigint[], ", [sessions: Array<BigInt>],
    "::bigint[], ", [users: Array<BigInt>], "::bigint[], ", [clients: Array<BigInt>],
    "::bigint[], ", [ats: Array<BigInt>], "::bigint[])
        AS t (number, session_id, user_id, client_key, at)
     JOIN users u ON u.id = t.user_id
     JOIN sessions s ON s.id = t.session_id AND s.user_id = u.id
     JOIN clients c ON c.id = t.client_key
     JOIN organizations o ON o.id = u.org_id
     WHERE u.status = 0 AND u.not_before <= t.at AND s.ended_at IS NULL
       AND c.status = 0 AND o.status = 0
     ORDER BY u.id FOR SHARE OF u, s, c, o",
}

statement! {
    ConsentStands {
        numbers: Array<BigInt> as Vec<i64>, users: Array<BigInt> as Vec<i64>,
        clients: Array<BigInt> as Vec<i64>,
    } -> BigInt =
    "SELECT t.number
     FROM unnest(", [numbers: Array<BigInt>], "::bigint[], ", [users: Array<BigInt>],
    "::bigint[], ", [clients: Array<BigInt>], "::bigint[]) AS t (number, user_id, client_key)
     JOIN consents k ON k.user_id = t.user_id AND k.client_key = t.client_key
     ORDER BY k.user_id, k.client_key FOR SHARE OF k",
}

statement! {
    Complete { ids: Array<BigInt> as Vec<i64>, ats: Array<BigInt> as Vec<i64> } -> BigInt =
    "WITH asked AS (
        SELECT p.id, t.at
        FROM unnest(", [ids: Array<BigInt>], "::bigint[], ", [ats: Array<BigInt>],
    "::bigint[]) AS t (id, at)
        JOIN pending_authorizations p ON p.id = t.id
        WHERE p.completed_at IS NULL ORDER BY p.id FOR NO KEY UPDATE OF p)
     UPDATE pending_authorizations p SET completed_at = asked.at
     FROM asked WHERE p.id = asked.id AND p.completed_at IS NULL RETURNING p.id",
}

statement! {
    MayHaveToken { clients: Array<BigInt> as Vec<i64> } -> BigInt =
    "SELECT c.id FROM clients c JOIN organizations o ON o.id = c.org_id
     WHERE c.id = ANY(", [clients: Array<BigInt>], ") AND c.status = 0 AND o.status = 0
     ORDER BY c.id FOR SHARE OF c, o",
}

statement! {
    MaySignIn {
        numbers: Array<BigInt> as Vec<i64>, users: Array<BigInt> as Vec<i64>,
        ats: Array<BigInt> as Vec<i64>,
    } -> BigInt =
    "SELECT t.number
     FROM unnest(", [numbers: Array<BigInt>], "::bigint[], ", [users: Array<BigInt>],
    "::bigint[], ", [ats: Array<BigInt>], "::bigint[]) AS t (number, user_id, at)
     JOIN users u ON u.id = t.user_id
     JOIN organizations o ON o.id = u.org_id
     WHERE u.status = 0 AND u.not_before <= t.at AND o.status = 0
     ORDER BY u.id FOR SHARE OF u, o",
}

statement! {
    PasswordStands {
        numbers: Array<BigInt> as Vec<i64>, users: Array<BigInt> as Vec<i64>,
        ats: Array<Nullable<BigInt>> as Vec<Option<i64>>,
    } -> BigInt =
    "SELECT t.number
     FROM unnest(", [numbers: Array<BigInt>], "::bigint[], ", [users: Array<BigInt>],
    "::bigint[], ", [ats: Array<Nullable<BigInt>>], "::bigint[]) AS t (number, user_id, at)
     JOIN credentials k ON k.user_id = t.user_id AND k.kind = 'password' AND k.updated_at = t.at
     ORDER BY k.user_id FOR NO KEY UPDATE OF k",
}

type Ids = HashSet<i64>;

fn each<T>(asked: &[T], column: impl Fn(&T) -> i64) -> Vec<i64> {
    asked.iter().map(column).collect()
}

/// The place of each in what was asked: what a statement returns names it by that.
fn numbers<T>(asked: &[T]) -> Vec<i64> {
    (0i64..).take(asked.len()).collect()
}

pub(super) fn redeem(db: &mut PgConnection, asked: &[Redemption]) -> QueryResult<Vec<bool>> {
    let guard = Redeem::new(each(asked, |one| one.id), each(asked, |one| one.at));
    let held: Ids = guard.load::<i64>(db)?.into_iter().collect();
    Ok(asked.iter().map(|one| held.contains(&one.id)).collect())
}

pub(super) fn refresh(db: &mut PgConnection, asked: &[Refresh]) -> QueryResult<Vec<bool>> {
    let guard = UseRefresh::new(
        each(asked, |one| one.id),
        each(asked, |one| one.at),
        asked.iter().map(|one| one.successor).collect(),
        asked.iter().map(|one| one.expires_at).collect(),
    );
    let held: Ids = guard.load::<i64>(db)?.into_iter().collect();
    Ok(asked.iter().map(|one| held.contains(&one.id)).collect())
}

pub(super) fn issue(db: &mut PgConnection, asked: &[Issue]) -> QueryResult<Vec<bool>> {
    let guard = MayIssue::new(
        numbers(asked),
        each(asked, |one| one.session),
        each(asked, |one| one.user),
        each(asked, |one| one.client),
        each(asked, |one| one.at),
    );
    let may: Ids = guard.load::<i64>(db)?.into_iter().collect();
    let consented = if asked.iter().any(|one| one.standing) {
        let users = each(asked, |one| one.user);
        let clients = each(asked, |one| one.client);
        ConsentStands::new(numbers(asked), users, clients).load::<i64>(db)?.into_iter().collect()
    } else {
        Ids::new()
    };
    let held = |number: i64, one: &Issue| {
        may.contains(&number) && (!one.standing || consented.contains(&number))
    };
    let answering: Vec<&Issue> = (0i64..)
        .zip(asked)
        .filter(|(number, one)| one.pending.is_some() && held(*number, one))
        .map(|(_, one)| one)
        .collect();
    let completed: Ids = if answering.is_empty() {
        Ids::new()
    } else {
        let ids = answering.iter().filter_map(|one| one.pending).collect();
        let ats = answering.iter().map(|one| one.at).collect();
        Complete::new(ids, ats).load::<i64>(db)?.into_iter().collect()
    };
    Ok((0i64..)
        .zip(asked)
        .map(|(number, one)| {
            held(number, one) && one.pending.is_none_or(|pending| completed.contains(&pending))
        })
        .collect())
}

pub(super) fn client_token(db: &mut PgConnection, asked: &[i64]) -> QueryResult<Vec<bool>> {
    let held: Ids = MayHaveToken::new(asked.to_vec()).load::<i64>(db)?.into_iter().collect();
    Ok(asked.iter().map(|client| held.contains(client)).collect())
}

pub(super) fn sign_in(db: &mut PgConnection, asked: &[SignIn]) -> QueryResult<Vec<bool>> {
    let guard =
        MaySignIn::new(numbers(asked), each(asked, |one| one.user), each(asked, |one| one.at));
    let may: Ids = guard.load::<i64>(db)?.into_iter().collect();
    // The hash may be written anew, hence the stronger lock.
    let users = each(asked, |one| one.user);
    let ats = asked.iter().map(|one| one.password_set_at).collect();
    let stands = PasswordStands::new(numbers(asked), users, ats);
    let stands: Ids = stands.load::<i64>(db)?.into_iter().collect();
    let held = |number: i64, one: &SignIn| {
        may.contains(&number) && (one.password_set_at.is_none() || stands.contains(&number))
    };
    Ok((0i64..).zip(asked).map(|(number, one)| held(number, one)).collect())
}
