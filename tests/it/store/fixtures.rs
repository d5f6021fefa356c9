//! A small world to write into: an organization's user, a client, a session.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::time::Duration;

use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::claims_request::ClaimsRequest;
use vestibule_protocol::authorize::interaction::{PendingAuthorization, Progress};
use vestibule_protocol::authorize::request::{AuthorizationRequest, ResponseMode};
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::{Client, ClientSecret, ClientSettings, SecretDigest, Status};
use vestibule_protocol::event::{Event, EventOutcome};
use vestibule_protocol::grant::{
    AccessTokenRecord, Authorization, Grant, RefreshGeneration, Terms,
};
use vestibule_protocol::ids::{
    AccessTokenId, AuthorizationId, ClientId, ClientKey, ClientSecretId, EventId, GrantId,
    OrderedIds, OrgId, PendingId, RefreshTokenId, SessionId, Subject, UserId,
};
use vestibule_protocol::opaque::Digest;
use vestibule_protocol::scope::Scope;
use vestibule_protocol::session::{Acr, Authentication, Session};
use vestibule_protocol::user::{StandardClaims, User};
use vestibule_store::changes::{
    ConsentBasis, EndSession, IssueCode, RedeemCode, RotateRefresh, StartSession,
};
use vestibule_store::organizations::Organization;
use vestibule_store::users::{Identifier, IdentifierKind};
use vestibule_store::{Guard, Store};
use vestibule_tests::databases::Database;

/// The moment at which the tests play.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// One store with a user, a client and a session in it.
pub struct World {
    pub store: Store,
    pub ids: OrderedIds,
    pub user: User,
    pub client: Client,
    pub session: Session,
}

impl World {
    /// A world in the root organization.
    pub async fn new(database: &Database) -> Self {
        Self::within(database.store(), OrgId::ROOT).await
    }

    /// A world in this organization, which must exist.
    pub async fn within(store: Store, org: OrgId) -> Self {
        // Each world draws ids as a node of its own.
        static NODES: AtomicU16 = AtomicU16::new(0);
        let ids = OrderedIds::new(NODES.fetch_add(1, Ordering::Relaxed));
        let user = user(org, UserId(ids.next(NOW)), "ada@clinic.test");
        let client = client(org, ClientKey(ids.next(NOW)));
        let (new_user, new_client) = (user.clone(), client.clone());
        store
            .write(move |tx| {
                tx.insert_user(&new_user, &[email("ada@clinic.test")])?;
                tx.insert_client(&new_client)
            })
            .await
            .unwrap();
        let session = session(org, SessionId(ids.next(NOW)), user.id);
        let world = Self { store, ids, user, client, session };
        assert_eq!(world.store.apply(world.sign_in()).await.unwrap(), Guard::Held);
        world
    }

    /// A world in an organization below the root, so that it can be switched off.
    pub async fn new_in_sub_organization(database: &Database, slug: &str) -> Self {
        let store = database.store();
        static ORGANIZATIONS: AtomicI64 = AtomicI64::new(2);
        let organization = Organization {
            id: OrgId(ORGANIZATIONS.fetch_add(1, Ordering::Relaxed)),
            parent: Some(OrgId::ROOT),
            slug: slug.to_owned(),
            name: format!("Clinic {slug}"),
            status: Status::Active,
            created_at: NOW,
            updated_at: NOW,
        };
        let id = organization.id;
        store.write(move |tx| tx.insert_organization(&organization)).await.unwrap();
        Self::within(store, id).await
    }

    /// Ends the session, disables the user and so on: what a token's guard relies on.
    pub async fn take_away(&self, ground: &str) {
        let (org, user, at) = (self.user.org, self.user.id, later(1));
        let mut client = self.client.clone();
        let session = self.session.id;
        let done = match ground {
            "session" => {
                let end = EndSession { id: session, at, events: Vec::new() };
                assert_eq!(self.store.apply(end).await.unwrap(), Guard::Held);
                Ok(())
            }
            "user" => {
                self.store
                    .write(move |tx| tx.set_user_status(org, user, Status::Disabled, at))
                    .await
            }
            "not before" => self.store.write(move |tx| tx.sign_out_everywhere(org, user, at)).await,
            "client" => {
                client.status = Status::Disabled;
                self.store.write(move |tx| tx.update_client(&client, at).map(|_| ())).await
            }
            "organization" => self.store.write(move |tx| tx.disable_organization(org, at)).await,
            other => panic!("{other} is no ground"),
        };
        done.unwrap();
    }

    pub fn id(&self) -> i64 {
        self.ids.next(NOW)
    }

    pub fn sign_in(&self) -> StartSession {
        StartSession {
            session: self.session.clone(),
            digest: Digest::of(b"session"),
            replaces: None,
            progress: None,
            clears: Vec::new(),
            password_set_at: None,
            rehash: None,
            events: vec![self.event("session.started")],
        }
    }

    pub fn event(&self, kind: &str) -> Event {
        Event {
            id: EventId(self.id()),
            org: self.user.org,
            at: NOW,
            kind: kind.to_owned(),
            outcome: EventOutcome::Success,
            case_code: Some(CaseCode::from_random(7)),
            client: Some(self.client.client_id.clone()),
            subject: Some(self.user.subject.clone()),
            reason: None,
            facts: serde_json::json!({"scope": "openid"}),
        }
    }

    pub fn refusal(&self, kind: &str, reason: &str, case_code: CaseCode) -> Event {
        Event {
            outcome: EventOutcome::Refused,
            reason: Some(reason.to_owned()),
            case_code: Some(case_code),
            ..self.event(kind)
        }
    }

    pub fn pending(&self) -> PendingAuthorization {
        PendingAuthorization {
            id: PendingId(self.id()),
            org: self.user.org,
            browser: [3; 32],
            request: request(self.client.key),
            progress: Progress::default(),
            case_code: CaseCode::from_random(7),
            created_at: NOW,
            expires_at: later(600),
            completed_at: None,
        }
    }

    pub fn authorization(&self, scope: &[&str]) -> Authorization {
        Authorization {
            id: AuthorizationId(self.id()),
            digest: Digest::of(b"code"),
            org: self.user.org,
            client: self.client.key,
            user: self.user.id,
            session: self.session.id,
            terms: Terms {
                scope: Scope::of(scope.iter().copied()),
                scope_differs: false,
                claims: ClaimsRequest::default(),
                attributes: Default::default(),
                nonce: Some("n-0S6_WzA2Mj".to_owned()),
                authentication: self.session.authentication.clone(),
                trial: false,
            },
            redirect_uri: "https://rp.test/cb/".to_owned(),
            redirect_uri_was_sent: true,
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
            case_code: CaseCode::from_random(7),
            issued_at: NOW,
            expires_at: later(60),
            redeemed_at: None,
        }
    }

    pub fn issue(&self, authorization: &Authorization) -> IssueCode {
        IssueCode {
            authorization: authorization.clone(),
            consent: ConsentBasis::Implied,
            completes: None,
            touch: None,
            events: vec![self.event("code.issued")],
        }
    }

    /// Issues a code and returns what it stands for.
    pub async fn code(&self, scope: &[&str]) -> Authorization {
        let authorization = self.authorization(scope);
        assert_eq!(self.store.apply(self.issue(&authorization)).await.unwrap(), Guard::Held);
        authorization
    }

    pub fn redemption(&self, authorization: &Authorization) -> RedeemCode {
        let grant = Grant::begun(authorization.clone(), later(1));
        let refresh = grant.is_offline().then(|| self.refresh_token(grant.id, 1));
        RedeemCode {
            id: authorization.id,
            at: later(1),
            access_token: self.access_token(Some(grant.id)),
            refresh,
            grant,
            events: vec![self.event("token.issued")],
        }
    }

    /// Issues and redeems a code, and returns what was written.
    pub async fn grant(&self, scope: &[&str]) -> RedeemCode {
        let authorization = self.code(scope).await;
        let redemption = self.redemption(&authorization);
        assert_eq!(self.store.apply(redemption.clone()).await.unwrap(), Guard::Held);
        redemption
    }

    pub fn access_token(&self, grant: Option<GrantId>) -> AccessTokenRecord {
        AccessTokenRecord {
            id: AccessTokenId(self.id()),
            digest: Digest::of(b"access token"),
            org: self.user.org,
            client: self.client.key,
            grant,
            scope: Scope::of(["openid"]),
            issued_at: later(1),
            expires_at: later(301),
            revoked_at: None,
        }
    }

    pub fn refresh_token(&self, grant: GrantId, generation: i64) -> RefreshGeneration {
        RefreshGeneration {
            id: RefreshTokenId(self.id()),
            digest: Digest::of(b"refresh token"),
            grant,
            generation,
            issued_at: later(1),
            expires_at: later(86_400),
            retired: None,
        }
    }

    pub fn rotation(&self, old: &RefreshGeneration) -> RotateRefresh {
        RotateRefresh {
            old: old.id,
            at: later(2),
            successor: self.refresh_token(old.grant, old.generation + 1),
            access_token: self.access_token(Some(old.grant)),
            events: vec![self.event("token.refreshed")],
        }
    }
}

pub fn user(org: OrgId, id: UserId, email: &str) -> User {
    User {
        id,
        org,
        subject: Subject(format!("sub-{}", id.0)),
        status: Status::Active,
        claims: StandardClaims {
            given_name: Some("Ada".to_owned()),
            family_name: Some("Lovelace 🦀 \u{0} ʼn".to_owned()),
            email: Some(email.to_owned()),
            email_verified: true,
            other: BTreeMap::from([("licence".to_owned(), serde_json::json!(["a", 1]))]),
            ..StandardClaims::default()
        },
        groups: BTreeSet::new(),
        external_id: None,
        account_type: None,
        test: false,
        not_before: Timestamp::from_millis(0),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub fn email(value: &str) -> Identifier {
    Identifier { kind: IdentifierKind::Email, value: value.to_owned() }
}

pub fn client(org: OrgId, key: ClientKey) -> Client {
    Client {
        key,
        org,
        client_id: ClientId(format!("client-{}", key.0)),
        name: "Unomed 100% _test".to_owned(),
        status: Status::Active,
        settings: ClientSettings {
            redirect_uris: vec!["https://rp.test/cb/".to_owned()],
            ..ClientSettings::default()
        },
        secrets: vec![secret(ClientSecretId(key.0), 1)],
        created_at: NOW,
        updated_at: NOW,
    }
}

pub fn secret(id: ClientSecretId, content: u8) -> ClientSecret {
    ClientSecret {
        id,
        label: "first".to_owned(),
        prefix: "abcd".to_owned(),
        digest: SecretDigest([content; 32]),
        created_at: NOW,
        created_by: "test".to_owned(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

pub fn session(org: OrgId, id: SessionId, user: UserId) -> Session {
    Session {
        id,
        org,
        user,
        sid: format!("sid-{}", id.0),
        authentication: Authentication {
            at: NOW,
            acr: Acr::SingleFactor,
            amr: BTreeSet::from(["pwd".to_owned()]),
        },
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: later(86_400),
        ended_at: None,
    }
}

fn request(client: ClientKey) -> AuthorizationRequest {
    AuthorizationRequest {
        client,
        redirect_uri: "https://rp.test/cb/".to_owned(),
        redirect_uri_was_sent: true,
        response_mode: ResponseMode::Query,
        scope: Scope::of(["openid", "email"]),
        scope_differs: false,
        state: Some("a\u{0}b %20 é".to_owned()),
        nonce: None,
        code_challenge: None,
        prompt: BTreeSet::new(),
        max_age: Some(60),
        login_hint: None,
        id_token_hint: None,
        acr_values: Vec::new(),
        ui_locales: vec!["de-CH".to_owned()],
        display: None,
        claims: ClaimsRequest::default(),
        trial: None,
    }
}
