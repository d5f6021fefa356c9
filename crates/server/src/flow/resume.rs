//! Coming back to a request that waits for its user.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::PendingId;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;

use super::shown;
use super::visit::Visit;
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;
use crate::pages;

/// A request that cannot be gone on with, as far as it is known.
pub struct Lost {
    /// The attempt.
    pub attempt: Attempt,
    /// Why.
    pub reason: Reason,
    /// The app to start again from.
    pub client: Option<Arc<Client>>,
}

impl Lost {
    /// Records and shows it.
    pub async fn show(self, app: &App, http: &HttpRequest) -> HttpResponse {
        shown::error(app, http, &self.attempt, &self.reason, self.client.as_deref()).await
    }
}

/// The waiting request that the parameter `request` names, if it is this browser's. Another
/// browser's answers exactly like one that never was (invariants I18, I20).
pub async fn visit(app: &App, http: &HttpRequest, params: &Params) -> Result<Visit, Lost> {
    let mut attempt = Attempt::begin(app);
    let unknown = |attempt| Lost { attempt, reason: Reason::PendingUnknown, client: None };
    let Some(browser) = app.cookies.browser(http) else {
        return Err(Lost { attempt, reason: Reason::CookieMissing, client: None });
    };
    let id = params.one("request").and_then(|text| text.parse().ok()).map(PendingId);
    let Some(id) = id else { return Err(unknown(attempt)) };
    let pending = match app.store.pending(id).await {
        Ok(Some(pending)) if pending.browser == browser.digest() => pending,
        Ok(_) => return Err(unknown(attempt)),
        Err(error) => {
            let reason = store_fault("finding the request")(error);
            return Err(Lost { attempt, reason, client: None });
        }
    };
    attempt.continues(pending.case_code);
    pages::speak(http, &pending.request.ui_locales);
    if pending.request.trial.is_some() {
        attempt.belongs_to_a_trial();
    }
    let client = match app.clients.by_key(&app.store, pending.request.client).await {
        Ok(Some(client)) => client,
        Ok(None) => return Err(unknown(attempt)),
        Err(error) => {
            let reason = store_fault("finding the client")(error);
            return Err(Lost { attempt, reason, client: None });
        }
    };
    attempt.concerns_client(&client);
    if let Some(completed_at) = pending.completed_at {
        let reason = Reason::PendingCompleted { completed_at };
        return Err(Lost { attempt, reason, client: Some(client) });
    }
    if pending.expires_at <= attempt.now {
        let reason = Reason::PendingExpired { expired_at: pending.expires_at };
        return Err(Lost { attempt, reason, client: Some(client) });
    }
    Ok(Visit {
        attempt,
        client,
        request: pending.request,
        progress: pending.progress,
        pending: Some(id),
        language: pages::chosen_language(http),
        cookies: Vec::new(),
    })
}
