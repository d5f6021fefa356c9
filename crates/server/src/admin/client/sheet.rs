//! `/admin/clients/{client_id}/sheet`: the hand-over sheet, as the vendor gets it, and the links by
//! which the vendor does.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::params::Params;
use zeroize::Zeroizing;

use crate::admin::guard::Admin;
use crate::admin::table::Answer;
use crate::admin::views::{Field, Section, SheetPage, ShownOnce, Summary, framed, moment};
use crate::admin::{guard, layout};
use crate::app::App;
use crate::pages::shared;
use crate::services::{FieldFault, ServiceFault, clients, sheets};
use crate::sheet::Format;

const DAY: u64 = 86_400;

/// The sheet, as a page or as a file.
pub async fn get(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsRead).await?;
    let format = layout::query(&http).one("format").and_then(Format::from_word);
    let Some(format) = format else { return Ok(render(&app, &http, &admin, &id, None).await) };
    let sheet =
        sheets::sheet(admin.act(&app), &id).await.map_err(layout::telling(&app, &http, &admin))?;
    Ok(shared::file(&app, &sheet, format))
}

/// Makes a link to it, or ends one.
pub async fn post(app: Data<App>, http: HttpRequest, id: Path<String>, payload: Payload) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::ClientsWrite).await?;
    Ok(match params.one("revoke") {
        Some(link) => revoke(&app, &http, &admin, &id, link).await,
        None => share(&app, &http, &admin, &id, &params).await,
    })
}

async fn revoke(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    id: &str,
    link: &str,
) -> HttpResponse {
    match sheets::revoke(admin.act(app), id, link.parse().unwrap_or_default()).await {
        Ok(()) => {
            let route = format!("/admin/clients/{id}/sheet");
            layout::done(app, http, admin, &route, "The link was revoked.")
        }
        Err(fault) => layout::fault(app, http, admin, &fault),
    }
}

async fn share(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    id: &str,
    params: &Params,
) -> HttpResponse {
    let days = params.one("lifetime").and_then(|days| days.trim().parse::<u64>().ok());
    let lifetime = Duration::from_secs(days.unwrap_or_default().saturating_mul(DAY));
    let made = async {
        let client = clients::find(admin.act(app), id).await?;
        Ok::<_, ServiceFault>((sheets::share(admin.act(app), id, lifetime).await?, client))
    };
    match made.await {
        Ok((link, client)) => {
            let frame = framed(layout::frame(app, http, admin, Section::Clients), &client);
            let page = ShownOnce {
                title: format!("A link to the sheet of {}", client.name),
                label: "Link",
                secret: Zeroizing::new(link.url),
                text: Some(format!(
                    "Whoever has it can read the sheet until {}. The client secret is not on it.",
                    moment(link.expires_at)
                )),
                back: frame.path(&format!("/admin/clients/{}/sheet", client.client_id)),
                frame,
            };
            layout::show(app, http, admin, StatusCode::OK, &page)
        }
        Err(ServiceFault::Invalid(_)) => {
            let faults = [FieldFault::new("lifetime", "give a whole number of days, from 1 to 90")];
            render(app, http, admin, id, Some((params, &faults))).await
        }
        Err(fault) => layout::fault(app, http, admin, &fault),
    }
}

async fn render(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    id: &str,
    sent: Option<(&Params, &[FieldFault])>,
) -> HttpResponse {
    let found = async {
        let act = admin.act(app);
        let client = clients::find(act, id).await?;
        let sheet = sheets::sheet(act, id).await?;
        Ok::<_, ServiceFault>((client, sheet, sheets::shared(act, id).await?))
    };
    let (client, sheet, mut links) = match found.await {
        Ok(found) => found,
        Err(fault) => return layout::fault(app, http, admin, &fault),
    };
    links.retain(|link| link.used_at.is_none());
    let lifetime = Field::number("lifetime", "Expires after, in days");
    let (lifetime, faults) = match sent {
        Some((params, faults)) => (lifetime.typed(params).faults(faults), faults),
        None => (lifetime.value("14"), &[][..]),
    };
    let frame = framed(layout::frame(app, http, admin, Section::Clients), &client);
    let page = SheetPage {
        form: frame.form(&format!("/admin/clients/{}/sheet", client.client_id)),
        here: frame.path(&format!("/admin/clients/{}/sheet", client.client_id)),
        summary: Summary::of(faults, [&lifetime]),
        lifetime,
        sheet,
        links,
        frame,
    };
    layout::show(app, http, admin, page.summary.status(), &page)
}
