//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Anybody can send a browser here, so only a hint that names the present session ends it without a
//! question. A redirect needs a client that is known and a URI that is registered, byte for byte.

use crate::authorize::response::with_query;
use crate::client::{Client, Status};
use crate::ids::{ClientId, Subject};
use crate::params::Params;
use crate::redirect_uri;
use crate::refusal::{Reason, excerpt, id_excerpt, uri_excerpt};

const KNOWN: [&str; 6] = [
    "id_token_hint",
    "logout_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
];
const MAX_STATE_BYTES: usize = 4 * 1024;

/// A logout request (RP-Initiated Logout §2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutRequest {
    /// An ID token of ours, not yet verified.
    pub id_token_hint: Option<String>,
    /// `client_id`.
    pub client_id: Option<ClientId>,
    /// `post_logout_redirect_uri`.
    pub post_logout_redirect_uri: Option<String>,
    /// Returned unchanged.
    pub state: Option<String>,
}

/// What the caller found when it verified `id_token_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// None was sent.
    Absent,
    /// An ID token of ours, expired or not (AS-108).
    Ours {
        /// Its `aud`.
        client: ClientId,
        /// Its `sub`.
        subject: Subject,
        /// Its `sid`, if it has one.
        sid: Option<String>,
    },
    /// Something else.
    Unusable,
}

/// The session of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present<'a> {
    /// Who is signed in.
    pub subject: &'a Subject,
    /// What clients know the session by.
    pub sid: &'a str,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutStep {
    /// The user is asked, and then [`Afterwards`] follows.
    Confirm(Afterwards),
    /// The session, if there is one, ends now.
    Done(Afterwards),
}

/// Where the browser goes after logout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// Back to the client: the whole `Location`.
    Redirect(String),
    /// To our page that says "signed out".
    Show,
}

impl LogoutRequest {
    /// Reads the query or the form.
    pub fn parse(params: &Params) -> Result<Self, Reason> {
        if let Some(parameter) = params.repeated(&KNOWN) {
            return Err(Reason::RepeatedParameter { parameter });
        }
        let text = |name: &str| params.one(name).map(str::to_owned);
        let state = text("state");
        if let Some(length) = state.as_ref().map(String::len).filter(|len| *len > MAX_STATE_BYTES) {
            let (parameter, limit) = ("state", MAX_STATE_BYTES);
            return Err(Reason::ParameterTooLong { parameter, length, limit });
        }
        Ok(Self {
            id_token_hint: text("id_token_hint"),
            client_id: text("client_id").map(ClientId),
            post_logout_redirect_uri: text("post_logout_redirect_uri"),
            state,
        })
    }

    /// Which client asks: the audience of the hint, else `client_id`. Where both came they agree.
    pub fn client_id(&self, hint: &Hint) -> Result<Option<ClientId>, Reason> {
        match (hint, &self.client_id) {
            (Hint::Unusable, _) => Err(Reason::LogoutHintUnusable),
            (Hint::Absent, sent) => Ok(sent.clone()),
            (Hint::Ours { client, .. }, Some(sent)) if client != sent => {
                let client_id = ClientId(id_excerpt(&sent.0));
                Err(Reason::LogoutClientContradiction { client_id, hint: client.clone() })
            }
            (Hint::Ours { client, .. }, _) => Ok(Some(client.clone())),
        }
    }
}

/// Decides. `client` is that of [`LogoutRequest::client_id`]; what is refused is shown, never
/// redirected, and nobody is signed out by it (AS-107).
pub fn decide(
    request: &LogoutRequest,
    hint: &Hint,
    client: Option<&Client>,
    present: Option<Present<'_>>,
) -> Result<LogoutStep, Reason> {
    let named = request.client_id(hint)?;
    let afterwards = afterwards(request, named.as_ref(), client)?;
    let Some(present) = present else { return Ok(LogoutStep::Done(afterwards)) };
    Ok(match hint {
        Hint::Ours { subject, sid, .. } if names(subject, sid.as_deref(), present) => {
            LogoutStep::Done(afterwards)
        }
        _ => LogoutStep::Confirm(afterwards),
    })
}

fn names(subject: &Subject, sid: Option<&str>, present: Present<'_>) -> bool {
    subject == present.subject && sid.is_none_or(|sid| sid == present.sid)
}

/// The redirect adds `state` and nothing else (AS-110).
fn afterwards(
    request: &LogoutRequest,
    named: Option<&ClientId>,
    client: Option<&Client>,
) -> Result<Afterwards, Reason> {
    let Some(received) = request.post_logout_redirect_uri.as_deref() else {
        return Ok(Afterwards::Show);
    };
    let Some(named) = named else {
        return Err(Reason::LogoutRedirectWithoutClient { received: excerpt(received) });
    };
    let active = client.filter(|c| c.status == Status::Active && c.client_id == *named);
    let Some(client) = active else {
        return Err(Reason::LogoutClientUnknown { client_id: id_excerpt(&named.0) });
    };
    let registered = client.settings.post_logout_redirect_uris.as_slice();
    if !redirect_uri::matches(received, registered, client.settings.native) {
        let (nearest, difference) = redirect_uri::nearest(received, registered);
        return Err(Reason::LogoutRedirectMismatch {
            received: uri_excerpt(received),
            nearest: nearest.map(str::to_owned),
            difference,
        });
    }
    Ok(Afterwards::Redirect(match &request.state {
        Some(state) => with_query(received, &[("state", state.clone())]),
        None => received.to_owned(),
    }))
}

#[cfg(test)]
mod tests;
