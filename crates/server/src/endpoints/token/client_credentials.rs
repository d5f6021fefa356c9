//! A token for the client itself (RFC 6749 §4.4).

use serde_json::{Value, json};
use vestibule_protocol::client::Client;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::scope::Scope;
use vestibule_protocol::token::client_credentials;
use vestibule_store::Guard;
use vestibule_store::changes::IssueClientToken;

use super::{Refused, mint};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;

/// Issues the token.
pub(super) async fn issue(
    app: &App,
    attempt: &Attempt,
    client: &Client,
    asked: Option<&Scope>,
) -> Result<Value, Refused> {
    let issuance = client_credentials::decide(asked, client, attempt.now)?;
    let access = mint::access_token(app, client, None, &issuance, attempt.now)?;
    let facts = json!({ "grant_type": "client_credentials", "scope": issuance.scope });
    let events = vec![attempt.done(app, "token.issued", facts)];
    let change = IssueClientToken { access_token: access.record, events };
    match app.apply(change).await.map_err(store_fault("issuing the token"))? {
        Guard::Held => Ok(issuance.response(&access.text, None, None).into()),
        Guard::Lost => {
            let client_id = client.client_id.clone();
            Err(Reason::AuthClientDisabled { client_id }.into())
        }
    }
}
