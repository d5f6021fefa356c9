//! `/welcome/{token}`: a user sets a password, through a link that an administrator handed over.
//!
//! A GET shows the page, in whatever browser the link is opened; the POST sets the password and
//! uses the link up. Nobody is signed in by it: the user signs in with the new password.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::password_policy::{self, PasswordPolicy};
use vestibule_protocol::refusal::Reason;
use zeroize::Zeroizing;

use super::views::{self, SetupFault};
use super::{service_fault, set_cookies, shell, show};
use crate::admin::views::moment;
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::shown;
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::pages;
use crate::services::ServiceFault;
use crate::services::users::welcome::{self, Occasion, Opened};

const DURING: &str = "setting a password";

/// Shows the page.
pub async fn get(app: Data<App>, http: HttpRequest, token: Path<String>) -> HttpResponse {
    match open(&app, &token).await {
        Ok(opened) => render(&app, &http, &token, &opened, None),
        Err(reason) => shown::error(&app, &http, &Attempt::begin(&app), &reason, None).await,
    }
}

/// Sets the password and uses the link up, or neither.
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
    let password = Zeroizing::new(params.one("new_password").unwrap_or_default().to_owned());
    let refused = async |reason: Reason| {
        shown::error(&app, &http, &Attempt::begin(&app), &reason, None).await
    };
    let opened = match open(&app, &token).await {
        Ok(opened) => opened,
        Err(reason) => return refused(reason).await,
    };
    if let Some(fault) = judge(&app, &password) {
        return render(&app, &http, &token, &opened, Some(fault));
    }
    let now = app.clock.now();
    match welcome::spend(&app, &app.passwords, &opened, password, now).await {
        Ok(true) => done(&app, &http, &opened),
        Ok(false) => refused(Reason::LinkUnusable).await,
        // What the user's own names add to the policy.
        Err(ServiceFault::Invalid(_)) => {
            render(&app, &http, &token, &opened, Some(SetupFault::PasswordCommon))
        }
        Err(fault) => refused(service_fault(DURING)(fault)).await,
    }
}

async fn open(app: &App, token: &str) -> Result<Opened, Reason> {
    let opened = welcome::open(app, token, app.clock.now()).await;
    opened.map_err(service_fault(DURING))?.ok_or(Reason::LinkUnusable)
}

/// What is wrong with the password, in words that the page has.
fn judge(app: &App, password: &str) -> Option<SetupFault> {
    let policy = PasswordPolicy { min_characters: app.config.password.min_length };
    password_policy::check(password, policy, &[]).err().map(SetupFault::from)
}

fn render(
    app: &App,
    http: &HttpRequest,
    token: &str,
    opened: &Opened,
    fault: Option<SetupFault>,
) -> HttpResponse {
    let browser = pages::binding(app, http);
    let route = format!("/welcome/{token}");
    let status = match fault {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = views::Welcome {
        shell: shell(app, http).at(app.issuer.path(&route)),
        form: pages::form(app, &route, &browser),
        invitation: opened.occasion == Occasion::Invitation,
        username: pages::account(&opened.user).username,
        by: opened.by.clone(),
        asked_at: moment(opened.asked_at),
        ends_at: moment(opened.expires_at),
        password_min: app.config.password.min_length as u64,
        fault,
    };
    let mut answer = show(app, status, &page, Policy::Page);
    set_cookies(&mut answer, [app.cookies.set_browser(&browser, Shown::OnItsOwn)]);
    answer
}

fn done(app: &App, http: &HttpRequest, opened: &Opened) -> HttpResponse {
    let page = views::WelcomeDone {
        shell: shell(app, http),
        username: pages::account(&opened.user).username,
        next: app.issuer.path("/login"),
    };
    show(app, StatusCode::OK, &page, Policy::Page)
}
