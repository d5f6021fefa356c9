//! An administrator's trial of a client, as the browser flow sees it: the one request that is
//! answered to a page of the console.
//!
//! Its user signs in beside the administrator, not instead of them: the session of a trial has a
//! cookie of its own, so that nobody is signed out of the console and no other app finds it.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use vestibule_keys::DigestKey;
use vestibule_protocol::Timestamp;
use vestibule_protocol::authorize::request::Destination;
use vestibule_protocol::authorize::trial::{self, Presented};
use vestibule_protocol::client::Client;
use vestibule_protocol::ids::{ClientId, TrialId};
use vestibule_protocol::opaque::{Opaque, TrialToken};
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;

use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;
use crate::issuer::Issuer;
use crate::sign_in;

/// The longest that the session of a trial lives.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The header of requests that we send to ourselves to try a client out. Their lines in the event log
/// are a trial's.
pub const MARK: HeaderName = HeaderName::from_static("vestibule-trial");
/// How old a mark may be: longer than any trial takes.
const MARK_LIFETIME: Duration = Duration::from_secs(10 * 60);
const MARK_LABEL: &str = "trial request";

/// The mark of a request that is sent now. Nobody makes one who has not the key of our digests: a
/// stranger cannot hide failed attempts among the trials.
pub fn mark(digests: &DigestKey, now: Timestamp) -> String {
    let at = now.as_seconds().to_string();
    let signature = digests.derive(MARK_LABEL, at.as_bytes());
    format!("{at}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Whether a request carries our mark.
pub fn is_marked(digests: &DigestKey, http: &HttpRequest, now: Timestamp) -> bool {
    let Some(value) = http.headers().get(MARK) else { return false };
    let Some((at, _)) = value.to_str().ok().and_then(|value| value.split_once('.')) else {
        return false;
    };
    let Ok(seconds) = at.parse() else { return false };
    let at = Timestamp::from_seconds(seconds);
    let recent = at <= now.plus(MARK_LIFETIME) && now.since(at) <= MARK_LIFETIME;
    recent && bool::from(mark(digests, at).as_bytes().ct_eq(value.as_bytes()))
}

/// The route of a client's page in the console; a `client_id` may hold any letter.
pub fn client_route(client_id: &ClientId) -> String {
    let id: String = form_urlencoded::byte_serialize(client_id.0.as_bytes()).collect();
    // A path has %20 where a form has a plus.
    format!("/admin/clients/{}", id.replace('+', "%20"))
}

/// The address that the answer to a trial goes to.
pub fn address(issuer: &Issuer, client_id: &ClientId, token: &Opaque<TrialToken>) -> String {
    let route = client_route(client_id);
    issuer.url(&format!("{route}/test/callback?trial={}", token.text()))
}

/// The destination of a trial's request, if this is one; it is accepted once. `None` leaves the
/// request to the rule for all others.
pub async fn destination(
    app: &App,
    http: &HttpRequest,
    attempt: &mut Attempt,
    params: &Params,
    client: &Client,
) -> Result<Option<Destination>, Reason> {
    let Some(token) = params.one("redirect_uri").and_then(named) else { return Ok(None) };
    let id = TrialId(token.id());
    let found = app.store.presented_trial(id).await;
    let Some(found) = found.map_err(store_fault("finding the trial"))? else { return Ok(None) };
    let session = sign_in::current(app, http).await?.map(|facts| facts.session.id);
    let address = address(&app.issuer, &client.client_id, &token);
    let presented = Presented { token: &token, address: &address, session };
    let Some(destination) = trial::destination(params, client, &found, &presented, attempt.now)
    else {
        return Ok(None);
    };
    let (case, now) = (attempt.case, attempt.now);
    let admitted = app.store.write(move |tx| tx.admit_trial(id, case, now)).await;
    if !admitted.map_err(store_fault("admitting the trial"))? {
        return Ok(None);
    }
    attempt.belongs_to_a_trial();
    Ok(Some(destination))
}

/// The trial that an address names.
fn named(redirect_uri: &str) -> Option<Opaque<TrialToken>> {
    let (_, token) = redirect_uri.rsplit_once("/test/callback?trial=")?;
    Opaque::parse(token)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_our_own_mark_of_lately_marks_a_request() {
        let (ours, other) = (DigestKey::new([7; 32]), DigestKey::new([8; 32]));
        let now = Timestamp::from_seconds(1_795_000_000);
        let sent = |value: &str| {
            let request = TestRequest::default().insert_header((MARK, value));
            is_marked(&ours, &request.to_http_request(), now)
        };
        assert!(sent(&mark(&ours, now)));
        assert!(sent(&mark(&ours, now.minus(MARK_LIFETIME))));
        let early = now.minus(MARK_LIFETIME).minus(Duration::from_secs(1));
        for bad in [
            mark(&ours, early),
            mark(&other, now),
            mark(&ours, now).replace("1795000000", "1795000001"),
            "1795000000.".to_owned(),
            "1795000000".to_owned(),
            "x.y".to_owned(),
        ] {
            assert!(!sent(&bad), "{bad}");
        }
        assert!(!is_marked(&ours, &TestRequest::default().to_http_request(), now));
    }
}
