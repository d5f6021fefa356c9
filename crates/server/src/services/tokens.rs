//! Tokens of the administration API: each acts for one administrator, may at most what that one may,
//! and ends.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_protocol::admin::{GrantFault, Permission, Reach, Rights};
use vestibule_protocol::identifiers::is_visible;
use vestibule_protocol::ids::ApiTokenId;
use vestibule_protocol::opaque::{self, Opaque};
use vestibule_protocol::user::User;
use vestibule_store::api_tokens::ApiToken;
use zeroize::Zeroizing;

use super::{About, Act, FieldFault, ServiceFault};
use crate::random;

/// Shortest life of a token.
const SHORTEST: Duration = Duration::from_secs(60);
/// Longest life of a token.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// Most tokens of a user that live at the same time.
const MAX_LIVE: usize = 50;
const MAX_LABEL: usize = 100;

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for.
    pub label: String,
    /// What it may do at most.
    pub permissions: Rights,
    /// For how long.
    pub lifetime: Duration,
}

/// A token that was just made.
pub struct MadeToken {
    /// What is kept of it.
    pub kept: ApiToken,
    /// The token, which is shown this once.
    pub text: Zeroizing<String>,
}

/// Makes a token that acts for `user` in the organization of the act and below it.
pub async fn make(act: Act<'_>, user: &User, new: NewToken) -> Result<MadeToken, ServiceFault> {
    judge(&new)?;
    if !act.rights.cover(new.permissions) {
        return Err(GrantFault::BeyondOwnRights.into());
    }
    let live = act.core.store.api_tokens(Some(user.id)).await?;
    if live.iter().filter(|token| token.is_live(act.now)).count() >= MAX_LIVE {
        let problem = format!("{MAX_LIVE} tokens are live; revoke one first");
        return Err(ServiceFault::Conflict(problem));
    }
    let id = ApiTokenId(act.core.ids.next(act.now));
    let token = Opaque::<opaque::ApiToken>::new(id.0, *random::secret_bytes());
    let kept = ApiToken {
        id,
        user: user.id,
        label: new.label,
        digest: token.digest(),
        permissions: new.permissions,
        reach: Reach::Below(act.org),
        created_at: act.now,
        expires_at: act.now.plus(new.lifetime),
        last_used_at: None,
        revoked_at: None,
    };
    let about = About::User(user.subject.clone());
    let event = act.event("api_token.made", about, Value::Null, described(&kept));
    let row = kept.clone();
    act.core
        .store
        .write(move |tx| {
            tx.insert_api_token(&row)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(MadeToken { kept, text: Zeroizing::new(token.text()) })
}

fn judge(new: &NewToken) -> Result<(), ServiceFault> {
    let mut faults = Vec::new();
    let length = new.label.chars().count();
    if new.label.trim().is_empty() || length > MAX_LABEL || !is_visible(&new.label) {
        let problem = format!("give a label of 1 to {MAX_LABEL} characters, all of them visible");
        faults.push(FieldFault::new("label", problem));
    }
    if new.permissions.is_empty() {
        let words: Vec<&str> = Permission::ALL.iter().map(|it| it.as_str()).collect();
        let problem = format!("a token needs at least one of {}", words.join(", "));
        faults.push(FieldFault::new("permissions", problem));
    }
    if !(SHORTEST..=LONGEST).contains(&new.lifetime) {
        let seconds = new.lifetime.as_secs();
        let problem = format!("{seconds} seconds must lie between a minute and 366 days");
        faults.push(FieldFault::new("lifetime", problem));
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceFault::Invalid(faults)) }
}

/// The tokens that act for a user, oldest first.
pub async fn list(act: Act<'_>, user: &User) -> Result<Vec<ApiToken>, ServiceFault> {
    Ok(act.core.store.api_tokens(Some(user.id)).await?)
}

/// Revokes a token of a user.
pub async fn revoke(act: Act<'_>, user: &User, id: ApiTokenId) -> Result<ApiToken, ServiceFault> {
    let unknown = || ServiceFault::NotFound {
        what: "live API token",
        name: id.0.to_string(),
        hint: "look it up in the list of tokens",
    };
    let tokens = act.core.store.api_tokens(Some(user.id)).await?;
    let token = tokens.into_iter().find(|token| token.id == id && token.revoked_at.is_none());
    let token = token.ok_or_else(unknown)?;
    let about = About::User(user.subject.clone());
    let event = act.event("api_token.revoked", about, described(&token), Value::Null);
    let (owner, now) = (user.id, act.now);
    act.core
        .store
        .write(move |tx| {
            tx.revoke_api_token(owner, id, now)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(ApiToken { revoked_at: Some(now), ..token })
}

fn described(token: &ApiToken) -> Value {
    let words: Vec<&str> = token.permissions.iter().map(Permission::as_str).collect();
    json!({
        "id": token.id.0.to_string(),
        "label": token.label,
        "permissions": words,
        "expires_at": token.expires_at.as_seconds(),
    })
}
