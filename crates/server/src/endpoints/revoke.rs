//! `/oauth/revoke` (RFC 7009): a client gives its own token up.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Payload};
use serde_json::json;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::revoke::{self, Revocation};
use vestibule_store::changes::{RevokeAccessToken, RevokeGrant};

use super::{client_auth, form};
use crate::access_tokens::{self, Presented};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::{self, store_fault};
use crate::http::cors;

/// Revokes. The answer comes after the change is durable (promise P3).
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let mut attempt = Attempt::of(&app, &http);
    let answer = match revoke(&app, &mut attempt, &http, payload).await {
        Ok(()) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish(),
        Err(reason) => {
            if !reason.is_flood() {
                let event = attempt.refused(&app, "revoke.refused", &reason);
                app.record_refusal(&http, &attempt, event).await;
            }
            answer::refusal(&app, &reason, attempt.case)
        }
    };
    cors::shared(&app, &http, &attempt, answer).await
}

async fn revoke(
    app: &App,
    attempt: &mut Attempt,
    http: &HttpRequest,
    payload: Payload,
) -> Result<(), Reason> {
    let params = form(app, http, payload).await?;
    let (caller, _) = client_auth::authenticate(app, attempt, http, &params).await?;
    let token = revoke::token(&params)?;
    let found = access_tokens::presented(app, token).await?;
    let found = found.as_ref().map(Presented::for_revocation);
    let at = attempt.now;
    let done = |what: &str| vec![attempt.done(app, "token.revoked", json!({ "what": what }))];
    // A lost guard means that it was revoked before, which is what the client wants.
    let revoked = match revoke::decide(found.as_ref(), &caller)? {
        Revocation::AccessToken(id) => {
            app.apply(RevokeAccessToken { id, at, events: done("access_token") }).await
        }
        Revocation::Grant(id) => app.apply(RevokeGrant { id, at, events: done("grant") }).await,
        Revocation::Nothing => return Ok(()),
    };
    revoked.map(|_| ()).map_err(store_fault("revoking"))
}
