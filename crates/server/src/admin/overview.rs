//! `/admin`: where an administrator begins.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_store::clients::ExpiringSecret;
use vestibule_store::counts::Counts;
use vestibule_store::events::{FailureCount, FailuresOfClient};

use super::guard::Admin;
use super::views::{Overview, Section};
use super::{guard, layout};
use crate::app::App;
use crate::services::{ServiceFault, overview, system};

/// What lies so far back is of no concern here.
const LATELY: Duration = Duration::from_secs(24 * 3600);
/// Lines of each list.
const LINES: usize = 10;

/// How it stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::identified(&app, &http).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    match standing(&app, &admin).await {
        Ok(Standing { counts, reasons, clients, secrets }) => {
            let frame = layout::frame(&app, &http, &admin, Section::Overview);
            let issuer = app.issuer.as_str().to_owned();
            let page = Overview { frame, issuer, counts, reasons, clients, secrets };
            layout::show(&app, &http, &admin, StatusCode::OK, &page)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

/// How it stands, as far as the administrator may know.
#[derive(Default)]
struct Standing {
    counts: Option<Counts>,
    reasons: Option<Vec<FailureCount>>,
    clients: Vec<FailuresOfClient>,
    secrets: Vec<ExpiringSecret>,
}

async fn standing(app: &App, admin: &Admin) -> Result<Standing, ServiceFault> {
    let act = admin.act(app);
    let mut standing = Standing::default();
    if admin.rights.allow(Permission::SystemRead) {
        standing.counts = Some(system::counts(act).await?);
    }
    if admin.rights.allow(Permission::EventsRead) {
        let since = admin.now.minus(LATELY);
        let mut reasons = overview::failures_by_reason(act, since).await?;
        reasons.truncate(LINES);
        standing.reasons = Some(reasons);
        standing.clients = overview::failures_by_client(act, since).await?;
        standing.clients.truncate(LINES);
    }
    if admin.rights.allow(Permission::ClientsRead) {
        standing.secrets = overview::expiring_secrets(act).await?;
    }
    Ok(standing)
}
