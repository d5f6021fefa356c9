//! What userinfo and an ID token say, for a made-up person: written by the same functions that
//! write the real ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::claims_request::ClaimsRequest;
use vestibule_protocol::claims;
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::grant::Terms;
use vestibule_protocol::id_token::{self, IdTokenFacts};
use vestibule_protocol::ids::{OrgId, Subject, UserId};
use vestibule_protocol::scope::Scope;
use vestibule_protocol::session::{Acr, Authentication};
use vestibule_protocol::user::{Address, StandardClaims, User};
use vestibule_protocol::userinfo;

/// Values that stand for those of a real sign-in.
const NONCE: &str = "n-0S6_WzA2Mj";
const ACCESS_TOKEN: &str = "sample";
const JTI: &str = "Zm9yIHRoZSBzYW1wbGU";
const SID: &str = "c2FtcGxlIHNlc3Npb24";

/// Userinfo and ID token of the sample person at this client.
pub fn of(
    client: &Client,
    issuer: &str,
    now: Timestamp,
) -> (Map<String, Value>, Map<String, Value>) {
    let scope = &client.settings.scope;
    let user = person(scope, now);
    let terms = Terms {
        scope: scope.clone(),
        scope_differs: false,
        claims: ClaimsRequest::default(),
        attributes: client.settings.claims.attributes(scope),
        nonce: Some(NONCE.to_owned()),
        authentication: Authentication {
            at: now,
            acr: Acr::SingleFactor,
            amr: BTreeSet::from(["pwd".to_owned()]),
        },
        trial: false,
    };
    let facts = IdTokenFacts {
        issuer,
        client,
        user: &user,
        terms: &terms,
        scope,
        sid: SID,
        nonce: Some(NONCE),
        access_token: Some(ACCESS_TOKEN),
        jti: JTI,
        now,
    };
    (userinfo::claims(&user, &terms, scope, client), id_token::claims(&facts))
}

/// The claims that one scope releases.
pub fn claims_of(scope: &str) -> Vec<String> {
    let names: &[&str] = match scope {
        "profile" => &claims::PROFILE,
        "email" => &claims::EMAIL,
        "phone" => &claims::PHONE,
        "address" => &claims::ADDRESS,
        own => {
            let scope = Scope::of([own]);
            return claims::names_within(&scope).into_iter().map(str::to_owned).collect();
        }
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A made-up person who has a value for every claim that vendors commonly read.
fn person(scope: &Scope, now: Timestamp) -> User {
    let text = |value: &str| Some(value.to_owned());
    let usual = Scope::of(["profile", "email", "phone", "address"]);
    let standard = claims::names_within(&usual);
    let own = claims::names_within(scope).into_iter().filter(|name| !standard.contains(name));
    let other: BTreeMap<String, Value> =
        own.map(|name| (name.to_owned(), json!(format!("sample value of {name}")))).collect();
    User {
        id: UserId(0),
        org: OrgId::ROOT,
        subject: Subject("3f2b0c9d8e7a6f5b4c3d2e1f0a9b8c7d".to_owned()),
        external_id: None,
        account_type: None,
        test: true,
        status: Status::Active,
        claims: StandardClaims {
            name: text("Ada Example"),
            given_name: text("Ada"),
            family_name: text("Example"),
            preferred_username: text("ada"),
            locale: text("en-GB"),
            zoneinfo: text("Europe/London"),
            birthdate: text("1980-12-10"),
            email: text("ada@example.com"),
            email_verified: true,
            phone_number: text("+441632960123"),
            phone_number_verified: true,
            address: Some(Address {
                street_address: text("1 Example Street"),
                locality: text("London"),
                postal_code: text("N1 1AA"),
                country: text("GB"),
                ..Address::default()
            }),
            other,
            ..StandardClaims::default()
        },
        groups: BTreeSet::new(),
        not_before: now,
        created_at: now,
        updated_at: now,
    }
}
