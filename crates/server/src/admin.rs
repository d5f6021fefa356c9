//! The console: what administrators see, and their every act, as pages that work without JavaScript.
//!
//! | room | owns |
//! |---|---|
//! | [`guard`] | who may enter, and whether the password is fresh enough |
//! | [`layout`] | the frame, notices, faults: what all handlers share |
//! | [`table`] | what a handler comes to, and how the pages are registered |
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
//! | [`keys`], [`system`] | signing keys; the configuration in force and outgoing mail |
//! | [`clients`], [`client`] | finding, registering, changing and ending clients |
//!
//! A handler reads: guard → service → page; what is answered instead of the page is its
//! [error](table::Answer). It decides nothing that [`crate::services`] does not decide, so that the
//! console can do nothing that the API cannot.
//!
//! A page changes nothing by GET. What it posts goes to the path it is shown under, so that every
//! POST path can be opened as well: after a sign-in, after a confirmation, after "back".

pub mod admins;
pub mod brand;
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
pub mod table;
pub mod tokens;
pub mod trial;
pub mod users;
pub mod views;
pub mod webhooks;

use actix_web::web::ServiceConfig;

use self::table::Table;

/// The console's part of the table of routes.
pub fn routes(config: &mut ServiceConfig) {
    table().serve(config);
}

/// The path of every page of the console.
pub fn paths() -> Vec<&'static str> {
    table().paths()
}

fn table() -> Table {
    let table = Table::default()
        .page("/admin", overview::get)
        .form("/admin/organization", organization::get, organization::post)
        .page("/admin/system", system::get)
        .form("/admin/system/mail", system::ask_test, system::send_test);
    let table = about_users(about_clients(table));
    administration(about_events(table))
}

fn about_clients(table: Table) -> Table {
    use client::{credentials, settings, sheet};
    table
        .page("/admin/clients", clients::get)
        .page("/admin/check-redirect-uris", clients::check)
        .form("/admin/new-client", clients::new::get, clients::new::post)
        .page("/admin/clients/{client_id}", client::get)
        .form("/admin/clients/{client_id}/redirect-uris", settings::get, settings::post)
        .page("/admin/clients/{client_id}/credentials", credentials::get)
        .form("/admin/clients/{client_id}/credentials/new", credentials::ask_new, credentials::make)
        .form(
            "/admin/clients/{client_id}/credentials/{secret}/revoke",
            credentials::ask_revoke,
            credentials::revoke,
        )
        .form("/admin/clients/{client_id}/keys", settings::get, settings::post)
        .form("/admin/clients/{client_id}/policy", settings::get, settings::post)
        .form("/admin/clients/{client_id}/access", settings::get, settings::post)
        .form("/admin/clients/{client_id}/claims", claims::get, claims::post)
        .form("/admin/clients/{client_id}/branding", settings::get, settings::post)
        .form("/admin/clients/{client_id}/logo", brand::client, brand::set_client_logo)
        .form("/admin/clients/{client_id}/sheet", sheet::get, sheet::post)
        .form("/admin/clients/{client_id}/test", trial::get, trial::post)
        .form("/admin/clients/{client_id}/test/callback", trial::callback, trial::callback_by_form)
        .page("/admin/clients/{client_id}/test/wait", trial::wait)
        .page("/admin/clients/{client_id}/test/{trial}", trial::report)
        .form("/admin/clients/{client_id}/status", client::ask_status, client::set_status)
        .form("/admin/clients/{client_id}/remove", client::ask_removal, client::remove)
}

fn about_users(table: Table) -> Table {
    use users::{deeds, edit, files};
    table
        .page("/admin/users", users::list)
        .form("/admin/users/new", edit::new, edit::invite)
        .form("/admin/users/import", files::upload, files::import)
        .form("/admin/users/export", files::choose, files::export)
        .page("/admin/users/{user}", users::show)
        .form("/admin/users/{user}/edit", edit::get, edit::post)
        .form("/admin/users/{user}/sessions/{session}", deeds::ask_of_session, deeds::do_to_session)
        .form("/admin/users/{user}/consents/{client}", deeds::ask_of_consent, deeds::do_to_consent)
        .form("/admin/users/{user}/{deed}", deeds::ask, deeds::act)
        .form("/admin/groups", groups::list, groups::add)
        .form("/admin/groups/{group}/rename", groups::ask_name, groups::rename)
        .form("/admin/groups/{group}/remove", groups::ask_removal, groups::remove)
        .page("/admin/organizations", organizations::list)
        .form("/admin/organizations/new", organizations::new, organizations::add)
        .form("/admin/organizations/{slug}/rename", organizations::ask_name, organizations::rename)
        .form("/admin/organizations/{slug}/brand", brand::organization, brand::set_accent)
        .form("/admin/organizations/{slug}/logo", brand::organization, brand::set_logo)
        .form("/admin/organizations/{slug}/{switch}", organizations::ask, organizations::switch)
}

fn about_events(table: Table) -> Table {
    table
        .page("/admin/events", events::get)
        .page("/admin/events/export", events::export)
        .page("/admin/cases", cases::find)
        .page("/admin/cases/{code}", cases::get)
        .form("/admin/cases/{code}/adopt", cases::ask_adopt, cases::adopt)
        .form("/admin/cases/{code}/share", cases::ask_share, cases::share)
        .form("/admin/cases/{code}/unshare/{id}", cases::ask_unshare, cases::unshare)
}

fn administration(table: Table) -> Table {
    table
        .page("/admin/keys", keys::get)
        .form("/admin/keys/{alg}/rotate/{way}", keys::ask_rotation, keys::rotate)
        .form("/admin/keys/{kid}/retire", keys::ask_retirement, keys::retire)
        .page("/admin/webhooks", webhooks::get)
        .form("/admin/webhooks/new", webhooks::form::ask_new, webhooks::form::make)
        .page("/admin/webhooks/{webhook}", webhooks::show)
        .form("/admin/webhooks/{webhook}/edit", webhooks::form::ask_change, webhooks::form::change)
        .form("/admin/webhooks/{webhook}/replay", webhooks::replay::ask, webhooks::replay::post)
        .form("/admin/webhooks/{webhook}/rotate", webhooks::secret::ask, webhooks::secret::rotate)
        .form("/admin/webhooks/{webhook}/remove", webhooks::ask_removal, webhooks::remove)
        .page("/admin/admins", admins::get)
        .form("/admin/admins/grant", admins::ask_grant, admins::grant)
        .form("/admin/admins/{role}/revoke", admins::ask_revoke, admins::revoke)
        .page("/admin/tokens", tokens::get)
        .form("/admin/tokens/new", tokens::ask_new, tokens::make)
        .form("/admin/tokens/{token}/revoke", tokens::ask_revoke, tokens::revoke)
}
