//! What the hot changes cost:
//! `cargo run --release -p vestibule-store --example committer [PAIRS [URL]]`.
//!
//! Issues codes and redeems them from many callers at once, with durable commits, and prints pairs
//! per second and the process's CPU time for each. Without a URL it uses a SQLite file in a
//! temporary folder; a PostgreSQL database must be empty. With a million pairs it shows what a
//! filled store costs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vestibule_protocol::Timestamp;
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::{Client, ClientSettings, Status};
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::grant::{AccessTokenRecord, Authorization, Grant, Terms};
use vestibule_protocol::ids::{
    AccessTokenId, AuthorizationId, ClientId, ClientKey, EventId, GrantId, OrderedIds, OrgId,
    SessionId, Subject, UserId,
};
use vestibule_protocol::opaque::Digest;
use vestibule_protocol::scope::Scope;
use vestibule_protocol::session::{Acr, Authentication, Session};
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::changes::{ConsentBasis, IssueCode, RedeemCode, StartSession};
use vestibule_store::{Guard, Store, StoreError, StoreOptions};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const SESSIONS: usize = 5000;
const READS: usize = 100_000;

struct World {
    store: Store,
    ids: OrderedIds,
    user: User,
    client: Client,
    session: Session,
    sessions: Vec<SessionId>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), StoreError> {
    let folder = std::env::temp_dir().join(format!("vestibule-committer-{}", std::process::id()));
    let pairs_each = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(40_000);
    let url = match std::env::args().nth(2) {
        Some(url) => url,
        None => sqlite_in(&folder)?,
    };
    let options = StoreOptions { queue_length: 8192, ..StoreOptions::default() };
    let store = Store::create(&url, options)?;
    store.migrate()?;
    let world = Arc::new(World::new(store).await?);
    for callers in [1, 16, 64, 256] {
        pairs(&world, callers, pairs_each).await?;
    }
    reads(&world).await?;
    let _unused = std::fs::remove_dir_all(&folder);
    Ok(())
}

fn sqlite_in(folder: &PathBuf) -> Result<String, StoreError> {
    std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(format!("sqlite:{}", folder.join("vestibule.db").display()))
}

async fn pairs(world: &Arc<World>, callers: usize, most: usize) -> Result<(), StoreError> {
    let total = if callers == 1 { most.min(2000) } else { most };
    let left = Arc::new(AtomicUsize::new(total));
    let (began, cpu) = (now(), cpu_seconds());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (world, left) = (world.clone(), left.clone());
            tokio::spawn(async move {
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    world.pair().await?;
                }
                Ok::<(), StoreError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| StoreError::Database(error.to_string()))??;
    }
    report(&format!("{callers:>3} callers, code + redemption"), total, began, cpu);
    Ok(())
}

async fn reads(world: &Arc<World>) -> Result<(), StoreError> {
    let (authorization, token) = world.pair().await?;
    let (began, cpu) = (now(), cpu_seconds());
    for _ in 0..READS {
        world.store.code_facts(authorization).await?;
    }
    report("code_facts", READS, began, cpu);
    let (began, cpu) = (now(), cpu_seconds());
    for _ in 0..READS {
        world.store.access_token_facts(token).await?;
    }
    report("access_token_facts", READS, began, cpu);
    let (began, cpu) = (now(), cpu_seconds());
    for _ in 0..READS {
        world.store.authorize_facts(world.session.id, world.client.key).await?;
    }
    report("authorize_facts", READS, began, cpu);
    Ok(())
}

impl World {
    async fn new(store: Store) -> Result<Self, StoreError> {
        let ids = OrderedIds::new(1);
        let user = User {
            id: UserId(ids.next(NOW)),
            org: OrgId::ROOT,
            subject: Subject("b4c1e6a0-subject".to_owned()),
            status: Status::Active,
            claims: StandardClaims {
                given_name: Some("Ada".to_owned()),
                family_name: Some("Lovelace".to_owned()),
                email: Some("ada@clinic.test".to_owned()),
                email_verified: true,
                ..StandardClaims::default()
            },
            groups: BTreeSet::new(),
            external_id: None,
            account_type: None,
            test: false,
            not_before: Timestamp::from_millis(0),
            created_at: NOW,
            updated_at: NOW,
        };
        let client = Client {
            key: ClientKey(ids.next(NOW)),
            org: OrgId::ROOT,
            client_id: ClientId(format!("client-{}", ids.next(NOW))),
            name: "Demo".to_owned(),
            status: Status::Active,
            settings: ClientSettings::default(),
            secrets: Vec::new(),
            created_at: NOW,
            updated_at: NOW,
        };
        let session = Session {
            id: SessionId(ids.next(NOW)),
            org: OrgId::ROOT,
            user: user.id,
            sid: "sid".to_owned(),
            authentication: Authentication {
                at: NOW,
                acr: Acr::SingleFactor,
                amr: BTreeSet::from(["pwd".to_owned()]),
            },
            created_at: NOW,
            last_seen_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(86_400)),
            ended_at: None,
        };
        let (new_user, new_client) = (user.clone(), client.clone());
        store
            .write(move |tx| {
                tx.insert_user(&new_user, &[])?;
                tx.insert_client(&new_client)
            })
            .await?;
        let start = StartSession {
            session: session.clone(),
            digest: Digest::of(b"session"),
            replaces: None,
            progress: None,
            clears: Vec::new(),
            password_set_at: None,
            rehash: None,
            events: Vec::new(),
        };
        let mut sessions = Vec::with_capacity(SESSIONS);
        for _ in 0..SESSIONS {
            let mut start = start.clone();
            start.session.id = SessionId(ids.next(NOW));
            sessions.push(start.session.id);
            held(store.apply(start).await?)?;
        }
        held(store.apply(start).await?)?;
        Ok(Self { store, ids, user, client, session, sessions })
    }

    fn event(&self, kind: &str, case_code: CaseCode) -> Event {
        Event {
            id: EventId(self.ids.next(NOW)),
            org: OrgId::ROOT,
            at: NOW,
            kind: kind.to_owned(),
            outcome: EventOutcome::Success,
            case_code: Some(case_code),
            client: Some(self.client.client_id.clone()),
            subject: Some(self.user.subject.clone()),
            reason: None,
            facts: serde_json::json!({"scope": "email openid profile"}),
        }
    }

    async fn pair(&self) -> Result<(AuthorizationId, AccessTokenId), StoreError> {
        let id = self.ids.next(NOW);
        let place = usize::try_from(id).unwrap_or(0).wrapping_mul(7919) % self.sessions.len();
        let session = self.sessions.get(place).copied().unwrap_or(self.session.id);
        let case_code = CaseCode::from_random(u32::try_from(id >> 10 & 0xffff_ffff).unwrap_or(0));
        let terms = Terms {
            scope: Scope::of(["openid", "email", "profile"]),
            scope_differs: false,
            claims: vestibule_protocol::authorize::claims_request::ClaimsRequest::default(),
            attributes: Default::default(),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            authentication: self.session.authentication.clone(),
            trial: false,
        };
        let authorization = Authorization {
            id: AuthorizationId(id),
            digest: Digest::of(b"code"),
            org: OrgId::ROOT,
            client: self.client.key,
            user: self.user.id,
            session,
            terms: terms.clone(),
            redirect_uri: "https://rp.test/callback/".to_owned(),
            redirect_uri_was_sent: true,
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
            case_code,
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(60)),
            redeemed_at: None,
        };
        let issue = IssueCode {
            authorization,
            consent: ConsentBasis::Implied,
            completes: None,
            touch: None,
            events: vec![self.event("authorize.granted", case_code)],
        };
        held(self.store.apply(issue).await?)?;
        let access_token = AccessTokenRecord {
            id: AccessTokenId(self.ids.next(NOW)),
            digest: Digest::of(b"token"),
            org: OrgId::ROOT,
            client: self.client.key,
            grant: Some(GrantId(id)),
            scope: terms.scope.clone(),
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(300)),
            revoked_at: None,
        };
        let token = access_token.id;
        let redeem = RedeemCode {
            id: AuthorizationId(id),
            at: NOW,
            grant: Grant {
                id: GrantId(id),
                org: OrgId::ROOT,
                client: self.client.key,
                user: self.user.id,
                session,
                terms,
                case_code,
                created_at: NOW,
                revoked_at: None,
            },
            access_token,
            refresh: None,
            events: vec![self.event("token.issued", case_code)],
        };
        held(self.store.apply(redeem).await?)?;
        Ok((AuthorizationId(id), token))
    }
}

fn held(guard: Guard) -> Result<(), StoreError> {
    match guard {
        Guard::Held => Ok(()),
        Guard::Lost => Err(StoreError::Database("a guard was lost".to_owned())),
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}

/// User and system time of this process, as the kernel counts it: in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| -> f64 {
        fields.get(index).and_then(|field| field.parse().ok()).unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn report(what: &str, count: usize, began: Instant, cpu: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    let count = count as f64;
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!(
        "{what:<32} {:>8.0} /s   {:>6.1} µs CPU each   {:>6.1} µs wall each",
        count / wall,
        cpu / count * 1e6,
        wall / count * 1e6,
    );
}
