//! `/accounts`: which account to go on with (`prompt=select_account`).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::authorize::interaction::{self, Step};
use vestibule_protocol::params::Params;
use vestibule_store::changes::UpdateProgress;
use vestibule_store::facts::AuthorizeFacts;

use super::views::{self, AccountChoice, AccountChooser};
use super::{shell_of, show};
use crate::app::App;
use crate::flow::leave;
use crate::flow::visit::{self, Page, Visit};
use crate::http::answer::store_fault;
use crate::pages;

/// Shows the accounts of this browser.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let params = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    let (visit, loaded) = match pages::opened(&app, &http, &params).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    match (interaction::next_step(&visit.facts(&app, loaded.as_ref())), &loaded) {
        (Step::SelectAccount, Some(facts)) => render(&app, &http, &visit, facts),
        _ => visit::dispatch(&app, &http, visit, loaded).await,
    }
}

/// Takes the choice.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return lost.show(&app, &http).await,
    };
    let (visit, loaded) = match pages::opened(&app, &http, &params).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    match (params.one("account"), &loaded) {
        (Some("other"), _) => {
            let path = format!("{}&account=other", visit.path_of(&app, Page::Login));
            leave::to_page(&http, &path, Vec::new())
        }
        (Some(choice), Some(facts)) if choice == facts.session.user.subject.0 => {
            chosen(&app, &http, visit, loaded).await
        }
        _ => visit::dispatch(&app, &http, visit, loaded).await,
    }
}

/// The choice is kept with the request, so that a later page need not ask again.
async fn chosen(
    app: &App,
    http: &HttpRequest,
    mut visit: Visit,
    loaded: Option<AuthorizeFacts>,
) -> HttpResponse {
    visit.progress.chosen = loaded.as_ref().map(|facts| facts.session.user.id);
    if let Some(id) = visit.pending {
        let progress = visit.progress.clone();
        let kept = app.store.apply(UpdateProgress { id, progress, events: Vec::new() }).await;
        if let Err(reason) = kept.map_err(store_fault("keeping the choice")) {
            return visit::refuse(app, http, visit, reason).await;
        }
    }
    visit::dispatch(app, http, visit, loaded).await
}

fn render(app: &App, http: &HttpRequest, visit: &Visit, facts: &AuthorizeFacts) -> HttpResponse {
    let browser = pages::binding(app, http);
    let user = &facts.session.user;
    let account = pages::account(user);
    let page = AccountChooser {
        shell: shell_of(app, http, Some(&visit.client)).at(visit.path_of(app, Page::Accounts)),
        form: pages::form_of(app, Page::Accounts, &browser, visit),
        app: Some(views::App::of(&visit.client, Some(&visit.request.redirect_uri))),
        accounts: vec![AccountChoice {
            value: user.subject.0.clone(),
            name: account.name,
            username: account.username,
        }],
    };
    show(app, StatusCode::OK, &page, pages::sign_in_policy(Some(visit)))
}
