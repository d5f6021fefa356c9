//! The running server's state: one value, passed to every handler.

use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use vestibule_keys::password::Params as HashParams;
use vestibule_keys::{Audience, Expect, PasswordPool, PoolConfig, Typ};
use vestibule_protocol::Timestamp;
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::session::SessionPolicy;
use vestibule_store::changes::{Change, RecordEvents};
use vestibule_store::throttles::ThrottlePolicy;
use vestibule_store::{Guard, StoreError};

use crate::attempt::Attempt;
use crate::brands::Brands;
use crate::client_cache::ClientCache;
use crate::core::{Core, OpenFault};
use crate::documents::Documents;
use crate::http::body::FormBounds;
use crate::http::caller::{self, AddressRange};
use crate::http::connections::Connections;
use crate::http::cookies::CookieJar;
use crate::http::csp::{self, Policy, Transport};
use crate::i18n::Tr;
use crate::issuer::Issuer;
use crate::key_watch::KeyWatch;
use crate::limits::AddressLimit;
use crate::pages::views::Brand;
use crate::playground::Playground;
use crate::secret_uses::SecretUses;
use crate::telemetry::metrics;
use crate::userinfo_reads::UserinfoReads;

/// How many lines of the event log strangers at one address may cause within a minute.
const RECORDED_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(239);

/// How many requests may begin to wait for each sign-in that an address is allowed: many are begun
/// that nobody ends.
const STARTS_PER_SIGN_IN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// Everything a handler needs. It derefs to [`Core`].
pub struct App {
    core: Core,
    /// Who we are.
    pub issuer: Issuer,
    /// Clients, cached.
    pub clients: ClientCache,
    /// Uses of client secrets, to be written down.
    pub secret_uses: SecretUses,
    /// Who has fetched the key set, to be written down.
    pub key_watch: KeyWatch,
    /// Reads of userinfo, to be written down.
    pub userinfo_reads: UserinfoReads,
    /// Password hashing.
    pub passwords: PasswordPool,
    /// Our cookies.
    pub cookies: CookieJar,
    /// When a session that is not used ends.
    pub sessions: SessionPolicy,
    /// When a session ends whatever its use.
    pub session_lifetime: Duration,
    /// How long a request waits for its user.
    pub pending_lifetime: Duration,
    /// How guesses are slowed down.
    pub throttle: ThrottlePolicy,
    /// After so many guesses in a row only a trusted browser or an admin helps.
    pub guess_cap: u32,
    /// Sign-ins by address.
    pub sign_in_limit: AddressLimit,
    /// Failed client authentications by address.
    pub client_failure_limit: AddressLimit,
    /// Requests that begin to wait for their user, by address.
    pub start_limit: AddressLimit,
    /// Lines of the event log that strangers cause, by address.
    pub record_limit: AddressLimit,
    /// Bounds of a form.
    pub form_bounds: FormBounds,
    /// Proxies whose word on the caller's address counts.
    pub trusted_proxies: Vec<AddressRange>,
    /// What the pages of organizations and clients wear.
    pub brands: Brands,
    /// Whose pages these are.
    pub brand: Arc<Brand>,
    /// The language of those who ask for none that we have.
    pub default_language: Tr,
    /// Connections that are open.
    pub connections: Arc<Connections>,
    /// How browsers reach us.
    pub transport: Transport,
    /// The headers of every answer that sets none of its own.
    pub common_headers: Vec<(HeaderName, HeaderValue)>,
    /// Discovery and key set, rendered.
    pub documents: Documents,
    /// The relying party that development brings along.
    pub playground: Option<Playground>,
    draining: AtomicBool,
}

impl Deref for App {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

/// What a verified `id_token_hint` says.
pub struct Hint {
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub audience: String,
    /// `sid`, for clients that get one.
    pub sid: Option<String>,
}

impl App {
    /// Starts the pools and renders the documents.
    pub fn new(core: Core) -> Result<Self, OpenFault> {
        let config = Arc::clone(&core.config);
        let issuer = config.issuer.clone();
        let transport = Transport::of(&issuer);
        Ok(Self {
            clients: ClientCache::default(),
            brands: Brands::default(),
            secret_uses: SecretUses::default(),
            key_watch: KeyWatch::default(),
            userinfo_reads: UserinfoReads::default(),
            passwords: PasswordPool::start(pool(&config.password))?,
            cookies: CookieJar::new(&issuer, config.session.trusted_device),
            sessions: SessionPolicy { idle: config.session.idle },
            session_lifetime: config.session.absolute,
            pending_lifetime: config.session.sign_in_within,
            throttle: ThrottlePolicy {
                free: config.limits.account_free_failures,
                window: config.limits.account_window,
                first_delay: Duration::from_secs(1),
                longest_delay: config.limits.account_longest_delay,
            },
            guess_cap: config.limits.account_hard_cap,
            sign_in_limit: AddressLimit::per_minute(config.limits.sign_in_per_minute),
            client_failure_limit: AddressLimit::per_minute(
                config.limits.client_failures_per_minute,
            ),
            start_limit: AddressLimit::per_minute(
                config.limits.sign_in_per_minute.saturating_mul(STARTS_PER_SIGN_IN),
            ),
            record_limit: AddressLimit::per_minute(RECORDED_PER_MINUTE),
            form_bounds: FormBounds {
                bytes: config.limits.form_body,
                patience: config.limits.body_timeout,
            },
            trusted_proxies: config.server.trusted_proxies.clone(),
            brand: Arc::new(Brand {
                name: config.branding.name.clone(),
                issuer_host: issuer.host().to_owned(),
                help: config.branding.support.clone(),
                development: config.development,
                mount: issuer.mount().to_owned(),
            }),
            default_language: Tr::of(&config.locales.default).unwrap_or_default(),
            connections: Arc::new(Connections::new(
                config.limits.keep_alive + config.limits.head_timeout,
                config.limits.connections_per_address,
                config.server.trusted_proxies.clone(),
            )),
            transport,
            common_headers: headers(csp::headers(Policy::Json, transport)),
            documents: Documents::render(&issuer, &core.keys, &config),
            playground: None,
            draining: AtomicBool::new(false),
            issuer,
            core,
        })
    }

    /// Writes lines to the event log. A refusal is answered whether or not it could be recorded.
    pub async fn record(&self, events: Vec<Event>) {
        let outcome = events.first().map_or(EventOutcome::Success, |event| event.outcome);
        if let Err(error) = self.conclude(RecordEvents { events }, outcome).await {
            tracing::warn!(%error, "events were not recorded");
        }
    }

    /// Applies what an attempt has come to, and counts what it has done.
    pub async fn apply(&self, change: impl Into<Change>) -> Result<Guard, StoreError> {
        let change = change.into();
        let done = change.events().iter().filter(|event| event.outcome == EventOutcome::Success);
        let done: Vec<String> = done.map(|event| event.kind.clone()).collect();
        let guard = self.store.apply(change).await?;
        if guard == Guard::Held {
            done.iter().for_each(|kind| metrics::auth_success(kind));
        }
        Ok(guard)
    }

    /// Applies what ends an attempt so. Where we have failed, mostly because the store kept it waiting in
    /// vain, it does not wait for the store once more.
    pub async fn conclude(
        &self,
        change: impl Into<Change>,
        outcome: EventOutcome,
    ) -> Result<Guard, StoreError> {
        match outcome {
            EventOutcome::Failed => self.store.leave(change).map(|()| Guard::Held),
            EventOutcome::Success | EventOutcome::Refused => self.apply(change).await,
        }
    }

    /// Writes a refusal to the event log, unless it is one too many of its address.
    pub async fn record_refusal(&self, http: &HttpRequest, attempt: &Attempt, refusal: Event) {
        if self.is_worth_recording(http, attempt) {
            self.record(vec![refusal]).await;
        }
    }

    /// Whether the event log takes one more line of this attempt. Of those who have proved nothing yet
    /// each address has a budget, so that strangers do not fill it (invariant I28).
    pub fn is_worth_recording(&self, http: &HttpRequest, attempt: &Attempt) -> bool {
        let address = || caller::address(http, &self.trusted_proxies);
        !attempt.is_a_strangers() || self.record_limit.admit(address()).is_ok()
    }

    /// Verifies an ID token of ours, expired or not (OIDC Core §3.1.2.1 `id_token_hint`).
    pub fn verify_id_token_hint(&self, hint: &str, now: Timestamp) -> Option<Hint> {
        let expect = Expect {
            typ: Typ::AbsentOr("JWT"),
            issuer: self.issuer.as_str(),
            audience: Audience::Present,
            allow_expired: true,
            now_ms: now.as_millis(),
            leeway_ms: 0,
        };
        let claims = self.keys.verify(hint, &expect).ok()?.claims;
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        Some(Hint { subject: text("sub")?, audience: text("aud")?, sid: text("sid") })
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// From now on the server is about to stop: it says so to those who look after it.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

fn pool(password: &crate::config::password::Password) -> PoolConfig {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if password.threads == 0 { cores } else { password.threads };
    let params = HashParams {
        memory_kib: password.memory_kib,
        passes: password.iterations,
        lanes: password.parallelism,
    };
    let (queue, wait) = (password.queue, password.patience);
    PoolConfig { params, queue, wait, ..PoolConfig::new(threads) }
}

fn headers(named: Vec<(&'static str, String)>) -> Vec<(HeaderName, HeaderValue)> {
    let pairs = named.into_iter();
    pairs
        .filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        })
        .collect()
}
