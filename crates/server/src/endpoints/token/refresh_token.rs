//! A refresh token is used (RFC 6749 §6): load, decide, commit.

use serde_json::{Value, json};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::RefreshTokenId;
use vestibule_protocol::opaque::{Opaque, RefreshToken};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::token::refresh_token::{self, Refresh};
use vestibule_protocol::token::{Issuance, RefreshRequest};
use vestibule_store::changes::{Change, RotateRefresh, UseRefresh};
use vestibule_store::facts::RefreshFacts;

use super::mint::{self, Told};
use super::{Refused, TRIES, committed, end_family, overtaken, renew};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;

/// What happens to the refresh token that was used.
enum Use {
    /// A successor takes its place.
    Rotated,
    /// It stays.
    Kept,
    /// Its successor, which exists, is answered once more.
    Repeated(RefreshTokenId),
}

/// Uses a refresh token.
pub(super) async fn refresh(
    app: &App,
    attempt: &mut Attempt,
    client: &Client,
    request: &RefreshRequest,
) -> Result<Value, Refused> {
    let mut renewed = None;
    for _ in 0..TRIES {
        let client = renewed.as_deref().unwrap_or(client);
        let loaded = load(app, request).await?;
        if let Some(RefreshFacts { grant, user, .. }) = &loaded
            && grant.client == client.key
        {
            attempt.continues_approval(grant.case_code, &grant.terms, user);
        }
        let seen = loaded.as_ref().map(RefreshFacts::seen);
        let decided = refresh_token::decide(seen.as_ref(), request, client, attempt.now);
        let (issuance, used) = match decided {
            Refresh::Rotate(issuance) => (issuance, Use::Rotated),
            Refresh::Keep(issuance) => (issuance, Use::Kept),
            Refresh::Repeat { successor, issuance } => (issuance, Use::Repeated(successor)),
            Refresh::Reused { grant, reason } => {
                return Err(end_family(app, attempt, grant, reason).await);
            }
            Refresh::Refuse(reason) => return Err(reason.into()),
        };
        let (Some(facts), Some(presented)) = (loaded, &request.refresh_token) else {
            return Err(Reason::RefreshTokenUnknown.into());
        };
        if let Some(tokens) =
            issue(app, attempt, client, &facts, presented, &issuance, used).await?
        {
            return Ok(tokens);
        }
        renewed = renew(app, client).await?.or(renewed);
    }
    Err(overtaken())
}

async fn load(app: &App, request: &RefreshRequest) -> Result<Option<RefreshFacts>, Reason> {
    let Some(token) = &request.refresh_token else { return Ok(None) };
    let facts = app.store.refresh_facts(RefreshTokenId(token.id())).await;
    facts.map_err(store_fault("loading the refresh token"))
}

/// Mints and commits; nothing comes of it when somebody was quicker.
async fn issue(
    app: &App,
    attempt: &Attempt,
    client: &Client,
    facts: &RefreshFacts,
    presented: &Opaque<RefreshToken>,
    issuance: &Issuance,
    used: Use,
) -> Result<Option<Value>, Reason> {
    let now = attempt.now;
    let RefreshFacts { token, grant, user, session, .. } = facts;
    // OIDC Core §12.2: the ID token of a refresh needs no nonce.
    let told = Told { client, grant, user, session, nonce: None };
    let minted = mint::tokens(app, &told, issuance, now)?;
    let issued = json!({
        "grant_type": "refresh_token",
        "scope": issuance.scope,
        "generation": token.generation,
        "rotated": matches!(used, Use::Rotated),
        "repeated": matches!(used, Use::Repeated(_)),
    });
    let events = vec![attempt.done(app, "token.issued", issued)];
    let until = issuance.refresh_token_until.unwrap_or(token.expires_at);
    let (used, refresh, successor) = match used {
        Use::Rotated => {
            let successor = mint::successor(app, facts, presented, until, now);
            (token.id, successor.text, Some(successor.generation))
        }
        Use::Kept => (token.id, presented.text(), None),
        Use::Repeated(id) => (id, mint::successor_text(app, presented, id), None),
    };
    let answer = minted.response(issuance, Some(&refresh));
    let access_token = minted.access.record;
    let change: Change = match successor {
        Some(successor) => {
            RotateRefresh { old: used, at: now, successor, access_token, events }.into()
        }
        None => UseRefresh { id: used, at: now, expires_at: until, access_token, events }.into(),
    };
    committed(app, change, "refreshing", answer).await
}
