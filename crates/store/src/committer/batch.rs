//! Applying a batch: first what ends something, then the guards of what begins something, then the
//! new rows.
//!
//! Changes of one batch were submitted at the same time, so any order between them is right; this
//! one lets a revocation win over what is being issued beside it.

use std::collections::HashSet;

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::Event;
use vestibule_protocol::grant::{AccessTokenRecord, RefreshGeneration};

use super::guards::{self, Issue, Redemption, Refresh, SignIn};
use super::written::Written;
use crate::authorizations::{AuthorizationRow, PendingRow};
use crate::changes::{Answer, Change, ConsentBasis, Guard, IssueCode, RedeemCode, StartSession};
use crate::connection::{Db, on_either};
use crate::events::EventRow;
use crate::grants::{AccessTokenRow, GrantRow, RefreshRow};
use crate::schema::{
    access_tokens, authorizations, grants, pending_authorizations, sessions, single_use,
};
use crate::sessions::SessionRow;
use crate::{StoreError, consents, credentials, throttles};

/// Applies `changes` in the open transaction; the answers are in their order.
pub(super) fn apply(db: &mut Db, changes: &[Change]) -> Result<Vec<Answer>, StoreError> {
    let mut batch = Batch { answers: vec![None; changes.len()], written: Written::default() };
    for (number, change) in changes.iter().enumerate() {
        if let Some(answer) = apply_alone(db, change)? {
            batch.answer(number, answer, change)?;
        }
    }
    batch.redeem_codes(db, changes)?;
    batch.rotate_refresh_tokens(db, changes)?;
    batch.use_refresh_tokens(db, changes)?;
    batch.issue_codes(db, changes)?;
    batch.issue_client_tokens(db, changes)?;
    batch.start_sessions(db, changes)?;
    let Batch { answers, written } = batch;
    written.flush(db)?;
    answers
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| StoreError::Database("a change was not judged".to_owned()))
}

fn guard(held: bool) -> Answer {
    Answer::Guard(if held { Guard::Held } else { Guard::Lost })
}

/// Applies what needs no more than its own statement; `None` for what is judged with its kind.
fn apply_alone(db: &mut Db, change: &Change) -> Result<Option<Answer>, StoreError> {
    let held = match change {
        Change::StartAuthorization(_) | Change::RecordEvents(_) => true,
        Change::UpdateProgress(update) => set_progress(db, update.id.0, &update.progress)?,
        Change::CompletePending(complete) => {
            let waiting = pending_authorizations::table
                .filter(pending_authorizations::id.eq(complete.id.0))
                .filter(pending_authorizations::completed_at.is_null());
            let done = pending_authorizations::completed_at.eq(complete.at.as_millis());
            on_either!(db => diesel::update(waiting).set(done).execute(db))? == 1
        }
        Change::TouchSession(touch) => touch_session(db, touch.id.0, touch.at.as_millis())?,
        Change::EndSession(end) => crate::sessions::end(db, end.id, end.at)?,
        Change::SpoilCode(spoil) => {
            let unused = authorizations::table
                .filter(authorizations::id.eq(spoil.id.0))
                .filter(authorizations::redeemed_at.is_null());
            let used = authorizations::redeemed_at.eq(spoil.at.as_millis());
            on_either!(db => diesel::update(unused).set(used).execute(db))? == 1
        }
        Change::RevokeGrant(revoke) => {
            let live = grants::table
                .filter(grants::id.eq(revoke.id.0))
                .filter(grants::revoked_at.is_null());
            let revoked = grants::revoked_at.eq(revoke.at.as_millis());
            on_either!(db => diesel::update(live).set(revoked).execute(db))? == 1
        }
        Change::RevokeAccessToken(revoke) => {
            let live = access_tokens::table
                .filter(access_tokens::id.eq(revoke.id.0))
                .filter(access_tokens::revoked_at.is_null());
            let revoked = access_tokens::revoked_at.eq(revoke.at.as_millis());
            on_either!(db => diesel::update(live).set(revoked).execute(db))? == 1
        }
        Change::ConsumeOnce(consume) => {
            let insert = diesel::insert_into(single_use::table).values((
                single_use::purpose.eq(consume.value.purpose.code()),
                single_use::digest.eq(consume.value.digest.as_slice()),
                single_use::expires_at.eq(consume.value.expires_at.as_millis()),
            ));
            on_either!(db => insert.on_conflict_do_nothing().execute(db))? == 1
        }
        Change::CountFailure(count) => {
            let counter = throttles::count(db, &count.key, &count.policy, count.at)?;
            return Ok(Some(Answer::Counted(counter)));
        }
        Change::StartSession(_)
        | Change::IssueCode(_)
        | Change::RedeemCode(_)
        | Change::RotateRefresh(_)
        | Change::UseRefresh(_)
        | Change::IssueClientToken(_) => return Ok(None),
    };
    Ok(Some(guard(held)))
}

fn set_progress(
    db: &mut Db,
    id: i64,
    progress: &vestibule_protocol::authorize::interaction::Progress,
) -> Result<bool, StoreError> {
    let waiting = pending_authorizations::table
        .filter(pending_authorizations::id.eq(id))
        .filter(pending_authorizations::completed_at.is_null());
    let progress = crate::rows::json("progress", progress)?;
    let changed =
        diesel::update(waiting).set(pending_authorizations::progress.eq(progress)).execute(db)?;
    Ok(changed == 1)
}

fn touch_session(db: &mut Db, id: i64, at: i64) -> Result<bool, StoreError> {
    let live = sessions::table.filter(sessions::id.eq(id)).filter(sessions::ended_at.is_null());
    let seen = sessions::last_seen_at.eq(at);
    Ok(on_either!(db => diesel::update(live).set(seen).execute(db))? == 1)
}

/// A batch on its way: what was answered, and what is to be inserted.
struct Batch {
    answers: Vec<Option<Answer>>,
    written: Written,
}

impl Batch {
    /// Notes an answer; the events of a change that was applied are written with it.
    fn answer(&mut self, number: usize, answer: Answer, change: &Change) -> Result<(), StoreError> {
        if answer != Answer::Guard(Guard::Lost) {
            self.record(change.events())?;
            if let Change::StartAuthorization(start) = change {
                self.written.pending.push(PendingRow::new(&start.pending)?);
            }
        }
        if let Some(place) = self.answers.get_mut(number) {
            *place = Some(answer);
        }
        Ok(())
    }

    fn record(&mut self, events: &[Event]) -> Result<(), StoreError> {
        for event in events {
            self.written.events.push(EventRow::new(event)?);
        }
        Ok(())
    }

    fn tokens(&mut self, access: &AccessTokenRecord, refresh: Option<&RefreshGeneration>) {
        self.written.access_tokens.push(AccessTokenRow::from(access));
        self.written.refresh_tokens.extend(refresh.map(RefreshRow::from));
    }

    /// Takes the changes of one kind. Of several with one key the first is judged and the others
    /// have lost: what must happen once happens once in a batch as well.
    fn take<'c, C, K: std::hash::Hash + Eq>(
        &mut self,
        changes: &'c [Change],
        kind: impl Fn(&'c Change) -> Option<C>,
        key: impl Fn(&C) -> Option<K>,
    ) -> (Vec<usize>, Vec<C>) {
        let mut seen = HashSet::new();
        let (mut numbers, mut taken) = (Vec::new(), Vec::new());
        for (number, change) in changes.iter().enumerate() {
            let Some(one) = kind(change) else { continue };
            if key(&one).is_none_or(|key| seen.insert(key)) {
                numbers.push(number);
                taken.push(one);
            } else if let Some(place) = self.answers.get_mut(number) {
                *place = Some(Answer::Guard(Guard::Lost));
            }
        }
        (numbers, taken)
    }

    fn redeem_codes(&mut self, db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
        let (numbers, taken) = self.take(
            changes,
            |change| match change {
                Change::RedeemCode(redeem) => Some((change, redeem.as_ref())),
                _ => None,
            },
            |(_, redeem)| Some(redeem.id),
        );
        let asked: Vec<Redemption> = taken
            .iter()
            .map(|(_, redeem)| Redemption { id: redeem.id.0, at: redeem.at.as_millis() })
            .collect();
        let held = guards::redeem(db, &asked)?;
        for ((number, (change, redeem)), held) in numbers.into_iter().zip(taken).zip(held) {
            self.answer(number, guard(held), change)?;
            if held {
                self.write_grant(redeem)?;
            }
        }
        Ok(())
    }

    fn write_grant(&mut self, redeem: &RedeemCode) -> Result<(), StoreError> {
        let access_ends = redeem.access_token.expires_at;
        let ends_at =
            redeem.refresh.as_ref().map_or(access_ends, |token| token.expires_at.max(access_ends));
        self.written.grants.push(GrantRow::new(&redeem.grant, ends_at)?);
        self.tokens(&redeem.access_token, redeem.refresh.as_ref());
        Ok(())
    }

    fn rotate_refresh_tokens(&mut self, db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
        let (numbers, taken) = self.take(
            changes,
            |change| match change {
                Change::RotateRefresh(rotate) => Some((change, rotate.as_ref())),
                _ => None,
            },
            |(_, rotate)| Some(rotate.old),
        );
        let asked: Vec<Refresh> = taken
            .iter()
            .map(|(_, rotate)| Refresh {
                id: rotate.old.0,
                at: rotate.at.as_millis(),
                successor: Some(rotate.successor.id.0),
                expires_at: None,
            })
            .collect();
        let held = guards::refresh(db, &asked)?;
        for ((number, (change, rotate)), held) in numbers.into_iter().zip(taken).zip(held) {
            self.answer(number, guard(held), change)?;
            if held {
                self.tokens(&rotate.access_token, Some(&rotate.successor));
            }
        }
        Ok(())
    }

    /// Any number may use one token at the same time; judged after the rotations, so that a token
    /// that was just retired is not used.
    fn use_refresh_tokens(&mut self, db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
        let (numbers, taken) = self.take(
            changes,
            |change| match change {
                Change::UseRefresh(using) => Some((change, using.as_ref())),
                _ => None,
            },
            |_| None::<()>,
        );
        let asked: Vec<Refresh> = taken
            .iter()
            .map(|(_, using)| Refresh {
                id: using.id.0,
                at: using.at.as_millis(),
                successor: None,
                expires_at: Some(using.expires_at.as_millis()),
            })
            .collect();
        let held = guards::refresh(db, &asked)?;
        for ((number, (change, using)), held) in numbers.into_iter().zip(taken).zip(held) {
            self.answer(number, guard(held), change)?;
            if held {
                self.tokens(&using.access_token, None);
            }
        }
        Ok(())
    }

    fn issue_codes(&mut self, db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
        let (numbers, taken) = self.take(
            changes,
            |change| match change {
                Change::IssueCode(issue) => Some((change, issue.as_ref())),
                _ => None,
            },
            |(_, issue)| issue.completes,
        );
        let asked: Vec<Issue> = taken
            .iter()
            .map(|(_, issue)| Issue {
                session: issue.authorization.session.0,
                user: issue.authorization.user.0,
                client: issue.authorization.client.0,
                at: issue.authorization.issued_at.as_millis(),
                standing: matches!(issue.consent, ConsentBasis::Standing),
                pending: issue.completes.map(|pending| pending.0),
            })
            .collect();
        let held = guards::issue(db, &asked)?;
        for ((number, (change, issue)), held) in numbers.into_iter().zip(taken).zip(held) {
            self.answer(number, guard(held), change)?;
            if held {
                self.write_authorization(db, issue)?;
            }
        }
        Ok(())
    }

    fn write_authorization(&mut self, db: &mut Db, issue: &IssueCode) -> Result<(), StoreError> {
        self.written.authorizations.push(AuthorizationRow::new(&issue.authorization)?);
        if let ConsentBasis::Given(consent) = &issue.consent {
            consents::put(db, issue.authorization.org, consent)?;
        }
        if let Some(at) = issue.touch {
            touch_session(db, issue.authorization.session.0, at.as_millis())?;
        }
        Ok(())
    }

    fn issue_client_tokens(&mut self, db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
        let (numbers, taken) = self.take(
            changes,
            |change| match change {
                Change::IssueClientToken(issue) => Some((change, &issue.access_token)),
                _ => None,
            },
            |_| None::<()>,
        );
        let asked: Vec<i64> = taken.iter().map(|(_, token)| token.client.0).collect();
        let held = guards::client_token(db, &asked)?;
        for ((number, (change, token)), held) in numbers.into_iter().zip(taken).zip(held) {
            self.answer(number, guard(held), change)?;
            if held {
                self.tokens(token, None);
            }
        }
        Ok(())
    }

    fn start_sessions(&mut self, db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
        let (numbers, taken) = self.take(
            changes,
            |change| match change {
                Change::StartSession(start) => Some((change, start.as_ref())),
                _ => None,
            },
            |_| None::<()>,
        );
        let asked: Vec<SignIn> = taken
            .iter()
            .map(|(_, start)| SignIn {
                user: start.session.user.0,
                at: start.session.created_at.as_millis(),
                password_set_at: start.password_set_at.map(Timestamp::as_millis),
            })
            .collect();
        let held = guards::sign_in(db, &asked)?;
        for ((number, (change, start)), held) in numbers.into_iter().zip(taken).zip(held) {
            self.answer(number, guard(held), change)?;
            if held {
                self.write_session(db, start)?;
            }
        }
        Ok(())
    }

    fn write_session(&mut self, db: &mut Db, start: &StartSession) -> Result<(), StoreError> {
        if let Some(before) = start.replaces {
            crate::sessions::end_presented(db, before, start.session.created_at)?;
        }
        if let Some((pending, progress)) = &start.progress {
            set_progress(db, pending.0, progress)?;
        }
        for key in &start.clears {
            throttles::clear(db, key)?;
        }
        if let Some(rehash) = &start.rehash {
            credentials::replace(db, rehash)?;
        }
        self.written.sessions.push(SessionRow::new(&start.session, &start.digest)?);
        Ok(())
    }
}
