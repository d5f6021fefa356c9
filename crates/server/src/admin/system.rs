//! `/admin/system`: the configuration as it is in force.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;

use super::views::{Section, System};
use super::{guard, layout};
use crate::app::App;
use crate::services::system;

/// Every key with its value and where that comes from.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::SystemRead).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    match system::configuration(admin.act(&app)) {
        Ok(shown) => {
            let frame = layout::frame(&app, &http, &admin, Section::System);
            layout::show(&app, &http, &admin, StatusCode::OK, &System::of(frame, shown))
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}
