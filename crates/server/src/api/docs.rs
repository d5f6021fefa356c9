//! `/api/docs`: the OpenAPI document as a page. It is written on the server, needs no script and
//! fetches nothing from elsewhere; a browser's own search finds everything on it.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::http::csp::Policy;
use crate::i18n::Tr;
use crate::pages;
use crate::pages::views::ApiDocs;

/// Shows it.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let mut shell = pages::shell(&app, &http);
    shell.tr = Tr::of("en").unwrap_or_default();
    let page = ApiDocs::new(shell, app.issuer.as_str());
    pages::show(&app, StatusCode::OK, &page, Policy::Page)
}
