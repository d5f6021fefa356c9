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
use super::table::Answer;
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
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::SystemRead).await?;
    let found =
        webhooks::list(admin.act(&app)).await.map_err(layout::telling(&app, &http, &admin))?;
    let rows = found.iter().map(|it| WebhookRow::of(it, app.issuer.path(&route(it.id))));
    let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
    let page = Webhooks { rows: rows.collect(), frame };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// One webhook with its latest deliveries.
pub async fn show(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, webhook) = opened(&app, &http, *id, Permission::SystemRead).await?;
    let act = admin.act(&app);
    let mut files = webhooks::files(act, std::slice::from_ref(&webhook))
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let manager = files.remove(&webhook.id);
    let found = webhooks::deliveries(act, webhook.id, SHOWN)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
    let page = WebhookPage {
        row: WebhookRow::of(&webhook, frame.path(&route(webhook.id))),
        manager,
        deliveries: found.into_iter().map(Into::into).collect(),
        frame: frame.below(webhook.label, &route(webhook.id)),
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
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
    admin.fresh(app, http, FRESH)?;
    Ok((admin, webhook))
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
    admin.fresh(app, http, FRESH)?;
    Ok((admin, params, webhook))
}

/// Asks whether to remove it.
pub async fn ask_removal(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, webhook) = opened_fresh(&app, &http, *id).await?;
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
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Removes it.
pub async fn remove(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, _) = guard::posted_fresh(&app, &http, payload, Permission::SystemWrite).await?;
    let removed = match webhooks::find(admin.act(&app), WebhookId(*id)).await {
        Ok(webhook) => webhooks::remove(admin.act(&app), webhook).await,
        Err(fault) => Err(fault),
    };
    let webhook = removed.map_err(layout::telling(&app, &http, &admin))?;
    let notice = format!("The webhook {} is removed.", webhook.label);
    Ok(layout::done(&app, &http, &admin, HOME, &notice))
}
