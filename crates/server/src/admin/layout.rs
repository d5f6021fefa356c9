//! What the handlers of all console pages share: the frame, showing, confirming, telling what was
//! done and what was not.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use vestibule_protocol::params::Params;
use vestibule_store::Guard;
use vestibule_store::changes::ConsumeOnce;
use vestibule_store::single_use::{SingleUse, SingleUsePurpose};

use super::guard::Admin;
use super::views::{Frame, Problem, Section};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::leave;
use crate::http::cookies::{BrowserBinding, SetCookie, Shown};
use crate::http::csp::Policy;
use crate::http::forms;
use crate::pages;
use crate::random;
use crate::services::{FaultKind, FieldFault, ServiceFault};

/// The label that notices are signed under.
const NOTICE: &str = "console-notice";
/// The field that tells one form from another.
pub(super) const ONCE: &str = "once";
/// For how long a form that was sent is remembered.
const FORM_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// Longest notice, in bytes.
const MAX_NOTICE: usize = 600;

/// The frame of a page in this section of the console.
pub fn frame(app: &App, http: &HttpRequest, admin: &Admin, section: Section) -> Frame {
    Frame {
        brand: app.brand.clone(),
        version: env!("CARGO_PKG_VERSION"),
        account: pages::account(&admin.facts.user),
        rights: admin.rights,
        organization: admin.organization.clone(),
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

/// What of a fault belongs beside the fields of a form, where a conflict is told at `field`; any
/// other fault is not the form's.
pub fn told(fault: ServiceFault, field: &str) -> Result<Vec<FieldFault>, ServiceFault> {
    match fault {
        ServiceFault::Invalid(faults) => Ok(faults),
        ServiceFault::Conflict(problem) => Ok(vec![FieldFault::new(field, problem)]),
        other => Err(other),
    }
}

/// The parameters in the address; of an address that cannot be read there are none.
pub fn query(http: &HttpRequest) -> Params {
    Params::parse(http.query_string().as_bytes()).unwrap_or_default()
}

/// Where a page of a list begins: the cursor in its address.
pub fn after(params: &Params) -> i64 {
    params.one("after").and_then(|text| text.parse().ok()).filter(|id| *id > 0).unwrap_or(0)
}

/// A field that tells one form from another, for [`once`].
pub fn fresh_once() -> (String, String) {
    (ONCE.to_owned(), random::text::<16>())
}

/// Whether this form of theirs is sent for the first time. For acts that a second submission would
/// do twice; it is asked when nothing but the act itself is left to do.
pub async fn once(app: &App, admin: &Admin, params: &Params) -> Result<bool, ServiceFault> {
    let mut input = admin.facts.user.id.0.to_be_bytes().to_vec();
    input.extend_from_slice(params.one(ONCE).unwrap_or_default().as_bytes());
    let value = SingleUse {
        purpose: SingleUsePurpose::Form,
        digest: Sha256::digest(&input).into(),
        expires_at: admin.now.plus(FORM_LIFETIME),
    };
    let change = ConsumeOnce { value, events: Vec::new() };
    Ok(app.store.apply(change).await? == Guard::Held)
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
    let mut answer = show(app, http, admin, status, &page);
    if kind == FaultKind::Unavailable {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// Says why a service did not do what a handler asked it for.
pub fn telling<'a>(
    app: &'a App,
    http: &'a HttpRequest,
    admin: &'a Admin,
) -> impl FnOnce(ServiceFault) -> HttpResponse + 'a {
    move |fault| self::fault(app, http, admin, &fault)
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
