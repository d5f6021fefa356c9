//! What the handlers of all console pages share: the frame, showing, confirming, telling what was
//! done and what was not.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use vestibule_protocol::ids::OrgId;

use super::guard::Admin;
use super::views::{Frame, Problem, Section};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::leave;
use crate::http::cookies::{BrowserBinding, SetCookie, Shown};
use crate::http::csp::Policy;
use crate::http::forms;
use crate::pages;
use crate::services::ServiceFault;
use crate::services::fault::FaultKind;

/// The label that notices are signed under.
const NOTICE: &str = "console-notice";
/// Longest notice, in bytes.
const MAX_NOTICE: usize = 600;

/// The frame of a page in this section of the console.
pub fn frame(app: &App, http: &HttpRequest, admin: &Admin, section: Section) -> Frame {
    Frame {
        brand: app.brand.clone(),
        version: env!("CARGO_PKG_VERSION"),
        account: pages::account(&admin.facts.user),
        organization: admin.organization.name.clone(),
        in_root: admin.organization.id == OrgId::ROOT,
        rights: admin.rights,
        csrf: forms::token(&app.digests, &admin.browser),
        section,
        trail: Vec::new(),
        notice: app.cookies.notice(http).and_then(|note| read(app, &admin.browser, &note)),
    }
}

/// Answers with a page of the console. The notice that its frame carries is used up.
pub fn show(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    status: StatusCode,
    page: &impl Template,
) -> HttpResponse {
    let mut answer = pages::show(app, status, page, Policy::Page);
    let mut cookies = vec![app.cookies.set_browser(&admin.browser, Shown::OnItsOwn)];
    if app.cookies.notice(http).is_some() {
        cookies.push(app.cookies.clear_notice());
    }
    pages::set_cookies(&mut answer, cookies);
    answer
}

/// Goes to a page of the console, which then says what was done. `route` is a path of ours without
/// the mount, with its query if it has one.
pub fn done(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    route: &str,
    notice: &str,
) -> HttpResponse {
    let cookies = vec![noted(app, &admin.browser, notice)];
    leave::to_page(http, &app.issuer.path(route), cookies)
}

/// Says why an act was not done.
pub fn fault(app: &App, http: &HttpRequest, admin: &Admin, fault: &ServiceFault) -> HttpResponse {
    let kind = fault.kind();
    let attempt = Attempt::begin(app);
    if matches!(kind, FaultKind::Internal | FaultKind::Unavailable) {
        tracing::error!(%fault, case = %attempt.case, "an administrative act failed");
    }
    let section = Section::of_route(http.path(), app.issuer.mount());
    let page = Problem::of(frame(app, http, admin, section), fault, attempt.case.to_string());
    let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    show(app, http, admin, status, &page)
}

/// A notice as a cookie: signed for this browser, so that no other site's cookie speaks for us.
fn noted(app: &App, browser: &BrowserBinding, text: &str) -> SetCookie {
    let mut text = text.to_owned();
    text.truncate(text.floor_char_boundary(MAX_NOTICE));
    let signature = URL_SAFE_NO_PAD.encode(signed(app, browser, &text));
    app.cookies.set_notice(format!("{}.{signature}", URL_SAFE_NO_PAD.encode(&text)))
}

fn read(app: &App, browser: &BrowserBinding, note: &str) -> Option<String> {
    let (text, signature) = note.split_once('.')?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let signature: [u8; 32] = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
    bool::from(signed(app, browser, &text).ct_eq(&signature)).then_some(text)
}

fn signed(app: &App, browser: &BrowserBinding, text: &str) -> [u8; 32] {
    let mut input = browser.as_bytes().to_vec();
    input.extend_from_slice(text.as_bytes());
    app.digests.derive(NOTICE, &input)
}
