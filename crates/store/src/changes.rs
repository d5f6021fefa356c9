//! The hot writes, as data: what a request has decided, guarded by what must still be true.
//!
//! A change is applied whole or not at all. If its guard no longer holds (somebody redeemed the
//! code, disabled the user, ended the session since the facts were read) the answer is
//! [`Guard::Lost`]: read the facts again and decide again. The guard and the change are in one
//! transaction, so an acknowledged revocation wins every race (invariant I4).

use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::interaction::{Consent, PendingAuthorization, Progress};
use vestibule_protocol::event::Event;
use vestibule_protocol::grant::{AccessTokenRecord, Authorization, Grant, RefreshGeneration};
use vestibule_protocol::ids::{
    AccessTokenId, AuthorizationId, ClientKey, GrantId, PendingId, RefreshTokenId, SessionId,
};
use vestibule_protocol::opaque::{Digest, SessionToken};
use vestibule_protocol::session::Session;

use crate::credentials::PasswordHash;
use crate::single_use::SingleUse;
use crate::throttles::{Throttle, ThrottleKey, ThrottlePolicy};

/// Whether a change was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a lost guard means that nothing was written"]
pub enum Guard {
    /// It was, and is durable.
    Held,
    /// It was not: what it relied on is no longer so.
    Lost,
}

/// A valid request begins to wait for its user.
#[derive(Clone, Debug)]
pub struct StartAuthorization {
    /// What waits.
    pub pending: PendingAuthorization,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// The user did something for a pending authorization. Guard: it was not answered yet.
#[derive(Clone, Debug)]
pub struct UpdateProgress {
    /// Which.
    pub id: PendingId,
    /// The whole progress.
    pub progress: Progress,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A pending authorization is answered without a code: refused or given up. Guard: it was not
/// answered yet.
#[derive(Clone, Debug)]
pub struct CompletePending {
    /// Which.
    pub id: PendingId,
    /// When.
    pub at: Timestamp,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A user signed in. Guard: user and organization are active, `not_before` does not lie ahead of
/// the session, and the password is the one that was compared.
#[derive(Clone, Debug)]
pub struct StartSession {
    /// The new session.
    pub session: Session,
    /// What its cookie must hash to.
    pub digest: Digest<SessionToken>,
    /// The session that the browser presented, and what its token hashes to. It ends (invariant
    /// I18) if that is its token: its number alone is no proof of having it.
    pub replaces: Option<(SessionId, Digest<SessionToken>)>,
    /// The request for which the user signed in.
    pub progress: Option<(PendingId, Progress)>,
    /// Failure counters that the success clears.
    pub clears: Vec<ThrottleKey>,
    /// When the password was set that was compared; `None` if it was not a password.
    pub password_set_at: Option<Timestamp>,
    /// The same password's hash with today's parameters, when the stored one is of yesterday.
    pub rehash: Option<PasswordHash>,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A session was used. Guard: it has not ended.
#[derive(Clone, Copy, Debug)]
pub struct TouchSession {
    /// Which.
    pub id: SessionId,
    /// When.
    pub at: Timestamp,
}

/// A session ends, and with it every grant that is not offline. Guard: it has not ended.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Which.
    pub id: SessionId,
    /// When.
    pub at: Timestamp,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// What entitles a client to the user's data.
#[derive(Clone, Debug)]
pub enum ConsentBasis {
    /// The client is not asked for (a first-party client).
    Implied,
    /// An earlier consent, which must still stand when the code is issued.
    Standing,
    /// The consent the user just gave: earlier and new approvals together.
    Given(Consent),
    /// The consent the user just gave for a trial of the client: it is not kept.
    Once,
}

/// A code is issued. Guard: the pending request was not answered, session not ended; user, client
/// and organization active; a standing consent still stands.
#[derive(Clone, Debug)]
pub struct IssueCode {
    /// What was approved.
    pub authorization: Authorization,
    /// On what grounds.
    pub consent: ConsentBasis,
    /// The request that this answers, if it had to wait.
    pub completes: Option<PendingId>,
    /// When to note the session as used; `None` when that was noted less than a minute ago.
    pub touch: Option<Timestamp>,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A code is redeemed (RFC 6749 §4.1.3). Guard: it was not (invariant I1); session not ended;
/// user, client and organization active; the authorization is not older than `not_before`.
#[derive(Clone, Debug)]
pub struct RedeemCode {
    /// Which; [`Grant::id`] is the same number.
    pub id: AuthorizationId,
    /// When.
    pub at: Timestamp,
    /// What it grows into.
    pub grant: Grant,
    /// Its first access token.
    pub access_token: AccessTokenRecord,
    /// Its first refresh token.
    pub refresh: Option<RefreshGeneration>,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A code is used up without tokens: its own client presented it wrongly (invariant I2). Guard: it
/// was not used up.
#[derive(Clone, Debug)]
pub struct SpoilCode {
    /// Which.
    pub id: AuthorizationId,
    /// When.
    pub at: Timestamp,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A grant and every token of it are revoked. Guard: it was not revoked.
#[derive(Clone, Debug)]
pub struct RevokeGrant {
    /// Which.
    pub id: GrantId,
    /// When.
    pub at: Timestamp,
    /// What the log tells of it, the reason included.
    pub events: Vec<Event>,
}

/// A refresh token is exchanged for its successor (RFC 6749 §6). Guard: it was not retired, the
/// grant not revoked; user, client and organization active; the session not ended unless the grant
/// is offline.
#[derive(Clone, Debug)]
pub struct RotateRefresh {
    /// The token that retires.
    pub old: RefreshTokenId,
    /// When.
    pub at: Timestamp,
    /// What takes its place.
    pub successor: RefreshGeneration,
    /// The new access token.
    pub access_token: AccessTokenRecord,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A refresh token is used and stays, or a retired one repeats its answer within the grace. Guard:
/// as for [`RotateRefresh`], except that the token named may be any that is not retired.
#[derive(Clone, Debug)]
pub struct UseRefresh {
    /// The token that is in force.
    pub id: RefreshTokenId,
    /// When.
    pub at: Timestamp,
    /// When it now ends.
    pub expires_at: Timestamp,
    /// The new access token.
    pub access_token: AccessTokenRecord,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A client got a token for itself (RFC 6749 §4.4). Guard: client and organization are active.
#[derive(Clone, Debug)]
pub struct IssueClientToken {
    /// The token.
    pub access_token: AccessTokenRecord,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// One access token is revoked (RFC 7009). Guard: it was not.
#[derive(Clone, Debug)]
pub struct RevokeAccessToken {
    /// Which.
    pub id: AccessTokenId,
    /// When.
    pub at: Timestamp,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A value that is good once is used (invariant I22). Guard: it was not.
#[derive(Clone, Debug)]
pub struct ConsumeOnce {
    /// The value and what it is for.
    pub value: SingleUse,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// A failure is counted against a key; the answer is the counter as it stands then.
#[derive(Clone, Debug)]
pub struct CountFailure {
    /// Whom it is counted against.
    pub key: ThrottleKey,
    /// How many are free, and what follows.
    pub policy: ThrottlePolicy,
    /// When.
    pub at: Timestamp,
    /// What the log tells of it.
    pub events: Vec<Event>,
}

/// Lines for the event log that describe no change: refusals.
#[derive(Clone, Debug)]
pub struct RecordEvents {
    /// The lines.
    pub events: Vec<Event>,
}

macro_rules! changes {
    ($($name:ident),+ $(,)?) => {
        /// Any hot write; each converts into it.
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "each variant is the type of the same name")]
        pub enum Change {
            $($name(Box<$name>)),+
        }

        $(impl From<$name> for Change {
            fn from(change: $name) -> Self {
                Self::$name(Box::new(change))
            }
        })+
    };
}

changes! {
    StartAuthorization, UpdateProgress, CompletePending, StartSession, TouchSession, EndSession,
    IssueCode, RedeemCode, SpoilCode, RevokeGrant, RotateRefresh, UseRefresh, IssueClientToken,
    RevokeAccessToken, ConsumeOnce, CountFailure, RecordEvents,
}

impl Change {
    /// What the log tells of it, if it is applied.
    pub fn events(&self) -> &[Event] {
        match self {
            Self::StartAuthorization(change) => &change.events,
            Self::UpdateProgress(change) => &change.events,
            Self::CompletePending(change) => &change.events,
            Self::StartSession(change) => &change.events,
            Self::TouchSession(_) => &[],
            Self::EndSession(change) => &change.events,
            Self::IssueCode(change) => &change.events,
            Self::RedeemCode(change) => &change.events,
            Self::SpoilCode(change) => &change.events,
            Self::RevokeGrant(change) => &change.events,
            Self::RotateRefresh(change) => &change.events,
            Self::UseRefresh(change) => &change.events,
            Self::IssueClientToken(change) => &change.events,
            Self::RevokeAccessToken(change) => &change.events,
            Self::ConsumeOnce(change) => &change.events,
            Self::CountFailure(change) => &change.events,
            Self::RecordEvents(change) => &change.events,
        }
    }

    /// Whether it gives its caller something, and matters to nobody else: what ends or counts
    /// something is applied though its caller has gone.
    pub(crate) fn issues(&self) -> bool {
        match self {
            Self::StartAuthorization(_)
            | Self::StartSession(_)
            | Self::IssueCode(_)
            | Self::RedeemCode(_)
            | Self::RotateRefresh(_)
            | Self::UseRefresh(_)
            | Self::IssueClientToken(_) => true,
            Self::UpdateProgress(_)
            | Self::CompletePending(_)
            | Self::TouchSession(_)
            | Self::EndSession(_)
            | Self::SpoilCode(_)
            | Self::RevokeGrant(_)
            | Self::RevokeAccessToken(_)
            | Self::ConsumeOnce(_)
            | Self::CountFailure(_)
            | Self::RecordEvents(_) => false,
        }
    }

    /// The client whose row it needs, if it needs one's.
    pub(crate) fn client(&self) -> Option<ClientKey> {
        match self {
            Self::IssueCode(change) => Some(change.authorization.client),
            Self::RedeemCode(change) => Some(change.access_token.client),
            Self::RotateRefresh(change) => Some(change.access_token.client),
            Self::UseRefresh(change) => Some(change.access_token.client),
            Self::IssueClientToken(change) => Some(change.access_token.client),
            Self::StartAuthorization(_)
            | Self::UpdateProgress(_)
            | Self::CompletePending(_)
            | Self::StartSession(_)
            | Self::TouchSession(_)
            | Self::EndSession(_)
            | Self::SpoilCode(_)
            | Self::RevokeGrant(_)
            | Self::RevokeAccessToken(_)
            | Self::ConsumeOnce(_)
            | Self::CountFailure(_)
            | Self::RecordEvents(_) => None,
        }
    }
}

/// What the committer answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Guard(Guard),
    Counted(Throttle),
}
