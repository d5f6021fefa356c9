//! The answer to a trial: everything a vendor would do with it, then the end of all that grew.

use secrecy::SecretString;
use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::Client;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{AuthorizationId, ClientSecretId, GrantId, SessionId, TrialId};
use vestibule_protocol::opaque::{Code, Opaque, SessionToken, TrialToken};
use vestibule_protocol::params::Params;
use vestibule_store::StoreError;
use vestibule_store::changes::{EndSession, RevokeGrant};
use vestibule_store::trials::KeptTrial;

use super::{Report, Sealed, SecretUsed, open, open_context, report_context, seal, unknown};
use crate::flow::trial::{address, mark};
use crate::outbound::Outbound;
use crate::relying_party::Party;
use crate::relying_party::report::{Hop, HopKind};
use crate::services::{About, Act, ServiceFault, clients};

/// What came to the redirect URI of a trial.
pub struct Answered<'a> {
    /// The administrator's session.
    pub session: SessionId,
    /// The token in the redirect URI.
    pub token: &'a str,
    /// The parameters of the answer.
    pub parameters: &'a Params,
    /// The session of the user who signed in for the trial.
    pub user_session: Option<Opaque<SessionToken>>,
}

/// Takes the answer, once, and reports. Afterwards no token, no session and no secret of the trial
/// works any more.
pub async fn finish(
    act: Act<'_>,
    client_id: &str,
    answered: Answered<'_>,
) -> Result<TrialId, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = clients::find(act, client_id).await?;
    let (kept, token) = find(act, &client, &answered).await?;
    let id = kept.trial.id;
    let sealed = kept.sealed.as_deref().ok_or_else(|| unknown(answered.token))?;
    let opened: Sealed = open(act.core, &open_context(id), sealed)?;
    let now = act.now;
    if !act.core.store.write(move |tx| tx.answer_trial(id, now)).await? {
        return Err(unknown(answered.token));
    }
    let redirect_uri = address(&act.core.config.issuer, &client.client_id, &token);
    let hops = walk(act, &client, &opened, &redirect_uri, answered.parameters).await;
    let case = kept.trial.case_code;
    end_what_grew(act, &client, case, &answered).await?;
    let report = Report {
        behaviour: opened.behaviour,
        scope: opened.scope,
        secret: opened.used,
        finished_at: act.core.clock.now(),
        hops,
    };
    keep(act, &client, id, &report, opened.secret_row).await?;
    Ok(id)
}

/// The trial that the answer belongs to: of this client, of this session, not answered yet.
async fn find(
    act: Act<'_>,
    client: &Client,
    answered: &Answered<'_>,
) -> Result<(KeptTrial, Opaque<TrialToken>), ServiceFault> {
    let token = Opaque::<TrialToken>::parse(answered.token);
    let token = token.ok_or_else(|| unknown(answered.token))?;
    let kept = act.core.store.trial(act.org, client.key, TrialId(token.id())).await?;
    let theirs = kept.filter(|kept| {
        let trial = &kept.trial;
        trial.digest == token.digest()
            && trial.session == answered.session
            && trial.admitted_at.is_some()
            && trial.answered_at.is_none()
            && act.now < trial.expires_at
    });
    theirs.map(|kept| (kept, token)).ok_or_else(|| unknown(answered.token))
}

async fn walk(
    act: Act<'_>,
    client: &Client,
    opened: &Sealed,
    redirect_uri: &str,
    parameters: &Params,
) -> Vec<Hop> {
    let issuer = &act.core.config.issuer;
    let outbound = match Outbound::to_issuer(issuer) {
        Ok(outbound) => outbound,
        Err(fault) => return vec![Hop::new(HopKind::Discovery).failed(fault.to_string())],
    };
    let secret = opened.secret.as_ref().map(|text| SecretString::from(text.0.as_str()));
    let mark = mark(&act.core.digests, act.core.clock.now());
    let party = Party {
        issuer,
        client_id: &client.client_id.0,
        secret: secret.as_ref(),
        redirect_uri,
        scope: &opened.scope,
        id_token_alg: client.settings.id_token_alg,
        behaviour: opened.behaviour,
        expects: &opened.expects,
        mark: Some(&mark),
    };
    let mut hops = party.walk(&outbound, &opened.memory, parameters, act.now).await;
    if opened.used == SecretUsed::Temporary
        && let Some(hop) = hops.iter_mut().find(|hop| hop.kind == HopKind::TokenRequest)
        && !hop.checks.is_empty()
    {
        let told = "The secret was made for this test, so the vendor's own secret was not tried.";
        *hop = hop.clone().passed(told);
    }
    hops
}

/// Revokes the grant and ends the session, whatever the answer was.
async fn end_what_grew(
    act: Act<'_>,
    client: &Client,
    case: Option<CaseCode>,
    answered: &Answered<'_>,
) -> Result<(), ServiceFault> {
    let store = &act.core.store;
    let at = act.core.clock.now();
    let told = |kind: &str| Event {
        at,
        case_code: case,
        ..act.event(kind, About::Client(client.client_id.clone()), Value::Null, json!({}))
    };
    let code = answered.parameters.one("code").and_then(Opaque::<Code>::parse);
    if let Some(code) = code
        && let Some(facts) = store.code_facts(AuthorizationId(code.id())).await?
        && facts.authorization.digest == code.digest()
        && facts.authorization.client == client.key
        && facts.authorization.terms.trial
    {
        let mut event = told("token.revoked");
        event.facts = json!({ "by": act.by, "trial": true });
        let id = GrantId(code.id());
        // Without a redeemed code there is no grant, and nothing to revoke.
        let _guard = store.apply(RevokeGrant { id, at, events: vec![event] }).await?;
    }
    if let Some(token) = &answered.user_session
        && let Some(facts) = store.session_facts(SessionId(token.id())).await?
        && facts.digest == token.digest()
    {
        let mut event = told("session.ended");
        event.facts = json!({ "by": act.by, "trial": true });
        let id = facts.session.id;
        let _guard = store.apply(EndSession { id, at, events: vec![event] }).await?;
    }
    Ok(())
}

/// Keeps the report; the secret that was made for the trial is revoked with it.
async fn keep(
    act: Act<'_>,
    client: &Client,
    id: TrialId,
    report: &Report,
    secret: Option<i64>,
) -> Result<(), ServiceFault> {
    let sealed = seal(act.core, &report_context(id), report)?;
    let after = json!({ "trial": id.0.to_string(), "outcome": report.outcome() });
    let about = About::Client(client.client_id.clone());
    let event = act.event("client.trial_finished", about, Value::Null, after);
    let (org, key, now) = (act.org, client.key, act.core.clock.now());
    act.core
        .store
        .write(move |tx| {
            if let Some(secret) = secret {
                match tx.revoke_client_secret(org, key, ClientSecretId(secret), now) {
                    // Somebody was quicker: it is revoked all the same.
                    Ok(()) | Err(StoreError::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            tx.report_trial(id, &sealed)?;
            tx.record(vec![event])
        })
        .await?;
    Ok(())
}
