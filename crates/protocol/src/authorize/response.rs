//! Writing the answer of the authorization endpoint.
//!
//! The redirect URI is never parsed and never rebuilt: parameters are appended to its bytes, so a
//! registered query survives as it is (AS-25).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::request::{ReplyTo, ResponseMode};
use crate::case_code::CaseCode;
use crate::refusal::WireError;

/// Everything but unreserved characters (RFC 3986 §2.3). A space becomes `%20`, which query, form
/// and fragment readers all understand; `+` only some.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An answer that the browser carries to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// By redirect: the value of `Location`.
    Redirect(String),
    /// By a form that submits itself (Form Post Response Mode §2).
    FormPost {
        /// The redirect URI.
        action: String,
        /// The hidden fields, unescaped.
        fields: Vec<(&'static str, String)>,
    },
}

/// The answer to an approved request (RFC 6749 §4.1.2), with `iss` (RFC 9207).
pub fn success(reply_to: &ReplyTo, code: &str, issuer: &str) -> Response {
    write(reply_to, vec![("code", code.to_owned())], issuer)
}

/// The answer to a refused request (RFC 6749 §4.1.2.1), with `iss` (RFC 9207). Nothing else is ever
/// in it (AS-31).
pub fn error(reply_to: &ReplyTo, error: &WireError, case: CaseCode, issuer: &str) -> Response {
    let fields = vec![
        ("error", error.code.as_str().to_owned()),
        ("error_description", error.described(Some(case))),
        ("error_uri", error.uri(issuer)),
    ];
    write(reply_to, fields, issuer)
}

fn write(reply_to: &ReplyTo, mut fields: Vec<(&'static str, String)>, issuer: &str) -> Response {
    fields.extend(reply_to.state.clone().map(|state| ("state", state)));
    fields.push(("iss", issuer.to_owned()));
    match reply_to.response_mode {
        ResponseMode::FormPost => {
            Response::FormPost { action: reply_to.redirect_uri.clone(), fields }
        }
        ResponseMode::Query => Response::Redirect(with_query(&reply_to.redirect_uri, &fields)),
        ResponseMode::Fragment => {
            // A registered URI has no fragment (RFC 6749 §3.1.2).
            Response::Redirect(format!("{}#{}", reply_to.redirect_uri, encode(&fields)))
        }
    }
}

/// `uri` with `fields` appended to its query.
pub fn with_query(uri: &str, fields: &[(&'static str, String)]) -> String {
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", encode(fields))
}

fn encode(fields: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, &RESERVED)))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests;
