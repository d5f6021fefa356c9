//! A refresh token is used (RFC 6749 §6): load, decide, commit.

use serde_json::{Value, json};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::RefreshTokenId;
use vestibule_protocol::opaque::{Opaque, RefreshToken};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::token::refresh_token::{self, Refresh, RefreshFacts};
use vestibule_protocol::token::{Issuance, RefreshRequest};
use vestibule_store::Guard;
use vestibule_store::changes::{Change, RotateRefresh, UseRefresh};
use vestibule_store::facts;

use super::{Refused, end_family, mint, renew};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;

/// How often facts are read again when somebody was quicker.
const TRIES: usize = 3;

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
        if let Some(facts) = loaded.as_ref().filter(|facts| facts.grant.client == client.key) {
            attempt.continues(facts.grant.case_code);
            if facts.grant.terms.trial {
                attempt.belongs_to_a_trial();
            }
            attempt.concerns_user(&facts.user);
        }
        let facts = loaded.as_ref().map(|facts| RefreshFacts {
            token: &facts.token,
            successor: facts.successor.as_ref(),
            grant: &facts.grant,
            user: Some(&facts.user),
            session: Some(&facts.session),
            organization: facts.organization.seen(),
        });
        let decided = refresh_token::decide(facts.as_ref(), request, client, attempt.now);
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
    Err(Reason::Overloaded { queue: "changes of one grant" }.into())
}

async fn load(app: &App, request: &RefreshRequest) -> Result<Option<facts::RefreshFacts>, Reason> {
    let Some(token) = &request.refresh_token else { return Ok(None) };
    let facts = app.store.refresh_facts(RefreshTokenId(token.id())).await;
    facts.map_err(store_fault("loading the refresh token"))
}

/// Mints and commits; nothing comes of it when somebody was quicker.
async fn issue(
    app: &App,
    attempt: &Attempt,
    client: &Client,
    facts: &facts::RefreshFacts,
    presented: &Opaque<RefreshToken>,
    issuance: &Issuance,
    used: Use,
) -> Result<Option<Value>, Reason> {
    let now = attempt.now;
    let of_user = Some((&facts.grant, &facts.user));
    let access = mint::access_token(app, client, of_user, issuance, now)?;
    let told = mint::Told {
        client,
        grant: &facts.grant,
        user: &facts.user,
        session: &facts.session,
        // OIDC Core §12.2: the ID token of a refresh needs no nonce.
        nonce: None,
        access_token: &access.text,
    };
    let id_token = mint::id_token(app, &told, issuance, now)?;
    let events = vec![attempt.done(
        app,
        "token.issued",
        json!({
            "grant_type": "refresh_token",
            "scope": issuance.scope,
            "generation": facts.token.generation,
            "rotated": matches!(used, Use::Rotated),
            "repeated": matches!(used, Use::Repeated(_)),
        }),
    )];
    let until = issuance.refresh_token_until.unwrap_or(facts.token.expires_at);
    let (change, answered): (Change, _) = match used {
        Use::Kept => {
            let id = facts.token.id;
            let access_token = access.record;
            let change = UseRefresh { id, at: now, expires_at: until, access_token, events };
            (change.into(), presented.text())
        }
        Use::Rotated => {
            let successor = mint::successor(app, facts, presented, until, now);
            let (old, access_token) = (facts.token.id, access.record);
            let generation = successor.generation;
            let change =
                RotateRefresh { old, at: now, successor: generation, access_token, events };
            (change.into(), successor.text)
        }
        Use::Repeated(id) => {
            let access_token = access.record;
            let change = UseRefresh { id, at: now, expires_at: until, access_token, events };
            (change.into(), mint::successor_text(app, presented, id))
        }
    };
    match app.apply(change).await.map_err(store_fault("refreshing"))? {
        Guard::Held => {
            let refresh = Some(answered.as_str());
            Ok(Some(issuance.response(&access.text, refresh, id_token.as_deref()).into()))
        }
        Guard::Lost => Ok(None),
    }
}
