//! `/errors`: the catalogue that `error_uri` leads to, and `/case/{token}`: a case that was shared
//! with its vendor. Both also as JSON, for those who ask for it.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::refusal::catalogue::{all, by_code};

use super::{header, lost, service_fault, shell, show, views};
use crate::api::problem::Kind;
use crate::app::App;
use crate::attempt::Attempt;
use crate::catalogue;
use crate::flow::shown;
use crate::http::answer;
use crate::http::csp::Policy;
use crate::services::FaultKind;
use crate::services::cases::share;

/// All codes.
pub async fn errors(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let shell = shell(&app, &http).at(app.issuer.path("/errors"));
    if wants_json(&http) {
        let entries: Vec<_> = all().map(|entry| catalogue::document(entry, shell.tr)).collect();
        return answer::json(StatusCode::OK, &json!({ "errors": entries }));
    }
    show(&app, StatusCode::OK, &views::Catalogue { shell }, Policy::Page)
}

/// One code.
pub async fn error(app: Data<App>, http: HttpRequest, code: Path<String>) -> HttpResponse {
    let Some(entry) = by_code(&code) else {
        // The types of the API's problems are explained with the API.
        return match Kind::ALL.iter().find(|kind| kind.word() == *code) {
            Some(kind) => {
                let place = app.issuer.path(&format!("/api/docs#problem-{}", kind.word()));
                HttpResponse::SeeOther().insert_header((LOCATION, place)).finish()
            }
            None => lost::not_found(app, http).await,
        };
    };
    let shell = shell(&app, &http).at(app.issuer.path(&format!("/errors/{}", entry.code)));
    if wants_json(&http) {
        return answer::json(StatusCode::OK, &catalogue::document(entry, shell.tr));
    }
    show(&app, StatusCode::OK, &views::CatalogueEntry { shell, entry }, Policy::Page)
}

/// A shared case. Looking at it spends nothing.
pub async fn case(app: Data<App>, http: HttpRequest, token: Path<String>) -> HttpResponse {
    let attempt = Attempt::begin(&app);
    let reason = match share::shared(&app, &token, attempt.now).await {
        Ok(Some(case)) if wants_json(&http) => {
            return answer::json(StatusCode::OK, &json!(case));
        }
        Ok(Some(case)) => {
            let page = views::SharedCasePage { shell: shell(&app, &http), case };
            return show(&app, StatusCode::OK, &page, Policy::Page);
        }
        Ok(None) => Reason::LinkUnusable,
        Err(fault) if fault.kind() == FaultKind::NotFound => Reason::LinkUnusable,
        Err(fault) => service_fault("reading a shared case")(fault),
    };
    match wants_json(&http) {
        true => answer::refusal(&app, &reason, attempt.case),
        false => shown::page(&app, &http, &attempt, &reason, None),
    }
}

/// Whether a program asks: browsers name HTML as well.
fn wants_json(http: &HttpRequest) -> bool {
    header(http, &ACCEPT)
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}
