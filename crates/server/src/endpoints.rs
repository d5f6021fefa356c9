//! The protocol's endpoints: each parses, asks `protocol` and commits.

pub mod authorize;
pub mod client;
pub mod discovery;
pub mod health;
pub mod introspect;
pub mod logout;
pub mod revoke;
pub mod token;
pub mod userinfo;
