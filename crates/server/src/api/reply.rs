//! What a handler gives back: a document, perhaps with an entity tag, a page, a location.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    IF_NONE_MATCH, LINK, LOCATION,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use super::problem::{Kind, Problem};
use crate::http::chunks::Chunks;

/// The media type of documents.
pub(super) const JSON: &str = "application/json";
/// The media type of JSON Lines.
pub(super) const LINES: &str = "application/jsonl";

/// An answer that is not a problem. It can be kept and given again, so it is whole; and it may hold
/// a secret, so it is wiped.
#[derive(Serialize, Deserialize)]
pub(super) struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Where to find what was made, below the path of the request.
    pub made: Option<String>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Whether the body is JSON Lines.
    pub lines: bool,
    /// Whether the body is one thing, which has versions.
    pub tagged: bool,
    /// A file that is read while it is sent, in place of the body. It is never kept.
    #[serde(skip)]
    pub file: Option<File>,
}

/// A file that is read while it is sent.
#[derive(Debug)]
pub(super) struct File {
    /// What it is to be called.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub body: Chunks,
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}

impl Reply {
    /// A document that is no single thing with versions.
    pub(super) fn json(document: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(document).map_err(|error| {
            tracing::error!(%error, "a document of the API could not be written");
            Problem::new(Kind::Internal, "the server's log tells why, by request_id")
        })?;
        let mut reply = Self::done();
        (reply.status, reply.body) = (200, body);
        Ok(reply)
    }

    /// A file.
    pub(super) fn file(file: File) -> Self {
        let mut reply = Self::done();
        (reply.status, reply.file) = (200, Some(file));
        reply
    }

    /// One thing, which has versions.
    pub(super) fn one(document: &impl Serialize) -> Result<Self, Problem> {
        let mut reply = Self::json(document)?;
        reply.tagged = true;
        Ok(reply)
    }

    /// Something that was made, to be found under `id` below the path of the request.
    pub(super) fn made(document: &impl Serialize, id: &str) -> Result<Self, Problem> {
        let mut reply = Self::json(document)?;
        reply.status = 201;
        reply.made = Some(id.to_owned());
        Ok(reply)
    }

    /// Done, and nothing to say.
    pub(super) fn done() -> Self {
        let body = String::new();
        Self { status: 204, body, made: None, next: None, lines: false, tagged: false, file: None }
    }

    /// The HTTP answer.
    pub(super) fn response(mut self, http: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(status);
        if self.tagged {
            let tag = entity_tag(self.body.as_bytes());
            response.insert_header((ETAG, tag.as_str()));
            let fetched = http.method().is_safe();
            if fetched && matches(http.headers(), &IF_NONE_MATCH, &tag) == Some(true) {
                return response.status(StatusCode::NOT_MODIFIED).finish();
            }
        }
        if let Some(id) = &self.made {
            let path = http.path().trim_end_matches('/');
            header(&mut response, LOCATION, &format!("{path}/{id}"));
        }
        if let Some(cursor) = &self.next {
            header(&mut response, LINK, &format!("<{}>; rel=\"next\"", next(http, cursor)));
        }
        if let Some(File { name, media_type, body }) = self.file.take() {
            let disposition = format!("attachment; filename=\"{name}\"");
            header(&mut response, CONTENT_DISPOSITION, &disposition);
            return response.insert_header((CONTENT_TYPE, media_type)).body(body);
        }
        if self.body.is_empty() {
            return response.finish();
        }
        let media = if self.lines { LINES } else { JSON };
        response.insert_header((CONTENT_TYPE, media)).body(self.body.clone())
    }
}

fn header(response: &mut actix_web::HttpResponseBuilder, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.insert_header((name, value));
    }
}

/// The address of the next page: this one's, with another cursor (RFC 8288).
fn next(http: &HttpRequest, cursor: &str) -> String {
    let kept = http.query_string().split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && name != "cursor"
    });
    let kept: String = kept.map(|pair| format!("{pair}&")).collect();
    format!("{}?{kept}cursor={cursor}", http.uri().path())
}

/// A strong entity tag (RFC 9110 §8.8.3): a digest of the representation. A version number would
/// not do: what is shown of one thing may change without its row, as when its owner is renamed.
fn entity_tag(representation: &[u8]) -> String {
    let digest = Sha256::digest(representation);
    let half: Vec<u8> = digest.iter().copied().take(16).collect();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(half))
}

/// Refuses a change of something that is not what `If-Match` says (RFC 9110 §13.1.1). Without the
/// field the change is allowed.
pub(super) fn unchanged(headers: &HeaderMap, current: &impl Serialize) -> Result<(), Problem> {
    let tag = entity_tag(Reply::json(current)?.body.as_bytes());
    match matches(headers, &IF_MATCH, &tag) {
        Some(false) => Err(Problem::new(
            Kind::PreconditionFailed,
            format!("it is now {tag}; read it again and repeat the change"),
        )),
        _ => Ok(()),
    }
}

/// Whether a field names this tag, if there is such a field. `If-Match` compares strongly: a weak
/// tag never matches (RFC 9110 §8.8.3.2).
fn matches(headers: &HeaderMap, field: &HeaderName, tag: &str) -> Option<bool> {
    let weak_too = *field == IF_NONE_MATCH;
    let mut values = headers.get_all(field).peekable();
    values.peek()?;
    Some(values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |named| {
            let named = named.trim();
            let strong = if weak_too { named.strip_prefix("W/").unwrap_or(named) } else { named };
            named == "*" || strong == tag
        },
    ))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn rfc9110_13_1_1_if_match_compares_strongly() {
        let document = serde_json::json!({ "a": 1 });
        let tag = entity_tag(Reply::json(&document).unwrap().body.as_bytes());
        let weak = format!("W/{tag}");
        let several = format!("\"x\", {tag}");
        for (value, allowed) in [
            (None, true),
            (Some("*"), true),
            (Some(tag.as_str()), true),
            (Some(several.as_str()), true),
            (Some("\"x\""), false),
            (Some(weak.as_str()), false),
            (Some(""), false),
        ] {
            let mut request = TestRequest::default();
            if let Some(value) = value {
                request = request.insert_header((IF_MATCH, value));
            }
            let request = request.to_http_request();
            assert_eq!(unchanged(request.headers(), &document).is_ok(), allowed, "{value:?}");
        }
    }

    #[test]
    fn the_next_page_keeps_the_filters() {
        let request = TestRequest::with_uri("/api/v1/clients?limit=2&cursor=old&text=a%20b")
            .to_http_request();
        assert_eq!(next(&request, "new"), "/api/v1/clients?limit=2&text=a%20b&cursor=new");
    }
}
