//! A browser's way through an authorization request.
//!
//! [`visit`] is the dispatcher: it loads the facts, asks
//! [`interaction`](vestibule_protocol::authorize::interaction) what comes next and either sends the
//! browser to that page or answers the client. [`issue`] commits an approval. [`leave`] is how a
//! browser gets from us to the client. [`shown`] is what it sees when there is no client to go to. [`trial`] is an
//! administrator who tries a client out.

pub mod issue;
pub mod leave;
pub mod resume;
pub mod shown;
pub mod trial;
pub mod visit;
