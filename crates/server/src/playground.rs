//! The playground of `vestibule dev`: a relying party that shows every request and every token.
//!
//! It is a client like any other, built on the `openidconnect` crate: it discovers, redirects,
//! exchanges and verifies over HTTP, and has no way into the server's state.

mod trial;

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use parking_lot::Mutex;
use vestibule_protocol::params::Params;

use crate::app::App;
use crate::flow::leave;
use crate::http::body;
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::outbound::{Outbound, OutboundFault, Reach};
use crate::pages::views::{PlaygroundResult, PlaygroundStart, TestUser};
use crate::pages::{self, lost};
use trial::{Asked, Trial};

/// The path of its redirect URI.
pub const CALLBACK: &str = "/playground/callback";
/// Trials that are remembered between the request and its answer.
const MAX_OPEN_TRIALS: usize = 64;
const SCOPE: &str = "openid profile email address phone";

/// The client that development brings along.
#[derive(Clone)]
pub struct Demo {
    /// `client_id`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: secrecy::SecretString,
    /// Accounts to sign in with.
    pub users: Vec<TestUser>,
}

/// The relying party.
pub struct Playground {
    demo: Demo,
    outbound: Outbound,
    open: Mutex<VecDeque<Arc<Trial>>>,
}

impl Playground {
    /// A relying party for the demo client.
    pub fn new(demo: Demo) -> Result<Self, OutboundFault> {
        let outbound = Outbound::new(Reach::PublicAndLoopback)?;
        Ok(Self { demo, outbound, open: Mutex::default() })
    }

    fn remember(&self, trial: Trial) {
        let mut open = self.open.lock();
        if open.len() >= MAX_OPEN_TRIALS {
            open.pop_front();
        }
        open.push_back(Arc::new(trial));
    }

    /// The trial that an answer belongs to; it is answered once.
    fn take(&self, state: &str) -> Option<Arc<Trial>> {
        let mut open = self.open.lock();
        let position = open.iter().position(|trial| trial.has_state(state))?;
        open.remove(position)
    }
}

/// Where a trial begins.
pub async fn start_page(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let Some(playground) = &app.playground else { return lost::not_found(app, http).await };
    let browser = pages::binding(&app, &http);
    let page = PlaygroundStart {
        shell: pages::shell(&app, &http, &[]).at(app.issuer.path("/playground")),
        form: pages::form(&app, "/playground", &browser),
        issuer: app.issuer.as_str().to_owned(),
        client_id: playground.demo.client_id.clone(),
        redirect_uri: app.issuer.url(CALLBACK),
        scope: SCOPE.to_owned(),
        users: playground.demo.users.clone(),
    };
    let mut answer = pages::show(&app, StatusCode::OK, &page, Policy::Page);
    pages::set_cookies(&mut answer, [app.cookies.set_browser(&browser, Shown::OnItsOwn)]);
    answer
}

/// Sends the browser to the authorization endpoint.
pub async fn begin(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let params = match pages::posted(&app, &http, payload).await {
        Ok(params) => params,
        Err(lost) => return lost.show(&app, &http).await,
    };
    let Some(playground) = &app.playground else { return lost::not_found(app, http).await };
    let asked = Asked::read(&params);
    let begun = Trial::begin(&playground.outbound, &app.issuer, &playground.demo, &asked).await;
    match begun {
        Ok((trial, url)) => {
            playground.remember(trial);
            leave::to_page(&http, &url, Vec::new())
        }
        Err(steps) => result(&app, &http, steps),
    }
}

/// The redirect URI.
pub async fn callback(app: Data<App>, http: HttpRequest) -> HttpResponse {
    finish(&app, &http, http.query_string()).await
}

/// The redirect URI, for `response_mode=form_post`.
pub async fn callback_by_form(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let form = body::form(&http, payload, app.form_bounds).await.unwrap_or_default();
    finish(&app, &http, &form).await
}

async fn finish(app: &App, http: &HttpRequest, parameters: &str) -> HttpResponse {
    let params = Params::parse(parameters.as_bytes()).unwrap_or_default();
    let Some(playground) = &app.playground else {
        return leave::to_page(http, &app.issuer.path("/account"), Vec::new());
    };
    match params.one("state").and_then(|state| playground.take(state)) {
        Some(trial) => {
            let demo = &playground.demo;
            let steps = trial.finish(&playground.outbound, &app.issuer, demo, &params).await;
            result(app, http, steps)
        }
        None => result(app, http, trial::unexpected(&params)),
    }
}

fn result(app: &App, http: &HttpRequest, steps: Vec<pages::views::Step>) -> HttpResponse {
    let page = PlaygroundResult {
        shell: pages::shell(app, http, &[]),
        again: app.issuer.path("/playground"),
        steps,
    };
    pages::show(app, StatusCode::OK, &page, Policy::Page)
}
