//! The HTML pages: what a person sees and sends.
//!
//! Each handler does one thing and hands over to the dispatcher in [`crate::flow::visit`].

pub mod accounts;
pub mod back;
pub mod consent;
pub mod dev;
pub mod explained;
pub mod home;
pub mod lost;
pub mod setup;
pub mod shared;
pub mod sign_in;
pub mod views;
pub mod welcome;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderName, HeaderValue, TryIntoHeaderPair as _,
};
use actix_web::web::Payload;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use askama::Template;
use vestibule_protocol::authorize::request::Display;
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::user::User;
use vestibule_store::facts::AuthorizeFacts;
use zeroize::Zeroizing;

use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::resume::{self, Lost};
use crate::flow::visit::{self, Page, Visit};
use crate::http::answer::body_fault;
use crate::http::cookies::{BrowserBinding, SetCookie};
use crate::http::csp::{self, Opener, Policy};
use crate::http::{body, forms};
use crate::i18n::{self, LANGUAGE_COOKIE, Preferences, Tr};
use crate::random;
use crate::services::{FaultKind, ServiceFault};
use views::{Form, Shell};

/// The languages that an app asks for. They stand beside the request, so that whatever is shown for
/// it is in one of them, an error as well.
struct Asked(Vec<String>);

/// What is shown for this request from here on is in the first of these languages that we have,
/// unless the reader chooses another.
pub fn speak(request: &HttpRequest, ui_locales: &[String]) {
    if !ui_locales.is_empty() {
        request.extensions_mut().insert(Asked(ui_locales.to_vec()));
    }
}

/// As [`speak`], of the parameters of an app's request.
pub fn speak_as_asked(request: &HttpRequest, params: &Params) {
    speak(request, &locales(params));
}

/// The frame of a page in the reader's language.
pub fn shell(app: &App, request: &HttpRequest) -> Shell {
    let mut languages = query_locales(request);
    if languages.is_empty() {
        let asked = request.extensions().get::<Asked>().map(|Asked(tags)| tags.clone());
        languages = asked.unwrap_or_default();
    }
    let cookie = request.cookie(LANGUAGE_COOKIE);
    let preferences = Preferences {
        ui_locales: &languages,
        cookie: cookie.as_ref().map(|cookie| cookie.value()),
        accept_language: header(request, &ACCEPT_LANGUAGE),
        default: app.default_language,
    };
    Shell::new(i18n::negotiate(&preferences), app.brand.clone())
        .wearing(app.brands.of_organization(OrgId::ROOT))
}

/// The frame of a page of a client's, in the client's colours.
pub fn shell_of(app: &App, request: &HttpRequest, client: Option<&Client>) -> Shell {
    let shell = shell(app, request);
    match client {
        Some(client) => shell.wearing(app.brands.of_client(client)),
        None => shell,
    }
}

/// What the language menu of one of our pages added to its URL.
fn query_locales(request: &HttpRequest) -> Vec<String> {
    locales(&Params::parse(request.query_string().as_bytes()).unwrap_or_default())
}

fn locales(params: &Params) -> Vec<String> {
    let words = params.one("ui_locales").unwrap_or_default().split_ascii_whitespace();
    words.take(i18n::MAX_PREFERENCES).map(str::to_owned).collect()
}

/// The language that was chosen from the menu of one of our pages, to be remembered. What a client
/// asks for in its own request is for that request alone.
pub fn chosen_language(request: &HttpRequest) -> Option<Tr> {
    // Finding the pattern walks the routes, so it comes after what rules nearly everything out.
    if !request.query_string().contains("ui_locales=") {
        return None;
    }
    if request.match_pattern()?.contains("/oauth") {
        return None;
    }
    query_locales(request).iter().find_map(|tag| Tr::of(tag))
}

/// Answers with a page and its protective headers.
pub fn show(
    app: &App,
    status: StatusCode,
    page: &impl Template,
    policy: Policy<'_>,
) -> HttpResponse {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            return HttpResponse::InternalServerError().finish();
        }
    };
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    for header in csp::headers(policy, app.transport) {
        response.insert_header(header);
    }
    response.body(html)
}

/// Adds cookies to an answer.
pub fn set_cookies(response: &mut HttpResponse, cookies: impl IntoIterator<Item = SetCookie>) {
    for cookie in cookies {
        if let Ok((name, value)) = cookie.try_into_pair() {
            response.headers_mut().append(name, value);
        }
    }
}

/// A header as text.
pub fn header<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name).map(HeaderValue::to_str)?.ok()
}

/// The browser's binding: the one it brought, or a new one that the answer has to set.
pub fn binding(app: &App, request: &HttpRequest) -> BrowserBinding {
    app.cookies.browser(request).unwrap_or_else(|| BrowserBinding::new(random::bytes()))
}

/// A form of ours for this browser.
pub fn form(app: &App, route: &str, browser: &BrowserBinding) -> Form {
    Form::new(app.issuer.path(route), forms::token(&app.digests, browser))
}

/// A form of ours for this browser and the request that waits. It is posted to the address of its
/// page, so that what it answers with can be opened anew: a fault, in a tab that was put to sleep.
pub fn form_of(app: &App, page: Page, browser: &BrowserBinding, visit: &Visit) -> Form {
    let form = Form::new(visit.path_of(app, page), forms::token(&app.digests, browser));
    match visit.pending {
        Some(pending) => form.of_request(pending.0.to_string()),
        None => form,
    }
}

/// How browsers may treat a page of a sign-in.
pub fn sign_in_policy(visit: Option<&Visit>) -> Policy<'_> {
    let Some(visit) = visit else { return Policy::Page };
    Policy::SignIn {
        frame_ancestors: &visit.client.settings.frame_ancestors,
        opener: match visit.request.display {
            Some(Display::Popup) => Opener::Kept,
            _ => Opener::Severed,
        },
    }
}

/// Reads a form that one of our pages posted.
pub async fn posted(app: &App, http: &HttpRequest, payload: Payload) -> Result<Params, Lost> {
    let lost = |reason| Lost { attempt: Attempt::begin(app), reason, client: None };
    let text = body::form(http, payload, app.form_bounds).await;
    let text = Zeroizing::new(text.map_err(|fault| lost(body_fault(&fault)))?);
    let params = Params::parse(text.as_bytes())
        .map_err(|error| lost(Reason::MalformedParameters { error }))?;
    let browser = app.cookies.browser(http);
    match forms::is_ours(&app.digests, &app.issuer, http, browser.as_ref(), params.one("csrf")) {
        true => Ok(params),
        false if browser.is_none() => Err(lost(Reason::CookieMissing)),
        false => Err(lost(Reason::CrossSiteForm)),
    }
}

/// The waiting request that `params` name, and the session of the browser; or what to show instead.
pub async fn opened(
    app: &App,
    http: &HttpRequest,
    params: &Params,
) -> Result<(Visit, Option<AuthorizeFacts>), HttpResponse> {
    let mut visit = match resume::visit(app, http, params).await {
        Ok(visit) => visit,
        Err(lost) => return Err(lost.show(app, http).await),
    };
    match visit.load(app, http).await {
        Ok(loaded) => Ok((visit, loaded)),
        Err(reason) => Err(visit::refuse(app, http, visit, reason).await),
    }
}

/// A service's fault as a reason, for who is not in the console. What went wrong goes to the log.
pub fn service_fault(during: &'static str) -> impl Fn(ServiceFault) -> Reason {
    move |error| match error.kind() {
        FaultKind::Unavailable => {
            tracing::warn!(during, %error, "a service cannot act at the moment");
            Reason::StoreUnavailable { during }
        }
        _ => {
            tracing::error!(during, %error, "a service failed");
            Reason::ServerFault { during }
        }
    }
}

/// An account as pages name it.
pub fn account(user: &User) -> views::Account {
    let claims = &user.claims;
    let username = claims.email.clone().or_else(|| claims.preferred_username.clone());
    let username = username.unwrap_or_else(|| user.subject.0.clone());
    let name = claims.name.clone().or_else(|| claims.given_name.clone());
    let subject = user.subject.0.clone();
    views::Account { name: name.unwrap_or_else(|| username.clone()), username, subject }
}
