//! `/admin`: where an administrator begins.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use vestibule_protocol::admin::Permission;

use super::views::{Overview, Section};
use super::{guard, layout};
use crate::app::App;
use crate::services::system;

/// How it stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::identified(&app, &http).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let counts = match admin.rights.allow(Permission::SystemRead) {
        true => system::counts(admin.act(&app)).await.map(Some),
        false => Ok(None),
    };
    let counts = match counts {
        Ok(counts) => counts,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let page = Overview {
        frame: layout::frame(&app, &http, &admin, Section::Overview),
        issuer: app.issuer.as_str().to_owned(),
        counts,
    };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}
