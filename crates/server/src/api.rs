//! The administration API, `/api/v1`: a REST door to [`crate::services`].
//!
//! | room | owns |
//! |---|---|
//! | [`routes`] | the one table: paths, permissions, documents; server, OpenAPI and tests read it |
//! | [`serve`] | a request's way: who calls, where, may they, the body, the act, the answer |
//! | [`caller`] | who calls: an API token, or a client's own access token |
//! | [`input`], [`query`] | bodies and query strings, strict and bounded |
//! | [`reply`] | what a handler gives back, entity tags, pages |
//! | [`idempotency`] | requests that are carried out once, however often they are sent |
//! | [`problem`] | errors (RFC 9457) |
//! | [`openapi`], [`docs`], [`reference`] | the description: for programs, in the browser, in the book |
//! | one room a noun | turning documents into a call of a service and its result into a document |
//!
//! There is no cookie here, so there is nothing that another site could make a browser send.

mod admins;
mod caller;
mod cases;
mod clients;
pub mod docs;
mod documents;
mod events;
mod files;
mod groups;
mod handover;
mod idempotency;
mod input;
mod keys;
mod mail;
mod me;
pub mod openapi;
mod organizations;
pub mod problem;
mod profiles;
mod query;
pub mod reference;
mod reply;
pub mod routes;
mod secrets;
mod serve;
mod tokens;
mod trials;
mod users;
mod webhooks;

use actix_web::web::{self, ServiceConfig};

/// Where the API is mounted, below the issuer.
pub const BASE: &str = "/api/v1";
/// What stands in front of a route's path for acts in another organization than the root.
pub const ORGANIZATION: &str = "/organizations/{org}";

/// Every route of the API, with its description.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/api/openapi.json")
                .route(web::get().to(openapi::get))
                .default_service(web::to(serve::wrong_method_get)),
        )
        .service(
            web::resource("/api/docs")
                .route(web::get().to(docs::get))
                .default_service(web::to(serve::wrong_method_get)),
        )
        .service(
            web::scope(BASE).configure(serve::mount).default_service(web::to(serve::no_such_path)),
        );
}
