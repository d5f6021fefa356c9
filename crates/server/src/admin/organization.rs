//! `/admin/organization`: in which organization an administrator acts.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::ids::OrgId;
use vestibule_store::organizations::Organization;

use super::guard::Admin;
use super::views::{ChooseOrganization, Section};
use super::{guard, layout};
use crate::app::App;
use crate::pages;
use crate::services::ServiceFault;

/// Most organizations that the page offers.
const MOST: usize = 200;

/// Where they may act.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::identified(&app, &http).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let choices = match choices(&app, &admin).await {
        Ok(choices) => choices,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let frame = layout::frame(&app, &http, &admin, Section::Overview);
    let page = ChooseOrganization { form: frame.form("/admin/organization"), frame, choices };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}

/// Acts there from now on, in this browser.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let admin = match guard::identified(&app, &http).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return lost.show(&app, &http).await,
    };
    // Another page's list of organizations has no field of ours for the organization it was made in.
    let word = params.one("choice").or_else(|| params.one("organization"));
    let chosen = word.and_then(|id| id.parse().ok()).map(OrgId);
    let found = match choices(&app, &admin).await {
        Ok(choices) => choices.into_iter().find(|it| Some(it.id) == chosen),
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let Some(organization) = found else {
        let name = word.unwrap_or_default().chars().take(40).collect();
        let fault = ServiceFault::NotFound { what: "organization", name, hint: "choose another" };
        return layout::fault(&app, &http, &admin, &fault);
    };
    let notice = format!("You now act in {}.", organization.name);
    let mut answer = layout::done(&app, &http, &admin, "/admin", &notice);
    pages::set_cookies(&mut answer, [app.cookies.set_organization(organization.id)]);
    answer
}

/// The organizations in which they may do anything.
async fn choices(app: &App, admin: &Admin) -> Result<Vec<Organization>, ServiceFault> {
    let mut choices = Vec::new();
    for organization in app.store.organizations().await? {
        if choices.len() == MOST {
            break;
        }
        if !admin.caller.rights(app, organization.id).await?.is_empty() {
            choices.push(organization);
        }
    }
    Ok(choices)
}
