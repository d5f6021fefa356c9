//! `Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): sent again under the same
//! key, a request gets the first one's answer and nothing is done twice.
//!
//! The database decides which of two requests is the first, so it holds over nodes. An answer is
//! sealed at rest, since it may hold a secret that is shown once. What was refused left nothing
//! behind, and its key is free again; what was cut off in the middle keeps its key, since nobody can
//! tell whether it was done.

use std::time::Duration;

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vestibule_keys::DigestKey;
use vestibule_protocol::admin::Permission;
use vestibule_store::admin_roles::Holder;
use vestibule_store::idempotency::{KeyClaim, KeyedRequest};

use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::routes::Method;
use super::serve::Exchange;
use crate::app::App;
use crate::random;
use crate::services::ServiceFault;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// No request takes longer; one without an answer after that was cut off.
const LONGEST_RUN: Duration = Duration::from_secs(60);
const LONGEST_KEY: usize = 255;

/// The key of a request, where keys mean something.
pub(super) fn key(method: Method, http: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut values = http.headers().get_all("idempotency-key");
    let (Method::Post, Some(value)) = (method, values.next()) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    // The draft has a quoted string; nearly all programs send the bare key.
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if key.is_empty()
        || key.len() > LONGEST_KEY
        || !key.bytes().all(plain)
        || values.next().is_some()
    {
        let detail = format!(
            "Idempotency-Key is sent once and has 1 to {LONGEST_KEY} visible characters, such as a UUID"
        );
        return Err(Problem::new(Kind::Malformed, detail));
    }
    Ok(Some(key.to_owned()))
}

/// Carries a request out, unless it was before.
pub(super) async fn once(exchange: Exchange, key: String) -> Result<Reply, Problem> {
    let request = keyed(&exchange, &key);
    let app = exchange.app.clone();
    let claim = request.clone();
    let claimed = app.store.write(move |tx| tx.claim_key(&claim)).await;
    match claimed.map_err(ServiceFault::from)? {
        KeyClaim::First => {
            let outcome = exchange.run().await;
            settle(&app, request, &outcome).await;
            outcome
        }
        KeyClaim::Answered(sealed) => open(&app, &request, &sealed),
        KeyClaim::Unanswered(since) if exchange.now.since(since) <= LONGEST_RUN => {
            let detail = "ask again in a moment: the first answer will be given then";
            Err(Problem::new(Kind::InProgress, detail).after(1))
        }
        KeyClaim::Unanswered(_) => Err(unfinished()),
        KeyClaim::OtherRequest => {
            let detail = "the key came with another path, query or body before; use a new key for a new request";
            Err(Problem::new(Kind::KeyReused, detail))
        }
    }
}

/// The key is bound to who calls with which rights: a narrower token of the same administrator
/// never gets an answer that was made for a wider one.
fn keyed(exchange: &Exchange, key: &str) -> KeyedRequest {
    let holder = match exchange.caller.holder {
        Holder::User(user) => format!("user {}", user.0),
        Holder::Client(client) => format!("client {}", client.0),
    };
    let rights: Vec<&str> = exchange.rights.iter().map(Permission::as_str).collect();
    let caller = format!("{holder} {}", rights.join(" "));
    let digests = &exchange.app.digests;
    let request = [
        exchange.route.method.as_str().as_bytes(),
        exchange.target.as_bytes(),
        &exchange.input.bytes,
    ];
    KeyedRequest {
        caller: URL_SAFE_NO_PAD.encode(digest(digests, "caller", &[caller.as_bytes()])),
        key: digest(digests, "key", &[key.as_bytes()]),
        request: digest(digests, "request", &request),
        at: exchange.now,
        expires_at: exchange.now.plus(KEPT),
    }
}

/// Each part is preceded by its length, so that no two requests look alike.
fn digest(digests: &DigestKey, what: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut whole = Vec::new();
    for part in parts {
        whole.extend((part.len() as u64).to_be_bytes());
        whole.extend(*part);
    }
    digests.derive(&format!("idempotency {what}"), &whole)
}

/// Keeps the answer, or gives the key back when nothing was done.
async fn settle(app: &App, request: KeyedRequest, outcome: &Result<Reply, Problem>) {
    let settled = match outcome {
        Ok(reply) => match seal(app, &request, reply) {
            Some(sealed) => app.store.write(move |tx| tx.answer_key(&request, &sealed)).await,
            None => return,
        },
        // Whether it was done is not known.
        Err(problem) if matches!(problem.kind, Kind::Internal | Kind::Unavailable) => return,
        Err(_) => app.store.write(move |tx| tx.release_key(&request)).await,
    };
    if let Err(error) = settled {
        tracing::warn!(%error, "the outcome of an idempotent request was not kept");
    }
}

fn context(request: &KeyedRequest) -> String {
    format!("idempotency/{}/{}", request.caller, URL_SAFE_NO_PAD.encode(request.key))
}

fn seal(app: &App, request: &KeyedRequest, reply: &Reply) -> Option<String> {
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(reply).ok()?);
    match app.masters.seal(&plain, &context(request), random::bytes()) {
        Ok(sealed) => Some(sealed),
        Err(error) => {
            tracing::warn!(%error, "an answer could not be sealed");
            None
        }
    }
}

fn open(app: &App, request: &KeyedRequest, sealed: &str) -> Result<Reply, Problem> {
    let plain = app.masters.open(sealed, &context(request)).map_err(|error| {
        tracing::warn!(%error, "the answer to an idempotent request cannot be opened");
        unfinished()
    })?;
    serde_json::from_slice(&plain).map_err(|_| unfinished())
}

fn unfinished() -> Problem {
    let detail = "its answer is lost: look whether it was done, and use a new key if it was not";
    Problem::new(Kind::Unfinished, detail)
}
