//! Writing and signing tokens. What may be issued was decided before; here it gets its form.

use serde_json::{Map, Value};
use vestibule_protocol::Timestamp;
use vestibule_protocol::access_token::{self, AccessTokenFacts};
use vestibule_protocol::client::{AccessTokenFormat, Client, SigningAlg};
use vestibule_protocol::grant::{AccessTokenRecord, Grant, RefreshGeneration};
use vestibule_protocol::id_token::{self, IdTokenFacts};
use vestibule_protocol::ids::{AccessTokenId, GrantId, RefreshTokenId};
use vestibule_protocol::opaque::{AccessToken, Digest, Opaque, RefreshToken};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::scope::Scope;
use vestibule_protocol::session::Session;
use vestibule_protocol::token::Issuance;
use vestibule_protocol::user::User;
use vestibule_store::facts::RefreshFacts;

use crate::access_tokens;
use crate::app::App;
use crate::config::keys::key_alg;
use crate::random;

/// The label under which a refresh token's successor is derived from it.
const SUCCESSOR: &str = "refresh-successor";

/// An access token and its row.
pub(super) struct Access {
    /// What is handed out.
    pub(super) text: String,
    /// What is kept.
    pub(super) record: AccessTokenRecord,
}

/// A refresh token and its row.
pub(super) struct Refresh {
    /// What is handed out.
    pub(super) text: String,
    /// What is kept.
    pub(super) generation: RefreshGeneration,
}

/// Whom the tokens of a grant tell of, and to whom.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) client: &'a Client,
    pub(super) grant: &'a Grant,
    pub(super) user: &'a User,
    pub(super) session: &'a Session,
    /// `nonce` of the ID token.
    pub(super) nonce: Option<&'a str>,
}

/// What a user's grant yields at each use, beside the refresh token.
pub(super) struct Minted {
    /// The access token.
    pub(super) access: Access,
    id_token: Option<String>,
}

impl Minted {
    /// The token response, with the refresh token that goes with it, if one does.
    pub(super) fn response(&self, issuance: &Issuance, refresh: Option<&str>) -> Value {
        issuance.response(&self.access.text, refresh, self.id_token.as_deref()).into()
    }
}

/// The access token of a grant, and the ID token that goes with it, if one does.
pub(super) fn tokens(
    app: &App,
    told: &Told<'_>,
    issuance: &Issuance,
    now: Timestamp,
) -> Result<Minted, Reason> {
    let of_user = Some((told.grant, told.user));
    let access = access_token(app, told.client, of_user, issuance, now)?;
    let id_token = match issuance.id_token {
        true => Some(id_token(app, told, &issuance.scope, &access.text, now)?),
        false => None,
    };
    Ok(Minted { access, id_token })
}

/// An access token in the form that the client registered; without a grant it is the client's own.
pub(super) fn access_token(
    app: &App,
    client: &Client,
    of_user: Option<(&Grant, &User)>,
    issuance: &Issuance,
    now: Timestamp,
) -> Result<Access, Reason> {
    let id = AccessTokenId(app.ids.next(now));
    let (text, digest) = match client.settings.access_token {
        AccessTokenFormat::Opaque => {
            let opaque = Opaque::<AccessToken>::new(id.0, random::bytes());
            (opaque.text(), opaque.digest())
        }
        AccessTokenFormat::Jwt { alg } => {
            let claims = access_token::claims(&AccessTokenFacts {
                issuer: app.issuer.as_str(),
                client,
                user: of_user.map(|(grant, user)| (user, &grant.terms)),
                scope: &issuance.scope,
                jti: &access_tokens::jti(id, random::bytes()),
                now,
                lifetime: issuance.access_token_lifetime,
            });
            let text = sign(app, alg, access_token::TYP, &claims)?;
            let digest = Digest::of(text.as_bytes());
            (text, digest)
        }
    };
    let record = AccessTokenRecord {
        id,
        digest,
        org: of_user.map_or(client.org, |(grant, _)| grant.org),
        client: client.key,
        grant: of_user.map(|(grant, _)| grant.id),
        scope: issuance.scope.clone(),
        issued_at: now,
        expires_at: now.plus(issuance.access_token_lifetime),
        revoked_at: None,
    };
    Ok(Access { text, record })
}

fn id_token(
    app: &App,
    told: &Told<'_>,
    scope: &Scope,
    access_token: &str,
    now: Timestamp,
) -> Result<String, Reason> {
    let claims = id_token::claims(&IdTokenFacts {
        issuer: app.issuer.as_str(),
        client: told.client,
        user: told.user,
        terms: &told.grant.terms,
        scope,
        sid: &told.session.sid,
        nonce: told.nonce,
        access_token: Some(access_token),
        jti: &random::text::<16>(),
        now,
    });
    sign(app, told.client.settings.id_token_alg, "JWT", &claims)
}

/// The first refresh token of a grant.
pub(super) fn refresh_token(
    app: &App,
    grant: GrantId,
    until: Timestamp,
    now: Timestamp,
) -> Refresh {
    let token = Opaque::<RefreshToken>::new(app.ids.next(now), random::bytes());
    generation(&token, grant, 1, until, now)
}

/// The successor of a refresh token. Its secret is derived from the one that is presented: whoever
/// presents that one again within the grace gets the same successor, and the store keeps neither.
pub(super) fn successor(
    app: &App,
    facts: &RefreshFacts,
    presented: &Opaque<RefreshToken>,
    until: Timestamp,
    now: Timestamp,
) -> Refresh {
    let token = derived(app, presented, app.ids.next(now));
    generation(&token, facts.grant.id, facts.token.generation + 1, until, now)
}

/// The text of a successor that exists.
pub(super) fn successor_text(
    app: &App,
    presented: &Opaque<RefreshToken>,
    successor: RefreshTokenId,
) -> String {
    derived(app, presented, successor.0).text()
}

fn derived(app: &App, presented: &Opaque<RefreshToken>, id: i64) -> Opaque<RefreshToken> {
    Opaque::new(id, app.digests.derive(SUCCESSOR, presented.secret()))
}

fn generation(
    token: &Opaque<RefreshToken>,
    grant: GrantId,
    generation: i64,
    until: Timestamp,
    now: Timestamp,
) -> Refresh {
    let generation = RefreshGeneration {
        id: RefreshTokenId(token.id()),
        digest: token.digest(),
        grant,
        generation,
        issued_at: now,
        expires_at: until,
        retired: None,
    };
    Refresh { text: token.text(), generation }
}

fn sign(
    app: &App,
    alg: SigningAlg,
    typ: &str,
    claims: &Map<String, Value>,
) -> Result<String, Reason> {
    app.keys.sign(key_alg(alg), typ, claims).map_err(|error| {
        tracing::error!(%error, alg = alg.name(), "a token could not be signed");
        Reason::ServerFault { during: "signing" }
    })
}
