//! `/oauth/logout` (OpenID Connect RP-Initiated Logout): GET and POST.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::{ClientId, Subject};
use vestibule_protocol::logout::{self, Afterwards, Hint, LogoutRequest, LogoutStep, Present};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_store::changes::EndSession;
use vestibule_store::facts::SessionFacts;

use super::form;
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::{leave, shown};
use crate::http::answer::store_fault;
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::http::{elsewhere, forms};
use crate::pages::{self, views};
use crate::sign_in;

/// The parameters that the confirmation sends again.
const REPEATED: [&str; 5] =
    ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// A request in the query.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let params = Params::parse(http.query_string().as_bytes())
        .map_err(|error| Reason::MalformedParameters { error });
    answer(&app, &http, params).await
}

/// A request in a form: from a client, or our own page that asked.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let params = form(&app, &http, payload).await;
    let form = params.as_ref().ok();
    if let Some(target) = form.and_then(|form| elsewhere::as_get(&app, &http, form)) {
        return leave::to_page(&http, &target, Vec::new());
    }
    answer(&app, &http, params).await
}

async fn answer(app: &App, http: &HttpRequest, params: Result<Params, Reason>) -> HttpResponse {
    let mut attempt = Attempt::begin(app);
    let mut client = None;
    match log_out(app, &mut attempt, http, params, &mut client).await {
        Ok(response) => response,
        Err(reason) => shown::error(app, http, &attempt, &reason, client.as_deref()).await,
    }
}

async fn log_out(
    app: &App,
    attempt: &mut Attempt,
    http: &HttpRequest,
    params: Result<Params, Reason>,
    client: &mut Option<Arc<Client>>,
) -> Result<HttpResponse, Reason> {
    let params = params?;
    pages::speak_as_asked(http, &params);
    let request = LogoutRequest::parse(&params)?;
    let hint = hint(app, attempt, &request);
    if let Some(id) = request.client_id(&hint)? {
        let found = app.clients.by_id(&app.store, &id).await;
        *client = found.map_err(store_fault("finding the client"))?;
    }
    if let Some(client) = client {
        attempt.concerns_client(client);
    }
    let session = sign_in::current(app, http).await?;
    if let Some(facts) = &session {
        attempt.concerns_user(&facts.user);
    }
    let present = session
        .as_ref()
        .map(|facts| Present { subject: &facts.user.subject, sid: &facts.session.sid });
    let step = logout::decide(&request, &hint, client.as_deref(), present)?;
    let word = session.as_ref().and_then(|facts| said(app, http, &params, &facts.user.subject));
    match (step, session) {
        (LogoutStep::Confirm(_), Some(_)) if word == Some(Word::Stay) => {
            Ok(leave::to_page(http, &app.issuer.path("/account"), Vec::new()))
        }
        (LogoutStep::Confirm(_), Some(facts)) if word.is_none() => {
            Ok(confirm(app, http, &params, client.as_deref(), &facts))
        }
        (LogoutStep::Confirm(afterwards) | LogoutStep::Done(afterwards), session) => {
            if let Some(facts) = session {
                end(app, attempt, &facts).await?;
            }
            Ok(signed_out(app, http, afterwards, client.as_deref()))
        }
    }
}

/// What the person said on our page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Logout,
    Stay,
}

/// The person's word counts only from our own form. Leaving is of the account that the form named:
/// another one may have signed in since, in another tab.
fn said(app: &App, http: &HttpRequest, params: &Params, present: &Subject) -> Option<Word> {
    let browser = app.cookies.browser(http);
    let csrf = params.one("csrf");
    let posted = http.method() == actix_web::http::Method::POST;
    if !posted || !forms::is_ours(&app.digests, &app.issuer, http, browser.as_ref(), csrf) {
        return None;
    }
    let named = params.one(views::ACCOUNT) == Some(present.0.as_str());
    match params.one("action") {
        Some("logout") if named => Some(Word::Logout),
        Some("stay") => Some(Word::Stay),
        _ => None,
    }
}

fn hint(app: &App, attempt: &Attempt, request: &LogoutRequest) -> Hint {
    let Some(token) = &request.id_token_hint else { return Hint::Absent };
    match app.verify_id_token_hint(token, attempt.now) {
        Some(hint) => Hint::Ours {
            client: ClientId(hint.audience),
            subject: Subject(hint.subject),
            sid: hint.sid,
        },
        None => Hint::Unusable,
    }
}

fn confirm(
    app: &App,
    http: &HttpRequest,
    params: &Params,
    client: Option<&Client>,
    facts: &SessionFacts,
) -> HttpResponse {
    let browser = pages::binding(app, http);
    let mut form = pages::form(app, "/oauth/logout", &browser);
    form.extra = REPEATED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), params.one(name)?.to_owned())))
        .collect();
    let account = pages::account(&facts.user);
    let page = views::LogoutConfirm {
        shell: pages::shell_of(app, http, client),
        form: form.of_account(&account),
        app: client.map(|client| views::App::of(client, None)),
        account,
    };
    let mut answer = pages::show(app, StatusCode::OK, &page, Policy::Page);
    pages::set_cookies(&mut answer, [app.cookies.set_browser(&browser, Shown::OnItsOwn)]);
    answer
}

async fn end(app: &App, attempt: &Attempt, facts: &SessionFacts) -> Result<(), Reason> {
    let id = facts.session.id;
    let events = vec![attempt.done(app, "session.ended", json!({ "by": "logout" }))];
    let ended = app.apply(EndSession { id, at: attempt.now, events }).await;
    ended.map(|_| ()).map_err(store_fault("ending the session"))
}

fn signed_out(
    app: &App,
    http: &HttpRequest,
    afterwards: Afterwards,
    client: Option<&Client>,
) -> HttpResponse {
    let mut answer = match (afterwards, client) {
        (Afterwards::Redirect(to), Some(client)) => leave::to_uri(app, http, client, to),
        _ => {
            let shell = pages::shell_of(app, http, client);
            let page = views::SignedOut { shell, back: None };
            pages::show(app, StatusCode::OK, &page, Policy::Page)
        }
    };
    // A cookie that did not come is not ours to take away: another site may have made the request.
    if app.cookies.session(http).is_some() {
        pages::set_cookies(&mut answer, app.cookies.clear_session());
    }
    answer
}
