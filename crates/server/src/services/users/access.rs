//! What a user has opened and shared: ending sessions, withdrawing consents.

use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::{ClientId, SessionId};
use vestibule_protocol::user::User;
use vestibule_store::StoreError;

use super::{about, subordinate};
use crate::services::texts::cut;
use crate::services::{Act, ServiceFault};

/// Signs a user out everywhere: every session ends, and every grant of every client.
pub async fn sign_out_everywhere(act: Act<'_>, name: &str) -> Result<User, ServiceFault> {
    act.require(Permission::UsersSupport)?;
    let user = subordinate(act, name).await?;
    let event = act.event("user.signed_out", about(&user), Value::Null, json!("everywhere"));
    let (org, id, now) = (act.org, user.id, act.now);
    act.core
        .store
        .write(move |tx| {
            tx.sign_out_everywhere(org, id, now)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(user)
}

/// Ends one session of a user, and every grant in it that does not outlive sessions.
pub async fn end_session(
    act: Act<'_>,
    name: &str,
    session: SessionId,
) -> Result<User, ServiceFault> {
    act.require(Permission::UsersSupport)?;
    let user = subordinate(act, name).await?;
    let event = act.event("user.session_ended", about(&user), json!(session), Value::Null);
    let (org, id, now) = (act.org, user.id, act.now);
    let done = act
        .core
        .store
        .write(move |tx| {
            tx.end_session(org, id, session, now)?;
            tx.record(vec![event])
        })
        .await;
    done.map_err(|error| missing(error, "session", session.0.to_string()))?;
    Ok(user)
}

/// Withdraws what a user agreed to share with a client; everything the client holds is revoked.
pub async fn withdraw_consent(
    act: Act<'_>,
    name: &str,
    client_id: &str,
) -> Result<User, ServiceFault> {
    act.require(Permission::UsersSupport)?;
    let user = subordinate(act, name).await?;
    let unknown = || missing(StoreError::NotFound { what: "" }, "consent", cut(client_id));
    let client = act.core.store.client_by_client_id(ClientId(client_id.to_owned())).await?;
    let client = client.ok_or_else(unknown)?;
    let key = client.key;
    let mut event = act.event("consent.withdrawn", about(&user), Value::Null, Value::Null);
    event.client = Some(client.client_id);
    let (org, id, now) = (act.org, user.id, act.now);
    let done = act
        .core
        .store
        .write(move |tx| {
            tx.withdraw_consent(org, id, key, now)?;
            tx.record(vec![event])
        })
        .await;
    done.map_err(|error| missing(error, "consent", cut(client_id)))?;
    Ok(user)
}

fn missing(error: StoreError, what: &'static str, name: String) -> ServiceFault {
    match error {
        StoreError::NotFound { .. } => {
            ServiceFault::NotFound { what, name, hint: "look it up among those of the user" }
        }
        other => other.into(),
    }
}
