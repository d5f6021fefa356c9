//! `/admin`: where an administrator begins.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::views::{Overview, Section};
use super::{guard, layout};
use crate::app::App;

/// How it stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::identified(&app, &http).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let page = Overview {
        frame: layout::frame(&app, &http, &admin, Section::Overview),
        issuer: app.issuer.as_str().to_owned(),
    };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}
