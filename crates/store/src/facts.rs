//! Facts: what a decision looks at, each read in one statement.

use diesel::prelude::*;
use vestibule_protocol::authorize::interaction::Consent;
use vestibule_protocol::client::Status;
use vestibule_protocol::grant::{AccessTokenRecord, Authorization, Grant, RefreshGeneration};
use vestibule_protocol::ids::{
    AccessTokenId, AuthorizationId, ClientKey, OrgId, RefreshTokenId, SessionId,
};
use vestibule_protocol::opaque::{Digest, SessionToken};
use vestibule_protocol::session::Session;
use vestibule_protocol::user::User;

use crate::authorizations::AuthorizationRow;
use crate::connection::on_either;
use crate::consents::ConsentRow;
use crate::credentials::{PasswordHash, PasswordRow};
use crate::grants::{AccessTokenRow, GrantRow, RefreshRow};
use crate::rows::RowName;
use crate::schema::{
    access_tokens, authorizations, consents, credentials, grants, organizations, refresh_tokens,
    sessions, user_identifiers, users,
};
use crate::sessions::SessionRow;
use crate::users::UserRow;
use crate::{Store, StoreError};

/// A browser's session, as its cookie names it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFacts {
    /// The session; it may have ended.
    pub session: Session,
    /// What the cookie must hash to.
    pub digest: Digest<SessionToken>,
    /// Who signed in.
    pub user: User,
    /// Whether the user's organization takes part.
    pub organization: Status,
}

/// What an authorization request meets in a browser that is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizeFacts {
    /// The browser's session.
    pub session: SessionFacts,
    /// What its user has agreed to share with the client.
    pub consent: Option<Consent>,
}

/// What a presented code stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeFacts {
    /// What was approved.
    pub authorization: Authorization,
    /// Who approved.
    pub user: User,
    /// In which session.
    pub session: Session,
    /// What it grew into, once it was redeemed.
    pub grant: Option<Grant>,
    /// Whether the organization takes part.
    pub organization: Status,
}

/// What a presented refresh token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshFacts {
    /// The token.
    pub token: RefreshGeneration,
    /// What took its place, once it was exchanged.
    pub successor: Option<RefreshGeneration>,
    /// The family.
    pub grant: Grant,
    /// For whom.
    pub user: User,
    /// The session it was granted in; it may have ended.
    pub session: Session,
    /// Whether the organization takes part.
    pub organization: Status,
}

/// What a presented access token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessTokenFacts {
    /// The token.
    pub token: AccessTokenRecord,
    /// Its family; `None` for a client's own token, and for a family that is purged (then
    /// [`AccessTokenRecord::grant`] is `Some`, and the token is dead).
    pub family: Option<FamilyFacts>,
    /// Whether the organization takes part.
    pub organization: Status,
}

/// The grant behind a token, and whom it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyFacts {
    /// The grant.
    pub grant: Grant,
    /// For whom.
    pub user: User,
    /// The session it was granted in; it may have ended.
    pub session: Session,
}

/// What a sign-in looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInFacts {
    /// Whom the identifier names.
    pub user: User,
    /// The user's password.
    pub password: Option<PasswordHash>,
    /// Whether the organization takes part.
    pub organization: Status,
}

fn organization_status(id: OrgId, code: i16) -> Result<Status, StoreError> {
    RowName { table: "organizations", id: &id.0 }.status(code)
}

impl SessionFacts {
    fn of(session: SessionRow, user: UserRow, status: i16) -> Result<Self, StoreError> {
        let digest = session.digest()?;
        let session = Session::try_from(session)?;
        let organization = organization_status(session.org, status)?;
        Ok(Self { session, digest, user: user.try_into()?, organization })
    }
}

impl Store {
    /// The session of this id, with its user.
    pub async fn session_facts(&self, id: SessionId) -> Result<Option<SessionFacts>, StoreError> {
        self.read(move |db| {
            let found = on_either!(db => sessions::table
                .inner_join(users::table.on(users::id.eq(sessions::user_id)))
                .inner_join(organizations::table.on(organizations::id.eq(sessions::org_id)))
                .filter(sessions::id.eq(id.0))
                .select((SessionRow::as_select(), UserRow::as_select(), organizations::status))
                .get_result::<(SessionRow, UserRow, i16)>(db).optional())?;
            found.map(|(session, user, status)| SessionFacts::of(session, user, status)).transpose()
        })
        .await
    }

    /// The session of this id, with its user and what the user shares with `client`.
    pub async fn authorize_facts(
        &self,
        id: SessionId,
        client: ClientKey,
    ) -> Result<Option<AuthorizeFacts>, StoreError> {
        self.read(move |db| {
            let consent = consents::table
                .on(consents::user_id.eq(sessions::user_id).and(consents::client_key.eq(client.0)));
            let found = on_either!(db => sessions::table
                .inner_join(users::table.on(users::id.eq(sessions::user_id)))
                .inner_join(organizations::table.on(organizations::id.eq(sessions::org_id)))
                .left_join(consent)
                .filter(sessions::id.eq(id.0))
                .select((
                    SessionRow::as_select(),
                    UserRow::as_select(),
                    organizations::status,
                    Option::<ConsentRow>::as_select(),
                ))
                .get_result::<(SessionRow, UserRow, i16, Option<ConsentRow>)>(db).optional())?;
            let Some((session, user, status, consent)) = found else { return Ok(None) };
            Ok(Some(AuthorizeFacts {
                session: SessionFacts::of(session, user, status)?,
                consent: consent.map(Consent::try_from).transpose()?,
            }))
        })
        .await
    }

    /// The authorization of this id; the caller compares the code's digest.
    pub async fn code_facts(&self, id: AuthorizationId) -> Result<Option<CodeFacts>, StoreError> {
        self.read(move |db| {
            let found = on_either!(db => authorizations::table
                .inner_join(users::table.on(users::id.eq(authorizations::user_id)))
                .inner_join(sessions::table.on(sessions::id.eq(authorizations::session_id)))
                .inner_join(organizations::table.on(organizations::id.eq(authorizations::org_id)))
                .left_join(grants::table.on(grants::id.eq(authorizations::id)))
                .filter(authorizations::id.eq(id.0))
                .select((
                    AuthorizationRow::as_select(),
                    UserRow::as_select(),
                    SessionRow::as_select(),
                    organizations::status,
                    Option::<GrantRow>::as_select(),
                ))
                .get_result::<(AuthorizationRow, UserRow, SessionRow, i16, Option<GrantRow>)>(db).optional())?;
            let Some((authorization, user, session, status, grant)) = found else {
                return Ok(None);
            };
            let authorization = Authorization::try_from(authorization)?;
            Ok(Some(CodeFacts {
                organization: organization_status(authorization.org, status)?,
                authorization,
                user: user.try_into()?,
                session: session.try_into()?,
                grant: grant.map(Grant::try_from).transpose()?,
            }))
        })
        .await
    }

    /// The refresh token of this id; the caller compares its digest.
    pub async fn refresh_facts(
        &self,
        id: RefreshTokenId,
    ) -> Result<Option<RefreshFacts>, StoreError> {
        type Row = (RefreshRow, GrantRow, UserRow, SessionRow, i16, Option<RefreshRow>);
        self.read(move |db| {
            let successors = diesel::alias!(refresh_tokens as successors);
            let successor = successors.on(successors
                .field(refresh_tokens::id)
                .nullable()
                .eq(refresh_tokens::successor_id));
            let found = on_either!(db => refresh_tokens::table
                .inner_join(grants::table.on(grants::id.eq(refresh_tokens::grant_id)))
                .inner_join(users::table.on(users::id.eq(grants::user_id)))
                .inner_join(sessions::table.on(sessions::id.eq(grants::session_id)))
                .inner_join(organizations::table.on(organizations::id.eq(grants::org_id)))
                .left_join(successor)
                .filter(refresh_tokens::id.eq(id.0))
                .select((
                    RefreshRow::as_select(),
                    GrantRow::as_select(),
                    UserRow::as_select(),
                    SessionRow::as_select(),
                    organizations::status,
                    successors.fields(refresh_tokens::all_columns).nullable(),
                ))
                .get_result::<Row>(db).optional())?;
            let Some((token, grant, user, session, status, successor)) = found else {
                return Ok(None);
            };
            let grant = Grant::try_from(grant)?;
            Ok(Some(RefreshFacts {
                token: token.try_into()?,
                successor: successor.map(RefreshGeneration::try_from).transpose()?,
                organization: organization_status(grant.org, status)?,
                grant,
                user: user.try_into()?,
                session: session.try_into()?,
            }))
        })
        .await
    }

    /// The access token of this id; the caller compares its digest.
    pub async fn access_token_facts(
        &self,
        id: AccessTokenId,
    ) -> Result<Option<AccessTokenFacts>, StoreError> {
        type Row = (AccessTokenRow, i16, Option<GrantRow>, Option<UserRow>, Option<SessionRow>);
        self.read(move |db| {
            let found = on_either!(db => access_tokens::table
                .inner_join(organizations::table.on(organizations::id.eq(access_tokens::org_id)))
                .left_join(grants::table.on(grants::id.nullable().eq(access_tokens::grant_id)))
                .left_join(users::table.on(users::id.nullable().eq(grants::user_id.nullable())))
                .left_join(
                    sessions::table.on(sessions::id.nullable().eq(grants::session_id.nullable())),
                )
                .filter(access_tokens::id.eq(id.0))
                .select((
                    AccessTokenRow::as_select(),
                    organizations::status,
                    Option::<GrantRow>::as_select(),
                    Option::<UserRow>::as_select(),
                    Option::<SessionRow>::as_select(),
                ))
                .get_result::<Row>(db).optional())?;
            let Some((token, status, grant, user, session)) = found else { return Ok(None) };
            let family = match (grant, user, session) {
                (Some(grant), Some(user), Some(session)) => Some(FamilyFacts {
                    grant: grant.try_into()?,
                    user: user.try_into()?,
                    session: session.try_into()?,
                }),
                _ => None,
            };
            let token = AccessTokenRecord::try_from(token)?;
            let organization = organization_status(token.org, status)?;
            Ok(Some(AccessTokenFacts { token, family, organization }))
        })
        .await
    }

    /// Whom an identifier's normal form names in this organization, and the password to check.
    pub async fn sign_in_facts(
        &self,
        org: OrgId,
        identifier: String,
    ) -> Result<Option<SignInFacts>, StoreError> {
        self.read(move |db| {
            let password = credentials::table
                .on(credentials::user_id.eq(users::id).and(credentials::kind.eq("password")));
            let found = on_either!(db => user_identifiers::table
                .inner_join(users::table.on(users::id.eq(user_identifiers::user_id)))
                .inner_join(organizations::table.on(organizations::id.eq(users::org_id)))
                .left_join(password)
                .filter(user_identifiers::org_id.eq(org.0))
                .filter(user_identifiers::value.eq(&identifier))
                .select((
                    UserRow::as_select(),
                    organizations::status,
                    Option::<PasswordRow>::as_select(),
                ))
                .get_result::<(UserRow, i16, Option<PasswordRow>)>(db).optional())?;
            let Some((user, status, password)) = found else { return Ok(None) };
            Ok(Some(SignInFacts {
                user: user.try_into()?,
                password: password.map(PasswordHash::from),
                organization: organization_status(org, status)?,
            }))
        })
        .await
    }
}
