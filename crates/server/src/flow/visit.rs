//! The dispatcher: one browser's visit for one authorization request.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use vestibule_protocol::authorize::interaction::{
    self, Facts, PendingAuthorization, Progress, Step,
};
use vestibule_protocol::authorize::request::{AuthorizationRequest, ReplyTo};
use vestibule_protocol::authorize::response;
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{PendingId, SessionId};
use vestibule_protocol::opaque::{Opaque, SessionToken};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::session::Acr;
use vestibule_store::Guard;
use vestibule_store::changes::{CompletePending, ConsentBasis, StartAuthorization};
use vestibule_store::facts::AuthorizeFacts;

use super::{issue, leave, shown};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;
use crate::http::caller;
use crate::http::cookies::{BrowserBinding, SetCookie, Shown};
use crate::i18n::Tr;
use crate::pages;

/// What the user of a password alone can reach.
const REACHABLE: [Acr; 1] = [Acr::SingleFactor];

/// A valid request, whose it is, and how far it has come.
pub struct Visit {
    /// The attempt.
    pub attempt: Attempt,
    /// Who asks.
    pub client: Arc<Client>,
    /// What is asked.
    pub request: AuthorizationRequest,
    /// What was done for it.
    pub progress: Progress,
    /// Where it is stored, once it had to wait for its user.
    pub pending: Option<PendingId>,
    /// The language that the reader has chosen on the way. It goes along in the addresses of the
    /// pages: an app's wish comes before the cookie, and a frame may have no cookies of ours.
    pub language: Option<Tr>,
    /// What the answer sets in the browser.
    pub cookies: Vec<SetCookie>,
}

/// The pages a user can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Sign in.
    Login,
    /// Choose an account.
    Accounts,
    /// Agree to share.
    Consent,
}

impl Page {
    /// Its route.
    pub fn route(self) -> &'static str {
        match self {
            Self::Login => "/login",
            Self::Accounts => "/accounts",
            Self::Consent => "/consent",
        }
    }
}

impl Visit {
    /// How the client shows the pages of its sign-in.
    pub fn shown_in(&self, http: &HttpRequest) -> Shown {
        if self.client.settings.frame_ancestors.is_empty() || self.request.trial.is_some() {
            Shown::OnItsOwn
        } else {
            Shown::of(http)
        }
    }

    /// The session that the browser has for this request: a trial has one of its own.
    pub fn session(&self, app: &App, http: &HttpRequest) -> Option<Opaque<SessionToken>> {
        match self.request.trial {
            Some(_) => app.cookies.trial_session(http),
            None => app.cookies.session(http),
        }
    }

    /// The path of a page for this request.
    pub fn path_of(&self, app: &App, page: Page) -> String {
        let path = app.issuer.path(page.route());
        match (self.pending, self.language) {
            (Some(PendingId(id)), None) => format!("{path}?request={id}"),
            (Some(PendingId(id)), Some(language)) => {
                format!("{path}?request={id}&ui_locales={}", language.lang())
            }
            (None, _) => path,
        }
    }

    /// The facts the next step is decided from.
    pub fn facts<'a>(&'a self, app: &App, loaded: Option<&'a AuthorizeFacts>) -> Facts<'a> {
        Facts {
            request: &self.request,
            client: &self.client,
            signed_in: loaded.map(|facts| facts.session.seen()),
            consent: loaded.and_then(|facts| facts.consent.as_ref()),
            progress: &self.progress,
            sessions: app.sessions,
            reachable_acr: &REACHABLE,
            now: self.attempt.now,
        }
    }

    /// Loads the browser's session, its user and what that user has agreed to share with the client.
    pub async fn load(
        &mut self,
        app: &App,
        http: &HttpRequest,
    ) -> Result<Option<AuthorizeFacts>, Reason> {
        let Some(token) = self.session(app, http) else { return Ok(None) };
        let id = SessionId(token.id());
        let facts = app.store.authorize_facts(id, self.client.key).await;
        let facts = facts.map_err(store_fault("loading the session"))?.filter(|facts| {
            let held = &facts.session;
            held.digest == token.digest() && held.organization.status == Status::Active
        });
        if let Some(facts) = &facts {
            self.attempt.concerns_user(&facts.session.user);
        }
        Ok(facts)
    }
}

/// Where a browser goes next: loads the facts and dispatches.
pub async fn advance(app: &App, http: &HttpRequest, mut visit: Visit) -> HttpResponse {
    match visit.load(app, http).await {
        Ok(loaded) => dispatch(app, http, visit, loaded).await,
        Err(reason) => refuse(app, http, visit, reason).await,
    }
}

/// Where a browser goes next, from facts that are loaded.
pub async fn dispatch(
    app: &App,
    http: &HttpRequest,
    visit: Visit,
    loaded: Option<AuthorizeFacts>,
) -> HttpResponse {
    let next = interaction::next_step(&visit.facts(app, loaded.as_ref()));
    match (next, loaded) {
        (Step::Login { .. }, _) => wait(app, http, visit, Page::Login).await,
        (Step::SelectAccount, _) => wait(app, http, visit, Page::Accounts).await,
        (Step::Consent(_), _) => wait(app, http, visit, Page::Consent).await,
        (Step::Refuse(reason), _) => refuse(app, http, visit, reason).await,
        (Step::Issue(terms), Some(facts)) => {
            let basis = match facts.consent {
                Some(_) => ConsentBasis::Standing,
                None => ConsentBasis::Implied,
            };
            issue::code(app, http, visit, &facts, terms, basis).await
        }
        // Nothing is ever issued without a session.
        (Step::Issue(_), None) => wait(app, http, visit, Page::Login).await,
    }
}

/// Stores the request, unless it is stored, and sends the browser to a page.
async fn wait(app: &App, http: &HttpRequest, mut visit: Visit, page: Page) -> HttpResponse {
    if visit.pending.is_none() {
        if let Some(many) = too_many(app, http, &visit.attempt) {
            return shown::error(app, http, &visit.attempt, &many, Some(&visit.client)).await;
        }
        let browser = pages::binding(app, http);
        match start(app, http, &mut visit, &browser).await {
            Ok(()) => {
                let bound = app.cookies.set_browser(&browser, visit.shown_in(http));
                visit.cookies.push(bound);
            }
            Err(reason) => return refuse(app, http, visit, reason).await,
        }
    }
    leave::to_page(http, &visit.path_of(app, page), visit.cookies)
}

/// Why a request of a stranger is not stored. Each waits for its user for a while, so that without
/// this one address could fill the disk (invariant I28).
fn too_many(app: &App, http: &HttpRequest, attempt: &Attempt) -> Option<Reason> {
    if !attempt.is_a_strangers() {
        return None;
    }
    let refused = app.start_limit.admit(caller::address(http, &app.trusted_proxies)).err()?;
    Some(Reason::TooManyRequests { retry_after_seconds: refused.as_secs().max(1) })
}

async fn start(
    app: &App,
    http: &HttpRequest,
    visit: &mut Visit,
    browser: &BrowserBinding,
) -> Result<(), Reason> {
    let now = visit.attempt.now;
    let id = PendingId(app.ids.next(now));
    let facts = json!({ "scope": visit.request.scope, "redirect_uri": visit.request.redirect_uri });
    let pending = PendingAuthorization {
        id,
        org: visit.client.org,
        browser: browser.digest(),
        request: visit.request.clone(),
        progress: visit.progress.clone(),
        case_code: visit.attempt.case,
        created_at: now,
        expires_at: now.plus(app.pending_lifetime),
        completed_at: None,
    };
    let waiting = visit.attempt.done(app, "authorize.waiting", facts);
    let events = match app.is_worth_recording(http, &visit.attempt) {
        true => vec![waiting],
        false => Vec::new(),
    };
    let started = app.apply(StartAuthorization { pending, events }).await;
    let _guard = started.map_err(store_fault("storing the request"))?;
    visit.pending = Some(id);
    Ok(())
}

/// Answers the client with a refusal, and marks the request as answered.
pub async fn refuse(app: &App, http: &HttpRequest, visit: Visit, reason: Reason) -> HttpResponse {
    let event = visit.attempt.refused(app, "authorize.refused", &reason);
    let recorded = match visit.pending {
        None => {
            app.record_refusal(http, &visit.attempt, event).await;
            Ok(())
        }
        Some(id) => complete(app, &visit, id, event).await,
    };
    if recorded == Err(AnsweredBefore) {
        let reason = Reason::PendingCompleted { completed_at: visit.attempt.now };
        return shown::error(app, http, &visit.attempt, &reason, Some(&visit.client)).await;
    }
    let reply_to = ReplyTo::from(&visit.request);
    redirected(app, http, &visit.attempt, &visit.client, &reply_to, &reason, visit.cookies)
}

/// The request was answered by another tab meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnsweredBefore;

async fn complete(
    app: &App,
    visit: &Visit,
    id: PendingId,
    event: Event,
) -> Result<(), AnsweredBefore> {
    let outcome = event.outcome;
    let change = CompletePending { id, at: visit.attempt.now, events: vec![event] };
    match app.conclude(change, outcome).await {
        Ok(Guard::Held) => Ok(()),
        Ok(Guard::Lost) => Err(AnsweredBefore),
        Err(error) => {
            // The refusal itself stands whether or not it could be recorded.
            tracing::warn!(%error, "a refusal was not recorded");
            Ok(())
        }
    }
}

/// A refusal as an answer to the client. It is recorded by the caller.
pub fn redirected(
    app: &App,
    http: &HttpRequest,
    attempt: &Attempt,
    client: &Client,
    reply_to: &ReplyTo,
    reason: &Reason,
    cookies: Vec<SetCookie>,
) -> HttpResponse {
    let answer = response::error(reply_to, &reason.wire(), attempt.case, app.issuer.as_str());
    leave::to_client(app, http, client, answer, cookies)
}
