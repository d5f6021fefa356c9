//! The console: what administrators see, and their every act, as pages that work without JavaScript.
//!
//! | room | owns |
//! |---|---|
//! | [`guard`] | who may enter, and whether the password is fresh enough |
//! | [`layout`] | the frame, notices, faults: what all handlers share |
//! | [`views`] | what each page shows |
//! | [`overview`] | where an administrator begins |
//! | [`place`] | in which organization they work |
//! | [`trial`] | testing a client |
//!
//! A handler reads: guard → service → page. It decides nothing that [`crate::services`] does not
//! decide, so that the console can do nothing that the API cannot.
//!
//! A page changes nothing by GET. What it posts goes to the path it is shown under, so that every
//! POST path can be opened as well: after a sign-in, after a confirmation, after "back".

pub mod guard;
pub mod layout;
pub mod overview;
pub mod place;
pub mod trial;
pub mod views;

use actix_web::web::{self, ServiceConfig};

/// The console's part of the table of routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/admin", web::get().to(overview::get))
        .route("/admin/organization", web::post().to(place::post))
        .configure(trial::routes);
}
