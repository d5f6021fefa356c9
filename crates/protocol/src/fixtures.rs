//! A clinic, a vendor and a user for the tests of this crate.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::Timestamp;
use crate::authorize::claims_request::ClaimsRequest;
use crate::case_code::CaseCode;
use crate::client::{
    AuthMethod, Client, ClientSecret, ClientSettings, GrantType, PkcePolicy, SecretDigest, Status,
};
use crate::grant::{Authorization, Grant, RefreshGeneration, Terms};
use crate::ids::{
    AuthorizationId, ClientId, ClientKey, ClientSecretId, GrantId, OrgId, RefreshTokenId,
    SessionId, Subject, UserId,
};
use crate::opaque::{Code, Opaque, RefreshToken};
use crate::organization::Organization;
use crate::params::Params;
use crate::scope::Scope;
use crate::session::{Acr, Authentication, Session};
use crate::user::{Address, StandardClaims, User};

pub(crate) const ISSUER: &str = "https://id.clinic.example";
pub(crate) const CALLBACK: &str = "https://api.unomed.example/accounts/vendor_oauth2/callback/";
pub(crate) const SECRET: &str = "s3cret_of_the_client-0123456789abcdefghijkl";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The moment in which all tests happen.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// The organization of [`user`].
pub(crate) const HOME: Organization<'static> =
    Organization { slug: "clinic", status: Status::Active };

pub(crate) fn params(pairs: &[(&str, &str)]) -> Params {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(pairs);
    Params::parse(text.finish().as_bytes()).expect("readable parameters")
}

/// Stands for the keyed digest of the server.
pub(crate) fn secret_digest(secret: &str) -> SecretDigest {
    SecretDigest(*crate::opaque::Digest::<Code>::of(secret.as_bytes()).as_bytes())
}

/// A confidential client with every grant type and the standard scopes; PKCE is up to it.
pub(crate) fn client() -> Client {
    Client {
        key: ClientKey(7),
        org: OrgId::ROOT,
        client_id: ClientId("unomed".to_owned()),
        name: "Unomed".to_owned(),
        status: Status::Active,
        settings: ClientSettings {
            redirect_uris: vec![CALLBACK.to_owned()],
            scope: Scope::of([
                "openid",
                "profile",
                "email",
                "address",
                "phone",
                "offline_access",
                "records",
            ]),
            grant_types: GrantType::ALL.into(),
            auth_method: AuthMethod::BasicOrPost,
            pkce: PkcePolicy::Optional,
            ..ClientSettings::default()
        },
        secrets: vec![secret(1, SECRET)],
        created_at: ago(86_400),
        updated_at: ago(86_400),
    }
}

pub(crate) fn secret(id: i64, text: &str) -> ClientSecret {
    ClientSecret {
        id: ClientSecretId(id),
        label: format!("secret {id}"),
        prefix: text.chars().take(4).collect(),
        digest: secret_digest(text),
        created_at: ago(86_400),
        created_by: "test".to_owned(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

pub(crate) fn other_client() -> Client {
    Client { key: ClientKey(8), client_id: ClientId("healthie".to_owned()), ..client() }
}

pub(crate) fn public_client() -> Client {
    let mut client = client();
    client.settings.auth_method = AuthMethod::None;
    client.secrets.clear();
    client
}

pub(crate) fn user() -> User {
    User {
        id: UserId(42),
        org: OrgId::ROOT,
        subject: Subject("u_4Zf7".to_owned()),
        external_id: None,
        account_type: None,
        test: false,
        status: Status::Active,
        claims: StandardClaims {
            name: Some("Anna Zumstein".to_owned()),
            given_name: Some("Anna".to_owned()),
            family_name: Some("Zumstein".to_owned()),
            nickname: Some(String::new()),
            email: Some("anna@clinic.example".to_owned()),
            email_verified: true,
            address: Some(Address { locality: Some("Bern".to_owned()), ..Address::default() }),
            other: [("records".to_owned(), serde_json::json!({ "ward": "B2" }))].into(),
            ..StandardClaims::default()
        },
        groups: BTreeSet::from(["providers".to_owned()]),
        not_before: Timestamp::default(),
        created_at: ago(90 * 86_400),
        updated_at: ago(3600),
    }
}

pub(crate) fn authentication() -> Authentication {
    Authentication { at: ago(600), acr: Acr::SingleFactor, amr: BTreeSet::from(["pwd".to_owned()]) }
}

pub(crate) fn session() -> Session {
    Session {
        id: SessionId(9),
        org: OrgId::ROOT,
        user: user().id,
        sid: "sid_9".to_owned(),
        authentication: authentication(),
        created_at: ago(600),
        last_seen_at: ago(60),
        expires_at: later(3600),
        ended_at: None,
    }
}

pub(crate) fn agreed(scope: &str) -> Terms {
    Terms {
        scope: Scope::parse(scope).expect("a scope"),
        scope_differs: false,
        claims: ClaimsRequest::default(),
        attributes: BTreeSet::new(),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        authentication: authentication(),
        trial: false,
    }
}

pub(crate) fn code() -> Opaque<Code> {
    Opaque::new(1001, [7; 32])
}

pub(crate) fn authorization() -> Authorization {
    Authorization {
        id: AuthorizationId(1001),
        digest: code().digest(),
        org: OrgId::ROOT,
        client: client().key,
        user: user().id,
        session: session().id,
        terms: agreed("openid profile email"),
        redirect_uri: CALLBACK.to_owned(),
        redirect_uri_was_sent: true,
        code_challenge: None,
        case_code: CaseCode::from_random(77),
        issued_at: ago(5),
        expires_at: later(55),
        redeemed_at: None,
    }
}

pub(crate) fn grant(scope: &str) -> Grant {
    Grant {
        id: GrantId(1001),
        org: OrgId::ROOT,
        client: client().key,
        user: user().id,
        session: session().id,
        terms: agreed(scope),
        case_code: CaseCode::from_random(77),
        created_at: ago(300),
        revoked_at: None,
    }
}

pub(crate) fn refresh_token(generation: i64) -> Opaque<RefreshToken> {
    Opaque::new(2000 + generation, [8; 32])
}

pub(crate) fn refresh_generation(generation: i64) -> RefreshGeneration {
    RefreshGeneration {
        id: RefreshTokenId(2000 + generation),
        digest: refresh_token(generation).digest(),
        grant: GrantId(1001),
        generation,
        issued_at: ago(300),
        expires_at: later(86_400),
        retired: None,
    }
}
