//! `/admin`: where an administrator begins.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;

use vestibule_protocol::admin::Permission;

use super::guard::Admin;
use super::table::Answer;
use super::views::{Frame, Overview, Section};
use super::{guard, layout};
use crate::app::App;
use crate::services::{ServiceFault, clients, mail, overview, system};

/// How far back failures are counted.
const LATELY: Duration = Duration::from_secs(24 * 3600);

/// How it stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::identified(&app, &http).await?;
    let frame = layout::frame(&app, &http, &admin, Section::Overview);
    let page = filled(&app, &admin, frame).await.map_err(layout::telling(&app, &http, &admin))?;
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Each part for those who may see it.
async fn filled(app: &App, admin: &Admin, frame: Frame) -> Result<Overview, ServiceFault> {
    let (act, rights) = (admin.act(app), admin.rights);
    let since = admin.now.minus(LATELY);
    let mut page = Overview {
        frame,
        issuer: app.issuer.as_str().to_owned(),
        counts: None,
        failures: None,
        names: BTreeMap::new(),
        expiring: None,
        mail_failure: None,
    };
    if rights.allow(Permission::SystemRead) {
        page.counts = Some(system::counts(act).await?);
        page.mail_failure = mail::status(act).await?.queue.last_failure;
    }
    if rights.allow(Permission::EventsRead) {
        page.failures = Some(overview::failures(act, since).await?);
    }
    if rights.allow(Permission::ClientsRead) {
        let failed = page.failures.iter().flat_map(|failures| &failures.by_client);
        for id in failed.filter_map(|line| line.client.clone()) {
            if let Ok(client) = clients::find(act, &id.0).await {
                page.names.insert(id, client.name);
            }
        }
        page.expiring = Some(overview::expiring_secrets(act).await?);
    }
    Ok(page)
}
