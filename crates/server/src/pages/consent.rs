//! `/consent`: what is shared, with whom, and whether.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::authorize::interaction::{
    self, Approval, ConsentAsked, ConsentReason, Question, Step,
};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_store::changes::ConsentBasis;
use vestibule_store::facts::AuthorizeFacts;

use super::{shell_of, show, views};
use crate::app::App;
use crate::flow::issue;
use crate::flow::visit::{self, Page, Visit};
use crate::pages;

/// The field that brings back which claims the page showed.
const CLAIMS: &str = "claims";

/// Shows what would be shared, or sends the browser where the request really stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let params = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    let (visit, loaded) = match pages::opened(&app, &http, &params).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    match (interaction::next_step(&visit.facts(&app, loaded.as_ref())), &loaded) {
        (Step::Consent(asked), Some(facts)) => render(&app, &http, &visit, facts, &asked),
        _ => visit::dispatch(&app, &http, visit, loaded).await,
    }
}

/// Takes the user's word.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return lost.show(&app, &http).await,
    };
    let (visit, loaded) = match pages::opened(&app, &http, &params).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    match params.one("action") {
        Some("approve") => approve(&app, &http, visit, loaded, &question(&params)).await,
        Some("deny") => visit::refuse(&app, &http, visit, Reason::ConsentDeclined).await,
        // Neither button: nothing was said (invariant I20).
        _ => visit::dispatch(&app, &http, visit, loaded).await,
    }
}

/// What was on the page that is answered.
fn question(params: &Params) -> Question {
    let claims = params.one(CLAIMS).unwrap_or_default();
    Question {
        subject: params.one(views::ACCOUNT).unwrap_or_default().to_owned(),
        claims: claims.split_ascii_whitespace().map(str::to_owned).collect(),
    }
}

async fn approve(
    app: &App,
    http: &HttpRequest,
    visit: Visit,
    loaded: Option<AuthorizeFacts>,
    shown: &Question,
) -> HttpResponse {
    match (interaction::approve(&visit.facts(app, loaded.as_ref()), shown), &loaded) {
        (Approval::Issue { terms, consent }, Some(facts)) => {
            let basis = match visit.request.trial {
                Some(_) => ConsentBasis::Once,
                None => ConsentBasis::Given(consent),
            };
            issue::code(app, http, visit, facts, terms, basis).await
        }
        (Approval::AskAgain(asked), Some(facts)) => render(app, http, &visit, facts, &asked),
        _ => visit::dispatch(app, http, visit, loaded).await,
    }
}

fn render(
    app: &App,
    http: &HttpRequest,
    visit: &Visit,
    facts: &AuthorizeFacts,
    asked: &ConsentAsked,
) -> HttpResponse {
    let browser = pages::binding(app, http);
    let user = &facts.session.user;
    let mut shared = views::shared(&asked.scope, &asked.claims, &user.claims);
    shared.extend(views::attributes(&asked.claims, user));
    let account = pages::account(user);
    let mut form = pages::form_of(app, Page::Consent, &browser, visit).of_account(&account);
    let claims: Vec<&str> = asked.claims.iter().map(String::as_str).collect();
    form.extra.push((CLAIMS.to_owned(), claims.join(" ")));
    let changed = asked.why == ConsentReason::Changed;
    let page = views::ConsentPage {
        shell: shell_of(app, http, Some(&visit.client)).at(visit.path_of(app, Page::Consent)),
        form,
        app: views::App::of(&visit.client, Some(&visit.request.redirect_uri)),
        account,
        other_account: format!("{}&account=other", visit.path_of(app, Page::Login)),
        shared,
        changed,
    };
    let status = if changed { StatusCode::CONFLICT } else { StatusCode::OK };
    show(app, status, &page, pages::sign_in_policy(Some(visit)))
}
