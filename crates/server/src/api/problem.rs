//! Problem documents (RFC 9457): every error of the API.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CONTENT_TYPE, HeaderValue, LINK, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Serialize;
use vestibule_keys::PoolError;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::case_code::CaseCode;
use vestibule_store::StoreError;

use crate::http::caller;
use crate::issuer::Issuer;
use crate::profiles::ProfileFault;
use crate::services::{FaultKind, FieldFault, ServiceFault};

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal $word:literal $title:literal),+ $(,)?) => {
        /// The kinds of problem. Each has a page at `/errors/{word}`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {$($(#[$doc])* $name,)+}

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self {$(Self::$name => $status),+}
            }

            /// The stable word at the end of `type`.
            pub fn word(self) -> &'static str {
                match self {$(Self::$name => $word),+}
            }

            /// What it means, in one sentence.
            pub fn title(self) -> &'static str {
                match self {$(Self::$name => $title),+}
            }
        }
    };
}

kinds! {
    /// A body, a query or a header that cannot be read.
    Malformed = 400 "malformed" "The request cannot be read",
    /// No token, or one that does not work.
    Unauthorized = 401 "unauthorized" "The request needs a token that works",
    /// The caller may not do it.
    Forbidden = 403 "forbidden" "The caller lacks a permission",
    /// No such path, or no such thing.
    NotFound = 404 "not_found" "There is no such thing",
    /// The path does not take this method.
    MethodNotAllowed = 405 "method_not_allowed" "This path does not take this method",
    /// The body came too slowly.
    TooSlow = 408 "too_slow" "The body did not arrive in time",
    /// It stands in the way of something.
    Conflict = 409 "conflict" "It stands in the way of something that exists",
    /// The first request with this key still runs.
    InProgress = 409 "idempotency_in_progress" "The first request with this key is still running",
    /// The first request with this key was cut off, and nobody knows how it ended.
    Unfinished = 409 "idempotency_unfinished" "The first request with this key was cut off",
    /// `If-Match` names another version.
    PreconditionFailed = 412 "precondition_failed" "It was changed since it was read",
    /// Too many bytes.
    TooLarge = 413 "too_large" "The body is too large",
    /// Not a media type that the path reads.
    UnsupportedMediaType = 415 "unsupported_media_type" "This path does not read this media type",
    /// Values that cannot be accepted.
    Invalid = 422 "invalid" "Values that cannot be accepted",
    /// The same key, another request.
    KeyReused = 422 "idempotency_key_reused" "The key was used for another request",
    /// Too many failed attempts from this address.
    TooManyRequests = 429 "too_many_requests" "Too many failed attempts",
    /// Our own fault.
    Internal = 500 "internal" "The server failed",
    /// So much is waiting that this was not begun.
    Overloaded = 503 "overloaded" "Too much is waiting at the moment",
    /// Try again in a moment.
    Unavailable = 503 "unavailable" "The server cannot do this at the moment",
}

/// Why a request was not carried out.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which kind.
    pub kind: Kind,
    detail: String,
    errors: Vec<FieldFault>,
    case: Option<CaseCode>,
    /// What to send along: a challenge, the methods that are allowed, when to come again.
    with: Option<With>,
}

#[derive(Clone, Debug)]
enum With {
    Challenge(String),
    Allow(String),
    RetryAfter(u64),
}

/// A problem document as it is sent (RFC 9457 §3.1).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemDocument {
    /// Which kind of problem it is: a page that explains it.
    #[serde(rename = "type")]
    #[schemars(extend("format" = "uri"))]
    type_uri: String,
    /// The kind in one sentence.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What came, what was expected, and how to mend it.
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// Names the request in the server's log, as `X-Request-Id` does.
    request_id: String,
    /// Each value that cannot be accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
    /// The case code under which the event log tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), case: None, with: None }
    }

    /// Values that cannot be accepted.
    pub fn invalid(errors: Vec<FieldFault>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.problem),
            several => format!("{} values cannot be accepted; see errors", several.len()),
        };
        Self { errors, ..Self::new(Kind::Invalid, detail) }
    }

    /// One value that cannot be accepted.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::invalid(vec![FieldFault::new(field, problem)])
    }

    /// What was named does not exist, or not for this caller, which looks the same.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no {what} {name:?}"))
    }

    /// A permission is missing.
    pub fn forbidden(permission: Permission) -> Self {
        let detail = format!(
            "this needs the permission {permission}, which the caller does not have here: neither by its roles nor, if it is narrower, by the token"
        );
        Self { errors: vec![], ..Self::new(Kind::Forbidden, detail) }
    }

    /// A challenge goes with it (RFC 6750 §3).
    pub fn challenging(self, challenge: impl Into<String>) -> Self {
        Self { with: Some(With::Challenge(challenge.into())), ..self }
    }

    /// The methods that are allowed go with it (RFC 9110 §15.5.6).
    pub fn allowing(self, methods: impl Into<String>) -> Self {
        Self { with: Some(With::Allow(methods.into())), ..self }
    }

    /// When to come again goes with it.
    pub fn after(self, seconds: u64) -> Self {
        Self { with: Some(With::RetryAfter(seconds.max(1))), ..self }
    }

    /// It was recorded under this case code.
    pub fn recorded(self, case: CaseCode) -> Self {
        Self { case: Some(case), ..self }
    }

    /// The answer.
    pub fn response(self, issuer: &Issuer, http: &HttpRequest) -> HttpResponse {
        let kind = self.kind;
        let document = ProblemDocument {
            type_uri: issuer.url(&format!("/errors/{}", kind.word())),
            title: kind.title(),
            status: kind.status(),
            detail: self.detail,
            instance: http.path().chars().take(500).collect(),
            request_id: caller::request_id(http),
            errors: self.errors,
            case: self.case.map(|case| case.to_string()),
        };
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, MEDIA_TYPE));
        match self.with {
            Some(With::Challenge(text)) => _ = response.insert_header((WWW_AUTHENTICATE, text)),
            Some(With::Allow(methods)) => _ = response.insert_header((ALLOW, methods)),
            Some(With::RetryAfter(seconds)) => _ = response.insert_header((RETRY_AFTER, seconds)),
            None => {}
        }
        if let Ok(link) = HeaderValue::try_from(format!("<{}>; rel=\"help\"", document.type_uri)) {
            response.insert_header((LINK, link));
        }
        response.body(serde_json::to_string(&document).unwrap_or_default())
    }
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        Self::invalid(vec![fault])
    }
}

impl From<ServiceFault> for Problem {
    fn from(fault: ServiceFault) -> Self {
        match fault {
            ServiceFault::Invalid(errors) => Self::invalid(errors),
            ServiceFault::NotFound { what, name, .. } => Self::not_found(what, &name),
            ServiceFault::Forbidden { permission } => Self::forbidden(permission),
            ServiceFault::Profile(fault) => of_profile(fault),
            ServiceFault::Store(StoreError::Overloaded { .. })
            | ServiceFault::Password(PoolError::Full { .. }) => {
                let detail = "too much is waiting; nothing was begun, try again in a moment";
                Self::new(Kind::Overloaded, detail).after(1)
            }
            fault => match fault.kind() {
                FaultKind::Invalid => Self::new(Kind::Invalid, fault.to_string()),
                FaultKind::NotFound => Self::new(Kind::NotFound, fault.to_string()),
                FaultKind::Conflict => Self::new(Kind::Conflict, fault.to_string()),
                FaultKind::Forbidden => Self::new(Kind::Forbidden, fault.to_string()),
                FaultKind::Unavailable => {
                    tracing::warn!(%fault, "an act of the API cannot be done at the moment");
                    let detail = "the database cannot be reached or takes no changes; look whether it was done, and try again";
                    Self::new(Kind::Unavailable, detail).after(1)
                }
                FaultKind::Internal => {
                    tracing::error!(%fault, "an act of the API failed");
                    Self::new(Kind::Internal, "the server's log tells why, by request_id")
                }
            },
        }
    }
}

/// A profile's fault in the words of a body. That a file of ours cannot be read is nothing the caller
/// can mend.
fn of_profile(fault: ProfileFault) -> Problem {
    if matches!(fault, ProfileFault::File { .. }) {
        tracing::error!(%fault, "a vendor profile cannot be used");
        return Problem::new(Kind::Internal, "a profile of this installation cannot be read");
    }
    Problem::invalid(vec![fault.in_field()])
}
