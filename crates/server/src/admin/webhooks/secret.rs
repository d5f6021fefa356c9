//! `/admin/webhooks/{webhook}/rotate`: a new signing secret, with an overlap.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_store::webhooks::Webhook;

use super::{HOUR, opened_fresh, posted_fresh, route};
use crate::admin::guard::Admin;
use crate::admin::layout;
use crate::admin::table::Answer;
use crate::admin::views::{Button, Field, FormPage, Section, ShownOnce, moment};
use crate::app::App;
use crate::services::FieldFault;
use crate::services::webhooks::{self, LONGEST_OVERLAP, Made, USUAL_OVERLAP};

/// How a receiver checks a delivery.
pub(super) const CHECKING: &str = "Each delivery carries X-Webhook-Signature: t=SECONDS,v1=HEX, where HEX is HMAC-SHA256 of SECONDS, \
     a full stop and the body. While two secrets live there is a v1 of each: accept a delivery if one \
     of them is right.";

/// Asks for how long both secrets shall sign.
pub async fn ask(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, webhook) = opened_fresh(&app, &http, *id).await?;
    Ok(show(&app, &http, &admin, &webhook, hours(), &[]))
}

/// Makes the new secret and shows it, this once.
pub async fn rotate(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, params, webhook) = posted_fresh(&app, &http, payload, *id).await?;
    let act = admin.act(&app);
    let typed = params.one("overlap").unwrap_or_default().trim().parse::<u64>();
    let most = LONGEST_OVERLAP.as_secs() / HOUR;
    let Some(overlap) = typed.ok().filter(|hours| *hours <= most) else {
        let faults =
            [FieldFault::new("overlap", format!("give a whole number of hours, from 0 to {most}"))];
        let field = hours().typed(&params);
        return Ok(show(&app, &http, &admin, &webhook, field, &faults));
    };
    // The secret is shown by the answer to the first submission alone.
    let first = layout::once(&app, &admin, &params).await;
    if !first.map_err(layout::telling(&app, &http, &admin))? {
        let notice = "This form has already created a secret, which was shown then.";
        return Ok(layout::done(&app, &http, &admin, &route(webhook.id), notice));
    }
    let made = webhooks::rotate_secret(act, webhook.id, Duration::from_secs(overlap * HOUR))
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(shown(&app, &http, &admin, made))
}

fn shown(app: &App, http: &HttpRequest, admin: &Admin, made: Made) -> HttpResponse {
    let before = match made.kept.previous_ends_at {
        Some(end) => format!("The previous secret signs as well until {}.", moment(end)),
        None => "The previous secret signs nothing any more.".to_owned(),
    };
    let frame = layout::frame(app, http, admin, Section::Webhooks);
    let page = ShownOnce {
        title: format!("The new secret of {}", made.kept.label),
        label: "signing secret",
        secret: made.secret,
        text: Some(format!("{before} {CHECKING}")),
        back: frame.path(&route(made.kept.id)),
        frame,
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}

fn hours() -> Field {
    Field::number("overlap", "Hours for which the previous secret signs as well")
        .value((USUAL_OVERLAP.as_secs() / HOUR).to_string())
        .hint("Time for the receiver to change over. 0 ends it at once.")
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
    let to = format!("{home}/rotate");
    let frame = layout::frame(app, http, admin, Section::Webhooks);
    let lead = match webhook.previous_ends_at.filter(|end| admin.now < *end) {
        Some(_) => {
            "It has two secrets at the moment, and never has more: the older of them ends now."
        }
        None => "Its deliveries are then signed with the new secret.",
    };
    let mut page = FormPage {
        title: format!("New signing secret for {}", webhook.label),
        text: vec![lead.to_owned()],
        button: Button::send("Create the secret"),
        ..FormPage::at(frame.below(webhook.label.clone(), &home), &to, &home)
    }
    .asking(vec![field], faults);
    page.form.extra.push(layout::fresh_once());
    layout::show(app, http, admin, page.summary.status(), &page)
}
