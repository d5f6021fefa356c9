//! `/admin/organization`: in which organization an administrator works.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;

use super::{guard, layout};
use crate::app::App;
use crate::flow::leave;
use crate::pages;
use crate::services::ServiceFault;

/// Goes to work in another organization. One in which they may do nothing answers like an unknown
/// one (invariant I26).
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let admin = match guard::identified(&app, &http).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return lost.show(&app, &http).await,
    };
    match chosen(&app, &admin, &params).await {
        Ok(org) => {
            let cookies = vec![app.cookies.set_organization(org)];
            leave::to_page(&http, &app.issuer.path("/admin"), cookies)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

async fn chosen(app: &App, admin: &guard::Admin, params: &Params) -> Result<OrgId, ServiceFault> {
    let text = params.one("organization").unwrap_or_default();
    let unknown = || ServiceFault::NotFound {
        what: "organization",
        name: text.chars().take(40).collect(),
        hint: "choose one from the list of organizations",
    };
    let org = OrgId(text.parse().map_err(|_| unknown())?);
    match admin.caller.rights(app, org).await?.is_empty() {
        true => Err(unknown()),
        false => Ok(org),
    }
}
