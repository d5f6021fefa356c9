//! `/admin/clients/{client_id}/credentials`: making a secret, changing over to it, revoking one.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, ClientSecret};
use vestibule_protocol::params::Params;

use super::{opened, posted};
use crate::admin::guard::{Admin, FRESH};
use crate::admin::table::Answer;
use crate::admin::views::{
    Button, ClientHead, Credentials, Field, FormPage, Made, NewSecretPage, Section, Summary,
    framed, moment,
};
use crate::admin::{guard, layout};
use crate::app::App;
use crate::services::clients::{self, NewSecret, SecretTerms};
use crate::services::{FieldFault, ServiceFault};

const DAY: u64 = 86_400;
/// Longest life and longest overlap that can be asked for, in days.
const MAX_DAYS: u64 = 3660;

/// The secrets.
pub async fn get(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened(&app, &http, &id, Permission::ClientsRead).await?;
    let frame = framed(layout::frame(&app, &http, &admin, Section::Clients), &client);
    let page = Credentials::of(frame, &client, admin.now, &admin.caller.by);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Asks what the new secret shall be.
pub async fn ask_new(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened_fresh(&app, &http, &id).await?;
    Ok(show_new(&app, &http, &admin, &client, fields(), &[]))
}

/// Makes one more secret and shows it, this once.
pub async fn make(app: Data<App>, http: HttpRequest, id: Path<String>, payload: Payload) -> Answer {
    let (admin, client, params) = posted(&app, &http, payload, &id).await?;
    admin.fresh(&app, &http, FRESH)?;
    let again = |faults: &[FieldFault]| {
        let typed = fields().into_iter().map(|field| field.typed(&params).faults(faults));
        show_new(&app, &http, &admin, &client, typed.collect(), faults)
    };
    let wanted = match wanted(&params) {
        Ok(wanted) => wanted,
        Err(faults) => return Ok(again(&faults)),
    };
    // The secret itself is shown by the answer to the first submission alone.
    let first = layout::once(&app, &admin, &params).await;
    if !first.map_err(layout::telling(&app, &http, &admin))? {
        let route = format!("/admin/clients/{}/credentials", client.client_id);
        let notice = "This form has already created a secret, which was shown then.";
        return Ok(layout::done(&app, &http, &admin, &route, notice));
    }
    let end = wanted.lives.map(|lives| admin.now.plus(lives));
    let act = admin.act(&app);
    let terms =
        SecretTerms { label: &wanted.label, expires_at: end, overlap: wanted.overlap, link: None };
    Ok(match clients::give_secret(act, &id, terms).await {
        Ok(made) => show_made(&app, &http, &admin, &client, made, wanted.overlap),
        Err(ServiceFault::Invalid(faults)) => again(&faults),
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

fn show_made(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client: &Client,
    made: NewSecret,
    overlap: Option<Duration>,
) -> HttpResponse {
    let others = overlap.map(|overlap| moment(admin.now.plus(overlap)));
    let frame = framed(layout::frame(app, http, admin, Section::Clients), client);
    let page = Made {
        head: ClientHead::of(&frame, client, "/credentials"),
        title: format!("New secret for {}", client.name),
        secret: Some(made.text),
        note: others.map(|end| format!("Earlier secrets expire on {end}.")),
        home: frame.path(&format!("/admin/clients/{}/credentials", client.client_id)),
        frame,
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}

/// What a secret shall be.
struct Wanted {
    label: String,
    lives: Option<Duration>,
    overlap: Option<Duration>,
}

fn wanted(params: &Params) -> Result<Wanted, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let mut days = |name: &'static str| {
        let text = params.one(name).map(str::trim).filter(|text| !text.is_empty())?;
        match text.parse::<u64>() {
            Ok(days) if days <= MAX_DAYS => Some(Duration::from_secs(days * DAY)),
            _ => {
                let problem = format!("give a whole number of days, at most {MAX_DAYS}");
                faults.push(FieldFault::new(name, problem));
                None
            }
        }
    };
    let (lives, overlap) = (days("expires_at"), days("overlap"));
    let label = params.one("label").unwrap_or_default().trim().to_owned();
    if label.is_empty() {
        faults.push(FieldFault::new("label", "give it a name, so that it can be told from others"));
    }
    match faults.is_empty() {
        true => Ok(Wanted { label, lives, overlap }),
        false => Err(faults),
    }
}

pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::text("label", "Label").hint("To tell it from the others, such as “spring 2027”."),
        Field::number("expires_at", "Expires after, in days")
            .optional()
            .hint("Leave it empty for a secret that does not expire."),
        Field::number("overlap", "Earlier secrets expire after, in days")
            .optional()
            .value("14")
            .hint("Time for the vendor to change over. Leave it empty to keep them as they are."),
    ]
}

fn show_new(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client: &Client,
    fields: Vec<Field>,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = framed(layout::frame(app, http, admin, Section::Clients), client);
    let mut form = frame.form(&format!("/admin/clients/{}/credentials/new", client.client_id));
    form.extra.push(layout::fresh_once());
    let page = NewSecretPage {
        head: ClientHead::of(&frame, client, "/credentials"),
        form,
        summary: Summary::of(faults, &fields),
        fields,
        frame,
    };
    layout::show(app, http, admin, page.summary.status(), &page)
}

async fn opened_fresh(
    app: &Data<App>,
    http: &HttpRequest,
    id: &str,
) -> Result<(Admin, Client), HttpResponse> {
    let (admin, client) = opened(app, http, id, Permission::ClientsWrite).await?;
    admin.fresh(app, http, FRESH)?;
    Ok((admin, client))
}

/// Asks whether to revoke one.
pub async fn ask_revoke(app: Data<App>, http: HttpRequest, path: Path<(String, String)>) -> Answer {
    let (id, secret) = path.into_inner();
    let (admin, client) = opened_fresh(&app, &http, &id).await?;
    let found = client.secrets.iter().find(|it| it.id.0.to_string() == secret);
    let Some(found) = found.filter(|it| it.revoked_at.is_none()) else {
        let name = secret.chars().take(40).collect();
        let fault = ServiceFault::NotFound { what: "live secret", name, hint: "choose another" };
        return Err(layout::fault(&app, &http, &admin, &fault));
    };
    let frame = framed(layout::frame(&app, &http, &admin, Section::Clients), &client);
    let home = format!("/admin/clients/{}/credentials", client.client_id);
    let page = FormPage {
        title: format!("Revoke the secret “{}”?", found.label),
        text: consequences(&client, found, &admin),
        button: Button::grave("Revoke the secret"),
        ..FormPage::at(frame, &format!("{home}/{}/revoke", found.id.0), &home)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

fn consequences(client: &Client, secret: &ClientSecret, admin: &Admin) -> Vec<String> {
    let used = match secret.last_used_at {
        Some(at) => format!("It was last used on {}.", moment(at)),
        None => "It was never used.".to_owned(),
    };
    let others = client.secrets.iter().filter(|it| it.id != secret.id && it.is_live(admin.now));
    let rest = match others.count() {
        0 => "It is the only live secret: the client cannot authenticate without it.".to_owned(),
        1 => "One other secret stays live.".to_owned(),
        count => format!("{count} other secrets stay live."),
    };
    vec![format!("{}… stops working at once. {used}", secret.prefix), rest]
}

/// Revokes one.
pub async fn revoke(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    let (id, secret) = path.into_inner();
    let (admin, _) = guard::posted_fresh(&app, &http, payload, Permission::ClientsWrite).await?;
    let revoked = clients::revoke_secret(admin.act(&app), &id, &secret)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let route = format!("/admin/clients/{id}/credentials");
    let notice = format!("The secret {} is revoked.", revoked.label);
    Ok(layout::done(&app, &http, &admin, &route, &notice))
}
