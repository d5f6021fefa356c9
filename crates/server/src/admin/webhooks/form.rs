//! `/admin/webhooks/new` and `/admin/webhooks/{webhook}/edit`: making and changing a webhook.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;
use vestibule_store::webhooks::Webhook;

use super::secret::CHECKING;
use super::{HOME, opened_fresh, posted_fresh, route};
use crate::admin::guard::Admin;
use crate::admin::table::Answer;
use crate::admin::views::{Button, Field, FormPage, Section, ShownOnce};
use crate::admin::{guard, layout};
use crate::app::App;
use crate::services::webhooks::{self, Made, Wanted};
use crate::services::{FieldFault, ServiceFault};

const NEW: &str = "/admin/webhooks/new";

/// Asks where to and of what.
pub async fn ask_new(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::SystemWrite).await?;
    Ok(show_form(&app, &http, &admin, None, fields(), &[]))
}

/// Makes a webhook and shows its secret, this once.
pub async fn make(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) =
        guard::posted_fresh(&app, &http, payload, Permission::SystemWrite).await?;
    Ok(match webhooks::add(admin.act(&app), wanted(&params)).await {
        Ok(made) => show_secret(&app, &http, &admin, made),
        Err(ServiceFault::Invalid(faults)) => {
            let typed = fields().into_iter().map(|field| field.typed(&params));
            show_form(&app, &http, &admin, None, typed.collect(), &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

fn show_secret(app: &App, http: &HttpRequest, admin: &Admin, made: Made) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Webhooks);
    let page = ShownOnce {
        title: format!("The webhook {} was created", made.kept.label),
        label: "signing secret",
        secret: made.secret,
        text: Some(CHECKING.to_owned()),
        back: frame.path(&route(made.kept.id)),
        frame,
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}

/// Asks what shall be different.
pub async fn ask_change(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let (admin, webhook) = opened_fresh(&app, &http, *id).await?;
    let values = [
        ("label".to_owned(), webhook.label.clone()),
        ("url".to_owned(), webhook.url.clone()),
        ("kinds".to_owned(), webhook.kinds.join("\n")),
    ]
    .into();
    let mut filled: Vec<Field> = fields().into_iter().map(|field| field.filled(&values)).collect();
    filled.push(switch().ticked(webhook.status == Status::Active));
    Ok(show_form(&app, &http, &admin, Some(&webhook), filled, &[]))
}

/// Changes a webhook.
pub async fn change(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, params, webhook) = posted_fresh(&app, &http, payload, *id).await?;
    let act = admin.act(&app);
    let status = match params.one("active") {
        Some("on") => Status::Active,
        _ => Status::Disabled,
    };
    Ok(match webhooks::update(act, webhook.clone(), wanted(&params), status).await {
        Ok(changed) => {
            let notice = format!("The webhook {} is changed.", changed.label);
            layout::done(&app, &http, &admin, &route(changed.id), &notice)
        }
        Err(ServiceFault::Invalid(faults)) => {
            let all = fields().into_iter().chain([switch()]);
            let typed = all.map(|field| field.typed(&params)).collect();
            show_form(&app, &http, &admin, Some(&webhook), typed, &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

fn wanted(params: &Params) -> Wanted {
    let text = |name: &str| params.one(name).unwrap_or_default().trim().to_owned();
    let kinds = text("kinds").split_whitespace().map(str::to_owned).collect();
    Wanted { label: text("label"), url: text("url"), kinds }
}

fn fields() -> Vec<Field> {
    vec![
        Field::text("label", "Label").hint("What it is for."),
        Field::url("url", "Address").hint("Events are posted there, by https."),
        Field::area("kinds", "Events", 4).optional().hint(
            "One kind on each line, or how kinds begin, such as user. or client.secret. Leave it \
             empty to send every event.",
        ),
    ]
}

fn switch() -> Field {
    Field::tick("active", "Send events to it").hint("What happens while this is off is never sent.")
}

/// Whose events a webhook of this organization hears of.
fn hears_of(admin: &Admin) -> &'static str {
    match admin.organization.id == OrgId::ROOT {
        true => {
            "A webhook of the root organization is sent the events of every organization, also of \
             those that are added later: its receiver learns of all of their users and clients."
        }
        false => "It is sent the events of this organization, not of those below it.",
    }
}

fn show_form(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    webhook: Option<&Webhook>,
    fields: Vec<Field>,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Webhooks);
    let (title, button, to, back) = match webhook {
        None => ("New webhook".to_owned(), "Create the webhook", NEW.to_owned(), HOME.to_owned()),
        Some(webhook) => {
            let home = route(webhook.id);
            (format!("Edit {}", webhook.label), "Save", format!("{home}/edit"), home)
        }
    };
    let page = FormPage {
        text: vec![hears_of(admin).to_owned()],
        button: Button::send(button),
        ..FormPage::at(frame.below(title.clone(), &to), &to, &back)
    };
    let page = FormPage { title, ..page }.asking(fields, faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}
