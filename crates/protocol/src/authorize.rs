//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2).
//!
//! [`request`] reads a request in two stages with two error types: what fails before the redirect
//! URI is known can only be shown, what fails after is sent back to the client. [`interaction`]
//! alone decides what the user is asked next. [`response`] writes the answer. [`trial`] says whose
//! requests may be answered to our own page instead of to the client.

pub mod claims_request;
pub mod interaction;
mod pending;
pub mod request;
pub mod response;
pub mod trial;
mod words;
