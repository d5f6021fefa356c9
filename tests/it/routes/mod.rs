//! What each route answers, on SQLite and on PostgreSQL.

mod admin;
mod api;
mod api_bodies;
mod api_callers;
mod api_doors;
mod api_idempotency;
mod api_routes;
mod authorize;
mod authorize_pages;
mod authorize_responses;
mod client_authentication;
mod discovery;
mod explained;
mod handover;
mod health;
mod introspect;
mod jwks;
mod language;
mod limits;
mod logout;
mod refresh;
mod revoke;
mod sign_in;
mod token;
mod trial;
mod userinfo;
