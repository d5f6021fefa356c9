//! Guards one by one, on SQLite.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::{Issue, Redemption, Refresh, SignIn};
use crate::statement::statement;

statement! {
    Redeem { id: BigInt as i64, at: BigInt as i64 } =
    "UPDATE authorizations SET redeemed_at = ", [at: BigInt],
    " WHERE id = ", [id: BigInt],
    " AND redeemed_at IS NULL AND EXISTS (
        SELECT 1 FROM users u, sessions s, clients c, organizations o
        WHERE u.id = authorizations.user_id AND u.status = 0
          AND u.not_before <= authorizations.issued_at
          AND s.id = authorizations.session_id AND s.ended_at IS NULL
          AND c.id = authorizations.client_key AND c.status = 0
          AND o.id = authorizations.org_id AND o.status = 0)",
}

statement! {
    Rotate { id: BigInt as i64, at: BigInt as i64, successor: BigInt as i64 } =
    "UPDATE refresh_tokens SET retired_at = ", [at: BigInt],
    ", successor_id = ", [successor: BigInt],
    " WHERE id = ", [id: BigInt],
    " AND retired_at IS NULL AND EXISTS (
        SELECT 1 FROM grants g, users u, sessions s, clients c, organizations o
        WHERE g.id = refresh_tokens.grant_id AND g.revoked_at IS NULL
          AND u.id = g.user_id AND u.status = 0 AND u.not_before <= g.created_at
          AND s.id = g.session_id AND (g.offline OR s.ended_at IS NULL)
          AND c.id = g.client_key AND c.status = 0
          AND o.id = g.org_id AND o.status = 0)",
}

statement! {
    Renew { id: BigInt as i64, expires_at: Nullable<BigInt> as Option<i64> } =
    "UPDATE refresh_tokens SET expires_at = coalesce(", [expires_at: Nullable<BigInt>],
    ", expires_at) WHERE id = ", [id: BigInt],
    " AND retired_at IS NULL AND EXISTS (
        SELECT 1 FROM grants g, users u, sessions s, clients c, organizations o
        WHERE g.id = refresh_tokens.grant_id AND g.revoked_at IS NULL
          AND u.id = g.user_id AND u.status = 0 AND u.not_before <= g.created_at
          AND s.id = g.session_id AND (g.offline OR s.ended_at IS NULL)
          AND c.id = g.client_key AND c.status = 0
          AND o.id = g.org_id AND o.status = 0)",
}

statement! {
    MayIssue {
        session: BigInt as i64, user: BigInt as i64, client: BigInt as i64, at: BigInt as i64,
        standing: BigInt as i64,
    } -> BigInt =
    "SELECT count(*) FROM users u, sessions s, clients c, organizations o
     WHERE s.id = ", [session: BigInt], " AND s.ended_at IS NULL
       AND u.id = ", [user: BigInt], " AND s.user_id = u.id AND u.status = 0 AND u.not_before <= ",
    [at: BigInt], "
       AND c.id = ", [client: BigInt], " AND c.status = 0
       AND o.id = u.org_id AND o.status = 0
       AND (", [standing: BigInt], " = 0 OR EXISTS (
            SELECT 1 FROM consents k WHERE k.user_id = u.id AND k.client_key = c.id))",
}

statement! {
    Complete { id: BigInt as i64, at: BigInt as i64 } =
    "UPDATE pending_authorizations SET completed_at = ", [at: BigInt],
    " WHERE id = ", [id: BigInt], " AND completed_at IS NULL",
}

statement! {
    MayHaveToken { client: BigInt as i64 } -> BigInt =
    "SELECT count(*) FROM clients c, organizations o
     WHERE c.id = ", [client: BigInt], " AND c.status = 0 AND o.id = c.org_id AND o.status = 0",
}

statement! {
    MaySignIn {
        user: BigInt as i64, at: BigInt as i64, password: Nullable<BigInt> as Option<i64>,
    } -> BigInt =
    "SELECT count(*) FROM users u, organizations o
     WHERE u.id = ", [user: BigInt], " AND u.status = 0 AND u.not_before <= ", [at: BigInt],
    " AND o.id = u.org_id AND o.status = 0
       AND (", [password: Nullable<BigInt>], " IS NULL OR EXISTS (
            SELECT 1 FROM credentials k
            WHERE k.user_id = u.id AND k.kind = 'password' AND k.updated_at = ",
    [password: Nullable<BigInt>], "))",
}

pub(super) fn redeem(db: &mut SqliteConnection, asked: &[Redemption]) -> QueryResult<Vec<bool>> {
    asked.iter().map(|one| Ok(Redeem::new(one.id, one.at).execute(db)? == 1)).collect()
}

pub(super) fn refresh(db: &mut SqliteConnection, asked: &[Refresh]) -> QueryResult<Vec<bool>> {
    asked
        .iter()
        .map(|one| {
            let changed = match one.successor {
                Some(successor) => Rotate::new(one.id, one.at, successor).execute(db)?,
                None => Renew::new(one.id, one.expires_at).execute(db)?,
            };
            Ok(changed == 1)
        })
        .collect()
}

pub(super) fn issue(db: &mut SqliteConnection, asked: &[Issue]) -> QueryResult<Vec<bool>> {
    asked
        .iter()
        .map(|one| {
            let standing = i64::from(one.standing);
            let may = MayIssue::new(one.session, one.user, one.client, one.at, standing);
            if may.get_result::<i64>(db)? == 0 {
                return Ok(false);
            }
            match one.pending {
                Some(pending) => Ok(Complete::new(pending, one.at).execute(db)? == 1),
                None => Ok(true),
            }
        })
        .collect()
}

pub(super) fn client_token(db: &mut SqliteConnection, asked: &[i64]) -> QueryResult<Vec<bool>> {
    asked.iter().map(|client| Ok(MayHaveToken::new(*client).get_result::<i64>(db)? == 1)).collect()
}

pub(super) fn sign_in(db: &mut SqliteConnection, asked: &[SignIn]) -> QueryResult<Vec<bool>> {
    asked
        .iter()
        .map(|one| {
            let may = MaySignIn::new(one.user, one.at, one.password_set_at);
            Ok(may.get_result::<i64>(db)? == 1)
        })
        .collect()
}
