//! Who calls: whoever presents an API token, or a client its own access token.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use serde_json::json;
use vestibule_protocol::bearer;
use vestibule_protocol::client::Status;
use vestibule_protocol::opaque::{ApiToken, Purpose as _};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use zeroize::Zeroizing;

use super::problem::{Kind, Problem};
use crate::access_tokens;
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::caller;
use crate::services::ServiceFault;
use crate::services::callers::Caller;

/// What our challenges call themselves.
const REALM: &str = "vestibule";

/// Who sends this request; a problem with a challenge when nobody is recognised (RFC 6750 §3).
pub(super) async fn authenticate(app: &App, http: &HttpRequest) -> Result<Caller, Problem> {
    let token = presented(http)?;
    let attempt = Attempt::begin(app);
    let found = match token.starts_with(ApiToken::PREFIX) {
        true => Caller::of_api_token(app, &token, attempt.now)
            .await?
            .ok_or("the API token is unknown, has ended, was revoked, or its user was disabled"),
        false => of_access_token(app, &token, &attempt).await?,
    };
    match found {
        Ok(caller) => Ok(caller),
        Err(detail) => Err(refused(app, http, &attempt, detail).await),
    }
}

/// The token of the request. In the query it is refused: it has been logged by then (RFC 6750 §2.3).
fn presented(http: &HttpRequest) -> Result<Zeroizing<String>, Problem> {
    let header =
        http.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    let query = Params::parse(http.query_string().as_bytes()).unwrap_or_default();
    bearer::token(header, None, &query).map_err(|reason| match reason {
        Reason::BearerMissing => {
            let detail = "send an API token (vestibule token add) or a client's own access token as Authorization: Bearer …";
            Problem::new(Kind::Unauthorized, detail).challenging(format!("Bearer realm=\"{REALM}\""))
        }
        Reason::BearerInQuery => {
            Problem::new(Kind::Malformed, "a token in the query is not read; send it in the Authorization header")
        }
        _ => invalid("the Authorization header holds no token that could be ours"),
    })
}

/// A client that speaks for itself: a token that was issued for a user opens nothing here.
async fn of_access_token(
    app: &App,
    token: &str,
    attempt: &Attempt,
) -> Result<Result<Caller, &'static str>, Problem> {
    let found = access_tokens::find(app, token).await.map_err(|reason| match reason {
        Reason::StoreUnavailable { .. } | Reason::Overloaded { .. } => {
            Problem::new(Kind::Unavailable, "the token cannot be looked up at the moment").after(1)
        }
        _ => Problem::new(Kind::Internal, "the server's log tells why, by request_id"),
    })?;
    let Some(found) = found else { return Ok(Err("the token is none of ours")) };
    let facts = found.facts();
    if bearer::check(&facts, attempt.now).is_err() {
        return Ok(Err("the access token has ended or was revoked; get a new one"));
    }
    if facts.record.grant.is_some() {
        return Ok(Err(
            "the access token was issued for a user; a client needs one of its own (grant_type=client_credentials)",
        ));
    }
    // Administration does not wait for the cache: a client that is off may do nothing at once.
    let now = app.store.client_by_key(facts.client.key).await.map_err(ServiceFault::from)?;
    match now.filter(|client| client.status == Status::Active) {
        Some(client) => Ok(Ok(Caller::of_client(app, &client, facts.record.scope.iter()).await?)),
        None => Ok(Err("the client is switched off or removed")),
    }
}

/// A token that was refused is recorded, unless its sender has had too many: then it is told to
/// wait, and the event log is not filled by strangers (invariant I28).
async fn refused(app: &App, http: &HttpRequest, attempt: &Attempt, detail: &str) -> Problem {
    let address = caller::address(http, &app.trusted_proxies);
    if let Err(wait) = app.client_failure_limit.admit(address) {
        let detail = "too many tokens from this address were refused; wait";
        return Problem::new(Kind::TooManyRequests, detail).after(wait.as_secs());
    }
    let facts = json!({ "problem": detail, "address": address.map(|it| it.to_string()) });
    app.record(vec![attempt.refused_because(app, "api.refused", "invalid_token", facts)]).await;
    invalid(detail).recorded(attempt.case)
}

fn invalid(detail: &str) -> Problem {
    Problem::new(Kind::Unauthorized, detail)
        .challenging(format!("Bearer realm=\"{REALM}\", error=\"invalid_token\""))
}
