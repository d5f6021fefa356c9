//! The playground of `vestibule dev`: the [built-in relying party](crate::relying_party) in the open,
//! for a client that development brings along.

use std::collections::VecDeque;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use parking_lot::Mutex;
use subtle::ConstantTimeEq as _;
use vestibule_protocol::client::SigningAlg;
use vestibule_protocol::params::Params;

use crate::app::App;
use crate::flow::leave;
use crate::http::body;
use crate::http::cookies::Shown;
use crate::http::csp::Policy;
use crate::outbound::{Outbound, OutboundFault, Reach};
use crate::pages::views::{PlaygroundResult, PlaygroundStart, Step, TestUser};
use crate::pages::{self, lost};
use crate::relying_party::authorize::{self, Extra};
use crate::relying_party::behaviour::{Behaviour, Expectations};
use crate::relying_party::report::Hop;
use crate::relying_party::{Memory, Party, unexpected};

/// The path of its redirect URI.
pub const CALLBACK: &str = "/playground/callback";
/// Sign-ins that are remembered between the request and its answer.
const MAX_OPEN: usize = 64;
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

/// A sign-in between its request and its answer.
struct Open {
    memory: Memory,
    scope: Vec<String>,
}

/// The relying party.
pub struct Playground {
    demo: Demo,
    outbound: Outbound,
    expects: Expectations,
    open: Mutex<VecDeque<Open>>,
}

impl Playground {
    /// A relying party for the demo client.
    pub fn new(demo: Demo) -> Result<Self, OutboundFault> {
        let outbound = Outbound::new(Reach::PublicAndLoopback)?;
        Ok(Self { demo, outbound, expects: Expectations::default(), open: Mutex::default() })
    }

    fn remember(&self, begun: Open) {
        let mut open = self.open.lock();
        if open.len() >= MAX_OPEN {
            open.pop_front();
        }
        open.push_back(begun);
    }

    /// The sign-in that an answer belongs to; it is answered once.
    fn take(&self, state: &str) -> Option<Open> {
        let mut open = self.open.lock();
        let is_it = |begun: &Open| {
            let held = begun.memory.state.as_deref().unwrap_or_default();
            bool::from(held.as_bytes().ct_eq(state.as_bytes()))
        };
        let position = open.iter().position(is_it)?;
        open.remove(position)
    }

    fn party<'a>(&'a self, app: &'a App, redirect_uri: &'a str, scope: &'a [String]) -> Party<'a> {
        Party {
            issuer: &app.issuer,
            client_id: &self.demo.client_id,
            secret: Some(&self.demo.client_secret),
            redirect_uri,
            scope,
            id_token_alg: SigningAlg::Rs256,
            behaviour: Behaviour::default(),
            expects: &self.expects,
            mark: None,
        }
    }
}

/// Where a trial begins.
pub async fn start_page(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let Some(playground) = &app.playground else { return lost::not_found(app, http).await };
    let browser = pages::binding(&app, &http);
    let page = PlaygroundStart {
        shell: pages::shell(&app, &http).at(app.issuer.path("/playground")),
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
    let scope = params.one("scope").unwrap_or(SCOPE);
    let scope: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
    let redirect_uri = app.issuer.url(CALLBACK);
    let party = playground.party(&app, &redirect_uri, &scope);
    let (url, memory) = authorize::begin(&party, asked(&params));
    playground.remember(Open { memory, scope });
    leave::to_page(&http, &url, Vec::new())
}

/// What else the person at the playground asked for.
fn asked(params: &Params) -> Extra {
    let names = ["prompt", "login_hint", "response_mode"];
    names.into_iter().filter_map(|name| Some((name, params.one(name)?.to_owned()))).collect()
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
    let Some(open) = params.one("state").and_then(|state| playground.take(state)) else {
        return result(app, http, &unexpected(&params));
    };
    let redirect_uri = app.issuer.url(CALLBACK);
    let party = playground.party(app, &redirect_uri, &open.scope);
    let now = app.clock.now();
    let hops = party.walk(&playground.outbound, &open.memory, &params, now).await;
    result(app, http, &hops)
}

fn result(app: &App, http: &HttpRequest, hops: &[Hop]) -> HttpResponse {
    let page = PlaygroundResult {
        shell: pages::shell(app, http),
        again: app.issuer.path("/playground"),
        steps: hops.iter().filter_map(Step::of).collect(),
    };
    pages::show(app, StatusCode::OK, &page, Policy::Page)
}
