//! `/admin/clients/{client_id}`: a client at a glance, switching it off, deleting it.

pub mod credentials;
pub(crate) mod fields;
pub mod settings;
pub mod sheet;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::params::Params;
use vestibule_store::events::{EventQuery, OutcomeFilter};

use super::guard::{Admin, FRESH};
use super::table::Answer;
use super::views::{
    Button, ClientHead, ClientOverview, Field, FormPage, Frame, RefusalLine, Section, framed,
};
use super::{guard, layout};
use crate::app::App;
use crate::services::{Act, FieldFault, ServiceFault, clients, events};
use crate::state::apply::manager_of;

/// How far back the overview looks for refusals.
const LATELY: Duration = Duration::from_secs(24 * 3600);
/// Most refusals that it shows.
const MOST_REFUSALS: u32 = 10;

/// The client at a glance.
pub async fn get(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsRead).await?;
    let page =
        glance(&app, &http, &admin, &id).await.map_err(layout::telling(&app, &http, &admin))?;
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

async fn glance(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    id: &str,
) -> Result<ClientOverview, ServiceFault> {
    let act = admin.act(app);
    let client = clients::find(act, id).await?;
    let refusals = match admin.rights.allow(Permission::EventsRead) {
        true => refusals(act, &client).await?,
        false => Vec::new(),
    };
    let frame = framed(layout::frame(app, http, admin, Section::Clients), &client);
    let head = ClientHead::of(&frame, &client, "");
    let manager = manager_of(act, client.key).await?;
    Ok(ClientOverview { head, frame, client, manager, refusals, now: admin.now })
}

/// What was refused lately, newest first.
async fn refusals(act: Act<'_>, client: &Client) -> Result<Vec<RefusalLine>, ServiceFault> {
    let query = EventQuery {
        client: Some(client.client_id.clone()),
        outcome: Some(OutcomeFilter::Wrong),
        since: Some(act.now.minus(LATELY)),
        limit: MOST_REFUSALS,
        ..EventQuery::default()
    };
    let lines = events::newest(act, query).await?.events.into_iter().map(|event| RefusalLine {
        at: event.at,
        reason: event.reason.unwrap_or(event.kind),
        case_code: event.case_code.map(|code| code.to_string()),
    });
    Ok(lines.collect())
}

/// Asks whether to switch it off, or on again.
pub async fn ask_status(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened(&app, &http, &id, Permission::ClientsWrite).await?;
    let frame = framed(layout::frame(&app, &http, &admin, Section::Clients), &client);
    let home = format!("/admin/clients/{}", client.client_id);
    let (title, consequence, button) = match client.status {
        Status::Active => (
            format!("Disable {}?", client.name),
            "Nobody can sign in with it from now on, and the tokens it holds stop working at once. It stays registered.",
            Button::grave(format!("Disable {}", client.name)),
        ),
        Status::Disabled => (
            format!("Enable {}?", client.name),
            "Users can sign in with it again, and the tokens it holds that have not expired work again.",
            Button::yes(format!("Enable {}", client.name)),
        ),
    };
    let to = match client.status {
        Status::Active => "disabled",
        Status::Disabled => "active",
    };
    let mut page = FormPage {
        title,
        text: vec![consequence.to_owned()],
        button,
        ..FormPage::at(frame, &format!("{home}/status"), &home)
    };
    // A second submission must not switch it back.
    page.form.extra.push(("to".to_owned(), to.to_owned()));
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Switches it off, or on again.
pub async fn set_status(
    app: Data<App>,
    http: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::ClientsWrite).await?;
    let status = match params.one("to") {
        Some("active") => Status::Active,
        _ => Status::Disabled,
    };
    let client = clients::set_status(admin.act(&app), &id, status)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let word = match client.status {
        Status::Active => "enabled",
        Status::Disabled => "disabled",
    };
    let route = format!("/admin/clients/{}", client.client_id);
    Ok(layout::done(&app, &http, &admin, &route, &format!("{} is {word}.", client.name)))
}

/// Asks whether to delete it.
pub async fn ask_removal(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened(&app, &http, &id, Permission::ClientsWrite).await?;
    admin.fresh(&app, &http, FRESH)?;
    let page = removal(layout::frame(&app, &http, &admin, Section::Clients), &client, &[]);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Deletes it, once its name was typed.
pub async fn remove(
    app: Data<App>,
    http: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, client, params) = posted(&app, &http, payload, &id).await?;
    admin.fresh(&app, &http, FRESH)?;
    if params.one("name").map(str::trim) != Some(client.name.trim()) {
        let faults = [FieldFault::new("name", format!("type {} exactly", client.name))];
        let page = removal(layout::frame(&app, &http, &admin, Section::Clients), &client, &faults);
        return Ok(layout::show(&app, &http, &admin, page.summary.status(), &page));
    }
    let client = clients::remove(admin.act(&app), &id)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let notice = format!("{} is deleted.", client.name);
    Ok(layout::done(&app, &http, &admin, "/admin/clients", &notice))
}

fn removal(frame: Frame, client: &Client, faults: &[FieldFault]) -> FormPage {
    let frame = framed(frame, client);
    let home = format!("/admin/clients/{}", client.client_id);
    let name = Field::text("name", "The client's name").hint(format!("Type {}", client.name));
    FormPage {
        title: format!("Delete {}?", client.name),
        text: vec![
            "Nobody can sign in with it any more, and everything that was issued to it ends at once."
                .to_owned(),
            "The consents that users gave it are forgotten. This cannot be undone.".to_owned(),
        ],
        button: Button::grave(format!("Delete {}", client.name)),
        ..FormPage::at(frame, &format!("{home}/remove"), &home)
    }
    .asking(vec![name], faults)
}

/// The client that somebody who may do this opened.
pub(super) async fn opened(
    app: &Data<App>,
    http: &HttpRequest,
    id: &str,
    permission: Permission,
) -> Result<(Admin, Client), HttpResponse> {
    let admin = guard::entered(app, http, permission).await?;
    match clients::find(admin.act(app), id).await {
        Ok(client) => Ok((admin, client)),
        Err(fault) => Err(layout::fault(app, http, &admin, &fault)),
    }
}

/// The client that somebody who may change it posted a form about.
pub(super) async fn posted(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    id: &str,
) -> Result<(Admin, Client, Params), HttpResponse> {
    let (admin, params) = guard::posted(app, http, payload, Permission::ClientsWrite).await?;
    match clients::find(admin.act(app), id).await {
        Ok(client) => Ok((admin, client, params)),
        Err(fault) => Err(layout::fault(app, http, &admin, &fault)),
    }
}
