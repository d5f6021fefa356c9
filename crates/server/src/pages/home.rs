//! `/account`: who is signed in here, and the way out; and where the issuer itself leads.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{form, set_cookies, shell, show, views};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::{leave, shown};
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::{pages, sign_in};

/// The address that people copy out of a configuration: it leads to what there is for them.
pub async fn front_door(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let page = if app.config.development { "/playground" } else { "/account" };
    leave::to_page(&http, &app.issuer.path(page), Vec::new())
}

/// Shows the page, or asks for a sign-in.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let facts = match sign_in::current(&app, &http).await {
        Ok(Some(facts)) => facts,
        Ok(None) => return leave::to_page(&http, &app.issuer.path("/login"), Vec::new()),
        Err(reason) => {
            return shown::error(&app, &http, &Attempt::begin(&app), &reason, None).await;
        }
    };
    let browser = pages::binding(&app, &http);
    let account = pages::account(&facts.user);
    let page = views::Home {
        shell: shell(&app, &http).at(app.issuer.path("/account")),
        form: form(&app, "/oauth/logout", &browser).of_account(&account),
        account,
        signed_in_at: facts.session.authentication.at,
    };
    let mut answer = show(&app, StatusCode::OK, &page, Policy::Page);
    set_cookies(&mut answer, [app.cookies.set_browser(&browser, Shown::OnItsOwn)]);
    answer
}
