//! `/oauth/introspect` (RFC 7662): a client asks about its own token.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::introspect::{self, Introspection};
use vestibule_protocol::refusal::Reason;

use super::{client_auth, form};
use crate::access_tokens::{self, Presented};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer;

/// Answers whether the token is good, and for what.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let mut attempt = Attempt::of(&app, &http);
    match introspection(&app, &mut attempt, &http, payload).await {
        Ok(found) => answer::json(StatusCode::OK, &found.into_body().into()),
        Err(reason) => {
            if !reason.is_flood() {
                let event = attempt.refused(&app, "introspect.refused", &reason);
                app.record_refusal(&http, &attempt, event).await;
            }
            answer::refusal(&app, &reason, attempt.case)
        }
    }
}

async fn introspection(
    app: &App,
    attempt: &mut Attempt,
    http: &HttpRequest,
    payload: Payload,
) -> Result<Introspection, Reason> {
    let params = form(app, http, payload).await?;
    let (caller, _) = client_auth::authenticate(app, attempt, http, &params).await?;
    let token = introspect::token(&params)?;
    let found = access_tokens::presented(app, token).await?;
    let found = found.as_ref().map(Presented::for_introspection);
    introspect::decide(found.as_ref(), &caller, app.issuer.as_str(), attempt.now)
}
