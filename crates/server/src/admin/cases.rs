//! `/admin/cases/{code}`: one attempt, why it failed, what to do about it, sharing it.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::ids::LinkId;

use super::guard::Admin;
use super::table::Answer;
use super::views::{Button, CasePage, CaseShare, Field, FormPage, Section, Summary, moment};
use super::{guard, layout};
use crate::app::App;
use crate::flow::leave;
use crate::services::cases::{self, CaseFile, share as sharing};
use crate::services::links::NewLink;
use crate::services::{FieldFault, ServiceFault};

/// A day, in seconds.
const DAY: u64 = 86_400;

/// Goes to the case of the code that was typed.
pub async fn find(app: Data<App>, http: HttpRequest) -> Answer {
    Ok(match layout::query(&http).one("code").map(str::parse::<CaseCode>) {
        Some(Ok(code)) => {
            leave::to_page(&http, &app.issuer.path(&format!("/admin/cases/{code}")), Vec::new())
        }
        _ => leave::to_page(&http, &app.issuer.path("/admin/events?outcome=wrong"), Vec::new()),
    })
}

/// The case file.
pub async fn get(app: Data<App>, http: HttpRequest, code: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::EventsRead).await?;
    let file =
        cases::file(admin.act(&app), &code).await.map_err(layout::telling(&app, &http, &admin))?;
    let label = format!("Case {}", file.code);
    let frame = layout::frame(&app, &http, &admin, Section::Events);
    let frame = frame.below(label, &format!("/admin/cases/{}", file.code));
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &CasePage { frame, file }))
}

/// Asks before a redirect URI is registered.
pub async fn ask_adopt(app: Data<App>, http: HttpRequest, code: Path<String>) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::ClientsWrite).await?;
    let file =
        cases::file(admin.act(&app), &code).await.map_err(layout::telling(&app, &http, &admin))?;
    Ok(confirm_adopt(&app, &http, &admin, &file))
}

fn confirm_adopt(app: &App, http: &HttpRequest, admin: &Admin, file: &CaseFile) -> HttpResponse {
    let uri = file.cause.as_ref().and_then(|cause| cause.uri.as_ref());
    let (Some(uri), Some(client)) = (uri.filter(|uri| uri.adoptable), &file.client) else {
        let problem = "this case has no redirect URI that can be registered".to_owned();
        return layout::fault(app, http, admin, &ServiceFault::Conflict(problem));
    };
    let frame = layout::frame(app, http, admin, Section::Events);
    let route = format!("/admin/cases/{}", file.code);
    let name = client.name.clone().unwrap_or_else(|| client.client_id.0.clone());
    let page = FormPage {
        title: format!("Add this redirect URI to {name}?"),
        text: vec![
            uri.received.clone(),
            "Users who sign in can then be sent to this address, with a code for their account. \
             Anybody can send a request with any address: add it only if you know that it is the \
             vendor's."
                .to_owned(),
        ],
        button: Button::yes("Add exactly this"),
        ..FormPage::at(
            frame.below(format!("Case {}", file.code), &route),
            &format!("{route}/adopt"),
            &route,
        )
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}

/// Registers the redirect URI that was recorded.
pub async fn adopt(
    app: Data<App>,
    http: HttpRequest,
    code: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, _) = guard::posted_fresh(&app, &http, payload, Permission::ClientsWrite).await?;
    let client = cases::adopt_redirect_uri(admin.act(&app), &code, None)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let notice = format!("The redirect URI was added to {}.", client.name);
    Ok(layout::done(&app, &http, &admin, &route_of(&code), &notice))
}

/// Asks for how long a case is to be shared.
pub async fn ask_share(app: Data<App>, http: HttpRequest, code: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsWrite).await?;
    let Ok(code) = code.parse() else { return Err(unknown(&app, &http, &admin, &code)) };
    let field = days().value((sharing::USUALLY.as_secs() / DAY).to_string());
    Ok(show_share(&app, &http, &admin, code, field, Ok(None)))
}

/// Makes the link, and shows it this once.
pub async fn share(
    app: Data<App>,
    http: HttpRequest,
    code: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::ClientsWrite).await?;
    let Ok(parsed) = code.parse() else { return Err(unknown(&app, &http, &admin, &code)) };
    let wanted = params.one("days").and_then(|days| days.trim().parse::<u64>().ok()).unwrap_or(0);
    let lifetime = Duration::from_secs(wanted.saturating_mul(DAY));
    let field = days().typed(&params);
    Ok(match sharing::share(admin.act(&app), &code, lifetime).await {
        Ok(link) => show_share(&app, &http, &admin, parsed, field, Ok(Some(link))),
        Err(ServiceFault::Invalid(_)) => {
            let fault = FieldFault::new("days", "give a whole number of days, from 1 to 30");
            show_share(&app, &http, &admin, parsed, field, Err(fault))
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

fn days() -> Field {
    Field::number("days", "Expires after, in days")
        .hint("At most 30. You can revoke the link before.")
}

fn show_share(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    code: CaseCode,
    field: Field,
    made: Result<Option<NewLink>, FieldFault>,
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Events);
    let route = format!("/admin/cases/{code}");
    let (made, faults) = match made {
        Ok(made) => (made, Vec::new()),
        Err(fault) => (None, vec![fault]),
    };
    let field = field.faults(&faults);
    let page = CaseShare {
        form: frame.form(&format!("{route}/share")),
        summary: Summary::of(&faults, [&field]),
        code: code.to_string(),
        field,
        made: made.map(|link| (link.url, moment(link.expires_at))),
        frame: frame.below(format!("Case {code}"), &route),
    };
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Asks before a link is taken back.
pub async fn ask_unshare(app: Data<App>, http: HttpRequest, path: Path<(String, i64)>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsWrite).await?;
    let (code, id) = path.into_inner();
    let Ok(code) = code.parse::<CaseCode>() else {
        return Err(unknown(&app, &http, &admin, &code));
    };
    let frame = layout::frame(&app, &http, &admin, Section::Events);
    let route = format!("/admin/cases/{code}");
    let page = FormPage {
        title: "Revoke this link?".to_owned(),
        text: vec!["Whoever has it cannot read the case any more.".to_owned()],
        button: Button::grave("Revoke the link"),
        ..FormPage::at(
            frame.below(format!("Case {code}"), &route),
            &format!("{route}/unshare/{id}"),
            &route,
        )
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Takes a link back.
pub async fn unshare(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, i64)>,
    payload: Payload,
) -> Answer {
    let (admin, _) = guard::posted(&app, &http, payload, Permission::ClientsWrite).await?;
    let (code, id) = path.into_inner();
    sharing::revoke(admin.act(&app), &code, LinkId(id))
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let notice = "The link was revoked.";
    Ok(layout::done(&app, &http, &admin, &route_of(&code), notice))
}

/// The route of a case, in the code's own spelling, so that nothing else gets into the path.
fn route_of(code: &str) -> String {
    match code.parse::<CaseCode>() {
        Ok(code) => format!("/admin/cases/{code}"),
        Err(_) => "/admin/events".to_owned(),
    }
}

fn unknown(app: &App, http: &HttpRequest, admin: &Admin, code: &str) -> HttpResponse {
    let name = code.chars().take(40).collect();
    let fault = ServiceFault::NotFound { what: "case", name, hint: "codes look like 7FK-2QD" };
    layout::fault(app, http, admin, &fault)
}
