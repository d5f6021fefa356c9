//! Signing a user in by password: load, decide, commit.
//!
//! Unknown, disabled and mistyped accounts answer alike and take equally long (invariant I23).
//! Guesses are counted by account, over all its names and over all nodes and addresses; a browser
//! on which the user has signed in before has a budget of its own, so that a stranger cannot lock
//! the owner out (invariant I24).

mod budget;
mod device;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use actix_web::HttpRequest;
use serde_json::json;
use vestibule_keys::PoolError;
use vestibule_protocol::authorize::interaction::Progress;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{OrgId, PendingId, SessionId};
use vestibule_protocol::opaque::{Digest, Opaque, SessionToken};
use vestibule_protocol::password_policy::normalize;
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::session::{Acr, Authentication, Session};
use vestibule_store::Guard;
use vestibule_store::changes::StartSession;
use vestibule_store::credentials::PasswordHash;
use vestibule_store::facts::{SessionFacts, SignInFacts};
use vestibule_store::throttles::ThrottleKey;
use zeroize::Zeroizing;

use crate::app::App;
use crate::attempt::Attempt;
use crate::clock::Stopwatch;
use crate::http::answer::store_fault;
use crate::pages::views::SignInFault;
use crate::random;
use crate::telemetry::metrics;

/// What came with the form.
pub struct Submitted<'a> {
    /// Whose accounts are looked at.
    pub org: OrgId,
    /// The organizations whose accounts are looked at before those, by their slugs.
    pub named: Vec<String>,
    /// As it was typed.
    pub username: &'a str,
    /// As it was typed.
    pub password: Zeroizing<String>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The device note, if the browser has one.
    pub device: Option<String>,
    /// The session that the browser presents, with its token's digest; it ends (invariant I18).
    pub replaces: Option<(SessionId, Digest<SessionToken>)>,
    /// The request that waits for the sign-in.
    pub pending: Option<PendingId>,
    /// The longest that the session lives.
    pub lifetime: Duration,
}

/// How it went.
pub enum Verdict {
    /// The password was right.
    SignedIn(Box<SignedIn>),
    /// It was not, or was not looked at.
    Refused(SignInFault),
}

/// A new session.
pub struct SignedIn {
    /// For the cookie.
    pub token: Opaque<SessionToken>,
    /// For the device cookie.
    pub device: String,
    /// The session, as a later request would load it.
    pub facts: SessionFacts,
}

/// Longest user name that is looked at, in bytes; longer ones name nobody.
const MAX_USERNAME: usize = 320;
/// Longest password that is hashed, in bytes; longer ones match nothing.
const MAX_PASSWORD: usize = 1024;

/// Checks a password and starts a session.
pub async fn attempt(
    app: &App,
    mut attempt: Attempt,
    submitted: Submitted<'_>,
) -> Result<Verdict, Reason> {
    if let Some(fault) = missing(&submitted) {
        return Ok(Verdict::Refused(fault));
    }
    app.sign_in_limit
        .admit(submitted.address)
        .map_err(|wait| Reason::TooManyRequests { retry_after_seconds: wait.as_secs().max(1) })?;
    let identifier = budget::identifier(submitted.username);
    let facts = match &identifier {
        Some(name) => {
            let named = submitted.named.clone();
            app.store.sign_in_facts(submitted.org, named, name.clone()).await
        }
        None => Ok(None),
    };
    let facts = facts.map_err(store_fault("finding the account"))?;
    let user = facts.as_ref().map(|facts| &facts.user);
    let key = budget::key(app, &submitted, identifier.as_deref(), user);
    if let Some(seconds) = budget::take(app, &key, attempt.now).await? {
        return Ok(Verdict::Refused(SignInFault::Throttled { seconds }));
    }
    if let Some(user) = user {
        attempt.concerns_user(user);
    }
    let watch = Stopwatch::start();
    let password = check_password(app, facts.as_ref(), &submitted).await?;
    match (facts, password) {
        (Some(facts), Password::Right { outdated }) if may_sign_in(&facts) => {
            let rehash = match outdated {
                true => rehashed(app, facts.password.as_ref(), &submitted).await,
                false => None,
            };
            start(app, &attempt, facts, &submitted, key, rehash).await
        }
        (facts, _) => {
            // An account that came with a hash of another cost would be told by its time.
            tokio::time::sleep(app.passwords.pace().saturating_sub(watch.elapsed())).await;
            Ok(failed(app, &attempt, facts.as_ref()).await)
        }
    }
}

fn missing(submitted: &Submitted<'_>) -> Option<SignInFault> {
    match (submitted.username.trim().is_empty(), submitted.password.is_empty()) {
        (true, true) => Some(SignInFault::BothMissing),
        (true, false) => Some(SignInFault::UsernameMissing),
        (false, true) => Some(SignInFault::PasswordMissing),
        (false, false) => None,
    }
}

fn may_sign_in(facts: &SignInFacts) -> bool {
    facts.user.status == Status::Active && facts.organization.status == Status::Active
}

/// How a password compared.
enum Password {
    Right { outdated: bool },
    Wrong,
}

/// Hashes what was typed whether or not there is anything to compare it with.
async fn check_password(
    app: &App,
    facts: Option<&SignInFacts>,
    submitted: &Submitted<'_>,
) -> Result<Password, Reason> {
    let stored = facts.and_then(|facts| facts.password.as_ref());
    let typed = &submitted.password;
    let watch = Stopwatch::start();
    let checked = match stored.filter(|_| typed.len() <= MAX_PASSWORD) {
        Some(password) => app.passwords.verify(&password.hash, normalize(typed)).await,
        None => app.passwords.verify_nobody(Zeroizing::new("unknown".to_owned())).await,
    };
    metrics::password_hash(watch.elapsed());
    match checked.map_err(pool_fault)? {
        verdict if verdict.matches() => Ok(Password::Right { outdated: verdict.needs_rehash() }),
        _ => Ok(Password::Wrong),
    }
}

/// A full hashing queue is our load, not the user's fault.
pub fn pool_fault(error: PoolError) -> Reason {
    match error {
        PoolError::Full { .. } => Reason::Overloaded { queue: "password hashing" },
        error => {
            tracing::error!(%error, "a password could not be hashed");
            Reason::ServerFault { during: "checking the password" }
        }
    }
}

/// The password under today's parameters. It is an improvement: if it fails, the sign-in goes on.
async fn rehashed(
    app: &App,
    stored: Option<&PasswordHash>,
    submitted: &Submitted<'_>,
) -> Option<PasswordHash> {
    let stored = stored?;
    let hashed = app.passwords.hash(normalize(&submitted.password), random::bytes()).await;
    hashed.ok().map(|hash| PasswordHash { hash, ..stored.clone() })
}

/// The guess is counted already; what is left is to say so.
async fn failed(app: &App, attempt: &Attempt, facts: Option<&SignInFacts>) -> Verdict {
    let why = match facts {
        None => "unknown_account",
        Some(facts) if facts.password.is_none() => "no_password",
        Some(facts) if facts.user.status != Status::Active => "account_disabled",
        Some(facts) if facts.organization.status != Status::Active => "organization_disabled",
        Some(_) => "wrong_password",
    };
    let event = attempt.refused_because(app, "session.refused", why, serde_json::Value::Null);
    app.record(vec![event]).await;
    Verdict::Refused(SignInFault::NotRight)
}

async fn start(
    app: &App,
    attempt: &Attempt,
    facts: SignInFacts,
    submitted: &Submitted<'_>,
    key: ThrottleKey,
    rehash: Option<PasswordHash>,
) -> Result<Verdict, Reason> {
    let now = attempt.now;
    let id = SessionId(app.ids.next(now));
    let token = Opaque::<SessionToken>::new(id.0, random::bytes());
    let amr = BTreeSet::from(["pwd".to_owned()]);
    let session = Session {
        id,
        org: facts.user.org,
        user: facts.user.id,
        sid: random::text::<16>(),
        authentication: Authentication { at: now, acr: Acr::SingleFactor, amr },
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(submitted.lifetime),
        ended_at: None,
    };
    let progress = Progress { signed_in: Some(id), chosen: None };
    let change = StartSession {
        session: session.clone(),
        digest: token.digest(),
        replaces: submitted.replaces,
        progress: submitted.pending.map(|pending| (pending, progress)),
        clears: vec![key],
        password_set_at: facts.password.as_ref().map(|password| password.updated_at),
        rehash,
        events: vec![attempt.done(app, "session.started", json!({ "amr": ["pwd"] }))],
    };
    match app.apply(change).await.map_err(store_fault("starting the session"))? {
        Guard::Held => {}
        // The account was switched off between looking and writing, or has another password.
        Guard::Lost => return Ok(Verdict::Refused(SignInFault::NotRight)),
    }
    let device = device::note(&app.digests, facts.user.id, submitted.device.as_deref());
    let facts = SessionFacts {
        session,
        digest: token.digest(),
        user: facts.user,
        organization: facts.organization,
    };
    Ok(Verdict::SignedIn(Box::new(SignedIn { token, device, facts })))
}

/// The browser's live session, if it has one.
pub async fn current(app: &App, http: &HttpRequest) -> Result<Option<SessionFacts>, Reason> {
    let Some(token) = app.cookies.session(http) else { return Ok(None) };
    let facts = app.store.session_facts(SessionId(token.id())).await;
    let facts = facts.map_err(store_fault("loading the session"))?;
    let now = app.clock.now();
    Ok(facts.filter(|facts| {
        let session = &facts.session;
        facts.digest == token.digest()
            && facts.user.status == Status::Active
            && facts.organization.status == Status::Active
            && session.ended_at.is_none()
            && now < session.expires_at
            && now.since(session.last_seen_at) <= app.sessions.idle
            && facts.user.not_before <= session.created_at
    }))
}
