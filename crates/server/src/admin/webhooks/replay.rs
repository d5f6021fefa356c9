//! `/admin/webhooks/{webhook}/replay`: telling a webhook again what it was told.

use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_store::webhooks::Webhook;

use super::{HOUR, opened, posted, route};
use crate::admin::guard::Admin;
use crate::admin::layout;
use crate::admin::table::Answer;
use crate::admin::views::{Button, Field, FormPage, Section};
use crate::app::App;
use crate::services::FieldFault;
use crate::services::webhooks::{self, Again};

/// Farthest back that a webhook can be told again, in hours.
const MAX_HOURS: u64 = 14 * 24;

/// Asks since when it shall be told again.
pub async fn ask(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, webhook) = opened(&app, &http, *id, Permission::SystemWrite).await?;
    Ok(show(&app, &http, &admin, &webhook, hours(), &[]))
}

/// Tells it again.
pub async fn post(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, params, webhook) = posted(&app, &http, payload, *id).await?;
    let act = admin.act(&app);
    let wanted = params.one("hours").unwrap_or_default().trim().parse::<u64>();
    let Some(wanted) = wanted.ok().filter(|hours| (1..=MAX_HOURS).contains(hours)) else {
        let problem = format!("give a whole number of hours, from 1 to {MAX_HOURS}");
        let faults = [FieldFault::new("hours", problem)];
        return Ok(show(&app, &http, &admin, &webhook, hours().typed(&params), &faults));
    };
    let since = Again::Since(Duration::from_secs(wanted * HOUR));
    let count = webhooks::replay(act, webhook.id, since)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let notice = match count {
        0 => "There was nothing to send again.".to_owned(),
        1 => "One event is sent again.".to_owned(),
        count => format!("{count} events are sent again."),
    };
    Ok(layout::done(&app, &http, &admin, &route(webhook.id), &notice))
}

fn hours() -> Field {
    Field::number("hours", "How many hours back").value("24")
}

fn show(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    webhook: &Webhook,
    field: Field,
    faults: &[FieldFault],
) -> HttpResponse {
    let home = route(webhook.id);
    let frame = layout::frame(app, http, admin, Section::Webhooks);
    let frame = frame.below(webhook.label.clone(), &home);
    let page = FormPage {
        title: format!("Send events to {} again?", webhook.label),
        text: vec![
            "Events that it has accepted before are sent too; it knows them by their event_id."
                .to_owned(),
        ],
        button: Button::send("Send again"),
        ..FormPage::at(frame, &format!("{home}/replay"), &home)
    }
    .asking(vec![field], faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}
