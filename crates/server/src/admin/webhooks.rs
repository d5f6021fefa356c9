//! `/admin/webhooks`: telling other systems what happens.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::WebhookId;
use vestibule_protocol::params::Params;
use vestibule_store::webhooks::Webhook;

use super::guard::{Admin, FRESH};
use super::views::{
    Confirm, Field, FormPage, Section, ShownOnce, Summary, WebhookPage, WebhookRow, Webhooks,
};
use super::{guard, layout};
use crate::app::App;
use crate::services::webhooks::{self, Again, Wanted};
use crate::services::{FieldFault, ServiceFault};

const HOME: &str = "/admin/webhooks";
const NEW: &str = "/admin/webhooks/new";
/// Deliveries that a webhook's page shows.
const SHOWN: u32 = 50;
const HOUR: u64 = 3600;
/// Farthest back that a webhook can be told again, in hours.
const MAX_HOURS: u64 = 14 * 24;

/// The pages of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route(HOME, web::get().to(get))
        .service(web::resource(NEW).route(web::get().to(ask_new)).route(web::post().to(make)))
        .route(&format!("{HOME}/{{webhook}}"), web::get().to(show))
        .service(
            web::resource(format!("{HOME}/{{webhook}}/edit"))
                .route(web::get().to(ask_change))
                .route(web::post().to(change)),
        )
        .service(
            web::resource(format!("{HOME}/{{webhook}}/replay"))
                .route(web::get().to(ask_replay))
                .route(web::post().to(replay)),
        )
        .service(
            web::resource(format!("{HOME}/{{webhook}}/remove"))
                .route(web::get().to(ask_removal))
                .route(web::post().to(remove)),
        );
}

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
    match webhooks::deliveries(admin.act(&app), webhook.id, SHOWN).await {
        Ok(found) => {
            let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
            let page = WebhookPage {
                row: WebhookRow::of(&webhook, frame.path(&route(webhook.id))),
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

/// Asks where to and of what.
pub async fn ask_new(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::SystemWrite).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    match admin.stale(&app, &http, FRESH) {
        Some(answer) => answer,
        None => show_form(&app, &http, &admin, None, fields(), &[]),
    }
}

/// Makes a webhook and shows its secret, this once.
pub async fn make(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let (admin, params) = match guard::posted(&app, &http, payload, Permission::SystemWrite).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH) {
        return answer;
    }
    match webhooks::add(admin.act(&app), wanted(&params)).await {
        Ok(made) => {
            let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
            let page = ShownOnce {
                title: format!("The webhook {} is made", made.kept.label),
                label: "signing secret",
                secret: made.secret,
                text: Some(
                    "A delivery carries X-Webhook-Signature: t=SECONDS,v1=HEX, where HEX is \
                     HMAC-SHA256 of SECONDS, a full stop and the body."
                        .to_owned(),
                ),
                back: frame.path(&route(made.kept.id)),
                frame,
            };
            layout::show(&app, &http, &admin, StatusCode::OK, &page)
        }
        Err(ServiceFault::Invalid(faults)) => {
            let typed = fields().into_iter().map(|field| field.typed(&params).faults(&faults));
            show_form(&app, &http, &admin, None, typed.collect(), &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

/// Asks what shall be different.
pub async fn ask_change(app: Data<App>, http: HttpRequest, id: Path<i64>) -> HttpResponse {
    let (admin, webhook) = match opened(&app, &http, *id, Permission::SystemWrite).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let values = [
        ("label".to_owned(), webhook.label.clone()),
        ("url".to_owned(), webhook.url.clone()),
        ("kinds".to_owned(), webhook.kinds.join("\n")),
    ]
    .into();
    let mut filled: Vec<Field> = fields().into_iter().map(|field| field.filled(&values)).collect();
    filled.push(switch().ticked(webhook.status == Status::Active));
    show_form(&app, &http, &admin, Some(&webhook), filled, &[])
}

/// Changes a webhook.
pub async fn change(
    app: Data<App>,
    http: HttpRequest,
    id: Path<i64>,
    payload: Payload,
) -> HttpResponse {
    let (admin, params) = match guard::posted(&app, &http, payload, Permission::SystemWrite).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH) {
        return answer;
    }
    let act = admin.act(&app);
    let webhook = match webhooks::find(act, WebhookId(*id)).await {
        Ok(webhook) => webhook,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let status = match params.one("active") {
        Some("on") => Status::Active,
        _ => Status::Disabled,
    };
    match webhooks::update(act, webhook.id, wanted(&params), status).await {
        Ok(changed) => {
            let notice = format!("The webhook {} is changed.", changed.label);
            layout::done(&app, &http, &admin, &route(changed.id), &notice)
        }
        Err(ServiceFault::Invalid(faults)) => {
            let all = fields().into_iter().chain([switch()]);
            let typed = all.map(|field| field.typed(&params).faults(&faults));
            show_form(&app, &http, &admin, Some(&webhook), typed.collect(), &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
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
        Field::area("kinds", "Of what it is told", 4).optional().hint(
            "One kind of event a line, or how kinds begin, such as user. or client.secret. Empty \
             means everything.",
        ),
    ]
}

fn switch() -> Field {
    Field::tick("active", "It is told what happens")
        .hint("Switched off it misses what happens meanwhile.")
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
        None => ("New webhook".to_owned(), "Make the webhook", NEW.to_owned(), HOME.to_owned()),
        Some(webhook) => {
            let home = route(webhook.id);
            (format!("Change {}", webhook.label), "Save", format!("{home}/edit"), home)
        }
    };
    let page = FormPage {
        form: frame.form(&to),
        lead: String::new(),
        summary: Summary::of(faults, &fields),
        fields,
        button: button.to_owned(),
        back: frame.path(&back),
        frame: frame.below(title.clone(), &to),
        title,
    };
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    layout::show(app, http, admin, status, &page)
}

/// Asks since when it shall be told again.
pub async fn ask_replay(app: Data<App>, http: HttpRequest, id: Path<i64>) -> HttpResponse {
    match opened(&app, &http, *id, Permission::SystemWrite).await {
        Ok((admin, webhook)) => show_replay(&app, &http, &admin, &webhook, replayed(), &[]),
        Err(answer) => answer,
    }
}

/// Tells it again.
pub async fn replay(
    app: Data<App>,
    http: HttpRequest,
    id: Path<i64>,
    payload: Payload,
) -> HttpResponse {
    let (admin, params) = match guard::posted(&app, &http, payload, Permission::SystemWrite).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let act = admin.act(&app);
    let webhook = match webhooks::find(act, WebhookId(*id)).await {
        Ok(webhook) => webhook,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let hours = params.one("hours").unwrap_or_default().trim().parse::<u64>();
    let Some(hours) = hours.ok().filter(|hours| (1..=MAX_HOURS).contains(hours)) else {
        let problem = format!("a whole number of hours, 1 to {MAX_HOURS}");
        let faults = [FieldFault::new("hours", problem)];
        let typed = replayed().typed(&params).faults(&faults);
        return show_replay(&app, &http, &admin, &webhook, typed, &faults);
    };
    let since = Again::Since(Duration::from_secs(hours * HOUR));
    match webhooks::replay(act, webhook.id, since).await {
        Ok(count) => {
            let notice = format!("{count} deliveries are made again.");
            layout::done(&app, &http, &admin, &route(webhook.id), &notice)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

fn replayed() -> Field {
    Field::number("hours", "What happened in the last hours").value("24")
}

fn show_replay(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    webhook: &Webhook,
    field: Field,
    faults: &[FieldFault],
) -> HttpResponse {
    let home = route(webhook.id);
    let to = format!("{home}/replay");
    let frame = layout::frame(app, http, admin, Section::Webhooks);
    let fields = vec![field];
    let page = FormPage {
        form: frame.form(&to),
        title: format!("Tell {} again?", webhook.label),
        lead: "Also what it has taken before: it knows a repeated event by its id.".to_owned(),
        summary: Summary::of(faults, &fields),
        fields,
        button: "Tell it again".to_owned(),
        back: frame.path(&home),
        frame: frame.below(webhook.label.clone(), &home),
    };
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    layout::show(app, http, admin, status, &page)
}

/// Asks whether to remove it.
pub async fn ask_removal(app: Data<App>, http: HttpRequest, id: Path<i64>) -> HttpResponse {
    let (admin, webhook) = match opened(&app, &http, *id, Permission::SystemWrite).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let home = route(webhook.id);
    let frame = layout::frame(&app, &http, &admin, Section::Webhooks);
    let page = Confirm {
        form: frame.form(&format!("{home}/remove")),
        title: format!("Remove the webhook {}?", webhook.label),
        consequences: vec!["What was still to be told to it is not told any more.".to_owned()],
        fields: Vec::new(),
        summary: Summary::default(),
        button: "Remove it".to_owned(),
        back: frame.path(&home),
        frame: frame.below(webhook.label, &home),
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
    let (admin, _) = match guard::posted(&app, &http, payload, Permission::SystemWrite).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH) {
        return answer;
    }
    match webhooks::remove(admin.act(&app), WebhookId(*id)).await {
        Ok(webhook) => {
            let notice = format!("The webhook {} is removed.", webhook.label);
            layout::done(&app, &http, &admin, HOME, &notice)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}
