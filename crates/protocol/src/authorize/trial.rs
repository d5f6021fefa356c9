//! Whose request may be answered to our own page: an administrator's trial of a client.
//!
//! A trial walks a true sign-in as the client, without its redirect URI: the answer comes to a page
//! of the console. That page's address is no redirect URI of the client and never becomes one. It
//! is accepted for one request, of the trial that it names, for the trial's client, in the session
//! that began the trial. For everybody else the address is what it is: not registered.

use super::request::Destination;
use crate::Timestamp;
use crate::case_code::CaseCode;
use crate::client::{Client, Status};
use crate::ids::{ClientKey, OrgId, SessionId, TrialId};
use crate::opaque::{Digest, Opaque, TrialToken};
use crate::params::Params;

/// A trial as its row says.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The row, and the id inside the token.
    pub id: TrialId,
    /// The client's organization.
    pub org: OrgId,
    /// Which client is tried.
    pub client: ClientKey,
    /// The administrator's session that began it.
    pub session: SessionId,
    /// What its token must hash to.
    pub digest: Digest<TrialToken>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When its one authorization request was accepted.
    pub admitted_at: Option<Timestamp>,
    /// When its one answer came.
    pub answered_at: Option<Timestamp>,
    /// The attempt that it led to.
    pub case_code: Option<CaseCode>,
}

/// What an authorization request presents of a trial.
pub struct Presented<'a> {
    /// The token that its redirect URI names.
    pub token: &'a Opaque<TrialToken>,
    /// The address that this token stands for; the request's must be the same, byte for byte.
    pub address: &'a str,
    /// The session of the browser that sent it.
    pub session: Option<SessionId>,
}

/// The trial's destination, if this very request may have it. `None` leaves the request to the
/// rule for all others ([`super::request::destination`]).
pub fn destination(
    params: &Params,
    client: &Client,
    trial: &Trial,
    presented: &Presented<'_>,
    now: Timestamp,
) -> Option<Destination> {
    let redirect_uri = params.one("redirect_uri")?;
    let is_theirs = trial.id.0 == presented.token.id()
        && trial.digest == presented.token.digest()
        && trial.client == client.key
        && trial.org == client.org
        && presented.session == Some(trial.session);
    let is_open = client.status == Status::Active
        && trial.admitted_at.is_none()
        && trial.answered_at.is_none()
        && now < trial.expires_at;
    let is_exact = redirect_uri == presented.address && !params.is_repeated("redirect_uri");
    (is_theirs && is_open && is_exact).then(|| Destination {
        redirect_uri: redirect_uri.to_owned(),
        was_sent: true,
        trial: Some(trial.id),
    })
}

#[cfg(test)]
mod tests;
