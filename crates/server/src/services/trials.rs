//! Trying a client out: the built-in relying party signs a user in as that client.
//!
//! A trial belongs to the administrator's session that began it and lives ten minutes. What the
//! relying party must remember is sealed in the trial's row, so any node can take the answer. At its
//! end the tokens are revoked, the user's session of the trial is over and the secret that was made
//! for it no longer works; what stays for a day is the report.
//!
//! | room | owns |
//! |---|---|
//! | this one | beginning, and reading what came of it |
//! | [`mod@finish`] | the answer: everything a vendor would do with it, and the end |
//! | [`probe`] | what can be tried without a browser |
//! | [`watch`] | grading the next real attempt of the vendor |

mod finish;
pub mod probe;
pub mod watch;

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::authorize::trial::Trial;
use vestibule_protocol::client::{AuthMethod, Client, GrantType, Status};
use vestibule_protocol::ids::{SessionId, TrialId};
use vestibule_protocol::opaque::{Opaque, TrialToken};
use zeroize::{Zeroize as _, Zeroizing};

use super::{About, Act, ServiceFault, clients, texts};
use crate::core::Core;
use crate::flow::trial::address;
use crate::profiles::{self, Profile};
use crate::random;
use crate::relying_party::behaviour::{Behaviour, Expectations, SentAuth};
use crate::relying_party::report::{Hop, Outcome, worst};
use crate::relying_party::{Memory, Party, authorize};
use crate::sheet::facts::as_typed;

pub use finish::{Answered, finish};

/// How long a trial waits for its answer.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// What a secret is called that was made for a trial.
const LABEL: &str = "test";
/// Longest secret that is taken from a form.
const MAX_SECRET: usize = 512;

/// Which secret the relying party proves itself with.
pub enum SecretChoice {
    /// One that is made for the trial and ends with it.
    Temporary,
    /// The vendor's own, so that it is tried as well. It is kept sealed, until the answer came.
    Given(SecretString),
}

/// Which secret a trial was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretUsed {
    /// One that was made for it.
    Temporary,
    /// One that was typed in.
    Given,
    /// None: the client is public.
    None,
}

/// How the client is to be stood in for.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which client.
    pub client: Client,
    /// How its vendor's library behaves.
    pub behaviour: Behaviour,
    /// What the vendor needs to be told.
    pub expects: Expectations,
    /// What it asks for, in its order.
    pub scope: Vec<String>,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How the relying party behaved.
    pub behaviour: Behaviour,
    /// What it asked for.
    pub scope: Vec<String>,
    /// With which secret.
    pub secret: SecretUsed,
    /// When the answer was looked at.
    pub finished_at: Timestamp,
    /// Every hop.
    pub hops: Vec<Hop>,
}

impl Report {
    /// The worst of its hops.
    pub fn outcome(&self) -> Outcome {
        worst(&self.hops)
    }
}

/// How far a trial has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The browser has not been to the authorization endpoint, or has not come back.
    Waiting,
    /// It ended by itself: nobody came back in time.
    Expired,
    /// An answer came and was not looked at to the end.
    Interrupted,
    /// It is over.
    Reported(Box<Report>),
}

/// A trial, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The trial.
    pub trial: Trial,
    /// How far it has come.
    pub progress: Progress,
}

/// What is sealed in a trial's row until its answer comes.
#[derive(Serialize, Deserialize)]
struct Sealed {
    memory: Memory,
    behaviour: Behaviour,
    expects: Expectations,
    scope: Vec<String>,
    used: SecretUsed,
    secret: Option<KeptSecret>,
    /// The row of the secret that is to be revoked at the end.
    secret_row: Option<i64>,
}

/// A secret on its way into a sealed text and out of it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct KeptSecret(String);

impl Drop for KeptSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// How this client's vendor is stood in for: as its profile says, else as its settings suggest.
pub async fn plan(act: Act<'_>, client_id: &str) -> Result<Plan, ServiceFault> {
    let client = clients::find(act, client_id).await?;
    let folder = act.core.config.profiles.folder.as_deref();
    let profile = client.settings.vendor_profile.as_deref();
    // A profile that an operator has taken away leaves the client's own settings.
    let profile = profile.and_then(|name| profiles::find(name, folder).ok());
    let (behaviour, expects) = match &profile {
        Some(profile) => (registered(&client, profile), Expectations::of_profile(profile)),
        None => (Behaviour::of_client(&client), Expectations::of_client(&client)),
    };
    let scope = as_typed(&client.settings.grantable_scope());
    Ok(Plan { client, behaviour, expects, scope })
}

/// What the profile describes, as far as this client's registration allows it: an administrator may
/// have chosen another method than the vendor's usual one.
fn registered(client: &Client, profile: &Profile) -> Behaviour {
    let described = Behaviour::from(&profile.behaviour);
    let usual = Behaviour::of_client(client);
    let fits = match client.settings.auth_method {
        AuthMethod::Basic => {
            matches!(described.auth_method, SentAuth::BasicRaw | SentAuth::BasicForm)
        }
        AuthMethod::Post => described.auth_method == SentAuth::Post,
        AuthMethod::BasicOrPost => described.auth_method != SentAuth::None,
        AuthMethod::None => described.auth_method == SentAuth::None,
    };
    Behaviour {
        auth_method: if fits { described.auth_method } else { usual.auth_method },
        pkce: described.pkce || client.settings.requires_pkce(),
        ..described
    }
}

/// Begins a trial in this session: where to send its browser. A chosen `behaviour` takes the place
/// of the planned one.
pub async fn start(
    act: Act<'_>,
    session: SessionId,
    client_id: &str,
    secret: SecretChoice,
    behaviour: Option<Behaviour>,
) -> Result<String, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let mut plan = plan(act, client_id).await?;
    // Nobody chooses the order of the scopes: it is the library's.
    let scope_order = plan.behaviour.scope_order;
    plan.behaviour = Behaviour { scope_order, ..behaviour.unwrap_or(plan.behaviour) };
    judge(&plan)?;
    let (used, text, made) = choose(act, &plan.client, secret)?;
    let id = TrialId(act.core.ids.next(act.now));
    let token = Opaque::<TrialToken>::new(id.0, *random::secret_bytes());
    let redirect_uri = address(&act.core.config.issuer, &plan.client.client_id, &token);
    let (url, memory) =
        authorize::begin(&plan.party(act.core, &redirect_uri, None, None), Vec::new());
    let trial = Trial {
        id,
        org: act.org,
        client: plan.client.key,
        session,
        digest: token.digest(),
        created_at: act.now,
        expires_at: act.now.plus(LIFETIME),
        admitted_at: None,
        answered_at: None,
        case_code: None,
    };
    let about = About::Client(plan.client.client_id.clone());
    let after = json!({ "trial": id.0.to_string(), "secret": used, "behaviour": plan.behaviour });
    let mut events = vec![act.event("client.trial_started", about, Value::Null, after)];
    let sealed = seal(
        act.core,
        &open_context(id),
        &Sealed {
            memory,
            behaviour: plan.behaviour,
            expects: plan.expects,
            scope: plan.scope,
            used,
            secret: text.map(|text| KeptSecret(text.to_string())),
            secret_row: made.as_ref().map(|made| made.kept.id.0),
        },
    )?;
    let (org, key) = (act.org, plan.client.key);
    act.core
        .store
        .write(move |tx| {
            tx.insert_trial(&trial, &sealed)?;
            if let Some(made) = made {
                tx.add_client_secret(org, key, &made.kept)?;
                events.push(made.event);
            }
            tx.record(events)
        })
        .await?;
    Ok(url)
}

impl Plan {
    fn party<'a>(
        &'a self,
        core: &'a Core,
        redirect_uri: &'a str,
        secret: Option<&'a SecretString>,
        mark: Option<&'a str>,
    ) -> Party<'a> {
        Party {
            issuer: &core.config.issuer,
            client_id: &self.client.client_id.0,
            secret,
            redirect_uri,
            scope: &self.scope,
            id_token_alg: self.client.settings.id_token_alg,
            behaviour: self.behaviour,
            expects: &self.expects,
            mark,
        }
    }
}

/// Whether there is anything to try.
fn judge(plan: &Plan) -> Result<(), ServiceFault> {
    let client = &plan.client;
    if client.status != Status::Active {
        return Err(ServiceFault::Conflict(format!(
            "{} is switched off, so nobody can sign in with it; switch it on and try again",
            client.client_id
        )));
    }
    if !client.settings.grant_types.contains(&GrantType::AuthorizationCode) {
        return Err(ServiceFault::Conflict(format!(
            "{} is not registered for authorization_code: there is no sign-in to try. What it does \
             is tried without a browser",
            client.client_id
        )));
    }
    let sends_secret = plan.behaviour.auth_method != SentAuth::None;
    if client.settings.is_public() == sends_secret {
        let problem = match sends_secret {
            true => "the client is public and has no secret; choose none",
            false => "the client has a secret and must send it; choose basic or post",
        };
        return Err(ServiceFault::invalid("auth_method", problem));
    }
    Ok(())
}

type Chosen = (SecretUsed, Option<Zeroizing<String>>, Option<clients::SecretMade>);

fn choose(act: Act<'_>, client: &Client, choice: SecretChoice) -> Result<Chosen, ServiceFault> {
    if client.settings.is_public() {
        return Ok((SecretUsed::None, None, None));
    }
    match choice {
        SecretChoice::Given(text) => {
            let text = Zeroizing::new(text.expose_secret().to_owned());
            if text.is_empty() || text.len() > MAX_SECRET {
                let problem = format!(
                    "{} characters came, 1 to {MAX_SECRET} were expected; paste the vendor's \
                     secret, or let one be made for the test",
                    text.len()
                );
                return Err(ServiceFault::invalid("secret", problem));
            }
            Ok((SecretUsed::Given, Some(text), None))
        }
        SecretChoice::Temporary => {
            let ends = act.now.plus(LIFETIME);
            let (made, text) = clients::secret_for(act, client, LABEL, Some(ends))?;
            Ok((SecretUsed::Temporary, Some(text), Some(made)))
        }
    }
}

/// What came of a trial.
pub async fn report(act: Act<'_>, client_id: &str, id: TrialId) -> Result<Shown, ServiceFault> {
    let client = clients::find(act, client_id).await?;
    let kept = act.core.store.trial(act.org, client.key, id).await?;
    kept.map(|kept| shown(act, kept)).ok_or_else(|| unknown(&id.0.to_string()))
}

/// The latest trials of a client, newest first.
pub async fn recent(act: Act<'_>, client_id: &str) -> Result<Vec<Shown>, ServiceFault> {
    let client = clients::find(act, client_id).await?;
    let kept = act.core.store.trials(act.org, client.key).await?;
    Ok(kept.into_iter().map(|kept| shown(act, kept)).collect())
}

fn shown(act: Act<'_>, kept: vestibule_store::trials::KeptTrial) -> Shown {
    let trial = kept.trial;
    let report = kept.report.and_then(|text| open(act.core, &report_context(trial.id), &text).ok());
    let progress = match (report, trial.answered_at) {
        (Some(report), _) => Progress::Reported(Box::new(report)),
        (None, Some(_)) => Progress::Interrupted,
        (None, None) if trial.expires_at <= act.now => Progress::Expired,
        (None, None) => Progress::Waiting,
    };
    Shown { trial, progress }
}

fn unknown(name: &str) -> ServiceFault {
    ServiceFault::NotFound {
        what: "test of this client",
        name: texts::cut(name),
        hint: "it may have ended; begin another one",
    }
}

fn open_context(id: TrialId) -> String {
    format!("trial {}", id.0)
}

fn report_context(id: TrialId) -> String {
    format!("trial report {}", id.0)
}

fn seal<T: Serialize>(core: &Core, context: &str, value: &T) -> Result<String, ServiceFault> {
    let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| sealing())?);
    core.masters.seal(&plain, context, random::bytes()).map_err(|_| sealing())
}

fn open<T: for<'a> Deserialize<'a>>(
    core: &Core,
    context: &str,
    sealed: &str,
) -> Result<T, ServiceFault> {
    let plain = core.masters.open(sealed, context).map_err(|_| sealing())?;
    serde_json::from_slice(&plain).map_err(|_| sealing())
}

fn sealing() -> ServiceFault {
    let text = "what was kept of the test cannot be opened: the master key was changed meanwhile; \
                begin another one";
    ServiceFault::Conflict(text.to_owned())
}
