//! An approval becomes a code.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use vestibule_protocol::authorize::request::ReplyTo;
use vestibule_protocol::authorize::response;
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
use crate::http::cookies::SetCookie;
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
    cookies: Vec<SetCookie>,
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
    match app.store.apply(change).await.map_err(store_fault("issuing the code")) {
        Ok(Guard::Held) => {
            let reply_to = ReplyTo::from(&visit.request);
            let answer = response::success(&reply_to, &code.text(), app.issuer.as_str());
            leave::to_client(app, http, &visit.client, answer, cookies)
        }
        Ok(Guard::Lost) => overtaken(app, http, visit).await,
        Err(reason) => visit::refuse(app, http, visit, reason, cookies).await,
    }
}

/// Something changed between reading and writing: another tab answered the request, or session,
/// account or consent ended. The user starts again from the app; nothing was issued.
async fn overtaken(app: &App, http: &HttpRequest, visit: Visit) -> HttpResponse {
    let reason = match visit.pending {
        Some(_) => Reason::PendingCompleted { completed_at: visit.attempt.now },
        None => Reason::PendingUnknown,
    };
    shown::error(app, http, &visit.attempt, &reason, Some(&visit.client)).await
}
