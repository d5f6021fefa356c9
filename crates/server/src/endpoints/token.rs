//! `/oauth/token` (RFC 6749 §3.2): who is calling, what for, and one room a grant.

mod authorization_code;
mod client_credentials;
mod mint;
mod refresh_token;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::GrantId;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::token::TokenRequest;
use vestibule_store::Guard;
use vestibule_store::changes::RevokeGrant;

use super::client;
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::{self, store_fault};
use crate::http::cors;
use crate::telemetry::metrics;

/// A token request that came to nothing.
struct Refused {
    reason: Reason,
    /// Whether the event log has it: some refusals commit a change, and their line with it.
    recorded: bool,
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self { reason, recorded: false }
    }
}

impl Refused {
    fn recorded(reason: Reason) -> Self {
        Self { reason, recorded: true }
    }
}

/// Words for the metrics, each from a closed set.
#[derive(Clone, Copy)]
struct Labels {
    grant: &'static str,
    method: &'static str,
}

/// Issues tokens.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let mut attempt = Attempt::of(&app, &http);
    let mut labels = Labels { grant: "unknown", method: "unknown" };
    let answer = match exchange(&app, &mut attempt, &mut labels, &http, payload).await {
        Ok(tokens) => {
            metrics::token_request(labels.grant, labels.method, "none");
            answer::json(StatusCode::OK, &tokens)
        }
        Err(refused) => {
            let error = refused.reason.wire().code.as_str();
            metrics::token_request(labels.grant, labels.method, error);
            if !refused.recorded && !refused.reason.is_flood() {
                let event = attempt.refused(&app, "token.refused", &refused.reason);
                app.record_refusal(&http, &attempt, event).await;
            }
            answer::refusal(&app, &refused.reason, attempt.case)
        }
    };
    cors::shared(&app, &http, &attempt, answer).await
}

async fn exchange(
    app: &App,
    attempt: &mut Attempt,
    labels: &mut Labels,
    http: &HttpRequest,
    payload: Payload,
) -> Result<serde_json::Value, Refused> {
    let params: Params = client::form(app, http, payload).await?;
    let (client, authenticated) = client::authenticate(app, attempt, http, &params).await?;
    labels.method = authenticated.method.as_str();
    let request = TokenRequest::parse(&params)?;
    labels.grant = request.grant_type().as_str();
    client.settings.check_grant_type(request.grant_type())?;
    match request {
        TokenRequest::AuthorizationCode(request) => {
            authorization_code::redeem(app, attempt, &client, &request).await
        }
        TokenRequest::RefreshToken(request) => {
            refresh_token::refresh(app, attempt, &client, &request).await
        }
        TokenRequest::ClientCredentials { scope } => {
            client_credentials::issue(app, attempt, &client, scope.as_ref()).await
        }
    }
}

/// The client as the store has it, after a guard was lost: another node may have switched it off.
async fn renew(app: &App, known: &Client) -> Result<Option<Arc<Client>>, Reason> {
    let renewed = app.clients.renewed(&app.store, known).await;
    renewed.map_err(store_fault("loading the client"))
}

/// A code was replayed or a refresh token copied: everything that grew out of it ends (RFC 6749
/// §4.1.2, RFC 9700 §4.14.2; invariants I2, I3).
async fn end_family(app: &App, attempt: &Attempt, grant: GrantId, reason: Reason) -> Refused {
    let events = vec![attempt.refused(app, "token.refused", &reason)];
    let change = RevokeGrant { id: grant, at: attempt.now, events };
    match app.apply(change).await.map_err(store_fault("revoking the grant")) {
        Ok(Guard::Held) => Refused::recorded(reason),
        // It was revoked before; the attempt is recorded all the same.
        Ok(Guard::Lost) => reason.into(),
        Err(fault) => fault.into(),
    }
}
