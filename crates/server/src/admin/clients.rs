//! `/admin/clients`: finding a client; and judging redirect URIs while they are typed.

pub mod new;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::json;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, Environment, Status};
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::params::Params;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;

use super::table::Answer;
use super::views::{ClientRow, Clients, Filters, Pager, Section};
use super::{guard, layout};
use crate::app::App;
use crate::http::answer;
use crate::services::clients::{self, uris};

/// Rows of a page.
const ROWS: u32 = 50;
/// Longest text that is searched for, in characters.
const MAX_TEXT: usize = 200;
/// Most URIs that are judged at a time.
const MAX_URIS: usize = 50;

/// The clients that fit the query.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsRead).await?;
    let params = layout::query(&http);
    let (filters, after) = (filters(&params), layout::after(&params));
    let request = PageRequest { after, limit: ROWS };
    let found = clients::list(admin.act(&app), wanted(&filters), request)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let files = clients::files(admin.act(&app), &found.items)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::Clients);
    let row = |client: &Client| ClientRow {
        file: files.get(&client.key).cloned(),
        ..ClientRow::of(&frame, client)
    };
    let kept = [
        ("q", filters.text.as_str()),
        ("environment", &filters.environment),
        ("state", &filters.state),
    ];
    let page = Clients {
        pager: Pager::new(&frame.path("/admin/clients"), &kept, after, found.next),
        rows: found.items.iter().map(row).collect(),
        filters,
        frame,
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

fn filters(params: &Params) -> Filters {
    let text = |name: &str| params.one(name).unwrap_or_default().chars().take(MAX_TEXT).collect();
    Filters { text: text("q"), environment: text("environment"), state: text("state") }
}

fn wanted(filters: &Filters) -> ClientFilter {
    ClientFilter {
        text: (!filters.text.is_empty()).then(|| filters.text.clone()),
        status: match filters.state.as_str() {
            "active" => Some(Status::Active),
            "disabled" => Some(Status::Disabled),
            _ => None,
        },
        environment: match filters.environment.as_str() {
            "live" => Some(Environment::Live),
            "test" => Some(Environment::Test),
            _ => None,
        },
        relaxed: filters.state == "relaxed",
    }
}

/// `/admin/check-redirect-uris`: each `uri` of the query, judged, for the script beside the editor.
pub async fn check(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsRead).await?;
    let params = layout::query(&http);
    let typed: Vec<String> = params.values("uri").take(MAX_URIS).map(str::to_owned).collect();
    let native = params.one("native") == Some("on");
    let client = params.one("client").map(|id| ClientId(id.to_owned()));
    let judged = uris::judge(admin.act(&app), &typed, native, client.as_ref())
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(answer::json(StatusCode::OK, &json!({ "checks": judged })))
}
