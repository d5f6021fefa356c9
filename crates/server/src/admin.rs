//! The console: what administrators see, and their every act, as pages that work without JavaScript.
//!
//! | room | owns |
//! |---|---|
//! | [`guard`] | who may enter, and whether the password is fresh enough |
//! | [`layout`] | the frame, notices, faults: what all handlers share |
//! | [`views`] | what each page shows |
//! | [`events`], [`cases`] | the event log, and one attempt from beginning to end |
//! | [`claims`] | what a client is told beyond its scopes, and of whom |
//! | [`overview`] | where an administrator begins |
//! | [`users`], [`groups`] | users, their files, their groups |
//! | [`organizations`] | organizations and those below them |
//! | [`trial`] | testing a client |
//! | [`admins`], [`tokens`] | who administers, and their programs |
//! | [`webhooks`] | telling other systems what happens |
//! | [`organization`] | in which organization they act |
//! | [`keys`], [`system`] | signing keys; the configuration in force |
//! | [`clients`], [`client`] | finding, registering, changing and ending clients |
//!
//! A handler reads: guard → service → page. It decides nothing that [`crate::services`] does not
//! decide, so that the console can do nothing that the API cannot.
//!
//! A page changes nothing by GET. What it posts goes to the path it is shown under, so that every
//! POST path can be opened as well: after a sign-in, after a confirmation, after "back".

pub mod admins;
pub mod cases;
pub mod claims;
pub mod client;
pub mod clients;
pub mod events;
pub mod groups;
pub mod guard;
pub mod keys;
pub mod layout;
pub mod organization;
pub mod organizations;
pub mod overview;
pub mod system;
pub mod tokens;
pub mod trial;
pub mod users;
pub mod views;
pub mod webhooks;

use actix_web::web::{self, ServiceConfig};

/// The console's part of the table of routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/admin", web::get().to(overview::get))
        .service(
            web::resource("/admin/organization")
                .route(web::get().to(organization::get))
                .route(web::post().to(organization::post)),
        )
        .route("/admin/clients", web::get().to(clients::get))
        .route("/admin/check-redirect-uris", web::get().to(clients::check))
        .service(
            web::resource("/admin/new-client")
                .route(web::get().to(clients::new::get))
                .route(web::post().to(clients::new::post)),
        )
        .configure(client_pages)
        .service(
            web::resource(claims::ROUTE)
                .route(web::get().to(claims::get))
                .route(web::post().to(claims::post)),
        )
        .configure(event_pages)
        .configure(trial::routes)
        .configure(keys::routes)
        .configure(webhooks::routes)
        .route("/admin/system", web::get().to(system::get))
        .configure(admins::routes)
        .configure(tokens::routes)
        .configure(users::routes)
        .configure(groups::routes)
        .configure(organizations::routes);
}

/// The pages of one client.
fn client_pages(config: &mut ServiceConfig) {
    const HOME: &str = "/admin/clients/{client_id}";
    config
        .route(HOME, web::get().to(client::get))
        .service(
            web::resource(format!("{HOME}/sheet"))
                .route(web::get().to(client::sheet::get))
                .route(web::post().to(client::sheet::post)),
        )
        .service(
            web::resource(format!("{HOME}/status"))
                .route(web::get().to(client::ask_status))
                .route(web::post().to(client::set_status)),
        )
        .service(
            web::resource(format!("{HOME}/remove"))
                .route(web::get().to(client::ask_removal))
                .route(web::post().to(client::remove)),
        )
        .route(&format!("{HOME}/credentials"), web::get().to(client::credentials::get))
        .service(
            web::resource(format!("{HOME}/credentials/new"))
                .route(web::get().to(client::credentials::ask_new))
                .route(web::post().to(client::credentials::make)),
        )
        .service(
            web::resource(format!("{HOME}/credentials/{{secret}}/revoke"))
                .route(web::get().to(client::credentials::ask_revoke))
                .route(web::post().to(client::credentials::revoke)),
        );
    config.service(
        web::resource(claims::ROUTE)
            .route(web::get().to(claims::get))
            .route(web::post().to(claims::post)),
    );
    for part in ["redirect-uris", "keys", "policy", "access", "branding"] {
        config.service(
            web::resource(format!("{HOME}/{part}"))
                .route(web::get().to(client::settings::get))
                .route(web::post().to(client::settings::post)),
        );
    }
}

/// The event log and its case files.
fn event_pages(config: &mut ServiceConfig) {
    config
        .route("/admin/events", web::get().to(events::get))
        .route("/admin/events/export", web::get().to(events::export))
        .route("/admin/cases", web::get().to(cases::find))
        .route("/admin/cases/{code}", web::get().to(cases::get))
        .service(
            web::resource("/admin/cases/{code}/adopt")
                .route(web::get().to(cases::ask_adopt))
                .route(web::post().to(cases::adopt)),
        )
        .service(
            web::resource("/admin/cases/{code}/share")
                .route(web::get().to(cases::ask_share))
                .route(web::post().to(cases::share)),
        )
        .service(
            web::resource("/admin/cases/{code}/unshare/{id}")
                .route(web::get().to(cases::ask_unshare))
                .route(web::post().to(cases::unshare)),
        );
}
