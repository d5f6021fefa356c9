//! `/oauth/userinfo` (OIDC Core §5.3): GET and POST.

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::{bearer, userinfo};

use super::form;
use crate::access_tokens;
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::{answer, body, cors};

/// The token in the header.
pub async fn get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    answer(&app, &http, Ok(None)).await
}

/// The token in the header or in the form. Beside a header a body that is no form has no say, such as
/// the `{}` of libraries that post JSON to everybody.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let has = |name| http.headers().contains_key(name);
    let form = match body::says_form(&http) || (has(CONTENT_TYPE) && !has(AUTHORIZATION)) {
        true => form(&app, &http, payload).await.map(Some),
        false => Ok(None),
    };
    answer(&app, &http, form).await
}

async fn answer(
    app: &App,
    http: &HttpRequest,
    form: Result<Option<Params>, Reason>,
) -> HttpResponse {
    let mut attempt = Attempt::of(app, http);
    let answer = match claims(app, &mut attempt, http, form).await {
        Ok(claims) => answer::json(StatusCode::OK, &claims),
        Err(reason) => {
            // A stranger without a token is nobody's attempt; everything else is recorded.
            if reason != Reason::BearerMissing {
                let event = attempt.refused(app, "userinfo.refused", &reason);
                app.record_refusal(http, &attempt, event).await;
            }
            answer::refusal(app, &reason, attempt.case)
        }
    };
    cors::shared(app, http, &attempt, answer).await
}

async fn claims(
    app: &App,
    attempt: &mut Attempt,
    http: &HttpRequest,
    form: Result<Option<Params>, Reason>,
) -> Result<serde_json::Value, Reason> {
    let form = form?;
    let query = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    let header =
        http.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    let token = bearer::token(header, form.as_ref(), &query)?;
    let found = access_tokens::find(app, &token).await?;
    let facts = found.as_ref().map(|found| found.facts());
    if let Some(found) = &found {
        found.concerns(attempt);
    }
    let claims = userinfo::decide(facts.as_ref(), attempt.now)?;
    if let Some(grant) = found.as_ref().and_then(|found| found.grant()) {
        app.userinfo_reads.note(app, attempt, grant);
    }
    Ok(claims.into())
}
