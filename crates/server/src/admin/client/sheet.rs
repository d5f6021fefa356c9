//! `/admin/clients/{client_id}/sheet`: what the vendor is handed, as a page, as files, by a link.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Client;
use vestibule_protocol::params::Params;
use zeroize::Zeroizing;

use super::opened;
use crate::admin::guard::Admin;
use crate::admin::views::{
    Confirm, Field, FormPage, LinkRow, Section, SheetPage, ShownOnce, Summary, framed, moment,
};
use crate::admin::{guard, layout};
use crate::app::App;
use crate::pages::shared;
use crate::services::{FieldFault, ServiceFault, clients, sheets};
use crate::sheet::Format;

const DAY: u64 = 86_400;
/// Longest life of a link that can be asked for, in days.
const MAX_DAYS: u64 = 90;

/// The pages of this room.
pub fn routes(config: &mut ServiceConfig) {
    const HOME: &str = "/admin/clients/{client_id}/sheet";
    config
        .route(HOME, web::get().to(get))
        .service(
            web::resource(format!("{HOME}/share"))
                .route(web::get().to(ask_share))
                .route(web::post().to(share)),
        )
        .service(
            web::resource(format!("{HOME}/links/{{link}}/revoke"))
                .route(web::get().to(ask_revoke))
                .route(web::post().to(revoke)),
        );
}

fn home(client: &Client) -> String {
    format!("/admin/clients/{}", client.client_id)
}

/// The sheet, as a page or as a file.
pub async fn get(app: Data<App>, http: HttpRequest, id: Path<String>) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::ClientsRead).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let act = admin.act(&app);
    let found = async {
        let client = clients::find(act, &id).await?;
        let sheet = sheets::sheet(act, &id).await?;
        let links = sheets::shared(act, &id).await?;
        Ok::<_, ServiceFault>((client, sheet, links))
    };
    let (client, sheet, links) = match found.await {
        Ok(found) => found,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let asked = layout::query(&http);
    if let Some(format) = asked.one("format").and_then(Format::from_word) {
        return shared::file(&app, &client.client_id, &sheet, format);
    }
    let frame = framed(layout::frame(&app, &http, &admin, Section::Clients), &client);
    let home = frame.path(&home(&client));
    let links = links.iter().map(|link| LinkRow::of(link, &home)).collect();
    layout::show(&app, &http, &admin, StatusCode::OK, &SheetPage { frame, sheet, home, links })
}

/// Asks for how long the link shall live.
pub async fn ask_share(app: Data<App>, http: HttpRequest, id: Path<String>) -> HttpResponse {
    match opened(&app, &http, &id).await {
        Ok((admin, client)) => show_share(&app, &http, &admin, &client, days(), &[]),
        Err(answer) => answer,
    }
}

/// Makes a link to the sheet and shows it.
pub async fn share(
    app: Data<App>,
    http: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> HttpResponse {
    let (admin, params) = match guard::posted(&app, &http, payload, Permission::ClientsWrite).await
    {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let client = match clients::find(admin.act(&app), &id).await {
        Ok(client) => client,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let Some(lifetime) = lifetime(&params) else {
        let problem = format!("a whole number of days, 1 to {MAX_DAYS}");
        let faults = [FieldFault::new("days", problem)];
        let typed = days().typed(&params).faults(&faults);
        return show_share(&app, &http, &admin, &client, typed, &faults);
    };
    match sheets::share(admin.act(&app), &id, lifetime).await {
        Ok(link) => {
            let frame = framed(layout::frame(&app, &http, &admin, Section::Clients), &client);
            let page = ShownOnce {
                title: format!("A link to the sheet of {}", client.name),
                label: "link",
                secret: Zeroizing::new(link.url),
                text: Some(format!(
                    "Everybody who has it can read the sheet until {}. The secret is not on it.",
                    moment(link.expires_at)
                )),
                back: frame.path(&format!("{}/sheet", home(&client))),
                frame,
            };
            layout::show(&app, &http, &admin, StatusCode::OK, &page)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

fn lifetime(params: &Params) -> Option<Duration> {
    let days = params.one("days")?.trim().parse::<u64>().ok()?;
    (1..=MAX_DAYS).contains(&days).then(|| Duration::from_secs(days * DAY))
}

fn days() -> Field {
    Field::number("days", "Good for, in days").value("14")
}

fn show_share(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client: &Client,
    field: Field,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = framed(layout::frame(app, http, admin, Section::Clients), client);
    let fields = vec![field];
    let page = FormPage {
        form: frame.form(&format!("{}/sheet/share", home(client))),
        title: format!("Share the sheet of {}", client.name),
        lead: "The link is read-only and ends by itself; it can be revoked before.".to_owned(),
        summary: Summary::of(faults, &fields),
        fields,
        button: "Make the link".to_owned(),
        back: frame.path(&format!("{}/sheet", home(client))),
        frame,
    };
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    layout::show(app, http, admin, status, &page)
}

/// Asks whether to end a link.
pub async fn ask_revoke(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, i64)>,
) -> HttpResponse {
    let (id, link) = path.into_inner();
    let (admin, client) = match opened(&app, &http, &id).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let frame = framed(layout::frame(&app, &http, &admin, Section::Clients), &client);
    let page = Confirm {
        form: frame.form(&format!("{}/sheet/links/{link}/revoke", home(&client))),
        title: "Revoke this link?".to_owned(),
        consequences: vec!["It opens nothing more, at once.".to_owned()],
        fields: Vec::new(),
        summary: Summary::default(),
        button: "Revoke it".to_owned(),
        back: frame.path(&format!("{}/sheet", home(&client))),
        frame,
    };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}

/// Ends a link.
pub async fn revoke(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, i64)>,
    payload: Payload,
) -> HttpResponse {
    let (id, link) = path.into_inner();
    let (admin, _) = match guard::posted(&app, &http, payload, Permission::ClientsWrite).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    match sheets::revoke(admin.act(&app), &id, link).await {
        Ok(()) => {
            let route = format!("/admin/clients/{id}/sheet");
            layout::done(&app, &http, &admin, &route, "The link is revoked.")
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}
