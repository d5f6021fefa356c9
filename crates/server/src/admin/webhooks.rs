//! `/admin/webhooks`: telling other systems what happens.

pub mod form;
pub mod replay;
pub mod secret;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::WebhookId;
use vestibule_protocol::params::Params;
use vestibule_store::webhooks::Webhook;

use super::guard::{Admin, FRESH};
use super::views::{Button, FormPage, Section, WebhookPage, WebhookRow, Webhooks};
use super::{guard, layout};
use crate::app::App;
use crate::services::webhooks;

const HOME: &str = "/admin/webhooks";
const HOUR: u64 = 3600;
/// Deliveries that a webhook's page shows.
const SHOWN: u32 = 50;

fn route(id: WebhookId) -> String {
    format!("{HOME}/{}", id.0)
}

/// The webhooks.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::SystemRead).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    match webhooks::list(admin.act(&app)).await {
        Ok(found) => {
            let rows = found.iter().map(|it| WebhookRow::of(it, app.issuer.path(&route(it.id))));
            let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
            let page = Webhooks { rows: rows.collect(), frame };
            layout::show(&app, &http, &admin, StatusCode::OK, &page)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

/// One webhook with its latest deliveries.
pub async fn show(app: Data<App>, http: HttpRequest, id: Path<i64>) -> HttpResponse {
    let (admin, webhook) = match opened(&app, &http, *id, Permission::SystemRead).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let act = admin.act(&app);
    let manager = match webhooks::files(act, std::slice::from_ref(&webhook)).await {
        Ok(mut files) => files.remove(&webhook.id),
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    match webhooks::deliveries(act, webhook.id, SHOWN).await {
        Ok(found) => {
            let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
            let page = WebhookPage {
                row: WebhookRow::of(&webhook, frame.path(&route(webhook.id))),
                manager,
                deliveries: found.into_iter().map(Into::into).collect(),
                frame: frame.below(webhook.label, &route(webhook.id)),
            };
            layout::show(&app, &http, &admin, StatusCode::OK, &page)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

async fn opened(
    app: &Data<App>,
    http: &HttpRequest,
    id: i64,
    permission: Permission,
) -> Result<(Admin, Webhook), HttpResponse> {
    let admin = guard::entered(app, http, permission).await?;
    match webhooks::find(admin.act(app), WebhookId(id)).await {
        Ok(webhook) => Ok((admin, webhook)),
        Err(fault) => Err(layout::fault(app, http, &admin, &fault)),
    }
}

async fn opened_fresh(
    app: &Data<App>,
    http: &HttpRequest,
    id: i64,
) -> Result<(Admin, Webhook), HttpResponse> {
    let (admin, webhook) = opened(app, http, id, Permission::SystemWrite).await?;
    match admin.stale(app, http, FRESH) {
        Some(answer) => Err(answer),
        None => Ok((admin, webhook)),
    }
}

/// A form about one webhook, with what was sent.
async fn posted(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    id: i64,
) -> Result<(Admin, Params, Webhook), HttpResponse> {
    let (admin, params) = guard::posted(app, http, payload, Permission::SystemWrite).await?;
    match webhooks::find(admin.act(app), WebhookId(id)).await {
        Ok(webhook) => Ok((admin, params, webhook)),
        Err(fault) => Err(layout::fault(app, http, &admin, &fault)),
    }
}

/// The same, from somebody who gave the password just now.
async fn posted_fresh(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    id: i64,
) -> Result<(Admin, Params, Webhook), HttpResponse> {
    let (admin, params, webhook) = posted(app, http, payload, id).await?;
    match admin.stale(app, http, FRESH) {
        Some(answer) => Err(answer),
        None => Ok((admin, params, webhook)),
    }
}

/// Asks whether to remove it.
pub async fn ask_removal(app: Data<App>, http: HttpRequest, id: Path<i64>) -> HttpResponse {
    let (admin, webhook) = match opened_fresh(&app, &http, *id).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let home = route(webhook.id);
    let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
    let page = FormPage {
        title: format!("Remove the webhook “{}”?", webhook.label),
        text: vec![
            "Events that still wait for it are not sent. Its secret is forgotten.".to_owned(),
        ],
        button: Button::grave("Remove the webhook"),
        ..FormPage::at(frame.below(webhook.label, &home), &format!("{home}/remove"), &home)
    };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}

/// Removes it.
pub async fn remove(
    app: Data<App>,
    http: HttpRequest,
    id: Path<i64>,
    payload: Payload,
) -> HttpResponse {
    let posted = guard::posted_fresh(&app, &http, payload, Permission::SystemWrite).await;
    let (admin, _) = match posted {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let removed = match webhooks::find(admin.act(&app), WebhookId(*id)).await {
        Ok(webhook) => webhooks::remove(admin.act(&app), webhook).await,
        Err(fault) => Err(fault),
    };
    match removed {
        Ok(webhook) => {
            let notice = format!("The webhook {} is removed.", webhook.label);
            layout::done(&app, &http, &admin, HOME, &notice)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}
