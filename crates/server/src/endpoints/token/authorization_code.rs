//! A code is redeemed (RFC 6749 §4.1.3): load, decide, commit.

use serde_json::{Value, json};
use vestibule_protocol::client::Client;
use vestibule_protocol::grant::Grant;
use vestibule_protocol::ids::{AuthorizationId, GrantId};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::token::authorization_code::{self, CodeFacts, Redemption};
use vestibule_protocol::token::{CodeRequest, Issuance};
use vestibule_store::Guard;
use vestibule_store::changes::{RedeemCode, SpoilCode};
use vestibule_store::facts;

use super::{Refused, end_family, mint, renew};
use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;

/// How often facts are read again when somebody was quicker. Whoever loses a race for a code finds
/// it redeemed the second time, so more is never needed.
const TRIES: usize = 3;

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
        if let Some(facts) =
            loaded.as_ref().filter(|facts| facts.authorization.client == client.key)
        {
            attempt.continues(facts.authorization.case_code);
            if facts.authorization.terms.trial {
                attempt.belongs_to_a_trial();
            }
            attempt.concerns_user(&facts.user);
        }
        let facts = loaded.as_ref().map(|facts| CodeFacts {
            authorization: &facts.authorization,
            grant: facts.grant.as_ref(),
            user: Some(&facts.user),
            session: Some(&facts.session),
            organization: facts.organization.seen(),
        });
        let decided = authorization_code::decide(facts.as_ref(), request, client, attempt.now);
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
    Err(Reason::Overloaded { queue: "changes of one grant" }.into())
}

async fn load(app: &App, request: &CodeRequest) -> Result<Option<facts::CodeFacts>, Reason> {
    let Some(code) = &request.code else { return Ok(None) };
    let facts = app.store.code_facts(AuthorizationId(code.id())).await;
    facts.map_err(store_fault("loading the authorization"))
}

/// Mints and commits; nothing comes of it when somebody was quicker.
async fn issue(
    app: &App,
    attempt: &Attempt,
    client: &Client,
    facts: facts::CodeFacts,
    issuance: &Issuance,
) -> Result<Option<Value>, Reason> {
    let authorization = facts.authorization;
    let grant = Grant {
        id: GrantId(authorization.id.0),
        org: authorization.org,
        client: authorization.client,
        user: authorization.user,
        session: authorization.session,
        terms: authorization.terms,
        case_code: authorization.case_code,
        created_at: attempt.now,
        revoked_at: None,
    };
    let access =
        mint::access_token(app, client, Some((&grant, &facts.user)), issuance, attempt.now)?;
    let refresh = issuance
        .refresh_token_until
        .map(|until| mint::refresh_token(app, grant.id, until, attempt.now));
    let id_token = mint::id_token(
        app,
        &mint::Told {
            client,
            grant: &grant,
            user: &facts.user,
            session: &facts.session,
            nonce: grant.terms.nonce.as_deref(),
            access_token: &access.text,
        },
        issuance,
        attempt.now,
    )?;
    let event = attempt.done(
        app,
        "token.issued",
        json!({
            "grant_type": "authorization_code",
            "scope": issuance.scope,
            "id_token": issuance.id_token,
            "refresh_token": refresh.is_some(),
        }),
    );
    let (refresh_text, generation) = match refresh {
        Some(refresh) => (Some(refresh.text), Some(refresh.generation)),
        None => (None, None),
    };
    let change = RedeemCode {
        id: authorization.id,
        at: attempt.now,
        grant,
        access_token: access.record,
        refresh: generation,
        events: vec![event],
    };
    match app.apply(change).await.map_err(store_fault("redeeming the code"))? {
        Guard::Held => {
            let refresh = refresh_text.as_deref();
            Ok(Some(issuance.response(&access.text, refresh, id_token.as_deref()).into()))
        }
        Guard::Lost => Ok(None),
    }
}

/// The right client presented its code wrongly: the code is used up (invariant I2).
async fn spoilt(app: &App, attempt: &Attempt, id: AuthorizationId, reason: Reason) -> Refused {
    let events = vec![attempt.refused(app, "token.refused", &reason)];
    let change = SpoilCode { id, at: attempt.now, events };
    match app.apply(change).await.map_err(store_fault("using the code up")) {
        Ok(Guard::Held) => Refused::recorded(reason),
        Ok(Guard::Lost) => reason.into(),
        Err(fault) => fault.into(),
    }
}
