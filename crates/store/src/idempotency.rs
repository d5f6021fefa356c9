//! Requests that are carried out once, however often they are sent
//! (draft-ietf-httpapi-idempotency-key-header).

use diesel::prelude::*;
use vestibule_protocol::Timestamp;

use crate::connection::on_either;
use crate::rows::{RowName, moment};
use crate::schema::idempotency_keys;
use crate::{StoreError, Transaction};

/// A request under a key of its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Whose key it is.
    pub caller: String,
    /// Keyed digest of the key.
    pub key: [u8; 32],
    /// Keyed digest of the whole request: bodies hold secrets that could be guessed.
    pub request: [u8; 32],
    /// When it came.
    pub at: Timestamp,
    /// Until when its answer is kept.
    pub expires_at: Timestamp,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyClaim {
    /// Nothing: this request is the first, and is to be carried out.
    First,
    /// The same request was answered; this is the answer, sealed.
    Answered(String),
    /// The same request came at that moment and was not answered.
    Unanswered(Timestamp),
    /// Another request came under this key.
    OtherRequest,
}

impl Transaction<'_> {
    /// Claims a key for a request, unless it is taken. Of requests that come at the same moment,
    /// on whichever node, the database makes one the first.
    pub fn claim_key(&mut self, request: &KeyedRequest) -> Result<KeyClaim, StoreError> {
        let row = || idempotency_keys::table.find((&request.caller, request.key.as_slice()));
        diesel::delete(row().filter(idempotency_keys::expires_at.le(request.at.as_millis())))
            .execute(self.db)?;
        let insert = diesel::insert_into(idempotency_keys::table).values((
            idempotency_keys::caller.eq(&request.caller),
            idempotency_keys::key_digest.eq(request.key.as_slice()),
            idempotency_keys::request_digest.eq(request.request.as_slice()),
            idempotency_keys::started_at.eq(request.at.as_millis()),
            idempotency_keys::expires_at.eq(request.expires_at.as_millis()),
        ));
        let db = &mut *self.db;
        if on_either!(db => insert.on_conflict_do_nothing().execute(db))? == 1 {
            return Ok(KeyClaim::First);
        }
        let (digest, answer, started_at): (Vec<u8>, Option<String>, i64) = row()
            .select((
                idempotency_keys::request_digest,
                idempotency_keys::answer,
                idempotency_keys::started_at,
            ))
            .get_result(self.db)?;
        let name = RowName { table: "idempotency_keys", id: &request.caller };
        if name.digest("request_digest", &digest)? != request.request {
            return Ok(KeyClaim::OtherRequest);
        }
        Ok(match answer {
            Some(sealed) => KeyClaim::Answered(sealed),
            None => KeyClaim::Unanswered(moment(started_at)),
        })
    }

    /// Keeps the sealed answer to a request that claimed its key.
    pub fn answer_key(&mut self, request: &KeyedRequest, sealed: &str) -> Result<(), StoreError> {
        let row = idempotency_keys::table.find((&request.caller, request.key.as_slice()));
        let changed =
            diesel::update(row).set(idempotency_keys::answer.eq(sealed)).execute(self.db)?;
        if changed == 1 { Ok(()) } else { Err(StoreError::NotFound { what: "idempotency key" }) }
    }

    /// Gives a key back: nothing was done under it, and the request may be sent again.
    pub fn release_key(&mut self, request: &KeyedRequest) -> Result<(), StoreError> {
        let row = idempotency_keys::table.find((&request.caller, request.key.as_slice()));
        diesel::delete(row.filter(idempotency_keys::answer.is_null())).execute(self.db)?;
        Ok(())
    }
}
