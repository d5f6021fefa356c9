//! What the OAuth 2.0 and OpenID Connect specifications say, as types, parsing and decisions.
//!
//! Nothing here does I/O, reads a clock or asks for randomness: time and random values are
//! arguments. Every endpoint of the server follows three beats, *load → decide → commit*, and the
//! middle one lives here:
//!
//! | endpoint | parse | decide |
//! |---|---|---|
//! | /oauth/authorize | [`authorize::request`] | [`authorize::interaction`], answered by [`authorize::response`] |
//! | /oauth/token | [`token`] | [`client_auth`], then one module a grant below [`token`], always through [`mint`] |
//! | /oauth/userinfo, introspect, revoke, logout | [`userinfo`], [`introspect`], [`revoke`], [`logout`] | the same |
//! | /.well-known/* | | [`discovery`] |
//!
//! | rooms | what they are about |
//! |---|---|
//! | [`client`], [`redirect_uri`], [`pkce`], [`scope`] | a client's policy, and what it may ask for |
//! | [`user`], [`identifiers`], [`password_policy`], [`search`] | a user: claims, names to sign in with, passwords, being found |
//! | [`session`], [`grant`], [`organization`] | what tokens rest on |
//! | [`bearer`], [`access_token`], [`id_token`], [`claims`], [`hashes`] | what tokens say, and whether they are good |
//! | [`params`], [`opaque`], [`ids`], [`time`] | texts and numbers that came, as types of their own |
//! | [`event`], [`case_code`] | what the event log tells, and under which name |
//! | [`admin`], [`brand`] | what administrators may do; what pages wear |
//!
//! A decision that says no returns a [`refusal`]: what the operator reads is one type, what the
//! peer hears another, and one exhaustive function leads from the first to the second.

pub mod access_token;
pub mod admin;
pub mod authorize;
pub mod bearer;
pub mod brand;
pub mod case_code;
pub mod claims;
pub mod client;
pub mod client_auth;
pub mod discovery;
pub mod event;
pub mod grant;
pub mod hashes;
pub mod id_token;
pub mod identifiers;
pub mod ids;
pub mod introspect;
pub mod logout;
pub mod mint;
pub mod opaque;
pub mod organization;
pub mod params;
pub mod password_policy;
pub mod pkce;
pub mod redirect_uri;
pub mod refusal;
pub mod revoke;
pub mod scope;
pub mod search;
pub mod session;
pub mod time;
pub mod token;
pub mod user;
pub mod userinfo;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod oxide;

pub use time::Timestamp;
