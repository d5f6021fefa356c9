//! `/handover/{token}` and `/handover/secret/{token}`: what vendors get by a link.
//!
//! A GET or a HEAD uses nothing up, whoever sends it: mail scanners and browsers open links before
//! people do. The secret is shown by the answer to a POST, which only our own page can send.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, header};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_store::links::Link;

use super::views::{SecretOffer, SecretShown, SharedSheet, Shell};
use super::{service_fault, set_cookies, show};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::shown;
use crate::http::answer;
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::i18n::Tr;
use crate::pages;
use crate::services::sheets::{self, Offer, Opened};
use crate::services::{About, Act};
use crate::sheet::{Format, Sheet};

/// Who acts, in the event log.
const BY: &str = "hand-over link";
const DURING: &str = "opening a link";

/// The sheet, as a page or as a file.
pub async fn sheet(app: Data<App>, http: HttpRequest, token: Path<String>) -> HttpResponse {
    let opened = match sheets::open(&app, &token, app.clock.now()).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return refuse(&app, &http, &Reason::LinkUnusable).await,
        Err(fault) => return refuse(&app, &http, &service_fault(DURING)(fault)).await,
    };
    note_opening(&app, &http, &opened.link, &opened.client.client_id).await;
    let params = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    let answer = match params.one("format").map(Format::from_word) {
        None => page(&app, &token, opened),
        Some(Some(format)) => file(&app, &opened.sheet, format),
        // An unknown form is no reason to hide the sheet from its reader.
        Some(None) => page(&app, &token, opened),
    };
    unlisted(answer)
}

/// Offers the secret; nothing is used up.
pub async fn secret(app: Data<App>, http: HttpRequest, token: Path<String>) -> HttpResponse {
    let offer = match open_secret(&app, &token).await {
        Ok(offer) => offer,
        Err(reason) => return refuse(&app, &http, &reason).await,
    };
    note_opening(&app, &http, &offer.link, &offer.client.client_id).await;
    let browser = pages::binding(&app, &http);
    let page = SecretOffer {
        shell: shell(&app),
        form: pages::form(&app, &format!("/handover/secret/{token}"), &browser),
        client_name: offer.client.name,
        client_id: offer.client.client_id.0,
        expires_at: offer.link.expires_at,
    };
    let mut answer = show(&app, StatusCode::OK, &page, Policy::Page);
    set_cookies(&mut answer, [app.cookies.set_browser(&browser, Shown::OnItsOwn)]);
    unlisted(answer)
}

/// Shows the secret, once.
pub async fn reveal(
    app: Data<App>,
    http: HttpRequest,
    token: Path<String>,
    payload: Payload,
) -> HttpResponse {
    if let Err(lost) = pages::posted(&app, &http, payload).await {
        return lost.show(&app, &http).await;
    }
    match take(&app, &token).await {
        Ok(page) => unlisted(show(&app, StatusCode::OK, &page, Policy::Page)),
        Err(reason) => refuse(&app, &http, &reason).await,
    }
}

async fn take(app: &App, token: &str) -> Result<SecretShown, Reason> {
    let offer = open_secret(app, token).await?;
    let act = Act { org: offer.link.org, ..Act::begin(app, BY) };
    let secret = sheets::take_secret(act, &offer).await.map_err(service_fault(DURING))?;
    Ok(SecretShown {
        shell: shell(app),
        client_name: offer.client.name,
        client_id: offer.client.client_id.0,
        secret: secret.ok_or(Reason::LinkUnusable)?,
    })
}

async fn open_secret(app: &App, token: &str) -> Result<Offer, Reason> {
    let offer = sheets::open_secret(app, token, app.clock.now()).await;
    offer.map_err(service_fault(DURING))?.ok_or(Reason::LinkUnusable)
}

/// The frame of a page in English, whatever the reader's language: so is what it holds.
fn shell(app: &App) -> Shell {
    Shell::new(Tr::default(), app.brand.clone())
}

fn page(app: &App, token: &str, opened: Opened) -> HttpResponse {
    let page = SharedSheet {
        shell: shell(app),
        sheet: opened.sheet,
        here: app.issuer.path(&format!("/handover/{token}")),
        expires_at: opened.link.expires_at,
    };
    show(app, StatusCode::OK, &page, Policy::Page)
}

/// A sheet as a file.
pub fn file(app: &App, sheet: &Sheet, format: Format) -> HttpResponse {
    let name = format!("{}.{}", sheet.client_id, format.extension());
    match sheet.render(format) {
        Ok(text) => answer::attachment(app, format.media_type(), &name).body(text),
        Err(error) => {
            tracing::error!(%error, "a sheet could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Keeps an answer out of search engines, whoever finds the link.
fn unlisted(mut answer: HttpResponse) -> HttpResponse {
    let robots = HeaderName::from_static("x-robots-tag");
    answer.headers_mut().insert(robots, HeaderValue::from_static("noindex, nofollow, noarchive"));
    answer
}

/// Records that somebody opened a link: people, as far as requests tell, not those that look ahead.
async fn note_opening(
    app: &App,
    http: &HttpRequest,
    link: &Link,
    client: &vestibule_protocol::ids::ClientId,
) {
    let purpose = http.headers().get("sec-purpose").and_then(|value| value.to_str().ok());
    if http.method() == Method::HEAD || purpose.is_some_and(|word| word.starts_with("prefetch")) {
        return;
    }
    let agent = http.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let agent: String = agent.unwrap_or_default().chars().take(200).collect();
    let act = Act { org: link.org, ..Act::begin(app, BY) };
    let facts = json!({ "purpose": link.purpose, "user_agent": agent });
    let event = act.event("link.opened", About::Client(client.clone()), Value::Null, facts);
    app.record(vec![event]).await;
}

async fn refuse(app: &App, http: &HttpRequest, reason: &Reason) -> HttpResponse {
    unlisted(shown::error(app, http, &Attempt::begin(app), reason, None).await)
}
