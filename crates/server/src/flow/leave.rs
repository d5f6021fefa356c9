//! How a browser leaves us for the client.
//!
//! Chromium and Safari hold the whole redirect chain that follows a form against the page's
//! `form-action`. Naming the client's origin there would still break a client that redirects
//! onward. So a browser that has just posted one of our forms gets a page of its own that moves on
//! by itself, outside of that chain, and `form-action` stays `'self'`. Everything else (a request
//! that came by link, a client that is no browser) gets an ordinary redirect.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::authorize::response::Response;
use vestibule_protocol::client::Client;

use crate::app::App;
use crate::http::cookies::SetCookie;
use crate::http::csp::{Opener, Policy};
use crate::pages::{self, views};

/// Sends the browser on with an answer for the client.
pub fn to_client(
    app: &App,
    request: &HttpRequest,
    client: &Client,
    response: Response,
    cookies: Vec<SetCookie>,
) -> HttpResponse {
    let mut answer = match response {
        Response::FormPost { action, fields } => form_post(app, request, client, action, fields),
        Response::Redirect(to) if posted_by_a_browser(request) => {
            to_client_by_page(app, request, client, to)
        }
        Response::Redirect(to) => redirect(request, &to),
    };
    pages::set_cookies(&mut answer, cookies);
    answer
}

/// Sends the browser to one of our own pages.
pub fn to_page(request: &HttpRequest, path: &str, cookies: Vec<SetCookie>) -> HttpResponse {
    let mut answer = redirect(request, path);
    pages::set_cookies(&mut answer, cookies);
    answer
}

/// Sends the browser to a validated URI outside, from a page if it has just posted a form.
pub fn to_uri(app: &App, request: &HttpRequest, client: &Client, to: String) -> HttpResponse {
    match posted_by_a_browser(request) {
        true => to_client_by_page(app, request, client, to),
        false => redirect(request, &to),
    }
}

fn redirect(request: &HttpRequest, location: &str) -> HttpResponse {
    // After a POST the next request must be a GET: 302 leaves that open, 303 says it.
    let status = match *request.method() {
        Method::POST => StatusCode::SEE_OTHER,
        _ => StatusCode::FOUND,
    };
    HttpResponse::build(status)
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

fn posted_by_a_browser(request: &HttpRequest) -> bool {
    let says = |name: &str, word: &str| request.headers().get(name).is_some_and(|v| v == word);
    *request.method() == Method::POST
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-site", "same-origin")
}

fn to_client_by_page(
    app: &App,
    request: &HttpRequest,
    client: &Client,
    to: String,
) -> HttpResponse {
    let page = views::Leave {
        shell: pages::shell_of(app, request, Some(client)),
        app: views::App::of(client, Some(&to)),
        to,
    };
    let frame_ancestors = &client.settings.frame_ancestors;
    let policy = Policy::SignIn { frame_ancestors, opener: Opener::Severed };
    pages::show(app, StatusCode::OK, &page, policy)
}

fn form_post(
    app: &App,
    request: &HttpRequest,
    client: &Client,
    action: String,
    fields: Vec<(&'static str, String)>,
) -> HttpResponse {
    let parameters = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let page = views::FormPost {
        shell: pages::shell_of(app, request, Some(client)),
        app: views::App::of(client, Some(&action)),
        to: action.clone(),
        parameters,
    };
    let policy = Policy::FormPost {
        redirect_uri: &action,
        frame_ancestors: &client.settings.frame_ancestors,
        opener: Opener::Severed,
    };
    pages::show(app, StatusCode::OK, &page, policy)
}
