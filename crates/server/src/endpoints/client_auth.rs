//! Client authentication, as every endpoint that clients call needs it.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use vestibule_protocol::client::{Client, SecretDigest};
use vestibule_protocol::client_auth::{self, Authenticated, Presented};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;

use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;
use crate::http::caller;

/// Who is calling (RFC 6749 §2.3).
pub async fn authenticate(
    app: &App,
    attempt: &mut Attempt,
    http: &HttpRequest,
    params: &Params,
) -> Result<(Arc<Client>, Authenticated), Reason> {
    let header =
        http.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    let presented = client_auth::present(params, header)?;
    let mut found = None;
    for candidate in presented.candidates() {
        let known = app.clients.by_id(&app.store, &candidate).await;
        found = known.map_err(store_fault("finding the client"))?;
        if let Some(client) = &found {
            attempt.concerns_client(client);
            break;
        }
    }
    let digest = |secret: &str| SecretDigest(app.digests.client_secret(secret));
    let mut judged = client_auth::authenticate(&presented, found.as_deref(), digest, attempt.now);
    if let (Err(_), Some(known)) = (&judged, &found) {
        // A secret that was added a moment ago, on another node or by the command line, works at
        // once: a refusal is never given on what is merely remembered.
        let renewed = app.clients.renewed(&app.store, known).await;
        if let Some(fresh) = renewed.map_err(store_fault("finding the client"))? {
            judged = client_auth::authenticate(&presented, Some(&fresh), digest, attempt.now);
            found = Some(fresh);
        }
    }
    let authenticated = match judged {
        Ok(authenticated) => authenticated,
        Err(reason) => return Err(failure(app, attempt, http, &presented, reason).await),
    };
    match found {
        Some(client) => {
            app.secret_uses.note(&client, &authenticated, attempt.now);
            // The app of a public client runs on its users' devices, not on a server of its own.
            if authenticated.secret.is_some() {
                attempt.is_proved_by_client();
                let address = caller::address(http, &app.trusted_proxies);
                app.key_watch.authenticated(client.key, http, address, attempt.now);
            }
            Ok((client, authenticated))
        }
        None => Err(Reason::ClientAuthMissing),
    }
}

/// A failed authentication, unless its sender has had too many: then it is told to wait, and the
/// event log is not filled by strangers (invariant I28).
async fn failure(
    app: &App,
    attempt: &Attempt,
    http: &HttpRequest,
    presented: &Presented,
    reason: Reason,
) -> Reason {
    let address = caller::address(http, &app.trusted_proxies);
    if let Err(wait) = app.client_failure_limit.admit(address) {
        return Reason::TooManyRequests { retry_after_seconds: wait.as_secs().max(1) };
    }
    if !matches!(reason, Reason::SecretWrong { .. } | Reason::AuthClientUnknown { .. }) {
        return reason;
    }
    let digests: Vec<SecretDigest> = presented
        .secrets()
        .map(|secret| SecretDigest(app.digests.client_secret(secret.trim())))
        .collect();
    // A guess that helps; the refusal stands without it.
    let owner = app.store.client_of_secret(attempt.org(), digests).await.unwrap_or_default();
    reason.with_secret_of(owner.filter(|owner| !attempt.is_of(owner)))
}
