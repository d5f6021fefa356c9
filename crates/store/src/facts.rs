//! Facts: what a decision looks at, each read in one statement. `seen` is how the decision reads them.

use diesel::prelude::*;
use vestibule_protocol::authorize::interaction::{Consent, SignedIn};
use vestibule_protocol::bearer::Family;
use vestibule_protocol::client::Status;
use vestibule_protocol::grant::{AccessTokenRecord, Authorization, Grant, RefreshGeneration};
use vestibule_protocol::ids::{
    AccessTokenId, AuthorizationId, ClientKey, OrgId, RefreshTokenId, SessionId,
};
use vestibule_protocol::opaque::{Digest, SessionToken};
use vestibule_protocol::organization::Organization;
use vestibule_protocol::session::Session;
use vestibule_protocol::token::{authorization_code, refresh_token};
use vestibule_protocol::user::User;

use crate::authorizations::AuthorizationRow;
use crate::connection::{Db, on_either};
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

/// An organization, as far as decisions look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// Its short name.
    pub slug: String,
    /// Whether it takes part.
    pub status: Status,
}

impl OrganizationFacts {
    /// As decisions read it.
    pub fn seen(&self) -> Organization<'_> {
        Organization { slug: &self.slug, status: self.status }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = organizations)]
struct OrganizationColumns {
    id: i64,
    slug: String,
    status: i16,
}

impl TryFrom<OrganizationColumns> for OrganizationFacts {
    type Error = StoreError;

    fn try_from(row: OrganizationColumns) -> Result<Self, StoreError> {
        let status = RowName { table: "organizations", id: &row.id }.status(row.status)?;
        Ok(Self { slug: row.slug, status })
    }
}

/// A browser's session, as its cookie names it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFacts {
    /// The session; it may have ended.
    pub session: Session,
    /// What the cookie must hash to.
    pub digest: Digest<SessionToken>,
    /// Who signed in.
    pub user: User,
    /// The user's organization.
    pub organization: OrganizationFacts,
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
    /// The user's organization.
    pub organization: OrganizationFacts,
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
    /// The user's organization.
    pub organization: OrganizationFacts,
}

/// What a presented access token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessTokenFacts {
    /// The token.
    pub token: AccessTokenRecord,
    /// Its family; `None` for a client's own token, and for a family that is purged (then
    /// [`AccessTokenRecord::grant`] is `Some`, and the token is dead).
    pub family: Option<FamilyFacts>,
    /// The user's organization, or the client's where the token is its own.
    pub organization: OrganizationFacts,
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
    /// The user's organization.
    pub organization: OrganizationFacts,
}

impl SessionFacts {
    /// As the decision about the next step reads them.
    pub fn seen(&self) -> SignedIn<'_> {
        SignedIn {
            session: &self.session,
            user: &self.user,
            organization: self.organization.seen(),
        }
    }

    fn of(
        session: SessionRow,
        user: UserRow,
        organization: OrganizationColumns,
    ) -> Result<Self, StoreError> {
        let digest = session.digest()?;
        let session = Session::try_from(session)?;
        let organization = organization.try_into()?;
        Ok(Self { session, digest, user: user.try_into()?, organization })
    }
}

impl CodeFacts {
    /// As the decision about a code reads them.
    pub fn seen(&self) -> authorization_code::CodeFacts<'_> {
        authorization_code::CodeFacts {
            authorization: &self.authorization,
            grant: self.grant.as_ref(),
            user: Some(&self.user),
            session: Some(&self.session),
            organization: self.organization.seen(),
        }
    }
}

impl RefreshFacts {
    /// As the decision about a refresh token reads them.
    pub fn seen(&self) -> refresh_token::RefreshFacts<'_> {
        refresh_token::RefreshFacts {
            token: &self.token,
            successor: self.successor.as_ref(),
            grant: &self.grant,
            user: Some(&self.user),
            session: Some(&self.session),
            organization: self.organization.seen(),
        }
    }

    /// What the token came from, as decisions about any token read it.
    pub fn family(&self) -> Family<'_> {
        Family { grant: &self.grant, user: Some(&self.user), session: Some(&self.session) }
    }
}

impl FamilyFacts {
    /// As decisions about any token read it.
    pub fn seen(&self) -> Family<'_> {
        Family { grant: &self.grant, user: Some(&self.user), session: Some(&self.session) }
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
                .select((SessionRow::as_select(), UserRow::as_select(), OrganizationColumns::as_select()))
                .get_result::<(SessionRow, UserRow, OrganizationColumns)>(db).optional())?;
            found.map(|(session, user, home)| SessionFacts::of(session, user, home)).transpose()
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
                    OrganizationColumns::as_select(),
                    Option::<ConsentRow>::as_select(),
                ))
                .get_result::<(SessionRow, UserRow, OrganizationColumns, Option<ConsentRow>)>(db).optional())?;
            let Some((session, user, home, consent)) = found else { return Ok(None) };
            Ok(Some(AuthorizeFacts {
                session: SessionFacts::of(session, user, home)?,
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
                    OrganizationColumns::as_select(),
                    Option::<GrantRow>::as_select(),
                ))
                .get_result::<(AuthorizationRow, UserRow, SessionRow, OrganizationColumns, Option<GrantRow>)>(db).optional())?;
            let Some((authorization, user, session, organization, grant)) = found else {
                return Ok(None);
            };
            Ok(Some(CodeFacts {
                authorization: authorization.try_into()?,
                organization: organization.try_into()?,
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
        type Row =
            (RefreshRow, GrantRow, UserRow, SessionRow, OrganizationColumns, Option<RefreshRow>);
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
                    OrganizationColumns::as_select(),
                    successors.fields(refresh_tokens::all_columns).nullable(),
                ))
                .get_result::<Row>(db).optional())?;
            let Some((token, grant, user, session, organization, successor)) = found else {
                return Ok(None);
            };
            Ok(Some(RefreshFacts {
                token: token.try_into()?,
                successor: successor.map(RefreshGeneration::try_from).transpose()?,
                organization: organization.try_into()?,
                grant: grant.try_into()?,
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
        type Row = (
            AccessTokenRow,
            OrganizationColumns,
            Option<GrantRow>,
            Option<UserRow>,
            Option<SessionRow>,
        );
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
                    OrganizationColumns::as_select(),
                    Option::<GrantRow>::as_select(),
                    Option::<UserRow>::as_select(),
                    Option::<SessionRow>::as_select(),
                ))
                .get_result::<Row>(db).optional())?;
            let Some((token, organization, grant, user, session)) = found else { return Ok(None) };
            let family = match (grant, user, session) {
                (Some(grant), Some(user), Some(session)) => Some(FamilyFacts {
                    grant: grant.try_into()?,
                    user: user.try_into()?,
                    session: session.try_into()?,
                }),
                _ => None,
            };
            let (token, organization) = (token.try_into()?, organization.try_into()?);
            Ok(Some(AccessTokenFacts { token, family, organization }))
        })
        .await
    }

    /// Whom an identifier's normal form names, and the password to check: among the users of `org`,
    /// or, where organizations are named, of those first and in their order. Who takes part goes
    /// before who does not.
    pub async fn sign_in_facts(
        &self,
        org: OrgId,
        named: Vec<String>,
        identifier: String,
    ) -> Result<Option<SignInFacts>, StoreError> {
        self.read(move |db| {
            let mut looked_at: Vec<i64> = match named.as_slice() {
                [] => Vec::new(),
                named => organizations::table
                    .filter(organizations::slug.eq_any(named))
                    .select(organizations::id)
                    .load(db)?,
            };
            looked_at.push(org.0);
            let mut facts = Vec::new();
            // One organization after the other: a list of any length cannot be prepared once, and
            // there is hardly ever more than one.
            for home in looked_at {
                facts.extend(SignInFacts::in_organization(db, home, &identifier)?);
            }
            Ok(facts.into_iter().min_by_key(|found| found.precedence(&named)))
        })
        .await
    }
}

impl SignInFacts {
    fn in_organization(
        db: &mut Db,
        org: i64,
        identifier: &str,
    ) -> Result<Option<Self>, StoreError> {
        let password = credentials::table
            .on(credentials::user_id.eq(users::id).and(credentials::kind.eq("password")));
        let found = on_either!(db => user_identifiers::table
            .inner_join(users::table.on(users::id.eq(user_identifiers::user_id)))
            .inner_join(organizations::table.on(organizations::id.eq(users::org_id)))
            .left_join(password)
            .filter(user_identifiers::org_id.eq(org))
            .filter(user_identifiers::value.eq(identifier))
            .select((
                UserRow::as_select(),
                OrganizationColumns::as_select(),
                Option::<PasswordRow>::as_select(),
            ))
            .get_result::<(UserRow, OrganizationColumns, Option<PasswordRow>)>(db).optional())?;
        let Some((user, organization, password)) = found else { return Ok(None) };
        Ok(Some(Self {
            user: user.try_into()?,
            password: password.map(PasswordHash::from),
            organization: organization.try_into()?,
        }))
    }

    fn precedence(&self, named: &[String]) -> (bool, usize) {
        let takes_part =
            self.user.status == Status::Active && self.organization.status == Status::Active;
        let place = named.iter().position(|slug| *slug == self.organization.slug);
        (!takes_part, place.unwrap_or(named.len()))
    }
}
