//! Removing a user for good.

use diesel::prelude::*;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{OrgId, UserId};

use super::one;
use crate::schema::{authorizations, grants, refresh_tokens, sessions, throttles, users};
use crate::throttles::ThrottleKey;
use crate::{StoreError, Transaction};

impl Transaction<'_> {
    /// Removes a user and every row about the user. What stays are lines of the event log, which
    /// hold the subject and no claim, and access tokens, which are worth nothing without their
    /// grant.
    pub fn erase_user(&mut self, org: OrgId, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        // As for everyone who is thrown out: the guards of tokens on their way wait for this row.
        self.sign_out_everywhere(org, id, at)?;
        let sessions_of: Vec<i64> = sessions::table
            .filter(sessions::user_id.eq(id.0))
            .select(sessions::id)
            .load(self.db)?;
        for sessions_of in sessions_of.chunks(500) {
            let grants_of: Vec<i64> = grants::table
                .filter(grants::session_id.eq_any(sessions_of))
                .select(grants::id)
                .load(self.db)?;
            for ids in grants_of.chunks(500) {
                let tokens = refresh_tokens::table.filter(refresh_tokens::grant_id.eq_any(ids));
                diesel::delete(tokens).execute(self.db)?;
                let codes = authorizations::table.filter(authorizations::id.eq_any(ids));
                diesel::delete(codes).execute(self.db)?;
                diesel::delete(grants::table.filter(grants::id.eq_any(ids))).execute(self.db)?;
            }
            let ended = sessions::table.filter(sessions::id.eq_any(sessions_of));
            diesel::delete(ended).execute(self.db)?;
        }
        self.clear_throttle(&ThrottleKey::account(id))?;
        let (first, end) = ThrottleKey::devices_of(id);
        let devices = throttles::table.filter(throttles::name.ge(first));
        diesel::delete(devices.filter(throttles::name.lt(end))).execute(self.db)?;
        // The rest goes with the row: identifiers, terms, credentials, memberships, consents, links
        // and roles.
        let removed = diesel::delete(users::table)
            .filter(users::org_id.eq(org.0))
            .filter(users::id.eq(id.0))
            .execute(self.db)?;
        one(removed)
    }
}
