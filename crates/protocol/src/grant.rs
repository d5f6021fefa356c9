//! Authorizations and what grows out of them, as the store keeps them and the decisions read them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::authorize::claims_request::ClaimsRequest;
use crate::case_code::CaseCode;
use crate::ids::{
    AccessTokenId, AuthorizationId, ClientKey, GrantId, OrgId, RefreshTokenId, SessionId, UserId,
};
use crate::opaque::{AccessToken, Code, Digest, RefreshToken};
use crate::scope::Scope;
use crate::session::Authentication;

/// An approved authorization request. Its code is redeemed at most once; the row outlives that,
/// because a second redemption must revoke what the first one issued (RFC 6749 §4.1.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Authorization {
    /// The row, and the id inside the code.
    pub id: AuthorizationId,
    /// What the code must hash to.
    pub digest: Digest<Code>,
    /// The organization of the user.
    pub org: OrgId,
    /// To whom the code was issued.
    pub client: ClientKey,
    /// Who approved.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// What was approved, and how.
    pub terms: Terms,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// Whether the request named that URI; if it did, the token request must repeat it
    /// (RFC 6749 §4.1.3).
    pub redirect_uri_was_sent: bool,
    /// The S256 challenge (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    /// The attempt it belongs to.
    pub case_code: CaseCode,
    /// When the code was issued.
    pub issued_at: Timestamp,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// When the code was used up: redeemed, or spoilt by its own client.
    pub redeemed_at: Option<Timestamp>,
}

/// What the user agreed to; it bounds every token that follows (invariant I14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The granted scope.
    pub scope: Scope,
    /// Whether it is not what was asked for, which the token response then says (RFC 6749 §5.1).
    #[serde(default)]
    pub scope_differs: bool,
    /// The granted individual claims (OIDC Core §5.5).
    pub claims: ClaimsRequest,
    /// The attributes beyond the scope that the client's rules may tell, by their words.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attributes: BTreeSet<String>,
    /// `nonce`, to be repeated in the first ID token.
    pub nonce: Option<String>,
    /// How the user had signed in.
    pub authentication: Authentication,
    /// Whether an administrator tries the client out: the tokens are short-lived and marked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
}

/// The family of tokens that one redeemed code began.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The row; the same number as its [`Authorization`].
    pub id: GrantId,
    /// The organization of the user.
    pub org: OrgId,
    /// Who holds the tokens.
    pub client: ClientKey,
    /// For whom.
    pub user: UserId,
    /// The session it was granted in.
    pub session: SessionId,
    /// What was agreed to.
    pub terms: Terms,
    /// The attempt it belongs to.
    pub case_code: CaseCode,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// The grant that the redemption of `authorization` begins.
    pub fn begun(authorization: Authorization, at: Timestamp) -> Self {
        Self {
            id: GrantId(authorization.id.0),
            org: authorization.org,
            client: authorization.client,
            user: authorization.user,
            session: authorization.session,
            terms: authorization.terms,
            case_code: authorization.case_code,
            created_at: at,
            revoked_at: None,
        }
    }

    /// Whether the grant outlives the session it was made in (OIDC Core §11).
    pub fn is_offline(&self) -> bool {
        self.terms.scope.contains("offline_access")
    }
}

/// One generation of a grant's refresh token.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshGeneration {
    /// The row, and the id inside the token.
    pub id: RefreshTokenId,
    /// What the token must hash to.
    pub digest: Digest<RefreshToken>,
    /// The family.
    pub grant: GrantId,
    /// Counts from 1; a clock never decides which of two tokens is newer.
    pub generation: i64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was exchanged for its successor, and which that is.
    pub retired: Option<Retired>,
}

/// A refresh token's replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// When.
    pub at: Timestamp,
    /// By which row.
    pub successor: RefreshTokenId,
}

/// An issued access token. JWTs have a row as well: revoking it works at once, and our endpoints
/// check no signature.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessTokenRecord {
    /// The row; inside the opaque token, or the `jti` of the JWT.
    pub id: AccessTokenId,
    /// Digest of the opaque secret, or of the whole JWT text.
    pub digest: Digest<AccessToken>,
    /// The organization.
    pub org: OrgId,
    /// To whom it was issued.
    pub client: ClientKey,
    /// The family; `None` for client_credentials.
    pub grant: Option<GrantId>,
    /// What it is good for.
    pub scope: Scope,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked by itself.
    pub revoked_at: Option<Timestamp>,
}
