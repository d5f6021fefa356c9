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
use vestibule_store::changes::{Change, RevokeGrant};

use super::{client_auth, form};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::{self, store_fault};
use crate::http::cors;
use crate::telemetry::metrics;

/// How often the facts of a grant are read again when somebody was quicker. Whoever loses a race for a
/// code or a refresh token finds it used the second time, so more is never needed.
const TRIES: usize = 3;

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
    let params: Params = form(app, http, payload).await?;
    let (client, authenticated) = client_auth::authenticate(app, attempt, http, &params).await?;
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

/// Commits what was minted, and only then answers with it. `None` when somebody was quicker: nothing
/// was issued, and what is there now has to be decided from.
async fn committed(
    app: &App,
    change: impl Into<Change>,
    during: &'static str,
    answer: serde_json::Value,
) -> Result<Option<serde_json::Value>, Reason> {
    match app.apply(change).await.map_err(store_fault(during))? {
        Guard::Held => Ok(Some(answer)),
        Guard::Lost => Ok(None),
    }
}

/// Somebody was quicker each time.
fn overtaken() -> Refused {
    Reason::Overloaded { queue: "changes of one grant" }.into()
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
    refused_by(app, change, "revoking the grant", reason).await
}

/// A refusal that commits a change, and its line of the event log with it. Where that has been done
/// before, the attempt is recorded all the same.
async fn refused_by(
    app: &App,
    change: impl Into<Change>,
    during: &'static str,
    reason: Reason,
) -> Refused {
    match app.apply(change).await.map_err(store_fault(during)) {
        Ok(Guard::Held) => Refused { reason, recorded: true },
        Ok(Guard::Lost) => reason.into(),
        Err(fault) => fault.into(),
    }
}
