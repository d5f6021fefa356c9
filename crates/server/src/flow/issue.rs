//! An approval becomes a code.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use vestibule_protocol::authorize::interaction::{self, Step};
use vestibule_protocol::authorize::request::ReplyTo;
use vestibule_protocol::authorize::response;
use vestibule_protocol::client::Status;
use vestibule_protocol::grant::{Authorization, Terms};
use vestibule_protocol::ids::AuthorizationId;
use vestibule_protocol::opaque::{Code, Opaque};
use vestibule_protocol::refusal::Reason;
use vestibule_store::Guard;
use vestibule_store::changes::{ConsentBasis, IssueCode};
use vestibule_store::facts::AuthorizeFacts;

use super::visit::{self, Visit};
use super::{leave, shown};
use crate::app::App;
use crate::http::answer::store_fault;
use crate::random;

/// A session's use is noted at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Commits the approval and sends the code to the client.
pub async fn code(
    app: &App,
    http: &HttpRequest,
    visit: Visit,
    facts: &AuthorizeFacts,
    terms: Terms,
    consent: ConsentBasis,
) -> HttpResponse {
    let now = visit.attempt.now;
    let id = AuthorizationId(app.ids.next(now));
    let code = Opaque::<Code>::new(id.0, random::bytes());
    let event = visit.attempt.done(app, "authorize.approved", json!({ "scope": terms.scope }));
    let authorization = Authorization {
        id,
        digest: code.digest(),
        org: facts.session.user.org,
        client: visit.client.key,
        user: facts.session.user.id,
        session: facts.session.session.id,
        terms,
        redirect_uri: visit.request.redirect_uri.clone(),
        redirect_uri_was_sent: visit.request.redirect_uri_was_sent,
        code_challenge: visit.request.code_challenge.clone(),
        case_code: visit.attempt.case,
        issued_at: now,
        expires_at: now.plus(Duration::from_secs(visit.client.settings.lifetimes.code_seconds)),
        redeemed_at: None,
    };
    let seen_recently = now.since(facts.session.session.last_seen_at) < TOUCH_EVERY;
    let change = IssueCode {
        authorization,
        consent,
        completes: visit.pending,
        touch: (!seen_recently).then_some(now),
        events: vec![event],
    };
    match app.apply(change).await.map_err(store_fault("issuing the code")) {
        Ok(Guard::Held) => {
            let reply_to = ReplyTo::from(&visit.request);
            let answer = response::success(&reply_to, &code.text(), app.issuer.as_str());
            leave::to_client(app, http, &visit.client, answer, visit.cookies)
        }
        Ok(Guard::Lost) => overtaken(app, http, visit).await,
        Err(reason) => visit::refuse(app, http, visit, reason).await,
    }
}

/// Something changed between reading and writing: another tab answered the request, or session,
/// account, consent or client ended. Nothing was issued, and what is there now is decided from anew.
async fn overtaken(app: &App, http: &HttpRequest, mut visit: Visit) -> HttpResponse {
    match look_again(app, http, &mut visit).await {
        Ok(loaded) => {
            let facts = visit.facts(app, loaded.as_ref());
            if let Step::Issue(_) = interaction::next_step(&facts) {
                // It has changed back, or goes on changing.
                let busy = Reason::Overloaded { queue: "changes of one request" };
                return visit::refuse(app, http, visit, busy).await;
            }
            // Boxed because a step may lead here again; this one does not.
            Box::pin(visit::dispatch(app, http, visit, loaded)).await
        }
        Err(reason) => shown::error(app, http, &visit.attempt, &reason, Some(&visit.client)).await,
    }
}

/// The facts as they are now; an error if the request or its client has come to its end.
async fn look_again(
    app: &App,
    http: &HttpRequest,
    visit: &mut Visit,
) -> Result<Option<AuthorizeFacts>, Reason> {
    if let Some(id) = visit.pending {
        let pending = app.store.pending(id).await.map_err(store_fault("finding the request"))?;
        let pending = pending.ok_or(Reason::PendingUnknown)?;
        if let Some(completed_at) = pending.completed_at {
            return Err(Reason::PendingCompleted { completed_at });
        }
    }
    let renewed = app.clients.renewed(&app.store, &visit.client).await;
    if let Some(client) = renewed.map_err(store_fault("loading the client"))? {
        visit.client = client;
    }
    match visit.client.status {
        Status::Active => visit.load(app, http).await,
        Status::Disabled => {
            Err(Reason::ClientDisabled { client_id: visit.client.client_id.clone() })
        }
    }
}
