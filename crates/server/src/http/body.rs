//! Reading a form body within its bounds of size and time.

use std::time::Duration;

use actix_web::body::{BodyLimitExceeded, SizedStream, to_bytes_limited};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, http::header};
use vestibule_protocol::refusal::excerpt;

/// How much a form may hold.
#[derive(Clone, Copy, Debug)]
pub struct FormBounds {
    /// Bytes of the whole body.
    pub bytes: usize,
    /// How long the peer may take to send it.
    pub patience: Duration,
}

impl Default for FormBounds {
    fn default() -> Self {
        Self { bytes: 16 * 1024, patience: Duration::from_secs(10) }
    }
}

/// Why a body was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// Not a form; the media type that it says it is.
    #[error("the body must be application/x-www-form-urlencoded")]
    NotAForm(Option<String>),
    /// More bytes than the bound.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// Too slow.
    #[error("the body did not arrive within {0} seconds")]
    TooSlow(u64),
    /// The peer went away, or broke the transfer coding.
    #[error("the body could not be read to its end")]
    Broken,
    /// Not text.
    #[error("the body is not ASCII text, as a form is")]
    NotText,
}

/// Reads a form body. A media type may carry parameters such as a charset; an empty body needs
/// none.
pub async fn form(
    request: &HttpRequest,
    payload: Payload,
    bounds: FormBounds,
) -> Result<String, BodyFault> {
    let read = tokio::time::timeout(bounds.patience, collect(request, payload, bounds.bytes));
    let bytes = match read.await {
        Err(_) => return Err(BodyFault::TooSlow(bounds.patience.as_secs())),
        Ok(Err(_)) => return Err(BodyFault::TooLarge(bounds.bytes)),
        Ok(Ok(None)) => return Err(BodyFault::Broken),
        Ok(Ok(Some(bytes))) => bytes,
    };
    if !bytes.is_empty() && !says_form(request) {
        return Err(BodyFault::not_a_form(request));
    }
    String::from_utf8(bytes.into()).map_err(|_| BodyFault::NotText)
}

/// A body of a known length gets a buffer of that length. One of an unknown length gets 32 KiB, which
/// would all have to be wiped after use: that took longer than checking the secret in it.
async fn collect(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Option<Bytes>, BodyLimitExceeded> {
    match declared_length(request) {
        Some(length) => {
            let read = to_bytes_limited(SizedStream::new(length, payload), limit).await?;
            Ok(read.ok())
        }
        None => Ok(payload.to_bytes_limited(limit).await?.ok()),
    }
}

/// How long the body is, if the request says so.
pub fn declared_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl BodyFault {
    /// A body of another media type than a form's.
    pub fn not_a_form(request: &HttpRequest) -> Self {
        Self::NotAForm(media_type(request).map(excerpt))
    }
}

fn media_type(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

/// Whether the body says of itself that it is a form.
pub fn says_form(request: &HttpRequest) -> bool {
    media_type(request)
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
