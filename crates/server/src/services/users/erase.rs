//! Removing a user for good (GDPR article 17).

use serde_json::Value;
use vestibule_protocol::admin::{GrantFault, Permission};
use vestibule_protocol::user::User;
use vestibule_store::StoreError;

use super::{about, described, subordinate};
use crate::services::{Act, ServiceFault, admins};

/// Removes a user and every row about the user. The event log keeps the subject, and which claims
/// there were, never what they said.
pub async fn erase(act: Act<'_>, name: &str) -> Result<User, ServiceFault> {
    erase_if(act, name, None).await
}

/// The same, if the user is still as it was `read`.
pub async fn erase_if(act: Act<'_>, name: &str, read: Option<User>) -> Result<User, ServiceFault> {
    act.require(Permission::UsersWrite)?;
    let user = subordinate(act, name).await?;
    let event = act.event("user.erased", about(&user), described(&user), Value::Null);
    let (org, id, now) = (act.org, user.id, act.now);
    let done = act
        .core
        .store
        .write(move |tx| {
            if read.is_some() && tx.hold_user(org, id)? != read {
                return Err(StoreError::Stale { what: "user" });
            }
            if admins::is_last_owner(tx, id)? {
                return Ok(Err(GrantFault::LastOwner));
            }
            tx.erase_user(org, id, now)?;
            tx.record(vec![event]).map(Ok)
        })
        .await?;
    done?;
    Ok(user)
}
