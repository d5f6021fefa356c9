//! `/admin/organization`: in which organization an administrator acts.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use vestibule_protocol::ids::OrgId;
use vestibule_store::organizations::Organization;

use super::guard::Admin;
use super::table::Answer;
use super::views::{ChooseOrganization, Section};
use super::{guard, layout};
use crate::app::App;
use crate::pages;
use crate::services::ServiceFault;

/// Most organizations that the page offers.
const MOST: usize = 200;

/// Where they may act.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::identified(&app, &http).await?;
    let choices = choices(&app, &admin).await.map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::Overview);
    let page = ChooseOrganization { form: frame.form("/admin/organization"), frame, choices };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Acts there from now on, in this browser.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let admin = guard::identified(&app, &http).await?;
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return Err(lost.show(&app, &http).await),
    };
    // Another page's list of organizations has no field of ours for the organization it was made in.
    let word = params.one("choice").or_else(|| params.one("organization"));
    let chosen = word.and_then(|id| id.parse().ok()).map(OrgId);
    let choices = choices(&app, &admin).await.map_err(layout::telling(&app, &http, &admin))?;
    let found = choices.into_iter().find(|it| Some(it.id) == chosen);
    let Some(organization) = found else {
        let name = word.unwrap_or_default().chars().take(40).collect();
        let fault = ServiceFault::NotFound { what: "organization", name, hint: "choose another" };
        return Err(layout::fault(&app, &http, &admin, &fault));
    };
    let notice = format!("You now act in {}.", organization.name);
    let mut answer = layout::done(&app, &http, &admin, "/admin", &notice);
    pages::set_cookies(&mut answer, [app.cookies.set_organization(organization.id)]);
    Ok(answer)
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
