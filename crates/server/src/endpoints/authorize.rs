//! `/oauth/authorize` (RFC 6749 §3.1): GET and POST alike.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::authorize::interaction::Progress;
use vestibule_protocol::authorize::request::{self, Destination, IdTokenHint};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::Subject;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;

use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::visit::{self, Visit};
use crate::flow::{leave, shown, trial};
use crate::http::answer::{body_fault, store_fault};
use crate::http::csp::Policy;
use crate::http::{body, elsewhere};
use crate::pages::{self, views};

/// A request in the query.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    begin(&app, &http, Ok(http.query_string().as_bytes())).await
}

/// A request in a form (OIDC Core §3.1.2.1).
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let form = body::form(&http, payload, app.form_bounds).await;
    let params = form.as_ref().ok().and_then(|form| Params::parse(form.as_bytes()).ok());
    if let Some(target) = params.and_then(|params| elsewhere::as_get(&app, &http, &params)) {
        return leave::to_page(&http, &target, Vec::new());
    }
    let form = form.as_ref().map(String::as_bytes).map_err(body_fault);
    begin(&app, &http, form).await
}

async fn begin(app: &App, http: &HttpRequest, parameters: Result<&[u8], Reason>) -> HttpResponse {
    let mut attempt = Attempt::of(app, http);
    let (params, client, destination) = match identify(app, http, &mut attempt, parameters).await {
        Ok(identified) => identified,
        Err((reason, client)) => {
            return shown::error(app, http, &attempt, &reason, client.as_deref()).await;
        }
    };
    // A hidden frame with prompt=none waits for an answer, and nobody would see a notice in it.
    if !request::forbids_pages(&params)
        && let Some(notice) = framed_without_leave(app, http, &client)
    {
        return notice;
    }
    let reply_to = request::reply_to(&params, &destination);
    let hint = id_token_hint(app, &attempt, &params);
    match request::read(&params, &client, destination, hint) {
        Ok(request) => {
            let progress = Progress::default();
            let visit = Visit {
                attempt,
                client,
                request,
                progress,
                pending: None,
                language: None,
                cookies: Vec::new(),
            };
            visit::advance(app, http, visit).await
        }
        Err(reason) => {
            let event = attempt.refused(app, "authorize.refused", &reason);
            app.record_refusal(http, &attempt, event).await;
            visit::redirected(app, http, &attempt, &client, &reply_to, &reason, Vec::new())
        }
    }
}

type Identified = (Params, Arc<Client>, Destination);

/// Stage one: what fails here can only be shown.
async fn identify(
    app: &App,
    http: &HttpRequest,
    attempt: &mut Attempt,
    parameters: Result<&[u8], Reason>,
) -> Result<Identified, (Reason, Option<Arc<Client>>)> {
    let alone = |reason| (reason, None);
    let params = Params::parse(parameters.map_err(alone)?)
        .map_err(|error| alone(Reason::MalformedParameters { error }))?;
    pages::speak_as_asked(http, &params);
    let client_id = request::client_id(&params).map_err(alone)?;
    let found = app.clients.by_id(&app.store, &client_id).await;
    let client = found
        .map_err(|error| alone(store_fault("finding the client")(error)))?
        .ok_or_else(|| alone(request::unknown_client(&client_id)))?;
    attempt.concerns_client(&client);
    let destination = match trial::destination(app, http, attempt, &params, &client).await {
        Ok(Some(destination)) => Ok(destination),
        Ok(None) => request::destination(&params, &client),
        Err(reason) => Err(reason),
    };
    match destination {
        Ok(destination) => Ok((params, client, destination)),
        Err(reason) => Err((reason, Some(client))),
    }
}

/// In a frame that the client has not been allowed, a page that says how to get out of it. Browsers
/// tell that they load a frame; those that do not are stopped by `frame-ancestors`.
fn framed_without_leave(app: &App, http: &HttpRequest, client: &Client) -> Option<HttpResponse> {
    let framed = http
        .headers()
        .get("sec-fetch-dest")
        .is_some_and(|dest| dest == "iframe" || dest == "frame");
    if !framed || !client.settings.frame_ancestors.is_empty() {
        return None;
    }
    let page = views::Framed {
        shell: pages::shell_of(app, http, Some(client)),
        to: http.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        app: Some(views::App::of(client, None)),
    };
    Some(pages::show(app, StatusCode::OK, &page, Policy::FramedNotice))
}

/// Our own ID tokens only, expired or not (AS-39).
fn id_token_hint(app: &App, attempt: &Attempt, params: &Params) -> IdTokenHint {
    let Some(hint) = params.one("id_token_hint") else { return IdTokenHint::Absent };
    match app.verify_id_token_hint(hint, attempt.now) {
        Some(hint) => IdTokenHint::Subject(Subject(hint.subject)),
        None => IdTokenHint::Unusable,
    }
}
