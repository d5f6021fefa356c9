//! A code is redeemed (RFC 6749 §4.1.3): load, decide, commit.

use serde_json::{Value, json};
use vestibule_protocol::client::Client;
use vestibule_protocol::grant::Grant;
use vestibule_protocol::ids::AuthorizationId;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::token::authorization_code::{self, Redemption};
use vestibule_protocol::token::{CodeRequest, Issuance};
use vestibule_store::changes::{RedeemCode, SpoilCode};
use vestibule_store::facts::CodeFacts;

use super::mint::{self, Told};
use super::{Refused, TRIES, committed, end_family, overtaken, refused_by, renew};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;

/// Redeems a code.
pub(super) async fn redeem(
    app: &App,
    attempt: &mut Attempt,
    client: &Client,
    request: &CodeRequest,
) -> Result<Value, Refused> {
    let mut renewed = None;
    for _ in 0..TRIES {
        let client = renewed.as_deref().unwrap_or(client);
        let loaded = load(app, request).await?;
        if let Some(CodeFacts { authorization, user, .. }) = &loaded
            && authorization.client == client.key
        {
            attempt.continues_approval(authorization.case_code, &authorization.terms, user);
        }
        let seen = loaded.as_ref().map(CodeFacts::seen);
        let decided = authorization_code::decide(seen.as_ref(), request, client, attempt.now);
        match (decided, loaded) {
            (Redemption::Issue(issuance), Some(facts)) => {
                if let Some(tokens) = issue(app, attempt, client, facts, &issuance).await? {
                    return Ok(tokens);
                }
                renewed = renew(app, client).await?.or(renewed);
            }
            (Redemption::Issue(_), None) => return Err(Reason::CodeUnknown.into()),
            (Redemption::Replayed { grant, reason }, _) => {
                return Err(end_family(app, attempt, grant, reason).await);
            }
            (Redemption::Spoil(reason), Some(facts)) => {
                return Err(spoilt(app, attempt, facts.authorization.id, reason).await);
            }
            (Redemption::Spoil(reason) | Redemption::Refuse(reason), _) => {
                return Err(reason.into());
            }
        }
    }
    Err(overtaken())
}

async fn load(app: &App, request: &CodeRequest) -> Result<Option<CodeFacts>, Reason> {
    let Some(code) = &request.code else { return Ok(None) };
    let facts = app.store.code_facts(AuthorizationId(code.id())).await;
    facts.map_err(store_fault("loading the authorization"))
}

/// Mints and commits; nothing comes of it when somebody was quicker.
async fn issue(
    app: &App,
    attempt: &Attempt,
    client: &Client,
    facts: CodeFacts,
    issuance: &Issuance,
) -> Result<Option<Value>, Reason> {
    let now = attempt.now;
    let id = facts.authorization.id;
    let grant = Grant::begun(facts.authorization, now);
    let nonce = grant.terms.nonce.as_deref();
    let told = Told { client, grant: &grant, user: &facts.user, session: &facts.session, nonce };
    let minted = mint::tokens(app, &told, issuance, now)?;
    let until = issuance.refresh_token_until;
    let refresh = until.map(|until| mint::refresh_token(app, grant.id, until, now));
    let answer = minted.response(issuance, refresh.as_ref().map(|refresh| refresh.text.as_str()));
    let issued = json!({
        "grant_type": "authorization_code",
        "scope": issuance.scope,
        "id_token": issuance.id_token,
        "refresh_token": refresh.is_some(),
    });
    let change = RedeemCode {
        id,
        at: now,
        grant,
        access_token: minted.access.record,
        refresh: refresh.map(|refresh| refresh.generation),
        events: vec![attempt.done(app, "token.issued", issued)],
    };
    committed(app, change, "redeeming the code", answer).await
}

/// The right client presented its code wrongly: the code is used up (invariant I2).
async fn spoilt(app: &App, attempt: &Attempt, id: AuthorizationId, reason: Reason) -> Refused {
    let events = vec![attempt.refused(app, "token.refused", &reason)];
    let change = SpoilCode { id, at: attempt.now, events };
    refused_by(app, change, "using the code up", reason).await
}
