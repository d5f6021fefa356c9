//! What a client would be told of a user: the claims of each token, made by the functions that make
//! the real ones, and what its vendor would make of them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use vestibule_protocol::access_token::{self, AccessTokenFacts};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::authorize::claims_request::ClaimsRequest;
use vestibule_protocol::bearer::{Family, TokenFacts};
use vestibule_protocol::case_code::CaseCode;
use vestibule_protocol::client::{AccessTokenFormat, Client, NotAdmitted, Status};
use vestibule_protocol::grant::{AccessTokenRecord, Grant, Terms};
use vestibule_protocol::id_token::{self, IdTokenFacts};
use vestibule_protocol::ids::{AccessTokenId, GrantId, SessionId};
use vestibule_protocol::introspect::{self, Found, Introspection};
use vestibule_protocol::opaque::Digest;
use vestibule_protocol::scope::Scope;
use vestibule_protocol::session::{Acr, Authentication, Session};
use vestibule_protocol::user::User;
use vestibule_protocol::userinfo;
use vestibule_store::organizations::Organization;

use super::{Act, ServiceFault, clients, texts, users};
use crate::profiles::{self, ClaimSource, Expectations};

/// What stands where a real token has something of its own.
const SAMPLE: &str = "sample";

/// What a client would be told of a user who signs in now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// Always true: nothing of it was issued.
    pub sample: bool,
    /// The scope it is of.
    pub scope: Scope,
    /// The claims of the ID token.
    pub id_token: Map<String, Value>,
    /// The claims of the access token; `None` for an opaque one, which has none.
    pub access_token: Option<Map<String, Value>>,
    /// The answer of userinfo.
    pub userinfo: Map<String, Value>,
    /// The answer of introspection; `None` for a public client, which is told nothing.
    pub introspection: Option<Map<String, Value>>,
    /// What stands in the way of a sign-in, and what the vendor will miss.
    pub warnings: Vec<String>,
}

/// What the client would be told of the user, with all of its scope unless told otherwise.
pub async fn preview(
    act: Act<'_>,
    client_id: &str,
    user: &str,
    scope: Option<Scope>,
) -> Result<Preview, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    act.require(Permission::UsersRead)?;
    let client = clients::find(act, client_id).await?;
    let (user, home) = user_of(act, &client, user).await?;
    let registered = client.settings.grantable_scope();
    let scope = scope.unwrap_or_else(|| registered.clone());
    if !scope.is_within(&registered) {
        let beyond = scope.difference(&registered);
        let problem = format!("the client is not registered for {beyond}; it has {registered}");
        return Err(ServiceFault::invalid("scope", problem));
    }
    let folder = act.core.config.profiles.folder.as_deref();
    let profile = client.settings.vendor_profile.as_deref();
    let profile = profile.and_then(|name| profiles::find(name, folder).ok());
    let mut preview = told(act, &client, &user, &home, scope);
    preview.warnings = obstacles(&client, &user, &home, &preview.scope);
    if let Some(profile) = profile {
        preview.warnings.extend(missed(&profile.vendor, &profile.claims, &preview));
    }
    Ok(preview)
}

/// The user of this name, among those the client is for before the others of the organization.
async fn user_of(
    act: Act<'_>,
    client: &Client,
    name: &str,
) -> Result<(User, Organization), ServiceFault> {
    let mut homes = clients::homes(act, client).await?;
    homes.extend(act.core.store.organization(act.org).await?);
    let mut missing = None;
    for home in homes {
        match users::find(Act { org: home.id, ..act }, name).await {
            Ok(user) => return Ok((user, home)),
            Err(fault @ ServiceFault::NotFound { .. }) => missing = Some(fault),
            Err(fault) => return Err(fault),
        }
    }
    let hint = "see: vestibule user list";
    Err(missing.unwrap_or(ServiceFault::NotFound { what: "user", name: texts::cut(name), hint }))
}

/// The claims as they would be issued at this moment.
fn told(act: Act<'_>, client: &Client, user: &User, home: &Organization, scope: Scope) -> Preview {
    let issuer = act.core.config.issuer.as_str();
    let (session, grant) = signed_in(act, client, user, &scope);
    let terms = &grant.terms;
    let id_token = id_token::claims(&IdTokenFacts {
        issuer,
        client,
        user,
        terms,
        scope: &scope,
        sid: SAMPLE,
        nonce: Some(SAMPLE),
        access_token: Some(SAMPLE),
        jti: SAMPLE,
        now: act.now,
    });
    let lifetime = std::time::Duration::from_secs(client.settings.lifetimes.access_token_seconds);
    let is_jwt = matches!(client.settings.access_token, AccessTokenFormat::Jwt { .. });
    let access_token = is_jwt.then(|| {
        access_token::claims(&AccessTokenFacts {
            issuer,
            client,
            user: Some((user, terms)),
            scope: &scope,
            jti: SAMPLE,
            now: act.now,
            lifetime,
        })
    });
    let record = AccessTokenRecord {
        id: AccessTokenId(0),
        digest: Digest::of(SAMPLE.as_bytes()),
        org: user.org,
        client: client.key,
        grant: Some(grant.id),
        scope: scope.clone(),
        issued_at: act.now,
        expires_at: act.now.plus(lifetime),
        revoked_at: None,
    };
    let family = Family { grant: &grant, user: Some(user), session: Some(&session) };
    let organization = home.seen();
    let facts = TokenFacts { record: &record, client, family: Some(family), organization };
    let found = Found::Access { facts, jti: SAMPLE };
    let introspection = introspect::decide(Some(&found), client, issuer, act.now);
    Preview {
        sample: true,
        userinfo: userinfo::claims(user, terms, &scope, client),
        introspection: introspection.ok().map(Introspection::into_body),
        id_token,
        access_token,
        scope,
        warnings: Vec::new(),
    }
}

/// A session of this moment, and a grant by which the user agreed to all that is asked.
fn signed_in(act: Act<'_>, client: &Client, user: &User, scope: &Scope) -> (Session, Grant) {
    let authentication = Authentication {
        at: act.now,
        acr: Acr::SingleFactor,
        amr: BTreeSet::from(["pwd".to_owned()]),
    };
    let session = Session {
        id: SessionId(0),
        org: user.org,
        user: user.id,
        sid: SAMPLE.to_owned(),
        authentication: authentication.clone(),
        created_at: act.now,
        last_seen_at: act.now,
        expires_at: act.now.plus(std::time::Duration::from_secs(3600)),
        ended_at: None,
    };
    let terms = Terms {
        scope: scope.clone(),
        scope_differs: false,
        claims: ClaimsRequest::default(),
        attributes: client.settings.claims.attributes(scope),
        nonce: Some(SAMPLE.to_owned()),
        authentication,
        trial: false,
    };
    let grant = Grant {
        id: GrantId(0),
        org: user.org,
        client: client.key,
        user: user.id,
        session: session.id,
        terms,
        case_code: CaseCode::from_random(0),
        created_at: act.now,
        revoked_at: None,
    };
    (session, grant)
}

/// Why nothing of it would be issued.
fn obstacles(client: &Client, user: &User, home: &Organization, scope: &Scope) -> Vec<String> {
    let mut told = Vec::new();
    if client.status == Status::Disabled {
        told.push("the client is switched off: nothing is issued to it".to_owned());
    }
    if user.status == Status::Disabled {
        told.push("the user is disabled and cannot sign in".to_owned());
    }
    match client.settings.admission(user, home.seen()) {
        Ok(()) => {}
        Err(NotAdmitted::Groups { allowed, .. }) => told.push(format!(
            "the user may not use this client: it is limited to the groups {}",
            allowed.join(", ")
        )),
        Err(NotAdmitted::Organizations { allowed, organization }) => told.push(format!(
            "the user may not use this client: it is limited to the organizations {}, and the \
             user's is {organization}",
            allowed.join(", ")
        )),
        Err(NotAdmitted::TestUser) => told.push(
            "the user may not use this client: it is live, and the user a test user".to_owned(),
        ),
    }
    if !scope.contains("openid") {
        told.push(
            "without openid it is no sign-in: there is no ID token, and userinfo refuses"
                .to_owned(),
        );
    }
    told
}

/// What the vendor will miss where it reads.
fn missed(vendor: &str, expected: &Expectations, preview: &Preview) -> Vec<String> {
    let (place, read) = match expected.reads {
        ClaimSource::Userinfo => ("userinfo", &preview.userinfo),
        ClaimSource::IdToken => ("the ID token", &preview.id_token),
    };
    let absent = |name: &&String| !read.contains_key(name.as_str());
    let needed = expected.needs.iter().filter(absent).map(|name| {
        format!(
            "{vendor} reads {place} and needs {name}, which is not there: the sign-in fails there"
        )
    });
    let wanted = expected.wants.iter().filter(absent);
    let wanted = wanted.map(|name| format!("{vendor} reads {name} from {place} when it is there"));
    let mut warnings: Vec<String> = needed.chain(wanted).collect();
    if read.get("email_verified") == Some(&Value::Bool(false)) {
        warnings.push(format!(
            "email_verified is false: {vendor} may not link the user to an existing account"
        ));
    }
    warnings
}
