//! `/setup/{token}`: the first administrator, through a link that only the host can make.
//!
//! A GET shows the page, whoever follows the link; the POST spends it. So a mail scanner that opens
//! every link spends none.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::identifiers;
use vestibule_protocol::params::Params;
use vestibule_protocol::password_policy::{self, PasswordPolicy};
use vestibule_protocol::refusal::Reason;
use vestibule_store::links::Link;
use zeroize::Zeroizing;

use super::views::{self, SetupFault};
use super::{service_fault, set_cookies, shell, show};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::shown;
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::pages;
use crate::services::users::NewUser;
use crate::services::{Act, FieldFault, ServiceFault, links};

const DURING: &str = "setting up";

/// What was typed; never the password.
#[derive(Default)]
struct Typed {
    email: String,
    name: String,
}

/// Shows the page.
pub async fn get(app: Data<App>, http: HttpRequest, token: Path<String>) -> HttpResponse {
    match open(&app, &token).await {
        Ok(_) => render(&app, &http, &token, &Typed::default(), Vec::new()),
        Err(reason) => shown::error(&app, &http, &Attempt::begin(&app), &reason, None).await,
    }
}

/// Makes the administrator and spends the link, or neither.
pub async fn post(
    app: Data<App>,
    http: HttpRequest,
    token: Path<String>,
    payload: Payload,
) -> HttpResponse {
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return lost.show(&app, &http).await,
    };
    match spend(&app, &token, &params).await {
        Ok(Ok(email)) => done(&app, &http, email),
        Ok(Err(faults)) => {
            let text = |name: &str| params.one(name).unwrap_or_default().to_owned();
            let typed = Typed { email: text("email"), name: text("name") };
            render(&app, &http, &token, &typed, faults)
        }
        Err(reason) => shown::error(&app, &http, &Attempt::begin(&app), &reason, None).await,
    }
}

async fn open(app: &App, token: &str) -> Result<Link, Reason> {
    let link = links::open_admin_link(app, token, app.clock.now()).await;
    link.map_err(service_fault(DURING))?.ok_or(Reason::LinkUnusable)
}

async fn spend(
    app: &App,
    token: &str,
    params: &Params,
) -> Result<Result<String, Vec<SetupFault>>, Reason> {
    let link = open(app, token).await?;
    let faults = judge(app, params);
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let text = |name: &str| params.one(name).unwrap_or_default().to_owned();
    let email = text("email");
    let new = NewUser {
        email: Some(email.clone()),
        claims: vec![("name".to_owned(), text("name"))],
        password: Some(Zeroizing::new(text("new_password"))),
        ..NewUser::default()
    };
    let act = Act::begin(app, "setup link");
    match links::spend_admin_link(act, &app.passwords, &link, new).await {
        Ok(Some(_)) => Ok(Ok(email)),
        Ok(None) => Err(Reason::LinkUnusable),
        Err(ServiceFault::Conflict(_)) => Ok(Err(vec![SetupFault::EmailTaken])),
        Err(ServiceFault::Invalid(faults)) => Ok(Err(faults.iter().map(of_field).collect())),
        Err(fault) => Err(service_fault(DURING)(fault)),
    }
}

/// What is wrong, as far as the page has words for it.
fn judge(app: &App, params: &Params) -> Vec<SetupFault> {
    let mut faults = Vec::new();
    match params.one("email") {
        None => faults.push(SetupFault::EmailMissing),
        Some(email) if identifiers::email(email).is_err() => {
            faults.push(SetupFault::EmailUnreadable);
        }
        Some(_) => {}
    }
    if params.one("name").is_none_or(|name| name.trim().is_empty()) {
        faults.push(SetupFault::NameMissing);
    }
    let about = [params.one("email").unwrap_or_default(), params.one("name").unwrap_or_default()];
    let password = params.one("new_password").unwrap_or_default();
    let policy = PasswordPolicy { min_characters: app.config.password.min_length };
    if let Err(fault) = password_policy::check(password, policy, &about) {
        faults.push(fault.into());
    }
    faults
}

fn of_field(fault: &FieldFault) -> SetupFault {
    match fault.field.as_str() {
        "email" => SetupFault::EmailUnreadable,
        "password" => SetupFault::PasswordCommon,
        _ => SetupFault::NameMissing,
    }
}

fn render(
    app: &App,
    http: &HttpRequest,
    token: &str,
    typed: &Typed,
    faults: Vec<SetupFault>,
) -> HttpResponse {
    let browser = pages::binding(app, http);
    let route = format!("/setup/{token}");
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = views::Setup {
        shell: shell(app, http).at(app.issuer.path(&route)),
        form: pages::form(app, &route, &browser),
        email: typed.email.clone(),
        name: typed.name.clone(),
        password_min: app.config.password.min_length as u64,
        faults,
    };
    let mut answer = show(app, status, &page, Policy::Page);
    set_cookies(&mut answer, [app.cookies.set_browser(&browser, Shown::OnItsOwn)]);
    answer
}

fn done(app: &App, http: &HttpRequest, email: String) -> HttpResponse {
    let shell = shell(app, http);
    let page = views::SetupDone { shell, email, next: app.issuer.path("/login") };
    show(app, StatusCode::OK, &page, Policy::Page)
}
